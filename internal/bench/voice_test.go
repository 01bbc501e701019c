package bench

import (
	"context"
	"math"
	"math/cmplx"
	"slices"
	"strings"
	"testing"
)

// talking is a fleet of rooms, not connected to anything, whose legs are heard by
// way of the plainest of servers.
func talking(c codec, signal string, rooms, size int) *fleet {
	o := Options{Signal: signal, Size: size, Rooms: rooms}.withDefaults()
	f := &fleet{codec: c, opts: o, driver: newDriver(c, 0)}
	f.speak()
	f.seat()
	return f
}

// seat gives the fleet new legs, as they should be.
func (f *fleet) seat() {
	f.legs = nil
	for i := range f.opts.Rooms * f.opts.Size {
		room, index := i/f.opts.Size, i%f.opts.Size
		f.legs = append(f.legs, &leg{room: room, index: index, said: f.signals[f.voice(room, index)]})
	}
}

// listen judges the legs of the first room after what all have said came to them.
func (f *fleet) listen(start int64) (Heard, Delay, []LegFigures) {
	j := &judgement{fleet: f, window: new(window), m: new(Measurement), sentLevel: f.sentLevels()}
	for place := range j.finders {
		j.finders[place] = newFinder(place, f.codec)
	}
	size := f.opts.Size
	_, cycles := chirpCycle(0, size)
	for _, l := range f.legs {
		l.kept = &kept{recordFrom: start, cycles: cycles}
		if !l.mute {
			l.kept.marks = []mark{{at: start + int64(l.said.mark)*frameTime}}
		}
	}
	legs := make([]LegFigures, size)
	for i, l := range f.legs[:size] {
		r := relay{codec: f.codec, gain: 1}
		for _, other := range f.legs[:size] {
			if other != l && !other.mute {
				r.talkers, r.delay = append(r.talkers, other.said), append(r.delay, 16*(3+other.index))
			}
		}
		l.kept.recorded = r.hear(start, 7e6, cycles*cycleFrames+afterCycle)
		j.listen(l, &legs[i])
	}
	j.sum(legs)
	return j.m.Heard, j.m.Delay, legs
}

// TestEverybodyIsHeard: of each signal and codec, who talks is heard at the level
// that is told, to what is said of its accuracy, nobody hears himself, and each
// marker is found.
func TestEverybodyIsHeard(t *testing.T) {
	for _, c := range codecs {
		_, slow := c.(stateful)
		for _, signal := range []string{"tones", "phrases", "speech"} {
			for _, size := range []int{2, 3, 7} {
				if slow && size > 3 {
					continue // its cost is in the encoder
				}
				f := talking(c, signal, 1, size)
				h, d, _ := f.listen(1e18)
				_, cycles := chirpCycle(0, size)
				if want := cycles * size * (size - 1); h.Heard != want || h.Pairs != want || h.HeardThemselves != 0 || h.Selves != cycles*size {
					t.Errorf("%s, %s, %d legs: %+v", c.name(), signal, size, h)
				}
				if margin := -40.0; signal == "speech" && h.SelfLevel > margin {
					t.Errorf("%s, %d legs: who is silent is at %.1f dB", c.name(), size, h.SelfLevel)
				}
				if off := levelAccuracy(c); h.LevelLeast < -off || h.LevelMost > off {
					t.Errorf("%s, %s, %d legs: levels %.2f to %.2f dB", c.name(), signal, size, h.LevelLeast, h.LevelMost)
				}
				if d.Found != size*(size-1) || d.Markers != d.Found {
					t.Errorf("%s, %s, %d legs: %+v", c.name(), signal, size, d)
				}
			}
		}
	}
}

