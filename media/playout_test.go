package media

import (
	"math/rand/v2"
	"testing"
)

// player drives a ring as a worker would.
type player struct {
	ring
	now int64
}

func newPlayer() *player {
	p := &player{}
	p.reset()
	return p
}

// voiced is a packet of n samples of loudness v.
func (p *player) voiced(ts uint32, v int16, n int) bool {
	return p.put(voice{now: p.now, ts: ts, payload: level(v, n), decode: pcmu.decode, inOrder: true, follows: true})
}

// late is a packet out of order.
func (p *player) late(ts uint32, v int16, n int) bool {
	return p.put(voice{now: p.now, ts: ts, payload: level(v, n), decode: pcmu.decode})
}

// afterLoss is a packet before which others are missing.
func (p *player) afterLoss(ts uint32, v int16, n int) bool {
	return p.put(voice{now: p.now, ts: ts, payload: level(v, n), decode: pcmu.decode, inOrder: true})
}

func (p *player) frame() ([]int16, bool) {
	p.now += frameNanos
	dst := make([]int16, frameSamples)
	ok := p.pull(dst)
	return dst, ok
}

func TestPlayoutDelay(t *testing.T) {
	p := newPlayer()
	if _, ok := p.frame(); ok {
		t.Error("something to hear before the first packet")
	}
	for i := range 10 {
		p.voiced(uint32(i*160), int16(1000+100*i), 160)
		frame, ok := p.frame()
		if want := startDelay / frameSamples; ok != (i >= want) || ok && !near(frame, int16(1000+100*(i-want))) {
			t.Errorf("frame %d: %v, %v", i, ok, frame[0])
		}
	}
}

// Packets of any length, and timestamps beginning anywhere, make whole frames.
func TestPlayoutPacketTimes(t *testing.T) {
	for _, n := range []int{40, 80, 160, 240, 320, 400, 480, 800} {
		p := newPlayer()
		ts, sent := uint32(0xffffff38), 0
		heard, broken := 0, 0
		for i := range 300 {
			for sent <= i*frameSamples { // a packet comes when it is full
				p.voiced(ts, 2000, n)
				ts, sent = ts+uint32(n), sent+n
			}
			frame, _ := p.frame()
			for _, v := range frame {
				if v > 1900 {
					heard++
				} else if heard > 0 {
					broken++
				}
			}
		}
		if broken > 0 || heard < 290*frameSamples {
			t.Errorf("packets of %d: %d samples heard, %d missing in between", n, heard, broken)
		}
	}
}

func TestPlayoutReordering(t *testing.T) {
	p := newPlayer()
	p.voiced(0, 1000, 160)
	p.afterLoss(320, 3000, 160)
	p.late(160, 2000, 160)
	var got []int16
	for range 5 {
		frame, _ := p.frame()
		got = append(got, frame[80])
	}
	for i, want := range []int16{0, 0, 1000, 2000, 3000} {
		if !near(got[i:i+1], want) {
			t.Errorf("frame %d: %d, want %d", i, got[i], want)
		}
	}
}

func TestPlayoutConcealment(t *testing.T) {
	p := newPlayer()
	for i := range 5 {
		p.voiced(uint32(i*160), 8000, 160)
		p.frame()
	}
	var levels []int16
	for range 8 {
		frame, _ := p.frame()
		levels = append(levels, frame[159])
	}
	// Two more frames wait, then three fade, then nothing.
	if !near(levels[:2], 8000) {
		t.Errorf("what waited was not played: %v", levels)
	}
	for i := 2; i < 5; i++ {
		if levels[i] >= levels[i-1] || i < 4 && levels[i] <= 0 {
			t.Errorf("no fade: %v", levels)
		}
	}
	for _, v := range levels[5:] {
		if v != 0 {
			t.Errorf("no silence in the end: %v", levels)
		}
	}
}

// A gap in the timestamps of consecutive packets is silence the sender left
// out: it must not be filled with a repetition of what was said before.
func TestPlayoutPauseIsSilence(t *testing.T) {
	p := newPlayer()
	p.voiced(0, 8000, 160)
	p.voiced(480, 4000, 160) // 40 ms left out
	var got []int16
	for range 6 {
		frame, _ := p.frame()
		got = append(got, frame[80])
	}
	for i, want := range []int16{0, 0, 8000, 0, 0, 4000} {
		if !near(got[i:i+1], want) {
			t.Errorf("frame %d: %d, want %d", i, got[i], want)
		}
	}
}

// After minutes of silence by the wall clock the stream goes on with its usual
// delay, without the silence being played.
func TestPlayoutLongPause(t *testing.T) {
	p := newPlayer()
	p.voiced(0, 8000, 160)
	const frames = 50 * 60 * 3
	for range frames {
		p.frame()
	}
	p.voiced(frames*160, 3000, 160)
	heard := 0
	for range 3 {
		frame, _ := p.frame()
		for _, v := range frame {
			if v > 2900 {
				heard++
			}
		}
	}
	if heard < 160 {
		t.Errorf("%d of 160 samples heard at once", heard)
	}
}

