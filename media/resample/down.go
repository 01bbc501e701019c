package resample

// Down makes 8 kHz of 16 kHz.
type Down struct {
	odd  [past]int16 // the second, fourth … sample before
	even [past / 2]int16
}

// Reset forgets what was heard.
func (d *Down) Reset() { *d = Down{} }

// Prime replaces what was heard, of which the last 46 samples (16 kHz) count.
// Where there are fewer, silence was before them.
func (d *Down) Prime(heard []int16) {
	d.Reset()
	last := len(heard) - 1
	for i := 0; i < len(d.odd) && last-2*i >= 0; i++ {
		d.odd[past-1-i] = heard[last-2*i]
	}
	for i := 0; i < len(d.even) && last-1-2*i >= 0; i++ {
		d.even[past/2-1-i] = heard[last-1-2*i]
	}
}

// Run makes one sample of each two in src. dst has room for them and is no part
// of src; what has no room, and an odd last sample, is left out.
func (d *Down) Run(dst, src []int16) {
	for len(src) > 1 && len(dst) > 0 {
		n := min(len(src)/2, len(dst), chunk)
		d.run(dst[:n], src[:2*n])
		dst, src = dst[n:], src[2*n:]
	}
}

func (d *Down) run(dst, src []int16) {
	var odd line
	var even [past/2 + chunk]int16
	copy(odd[:], d.odd[:])
	copy(even[:], d.even[:])
	for i := range min(len(src)/2, chunk) {
		even[past/2+i], odd[past+i] = src[2*i], src[2*i+1]
	}
	var sums [chunk]int32
	between(&sums, &odd, len(dst))
	for i := range dst[:min(len(dst), chunk)] {
		// Half of both, rounded; their sum alone might have 33 bits.
		dst[i] = limit((sums[i]>>1 + int32(even[i])<<(scaling-1) + 1<<(scaling-1)) >> scaling)
	}
	copy(d.odd[:], odd[len(dst):])
	copy(d.even[:], even[len(dst):])
}
