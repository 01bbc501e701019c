package mixer

import (
	"fmt"
	"math"
	"testing"
)

// A click is a step: neighbouring samples further apart than the sounds
// themselves ever are, and energy where the sounds have none. Each change is
// made at eight phases of the voices, of which some are worst for a hard cut.
func TestChangesDoNotClick(t *testing.T) {
	live := func(p, other Port) Row { return hearing(p, other) }
	for name, change := range map[string]struct {
		before, after [3]Row
		leave         bool
	}{
		"hold":            {before: [3]Row{live(0, 1), live(1, 0)}, after: [3]Row{onHold, {}}},
		"unhold":          {before: [3]Row{onHold, {}}, after: [3]Row{live(0, 1), live(1, 0)}},
		"another voice":   {before: [3]Row{live(0, 1), live(1, 0), {}}, after: [3]Row{hearing(0, 1, 2), live(1, 0), live(2, 0)}},
		"a voice for one": {before: [3]Row{live(0, 1), live(1, 0), live(2, 1)}, after: [3]Row{live(0, 2), live(1, 2), live(2, 0)}},
		"muted":           {before: [3]Row{live(0, 1), live(1, 0)}, after: [3]Row{live(0, 1), {Hears: 1}}},
		"ringback ends":   {before: [3]Row{{Treatment: Ringback}, {}}, after: [3]Row{live(0, 1), live(1, 0)}},
		"other music":     {before: [3]Row{{Treatment: Music}}, after: [3]Row{{Treatment: Music, Music: 1}}},
		"left":            {before: [3]Row{live(0, 1), live(1, 0)}, after: [3]Row{live(0, 1)}, leave: true},
	} {
		t.Run(name, func(t *testing.T) {
			for phase := range 8 {
				r := newRig(t)
				room := r.m.NewRoom()
				listener := &peer{}
				for id, row := range change.before {
					p := &peer{voice: phased(200+50*float64(id), 0.3, float64(phase)/8)}
					if id == 0 {
						p = listener
					}
					room.Join(Port(id), p, row)
				}
				r.tick(6)
				var changes []Change
				for id, row := range change.after {
					changes = append(changes, Change{Port(id), row})
				}
				room.Set(changes)
				if change.leave {
					room.Leave(1, nil)
				}
				r.tick(6)
				wantSmooth(t, listener.heard[2*FrameSamples:])
			}
		})
	}
}

// phased is a voice that is a sine with a phase at frame boundaries given in
// turns: its frequency is rounded to whole turns in a frame.
func phased(hz, peak, turns float64) func(int) []int16 {
	frame := make([]int16, FrameSamples)
	hz = math.Round(hz/50) * 50
	for i := range frame {
		frame[i] = int16(math.Round(32767 * peak * math.Sin(2*math.Pi*(turns+hz*float64(i)/SampleRate))))
	}
	return func(int) []int16 { return frame }
}

func wantSmooth(t *testing.T, signal []int16) {
	t.Helper()
	if err := click(signal); err != nil {
		t.Error(err)
	}
}

// click looks in a signal of tones up to 700 Hz, two of 0.3 at most at a time,
// for steps and for energy above 2 kHz.
func click(signal []int16) error {
	// The steepest sound is the music: 0.2 at 700 Hz. In a cross-fade another
	// one is under way, and the fades' own slope adds.
	limit := 32767 * (2*math.Pi*(700*0.2+300*0.3)/SampleRate + 0.5*math.Pi/2/rampSamples)
	if most := steepest(signal); float64(most) > limit {
		return fmt.Errorf("a step of %d, the sounds' own are %.0f at most", most, limit)
	}
	for hz := 2100.0; hz < 3900; hz += 300 {
		for at := 0; at+FrameSamples <= len(signal); at += FrameSamples / 2 {
			if level := dB(power(signal[at:at+FrameSamples], hz)); level > -50 {
				return fmt.Errorf("%.1f dBFS at %.0f Hz, sample %d", level, hz, at)
			}
		}
	}
	return nil
}

// The measure itself: it must see a hard switch.
func TestClickMeasureSeesAHardSwitch(t *testing.T) {
	signal := sine(200, 0.3, 5*FrameSamples+10) // ends at a peak
	signal = append(signal, make([]int16, 5*FrameSamples)...)
	if click(signal) == nil {
		t.Error("a voice cut off at its peak passes for smooth")
	}
}

func TestClipsDoNotClick(t *testing.T) {
	for phase := range 8 {
		r := newRig(t)
		room := r.m.NewRoom()
		listener := &peer{}
		room.Join(0, listener, Row{Hears: 1})
		room.Join(1, &peer{voice: phased(300, 0.3, float64(phase)/8)}, Row{Voice: 1})
		r.tick(6)
		room.Play(0, NewClip(sine(400, 0.2, 4*FrameSamples+80)), nil)
		r.tick(2)
		room.Play(0, NewClip(sine(250, 0.2, 32*8+2*FrameSamples)), nil) // cuts the first off
		r.tick(8)
		wantSmooth(t, listener.heard[2*FrameSamples:])
	}
}
