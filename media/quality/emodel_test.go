package quality

import (
	"math"
	"testing"
	"time"
)

const ms = time.Millisecond

// G.107: the rating of a call with default values, and annex B's table of
// ratings and opinions.
func TestReferencePoints(t *testing.T) {
	if r := (Call{Codec: Of("PCMU")}).Rating(); math.Abs(r-93.2) > 0.05 {
		t.Errorf("an undisturbed call is rated %.2f, want 93.2", r)
	}
	if r := (Call{Codec: Codec{Wideband: true}}).Rating(); math.Abs(r-129) > 0.2 {
		t.Errorf("an undisturbed wideband call is rated %.2f, want 129", r)
	}
	for _, tt := range []struct{ r, mos float64 }{
		{-5, 1}, {0, 1}, {3, 1}, {50, 2.58}, {60, 3.10}, {70, 3.60}, {80, 4.03}, {90, 4.34}, {93.2, 4.41}, {100, 4.5}, {129, 4.5},
	} {
		if got := Opinion(tt.r); math.Abs(got-tt.mos) > 0.01 {
			t.Errorf("R %v: MOS %.3f, want %.2f", tt.r, got, tt.mos)
		}
	}
}

// Idd of G.107 at points where it can be worked out by hand: x = 1, 2 and 3.
func TestPureDelay(t *testing.T) {
	for _, tt := range []struct{ ta, want float64 }{
		{0, 0}, {100, 0},
		{200, 25 * (math.Pow(2, 1.0/6) - 3*math.Pow(1+1.0/729, 1.0/6) + 2)},
		{400, 25 * (math.Pow(65, 1.0/6) - 3*math.Pow(1+64.0/729, 1.0/6) + 2)},
		{800, 25 * (math.Pow(730, 1.0/6) - 3*math.Pow(2, 1.0/6) + 2)},
	} {
		if got := pureDelay(tt.ta); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%v ms: %.3f, want %.3f", tt.ta, got, tt.want)
		}
	}
}

// The whole delay impairment stays near its well known fit of two straight
// lines, 0.024 d + 0.11 (d − 177.3) above 177.3 ms.
func TestDelayImpairment(t *testing.T) {
	last := delayImpairment(0)
	for d := 0; d <= 400; d += 10 {
		want := 0.024*float64(d) + 0.11*max(0, float64(d)-177.3)
		got := delayImpairment(time.Duration(d)*ms) - delayImpairment(0)
		if math.Abs(got-want) > 3.5 {
			t.Errorf("%d ms: %.2f, want about %.2f", d, got, want)
		}
		if got+1e-9 < last-delayImpairment(0) {
			t.Errorf("%d ms: less than before", d)
		}
		last = got + delayImpairment(0)
	}
}

func TestLossImpairment(t *testing.T) {
	tests := []struct {
		codec      string
		loss, r    float64
		impairment float64
	}{
		{"PCMU", 0, 1, 0},
		{"PCMU", 0.01, 1, 95 / 26.1}, // 3.64
		{"PCMA", 0.05, 1, 95 * 5 / 30.1},
		{"PCMU", 0.05, 2, 95 * 5 / (2.5 + 25.1)}, // in bursts of double length
		{"PCMU", 0.05, 0.5, 95 * 5 / 30.1},       // more regular than random: as random
		{"PCMU", 1, 1, 95 * 100 / 125.1},
		{"PCMU", 7, 1, 95 * 100 / 125.1}, // more than all cannot be lost
		{"PCMU", -1, 1, 0},
		{"G722", 0, 1, 13},
		{"G722", 0.01, 1, 13 + 82/5.3},
		{"opus", 0.02, 1, 5 + 90*2/12.0},
		{"speex", 0.01, 1, 95 / 26.1},
	}
	for _, tt := range tests {
		got := Call{Codec: Of(tt.codec), Loss: tt.loss, BurstRatio: tt.r}.lossImpairment()
		if math.Abs(got-tt.impairment) > 1e-9 {
			t.Errorf("%s, %v lost, BurstR %v: %.3f, want %.3f", tt.codec, tt.loss, tt.r, got, tt.impairment)
		}
	}
}

// Known calls: G.711 with little delay and G.722 on its own scale.
func TestOpinionsOfCalls(t *testing.T) {
	tests := []struct {
		call     Call
		cq, lq   float64
		accuracy float64
	}{
		{Call{Codec: Of("PCMU")}, 4.41, 4.41, 0.005},
		{Call{Codec: Of("PCMU"), Delay: 100 * ms}, 4.36, 4.41, 0.02},
		{Call{Codec: Of("PCMU"), Delay: 400 * ms}, 3.1, 4.41, 0.15},
		{Call{Codec: Of("PCMU"), Loss: 0.05}, 4.0, 4.0, 0.1},
		{Call{Codec: Of("G722")}, Opinion(116 / 1.29), Opinion(116 / 1.29), 0.01},
		{Call{Codec: Of("opus")}, Opinion(124 / 1.29), Opinion(124 / 1.29), 0.01},
		{Call{Codec: Of("PCMU"), Loss: 1, Delay: time.Second}, 1, 1.1, 0.1},
		{Call{Codec: Of("PCMU"), Delay: time.Hour}, 1, 4.41, 0.01},
		{Call{Codec: Of("PCMU"), Delay: -time.Hour}, 4.41, 4.41, 0.01},
	}
	for _, tt := range tests {
		if got := tt.call.Conversational(); math.Abs(got-tt.cq) > tt.accuracy {
			t.Errorf("%+v: conversational %.3f, want %.2f", tt.call, got, tt.cq)
		}
		if got := tt.call.Listening(); math.Abs(got-tt.lq) > tt.accuracy {
			t.Errorf("%+v: listening %.3f, want %.2f", tt.call, got, tt.lq)
		}
	}
}

// More loss, longer bursts and more delay are never better, and no figure
// leaves its range.
func TestWorseIsNotBetter(t *testing.T) {
	for _, codec := range Codecs {
		for loss := 0.0; loss <= 1; loss += 0.05 {
			for d := time.Duration(0); d < 2*time.Second; d += 100 * ms {
				c := Call{Codec: codec, Loss: loss, BurstRatio: 1, Delay: d}
				mos := c.Conversational()
				more, longer, later := c, c, c
				more.Loss += 0.05
				longer.BurstRatio = 3
				later.Delay += 100 * ms
				for _, worse := range []Call{more, longer, later} {
					if got := worse.Conversational(); got > mos+1e-9 || got < 1 || mos > 4.5 {
						t.Fatalf("%+v: %v, and %+v: %v", c, mos, worse, got)
					}
				}
			}
		}
	}
}

func TestNoAllocations(t *testing.T) {
	var b Bursts
	sum := 0.0
	if n := testing.AllocsPerRun(100, func() {
		b.Add(true, 2)
		b.Add(false, 20)
		c := Call{Codec: Of("pcma"), Loss: 0.1, BurstRatio: b.Ratio(), Delay: 100 * ms}
		sum += c.Conversational() + b.Summary().BurstLength
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if sum == 0 {
		t.Error("nothing computed")
	}
}

func BenchmarkRating(b *testing.B) {
	b.ReportAllocs()
	c := Call{Codec: Of("PCMU"), Loss: 0.01, BurstRatio: 1.2, Delay: 120 * ms}
	for b.Loop() {
		c.Conversational()
	}
}
