package jitter

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// rig drives a Playout as a worker would.
type rig struct {
	Playout
	now int64
}

func newRig() *rig {
	r := &rig{}
	r.Reset(g711)
	return r
}

// level is n samples of v as µ-law.
func level(v int16, n int) []byte {
	s := make([]int16, n)
	for i := range s {
		s[i] = v
	}
	return encoded(s)
}

func (r *rig) put(ts uint32, payload []byte, inOrder, follows bool) bool {
	return r.Put(Packet{At: r.now, TS: ts, Payload: payload, InOrder: inOrder, Follows: follows})
}

// next is a packet of n samples of v after the one before; late one out of
// order; gap one before which others are missing.
func (r *rig) next(ts uint32, v int16, n int) bool { return r.put(ts, level(v, n), true, true) }
func (r *rig) overtaken(ts uint32, v int16, n int) bool {
	return r.put(ts, level(v, n), false, false)
}
func (r *rig) gap(ts uint32, v int16, n int) bool { return r.put(ts, level(v, n), true, false) }

func (r *rig) frame() ([]int16, bool) {
	ok := r.Next(r.now)
	r.now += tick
	return slices.Clone(r.Samples()), ok
}

// settled is a rig that has heard v for so many frames, on time, and the
// timestamp that is due.
func settled(v int16, frames int) (*rig, uint32) {
	r, ts := newRig(), uint32(1<<32-1600)
	for range frames {
		r.next(ts, v, baseFrame)
		r.frame()
		ts += baseFrame
	}
	return r, ts
}

func close(got, want int16) bool {
	d := int(got) - int(want)
	return max(d, -d) <= max(8, int(max(want, -want))/16)
}

func all(frame []int16, v int16) bool {
	for _, s := range frame {
		if !close(s, v) {
			return false
		}
	}
	return true
}

func TestMemory(t *testing.T) {
	if n := unsafe.Sizeof(Playout{}); n > 7696 {
		t.Errorf("a stream takes %d bytes", n)
	}
	if n := unsafe.Sizeof(Packets{}); n > 24<<10 {
		t.Errorf("the packets of a codec with state take %d bytes", n)
	}
}

func TestNothingBeforeTheFirstPacket(t *testing.T) {
	r := newRig()
	for range 5 {
		if frame, ok := r.frame(); ok || !all(frame, 0) {
			t.Fatal("something to hear")
		}
	}
	if r.put(0, nil, true, true) || r.put(0, make([]byte, maxPayload+1), true, true) || r.running {
		t.Error("a packet of no use began the stream")
	}
}

// A steady stream is untouched but for the delay, down to the last bit.
func TestCleanStreamIsExact(t *testing.T) {
	signal := dialogue(t, 10)
	want := throughLaw(signal)
	for _, n := range []int{40, 80, 160, 240, 320, 480} {
		r := newRig()
		r.lags.reset()
		payload, sent := encoded(signal), 0
		start := -1
		for f := 0; f < 400; f++ {
			for sent+n <= (f+1)*baseFrame { // a packet comes when it is full
				r.put(uint32(sent), payload[sent:sent+n], true, true)
				sent += n
			}
			at := int(int32(r.play))
			frame, _ := r.frame()
			if f < 200 {
				continue // it is still finding its delay
			}
			if start < 0 {
				start = f*baseFrame - at
			}
			if f*baseFrame-at != start {
				t.Fatalf("packets of %d: the delay moved at frame %d", n, f)
			}
			for i, v := range frame {
				if v != want[at+i] {
					t.Fatalf("packets of %d: frame %d differs at %d: %d, %d", n, f, i, v, want[at+i])
				}
			}
		}
		// The wait for longer packets to be full, the guard, and what is not
		// worth a squeeze of speech.
		if limit := (n-1)/baseFrame*baseFrame + 160; start > limit {
			t.Errorf("packets of %d: delay of %d samples", n, start)
		}
	}
}

