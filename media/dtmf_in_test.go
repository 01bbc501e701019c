package media

import (
	"encoding/binary"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// eventPacket is one packet of a test's event stream.
type eventPacket struct {
	ts       uint32
	code     byte
	duration uint16
	end      bool
	marker   bool
	ssrc     uint32
}

func TestEventReader(t *testing.T) {
	press := func(ts uint32, code byte) []eventPacket {
		return []eventPacket{
			{ts: ts, code: code, duration: 160, marker: true},
			{ts: ts, code: code, duration: 320},
			{ts: ts, code: code, duration: 480},
			{ts: ts, code: code, duration: 640, end: true},
			{ts: ts, code: code, duration: 640, end: true},
			{ts: ts, code: code, duration: 640, end: true},
		}
	}
	long := func(code byte, keep func(i int) bool) (list []eventPacket) {
		// 20 s: the duration overflows twice, each time a new segment begins.
		start := uint32(0xffff0000)
		for i := range 1000 {
			segment := uint32(i*160) / 65440
			if keep(i) {
				list = append(list, eventPacket{ts: start + segment*65440, code: code,
					duration: uint16(uint32(i*160) - segment*65440 + 160), end: i == 999, marker: i == 0})
			}
		}
		return list
	}
	tests := []struct {
		name    string
		packets []eventPacket
		want    string
	}{
		{"one press", press(1000, 5), "5"},
		{"all digits", func() (list []eventPacket) {
			for code := range byte(16) {
				list = append(list, press(1000+uint32(code)*1200, code)...)
			}
			return list
		}(), "0123456789*#ABCD"},
		{"the same key twice", slices.Concat(press(1000, 7), press(2200, 7)), "77"},
		{"first packets lost", press(1000, 5)[2:], "5"},
		{"end packets lost", slices.Concat(press(1000, 5)[:3], press(2200, 6)), "56"},
		{"end packets lost, same key again", slices.Concat(press(1000, 5)[:3], press(2200, 5)), "55"},
		{"only an end packet comes", press(1000, 5)[5:], "5"},
		{"no marker", []eventPacket{{ts: 1000, code: 1, duration: 160}, {ts: 1000, code: 1, duration: 320, end: true}}, "1"},
		{"a marker on each packet", []eventPacket{{ts: 1000, code: 1, duration: 160, marker: true}, {ts: 1000, code: 1, duration: 320, marker: true, end: true}}, "1"},
		{"first duration 0", []eventPacket{{ts: 1000, code: 1}, {ts: 1000, code: 1, duration: 160}, {ts: 1000, code: 1, duration: 320, end: true}}, "1"},
		{"packets of the press before come late", slices.Concat(press(1000, 5)[:4], press(2200, 6)[:2], press(1000, 5)[4:], press(2200, 6)[2:]), "56"},
		{"reordered within a press", []eventPacket{{ts: 1000, code: 1, duration: 320}, {ts: 1000, code: 1, duration: 480, end: true}, {ts: 1000, code: 1, duration: 160}}, "1"},
		{"a long press in segments", long(9, func(int) bool { return true }), "9"},
		{"a long press with losses", long(9, func(i int) bool { return i%7 != 3 && (i < 400 || i > 412) }), "9"},
		{"a sender that counts the timestamp up", []eventPacket{
			{ts: 0, code: 3, duration: 160}, {ts: 160, code: 3, duration: 160}, {ts: 320, code: 3, duration: 160}, {ts: 480, code: 3, duration: 160, end: true}}, "3"},
		{"the same time in another stream", slices.Concat(press(1000, 5), []eventPacket{{ts: 1000, code: 5, duration: 160, ssrc: 77}}), "55"},
		{"a code that is no digit", press(1000, 16), ""},
		{"flash, then a digit", slices.Concat(press(1000, 16), press(2200, 4)), "4"},
		{"across the wrap of the clock", slices.Concat(press(0xfffffe00, 5), press(700, 5)), "55"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r eventReader
			var got []byte
			for _, p := range tt.packets {
				h := rtpHeader{ts: p.ts, ssrc: p.ssrc, marker: p.marker}
				if d, _, _ := r.read(&h, event{p.code, p.end, p.duration}, 1); d != 0 {
					got = append(got, d)
				}
			}
			if string(got) != tt.want {
				t.Errorf("heard %q, want %q", got, tt.want)
			}
		})
	}
}

// sendEvent sends an event packet of the peer's stream; the clock stands still.
func (b *bench) sendEvent(st *stream, start uint32, code byte, duration int, end bool) {
	payload := []byte{code, 10, 0, 0}
	if end {
		payload[1] |= 0x80
	}
	binary.BigEndian.PutUint16(payload[2:], uint16(duration))
	at := st.ts
	st.ts = start
	b.sendAs(b.peer, st, 101, payload)
	st.ts = at
}

