package media

import (
	"testing"
	"time"

	"warmline/internal/speech"
	"warmline/mixer"
)

// What interrupts the handing on of packets, and its end.
var interruptions = []struct {
	name string
	does func(h *hall, b *phone)
	undo func(h *hall, b *phone)
	opus bool
}{
	{"nothing", func(*hall, *phone) {}, func(*hall, *phone) {}, false},
	{"hold", func(h *hall, b *phone) { h.set(1, mixer.Row{Held: true}) }, unhold, true},
	{"music", func(h *hall, b *phone) { h.set(1, mixer.Row{Held: true, Treatment: mixer.Music}) }, unhold, false},
	{"clip", func(h *hall, b *phone) { h.room.Play(1, mixer.NewClip(speech.Swelling(500, mixer.Narrow)[:3200]), nil) }, func(*hall, *phone) {}, true},
	{"third", func(h *hall, b *phone) { h.room.Join(2, h.phones[2].s, own(2)) }, func(h *hall, b *phone) { h.room.Leave(2, nil) }, false},
	{"digit", func(h *hall, b *phone) { b.s.SendDigit('5', 100*time.Millisecond) }, func(*hall, *phone) {}, true},
	{"packets of 30 ms", func(h *hall, b *phone) { b.extra = []string{"ptime:30"}; b.negotiate(true) },
		func(h *hall, b *phone) { b.extra = nil; b.negotiate(true) }, false},
	{"fewer bits", func(h *hall, b *phone) { b.extra = []string{"fmtp:120 maxaveragebitrate=8000"}; b.negotiate(true) },
		func(h *hall, b *phone) { b.extra = nil; b.negotiate(true) }, true},
}

func unhold(h *hall, b *phone) { h.set(1, own(1)) }

// set gives a port a row.
func (h *hall) set(p mixer.Port, row mixer.Row) {
	h.room.Set([]mixer.Change{{Port: p, Row: row}})
}

// From packets handed on to an encoder of ours and back: the far end, whose
// decoder lives through it all, hears no more of a click than where the mixer
// makes all of what it hears. (A voice for Opus, whose changes within a tone have a
// test of their own.)
func TestSpliceOfRelayAndMix(t *testing.T) {
	for _, codec := range []string{"g722", "opus"} {
		for _, tt := range interruptions {
			if codec == "opus" && !tt.opus {
				continue // nothing else than with G.722, but dear
			}
			t.Run(codec+" "+tt.name, func(t *testing.T) {
				relayed, mixed := interrupted(t, codec, true, tt.does, tt.undo), interrupted(t, codec, false, tt.does, tt.undo)
				t.Logf("roughness %.0f, all mixed %.0f", relayed, mixed)
				if relayed > 1.25*mixed+250 {
					t.Errorf("a click: roughness %.0f, where all is mixed %.0f", relayed, mixed)
				}
			})
		}
	}
}

// interrupted is the roughness of what a listener hears of a call that is
// interrupted at different places, and handed on in between.
func interrupted(t *testing.T, codec string, relay bool, does, undo func(*hall, *phone)) (rough float64) {
	t.Helper()
	inHall(t, func(t *testing.T, h *hall) {
		var a, b *phone
		if relay {
			a, b, _ = relayCall(h, codec, nil)
		} else {
			a, b = mixedCall(h, codec)
		}
		h.phone("pcma", nil)
		if a.says, b.says = speech.Swelling(400, mixer.Wide), nil; codec == "opus" {
			a.says = voiceOf(t, "customer", mixer.Wide)
		}
		if relay {
			h.settleRelay(a, b)
		} else {
			h.run(settle)
		}
		start, rounds := len(b.audio()), 5
		if codec == "opus" {
			rounds = 3
		}
		for i := range rounds {
			h.run(13 + 4*i)
			does(h, b)
			h.run(33 + 4*i)
			if undo(h, b); relay {
				h.settled(b)
			} else {
				h.run(40)
			}
		}
		h.run(30)
		continuous(t, b.got)
		continuousTimes(t, b)
		heard, from := b.hear(), b.audio()
		rough = roughness(heard[int(from[start].ts-from[0].ts)*b.codec.rate/b.codec.clock:])
	})
	return rough
}

// settled waits until a phone is handed packets on.
func (h *hall) settled(b *phone) {
	h.Helper()
	for range 100 {
		before := b.relayed()
		if h.run(5); b.relayed() == before+5 {
			return
		}
	}
	h.Fatal("nothing is handed on any more")
}
