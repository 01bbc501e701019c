package hearing

import (
	"math"
	"math/bits"
	"math/cmplx"
	"sync"
)

// fft transforms x in place; its length is a power of two.
//
// It and the other loops over samples are left out of race detection, under
// which they would take ten times as long: what they touch is their caller's
// alone.
//
//go:norace
func fft(x []complex128) {
	n := len(x)
	shift := bits.LeadingZeros(uint(n)) + 1
	for i := range x {
		if j := int(bits.Reverse(uint(i)) >> shift); n > 1 && j > i {
			x[i], x[j] = x[j], x[i]
		}
	}
	twiddle := twiddles(n)
	for size := 2; size <= n; size *= 2 {
		half, step := size/2, n/size
		for start := 0; start < n; start += size {
			for k := range half {
				a, b := x[start+k], x[start+k+half]*twiddle[k*step]
				x[start+k], x[start+k+half] = a+b, a-b
			}
		}
	}
}

// roots keeps the roots of unity of each size that was asked for: there is one
// for each power of two.
var roots sync.Map

func twiddles(n int) []complex128 {
	if t, ok := roots.Load(n); ok {
		return t.([]complex128)
	}
	t := make([]complex128, n/2)
	for i := range t {
		t[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/float64(n))
	}
	roots.Store(n, t)
	return t
}

// ifft is the inverse of fft.
func ifft(x []complex128) {
	for i := range x {
		x[i] = cmplx.Conj(x[i])
	}
	fft(x)
	scale := complex(1/float64(len(x)), 0)
	for i := range x {
		x[i] = cmplx.Conj(x[i]) * scale
	}
}

// spectra transforms two real signals to the same length, a power of two that
// leaves room for every lag.
//
//go:norace
func spectra(long, short []float64) (l, s []complex128) {
	n := 1 << bits.Len(uint(len(long)+len(short)))
	// One transform carries the two as real and imaginary part.
	z := make([]complex128, n)
	for i, v := range long {
		z[i] = complex(v, 0)
	}
	for i, v := range short {
		z[i] += complex(0, v)
	}
	fft(z)
	l, s = make([]complex128, n), make([]complex128, n)
	for i := range z {
		mirror := cmplx.Conj(z[(n-i)%n])
		l[i], s[i] = 0.5*(z[i]+mirror), -0.5i*(z[i]-mirror)
	}
	return l, s
}

// correlate returns, for each lag from 0 to len(long)-1, the sum over i of
// long[lag+i]*short[i]; samples beyond the end of long count as 0.
//
//go:norace
func correlate(long, short []float64) []float64 {
	l, s := spectra(long, short)
	for i := range l {
		l[i] *= cmplx.Conj(s[i])
	}
	ifft(l)
	return reals(l[:len(long)])
}

// circular is correlate of two loops of the same length.
//
//go:norace
func circular(a, b []float64) []float64 {
	x, y := spectra(a, b)
	for i := range x {
		x[i] *= cmplx.Conj(y[i])
	}
	ifft(x)
	out := reals(x[:len(a)])
	for lag := range out {
		if lag > 0 { // what went round the end stands at negative lags
			out[lag] += real(x[len(x)-len(a)+lag])
		}
	}
	return out
}

// weighted is correlate with every frequency divided by the power that long has
// around it; own is what short correlated with itself would give.
//
//go:norace
func weighted(long, short []float64) (c []float64, own float64) {
	l, s := spectra(long, short)
	power := smooth(l, max(1, len(l)/Rate*4)) // over 4 Hz on either side
	// Below the noise of a codec there is nothing to be told.
	floor := 1e-7 * float64(len(long))
	for i := range l {
		w := 1 / (power[i] + floor)
		own += w * (real(s[i])*real(s[i]) + imag(s[i])*imag(s[i]))
		l[i] *= cmplx.Conj(s[i]) * complex(w, 0)
	}
	ifft(l)
	return reals(l[:len(long)]), own / float64(len(l))
}

// smooth is the power spectrum of x, averaged over reach lines on either side.
//
//go:norace
func smooth(x []complex128, reach int) []float64 {
	n := len(x)
	at := func(i int) float64 {
		v := x[(i+n)%n]
		return real(v)*real(v) + imag(v)*imag(v)
	}
	sum := 0.0
	for i := -reach; i <= reach; i++ {
		sum += at(i)
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = sum / float64(2*reach+1)
		sum += at(i+reach+1) - at(i-reach)
	}
	return out
}

//go:norace
func reals(x []complex128) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = real(v)
	}
	return out
}