// collector gathers the digits reported.
type collector struct{ digits chan byte }

func newCollector() *collector { return &collector{make(chan byte, 100)} }

func (c *collector) heard() string {
	var got []byte
	for {
		select {
		case d := <-c.digits:
			got = append(got, d)
		default:
			return string(got)
		}
	}
}

func (c *collector) config() SessionConfig {
	return SessionConfig{Digit: func(d byte) { c.digits <- d }}
}

// A digit is reported once, from the pump, within its interval.
func TestDigitsReachTheCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		b := newBench(t, c.config())
		b.agree(plainOffer())
		for i := range 4 {
			b.sendEvent(&b.stream, 5000, 11, 160*(i+1), i == 3)
			b.tick()
		}
		time.Sleep(pumpInterval)
		synctest.Wait()
		if got := c.heard(); got != "#" {
			t.Errorf("heard %q", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := c.heard(); got != "" {
			t.Errorf("heard %q again", got)
		}
	})
}

// The pump serves sessions that come after it had nothing to do, and sleeps
// again when they have gone.
func TestPumpRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		b := newBench(t, SessionConfig{})
		b.s.Close()
		time.Sleep(time.Hour)
		for range 3 {
			s, err := b.engine.NewSession(c.config())
			if err != nil {
				t.Fatal(err)
			}
			s.InfoDigit('4')
			time.Sleep(2 * pumpInterval)
			s.Close()
			time.Sleep(time.Hour)
		}
		if got := c.heard(); got != "444" {
			t.Errorf("heard %q", got)
		}
	})
}

// No digit is reported once the engine is closed.
func TestCloseEndsThePump(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		b := newBench(t, c.config())
		b.s.InfoDigit('1')
		b.engine.Close()
		b.engine.Close()
		time.Sleep(time.Second)
		if got := c.heard(); got != "" {
			t.Errorf("heard %q", got)
		}
	})
}

func TestInfoAndEventCountOnce(t *testing.T) {
	const e, i = fromEvent, fromInfo
	type heard struct {
		digit  byte
		source digitSource
		at     time.Duration
	}
	tests := []struct {
		name string
		seq  []heard
		want string
	}{
		{"event then INFO", []heard{{'1', e, 0}, {'1', i, 200 * time.Millisecond}}, "1"},
		{"INFO then event", []heard{{'1', i, 0}, {'1', e, 50 * time.Millisecond}}, "1"},
		{"twice, alternating", []heard{{'1', e, 0}, {'1', i, 100e6}, {'1', e, 300e6}, {'1', i, 400e6}}, "11"},
		{"twice, the INFOs after", []heard{{'1', e, 0}, {'1', e, 300e6}, {'1', i, 400e6}, {'1', i, 500e6}}, "11"},
		{"two keys, the INFOs after", []heard{{'1', e, 0}, {'2', e, 100e6}, {'1', i, 150e6}, {'2', i, 250e6}}, "12"},
		{"events only", []heard{{'1', e, 0}, {'1', e, 100e6}, {'1', e, 200e6}}, "111"},
		{"INFOs only", []heard{{'*', i, 0}, {'*', i, 100e6}}, "**"},
		{"different digits", []heard{{'1', e, 0}, {'2', i, 10e6}}, "12"},
		{"far apart", []heard{{'1', e, 0}, {'1', i, pairWindow}}, "11"},
		{"many", func() (l []heard) {
			for n := range 40 {
				l = append(l, heard{'5', e, time.Duration(n) * 300e6}, heard{'5', i, time.Duration(n)*300e6 + 100e6})
			}
			return l
		}(), string(slices.Repeat([]byte{'5'}, 40))},
	}
	for _, tt := range tests {
		var p pairing
		start := time.Now()
		var got []byte
		for _, h := range tt.seq {
			if p.first(h.digit, h.source, start.Add(h.at)) {
				got = append(got, h.digit)
			}
		}
		if string(got) != tt.want {
			t.Errorf("%s: heard %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestInfoDigitTakesOnlyDigits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		b := newBench(t, c.config())
		for _, d := range []byte("x1 *aA\x00") {
			b.s.InfoDigit(d)
		}
		time.Sleep(pumpInterval)
		synctest.Wait()
		if got := c.heard(); got != "1*A" {
			t.Errorf("heard %q", got)
		}
	})
}

// The tone that some senders leave in the audio beside the event is not heard,
// nor is the event itself.
func TestEventsMuteTheAudio(t *testing.T) {
	tests := []struct {
		name string
		ssrc uint32 // of the events
	}{{"same stream", 0}, {"events in a stream of their own", 0xd1d1}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			b.agree(plainOffer())
			events := &b.stream
			if tt.ssrc != 0 {
				events = &stream{ssrc: tt.ssrc, ts: 99}
			}
			var heard []int16
			start := uint32(0)
			for i := range 30 {
				loud := int16(1000)
				if i >= 10 && i < 16 { // the tone, 120 ms
					loud = 20000
					if i == 10 {
						if start = b.stream.ts; tt.ssrc != 0 {
							start = 99
						}
					}
					b.sendEvent(events, start, 1, 160*(i-9), i == 15)
				}
				b.send(b.peer, 0, level(loud, 160))
				frame, _ := b.tick()
				heard = append(heard, frame...)
			}
			if peak := slices.Max(heard); peak > 1200 {
				t.Errorf("a tone of %d is heard", peak)
			}
			voice := 0
			for _, v := range heard[18*frameSamples:] {
				if v > 900 {
					voice++
				}
			}
			if voice < 8*frameSamples {
				t.Errorf("the voice does not come back: %d samples", voice)
			}
		})
	}
}

