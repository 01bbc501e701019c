package resample

// Up makes 16 kHz of 8 kHz.
type Up struct{ past [past]int16 }

// Reset forgets what was heard.
func (u *Up) Reset() { *u = Up{} }

// Prime replaces what was heard, of which the last 23 samples (8 kHz) count.
// Where there are fewer, silence was before them.
func (u *Up) Prime(heard []int16) {
	u.Reset()
	heard = heard[max(0, len(heard)-past):]
	copy(u.past[past-len(heard):], heard)
}

// Run makes two samples of each in src. dst has room for them and is no part of
// src; what has no room is left out.
func (u *Up) Run(dst, src []int16) {
	for len(src) > 0 && len(dst) > 1 {
		n := min(len(src), len(dst)/2, chunk)
		u.run(dst[:2*n], src[:n])
		dst, src = dst[2*n:], src[n:]
	}
}

func (u *Up) run(dst, src []int16) {
	var x line
	copy(x[:], u.past[:])
	copy(x[past:], src)
	var sums [chunk]int32
	between(&sums, &x, len(src))
	for i := range min(len(dst)/2, chunk) {
		dst[2*i] = limit((sums[i] + 1<<(scaling-1)) >> scaling)
		dst[2*i+1] = x[i+past/2+1]
	}
	copy(u.past[:], x[len(src):])
}
