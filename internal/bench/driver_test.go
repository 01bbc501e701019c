package bench

import (
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"
)

// pairs makes legs that are connected to each other, two by two, and all in one
// slot.
func pairs(t testing.TB, n int) (*driver, []*leg) {
	t.Helper()
	f := &fleet{
		opts:  Options{Size: 2, Talkers: 2, Phase: "aligned", Duration: minDuration}.withDefaults(),
		codec: codecs[0], local: netip.MustParseAddr("127.0.0.3"), nextPort: firstPort, driver: newDriver(codecs[0], n), random: random(1),
	}
	f.speak()
	for range n {
		if _, err := f.newLeg(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, l := range f.legs {
			l.rtp.close()
			l.rtcp.close()
		}
	})
	for i, l := range f.legs {
		if err := l.rtp.connect(f.legs[i^1].addr); err != nil {
			t.Fatal(err)
		}
		l.active.Store(true)
	}
	return f.driver, f.legs
}

// TestTurnKeepsWhatComes: a leg's packets come to the other with the kernel's
// time stamp, are kept while the window is open, and the chirp's moment is noted.
func TestTurnKeepsWhatComes(t *testing.T) {
	d, legs := pairs(t, 2)
	for _, l := range legs {
		l.kept = &kept{packets: make([]arrival, 0, 200), marks: make([]mark, 0, 2), recorded: make([]received, 0, 200), payloads: make([]byte, 0, 200*160)}
	}
	before := time.Now().UnixNano()
	w := &window{from: before, to: before + int64(time.Hour)}
	runtime.LockOSThread()
	io := newPost()
	defer io.close()
	for frame := range int64(cycleFrames) {
		d.turn(frame*slotCount, d.now(), w, io)
	}
	after := time.Now().UnixNano()
	for i, l := range legs {
		k := l.kept
		if o := sequence(k.packets); o != (order{unique: cycleFrames}) || len(k.recorded) != cycleFrames || len(k.marks) != 1 {
			t.Fatalf("leg %d: %+v, %d recorded, %d marks", i, o, len(k.recorded), len(k.marks))
		}
		for n, p := range k.packets {
			if p.at < before || p.at > after || p.ts != k.packets[0].ts+uint32(n)*160 {
				t.Fatalf("leg %d: packet %d is %+v, between %d and %d", i, n, p, before, after)
			}
		}
	}
	if w.late.n != 2*cycleFrames {
		t.Errorf("%d sendings were timed", w.late.n)
	}
	legs[0].mute = true
	legs[1].active.Store(false)
	d.turn(0, 0, w, io)
	if len(legs[1].kept.packets) != cycleFrames || w.late.n != 2*cycleFrames {
		t.Error("a mute leg sent, or one that is not active")
	}
}

// TestDriverKeepsItsTimetable: the driver's thread starts, serves and stops, and
// gives up what it is much too late for.
func TestDriverKeepsItsTimetable(t *testing.T) {
	d, legs := pairs(t, 2)
	w := &window{from: 0, to: 1<<63 - 1}
	for _, l := range legs {
		l.kept = &kept{packets: make([]arrival, 0, 1000)}
	}
	d.open.Store(w)
	go d.run()
	time.Sleep(200 * time.Millisecond)
	d.open.Store(nil)
	d.settle()
	n := len(legs[0].kept.packets)
	d.stop()
	if n < 2 || n > 12 {
		t.Errorf("%d packets in 200 ms", n)
	}
}

// watched are two legs in a window without an end, for the test to serve.
func watched(t *testing.T) (*driver, []*leg, *window, *post) {
	d, legs := pairs(t, 2)
	for _, l := range legs {
		l.kept = &kept{packets: make([]arrival, 0, 200), marks: make([]mark, 0, 9)}
	}
	runtime.LockOSThread()
	io := newPost()
	t.Cleanup(io.close)
	return d, legs, &window{from: 0, to: 1<<63 - 1}, io
}

