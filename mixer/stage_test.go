package mixer

import (
	"slices"
	"testing"
)

// stageRoom has talkers, each of one constant level, on one bit, and a listener.
// The last frame's last sample tells who is heard: levels are powers of two.
func stageRoom(r *rig, levels ...int16) (listener *peer, talkers []*peer) {
	room := r.m.NewRoom()
	listener = &peer{}
	room.Join(0, listener, Row{Hears: 1})
	for i, level := range levels {
		p := &peer{}
		if level != 0 {
			p.voice = constant(level)
		}
		talkers = append(talkers, p)
		room.Join(Port(i+1), p, Row{Voice: 1, Hears: 1})
	}
	return listener, talkers
}

// sumAt is what is heard at the end of the n-th last frame.
func sumAt(p *peer, n int) int { return int(p.heard[len(p.heard)-(n-1)*FrameSamples-1]) }

// Of a thousand talkers the four loudest are heard, by everybody but themselves.
func TestFourOfAThousandAreHeard(t *testing.T) {
	r := newRig(t)
	levels := make([]int16, 1000)
	for i := range levels {
		levels[i] = 1
	}
	levels[17], levels[400], levels[777], levels[999] = 1000, 2000, 4000, 8000
	listener, talkers := stageRoom(r, levels...)
	r.tick(20)
	if got := sumAt(listener, 1); got != 15000 {
		t.Errorf("the sum of the four loudest is 15000, heard is %d", got)
	}
	for _, i := range []int{17, 400, 777, 999} {
		if got := sumAt(talkers[i], 1); got != 15000-int(levels[i]) {
			t.Errorf("who says %d hears %d", levels[i], got)
		}
	}
	if got := sumAt(talkers[5], 1); got != 15000 {
		t.Errorf("who is not heard hears %d", got)
	}
}

// Who is on the stage keeps the place against one less than twice as loud; one
// louder than that takes it from the weakest, from its first frame on.
func TestStageHysteresis(t *testing.T) {
	for _, c := range []struct {
		level int16
		want  int
	}{{1500, 1000 + 2000 + 4000 + 8000}, {1999, 15000}, {2100, 2100 + 2000 + 4000 + 8000}} {
		r := newRig(t)
		listener, talkers := stageRoom(r, 1000, 2000, 4000, 8000, 3, 0)
		r.tick(20)
		talkers[4].voice = constant(c.level) // it has been speaking, unheard
		r.tick(10)
		if got := sumAt(listener, 1); got != c.want {
			t.Errorf("against one of 1000, %d is heard as %d, want %d", c.level, got, c.want)
		}
	}
}

// No word start is chopped: a newcomer louder than the weakest is heard from its
// first frame on, unfaded, for nothing came before it.
func TestNewcomerIsHeardAtOnce(t *testing.T) {
	r := newRig(t)
	listener, talkers := stageRoom(r, 1000, 2000, 4000, 8000, 3, 0)
	r.tick(20)
	talkers[5].voice = constant(3000)
	r.tick(1)
	first := listener.last(1)
	if got := int(first[len(first)-1]); got != 3000+2000+4000+8000 {
		t.Errorf("at the end of its first frame %d is heard", got)
	}
	if got := int(first[0]); got < 17000 {
		t.Errorf("its first sample is %d", got)
	}
}

// A talker's pause does not cost the place.
func TestPauseKeepsThePlace(t *testing.T) {
	r := newRig(t)
	listener, talkers := stageRoom(r, 1000, 2000, 4000, 8000, 600, 500)
	r.tick(20)
	voice := talkers[0].voice
	talkers[0].voice = constant(0) // quiet, but speaking: its level goes down slowly
	r.tick(8)
	if got := sumAt(listener, 1); got != 14000 {
		t.Errorf("in the pause %d is heard, want the other three", got)
	}
	talkers[0].voice = voice
	r.tick(1)
	if got := sumAt(listener, 1); got != 15000 {
		t.Errorf("after the pause %d is heard", got)
	}
}

// Changes on the stage are faded, and whoever comes and goes never hears itself.
func TestStageChangesAreSoft(t *testing.T) {
	r := newRig(t)
	listener, talkers := stageRoom(r, 1000, 2000, 4000, 8000, 3, 0)
	r.tick(20)
	coming := talkers[4]
	coming.voice = swelling(6000)
	r.tick(400)
	quietest, loudestHeard := slices.Min(listener.heard[FrameSamples*10:]), slices.Max(listener.heard)
	if quietest > 15000 || loudestHeard < 19000 {
		t.Fatalf("from %d to %d is heard: it does not come and go, the test is void", quietest, loudestHeard)
	}
	if most := steepest(listener.heard[FrameSamples*10:]); most > 200 {
		t.Errorf("a step of %d", most)
	}
	if peak := slices.Max(coming.heard); peak > 15010 {
		t.Errorf("who comes and goes hears %d, its own voice with the others'", peak)
	}
}

// swelling is a voice that grows from nothing to a level and back, in two
// seconds.
func swelling(most int) func(int) []int16 {
	const half = 50 * FrameSamples
	return func(frame int) []int16 {
		out := make([]int16, FrameSamples)
		for i := range out {
			at := (frame*FrameSamples + i) % (2 * half)
			out[i] = int16(most * min(at, 2*half-at) / half)
		}
		return out
	}
}

// Who has said nothing at all for a while, not even noise, is a newcomer.
func TestStageAfterSilence(t *testing.T) {
	r := newRig(t)
	listener, talkers := stageRoom(r, 1000, 2000, 4000, 8000, 3, 0)
	r.tick(20)
	talkers[5].voice = constant(1300) // not twice as loud as the weakest
	r.tick(1)
	if got := sumAt(listener, 1); got != 15000 {
		t.Errorf("a newcomer of 1300 is heard as %d, against one of 1000 on the stage: want 15000", got)
	}
}

func TestStageForgetsLevels(t *testing.T) {
	r := newRig(t)
	listener, talkers := stageRoom(r, 1000, 2000, 4000, 8000, 3, 16000)
	r.tick(50)
	talkers[5].voice = nil
	r.tick(5000) // 100 s
	if got := sumAt(listener, 1); got != 15000 {
		t.Fatalf("void: %d", got)
	}
	talkers[5].voice = constant(100) // breath
	r.tick(1)
	if got := sumAt(listener, 1); got != 15000 {
		t.Errorf("who was loud 100 s ago and now breathes (100) is on the stage: %d, want 15000", got)
	}
}
