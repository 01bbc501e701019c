package media

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"warmline/internal/speech"
	"warmline/media/jitter"
	"warmline/mixer"
)

// stub is an encoder and a decoder of Opus that cost nothing, for the policy of
// many that do. No two make the same packets.
type stub struct{ made byte }

const stubHeader = 9 << 3 // 20 ms of wideband

func (s *stub) Encode(dst []byte, frame []int16) int {
	return copy(dst, []byte{stubHeader, byte(frame[0]), s.made})
}
func (*stub) Adopt(mixer.Encoder)         {}
func (*stub) Renew()                      {}
func (*stub) resume(*passed, *spares)     {}
func (*stub) Reset()                      {}
func (*stub) Conceal([]int16, []byte) int { return 0 }
func (*stub) Decode(dst []int16, payload []byte) int {
	for i := range dst[:wideFrame] {
		dst[i] = int16(payload[1])<<4 + int16(i&15)
	}
	return wideFrame
}

// tally counts what sessions and rooms encode, and how often encoders are led in.
type tally struct{ encodes, led atomic.Int64 }

// tallied is an encoder that is counted, and takes virtual time.
type tallied struct {
	voiceEncoder
	t *tally
}

// encodeTime is as much as a real one takes.
const encodeTime = 160 * time.Microsecond

func (e tallied) Encode(dst []byte, frame []int16) int {
	e.t.encodes.Add(1)
	time.Sleep(encodeTime)
	return e.voiceEncoder.Encode(dst, frame)
}

func (e tallied) Adopt(from mixer.Encoder) {
	if other, ok := from.(tallied); ok {
		from = other.voiceEncoder
	}
	e.t.led.Add(1)
	time.Sleep(primeFrames * encodeTime)
	e.voiceEncoder.Adopt(from)
}

// inRush runs a test in a hall where all encoders of Opus count, but those of the
// phones: real ones, or stubs.
func inRush(t *testing.T, real bool, run func(t *testing.T, h *rush)) {
	encoder, decoder := codecOpus.newEncoder, codecOpus.newDecoder
	defer func() { codecOpus.newEncoder, codecOpus.newDecoder = encoder, decoder }()
	r, made := new(rush), new(atomic.Int32)
	codecOpus.newEncoder = func(w opusWish) voiceEncoder {
		if !real {
			return tallied{&stub{byte(made.Add(1))}, &r.tally}
		}
		return tallied{encoder(w), &r.tally}
	}
	if !real {
		codecOpus.newDecoder = func() jitter.Decoder { return new(stub) }
	}
	inHall(t, func(t *testing.T, h *hall) {
		r.hall = h
		run(t, r)
	})
}

// rush is a hall that many come to.
type rush struct {
	*hall
	tally tally
	most  int64 // encodes in a frame
}

// listeners makes phones that say nothing as yet.
func (r *rush) listeners(n int) {
	for range n {
		p := r.phone("opus", func(p *phone) { p.silent = true })
		p.encoder = p.encoder.(tallied).voiceEncoder
	}
}

// frames lets frames pass and returns how many encodes there were in one, in the
// mean. The phones act all at once, and the worker in the rest of the time.
func (r *rush) frames(n int) float64 {
	r.Helper()
	total := int64(0)
	for range n {
		before := r.tally.encodes.Load()
		time.Sleep(frameNanos)
		for _, p := range r.phones {
			if !p.silent {
				p.say()
			}
			p.collect()
			p.got = p.got[max(0, len(p.got)-200):]
		}
		got := r.tally.encodes.Load() - before
		total += got
		r.most = max(r.most, got)
	}
	return float64(total) / float64(n)
}

// check checks that no frame had more encodes than so many, since the last time.
func (r *rush) check(what string, most int64) {
	r.Helper()
	r.Logf("%s: %d encodes in a frame at most", what, r.most)
	if r.most > most {
		r.Errorf("%s: %d encodes in a frame, want %d at most", what, r.most, most)
	}
	r.most = 0
}

// mostEncodes is how many encodes a worker may have in a frame for a large room:
// four who are heard, what the others hear, three who change over.
const mostEncodes = 8

// A room with one talker, to which many listeners come within a second: from the
// first frame on they share.
func TestRushToALargeRoom(t *testing.T) {
	for _, tt := range []struct {
		n    int
		real bool
	}{{60, true}, {200, false}, {1000, false}} {
		t.Run(fmt.Sprint(tt.n), func(t *testing.T) {
			inRush(t, tt.real, func(t *testing.T, r *rush) {
				r.listeners(tt.n + 1)
				talker := r.phones[0]
				talker.says, talker.silent = voiceOf(t, "alice", mixer.Wide), false
				r.room.Join(0, talker.s, everybody)
				r.frames(10)
				r.most = 0
				for i, p := range r.phones[1:] {
					r.room.Join(mixer.Port(i+1), p.s, everybody)
					if i%max(1, tt.n/50) == 0 {
						r.frames(1)
					}
				}
				r.frames(5)
				r.check("they come", mostEncodes)
				if st := r.mixer.Stats(); st.SkippedTicks > 0 {
					t.Errorf("%d ticks given up", st.SkippedTicks)
				}
				if got := r.frames(25); got > 2 {
					t.Errorf("%.2f encodes a frame afterwards", got)
				}
				for i, p := range r.phones[1:] {
					if st := p.s.count.of(codecOpus); st.shared.Load() < 25 || len(p.got) < 25 {
						t.Fatalf("listener %d: %d packets, %d frames shared", i, len(p.got), st.shared.Load())
					}
				}
			})
		})
	}
}

