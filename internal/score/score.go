package score

import "math"

const (
	// Rate is that of all signals, in Hz.
	Rate = 8000
	// Frame is the length of a frame heard: 20 ms.
	Frame = 160
	// Settle is how much of what is said first is not scored: the two seconds in
	// which a player gets to know its network.
	Settle = 2 * Rate
	// Best is the score of what is heard as it was said.
	Best = 4.5

	scale = 3.9
	power = 1.26
)

const (
	window = 256        // samples of a frame compared
	step   = 32         // samples between the frames that are to choose from: 4 ms
	hop    = 128 / step // of these, those compared
	reach  = 3          // ± so many of these around the place that is expected
	settle = Settle / step / hop
)

// edges are those of 18 bands from 100 to 3,700 Hz, in bins of 31.25 Hz.
var edges = [...]int{3, 6, 10, 13, 16, 20, 25, 29, 35, 41, 47, 55, 64, 74, 86, 101, 107, 113, 119}

const bands = len(edges) - 1

type loudness [bands]float32

// Picture is the loudness of a signal by time and band.
type Picture []loudness

// Heard is what came out of a player, in frames, and which part of what was
// said each of them is.
type Heard struct {
	Signal []int16
	Source []int // for each frame of Signal: the sample of what was said with which it begins
}

// See makes the picture of what was said.
func See(said []int16) Picture {
	var places []int
	for at := 0; at+window <= len(said); at += step {
		places = append(places, at)
	}
	return see(said, places)
}

var hann = func() (w [window]float64) {
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/window)
	}
	return w
}()

// see makes the picture of a signal at some places, two frames to a transform.
// It and what it calls share nothing; the race detector would take most of the
// time the tests take.
//
//go:norace
func see(signal []int16, places []int) Picture {
	n := len(places) &^ 1
	list := make(Picture, n)
	x := make([]complex128, window)
	for f := 0; f < n; f += 2 {
		a, b := signal[places[f]:][:window], signal[places[f+1]:][:window]
		for i := range x {
			x[i] = complex(float64(a[i])*hann[i], float64(b[i])*hann[i])
		}
		transform(x)
		for band := range bands {
			pa, pb := 0., 0.
			for k := edges[band]; k < edges[band+1]; k++ {
				a, b := apart(x, k)
				pa += real(a)*real(a) + imag(a)*imag(a)
				pb += real(b)*real(b) + imag(b)*imag(b)
			}
			list[f][band], list[f+1][band] = loud(4*pa), loud(4*pb)
		}
	}
	return list
}

// loud is the loudness of a band's power. The floor is about −60 dBm0.
func loud(power float64) float32 {
	const floor = 4e7
	return float32(math.Sqrt(math.Sqrt(power/floor+1)) - 1)
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
func best(around Picture, at int, one *loudness, heard bool) float32 {
	least := float32(math.Inf(1))
	for i := max(0, at-reach); i <= min(len(around)-1, at+reach); i++ {
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

// Opinion is the score of what was heard, from 1 to [Best], given the picture of
// what was said.
func (said Picture) Opinion(h Heard) float64 {
	return opinion(said.disturbance(h))
}

func opinion(d float64) float64 {
	return 1 + (Best-1)*math.Exp(-math.Pow(d/scale, power))
}

// frames are those of what was heard that are compared, and which of the frames
// said each of them should be. They begin where frames said do, to the sample,
// as long as time runs evenly.
func (h Heard) frames() (ear Picture, source []int) {
	var places []int
	for f, at := range h.Source {
		for o := ((-at)%step + step) % step; o < Frame; o += step {
			if place := f*Frame + o; at+o >= 0 && place+window <= len(h.Signal) {
				places, source = append(places, place), append(source, (at+o)/step)
			}
		}
	}
	return see(h.Signal, places), source
}

// disturbance is the difference in loudness, pooled over time.
func (said Picture) disturbance(h Heard) float64 {
	ear, source := h.frames()
	// heardAt[i] is about where in what was heard frame i of what was said is.
	heardAt := make([]int, len(said))
	for i := range heardAt {
		heardAt[i] = -1
	}
	worst := make([]float32, len(said)/hop+1) // by time of what was said
	for i := range ear {
		g := source[i]
		if g >= len(said) {
			continue
		}
		if heardAt[g] < 0 {
			heardAt[g] = i
		}
		if i%hop == 0 {
			worst[g/hop] = max(worst[g/hop], best(said, g, &ear[i], true))
		}
	}
	last := 0
	for g := range said {
		if heardAt[g] >= 0 {
			last = heardAt[g]
		} else {
			last++
		}
		if g%hop == 0 {
			worst[g/hop] = max(worst[g/hop], best(ear, last, &said[g], false))
		}
	}
	return pool(worst[min(settle, len(worst)):])
}

// pool averages: by squares over 320 ms, which overlap by half, and by squares again.
func pool(list []float32) float64 {
	const span = 20
	total, n := 0., 0
	for i := 0; i+span <= len(list); i += span / 2 {
		sum := 0.
		for _, d := range list[i : i+span] {
			sum += float64(d) * float64(d)
		}
		total += sum / span
		n++
	}
	return math.Sqrt(total / float64(max(n, 1)))
}
