package jitter

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"testing"

	"warmline/internal/score"
	"warmline/media/opus"
)

var update = flag.Bool("update", false, "write QUALITY.md and P862.md anew")

// cell is one network's row of the table.
type cell struct {
	burst  float64
	loss   float64
	mean   float64
	jitter float64

	ours, silence, repeat float64 // scores
	delay, high           float64 // ms above the packetisation
	network               float64 // 97th percentile of the network's delay alone
}

// The readers' phase to the sender: packets wait 7 ms for the tick.
const readPhase = 7_000_000

func cells() (list []*cell) {
	for _, j := range [][2]float64{{0, 0}, {33, 20}, {131, 60}} {
		list = append(list, &cell{mean: j[0], jitter: j[1]})
		for _, burst := range []float64{0, 3} {
			for _, loss := range []float64{.01, .03, .05, .1} {
				list = append(list, &cell{burst: burst, loss: loss, mean: j[0], jitter: j[1]})
			}
		}
	}
	return list
}

// seeds is how many times each cell is measured; it has the means.
const seeds = 3

// measure has the same packets played by a Playout and by two players that
// were told its mean delay.
func (c *cell) measure(signal []int16, said score.Picture, first uint64) {
	for seed := first; seed < first+seeds; seed++ {
		w := network{seed: seed, loss: c.loss, burst: c.burst, mean: c.mean, sigma: c.jitter}
		var p Playout
		p.Reset(g711)
		h := listen(signal, w, &p, newReader(readPhase, true))
		delay, high := h.spread(len(signal))
		c.delay += delay / seeds
		c.high += high / seeds
		c.ours += h.opinion(said) / seeds
		c.silence += (&naive{delay: delay}).hears(signal, w).opinion(said) / seeds
		c.repeat += (&naive{delay: delay, repeat: true}).hears(signal, w).opinion(said) / seeds
		c.network += w.high97() / seeds
	}
}

// conversation is the opinion of a conversation in which one hears so well and
// with so many milliseconds of delay, by the E-model (ITU-T G.107): the score as
// a rating, less the impairment by delay in its usual simplification.
func conversation(score, delay float64) float64 {
	delay += 20 // the packetisation
	r := rating(score) - 0.024*delay - 0.11*max(0, delay-177.3)
	return mos(r)
}

// mos is G.107's mapping of a rating to an opinion.
func mos(r float64) float64 {
	r = min(max(r, 0), 100)
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6)
}

// rating is its inverse.
func rating(score float64) float64 {
	low, high := 6.5, 100.
	for range 50 {
		if m := (low + high) / 2; mos(m) < score {
			low = m
		} else {
			high = m
		}
	}
	return low
}

const preamble = `# Quality on bad networks

Written by ` + "`go test ./media/jitter -run TestQuality -update`" + ` and held to the code by the same test.

Three times 40 s of speech (three synthetic voices, PCMU, 20 ms) through an emulated network in virtual time, to a reader whose tick
at first comes 7 ms after the packets of a network without delay, and that moves it as it is told, by 1 ms a second. Loss is random, or in bursts of 3 packets on average (Gilbert's
model). Delay is normal and independent for each packet, so that packets overtake: mean and standard deviation 0/0, 33/20
and 131/60 ms in the three parts.

- **score**: 1 … 4.5, of the sound alone (its definition is in internal/score: loudness in critical bands, each frame
  aligned for itself, both ways). It is this project's own: it is like a mean opinion, but its figures must not be set
  against those of P.862 by the decimal. [P862.md](P862.md) has those, of the same networks: with a program that
  implements P.862, ` + "`P862=/path/to/program go test ./media/jitter -run TestP862 -update`" + ` writes them.
- **silence**, **repeat**: the same packets played with the same mean delay, which these players are told in advance,
  with silence or the last frame for what is missing.
- **delay**: from mouth to ear, above the 20 ms of packetisation, the network's own included: its mean, and 97 % of the
  time no more than p97. **network** is the 97th percentile of the network's delay alone.
- **talk**: the opinion of a conversation by the E-model (G.107), from the score and the mean delay.

The first two seconds are not counted: the playout has to get to know its network.

## G.711
`

const preambleWide = `
## G.722

The same speech at 16 kHz; the score hears what is below 4 kHz. A lost packet also leaves the decoder in another state than the
encoder, whoever plays.
`

const preambleOpus = `
## Opus

The same, from an encoder of Opus for speech (24 kbit/s, without redundancy). Its decoder conceals the first 20 ms of a
gap, the concealer what comes after that: to leave all of a gap to the decoder is no better than repetition in bursts.
`

const heading = `
| jitter ms | loss % | score | silence | repeat | delay ms | p97 ms | network ms | talk |
|---|---|---|---|---|---|---|---|---|
`

func (c *cell) row() string {
	loss := fmt.Sprintf("%.0f", c.loss*100)
	if c.burst > 0 {
		loss += " bursts"
	}
	return fmt.Sprintf("| %.0f | %s | **%.2f** | %.2f | %.2f | %.0f | %.0f | %.0f | %.2f |\n", c.jitter, loss,
		c.ours, c.silence, c.repeat, c.delay, c.high, c.network, conversation(c.ours, c.delay))
}

