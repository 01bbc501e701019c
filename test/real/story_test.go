//go:build real

package real

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The tones by which the three are known.
const (
	carlaHz = 1000
	aliceHz = 455
	bobHz   = 720
)

// stage is a customer, two agents and the server between them.
type stage struct {
	*testing.T
	*server
	alice, bob *phone
	carla      *caller
}

func setStage(t *testing.T) *stage {
	s := startServer(t, "")
	st := &stage{T: t, server: s}
	st.alice = startPhone(t, s, "alice", aliceHz, 20000)
	st.bob = startPhone(t, s, "bob", bobHz, 20200)
	s.registered(2)
	st.carla = startCaller(t, s, "+15550101", carlaHz)
	s.statuses(map[string]string{"customer": "live", "agent/alice": "live"})
	return st
}

// hears asserts what each of the three hears now, after the switch has settled:
// the letters of the others (A, B, C) or "music", "tone" (not silence).
func (st *stage) hears(step, carla, alice, bob string) {
	st.Helper()
	time.Sleep(1600 * time.Millisecond) // a whole second after the switch, and some
	st.one(step, "Carla", st.carla.heard(), carla)
	st.one(step, "Alice", st.alice.heard(), alice)
	if bob != "" {
		st.one(step, "Bob", st.bob.heard(), bob)
	}
}

func (st *stage) one(step, who string, heard []int16, want string) {
	st.Helper()
	levels := map[string]float64{
		"A": level(heard, aliceHz), "B": level(heard, bobHz), "C": level(heard, carlaHz),
	}
	st.Logf("%-22s %-5s A %6.1f  B %6.1f  C %6.1f  all %6.1f dBFS", step, who, levels["A"], levels["B"], levels["C"], rms(heard))
	for _, voice := range []string{"A", "B", "C"} {
		if present := levels[voice] > -30; strings.Contains(want, voice) != present {
			st.Errorf("%s: %s hears %s at %.1f dBFS; wanted to hear %q", step, who, voice, levels[voice], want)
		}
	}
	if want == "music" && rms(heard) < -45 {
		st.Errorf("%s: %s hears no music (%.1f dBFS)", step, who, rms(heard))
	}
	if rms(heard) < -75 {
		st.Errorf("%s: %s is in silence (%.1f dBFS)", step, who, rms(heard))
	}
}

func id(conf map[string]any) string { return fmt.Sprint(conf["id"]) }

// TestStoryByHTTP is a warm transfer driven over the API.
func TestStoryByHTTP(t *testing.T) {
	st := setStage(t)
	st.hears("call", "A", "C", "")

	conf := st.conference("the call", func(map[string]any) bool { return true })
	by := map[string]any{"by": "alice"}
	st.verb(id(conf), "/consult", map[string]any{"by": "alice", "target": "agent:bob"})
	st.statuses(map[string]string{"customer": "held", "agent/alice": "live", "agent/bob": "live"})
	st.hears("consult", "music", "B", "A")

	st.verb(id(conf), "/swap", by)
	st.hears("swap", "A", "C", "tone")
	st.verb(id(conf), "/swap", by)
	st.hears("swap back", "music", "B", "A")

	st.verb(id(conf), "/merge", by)
	st.hears("merge", "AB", "CB", "CA")

	bob := participant(conf2(st), "agent", "bob")
	st.verb(id(conf), "/participants/"+fmt.Sprint(bob["id"])+"/hold", by)
	st.hears("Bob held", "A", "C", "tone")
	st.verb(id(conf), "/leave", by)
	time.Sleep(2500 * time.Millisecond)
	st.one("left, Bob still held", "Carla", st.carla.heard(), "music")
	st.verb(id(conf), "/participants/"+fmt.Sprint(bob["id"])+"/unhold", map[string]any{"by": "bob"})
	time.Sleep(1600 * time.Millisecond)
	st.one("Bob took over", "Carla", st.carla.heard(), "B")
	st.one("Bob took over", "Bob", st.bob.heard(), "C")

	st.bob.hangUp()
	st.carla.ended()
	st.clean()
}

func conf2(st *stage) map[string]any {
	return st.conference("the call", func(map[string]any) bool { return true })
}

// TestStoryByKeys is the same with nothing but the phones' keys.
func TestStoryByKeys(t *testing.T) {
	st := setStage(t)
	st.hears("call", "A", "C", "")
	st.alice.keys("*71002#")
	st.statuses(map[string]string{"customer": "held", "agent/alice": "live", "agent/bob": "live"})
	st.hears("consult", "music", "B", "A")
	st.alice.keys("*4")
	st.hears("swap", "A", "C", "tone")
	st.alice.keys("*4")
	st.hears("swap back", "music", "B", "A")
	st.alice.keys("*3")
	st.hears("merge", "AB", "CB", "CA")
	st.alice.keys("*2")
	st.statuses(map[string]string{"customer": "live", "agent/alice": "", "agent/bob": "live"})
	time.Sleep(1600 * time.Millisecond)
	st.one("leave", "Carla", st.carla.heard(), "B")
	st.one("leave", "Bob", st.bob.heard(), "C")
	st.bob.hangUp()
	st.carla.ended()
	st.clean()
}

// TestConsultIsNeverHeard: a minute of consult with swaps; while Carla is held,
// no trace of an agent reaches her.
func TestConsultIsNeverHeard(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	st := setStage(t)
	conf := conf2(st)
	by := map[string]any{"by": "alice"}
	st.verb(id(conf), "/consult", map[string]any{"by": "alice", "target": "agent:bob"})
	st.statuses(map[string]string{"agent/bob": "live"})
	worst := -200.0
	for range 10 {
		time.Sleep(1200 * time.Millisecond)
		for range 3 {
			time.Sleep(time.Second)
			heard := st.carla.heard()
			worst = max(worst, level(heard, aliceHz), level(heard, bobHz))
		}
		st.verb(id(conf), "/swap", by)
		st.hears("swapped to Carla", "A", "C", "tone")
		st.verb(id(conf), "/swap", by)
	}
	t.Logf("loudest trace of an agent in Carla's held seconds: %.1f dBFS", worst)
	if worst > -50 {
		t.Errorf("an agent was heard at %.1f dBFS by the held customer", worst)
	}
	if leaked := st.metric("warmline_leaked_frames_total"); leaked != 0 {
		t.Errorf("%v frames leaked", leaked)
	}
	st.verb(id(conf), "/merge", by)
	st.verb(id(conf), "/leave", by)
	st.bob.hangUp()
	st.carla.ended()
	st.clean()
}

// clean wants nothing left behind.
func (st *stage) clean() {
	st.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if st.metric("warmline_conferences") == 0 {
			return
		}
	}
	st.Error("the conference is still there")
}
