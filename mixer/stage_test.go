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

// stage is such a room after so many frames.
func stage(t *testing.T, frames int, levels ...int16) (r *rig, listener *peer, talkers []*peer) {
	t.Helper()
	r = newRig(t)
	listener, talkers = stageRoom(r, levels...)
	r.tick(frames)
	return r, listener, talkers
}

// wants has the last frame end with a sum of levels.
func wants(t *testing.T, listener *peer, sum int, what string) {
	t.Helper()
	if got := sumAt(listener, 1); got != sum {
		t.Errorf("%s: %d is heard, want %d", what, got, sum)
	}
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
		r, listener, talkers := stage(t, 20, 1000, 2000, 4000, 8000, 3, 0)
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
	r, listener, talkers := stage(t, 20, 1000, 2000, 4000, 8000, 3, 0)
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
	r, listener, talkers := stage(t, 20, 1000, 2000, 4000, 8000, 600, 500)
	voice := talkers[0].voice
	talkers[0].voice = constant(0) // quiet, but speaking: its level goes down slowly
	r.tick(8)
	wants(t, listener, 14000, "in the pause, the other three")
	talkers[0].voice = voice
	r.tick(1)
	wants(t, listener, 15000, "after the pause")
}

// Changes on the stage are faded, and whoever comes and goes never hears itself.
func TestStageChangesAreSoft(t *testing.T) {
	r, listener, talkers := stage(t, 20, 1000, 2000, 4000, 8000, 3, 0)
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
	r, listener, talkers := stage(t, 20, 1000, 2000, 4000, 8000, 3, 0)
	talkers[5].voice = constant(1300) // not twice as loud as the weakest
	r.tick(1)
	wants(t, listener, 15000, "a newcomer of 1300, against one of 1000 on the stage")
}

func TestStageForgetsLevels(t *testing.T) {
	r, listener, talkers := stage(t, 50, 1000, 2000, 4000, 8000, 3, 16000)
	talkers[5].voice = nil
	r.tick(5000) // 100 s
	wants(t, listener, 15000, "while it is silent")
	talkers[5].voice = constant(100) // breath
	r.tick(1)
	wants(t, listener, 15000, "who was loud 100 s ago breathes (100)")
}