func TestQuality(t *testing.T) {
	signal := dialogue(t, 40)
	said := score.See(throughLaw(signal))
	list := cells()
	var all sync.WaitGroup
	for _, c := range list {
		all.Go(func() { c.measure(signal, said, 0) })
	}
	g := newWideband(asG722(wide(signal)), 1, nil, func() Decoder { return newWideCodec() })
	o := newWideband(asOpus(t, wide(signal)), 6, opus.Samples, func() Decoder { return newOpus(t) })
	for _, s := range []*wideband{g, o} {
		for _, c := range s.cells {
			all.Go(func() { c.measureWide(s) })
		}
	}
	all.Wait()
	var text bytes.Buffer
	text.WriteString(preamble + heading)
	report(t, &text, list)
	text.WriteString(preambleWide + heading)
	report(t, &text, g.cells)
	text.WriteString(preambleOpus + heading)
	report(t, &text, o.cells)
	if *update {
		if err := os.WriteFile("QUALITY.md", text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	compare(t, text.String())
}

// report writes the rows of a table, and checks them.
func report(t *testing.T, text *bytes.Buffer, list []*cell) {
	for _, c := range list {
		row := c.row()
		text.WriteString(row)
		t.Log(strings.TrimSpace(row))
		c.check(t)
	}
}

// Other voices and other fates than those the constants were chosen by: the
// same speech faster and higher, or slower and lower.
func TestQualityOfOtherVoices(t *testing.T) {
	for _, speed := range []float64{0.87, 1.14} {
		signal := faster(dialogue(t, 40), speed)
		said := score.See(throughLaw(signal))
		for _, c := range []*cell{{loss: .03}, {loss: .03, mean: 33, jitter: 20}, {loss: .1, mean: 33, jitter: 20}, {loss: .05, mean: 131, jitter: 60}} {
			c.measure(signal, said, 100)
			t.Logf("speed %.2f: %s", speed, strings.TrimSpace(c.row()))
			if c.ours < c.repeat+0.2 || c.ours < c.silence+0.2 {
				t.Errorf("speed %.2f, loss %g, jitter %g: score %.2f, silence %.2f, repetition %.2f", speed, c.loss, c.jitter, c.ours, c.silence, c.repeat)
			}
		}
	}
}

// faster is a signal played at another speed.
func faster(signal []int16, speed float64) []int16 {
	out := make([]int16, int(float64(len(signal)-1)/speed)/baseFrame*baseFrame)
	for i := range out {
		at := float64(i) * speed
		k := int(at)
		f := at - float64(k)
		out[i] = int16(float64(signal[k])*(1-f) + float64(signal[k+1])*f)
	}
	return out
}

// check holds a cell to what must be so whatever the figures.
func (c *cell) check(t *testing.T) {
	name := fmt.Sprintf("jitter %.0f loss %.0f%% bursts of %.0f", c.jitter, c.loss*100, c.burst)
	if c.loss+c.jitter == 0 {
		if c.ours < score.Best-0.02 {
			t.Errorf("%s: score %.3f where nothing happens", name, c.ours)
		}
		if c.delay < 1 || c.delay > 3.5 {
			t.Errorf("%s: %.1f ms of delay where the reader follows", name, c.delay)
		}
	} else if c.loss == 0 && c.ours > max(c.silence, c.repeat)-0.02 {
		// Next to nothing is missing, and they knew the delay from the start.
	} else if c.ours <= c.silence || c.ours <= c.repeat {
		t.Errorf("%s: score %.3f, silence %.3f, repetition %.3f", name, c.ours, c.silence, c.repeat)
	}
	if c.high > c.network+allowance {
		t.Errorf("%s: up to %.1f ms of delay, of the network %.1f", name, c.high, c.network)
	}
}

// compare holds the committed table to the one just made, as near as the
// arithmetic of other machines permits.
func compare(t *testing.T, fresh string) {
	b, err := os.ReadFile("QUALITY.md")
	if err != nil {
		t.Fatal(err)
	}
	was, is := strings.Split(string(b), "\n"), strings.Split(fresh, "\n")
	if len(was) != len(is) {
		t.Fatalf("QUALITY.md has %d lines, not %d: run with -update", len(was), len(is))
	}
	for i := range is {
		a, b := strings.Split(was[i], "|"), strings.Split(is[i], "|")
		if len(a) != len(b) {
			t.Errorf("QUALITY.md line %d: %q, now %q", i+1, was[i], is[i])
			continue
		}
		for k := range b {
			if a[k] != b[k] && !near(a[k], b[k]) {
				t.Errorf("QUALITY.md line %d: %q, now %q", i+1, was[i], is[i])
			}
		}
	}
}

func near(a, b string) bool {
	var x, y float64
	if n, _ := fmt.Sscanf(strings.Trim(a, " *"), "%f", &x); n != 1 {
		return false
	}
	if n, _ := fmt.Sscanf(strings.Trim(b, " *"), "%f", &y); n != 1 {
		return false
	}
	tolerance := 0.05
	if y > 5 { // a delay
		tolerance = 1
	}
	return math.Abs(x-y) <= tolerance
}
