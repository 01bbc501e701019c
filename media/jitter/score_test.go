package jitter

import (
	"math"
	"math/cmplx"
)

// The score compares what was heard with what was said as an ear would, in
// short: loudness by critical band, frame by frame.
//
// Signal-to-noise ratios, whole or by segment, mislead here. They compare
// waveforms sample by sample: a pitch period inserted, which nobody hears, puts
// all that follows out of step and ruins them, and a gap filled with a voice in
// the wrong phase scores worse than one filled with nothing. So:
//
//   - Frames of 32 ms become loudness in 18 bands of about one Bark: the fourth
//     root of power (near Zwicker's 0.23), above a floor. Phase is not looked at.
//   - Each frame is compared with the best match within ±12 ms of where the
//     player says it is from: the measure is not misled by time-scale
//     modification, as it has no fixed alignment.
//   - It is done both ways, every frame heard with what was said and every
//     frame said with what was heard, so that neither what is invented nor what
//     is missing goes unseen.
//   - What is there and should not be counts for more than what is missing of a
//     frame (asymmetry), and differences of little account beside the
//     loudness of the frame are masked.
//   - The worst moments weigh most: frames are averaged by their squares over
//     320 ms, and these by their squares again over what was said.
//   - A falling function maps this to 1 … 4.5 like a mean opinion. Its two
//     constants are set such that silence insertion gets what ITU-T P.862 gives it
//     at 2.5 and 10 % loss (3.35 and 2.0); nothing else was fitted.
const (
	scoreFrame = 256
	scoreGrid  = 32 // samples between the frames that are to choose from: 4 ms
	scoreHop   = 128
	scoreReach = 3 // ± so many of the grid

	// Not scored, nor counted in the delays: a player's first two seconds of
	// getting to know the network.
	settleSamples = 16000

	scoreBest  = 4.5
	scoreScale = 3.9
	scorePower = 1.26
)

// bandEdges in bins of 31.25 Hz: 18 bands from 100 to 3,700 Hz.
var bandEdges = [...]int{3, 6, 10, 13, 16, 20, 25, 29, 35, 41, 47, 55, 64, 74, 86, 101, 107, 113, 119}

const bands = len(bandEdges) - 1

type loudness [bands]float32

// picture is loudness on the grid.
type picture []loudness

var (
	hann    [scoreFrame]float64
	twiddle [scoreFrame / 2]complex128
)

func init() {
	for i := range hann {
		hann[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/scoreFrame)
	}
	for i := range twiddle {
		twiddle[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/scoreFrame)
	}
}

// grid is where the frames of a signal begin if nothing is known of it.
func grid(signal []int16) (places []int) {
	for at := 0; at+scoreFrame <= len(signal); at += scoreGrid {
		places = append(places, at)
	}
	return places
}

// see makes the picture of a signal at some places, two frames to a transform.
// It and what it calls share nothing; the race detector would take most of the
// time the tests take.
//
//go:norace
func see(signal []int16, places []int) picture {
	n := len(places) &^ 1
	list := make(picture, n)
	var x [scoreFrame]complex128
	for f := 0; f < n; f += 2 {
		a, b := signal[places[f]:][:scoreFrame], signal[places[f+1]:][:scoreFrame]
		for i := range x {
			x[i] = complex(float64(a[i])*hann[i], float64(b[i])*hann[i])
		}
		fft(&x)
		for band := range bands {
			pa, pb := 0., 0.
			for k := bandEdges[band]; k < bandEdges[band+1]; k++ {
				u, v := x[k], cmplx.Conj(x[scoreFrame-k])
				s, d := u+v, u-v
				pa += real(s)*real(s) + imag(s)*imag(s)
				pb += real(d)*real(d) + imag(d)*imag(d)
			}
			list[f][band], list[f+1][band] = loud(pa), loud(pb)
		}
	}
	return list
}