func TestPlayoutClockJumps(t *testing.T) {
	for _, jump := range []uint32{5000, 80_000, 1 << 31, 1<<32 - 4800, 1<<32 - 80_000, 1<<32 - 5000} {
		p := newPlayer()
		ts := uint32(1000)
		for range 20 {
			p.voiced(ts, 1000, 160)
			ts += 160
			p.frame()
		}
		ts += jump
		heard := -1
		for i := range 30 {
			p.voiced(ts, 5000, 160)
			ts += 160
			if frame, _ := p.frame(); heard < 0 && near(frame, 5000) {
				heard = i
			}
		}
		if heard < 0 || heard > 12 {
			t.Errorf("jump by %d: heard again after %d frames", int32(jump), heard)
		}
	}
}

// A single packet from long ago or far ahead, out of order, changes nothing.
func TestPlayoutIgnoresOutliers(t *testing.T) {
	p := newPlayer()
	for i := range 50 {
		p.voiced(uint32(i*160), 1000, 160)
		if i == 25 {
			for _, ts := range []uint32{1 << 30, 25*160 - 4000, 1 << 31} {
				if p.late(ts, 9000, 160) {
					t.Errorf("packet of %d taken", ts)
				}
			}
		}
		if frame, _ := p.frame(); i > 3 && !near(frame, 1000) {
			t.Fatalf("frame %d is disturbed: %d", i, frame[0])
		}
	}
}

// A packet later than the buffer is deep stretches the delay, so that the next
// one as late is in time.
func TestPlayoutGrowsForLatePackets(t *testing.T) {
	p := newPlayer()
	for i := range 20 {
		p.voiced(uint32(i*160), 1000, 160)
		p.frame()
	}
	// From here on every packet comes 60 ms later than before: 20 ms too late.
	p.frame()
	p.frame()
	p.frame()
	missing := 0
	for i := 20; i < 60; i++ {
		if !p.voiced(uint32(i*160), 1000, 160) {
			t.Fatalf("packet %d dropped", i)
		}
		if frame, _ := p.frame(); !near(frame, 1000) {
			missing++
		}
	}
	if missing > 1 {
		t.Errorf("%d frames missing after the delay grew", missing)
	}
}

// A burst after a stall is not a clock that stood still: the delay must not
// stay at the length of the stall.
func TestPlayoutBurstAfterStall(t *testing.T) {
	p := newPlayer()
	ts := uint32(0)
	for range 50 {
		p.voiced(ts, 1000, 160)
		ts += 160
		p.frame()
	}
	for range 15 { // 300 ms of nothing
		p.frame()
	}
	for range 15 { // all at once
		p.voiced(ts, 1000, 160)
		ts += 160
	}
	for range 50 {
		p.voiced(ts, 1000, 160)
		ts += 160
		p.frame()
	}
	if d := p.delay(); d > maxDelay+frameSamples {
		t.Errorf("delay %d ms after a stall", d/8)
	}
}

// A sender whose clock stood still while it was silent is heard again.
func TestPlayoutClockStoodStill(t *testing.T) {
	p := newPlayer()
	ts := uint32(0)
	for range 50 {
		p.voiced(ts, 1000, 160)
		ts += 160
		p.frame()
	}
	for _, stop := range []int{8, 15, 24, 100, 5000} { // frames
		for range stop {
			p.frame()
		}
		heard := -1
		for i := range 20 {
			p.voiced(ts, 5000, 160)
			ts += 160
			if frame, _ := p.frame(); heard < 0 && near(frame, 5000) {
				heard = i
			}
		}
		if heard < 0 || heard > 9 {
			t.Errorf("stopped for %d ms: heard again after %d frames", stop*20, heard)
		}
		if p.delay() > maxDelay {
			t.Errorf("stopped for %d ms: delay %d ms", stop*20, p.delay()/8)
		}
	}
}

// Of a long packet that comes too late to wait for, the end is still heard.
func TestPlayoutPartlyLate(t *testing.T) {
	p := newPlayer()
	ts := uint32(0)
	for range 20 { // 40 ms of a fast network, then jitter as far as we go
		p.voiced(ts, 1000, 480)
		ts += 480
		for range 3 {
			p.frame()
		}
	}
	p.most = maxDelay
	for range 4 { // the next one comes 80 ms late: 40 ms of it are past
		p.frame()
	}
	if !p.voiced(ts, 5000, 480) {
		t.Fatal("dropped")
	}
	frame, _ := p.frame()
	if !near(frame, 5000) {
		t.Errorf("heard %d", frame[0])
	}
}

