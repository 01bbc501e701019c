package media

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"warmline/mixer"
)

// sent is a packet the peer got.
type sent struct {
	rtpHeader
	payload []byte
}

// received empties the peer's socket.
func (b *bench) received() (list []sent) {
	for {
		h, payload, ok := b.peer.read(b)
		if !ok {
			return list
		}
		list = append(list, sent{h, slices.Clone(payload)})
	}
}

// continuous checks that packets have one SSRC and numbers without gaps.
func continuous(t *testing.T, packets []sent) {
	t.Helper()
	for i := 1; i < len(packets); i++ {
		if packets[i].ssrc != packets[0].ssrc || packets[i].seq != packets[i-1].seq+1 {
			t.Fatalf("packet %d: %+v after %+v", i, packets[i].rtpHeader, packets[i-1].rtpHeader)
		}
	}
}

// The same samples come out whatever the packet time, in packets of just that
// length, with timestamps to match.
func TestRepacketising(t *testing.T) {
	for _, ms := range []int{10, 20, 30, 40, 50, 60} {
		t.Run(fmt.Sprint(ms), func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			b.agree(plainOffer(fmt.Sprintf("ptime:%d", ms)))
			var want []byte
			for i := range 60 {
				for k := range b.frame {
					b.frame[k] = int16(i*frameSamples+k) * 3
				}
				for _, v := range b.frame {
					want = append(want, pcmu.encode[uint16(v)>>2])
				}
				b.tick()
			}
			packets := b.received()
			continuous(t, packets)
			var got []byte
			for i, p := range packets {
				if len(p.payload) != ms*8 {
					t.Fatalf("packet %d has %d bytes", i, len(p.payload))
				}
				if p.ts != packets[0].ts+uint32(len(got)) || p.marker != (i == 0) {
					t.Fatalf("packet %d: time %d, marker %v", i, p.ts-packets[0].ts, p.marker)
				}
				got = append(got, p.payload...)
			}
			if len(got) < len(want)-ms*8 || !slices.Equal(got, want[:len(got)]) {
				t.Errorf("%d of %d samples came, or others", len(got), len(want))
			}
		})
	}
}

// The clock goes on while nothing is sent: after a hold the timestamps have
// advanced by its length, in one stream with one more packet.
func TestClockGoesOnDuringHold(t *testing.T) {
	for _, hold := range []string{"sendonly", "inactive"} {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer())
		for range 5 {
			b.tick()
		}
		b.agree(plainOffer(hold))
		for range 100 {
			b.tick()
		}
		before := b.received()
		if len(before) != 5 {
			t.Fatalf("%s: %d packets", hold, len(before))
		}
		b.agree(plainOffer())
		b.tick()
		after := b.received()
		continuous(t, append(before, after...))
		if step := after[0].ts - before[4].ts; step != 101*frameSamples || !after[0].marker {
			t.Errorf("%s: timestamp went on by %d, marker %v", hold, step, after[0].marker)
		}
	}
}

// Where the worker gave up ticks the timestamps say so, in whole frames.
func TestClockFollowsTheWall(t *testing.T) {
	tests := []struct {
		name   string
		waits  []time.Duration // before each further tick
		frames uint32
	}{
		{"even", []time.Duration{20e6, 20e6, 20e6}, 3},
		{"late by half and early again", []time.Duration{29e6, 11e6, 20e6}, 3},
		{"three ticks given up", []time.Duration{20e6, 80e6, 20e6}, 6},
		{"slowly late", slices.Repeat([]time.Duration{20.5e6}, 100), 100},
		{"an hour", []time.Duration{time.Hour}, 180_000},
	}
	for _, tt := range tests {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer())
		b.s.Push(b.now, mixer.NewFrame(b.frame[:]))
		for _, w := range tt.waits {
			b.now += int64(w)
			b.s.Push(b.now, mixer.NewFrame(b.frame[:]))
		}
		packets := b.received()
		continuous(t, packets)
		if got := packets[len(packets)-1].ts - packets[0].ts; got != tt.frames*frameSamples {
			t.Errorf("%s: %d samples, want %d frames", tt.name, got, tt.frames)
		}
	}
}

// A change of codec keeps the stream.
func TestCodecChangeKeepsTheStream(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.tick()
	b.agree(offerOf(ip, "audio 4000 RTP/AVP 8"))
	b.tick()
	packets := b.received()
	continuous(t, packets)
	if len(packets) != 2 || packets[0].payloadType != 0 || packets[1].payloadType != 8 || packets[1].ts != packets[0].ts+160 {
		t.Errorf("%+v", packets)
	}
	b.stream.ts += 160
	for range 5 {
		b.sendAs(b.peer, &b.stream, 8, slices.Repeat([]byte{pcma.encode[5000>>2]}, 160))
		b.stream.ts += 160
		b.tick()
	}
	if frame, _ := b.tick(); !near(frame, 5000) {
		t.Errorf("heard %d in the new codec", frame[0])
	}
}

