package media

import (
	"testing"

	"warmline/internal/speech"
	"warmline/mixer"
)

// apart is a session that is not handed packets on, though it asks for them, so
// that its frames begin with packets as those of one that is: a fade-out is as
// rough as the place in the tone makes it.
type apart struct{ mixer.Stream }

func (a apart) Relay(_ int64, from mixer.Stream) bool {
	if o, ok := from.(apart); ok {
		o.Stream.(*Session).in.playout.Relay()
	}
	return false
}

// swell is how many frames the tone takes that comes and goes.
const swell = 40

// What cuts a tone off, or puts another beside it. A third phone is in the room all
// the time, with a row to begin with.
var cutsOfATone = []struct {
	name  string
	third mixer.Row
	does  []mixer.Change
	undo  []mixer.Change
	some  bool  // not at every place
	opus  []int // places to try with Opus, which are dear; nil: none
}{
	{"hold", mixer.Row{}, []mixer.Change{{Port: 1, Row: mixer.Row{Held: true}}},
		[]mixer.Change{{Port: 1, Row: own(1)}}, false, []int{0, 1, 7, 12, 37, 38, 39}},
	{"music", mixer.Row{}, []mixer.Change{{Port: 1, Row: mixer.Row{Held: true, Treatment: mixer.Music}}},
		[]mixer.Change{{Port: 1, Row: own(1)}}, true, []int{0, 5, 10, 15, 39}},
	{"a third", mixer.Row{}, []mixer.Change{{Port: 2, Row: own(2)}}, []mixer.Change{{Port: 2}}, true, nil},
	{"another", mixer.Row{}, []mixer.Change{{Port: 1, Row: mixer.Row{Voice: 2, Hears: 4}}, {Port: 2, Row: own(2)}},
		[]mixer.Change{{Port: 1, Row: own(1)}, {Port: 2}}, true, nil},
	{"hold beside one who listens", mixer.Row{Hears: 1}, []mixer.Change{{Port: 1, Row: mixer.Row{Held: true}}},
		[]mixer.Change{{Port: 1, Row: own(1)}}, true, []int{3, 9}},
}

// Wherever in a tone one who is handed packets on is cut off, and wherever it gets
// the tone back, it hears no more of a click than one whose frames begin at the
// same places and who is given all of it by the mixer.
func TestCutsAtEveryPlaceOfATone(t *testing.T) {
	var every, some []int
	for i := range swell {
		if every = append(every, i); i%3 == 0 {
			some = append(some, i)
		}
	}
	for _, codec := range []string{"g722", "opus"} {
		for _, tt := range cutsOfATone {
			places := every
			if tt.some {
				places = some
			}
			if codec == "opus" {
				places = tt.opus
			}
			if places == nil {
				continue
			}
			t.Run(codec+" "+tt.name, func(t *testing.T) {
				relayed, mixed := cutAt(t, codec, true, tt.third, tt.does, tt.undo, places), cutAt(t, codec, false, tt.third, tt.does, tt.undo, places)
				for i, at := range places {
					for end, what := range []string{"cut off", "given back"} {
						r, m := relayed[i][end], mixed[i][end]
						t.Logf("%s in frame %d: roughness %.0f, all mixed %.0f", what, at, r, m)
						if r > 1.25*m+250 {
							t.Errorf("%s in frame %d: a click of roughness %.0f, where all is mixed %.0f", what, at, r, m)
						}
					}
				}
			})
		}
	}
}

// cutAt is the roughness of what a phone hears around changes at places of the
// tone, and around their ends at the same places.
func cutAt(t *testing.T, codec string, relay bool, third mixer.Row, does, undo []mixer.Change, places []int) (rough [][2]float64) {
	t.Helper()
	as := func(s *Session) mixer.Stream { return apart{s} }
	if relay {
		as = func(s *Session) mixer.Stream { return s }
	}
	inHall(t, func(t *testing.T, h *hall) {
		a, b, _ := callOf(h, codec, nil, as)
		c := h.phone("pcma", nil)
		if third != (mixer.Row{}) {
			c.use(codecNamed(codec))
			c.negotiate(false)
			h.set(1, own(1))
		}
		h.room.Join(2, as(c.s), third)
		a.says, b.says, c.says = speech.Swelling(400, a.codec.rate), nil, speech.Swelling(500, c.codec.rate)
		h.run(settle)
		change := func(place int, list []mixer.Change) float64 {
			for a.at/(a.codec.rate/framesPerSecond)%swell != place {
				h.run(1)
			}
			at := len(b.got) - 2
			h.room.Set(list)
			h.run(14)
			heard := b.hear()
			return roughness(heard[int(b.got[at].ts-b.got[0].ts)*b.codec.rate/b.codec.clock:])
		}
		for _, place := range places {
			if relay {
				h.settled(b)
			} else {
				h.run(5)
			}
			off := change(place, does)
			rough = append(rough, [2]float64{off, change(place, undo)})
		}
		continuous(t, b.got)
		continuousTimes(t, b)
	})
	return rough
}
