package jitter

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// allowance is how much above the 97th percentile of the network's the delay may
// be, in ms.
const allowance = 40

// What P.862 is made for: pieces of 8 to 12 s, with pauses in them.
const (
	pieceSeconds = 9
	pieceFirst   = 2 // seconds, as in the other tables
	pieces       = 4
)

// judge is the program that P862 names, called as the ITU calls its own.
type judge struct {
	program, dir string
}

// opinion is the MOS-LQO (P.862.1) of what was heard of what was said.
func (j judge) opinion(said, heard []int16) (float64, error) {
	files := [2]string{filepath.Join(j.dir, "said.wav"), filepath.Join(j.dir, "heard.wav")}
	for i, s := range [2][]int16{said, heard} {
		if err := os.WriteFile(files[i], wave(s), 0o644); err != nil {
			return 0, err
		}
	}
	cmd := exec.Command(j.program, "+8000", files[0], files[1])
	cmd.Dir = j.dir // it may leave files where it runs
	out, err := cmd.Output()
	if err != nil {
		return 0, err
	}
	return prediction(string(out))
}

// prediction reads the line that ends in the raw score and the MOS-LQO.
func prediction(out string) (float64, error) {
	_, figures, found := strings.Cut(out, "P.862 Prediction (Raw MOS, MOS-LQO):")
	fields := strings.Fields(figures)
	if !found || len(fields) < 3 || fields[0] != "=" {
		return 0, fmt.Errorf("no prediction in %q", out)
	}
	return strconv.ParseFloat(fields[2], 64)
}

// wave is a signal of 8 kHz as a file.
func wave(s []int16) []byte {
	var b bytes.Buffer
	size := uint32(2 * len(s))
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, size+36)
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, []uint32{16, 1<<16 | 1, 8000, 16000, 16<<16 | 2})
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, size)
	binary.Write(&b, binary.LittleEndian, s)
	return b.Bytes()
}

// judged is one network's row.
type judged struct {
	loss, burst, mean, jitter float64

	ours, best, silence, repeat float64
	delay, high, network        float64
	err                         error
}

func judgedCells() (list []*judged) {
	for _, j := range [][2]float64{{0, 0}, {33, 20}, {131, 60}} {
		for _, loss := range []float64{0, .006, .01, .025, .03, .049, .05, .1} {
			list = append(list, &judged{loss: loss, mean: j[0], jitter: j[1]})
		}
		for _, loss := range []float64{.01, .03, .05, .1} {
			list = append(list, &judged{loss: loss, burst: 3, mean: j[0], jitter: j[1]})
		}
	}
	return list
}

// measure has the same packets played by a Playout, by two players that were told
// its mean delay, and by the oracle, and has each judged in pieces.
func (c *judged) measure(by judge, signal []int16) {
	said := throughLaw(signal)
	runs := uint64(2)
	if c.burst > 0 {
		runs = 3 // fewer, greater losses
	}
	share := 1 / float64(runs)
	for seed := range runs {
		w := network{seed: seed, loss: c.loss, burst: c.burst, mean: c.mean, sigma: c.jitter}
		var p Playout
		p.Reset(g711)
		h := listen(signal, w, &p, newReader(readPhase, true))
		delay, high := h.spread(len(signal))
		c.delay += delay * share
		c.high += high * share
		c.network += w.high97() * share
		c.ours += c.mark(by, said, h) * share
		c.best += c.mark(by, said, newOracle(w.high97()+allowance).hears(signal, w)) * share
		c.silence += c.mark(by, said, (&naive{delay: delay}).hears(signal, w)) * share
		c.repeat += c.mark(by, said, (&naive{delay: delay, repeat: true}).hears(signal, w)) * share
	}
}

// mark is the mean over the pieces of what was heard.
func (c *judged) mark(by judge, said []int16, h heard) (mean float64) {
	for i := range pieces {
		from := (pieceFirst + i*pieceSeconds) * 8000
		to := from + pieceSeconds*8000
		at := h.index(from)
		mos, err := by.opinion(said[from:to], h.signal[at:min(at+to-from, len(h.signal))])
		if err != nil {
			c.err = err
		}
		mean += mos / pieces
	}
	return mean
}

// index is where what is at a place in what was said is heard.
func (h heard) index(said int) int {
	for i, from := range h.source {
		if from+baseFrame > said {
			return i*baseFrame + max(0, said-from)
		}
	}
	return len(h.signal)
}