// Events of a stream of their own are no change of speaker.
func TestEventStreamKeepsTheAudio(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	other := &stream{ssrc: 0xd1d1, ts: 1 << 20}
	for i := range 20 {
		b.send(b.peer, 0, level(1000, 160))
		if i == 10 {
			b.sendEvent(other, other.ts, 3, 160, true)
		}
		b.tick()
	}
	if st := b.s.Stats(); st.Lost != 0 || st.Discarded != 0 || b.s.in.stream.ssrc != b.stream.ssrc {
		t.Errorf("%+v, listens to %x", st, b.s.in.stream.ssrc)
	}
}

// An event packet the network doubled is one of the discarded.
func TestDoubledEventPacket(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 2)
	twice := b.stream
	b.sendEvent(&b.stream, b.stream.ts, 1, 160, false)
	b.sendEvent(&twice, twice.ts, 1, 160, false)
	b.tick()
	if st := b.s.Stats(); st.Discarded != 1 || st.PacketsIn != 4 {
		t.Errorf("%+v", st)
	}
}

func TestShortEventPayload(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.sendAs(b.peer, &b.stream, 101, []byte{1, 2, 3})
	if b.tick(); b.s.Stats().Discarded != 1 {
		t.Errorf("%+v", b.s.Stats())
	}
}

func TestDigitRing(t *testing.T) {
	var r digitRing
	for round := range 5 {
		for i := range digitSlots {
			if !r.push(queuedDigit{digit: byte(i)}) {
				t.Fatalf("round %d: full after %d", round, i)
			}
		}
		if r.push(queuedDigit{}) {
			t.Fatal("more than it holds")
		}
		for i := range digitSlots {
			if d, ok := r.pop(); !ok || d.digit != byte(i) {
				t.Fatalf("round %d: popped %v, %v, want %d", round, d, ok, i)
			}
		}
		if _, ok := r.pop(); ok {
			t.Fatal("popped from an empty ring")
		}
		r.push(queuedDigit{})
		r.pop()
	}
}

// A straggler of an old event does not end the muting of the present one.
func TestStaleEventKeepsTheMute(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 10)
	old, start := b.stream.ts-1600, b.stream.ts
	for i := range 5 {
		b.sendEvent(&b.stream, start, 1, 160*(i+1), false)
		b.sendEvent(&b.stream, old, 2, 800, true)
		b.send(b.peer, 0, level(20000, 160))
		if frame, _ := b.tick(); slices.Max(frame) > 1200 {
			t.Fatalf("the tone is heard: %d", slices.Max(frame))
		}
	}
}

// At the clock of Opus everything takes six times the units, and a press of more
// than 1.3 s comes in segments; it is still one press.
func TestEventsAtAnotherClock(t *testing.T) {
	var w eventWriter
	var r eventReader
	var got []byte
	const scale, length = 6, 3 * clockRate
	h := rtpHeader{ts: 0xffff0000}
	w = eventWriter{ts: h.ts, length: length, code: 7}
	segments := map[uint32]bool{}
	for w.duration < length {
		w.duration += frameSamples
		e := event{code: 7, duration: w.told(scale), end: w.duration == length}
		h.ts = w.ts
		segments[h.ts] = true
		d, from, to := r.read(&h, e, scale)
		if d != 0 {
			got = append(got, d)
		}
		if want := uint32(0xffff0000 + w.duration*scale); !e.end && to != want+eventTail*scale || from != h.ts {
			t.Fatalf("muted from %d to %d, want up to %d", from, to, want)
		}
	}
	if string(got) != "7" || len(segments) != 3 {
		t.Errorf("heard %q in %d segments", got, len(segments))
	}
	h.ts -= 1000 * scale // long over
	if d, _, _ := r.read(&h, event{code: 5, duration: 160}, scale); d != 0 {
		t.Errorf("a late packet was heard as %q", d)
	}
}
