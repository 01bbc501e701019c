package bench

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// notch takes out of a sound, which goes round in a circle, what it has within a
// width of some frequencies. Its length is a power of two.
func notch(x []float64, tones []float64, width float64, rate int) {
	lines := make([]complex128, len(x))
	for i, v := range x {
		lines[i] = complex(v, 0)
	}
	transform(lines)
	each := float64(rate) / float64(len(x))
	for _, hz := range tones {
		for k := int(math.Ceil((hz - width) / each)); k <= int((hz+width)/each); k++ {
			lines[k], lines[len(x)-k] = 0, 0
		}
	}
	// Back by the same way: of the conjugate, which of a real sound is no other.
	for i, v := range lines {
		lines[i] = cmplx.Conj(v)
	}
	transform(lines)
	for i, v := range lines {
		x[i] = real(v) / float64(len(x))
	}
}

// transform is the discrete Fourier transform (radix 2, in place).
func transform(x []complex128) {
	shift := bits.LeadingZeros(uint(len(x))) + 1
	for i := range x {
		if j := int(bits.Reverse(uint(i)) >> shift); j > i {
			x[i], x[j] = x[j], x[i]
		}
	}
	turns := make([]complex128, len(x)/2)
	for i := range turns {
		sin, cos := math.Sincos(-2 * math.Pi * float64(i) / float64(len(x)))
		turns[i] = complex(cos, sin)
	}
	for half := 1; half < len(x); half *= 2 {
		for from := 0; from < len(x); from += 2 * half {
			low, high := x[from:from+half], x[from+half:from+2*half]
			for k, v := range high {
				v *= turns[k*(len(turns)/half)]
				low[k], high[k] = low[k]+v, low[k]-v
			}
		}
	}
}
