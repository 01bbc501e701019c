package quality

import (
	"math"
	"time"
)

// The E-model with the default values of G.107 (table 3): all but codec, loss
// and delay.
const (
	// noise is No, the noise power of both sides, in dBm0p.
	noise = -61.179
	// receiving is RLR, the loudness rating of the receiver.
	receiving = 2
	// basic is Ro, and simultaneous is Is.
	basic        = 94.769
	simultaneous = 1.414
	// talkerEcho is TELR, listenerEcho WEPL, both in dB.
	talkerEcho   = 65
	listenerEcho = 110
)

// The wideband model of G.107.1: the rating of an undisturbed call, and what
// its MOS scale is stretched by (annex A).
const (
	basicWideband = 129
	wideScale     = 1.29
)

// Call is a direction of a call, as the one who listens has it.
type Call struct {
	Codec Codec
	// Loss is the share of packets that were lost or came too late, 0 to 1.
	Loss float64
	// BurstRatio is how much longer losses last than random ones would (BurstR);
	// below 1 counts as 1: random.
	BurstRatio float64
	// Delay is from mouth to ear.
	Delay time.Duration
}

// Rating is R: 0 and less (nobody can talk like this) to 93.2, for a wideband
// codec to 129.
func (c Call) Rating() float64 {
	r := basic - simultaneous
	if c.Codec.Wideband {
		r = basicWideband
	}
	return r - delayImpairment(c.Delay) - c.lossImpairment()
}

// Conversational is the MOS of a conversation (MOS-CQ), 1 to 4.5.
func (c Call) Conversational() float64 { return c.opinion(c.Rating()) }

// Listening is the MOS of listening only (MOS-LQ): the delay does not matter.
func (c Call) Listening() float64 {
	c.Delay = 0
	return c.Conversational()
}

func (c Call) opinion(r float64) float64 {
	if c.Codec.Wideband {
		r /= wideScale
	}
	return Opinion(r)
}

// Opinion is the MOS of a rating (G.107 annex B). Below R = 6.5 the formula of
// the Recommendation falls under 1, which no opinion can.
func Opinion(r float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6)
}

// lossImpairment is Ie,eff: of the codec, and of packets lost in bursts.
func (c Call) lossImpairment() float64 {
	percent := 100 * min(max(c.Loss, 0), 1)
	ie := c.Codec.Ie
	if percent == 0 {
		return ie
	}
	return ie + (95-ie)*percent/(percent/max(c.BurstRatio, 1)+c.Codec.Bpl)
}

// delayImpairment is Id: talker echo, listener echo and the delay itself. The
// echo takes the same way as the voice, so that T = Ta and Tr = 2 Ta. Wideband
// calls are given the same: the delay itself weighs the same in both models, and
// the echo, which does not quite, is small.
func delayImpairment(delay time.Duration) float64 {
	ta := max(0, float64(delay)/float64(time.Millisecond))
	return echoOfTalker(ta) + echoOfListener(2*ta) + pureDelay(ta)
}

// echoOfTalker is Idte: who talks hears themselves, t ms later.
func echoOfTalker(t float64) float64 {
	heard := talkerEcho - 40*math.Log10((1+t/10)/(1+t/150)) + 6*math.Exp(-0.3*t*t)
	gap := (-1.5*(noise-receiving) - (80 + 2.5*(heard-14))) / 2
	return (gap + math.Sqrt(gap*gap+100) - 1) * (1 - math.Exp(-t))
}

// echoOfListener is Idle: who listens hears everything again, t ms later.
func echoOfListener(t float64) float64 {
	heard := 10.5 * (listenerEcho + 7) * math.Pow(t+1, -0.25)
	gap := (basic - heard) / 2
	return gap + math.Sqrt(gap*gap+169)
}

// pureDelay is Idd: people talk at the same time, however clean the line.
func pureDelay(ta float64) float64 {
	if ta <= 100 {
		return 0
	}
	x := math.Log2(ta / 100)
	return 25 * (sixth(x) - 3*sixth(x/3) + 2)
}

// sixth is (1 + x⁶) to the power of 1/6.
func sixth(x float64) float64 { return math.Pow(1+math.Pow(x, 6), 1.0/6) }