// TestWrongVoicesAreSeen: a leg that is mute, legs that have changed places, and a
// leg that talks into another room.
func TestWrongVoicesAreSeen(t *testing.T) {
	for _, c := range codecs {
		f := talking(c, "speech", 2, 3)
		for _, w := range []struct {
			name   string
			wrong  func(legs []*leg)
			missed [3][]int // by each leg
			self   [3]bool
		}{
			{"nothing", func([]*leg) {}, [3][]int{{}, {}, {}}, [3]bool{}},
			{"one is mute", func(l []*leg) { l[1].mute = true }, [3][]int{{1}, {}, {1}}, [3]bool{}},
			{"two are swapped", func(l []*leg) { l[0].said, l[1].said = l[1].said, l[0].said }, [3][]int{{1}, {0}, {}}, [3]bool{true, true}},
			{"one is of another room", func(l []*leg) { l[2].said, l[5].said = l[5].said, l[2].said }, [3][]int{{2}, {2}, {}}, [3]bool{}},
		} {
			f.seat()
			w.wrong(f.legs)
			_, _, legs := f.listen(1e18)
			for i, l := range legs {
				if !slices.Equal(l.NotHeard, w.missed[i]) || l.Missed != len(w.missed[i]) || l.Off != 0 || l.HeardItself != w.self[i] {
					t.Errorf("%s, %s: leg %d: %+v, want %v missed", c.name(), w.name, i, l, w.missed[i])
				}
			}
		}
	}
}