// Packets that waited for a reader before the stream could be taken in, and come
// a few at each tick, delay nothing that comes after them.
func TestBacklogIsSkipped(t *testing.T) {
	for _, waiting := range []int{5, 10, 20, 60} {
		r := newRig()
		sent := 0
		for f := range 60 {
			for range 4 {
				if sent <= waiting+f {
					r.next(uint32(sent*baseFrame), 1000, baseFrame)
					sent++
				}
			}
			r.frame()
		}
		if late := (waiting+59)*baseFrame - int(r.play-baseFrame); late > backlog+startLead {
			t.Errorf("%d packets waiting: %d ms of delay after a second", waiting, late/8)
		}
	}
}

func TestReordering(t *testing.T) {
	r := newRig()
	r.next(0, 1000, 160)
	r.gap(320, 3000, 160)
	r.overtaken(160, 2000, 160)
	got := make([]int16, 0, 5)
	for range 4 {
		frame, _ := r.frame()
		got = append(got, frame[80])
	}
	for i, want := range []int16{0, 1000, 2000, 3000} {
		if !close(got[i], want) {
			t.Errorf("frame %d: %d, want %d", i, got[i], want)
		}
	}
}

func TestDuplicatesChangeNothing(t *testing.T) {
	r, ts := settled(1000, 100)
	total, lead := r.lags.total, r.lead()
	r.next(ts, 1000, 160)
	once := r.lags.total
	r.overtaken(ts, 9000, 160) // the same again, however its bytes came about
	if r.lags.total != once || once == total || r.lead() != lead {
		t.Error("a duplicate was learned from")
	}
	if r.overtaken(ts-1600, 9000, 160) {
		t.Error("a duplicate of what has been played was taken")
	}
}

// A gap in the timestamps of consecutive packets is silence that the sender
// left out, not a loss to be filled with voice.
func TestPauseIsSilence(t *testing.T) {
	r := newRig()
	r.next(0, 8000, 160)
	r.next(480, 4000, 160) // 40 ms left out
	var got []int16
	for range 5 {
		frame, _ := r.frame()
		got = append(got, frame[100])
	}
	for i, want := range []int16{0, 8000, 0, 0, 4000} {
		if !close(got[i], want) {
			t.Errorf("frame %d: %d, want %d", i, got[i], want)
		}
	}
}

// After minutes of silence by the wall clock the stream goes on with its
// delay, and the silence is not played after.
func TestLongPause(t *testing.T) {
	r, ts := settled(3000, 100)
	for range 9000 {
		r.frame()
		ts += baseFrame
	}
	r.next(ts, 3000, 160)
	heard := 0
	for range 2 {
		frame, _ := r.frame()
		for _, v := range frame {
			if v > 2800 {
				heard++
			}
		}
	}
	if heard < 140 {
		t.Errorf("%d of 160 samples heard at once", heard)
	}
}

func TestClockJumps(t *testing.T) {
	for _, jump := range []uint32{5000, 80_000, 1 << 31, 1<<32 - 4800, 1<<32 - 80_000, 1<<32 - 5000} {
		r, ts := settled(1000, 60)
		ts += jump
		heard := -1
		for i := range 40 {
			r.next(ts, 5000, 160)
			ts += 160
			if frame, _ := r.frame(); heard < 0 && all(frame, 5000) {
				heard = i
			}
		}
		if heard < 0 || heard > 12 {
			t.Errorf("jump by %d: heard again after %d frames", int32(jump), heard)
		}
		if lead := r.lead(); lead > 400 {
			t.Errorf("jump by %d: a lead of %d", int32(jump), lead)
		}
	}
}

// A single packet from long ago or far ahead, out of order, changes nothing.
func TestOutliers(t *testing.T) {
	r, ts := settled(1000, 300)
	lead, target := r.lead(), r.lags.target()
	for _, stray := range []uint32{ts + 1<<30, ts - 4000, ts + 1<<31, ts - 1<<30} {
		if r.overtaken(stray, 9000, 160) {
			t.Errorf("stray at %d taken", int32(stray-ts))
		}
	}
	for range 20 {
		r.next(ts, 1000, 160)
		ts += 160
		if frame, _ := r.frame(); !all(frame, 1000) {
			t.Fatal("the stream was disturbed")
		}
	}
	if r.lead() != lead || r.lags.target() != target {
		t.Errorf("lead %d, target %d", r.lead(), r.lags.target())
	}
}

