package score

// delayed is a signal heard late samples after it was said.
func delayed(signal []int16, late int) (h Heard) {
	for at := -late; at+Frame <= len(signal); at += Frame {
		h.Signal = append(h.Signal, piece(signal, at, Frame)...)
		h.Source = append(h.Source, at)
	}
	return h
}

// piece is part of a signal, which may begin before it.
func piece(signal []int16, at, n int) []int16 {
	p := make([]int16, n)
	for i := range p {
		if k := at + i; k >= 0 && k < len(signal) {
			p[i] = signal[k]
		}
	}
	return p
}

// stretched is a signal in which a pitch period is said twice every half second.
func stretched(signal []int16) (h Heard) {
	at := 0
	for at+Frame <= len(signal) {
		h.Source = append(h.Source, at)
		frame := piece(signal, at, Frame)
		at += Frame
		if len(h.Source)%25 == 0 && at > 1000 {
			p := period(signal[:at])
			for i := range p {
				old, again := int(signal[at-Frame+i]), int(signal[at-Frame-p+i])
				frame[i] = int16((old*(p-i) + again*i) / p)
			}
			copy(frame[p:], signal[at-Frame:])
			at -= p
		}
		h.Signal = append(h.Signal, frame...)
	}
	return h
}

// period is the lag up to 15 ms at which the last frame of a signal is most
// like itself.
func period(signal []int16) (p int) {
	last, least := len(signal)-Frame, 1<<62
	for lag := 20; lag <= 120; lag++ {
		sum := 0
		for i := last; i < len(signal); i++ {
			d := int(signal[i]) - int(signal[i-lag])
			sum += d * d
		}
		if sum < least {
			p, least = lag, sum
		}
	}
	return p
}
