package score

import (
	"math"
	"math/cmplx"
)

// longest is the longest transform.
const longest = 4096

var twiddle = func() (w [longest / 2]complex128) {
	for i := range w {
		w[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/longest)
	}
	return w
}()

// transform is the discrete Fourier transform, in place, of a power of two of
// samples (decimation in time, radix 2).
//
//go:norace
func transform(x []complex128) {
	n := len(x)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		if j |= bit; i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		half, step := size/2, longest/size
		for from := 0; from < n; from += size {
			a, b := x[from:][:half], x[from+half:][:half]
			for k := range a {
				u, v := a[k], b[k]*twiddle[k*step]
				a[k], b[k] = u+v, u-v
			}
		}
	}
}

// apart separates bin k of two real signals that were transformed as one, the
// first as its real part.
func apart(x []complex128, k int) (a, b complex128) {
	u, v := x[k], cmplx.Conj(x[(len(x)-k)%len(x)])
	return (u + v) / 2, (u - v) / 2i
}
