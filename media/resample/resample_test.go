package resample

import (
	"math"
	"math/rand/v2"
	"testing"
)

func up(src []int16) []int16 {
	var u Up
	dst := make([]int16, 2*len(src))
	u.Run(dst, src)
	return dst
}

func down(src []int16) []int16 {
	var d Down
	dst := make([]int16, len(src)/2)
	d.Run(dst, src)
	return dst
}

// TestSameAsNaive compares with the textbook's filter.
func TestSameAsNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	square := make([]int16, 1000)
	bits := make([]int16, 1000)
	for i := range square {
		square[i] = math.MaxInt16
		if i/7%2 == 0 {
			square[i] = math.MinInt16
		}
		bits[i] = int16(r.IntN(2)*65535 - 32768)
	}
	for name, signal := range map[string][]int16{
		"noise": noise(1000), "square": square, "bits": bits,
		"worst": worst(1), "worst, negative": worst(-1), "impulse": {0, 0, 32767, 60: 0},
	} {
		near(t, name+" up", up(signal), naiveUp(signal), 0)
		near(t, name+" down", down(signal), naiveDown(signal), 1)
	}
}

// worst has the signs of the taps, so that their sums are as large as they can
// be.
func worst(sign int) []int16 {
	s := make([]int16, 200)
	for i := range s {
		s[i] = int16(min(sign*32768, 32767))
		if d := (i%24)*2 - 23; (d-1)/2%2 != 0 { // taps alternate
			s[i] = int16(min(-sign*32768, 32767))
		}
	}
	return s
}

func TestPieces(t *testing.T) {
	signal := noise(5000)
	wide, narrow := up(signal), down(signal)
	var u Up
	var d Down
	w, n := make([]int16, len(wide)), make([]int16, len(narrow))
	size := 1
	for at := 0; at < len(signal); size = size*7%399 + 1 {
		end := min(at+size, len(signal))
		u.Run(w[2*at:2*end], signal[at:end])
		at = end
	}
	for at := 0; at < len(narrow); size = size*7%399 + 1 {
		end := min(at+size, len(narrow))
		d.Run(n[at:end], signal[2*at:2*end])
		at = end
	}
	near(t, "up", w, wide, 0)
	near(t, "down", n, narrow, 0)
}

// TestPrime starts in the middle with what was before, which is as good as to
// have heard everything.
func TestPrime(t *testing.T) {
	signal := noise(2000)
	wide, narrow := up(signal), down(signal)
	for _, before := range []int{1000, 46, 100} {
		u, d := Up{}, Down{}
		u.Run(make([]int16, 200), noise(100))
		d.Run(make([]int16, 50), noise(100))
		u.Prime(signal[1000-before : 1000])
		d.Prime(signal[1000-before : 1000])
		w, n := make([]int16, 2000), make([]int16, 500)
		u.Run(w, signal[1000:])
		d.Run(n, signal[1000:])
		near(t, "up", w, wide[2000:], 0)
		near(t, "down", n, narrow[500:], 0)
	}
	// Less than enough is the beginning of a signal.
	for _, before := range []int{0, 1, 2, 22, 23} {
		u, d := Up{}, Down{}
		u.Prime(signal[:before])
		d.Prime(signal[:before])
		w, n := make([]int16, 200), make([]int16, 50)
		u.Run(w, signal[before:before+100])
		d.Run(n, signal[before:before+100])
		near(t, "up", w, wide[2*before:2*before+200], 0)
		if before%2 == 0 {
			near(t, "down", n, narrow[before/2:before/2+50], 0)
		}
		u.Reset()
		d.Reset()
		if u != (Up{}) || d != (Down{}) {
			t.Error("reset has not forgotten")
		}
	}
}

// TestLengths: what does not fit is left out, and nothing else is touched.
func TestLengths(t *testing.T) {
	signal := noise(1000)
	for _, c := range []struct{ dst, src int }{{0, 5}, {1, 5}, {3, 5}, {5, 0}, {5, 1}, {7, 1000}, {1000, 7}, {999, 999}} {
		w, n := make([]int16, c.dst+2), make([]int16, c.dst+2)
		var u Up
		var d Down
		u.Run(w[:c.dst], signal[:c.src])
		d.Run(n[:c.dst], signal[:c.src])
		k := min(c.dst/2, c.src)
		near(t, "up", w, append(up(signal[:k]), make([]int16, c.dst+2-2*k)...), 0)
		k = min(c.dst, c.src/2)
		near(t, "down", n, append(down(signal[:2*k]), make([]int16, c.dst+2-k)...), 0)
	}
}

// FuzzRun cuts a signal anywhere and compares with the textbook.
func FuzzRun(f *testing.F) {
	f.Add([]byte("some sound, or other"), uint16(7))
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		signal := make([]int16, len(data)/2*2)
		for i := range signal {
			signal[i] = int16(data[i])<<8 | int16(data[(i*7+1)%len(data)])
		}
		k := int(cut) % (len(signal)/2 + 1)
		w, n := make([]int16, 2*len(signal)), make([]int16, len(signal)/2)
		var u Up
		var d Down
		u.Run(w, signal[:k])
		u.Run(w[2*k:], signal[k:])
		d.Run(n, signal[:2*k])
		d.Run(n[k:], signal[2*k:])
		near(t, "up", w, naiveUp(signal), 0)
		near(t, "down", n, naiveDown(signal), 1)
	})
}
