package mixer

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// witness is a peer that tells how its frames were made.
type witness struct {
	peer
	w    *worker
	own  []bool
	made []making
}

// making is how a frame was made.
type making uint8

const (
	handed making = iota // it is somebody's, or silence, or a radio's
	added                // of two voices
	summed
	makings
)

// untouched marks a mix that nobody has used.
const untouched = -1

func (p *witness) Push(now int64, f *Frame) {
	how := handed
	switch {
	case p.w.scratch.mix.voices != untouched:
		how = summed
	case &f.samples[0] == &p.w.scratch.out[0]:
		how = added
	}
	p.w.scratch.mix.voices = untouched
	p.own, p.made = append(p.own, f.Own()), append(p.made, how)
	p.peer.Push(now, f)
}

// shortcut is a room of which it is known how each frame was made.
type shortcut struct {
	*rig
	room  *Room
	peers map[Port]*witness
	all   []*witness
}

func newShortcut(t *testing.T) *shortcut {
	r := newRig(t)
	r.w.scratch.mix.voices = untouched
	return &shortcut{rig: r, room: r.m.NewRoom(), peers: map[Port]*witness{}}
}

// script has the same happen in every room with the same seed.
func (s *shortcut) script(rng *rand.Rand) {
	id := Port(rng.IntN(5))
	row := Row{Voice: bit(id), Hears: rng.Uint64(), Held: rng.IntN(4) == 0}
	if rng.IntN(4) == 0 {
		row.Treatment = Treatment(rng.IntN(int(ComfortNoise) + 1))
	}
	switch rng.IntN(12) {
	case 0, 1:
		if _, ok := s.peers[id]; !ok && len(s.peers) == smallRoom {
			return
		}
		p := &witness{w: s.w, peer: peer{voice: noisy(rng.Uint64N(1000)), rate: busRates[rng.IntN(buses)]}}
		s.peers[id], s.all = p, append(s.all, p)
		s.room.Join(id, p, row)
	case 2:
		s.room.Leave(id, nil)
		delete(s.peers, id)
	case 3:
		s.room.Play(id, NewClip(sine(1000, 0.3, rng.IntN(700))), nil)
	case 4, 5:
		s.room.Set([]Change{{id, row}})
	}
}

// sumAll has every frame of the next tick go by a sum: a clip of nothing ends in it.
func (s *shortcut) sumAll() {
	for _, p := range s.room.members {
		if p.cut == nil {
			p.cut = &playback{clip: NewClip(nil)}
		}
	}
}

// Whatever happens in a small room, its frames are those that go by a sum, to the
// last bit, as are what is counted as leaked and what counts as one's own.
func TestFramesWithoutASumAreTheSame(t *testing.T) {
	var count [makings]int
	for seed := range uint64(60) {
		a, b := newShortcut(t), newShortcut(t)
		first, second := rand.New(rand.NewPCG(seed, 6)), rand.New(rand.NewPCG(seed, 6))
		for range 150 {
			a.script(first)
			b.script(second)
			a.tick(1)
			b.sumAll()
			b.tick(1)
		}
		for i, p := range a.all {
			q := b.all[i]
			if !slices.Equal(p.heard, q.heard) {
				t.Fatalf("seed %d: peer %d hears something else", seed, i)
			}
			for frame, how := range p.made {
				if count[how]++; how == added && !(p.own[frame] && q.own[frame]) {
					t.Fatalf("seed %d: frame %d of peer %d is not its own", seed, frame, i)
				}
				if frame > 0 && q.made[frame] != summed {
					t.Fatalf("seed %d: frame %d of peer %d does not go by a sum", seed, frame, i)
				}
			}
		}
		if got, want := a.m.Stats().LeakedFrames, b.m.Stats().LeakedFrames; got != want {
			t.Fatalf("seed %d: %d frames are counted as leaked, and %d by a sum", seed, got, want)
		}
	}
	if slices.Min(count[:]) < 1000 {
		t.Errorf("frames handed on, added and summed: %d", count)
	}
}