// TestWrongVoicesAtAServer: the same at a real server: a leg is mute in one room,
// two have changed places in another, and all is well in the third.
func TestWrongVoicesAtAServer(t *testing.T) {
	o := startServer(t, "pcmu")
	o.Signal, o.Rooms, o.Size = "speech", 3, 3
	o = o.withDefaults()
	c, err := codecNamed(o.Codec)
	if err != nil {
		t.Fatal(err)
	}
	d := newDriver(c, 9)
	target, local, err := o.addresses()
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFleet(o, d, target, local)
	if err != nil {
		t.Fatal(err)
	}
	go d.run()
	defer func() {
		f.hangup()
		d.stop()
		f.close()
	}()
	ctx := context.Background()
	err = f.dial(ctx, 9, func() (*leg, error) {
		l, err := f.newLeg()
		if err == nil && l.room == 0 && l.index == 1 {
			l.mute = true
		}
		if err == nil && l.room == 1 && l.index < 2 {
			l.said = f.signals[f.voice(1, 1-l.index)]
		}
		return l, err
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.step(ctx, &probe{pid: o.ServerPID, metrics: o.Metrics, patience: o.patience}, o.Rooms)
	if err != nil {
		t.Fatal(err)
	}
	for i, missed := range [9][]int{{1}, {}, {1}, {1}, {0}, {}, {}, {}, {}} {
		l := m.Legs[i]
		if !slices.Equal(l.NotHeard, append([]int{}, missed...)) || l.HeardItself != (i == 3 || i == 4) {
			t.Errorf("leg %d: %+v, want %v missed", i, l, missed)
		}
	}
	if got := (Options{OnTime: -1, Delivered: -1}).tooMany(m); !strings.Contains(got, "heard themselves") {
		t.Error("a search goes on")
	}
}

// TestSpeechIsSpeech: it is as loud as on the telephone, and the tone under it
// softer, of all voices in the mean.
func TestSpeechIsSpeech(t *testing.T) {
	for _, c := range codecs {
		text, rate := dialogue(c.rate(), maxTalkers), c.rate()
		tone := decibels(math.Pow(loudestSpeech*underSpeech(c)/32768, 2) / 2)
		sum := 0.0
		for voice := range maxTalkers {
			said := mixed(phrase(text, voice, firstChirp*rate/framesPerSecond), toneHz(voice), loudestSpeech, underSpeech(c), rate)
			power := 0.0
			for _, v := range said {
				power += float64(v) * float64(v) / (32768 * 32768)
			}
			alone := decibels(power/float64(len(said)) - math.Pow(10, tone/10))
			if alone < -34 || alone > -27 {
				t.Errorf("%s, voice %d: %.1f dBFS", c.name(), voice, alone)
			}
			sum += alone
		}
		below := 7.0
		if c.name() == "opus" {
			below = 1.5
		}
		if got := sum/maxTalkers - tone; got < below {
			t.Errorf("%s: the tone is %.1f dB below the speech", c.name(), got)
		}
	}
}

// TestNotch: what lies within it goes, what lies outside stays.
func TestNotch(t *testing.T) {
	const rate = 8000
	taper := hann(rate / blockLength)
	for hz, want := range map[float64]float64{1000: -50, 1005: -50, 2000: -50, 1012: -0.5, 985: -0.5, 1500: -0.5} {
		before := make([]int16, 1<<14)
		tone(before, hz, 8000, rate)
		x := make([]float64, len(before))
		for i, v := range before {
			x[i] = float64(v)
		}
		notch(x, []float64{1000, 2000}, notchWidth, rate)
		after := make([]int16, len(x))
		for i, v := range x {
			after[i] = int16(math.Round(v))
		}
		left := underneath(after[4000:][:rate], taper, hz, rate) - underneath(before[4000:][:rate], taper, hz, rate)
		if gone := want < -1; gone && left > want || !gone && left < want {
			t.Errorf("%g Hz: %.1f dB are left", hz, left)
		}
	}
}

// TestTransformAgainstItsDefinition compares it with the sum.
func TestTransformAgainstItsDefinition(t *testing.T) {
	x := make([]complex128, 64)
	for i := range x {
		x[i] = complex(float64(i*i%17), float64(i%5))
	}
	want := make([]complex128, len(x))
	for k := range want {
		for i, v := range x {
			want[k] += v * cmplx.Exp(complex(0, -2*math.Pi*float64(k*i)/float64(len(x))))
		}
	}
	transform(x)
	for k := range x {
		if cmplx.Abs(x[k]-want[k]) > 1e-9 {
			t.Errorf("line %d is %v, want %v", k, x[k], want[k])
		}
	}
}

// TestToneUnderSpeech: its level does not depend on a splice in the speech, which
// makes its phase jump, nor on where the second begins.
func TestToneUnderSpeech(t *testing.T) {
	const rate = 8000
	taper := hann(rate / blockLength)
	whole := make([]int16, 2*rate)
	tone(whole, 1000, 1000, rate)
	want := underneath(whole[:rate], taper, 1000, rate)
	for at := 0; at < rate; at += 500 {
		spliced := append(whole[:at:at], whole[at+4:]...) // half a period is missing
		if got := underneath(spliced[:rate], taper, 1000, rate); got > want+0.1 || got < want-3 {
			t.Errorf("spliced at %d: %.1f dB, whole %.1f", at, got, want)
		}
	}
	if got := underneath(whole[:rate/4], taper, 1000, rate); got != floorLevel || underneath(nil, taper, 1000, rate) != floorLevel {
		t.Errorf("of too little: %.1f dB", got)
	}
}

// TestVoicesAreApart: rooms have sets of voices of their own as far as there are
// tones, no two with a tone in common.
func TestVoicesAreApart(t *testing.T) {
	for _, w := range []struct {
		signal      string
		size, rooms int
		sets        int
	}{{"speech", 3, 100, 4}, {"speech", 3, 2, 2}, {"speech", 10, 5, 3}, {"speech", 32, 5, 1}, {"tones", 3, 100, 1}, {"phrases", 2, 9, 1}} {
		o := Options{Signal: w.signal, Size: w.size, Rooms: w.rooms}.withDefaults()
		if got := o.voiceSets(); got != w.sets {
			t.Errorf("%+v: %d sets", w, got)
		}
	}
	f := talking(codecs[0], "speech", 5, 3)
	seen := make(map[float64]bool)
	for _, s := range f.signals {
		if seen[s.hz] {
			t.Errorf("%g Hz twice", s.hz)
		}
		seen[s.hz] = true
	}
	if len(f.signals) != 12 || f.legs[12].said != f.legs[0].said || f.legs[3].said == f.legs[0].said {
		t.Errorf("%d signals; the fifth room has not those of the first, or the second has", len(f.signals))
	}
}

// TestSpeechCostsTheDriverNothing: the driver copies a frame that is there, for
// speech as for tones, and legs share them.
func TestSpeechCostsTheDriverNothing(t *testing.T) {
	f := talking(codecs[0], "speech", 8, 3)
	l := f.legs[5]
	buf := make([]byte, rtpHeader+maxPayload)
	frame := int64(0)
	if n := testing.AllocsPerRun(100, func() {
		l.fill(buf, 0, 160, l.said.frames[l.said.place(frame)])
		frame++
	}); n != 0 {
		t.Errorf("%g allocations a packet", n)
	}
	bytes := 0
	for _, s := range f.signals {
		for _, p := range s.frames {
			bytes += len(p)
		}
	}
	if bytes > 12*cycleFrames*160 {
		t.Errorf("%d bytes of payloads", bytes)
	}
}
