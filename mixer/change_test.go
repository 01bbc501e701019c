package mixer

import "testing"

// The encoder of a change is left as it is for one more frame, in which a port may
// have to take over its state.
func TestCrossingsOutlastTheNextFrame(t *testing.T) {
	var c changes
	var s share
	cross := func(frame int64, from, spare Encoder) (Encoder, bool) {
		c.begin(frame)
		f := Frame{share: &s, changes: &c, samples: silence[:FrameSamples], own: true}
		_, by, given := f.Cross(0, from, spare)
		return by, given
	}
	last := map[Encoder]int64{}
	for frame := range int64(10) {
		for range mostCrossings {
			from := &memory{}
			by, _ := cross(frame, from, nil)
			if by == nil {
				var given bool
				if by, given = cross(frame, from, &memory{}); !given {
					t.Fatalf("frame %d: a spare encoder was not taken", frame)
				}
			}
			if before, used := last[by]; used && before >= frame-1 {
				t.Errorf("frame %d: an encoder is used that was in frame %d", frame, before)
			}
			last[by] = frame
		}
		if by, _ := cross(frame, &memory{}, &memory{}); by != nil {
			t.Errorf("frame %d: one more is encoded", frame)
		}
	}
	if len(last) != 2*mostCrossings {
		t.Errorf("%d encoders", len(last))
	}
}

// memory is an encoder that has a state.
type memory struct{ frames int }

func (e *memory) Encode(dst []byte, _ []int16) int {
	e.frames++
	return copy(dst, []byte{byte(e.frames)})
}

func (e *memory) Adopt(from Encoder) { e.frames = from.(*memory).frames }
