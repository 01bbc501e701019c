package media

import (
	"slices"
	"sync/atomic"
	"testing"

	"warmline/internal/speech"
	"warmline/mixer"
)

// Adopt keeps the counting to itself.
func (e countedEncoder) Adopt(from mixer.Encoder) {
	if c, ok := from.(countedEncoder); ok {
		from = c.voiceEncoder
	}
	e.voiceEncoder.Adopt(from)
}

// countEncodes has all encoders of a codec count, those of the phones and the
// spare ones.
func (h *hall) countEncodes(c *codec, n *atomic.Int64) {
	for _, p := range h.phones {
		if e := &p.s.agreed.equipment; e.kind == c {
			e.encoder = countedEncoder{e.encoder, n}
		}
	}
	for i := range h.engine.spares.encoders[c.kind] {
		at := &h.engine.spares.encoders[c.kind][i]
		counted := voiceEncoder(countedEncoder{*at.Load(), n})
		at.Store(&counted)
	}
}

// everybody is the row of all in a large room.
var everybody = mixer.Row{Voice: 1, Hears: 1}

// In a large room what all hear is encoded once, and what a talker hears once
// more. A listener who says something has an encoder of its own for that time,
// and the far end hears no click when it changes, neither way.
func TestSharingInALargeRoom(t *testing.T) {
	for _, tt := range []struct {
		codec     string
		listeners int
		frames    int
		rounds    int
	}{{"g722", 50, 30, 3}, {"opus", 12, 20, 1}} {
		inHall(t, func(t *testing.T, h *hall) {
			var n atomic.Int64
			for i := range tt.listeners + 1 {
				p := h.phone(tt.codec, nil)
				p.silent = i > 0
			}
			h.countEncodes(codecNamed(tt.codec), &n)
			for i, p := range h.phones {
				h.room.Join(mixer.Port(i), p.s, everybody)
			}
			talker, other, quiet := h.phones[0], h.phones[1], h.phones[2]
			talker.says = speech.Swelling(400, mixer.Wide)
			other.says = speech.Swelling(500, mixer.Wide)
			if tt.codec == "opus" {
				talker.says, other.says = voiceOf(t, "alice", mixer.Wide), voiceOf(t, "bob", mixer.Wide)
			}
			h.run(codecG722.apart + 10)
			count := func() float64 {
				n.Store(0)
				h.run(tt.frames)
				return float64(n.Load()) / float64(tt.frames)
			}
			if got := count(); got > 2 {
				t.Errorf("%s: %.2f encodes a frame for %d listeners and a talker", tt.codec, got, tt.listeners)
			}
			for i := range tt.rounds {
				other.silent = false
				h.run(30 + 7*i)
				if i == 0 {
					if got := count(); got > 3 {
						t.Errorf("%s: %.2f encodes a frame with two talkers", tt.codec, got)
					}
				}
				other.silent = true
				h.run(130)
			}
			if got := count(); got > 2 {
				t.Errorf("%s: %.2f encodes a frame afterwards", tt.codec, got)
			}
			hopped, stayed := other.hear(), quiet.hear()
			continuous(t, other.got)
			a, b := roughness(hopped[16000:]), roughness(stayed[16000:])
			t.Logf("%s: roughness %.0f, of one who hears all %.0f", tt.codec, a, b)
			if a > 1.25*b+150 {
				t.Errorf("%s: a click: roughness %.0f, of one who hears all %.0f", tt.codec, a, b)
			}
		})
	}
}

// held puts phones on hold with music, each in a room of its own.
func (h *hall) held(codec string, n int) {
	for i := range n {
		p := h.phone(codec, nil)
		p.silent = true
		h.mixer.NewRoom().Join(mixer.Port(i), p.s, mixer.Row{Held: true, Treatment: mixer.Music})
	}
}