func TestNothingIsSentBeforeTheAgreement(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.send(b.peer, 0, level(1000, 160))
	if _, ok := b.tick(); ok {
		t.Error("something heard")
	}
	if _, err := b.s.Answer([]byte(plainOffer())); err != nil {
		t.Fatal(err)
	}
	b.tick()
	if len(b.received()) != 0 {
		t.Error("something sent")
	}
	if st := b.s.Stats(); st.Discarded != 1 || st.PacketsIn != 0 {
		t.Errorf("%+v", st)
	}
}

// events are those of the packets that carry RTP events.
func events(packets []sent) (list []sent) {
	for _, p := range packets {
		if p.payloadType == 101 {
			list = append(list, p)
		}
	}
	return list
}

func TestSendDigit(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.tick()
	if !b.s.SendDigit('#', 100*time.Millisecond) {
		t.Fatal("refused")
	}
	for range 20 {
		b.tick()
	}
	packets := b.received()
	continuous(t, packets)
	list := events(packets)
	if len(list) != 7 { // 5 frames, the last one three times
		t.Fatalf("%d event packets", len(list))
	}
	for i, p := range list {
		duration := binary.BigEndian.Uint16(p.payload[2:])
		want := uint16(min(160*(i+1), 800))
		if p.ts != list[0].ts || p.marker != (i == 0) || p.payload[0] != 11 || duration != want || p.payload[1]&0x80 != 0 != (i >= 4) || p.payload[1]&0x3f != eventVolume {
			t.Errorf("packet %d: %+v %x", i, p.rtpHeader, p.payload)
		}
	}
	// One audio packet before, then none until the end packets are out; the
	// first one afterwards is marked and has the time of its frame.
	if packets[1].payloadType != 101 || packets[8].payloadType != 0 || !packets[8].marker || packets[8].ts != packets[0].ts+8*160 {
		t.Errorf("audio goes on with %+v", packets[8].rtpHeader)
	}
	if len(packets) != 21 {
		t.Errorf("%d packets in 21 frames", len(packets))
	}
}

// Digits wait for each other, with a pause in between, and arrive as sent.
func TestSendDigitsInARow(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	const number = "0119*#AABBCCDD"
	for _, d := range []byte(number) {
		if !b.s.SendDigit(d, 50*time.Millisecond) {
			t.Fatal("refused")
		}
	}
	for range 200 {
		b.tick()
	}
	var r eventReader
	var got []byte
	end := uint32(0)
	for _, p := range events(b.received()) {
		e, _ := parseEvent(p.payload)
		d, _, to := r.read(&p.rtpHeader, e, 1)
		if d != 0 {
			if len(got) > 0 && p.ts-end < 320 {
				t.Errorf("pause of %d samples before %q", p.ts-end, d)
			}
			got = append(got, d)
		}
		if e.end {
			end = to
			if e.duration != 400 {
				t.Errorf("duration %d, want 400", e.duration)
			}
		}
	}
	if string(got) != number {
		t.Errorf("got %q, want %q", got, number)
	}
}

func TestSendDigitLimits(t *testing.T) {
	b := newBench(t, SessionConfig{})
	if b.s.SendDigit('1', time.Second) {
		t.Error("taken before the agreement")
	}
	b.agree(plainOffer())
	if b.s.SendDigit('x', time.Second) {
		t.Error("x taken")
	}
	for _, length := range []time.Duration{-1, 0, time.Hour} {
		b.s.SendDigit('1', length)
		for range 500 {
			b.tick()
		}
		list := events(b.received())
		last := binary.BigEndian.Uint16(list[len(list)-1].payload[2:])
		if want := map[bool]uint16{true: shortestDigit, false: longestDigit}[length <= 0]; last != want {
			t.Errorf("%v: lasts %d, want %d", length, last, want)
		}
	}
	n := 0
	for n < 1000 && b.s.SendDigit('1', time.Second) {
		n++
	}
	if n != digitSlots {
		t.Errorf("%d digits queued, want %d", n, digitSlots)
	}
	// The peer gives up events: what waits is forgotten.
	b.agree(offerOf(ip, "audio 4000 RTP/AVP 0"))
	if b.s.SendDigit('1', time.Second) {
		t.Error("taken without telephone-event")
	}
	b.tick()
	b.agree(plainOffer())
	for range 20 {
		b.tick()
	}
	if list := events(b.received()); len(list) != 0 {
		t.Errorf("%d event packets of digits that were to be forgotten", len(list))
	}
}

// A hold in the middle of a digit cuts it off; the next one is whole.
func TestHoldCutsADigitOff(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.s.SendDigit('1', time.Second)
	b.tick()
	b.agree(plainOffer("sendonly"))
	b.tick()
	b.received()
	b.agree(plainOffer())
	b.tick()
	if list := events(b.received()); len(list) != 0 {
		t.Error("the digit goes on after the hold")
	}
	b.s.SendDigit('2', 40*time.Millisecond)
	b.tick()
	if list := events(b.received()); len(list) != 1 || list[0].payload[0] != 2 || !list[0].marker {
		t.Errorf("%+v", list)
	}
}

// Failed writes are not counted as sent.
func TestSendErrors(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.tick()
	b.s.rtp.Close()
	b.tick()
	if st := b.s.Stats(); st.PacketsOut != 1 || st.Unsent != 1 {
		t.Errorf("%d sent, %d not", st.PacketsOut, st.Unsent)
	}
}