// Keys are heard as digits, not as tones: what is muted is silent whether it
// came before or comes after.
func TestMute(t *testing.T) {
	r, ts := settled(4000, 60)
	r.next(ts, 4000, 320)
	r.Mute(ts+160, ts+480)
	r.next(ts+320, 4000, 320)
	silent := 0
	for i := range 6 {
		if i%2 == 0 {
			r.next(ts+640+uint32(i)*160, 4000, 320)
		}
		frame, _ := r.frame()
		for _, v := range frame {
			if v == 0 {
				silent++
			}
		}
	}
	if silent != 320 {
		t.Errorf("%d samples silent, want 320", silent)
	}
	if r.muted {
		t.Error("still muted")
	}
	fresh := newRig()
	fresh.Mute(0, 160) // before there is a stream
	fresh.next(0, 4000, 160)
	fresh.frame()
	if frame, ok := fresh.frame(); ok || !all(frame, 0) {
		t.Error("heard what was muted beforehand")
	}
}

func TestResetBeginsAnother(t *testing.T) {
	r, _ := settled(4000, 60)
	r.Reset(g711)
	if frame, ok := r.frame(); ok || !all(frame, 0) {
		t.Error("the old stream goes on")
	}
	r.next(77, 2000, 160)
	r.frame()
	if frame, _ := r.frame(); !all(frame[quickFade:], 2000) {
		t.Errorf("the new one is not heard: %d", frame[100])
	}
}

// A mute that has nothing to do with the time of the audio does nothing, also
// when the audio's clock jumps away from it.
func TestMuteOfAnotherClock(t *testing.T) {
	r, ts := settled(4000, 60)
	for _, far := range []uint32{ts + 1<<31, ts + 20_000, ts - 20_000, ts - 1<<30} {
		if r.Mute(far, far+160); r.muted {
			t.Errorf("muted at %d", int32(far-ts))
		}
	}
	if r.Mute(ts+160, ts); r.muted {
		t.Error("muted backwards")
	}
	r.Mute(ts+160, ts+2000)
	ts += 1 << 31
	heard := false
	for range 10 {
		r.next(ts, 4000, 160)
		ts += 160
		frame, _ := r.frame()
		heard = all(frame, 4000)
	}
	if !heard {
		t.Error("still silent on the new clock")
	}
}

// speak runs speech through a network whose delay is a function of time and
// returns the lead in samples after each frame.
func speak(t *testing.T, seconds int, delay func(ms float64) float64) (leads []int32, p *Playout) {
	t.Helper()
	signal := dialogue(t, 40)
	payload := encoded(signal)
	p = new(Playout)
	p.Reset(g711)
	frames := seconds * 50
	pending := []arrival{}
	newest := -1
	for f := range frames {
		pending = append(pending, arrival{int64(f)*tick + int64(delay(float64(f)*20)*1e6), f})
		now := int64(f)*tick + readPhase
		rest := pending[:0]
		for _, a := range pending {
			if a.at > now {
				rest = append(rest, a)
				continue
			}
			at := a.seq * baseFrame % len(payload)
			p.Put(Packet{At: a.at, TS: uint32(a.seq * baseFrame), Payload: payload[at : at+baseFrame],
				InOrder: a.seq > newest, Follows: a.seq == newest+1})
			newest = max(newest, a.seq)
		}
		pending = rest
		p.Next(now)
		leads = append(leads, p.lead())
	}
	return leads, p
}

