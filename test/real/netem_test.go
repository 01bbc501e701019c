//go:build real

package real

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"warmline/internal/score"
	"warmline/internal/speech"
)

// networks are those of the table: loss, alone and in bursts, by jitter.
func networks() (list []network) {
	for _, j := range [][2]float64{{0, 0}, {33, 20}, {131, 60}} {
		list = append(list, network{mean: j[0], jitter: j[1]})
		for _, burst := range []float64{0, 3} {
			for _, loss := range []float64{.01, .03, .05, .1} {
				list = append(list, network{burst: burst, loss: loss, mean: j[0], jitter: j[1]})
			}
		}
	}
	return list
}

// few are those that are looked at every time.
func few() []network {
	return []network{{}, {loss: .05, mean: 33, jitter: 20}, {loss: .03, burst: 3, mean: 131, jitter: 60}}
}

// TestQualityOverNetem has speech go through bad networks to the running
// server, and judges what comes out at the other side. NETEM=update does so for
// all networks of the table, and writes NETEM.md.
func TestQualityOverNetem(t *testing.T) {
	if os.Getenv("NETEM") == "update" {
		m := measure(t, networks(), 40, 3)
		if err := os.WriteFile("NETEM.md", []byte(m.text), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, w := range m.wrong {
			t.Error(w)
		}
		return
	}
	var m measurement
	for range 3 {
		t.Run("calls", func(t *testing.T) { m = measure(t, few(), 15, 1) }) // they end with it
		if len(m.wrong) == 0 {
			return
		}
		t.Logf("not counted, as the machine may have stood still for a moment: %s", strings.Join(m.wrong, "; "))
	}
	if m.punctual() {
		t.Fatal(strings.Join(m.wrong, "\n"))
	}
	// What does not depend on time holds on any machine: speech comes through.
	if m.least < intelligible {
		t.Fatalf("the worst call scores %.2f", m.least)
	}
	t.Log("the machine was too busy to judge delays: only that speech comes through was")
}

// measurement is what came of some networks.
type measurement struct {
	text  string   // the table
	wrong []string // what must not be
	least float64  // the worst score
	late  lateness
}

// intelligible is less than any of the few networks leaves of speech, and more
// than is left of speech that does not come through.
const intelligible = 1.5

// lateness is how late the talkers' packets left, in ms.
type lateness struct{ mean, high, most float64 }

// punctual reports whether the talkers said everything in time: if not, the
// server will not have been in time either.
func (m measurement) punctual() bool { return m.late.high < 1 && m.late.most < 4 }

// measure makes some calls through each network, all at once.
func measure(t *testing.T, list []network, seconds, calls int) (m measurement) {
	t.Helper()
	kernel := "netem of the kernel"
	err := shape(list)
	defer unshape()
	if err != nil {
		kernel = "one of the test's own, as the kernel had no netem"
		t.Logf("%v", err)
	}
	var paths []*path
	for i := range calls * len(list) {
		p := openPath(t, list[i%len(list)], class(i%len(list)))
		if err != nil {
			p.fate = p.fates(uint64(i), leadIn+seconds*50+leadOut)
		}
		paths = append(paths, p)
	}
	signal := speech.Dialogue(seconds)
	m.late = hold(t, paths, encoded(signal))
	t.Logf("%d rooms, network: %s; packets left late by %.2f ms in the mean, 97 %% by no more than %.2f, at most %.2f ms",
		len(paths), kernel, m.late.mean, m.late.high, m.late.most)
	verdicts := judgeAll(paths, signal)
	m.text, m.least = preamble(kernel, m.late), score.Best
	for i, w := range list {
		var mine []verdict
		for k := i; k < len(verdicts); k += len(list) {
			mine = append(mine, verdicts[k])
		}
		v := mean(mine)
		row := v.row(w)
		t.Log(strings.TrimSpace(row))
		m.text += row
		m.least = min(m.least, v.ours)
		m.wrong = append(m.wrong, v.check(w, calls > 1, m.punctual())...)
	}
	return m
}

// hold sets up the calls and has all talkers talk. It returns how late they
// were.
func hold(t *testing.T, paths []*path, payload []byte) lateness {
	t.Helper()
	s := startServer(t, generous)
	s.place(t, paths)
	for _, p := range paths {
		p.meet(t)
	}
	c := newCarrier(t, paths, payload)
	// Nothing stands in the carrier's way: no collection, and always a processor
	// to come back to.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer c.release()
		c.run()
	}()
	<-done
	var list []float64
	for _, l := range c.late {
		list = append(list, float64(l)/1e6)
	}
	average, high := spread(list)
	return lateness{average, high, slices.Max(list)}
}

