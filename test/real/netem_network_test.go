//go:build real

package real

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
)

// network is what a path does to packets.
type network struct {
	loss   float64 // share of the packets
	burst  float64 // mean length of a loss in packets (Gilbert's model); 0: each on its own
	mean   float64 // ms of delay
	jitter float64 // ms: delays are normal, none below 0, each its own, so that packets overtake
}

func (w network) String() string {
	s := fmt.Sprintf("jitter %.0f ms, loss %.0f %%", w.jitter, 100*w.loss)
	if w.burst > 0 {
		s += " in bursts"
	}
	return s
}

// enter and leave are the chances, by packet, that a burst begins and ends: such
// that bursts are as long and the share as great as wanted.
func (w network) enter() float64 { return w.leave() * w.loss / (1 - w.loss) }
func (w network) leave() float64 { return 1 / w.burst }

// lost is the fate of a packet that does not arrive.
const lost = -1

// fates is what happens to n packets: their delays in ns, or lost.
func (w network) fates(seed uint64, n int) []int64 {
	rng := rand.New(rand.NewPCG(seed, 11))
	list := make([]int64, n)
	bad := false
	for i := range list {
		switch u := rng.Float64(); {
		case w.burst == 0:
			bad = u < w.loss
		case bad:
			bad = u >= w.leave()
		default:
			bad = u < w.enter()
		}
		list[i] = int64(1e6 * max(0, w.mean+w.jitter*rng.NormFloat64()))
		if bad {
			list[i] = lost
		}
	}
	return list
}

// netem is the same for tc.
func (w network) netem() []string {
	args := []string{"netem", "limit", "10000"}
	if w.mean > 0 {
		args = append(args, "delay", fmt.Sprintf("%gms", w.mean), fmt.Sprintf("%gms", w.jitter), "distribution", "normal")
	}
	switch {
	case w.burst > 0:
		args = append(args, "loss", "gemodel", percent(w.enter()), percent(w.leave()))
	case w.loss > 0:
		args = append(args, "loss", percent(w.loss))
	}
	return args
}

func percent(p float64) string { return fmt.Sprintf("%.4f%%", 100*p) }

// Packets of a class (SO_PRIORITY) go through the qdisc of that number.
func class(i int) int { return 1<<16 | (i + 16) }

func classID(i int) string { return fmt.Sprintf("1:%x", i+16) }

// shape has the kernel treat the packets of class i as networks[i] does, on
// their way over loopback; all others go as ever. It fails where the kernel has
// no netem.
func shape(networks []network) error {
	commands := [][]string{{"qdisc", "replace", "dev", "lo", "root", "handle", "1:", "htb"}}
	for i, w := range networks {
		commands = append(commands,
			[]string{"class", "add", "dev", "lo", "parent", "1:", "classid", classID(i), "htb", "rate", "1gbit", "quantum", "65536"},
			append([]string{"qdisc", "add", "dev", "lo", "parent", classID(i)}, w.netem()...))
	}
	for _, args := range commands {
		if out, err := exec.Command("tc", args...).CombinedOutput(); err != nil {
			unshape()
			return fmt.Errorf("tc %v: %w: %s", args, err, out)
		}
	}
	return nil
}

// unshape makes loopback what it was.
func unshape() { _ = exec.Command("tc", "qdisc", "del", "dev", "lo", "root").Run() }