// More delay is followed within a second, less within some pauses.
func TestDelayGoesUpFastAndDownSlow(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	leads, _ := speak(t, 90, func(ms float64) float64 {
		if ms > 20_000 && ms < 40_000 {
			return 10 + 60*rng.Float64()
		}
		return 0
	})
	at := func(s float64) int32 { return leads[int(s*50)] / 8 }
	if at(19) > 7 {
		t.Errorf("%d ms before", at(19))
	}
	if at(21) < 40 {
		t.Errorf("%d ms a second into the jitter", at(21))
	}
	if at(30) < 60 || at(30) > 110 {
		t.Errorf("%d ms amid the jitter", at(30))
	}
	if at(42) < 40 {
		t.Errorf("%d ms two seconds after: down too fast", at(42))
	}
	if at(85) > 7 {
		t.Errorf("%d ms long after", at(85))
	}
}

// A network that stalls for a second delivers all at once: the delay is bounded
// and comes down again.
func TestStall(t *testing.T) {
	leads, _ := speak(t, 60, func(ms float64) float64 {
		if ms >= 10_000 && ms < 11_000 {
			return 11_000 - ms
		}
		return 0
	})
	highest := int32(0)
	for _, l := range leads {
		highest = max(highest, l)
	}
	if highest > 2*ceiling {
		t.Errorf("a lead of %d ms", highest/8)
	}
	if end := leads[len(leads)-1]; end > 8*5 {
		t.Errorf("still %d ms in the end", end/8)
	}
}

// Two clocks 100 ppm apart for an hour: the delay does not grow, nothing is
// lost, and what the ear gets is a smooth tone all along.
func TestDrift(t *testing.T) {
	for _, ppm := range []float64{-100, 100} {
		drift(t, ppm)
	}
}

func drift(t *testing.T, ppm float64) {
	const frames = 3600 * 50
	r := newRig()
	interval := int64(tick * (1 - ppm/1e6)) // the sender's frame by the reader's clock
	rng := rand.New(rand.NewPCG(5, 5))
	vowels := encoded(vowel(2*baseFrame+64, 64)) // a steady voice of 125 Hz
	voice := func(ts uint32) []byte { return vowels[ts%64:][:baseFrame] }
	sent := int64(0)
	last, concealed, refused, highest, roughest := int16(0), 0, 0, int32(0), 0
	for f := int64(0); f < frames; f++ {
		now := f * tick
		for sent*interval+int64(rng.Float64()*1e6) <= now {
			ts := uint32(sent * baseFrame)
			if !r.Put(Packet{At: now, TS: ts, Payload: voice(ts), InOrder: true, Follows: true}) {
				refused++
			}
			sent++
		}
		r.Next(now)
		dst := r.Samples()
		if f < 100 {
			last = dst[baseFrame-1]
			continue
		}
		if r.conceal.lost > 0 {
			concealed++
		}
		// How old what is played is: by how many samples the sender is ahead.
		age := int32(float64(now)/float64(interval)*baseFrame) - int32(r.play)
		highest = max(highest, age)
		for _, v := range dst {
			roughest = max(roughest, int(v)-int(last), int(last)-int(v))
			last = v
		}
	}
	if highest > 600 {
		t.Errorf("%g ppm: %d ms of delay", ppm, highest/8)
	}
	// The steepest slope of the voice is 1,370 a sample.
	if roughest > 2000 {
		t.Errorf("%g ppm: a step of %d", ppm, roughest)
	}
	if refused > 0 {
		t.Errorf("%g ppm: %d packets refused", ppm, refused)
	}
	// 100 ppm of an hour are 18 frames.
	if concealed > 40 {
		t.Errorf("%g ppm: %d frames concealed", ppm, concealed)
	}
	t.Logf("%g ppm: at most %d ms, %d frames concealed, steps of up to %d", ppm, highest/8, concealed, roughest)
}

func TestNoAllocations(t *testing.T) {
	r, ts := settled(1000, 60)
	payload := level(1000, 160)
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		if i++; i%7 != 0 {
			r.put(ts, payload, true, i%7 != 1)
		}
		ts += baseFrame
		r.Next(r.now)
		r.now += tick
		r.Samples()
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