// Hold music is encoded once for all who hear it, in whatever rooms.
func TestMusicIsEncodedOnce(t *testing.T) {
	for _, codec := range []string{"g722", "opus"} {
		inHall(t, func(t *testing.T, h *hall) {
			var n atomic.Int64
			rooms := make([]*mixer.Room, 20)
			for i := range rooms {
				h.phone(codec, nil).silent = true
				rooms[i] = h.mixer.NewRoom()
			}
			h.countEncodes(codecNamed(codec), &n)
			for i, p := range h.phones {
				rooms[i].Join(0, p.s, mixer.Row{Held: true, Treatment: mixer.Music})
			}
			h.run(codecG722.apart + 10)
			n.Store(0)
			start := len(h.phones[0].got)
			h.run(20)
			if got := n.Load(); got > 21 {
				t.Errorf("%s: %d encodes in 20 frames of 20 legs", codec, got)
			}
			want := h.phones[0].got[start:]
			same := func(got []sent) bool {
				return slices.EqualFunc(got, want[:18], func(a, b sent) bool { return slices.Equal(a.payload, b.payload) })
			}
			for i, p := range h.phones {
				if !same(p.got[start:start+18]) && !same(p.got[start-1:start+17]) && !same(p.got[start+1:start+19]) {
					t.Errorf("%s: leg %d has got something else", codec, i)
				}
			}
		})
	}
}

// A leg that leaves the music goes on with its own encoder from where its far
// end's decoder is, also where others have been served the frame before it.
func TestLeavingTheMusic(t *testing.T) {
	worst := map[int]float64{}
	for _, others := range []int{0, 3} {
		for round := range 5 {
			inHall(t, func(t *testing.T, h *hall) {
				var rooms []*mixer.Room
				for range others + 1 {
					h.phone("g722", nil).silent = true
					rooms = append(rooms, h.mixer.NewRoom())
				}
				for i, p := range h.phones {
					rooms[i].Join(0, p.s, mixer.Row{Held: true, Treatment: mixer.Music})
				}
				h.run(codecG722.apart + 5 + 4*round)
				last := len(rooms) - 1
				rooms[last].Set([]mixer.Change{{Port: 0, Row: own(0)}})
				h.run(15)
				heard := h.phones[last].hear()
				worst[others] = max(worst[others], roughness(heard[16000:]))
			})
		}
	}
	t.Logf("roughness %.0f alone, %.0f with others", worst[0], worst[3])
	if worst[3] > 1.25*worst[0]+150 {
		t.Errorf("a click: roughness %.0f, alone %.0f", worst[3], worst[0])
	}
}

// A digit sent in between is a gap in what the far end decodes: the shared
// encoder has gone on meanwhile.
func TestDigitInTheMusic(t *testing.T) {
	worst := map[int]float64{}
	for _, others := range []int{0, 3} {
		for round := range 5 {
			inHall(t, func(t *testing.T, h *hall) {
				h.held("g722", others+1)
				h.run(codecG722.apart + 5 + 4*round)
				p := h.phones[others]
				p.s.SendDigit('5', 100_000_000)
				h.run(40)
				// What is heard in the gap is the tone.
				var heard []int16
				packets := p.audio()
				cut := slices.IndexFunc(p.got, func(g sent) bool { return g.payloadType != p.wants })
				first := packets[0].ts
				for i := range packets {
					packets[i].ts = first + uint32(i)*160
				}
				heard = play(codecG722, packets)
				worst[others] = max(worst[others], roughness(heard[(cut+1)*320:]))
			})
		}
	}
	t.Logf("roughness %.0f alone, %.0f with others", worst[0], worst[3])
	if worst[3] > 1.25*worst[0]+150 {
		t.Errorf("a click: roughness %.0f, alone %.0f", worst[3], worst[0])
	}
}

// What was taken of the spare encoders is made anew by the next agreement.
func TestSparesAreRefilled(t *testing.T) {
	b := wide(t)
	offer := offerOf(ip, "audio 4000 RTP/AVP 9")
	b.agree(offer)
	left := func() (n int) {
		for i := range b.engine.spares.encoders[kindG722] {
			if b.engine.spares.encoders[kindG722][i].Load() != nil {
				n++
			}
		}
		return n
	}
	for range 3 {
		if n := left(); n != spareEncoders {
			t.Fatalf("%d spare encoders", n)
		}
		for range spareEncoders {
			if b.engine.spares.take(codecG722) == nil {
				t.Fatal("none was there")
			}
		}
		if b.engine.spares.take(codecG722) != nil {
			t.Error("one more than there are")
		}
		b.agree(offer)
	}
	spare := b.engine.spares.take(codecG722)
	if b.engine.spares.put(codecG722, spare); left() != spareEncoders {
		t.Error("one given back is not there")
	}
}
