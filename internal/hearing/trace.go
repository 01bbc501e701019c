package hearing

import "math"

// piece is the length in samples of the parts in which a voice is followed
// through a recording: long enough to be told from others, short enough that a
// jitter buffer seldom moves within one.
const piece = 160 * Rate / 1000

// sure is how much of a piece's surroundings it must explain to be taken for
// found, as normalised correlation. Between two voices one comes upon 0.6.
const sure = 0.75

// A fragment is a piece of an utterance, and where it was found.
type fragment struct {
	from, to int // within the utterance
	lag      int // of the utterance in the recording, by this piece
	gain     float64
	found    bool
}

// trace looks for each piece of sound by itself, at the lags from a to b of the
// whole.
func trace(x, sound []float64, a, b int) []fragment {
	var all []fragment
	for from := 0; from < len(sound); from += piece {
		to := min(from+piece, len(sound))
		if len(sound)-to < piece/2 {
			to = len(sound)
		}
		f := fragment{from: from, to: to}
		near, start := window(x, a+from, b+to)
		if lag, gain, ncc := fit(near, sound[from:to]); ncc >= sure {
			f.lag, f.gain, f.found = start+lag-from, gain, true
		}
		all = append(all, f)
		if to == len(sound) {
			break
		}
	}
	return all
}

// fit finds where in around part fits best: the lag, the gain and the
// normalised correlation there.
//
//go:norace
func fit(around, part []float64) (lag int, gain, ncc float64) {
	own := energy(part)
	if len(around) < len(part) || own == 0 {
		return 0, 0, 0
	}
	c := correlate(around, part)
	there := energy(around[:len(part)])
	for i := range len(around) - len(part) + 1 {
		if there > 1e-9 && c[i] > 0 {
			if r := c[i] / math.Sqrt(own*there); r > ncc {
				lag, gain, ncc = i, c[i]/own, r
			}
		}
		if i+len(part) < len(around) {
			out, in := around[i], around[i+len(part)]
			there += in*in - out*out
		}
	}
	return lag, gain, ncc
}

// found sums up fragments: the share of the sound's energy that was found, the
// amplitude there, and the delay that most of it has.
func found(sound []float64, fragments []fragment) (share, gain float64, lag int) {
	all, there, level, most := energy(sound), 0.0, 0.0, 0.0
	byLag := make(map[int]float64)
	for _, f := range fragments {
		if !f.found {
			continue
		}
		e := energy(sound[f.from:f.to])
		there += e
		level += e * f.gain * f.gain
		if byLag[f.lag] += e; byLag[f.lag] > most {
			most, lag = byLag[f.lag], f.lag
		}
	}
	if there == 0 {
		return 0, 0, 0
	}
	return there / all, math.Sqrt(level / there), lag
}

// take removes a sound from rest, in quarters of pieces: each at its own
// piece's place or a neighbour's, whichever leaves less, since a jitter buffer
// moves in the middle of a piece too. gain is that of the whole, for pieces too
// faint to be found by themselves.
func take(rest, sound []float64, fragments []fragment, gain float64) {
	for n, f := range fragments {
		if f.found {
			gain = f.gain
		}
		lags := lagsAround(fragments, n)
		for from := f.from; from < f.to; from += piece / 4 {
			part := sound[from:min(from+piece/4, f.to)]
			bestLag, saved := 0, 0.0
			for _, lag := range lags {
				// |r - g s|² is less than |r|² by g (2 r·s - g |s|²).
				if v := gain * (2*dot(part, rest, lag+from) - gain*energy(part)); v > saved {
					bestLag, saved = lag, v
				}
			}
			if saved == 0 {
				continue
			}
			for i, v := range part {
				if k := bestLag + from + i; k >= 0 && k < len(rest) {
					rest[k] -= gain * v
				}
			}
		}
	}
}

// lagsAround are the lags of fragment n and of the next ones found on either
// side.
func lagsAround(fragments []fragment, n int) (lags []int) {
	if fragments[n].found {
		lags = append(lags, fragments[n].lag)
	}
	for _, step := range []int{-1, 1} {
		for i := n + step; i >= 0 && i < len(fragments); i += step {
			if fragments[i].found {
				lags = append(lags, fragments[i].lag)
				break
			}
		}
	}
	return lags
}
