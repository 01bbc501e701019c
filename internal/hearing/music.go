package hearing

// takeMusic finds the hold music in rest, removes it there, and reports for
// each frame whether it plays.
//
// The music is a radio: wherever in the recording it plays, it is at the same
// place relative to the clock, so one correlation over the whole finds it.
// Around that place it is looked for again in every half second, since a jitter
// buffer may have moved.
func takeMusic(rest, loop []float64) []bool {
	frames := len(rest) / Frame
	on := make([]bool, frames)
	if len(loop) == 0 || frames == 0 {
		return on
	}
	r := radio{loop: loop, phase: musicPhase(rest, loop)}
	r.tune(rest)
	places, explained := make([]int, frames), make([]float64, frames)
	for i := range explained {
		places[i], explained[i] = r.best(rest[i*Frame:(i+1)*Frame], i)
	}
	for i := range on {
		on[i] = playing(explained, i)
	}
	gain := musicGain(rest, loop, places, explained)
	for i := range on {
		if on[i] {
			places[i] = r.refine(rest[i*Frame:(i+1)*Frame], places[i])
		}
	}
	for i := range on {
		if on[i] {
			before, after := places[max(i-1, 0)]+Frame, places[min(i+1, frames-1)]-Frame
			r.take(rest[i*Frame:(i+1)*Frame], gain, places[i], before, after)
		}
	}
	return on
}

// A radio is where the music is at any moment of the recording: phase from its
// start on, corrected by the shift of the half second.
type radio struct {
	loop   []float64
	phase  int
	shifts []int
}

// block is the piece, in frames, that has a shift of its own, and reach how far
// from the phase it is looked for, in samples.
const (
	block = 25
	reach = 100 * Rate / 1000
)

// tune finds the shift of each block.
func (r *radio) tune(rest []float64) {
	shift := 0
	for at := 0; at < len(rest); at += block * Frame {
		part := rest[at:min(at+block*Frame, len(rest))]
		around := looped(r.loop, at+r.phase-reach, len(part)+2*reach)
		if lag, _, ncc := fit(emphasise(around), emphasise(part)); ncc > 0.5 {
			shift = lag - reach
		}
		r.shifts = append(r.shifts, shift)
	}
}

// best is the place in the loop that explains frame i best, by the shift of its
// own half second or a neighbour's, and how much of the frame it explains.
func (r *radio) best(frame []float64, i int) (place int, explained float64) {
	for b := i/block - 1; b <= i/block+1; b++ {
		shift := r.shifts[min(max(b, 0), len(r.shifts)-1)]
		at := i*Frame + r.phase + shift
		if s := share(frame, r.loop, at); s >= explained {
			place, explained = at, s
		}
	}
	return place, explained
}

// refine corrects a place by up to two frames, where that is clearly better.
func (r *radio) refine(frame []float64, place int) int {
	const slip = 2 * Frame
	if moved, ok := follow(looped(r.loop, place-slip, Frame+2*slip), frame, slip, slip); ok {
		return place + moved - slip
	}
	return place
}

// take removes the music from one frame: each quarter of it from the place that
// fits best, for a jitter buffer moves in the middle of a frame too.
func (r *radio) take(frame []float64, gain float64, places ...int) {
	const quarter = Frame / 4
	left, best := make([]float64, quarter), make([]float64, quarter)
	for at := 0; at < Frame; at += quarter {
		part := frame[at : at+quarter]
		for n, place := range places {
			for k, v := range looped(r.loop, place+at, quarter) {
				left[k] = part[k] - gain*v
			}
			if n == 0 || energy(left) < energy(best) {
				copy(best, left)
			}
		}
		copy(part, best)
	}
}

// musicGain is the amplitude of the music, told from the frames in which little
// else is heard. One gain for all, since a gain of its own for each frame would
// take part of a voice away with the music.
func musicGain(rest, loop []float64, places []int, explained []float64) float64 {
	for _, clear := range []float64{0.95, 0.5} {
		d, own := 0.0, 0.0
		for i, e := range explained {
			if e > clear {
				music := looped(loop, places[i], Frame)
				d += dot(music, rest[i*Frame:(i+1)*Frame], 0)
				own += energy(music)
			}
		}
		if own > 0 {
			return d / own
		}
	}
	return 0
}

// musicPhase is the place in the loop at which the recording would begin.
func musicPhase(rest, loop []float64) int {
	// The recording is wrapped round the loop: what plays at one phase adds up.
	wrapped := make([]float64, len(loop))
	for i, v := range emphasise(rest) {
		wrapped[i%len(loop)] += v
	}
	c := circular(wrapped, emphasise(loop))
	best := 0
	for lag := range loop {
		if c[lag] > c[best] {
			best = lag
		}
	}
	return (len(loop) - best) % len(loop)
}

// looped is n samples of the loop from a place on.
//
//go:norace
func looped(loop []float64, from, n int) []float64 {
	out := make([]float64, n)
	from = ((from % len(loop)) + len(loop)) % len(loop)
	for i := range out {
		out[i] = loop[(from+i)%len(loop)]
	}
	return out
}

// share is how much of a frame's energy the loop explains at a place, 0 to 1.
func share(frame, loop []float64, at int) float64 {
	part := looped(loop, at, len(frame))
	d, e := dot(part, frame, 0), energy(part)*energy(frame)
	if d <= 0 || e < 1e-9 {
		return 0
	}
	return d * d / e
}

// playing decides about frame i by its neighbours too: notes fade out, and a
// voice may lie over the music.
func playing(explained []float64, i int) bool {
	const reach = 12
	good, all := 0, 0
	for k := max(0, i-reach); k <= min(len(explained)-1, i+reach); k++ {
		all++
		if explained[k] > 0.6 {
			good++
		}
	}
	return explained[i] > 0.6 && good*4 > all || good*2 > all
}