// loud is the loudness of a band's power. The floor is about −60 dBm0.
func loud(power float64) float32 {
	const floor = 4e7
	return float32(math.Sqrt(math.Sqrt(power/floor+1)) - 1)
}

// fft transforms in place (decimation in time, radix 2).
//
//go:norace
func fft(x *[scoreFrame]complex128) {
	for i, j := 1, 0; i < scoreFrame; i++ {
		bit := scoreFrame >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		if j |= bit; i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= scoreFrame; size *= 2 {
		half, step := size/2, scoreFrame/size
		for from := 0; from < scoreFrame; from += size {
			for k := range half {
				u, v := x[from+k], x[from+k+half]*twiddle[k*step]
				x[from+k], x[from+k+half] = u+v, u-v
			}
		}
	}
}

// distance is how different a frame heard is from one said.
//
//go:norace
func distance(heard, said *loudness) float32 {
	sum := float32(0)
	for b, h := range heard {
		s := said[b]
		d := h - s
		masked := 0.25 * min(h, s)
		switch {
		case d > masked:
			sum += (d - masked) * 1.5
		case -d > masked:
			sum += -d - masked
		}
	}
	return sum
}

// best is the distance to the most similar frame around a place. A frame beyond
// either end is not compared.
func best(around picture, at int, one *loudness, heard bool) float32 {
	least := float32(math.Inf(1))
	for i := max(0, at-scoreReach); i <= min(len(around)-1, at+scoreReach); i++ {
		d := float32(0)
		if heard {
			d = distance(one, &around[i])
		} else {
			d = distance(&around[i], one)
		}
		least = min(least, d)
	}
	if least > 1e30 {
		return 0
	}
	return least
}

// score is the opinion of what was heard, given the picture of what was said.
func score(said picture, h heard) float64 {
	return opinion(disturbance(said, h))
}

func opinion(d float64) float64 {
	return 1 + (scoreBest-1)*math.Exp(-math.Pow(d/scoreScale, scorePower))
}

// disturbance is the difference in loudness, pooled over time.
func disturbance(said picture, h heard) float64 {
	// The frames heard begin where frames said do, to the sample, as long as
	// time runs evenly.
	var places, source []int
	for f, at := range h.source {
		first := (scoreGrid - at%scoreGrid) % scoreGrid
		for o := first; o < first+baseFrame && at+o >= 0; o += scoreGrid {
			if place := f*baseFrame + o; place+scoreFrame <= len(h.signal) {
				places, source = append(places, place), append(source, (at+o)/scoreGrid)
			}
		}
	}
	ear := see(h.signal, places)
	step := scoreHop / scoreGrid
	// heardAt[i] is about where in what was heard the grid's frame i said is.
	heardAt := make([]int, len(said))
	for i := range heardAt {
		heardAt[i] = -1
	}
	worst := make([]float32, len(said)/step+1) // by time of what was said
	for i := range ear {
		g := source[i]
		if g >= len(said) {
			continue
		}
		if heardAt[g] < 0 {
			heardAt[g] = i
		}
		if i%step == 0 {
			d := best(said, g, &ear[i], true)
			worst[g/step] = max(worst[g/step], d)
		}
	}
	last := 0
	for g := range said {
		if heardAt[g] >= 0 {
			last = heardAt[g]
		} else {
			last++
		}
		if g%step == 0 {
			d := best(ear, last, &said[g], false)
			worst[g/step] = max(worst[g/step], d)
		}
	}
	return pool(worst[settleSamples/scoreHop:])
}

// pool averages: by squares over 320 ms, which overlap by half, and by squares again.
func pool(list []float32) float64 {
	const window = 20
	total, n := 0., 0
	for i := 0; i+window <= len(list); i += window / 2 {
		sum := 0.
		for _, d := range list[i : i+window] {
			sum += float64(d) * float64(d)
		}
		total += sum / window
		n++
	}
	return math.Sqrt(total / float64(n))
}