// Long calls with a clock that is wrong either way: the delay stays what it
// was, and next to nothing is lost.
func TestPlayoutDrift(t *testing.T) {
	for _, tt := range []struct{ ppm, minutes float64 }{{100, 40}, {-100, 40}, {1000, 5}} {
		ppm, frames := tt.ppm, int(tt.minutes*60*50)
		p := newPlayer()
		ts, sent := uint32(0), 0.0
		broken, worst := 0, 0
		payload := level(1000, 160)
		dst := make([]int16, frameSamples)
		for i := range frames {
			due := float64(i) * (1 + ppm/1e6)
			for sent <= due {
				p.put(voice{now: p.now, ts: ts, payload: payload, decode: pcmu.decode, inOrder: true, follows: true})
				ts += 160
				sent++
			}
			p.now += frameNanos
			p.pull(dst)
			if i > 10 && (dst[0] < 900 || dst[159] < 900) {
				broken++
			}
			worst = max(worst, p.delay())
		}
		if worst > 640 {
			t.Errorf("%v ppm: delay grew to %d ms", ppm, worst/8)
		}
		if share := float64(broken) / float64(frames); share > 0.005 {
			t.Errorf("%v ppm: %.2f %% of the frames are broken", ppm, 100*share)
		}
	}
}

// With 60 ms of jitter nearly all is heard, and the delay comes down once the
// network is quiet again.
func TestPlayoutJitter(t *testing.T) {
	p := newPlayer()
	rng := rand.New(rand.NewPCG(1, 2))
	arrivals := map[int][]int{} // by tick
	const frames, rough = 20_000, 5_000
	for i := range frames {
		at := i
		if i < rough {
			at += rng.IntN(4)
		}
		arrivals[at] = append(arrivals[at], i)
	}
	highest, broken, widest := -1, 0, 0
	for tick := range frames {
		for _, i := range arrivals[tick] {
			p.put(voice{now: p.now, ts: uint32(i * 160), payload: level(1000, 160), decode: pcmu.decode,
				inOrder: i > highest, follows: i == highest+1})
			highest = max(highest, i)
		}
		if frame, _ := p.frame(); tick > 100 && !near(frame, 1000) {
			broken++
		}
		if tick == rough {
			widest = p.least
		}
	}
	if broken > frames/200 {
		t.Errorf("%d of %d frames broken", broken, frames)
	}
	if p.delay() > 2*guard+shrinkStep {
		t.Errorf("delay %d ms at the end, want it back near 20 (least %d while rough)", p.delay()/8, widest)
	}
}

func TestPlayoutMute(t *testing.T) {
	p := newPlayer()
	p.voiced(0, 1000, 160)
	p.voiced(160, 2000, 160)
	p.mute(240, 480) // half of what waits, and what is to come
	p.voiced(320, 3000, 160)
	p.voiced(480, 4000, 160)
	var got []int16
	for range 6 {
		frame, _ := p.frame()
		got = append(got, frame[10], frame[150])
	}
	for i, want := range []int16{0, 0, 0, 0, 1000, 1000, 2000, 0, 0, 0, 4000, 4000} {
		if !near(got[i:i+1], want) {
			t.Errorf("half frame %d: %d, want %d (%v)", i, got[i], want, got)
		}
	}
}

func TestBitmap(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var b bitmap
	naive := map[uint32]bool{}
	for range 5000 {
		ts, n := rng.Uint32()%(2*ringSamples), rng.IntN(500)
		on := rng.IntN(2) == 0
		if on {
			b.set(ts, n)
		} else {
			b.clear(ts, n)
		}
		for i := range uint32(n) {
			naive[(ts+i)%ringSamples] = on
		}
		ts, n, want := rng.Uint32(), rng.IntN(500), 0
		for i := range uint32(n) {
			if naive[(ts+i)%ringSamples] {
				want++
			}
		}
		if got := b.count(ts, n); got != want {
			t.Fatalf("count(%d, %d) is %d, want %d", ts, n, got, want)
		}
		if b.has(ts) != naive[ts%ringSamples] {
			t.Fatalf("has(%d) is %v", ts, b.has(ts))
		}
	}
}

func FuzzPlayout(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 255, 254, 0, 0, 7})
	f.Fuzz(func(t *testing.T, ops []byte) {
		p := newPlayer()
		ts := uint32(0)
		dst := make([]int16, frameSamples)
		for i := 0; i+2 < len(ops); i += 3 {
			a, b := ops[i+1], ops[i+2]
			switch ops[i] % 5 {
			case 0:
				p.voiced(ts, 1000, int(a)*6)
				ts += uint32(a) * 6
			case 1:
				p.late(ts-uint32(a)<<(b%24), 1000, int(b))
			case 2:
				ts += uint32(a) << (b % 28)
			case 3:
				p.mute(ts+uint32(int8(a))*100, ts+uint32(int8(b))*100)
			case 4:
				for range a % 8 {
					p.now += frameNanos
					p.pull(dst)
				}
			}
			if p.running && (p.until(p.end) > 2*ringSamples) {
				t.Fatalf("plays %d samples behind", p.until(p.end))
			}
		}
	})
}