// place calls the rooms, each from a talker and from a listener.
func (s *server) place(t *testing.T, paths []*path) {
	t.Helper()
	var numbers strings.Builder
	numbers.WriteString("SEQUENTIAL\n")
	for i, p := range paths {
		fmt.Fprintf(&numbers, "7%03d;%d\n7%03d;%d\n", i, port(p.entry), i, port(p.listener))
	}
	scenario, err := os.ReadFile("scenarios/load.xml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("[service]", "[field0]", "[media_port]", "[field1]").Replace(string(scenario))
	dir := t.TempDir()
	legs, file := filepath.Join(dir, "legs.csv"), filepath.Join(dir, "load.xml")
	for name, content := range map[string]string{legs: numbers.String(), file: text} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sipp", fmt.Sprintf("%s:%d", serverAddr, s.sipPort), "-sf", file, "-inf", legs,
		"-i", trunkAddr, "-m", itoa(2*len(paths)), "-r", "60", "-l", "4000", "-d", "300000", "-nostdin")
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// judgeAll judges on all processors.
func judgeAll(paths []*path, signal []int16) []verdict {
	said := make([]int16, len(signal))
	for i, v := range signal {
		said[i] = ulawDecode(ulawEncode(v))
	}
	picture := score.See(said)
	verdicts := make([]verdict, len(paths))
	next := make(chan int)
	var all sync.WaitGroup
	for range runtime.NumCPU() {
		all.Go(func() {
			for i := range next {
				verdicts[i] = paths[i].judge(said, picture)
			}
		})
	}
	for i := range paths {
		next <- i
	}
	close(next)
	all.Wait()
	return verdicts
}

// check says what is wrong in a network's verdict. Repetition is luckier in
// some seconds of some networks: one call is not held to it. One moment in which
// the machine stands still is heard: without it the sound is as good as it can be.
func (v verdict) check(w network, many, punctual bool) (wrong []string) {
	const slack = 10                   // ms
	least, most := score.Best-0.1, 10. // of the good network: score, ms
	if !punctual {
		least, most = 3.9, 25
	}
	if w.loss+w.jitter == 0 {
		if v.ours < least || v.delay > most {
			wrong = append(wrong, fmt.Sprintf("%v: score %.2f, delay %.1f ms", w, v.ours, v.delay))
		}
	} else if v.ours <= v.silence || many && v.ours <= v.repeat {
		wrong = append(wrong, fmt.Sprintf("%v: score %.2f, silence %.2f, repetition %.2f", w, v.ours, v.silence, v.repeat))
	}
	if v.high > v.network+40+slack {
		wrong = append(wrong, fmt.Sprintf("%v: 97 %% of the delays up to %.0f ms, the network's up to %.0f", w, v.high, v.network))
	}
	return wrong
}

func preamble(kernel string, late lateness) string {
	return fmt.Sprintf(`# Quality on bad networks, measured

Written by `+"`NETEM=update go test -tags real ./test/real -run TestQualityOverNetem -v`"+` from calls through the running
server. [QUALITY.md](../../media/jitter/QUALITY.md) is the same in virtual time.

For each network three calls of 40 s of speech (three synthetic voices, PCMU, 20 ms), in rooms of two, all rooms at once:

    talker ─▶ bad network ─▶ server ─▶ good network ─▶ listener

The listener has unlimited patience: it puts each packet where its timestamp says. Loss is random, or in bursts of 3 packets
on average (Gilbert's model). Delay is normal and independent for each packet, so that packets overtake: mean and standard
deviation 0/0, 33/20 and 131/60 ms in the three parts.

- The network: %s. The talkers' packets left late by %.2f ms in the mean, 97 %% by no more than %.2f ms.
- **lost**: the share of the packets that the network did not deliver.
- **score**: 1 … 4.5, of the sound alone (internal/score/doc.go says how).
- **silence**, **repeat**: the score of the same packets, as they came to the server, played with the same mean delay, which
  these players are told in advance, with silence or the last frame for what is missing.
- **delay**: from mouth to ear, above the 20 ms of packetisation, the network's own included, found by correlation: its mean,
  and 97 %% of the time no more than p97. **network** is the 97th percentile of the network's delay alone, measured.

The first two seconds are not counted.

| jitter ms | loss %% | lost %% | score | silence | repeat | delay ms | p97 ms | network ms |
|---|---|---|---|---|---|---|---|---|
`, kernel, late.mean, late.high)
}

func (v verdict) row(w network) string {
	loss := fmt.Sprintf("%.0f", w.loss*100)
	if w.burst > 0 {
		loss += " bursts"
	}
	return fmt.Sprintf("| %.0f | %s | %.1f | **%.2f** | %.2f | %.2f | %.1f | %.1f | %.1f |\n", w.jitter, loss, 100*v.lost,
		v.ours, v.silence, v.repeat, v.delay, v.high, v.network)
}