// What can happen to all in a room at once: they are let in from rooms where each
// has heard something else, put on hold and taken back, muted so that there is
// nothing but noise, and all speak.
func TestAllAtOnce(t *testing.T) {
	const n = 200
	inRush(t, false, func(t *testing.T, r *rush) {
		r.listeners(n)
		rooms := make([]*mixer.Room, n)
		for i, p := range r.phones {
			rooms[i] = r.mixer.NewRoom()
			treatment := []mixer.Treatment{mixer.Music, mixer.ComfortNoise}[i%2]
			rooms[i].Join(0, p.s, mixer.Row{Treatment: treatment})
		}
		r.frames(20)
		r.check("each waits in a room of its own", mostEncodes)
		for i, p := range r.phones {
			rooms[i].Close(nil)
			r.room.Join(mixer.Port(i), p.s, everybody)
		}
		talker := r.phones[0]
		talker.says, talker.silent = voiceOf(t, "alice", mixer.Wide), false
		r.frames(20)
		r.check("they meet", mostEncodes)
		all := func(row mixer.Row) {
			var changes []mixer.Change
			for i := range r.phones {
				changes = append(changes, mixer.Change{Port: mixer.Port(i), Row: row})
			}
			r.room.Set(changes)
			r.frames(20)
		}
		for _, step := range []struct {
			what string
			row  mixer.Row
		}{
			{"hold", mixer.Row{Held: true, Treatment: mixer.Music}},
			{"back", everybody},
			{"all are muted", mixer.Row{Hears: 1, Treatment: mixer.ComfortNoise}},
			{"other music", mixer.Row{Held: true, Treatment: mixer.Music, Music: 1}},
			{"silence", mixer.Row{Hears: 1}},
			{"back again", everybody},
		} {
			all(step.row)
			r.check(step.what, mostEncodes)
		}
		for i, p := range r.phones {
			p.silent, p.at = false, 1000*i
			p.says = voiceOf(t, "bob", mixer.Wide)
		}
		r.frames(20)
		r.check("all speak", mostEncodes)
		r.frames(100)
		r.check("all go on speaking", mostEncodes)
		for _, p := range r.phones {
			p.silent = true
		}
		all(mixer.Row{Hears: 1})
		r.check("all are silenced", mostEncodes)
		if got := r.frames(20); got > 1 {
			t.Errorf("%.2f encodes a frame in the end", got)
		}
		if st := r.mixer.Stats(); st.SkippedTicks > 0 {
			t.Errorf("%d ticks given up", st.SkippedTicks)
		}
		t.Logf("encoders were led in %d times", r.tally.led.Load())
	})
}

// With many who change over at the same time not all can be handed over with care:
// but to those who just jump it is no more of a click than what they hear makes.
func TestManyChangeOver(t *testing.T) {
	const n = 10
	music, voice := mixer.Row{Held: true, Treatment: mixer.Music, Music: 1}, everybody
	inHall(t, func(t *testing.T, h *hall) {
		for i := range n {
			p := h.phone("opus", nil)
			p.silent = i > 0
			h.room.Join(mixer.Port(i), p.s, everybody)
		}
		h.phones[0].says = voiceOf(t, "alice", mixer.Wide)
		h.run(60)
		for i := range 6 {
			var changes []mixer.Change
			for k := 1; k < n; k++ {
				changes = append(changes, mixer.Change{Port: mixer.Port(k), Row: []mixer.Row{music, voice}[i%2]})
			}
			h.room.Set(changes)
			h.run(21 + 6*i)
		}
		var careful, jumped float64
		for i, p := range h.phones[1:] {
			rough, own := roughness(p.hear()[16000:]), p.s.count.of(codecOpus).encoded.Load()
			t.Logf("listener %d: roughness %.0f, %d frames by its own encoder", i, rough, own)
			if own > 20 {
				careful = max(careful, rough)
			} else {
				jumped = max(jumped, rough)
			}
			continuous(t, p.got)
		}
		if careful == 0 || jumped == 0 {
			t.Fatal("they all change over alike")
		}
		if jumped > 1.25*careful+150 {
			t.Errorf("a click: roughness %.0f, of those handed over with care %.0f", jumped, careful)
		}
	})
}

// Whose encoder was given away finds another one soon: with nobody to negotiate,
// the pump makes them.
func TestPumpRefillsSpares(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		for range spareEncoders + 2 {
			p := h.phone("g722", func(p *phone) { p.silent, p.says = true, speech.Swelling(400, mixer.Wide) })
			h.phones = append(h.phones[:len(h.phones)-1], p)
		}
		for i, p := range h.phones {
			h.mixer.NewRoom().Join(mixer.Port(i), p.s, mixer.Row{Treatment: mixer.Music, Music: i % 2})
		}
		h.run(20)
		for i := range h.engine.spares.encoders[kindG722] {
			if h.engine.spares.encoders[kindG722][i].Load() == nil {
				t.Errorf("spare encoder %d was not made anew", i)
			}
		}
	})
}