// TestGivenUpFramesTakeTime: what a leg does not send leaves a hole of its length,
// and no number out; a marker with a hole in it is spoiled.
func TestGivenUpFramesTakeTime(t *testing.T) {
	const frames = 2 * cycleFrames
	for _, c := range []struct {
		hole   int64 // frames after a marker's first
		closed bool  // by then, the window is
		late   []bool
	}{
		{hole: 1, late: []bool{true, false}},
		{hole: chirpFrames, late: []bool{false, false}},
		{hole: cycleFrames, late: []bool{false}}, // the second marker never began
		{hole: 1, closed: true, late: []bool{false}},
	} {
		d, legs, open, io := watched(t)
		hole := int64(legs[0].said.mark) + c.hole
		sent := uint32(0)
		for frame := range int64(frames) {
			w := open
			if c.closed && frame >= hole {
				w = nil // what was kept is another's now
			}
			if frame != hole {
				d.turn(frame*slotCount, d.now()+int64(time.Hour), w, io)
			}
			if frame == 0 {
				sent = legs[0].ts
			}
		}
		if took := legs[0].ts - sent; took != (frames-1)*160 {
			t.Errorf("%+v: the clock has gone on by %d", c, took)
		}
		o := sequence(legs[0].kept.packets)
		if want := (order{unique: frames - 1}); !c.closed && o != want {
			t.Errorf("%+v: %+v", c, o)
		}
		late := []bool{}
		for _, m := range legs[0].kept.marks {
			late = append(late, m.late)
		}
		if !slices.Equal(late, c.late) {
			t.Errorf("%+v: late markers %v", c, late)
		}
	}
}

func TestPatience(t *testing.T) {
	var p patience
	slots := func(n int, behind int64) (skipped int64) {
		for range n {
			skipped += p.skip(behind)
		}
		return skipped
	}
	for _, c := range []struct {
		why    string
		slots  int
		behind int64
		want   int64
	}{
		{"on time", 1000, slotTime, 0},
		{"late for a while", lateSlots - 1, 30 * slotTime, 0},
		{"on time again", 1, isLate, 0},
		{"late for a while again", lateSlots - 1, 3 * slotTime, 0},
		{"and longer", 1, 3 * slotTime, 3},
		{"that is over", lateSlots - 1, 3 * slotTime, 0},
		{"much too late", 1, givesUp + slotTime, givesUp/slotTime + 1},
	} {
		if got := slots(c.slots, c.behind); got != c.want {
			t.Errorf("%s: %d slots given up, want %d", c.why, got, c.want)
		}
	}
}

// BenchmarkLegFrame is what the generator pays for each leg and frame: a packet
// sent, one received and kept.
func BenchmarkLegFrame(b *testing.B) {
	d, legs := pairs(b, 150)
	for _, l := range legs {
		l.kept = &kept{packets: make([]arrival, 0, 1)}
	}
	w := &window{from: 0, to: 1<<63 - 1}
	runtime.LockOSThread()
	io := newPost()
	defer io.close()
	b.ReportAllocs()
	used, frame := cpuTime(), int64(0)
	for b.Loop() {
		d.turn(frame*slotCount, d.now(), w, io)
		frame++
	}
	b.ReportMetric(float64(cpuTime()-used)/float64(frame)/float64(len(legs)), "cpu-ns/leg")
}

// TestLateMarkersAreNoted: a marker of which any packet was late is known, and no
// other.
func TestLateMarkersAreNoted(t *testing.T) {
	for _, c := range []struct {
		late int64 // the frame after the marker's first that is late
		want bool
	}{{-1, false}, {0, true}, {1, true}, {chirpFrames, false}} {
		d, legs, w, io := watched(t)
		for frame := range int64(cycleFrames) {
			due := d.now() + int64(time.Hour) // in time
			if frame == int64(legs[0].said.mark)+c.late {
				due = d.now() - markLate
			}
			d.turn(frame*slotCount, due, w, io)
		}
		if k := legs[0].kept; len(k.marks) != 1 || k.marks[0].late != c.want {
			t.Errorf("frame %d is late: %+v", c.late, k.marks)
		}
	}
}