func (c *judged) row() string {
	loss := strconv.FormatFloat(c.loss*100, 'g', 3, 64)
	if c.burst > 0 {
		loss += " bursts"
	}
	return fmt.Sprintf("| %.0f | %s | **%.2f** | %.2f | %.2f | %.2f | %.0f | %.0f | %.0f |\n", c.jitter, loss,
		c.ours, c.best, c.silence, c.repeat, c.delay, c.high, c.network)
}

// check holds a cell to what must be so whatever the figures. The limit of the delay
// is TestQuality's, of the same players.
func (c *judged) check(t *testing.T) {
	name := fmt.Sprintf("jitter %.0f loss %g%% bursts of %.0f", c.jitter, c.loss*100, c.burst)
	best := max(c.silence, c.repeat)
	if c.loss == 0 {
		best -= 0.02 // next to nothing is missing, and they knew the delay from the start
	}
	switch {
	case c.err != nil:
		t.Errorf("%s: %v", name, c.err)
	case c.ours < best || c.ours == best && c.loss > 0:
		t.Errorf("%s: %.3f, silence %.3f, repetition %.3f", name, c.ours, c.silence, c.repeat)
	case c.jitter > 0 && c.ours < c.best-0.1:
		t.Errorf("%s: %.3f, and %.3f could be had", name, c.ours, c.best)
	}
}

const preambleP862 = `# Quality on bad networks by ITU-T P.862

Written by ` + "`P862=/path/to/program go test ./media/jitter -run TestP862 -update`" + `; the program is the reference
implementation in C that the ITU publishes with the Recommendation, built for this measurement. It is no part of this repository, and
nobody needs it to build or test: without P862 the test is skipped. It is called as
` + "`program +8000 reference.wav degraded.wav`" + `, and the figures are its MOS-LQO (P.862.1).

The speech, the networks, the players and the delays are those of [QUALITY.md](QUALITY.md). P.862 is made for pieces of some
seconds: four of 9 s are taken from each run, two runs for each row, three where losses come in bursts (of 3 packets on average), and the
means are shown. The reference has been through G.711, so that what nothing happened to has the greatest MOS-LQO there is, 4.55;
against speech that has not, everything is about 0.17 lower. P.862 hears sound alone, no delay, and it is no ear: a last
frame repeated for ever costs little by it.

**oracle** is what there is to be had: the same concealment at a delay that is the network's 97th percentile + 40 ms (the most
that is allowed here) all along, known in advance; nothing but what is later than that is lost. Without jitter that delay also has the packet
after a lost one be there in time, which a delay of 2 ms has not. To wait for late packets by stretching the voice would cost
more: by P.862 a pitch period more in a word, and less in the next pause, takes 0.23 off a piece of 9 s, a frame concealed 0.14.

| jitter ms | loss % | MOS-LQO | oracle | silence | repeat | delay ms | p97 ms | network ms |
|---|---|---|---|---|---|---|---|---|
`

// Every loss is concealed better than by silence and by repetition, by P.862 too.
func TestP862(t *testing.T) {
	program := os.Getenv("P862")
	if program == "" {
		t.Skip("P862 names no program")
	}
	list := judgedCells()
	measureAll(t, list, program, dialogue(t, pieceFirst+pieces*pieceSeconds+2))
	var text bytes.Buffer
	text.WriteString(preambleP862)
	for _, c := range list {
		row := c.row()
		text.WriteString(row)
		t.Log(strings.TrimSpace(row))
		c.check(t)
	}
	if *update {
		if err := os.WriteFile("P862.md", text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What the program prints is read, or refused.
func TestPrediction(t *testing.T) {
	for _, c := range []struct {
		out  string
		want float64 // 0: none
	}{
		{"Reading...\nP.862 Prediction (Raw MOS, MOS-LQO):  = 3.142\t2.901\n", 2.901},
		{"P.862 Prediction (Raw MOS, MOS-LQO):  = 4.500", 0},
		{"An error of type -1 (Reference signal) occurred", 0},
		{"", 0},
	} {
		got, err := prediction(c.out)
		if got != c.want || (err == nil) != (c.want > 0) {
			t.Errorf("%q: %.3f, %v", c.out, got, err)
		}
	}
}

// measureAll measures the cells, two at a time: most of the work is the
// program's, which is another process.
func measureAll(t *testing.T, list []*judged, program string, signal []int16) {
	var all sync.WaitGroup
	var taken atomic.Int32
	for range 2 {
		by := judge{program: program, dir: t.TempDir()}
		all.Go(func() {
			for i := taken.Add(1); int(i) <= len(list); i = taken.Add(1) {
				list[i-1].measure(by, signal)
			}
		})
	}
	all.Wait()
}
