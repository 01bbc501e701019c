package media

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"warmline/media/jitter"
	"warmline/media/srtp"
	"warmline/mixer"
)

// countedDecoder and countedEncoder count what is decoded and encoded.
type countedDecoder struct {
	jitter.Decoder
	n *atomic.Int64
}

func (d countedDecoder) Decode(dst []int16, payload []byte) int {
	d.n.Add(1)
	return d.Decoder.Decode(dst, payload)
}

type countedEncoder struct {
	voiceEncoder
	n *atomic.Int64
}

func (e countedEncoder) Encode(dst []byte, frame []int16) int {
	e.n.Add(1)
	return e.voiceEncoder.Encode(dst, frame)
}

// counted has a session count, from before it is in a room.
func (p *phone) counted(n *atomic.Int64) {
	e := &p.s.agreed.equipment
	e.encoder = countedEncoder{e.encoder, n}
	f := e.playable[p.codec.kind]
	f.Decoder = countedDecoder{f.Decoder, n}
}

// relayed is how many frames a phone's session was handed on.
func (p *phone) relayed() (n uint64) {
	for i := range p.s.count.frames {
		n += p.s.count.frames[i].relayed.Load()
	}
	return n
}

// settleRelay waits until the room has settled and both are handed on.
func (h *hall) settleRelay(a, b *phone) {
	h.Helper()
	h.run(settle)
	for range 40 {
		one, two := a.relayed(), b.relayed()
		if h.run(10); a.relayed() == one+10 && b.relayed() == two+10 {
			return
		}
	}
	h.Fatal("nothing is handed on")
}

// relayCall is a call of two in a codec, counted.
func relayCall(h *hall, codec string, set func(*phone)) (a, b *phone, work *atomic.Int64) {
	return callOf(h, codec, set, func(s *Session) mixer.Stream { return s })
}

// mixedCall is the same without the ability to hand on.
func mixedCall(h *hall, codec string) (a, b *phone) {
	a, b, _ = callOf(h, codec, nil, func(s *Session) mixer.Stream { return struct{ mixer.Stream }{s} })
	return a, b
}

func callOf(h *hall, codec string, set func(*phone), as func(*Session) mixer.Stream) (a, b *phone, work *atomic.Int64) {
	work = new(atomic.Int64)
	for i, who := range []string{"alice", "customer"} {
		p := h.phone(codec, set)
		p.says = voiceOf(h, who, p.codec.rate)
		p.counted(work)
		h.room.Join(mixer.Port(i), as(p.s), own(mixer.Port(i)))
	}
	return h.phones[0], h.phones[1], work
}

// checkRelayed checks that all a phone got from a packet on is what the other
// sent, byte by byte, with times and numbers that go on with the packets: a gap
// for one that was lost. It returns how many were lost.
func checkRelayed(t *testing.T, from, to *phone, start int) (lost int) {
	t.Helper()
	got := to.audio()
	if len(got) <= start+10 {
		t.Fatalf("%d packets", len(got))
	}
	at := slices.IndexFunc(from.sent, func(p []byte) bool { return p != nil && slices.Equal(p, got[start].payload) })
	if at < 0 {
		t.Fatal("what came was never sent")
	}
	step := uint32(from.codec.clock / framesPerSecond)
	for i, g := range got[start:] {
		for ; at < len(from.sent) && from.sent[at] == nil; at++ {
			lost++
		}
		if at == len(from.sent) || !slices.Equal(g.payload, from.sent[at]) {
			t.Fatalf("packet %d is not what was sent", i)
		}
		first := got[start]
		if g.seq != first.seq+uint16(i+lost) || g.ts != first.ts+uint32(i+lost)*step || g.ssrc != first.ssrc {
			t.Fatalf("packet %d after %d lost: %+v, the first was %+v", i, lost, g.rtpHeader, first.rtpHeader)
		}
		at++
	}
	return lost
}

// A call of two with one codec is handed on untouched: nothing is decoded and
// nothing encoded, also where one leg or both are encrypted.
func TestRelay(t *testing.T) {
	suite := srtp.AES128SHA80
	for _, codec := range []string{"g722", "opus"} {
		for _, secure := range []int{0, 1, 2} {
			inHall(t, func(t *testing.T, h *hall) {
				left := secure
				a, b, work := relayCall(h, codec, func(p *phone) {
					if left--; left >= 0 {
						p.suite = &suite
					}
				})
				h.settleRelay(a, b)
				work.Store(0)
				startA, startB := len(a.got), len(b.got)
				beforeA, beforeB := a.relayed(), b.relayed()
				h.run(50)
				for _, p := range []*phone{a, b} {
					p.skip = 1
				}
				h.run(20)
				for _, p := range []*phone{a, b} {
					p.skip = 3
				}
				h.run(50)
				if n := work.Load(); n != 0 {
					t.Errorf("%s: %d frames decoded or encoded", codec, n)
				}
				if n := checkRelayed(t, a, b, startB) + checkRelayed(t, b, a, startA); n != 8 {
					t.Errorf("%s: %d packets lost on the way, want 8", codec, n)
				}
				if n, m := a.relayed()-beforeA, b.relayed()-beforeB; n != 120 || m != 120 {
					t.Errorf("%s: %d and %d of 120 frames handed on", codec, n, m)
				}
			})
		}
	}
}

// What is not alike is not handed on, and is heard all the same.
func TestNotRelayed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		one    string
		two    string
		extra  string
		third  bool
		handed bool
	}{
		{"G.711", "pcmu", "pcmu", "", false, false},
		{"two codecs", "g722", "opus", "", false, false},
		{"packets of 30 ms", "g722", "g722", "ptime:30", false, false},
		{"packets of 10 ms", "g722", "g722", "ptime:10", false, false},
		{"three of them", "g722", "g722", "", true, false},
		{"alike", "g722", "g722", "", false, true},
	} {
		inHall(t, func(t *testing.T, h *hall) {
			a := h.join(tt.one, "alice", nil)
			b := h.join(tt.two, "customer", func(p *phone) {
				if tt.extra != "" {
					p.extra = []string{tt.extra}
				}
			})
			if tt.third {
				h.join("pcma", "", nil)
			}
			h.run(settle + 100)
			if got := b.relayed() > 0; got != tt.handed {
				t.Errorf("%s: handed on: %v", tt.name, got)
			}
			checkHeard(t, a, b, 0.6)
		})
	}
}

// A peer that only listens, or only sends, and one that holds.
func TestRelayAndDirections(t *testing.T) {
	for _, direction := range []string{"recvonly", "sendonly", "inactive"} {
		inHall(t, func(t *testing.T, h *hall) {
			a, b, _ := relayCall(h, "g722", nil)
			h.run(50)
			b.extra = []string{direction}
			b.silent = direction != "sendonly"
			b.negotiate(true)
			h.run(5)
			toB, toA := len(b.got), len(a.got)
			h.run(50)
			if n := len(b.got) - toB; n != map[bool]int{true: 50}[direction == "recvonly"] {
				t.Errorf("%s: %d packets to it in 50 frames", direction, n)
			}
			if n := len(a.got) - toA; (direction == "sendonly") != (n >= 48) {
				t.Errorf("%s: %d packets from it in 50 frames", direction, n)
			}
			b.extra, b.silent = nil, false
			b.negotiate(true)
			h.settled(b)
			before, handed := len(b.got), b.relayed()
			h.run(20)
			if n := len(b.got) - before; n != 20 || b.relayed() != handed+20 {
				t.Errorf("%s: afterwards %d packets in 20 frames, %d handed on", direction, n, b.relayed()-handed)
			}
			continuousTimes(t, b)
		})
	}
}

// continuousTimes checks that times go on by whole frames, never back.
func continuousTimes(t *testing.T, p *phone) {
	t.Helper()
	step := uint32(p.codec.clock / framesPerSecond)
	for i := 1; i < len(p.got); i++ {
		if d := p.got[i].ts - p.got[i-1].ts; p.got[i].payloadType == p.wants && p.got[i-1].payloadType == p.wants && (d%(step/2) != 0 || d == 0 || d > 1<<24) {
			t.Errorf("packet %d is %d after the one before", i, d)
		}
	}
}

// What a talker leaves out is told as silence, and only what was lost as a loss:
// of a talker with discontinuous transmission who sends a packet in 400 ms, of
// whose packets one may be lost, too; over SRTP, which needs the numbers.
func TestRelayOfPauses(t *testing.T) {
	suite := srtp.AES128SHA80
	for _, codec := range []string{"g722", "opus"} {
		inHall(t, func(t *testing.T, h *hall) {
			a, b, _ := relayCall(h, codec, func(p *phone) { p.suite = &suite })
			h.settleRelay(a, b)
			pause := func() {
				a.silent = true
				h.run(19)
				a.silent = false
				h.run(1)
			}
			h.run(2)
			start, handed := len(b.got), b.relayed()
			for range 5 {
				pause()
			}
			a.skip = 1
			for range 5 {
				pause()
			}
			a.skip = 3
			h.run(6)
			got, step := b.got[start-2:], uint32(b.codec.clock/framesPerSecond)
			for len(got) > 1 && got[1].ts-got[0].ts == step {
				got = got[1:]
			}
			if n := b.relayed() - handed; n != 206 || len(got) < 12 {
				t.Fatalf("%s: %d of 206 frames handed on, %d packets", codec, n, len(got))
			}
			for i, g := range got[1:12] {
				numbers, frames, marked := uint16(1), uint32(20), true
				switch i {
				case 5: // after the pause of which the end was lost
					numbers, frames = 2, 40
				case 9:
					numbers, frames, marked = 4, 4, false
				case 10:
					frames, marked = 1, false
				}
				last := got[i]
				if g.seq-last.seq != numbers || g.ts-last.ts != frames*step || g.marker != marked {
					t.Errorf("%s: packet %d: %d numbers, %d frames after the one before, marked: %v; want %d, %d, %v",
						codec, i, g.seq-last.seq, (g.ts-last.ts)/step, g.marker, numbers, frames, marked)
				}
			}
		})
	}
}

// Who goes on with an encoder of its own within a gap tells no loss; nor does who
// is handed on again after that.
func TestRelayEndsInAGap(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		a, b, _ := relayCall(h, "g722", nil)
		h.settleRelay(a, b)
		h.run(2)
		start := len(b.got) - 1
		for range 3 {
			a.skip = 7
			h.run(5)
			h.set(1, mixer.Row{Held: true}) // what is sent are pauses
			h.run(10)
			unhold(h, b)
			h.settled(b)
		}
		marks := 0
		for i, g := range b.got[start:] {
			if g.seq != b.got[start].seq+uint16(i) {
				t.Fatalf("packet %d takes number %d", i, g.seq-b.got[start].seq)
			}
			if g.marker {
				marks++
			}
		}
		if marks < 3 {
			t.Errorf("%d marked after 3 gaps", marks)
		}
		continuousTimes(t, b)
	})
}

// A talker that sends nothing for longer than half of all sequence numbers last
// is heard again at once, over SRTP too: its silence is not handed on as a loss.
func TestRelayOfALongSilence(t *testing.T) {
	suite := srtp.AES128SHA80
	net := newFakeNetwork()
	e, err := New(Config{Network: net, Addr: ourAddr, PortMin: 20000, PortMax: 20099})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var list []*phone
	for i := range 2 {
		p := newPhone(t, e, net, i, codecG722, func(p *phone) { p.suite = &suite })
		defer p.s.Close()
		list = append(list, p)
	}
	a, b := list[0], list[1]
	a.says = voiceOf(t, "alice", 16000)
	now := int64(frameNanos)
	run := func(n int) {
		for range n {
			a.frame()
			a.s.Next(now)
			if b.s.current(now); !b.s.Relay(now, a.s) {
				b.s.Push(now, mixer.NewFrame(a.s.Samples(mixer.Wide)))
			}
			if len(b.sock.queue) > 0 {
				b.collect()
			}
			now += frameNanos
		}
	}
	for b.relayed() == 0 { // until the talker pauses
		run(50)
	}
	before := len(b.got)
	a.silent = true
	run(40_000)
	a.silent = false
	run(50)
	if n := len(b.got) - before; n < 45 {
		t.Errorf("%d packets of 50 after the silence; %+v", n, b.s.Stats())
	}
	if d := b.got[len(b.got)-1].seq - b.got[before-1].seq; d > 51 {
		t.Errorf("the silence took %d sequence numbers", d)
	}
}

// The agreement may change at any moment, also between the look at it and the
// sending.
func TestRelayWhileTheAgreementChanges(t *testing.T) {
	net := newFakeNetwork()
	e, err := New(Config{Network: net, Addr: ourAddr, PortMin: 20000, PortMax: 20099})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	a := newPhone(t, e, net, 0, codecG722, nil)
	b := newPhone(t, e, net, 1, codecG722, nil)
	defer a.s.Close()
	defer b.s.Close()
	wideband := b.s.agreed
	b.codec = pcmu
	b.negotiate(true)
	narrow := b.s.agreed
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				b.s.inForce.Store(wideband)
				b.s.inForce.Store(narrow)
			}
		}
	}()
	now := int64(frameNanos)
	deadline := time.Now().Add(300 * time.Millisecond)
	tried := 0
	for time.Now().Before(deadline) {
		a.frame()
		a.s.Next(now)
		for range 10 {
			b.s.current(now)
			if b.s.Relay(now, a.s) {
				tried++
			}
		}
		b.sock.queue = b.sock.queue[:0]
		now += frameNanos
	}
	close(stop)
	<-done
	if tried == 0 {
		t.Error("never tried")
	}
}

// A key pressed by the talker is not heard by the other as a tone, and what is
// handed on goes on afterwards.
func TestRelayAndKeys(t *testing.T) {
	for _, tt := range []struct {
		codec  string
		events int
	}{{"g722", 8000}, {"opus", 48000}, {"opus", 8000}} {
		inHall(t, func(t *testing.T, h *hall) {
			codec := tt.codec
			a, b, _ := relayCall(h, codec, func(p *phone) { p.events = tt.events })
			a.says = tone(1000, 4000, a.codec.rate)
			h.run(50)
			ts, seq := a.stream.ts, &a.stream.seq
			from := len(b.got)
			for i := range 20 { // beside the audio
				p := make([]byte, rtpHeaderSize+4)
				putRTP(p, rtpHeader{payloadType: 121, marker: i == 0, seq: *seq, ts: ts, ssrc: a.stream.ssrc})
				*seq++
				duration := uint32(tt.events / framesPerSecond * (i + 1))
				p[rtpHeaderSize+2], p[rtpHeaderSize+3] = byte(duration>>8), byte(duration)
				if i >= 17 {
					p[rtpHeaderSize+1] |= 0x80
				}
				a.write(p, len(p))
				h.run(1)
			}
			heard := play(b.codec, b.audio()[from:])
			n := b.codec.rate / framesPerSecond
			if s := strength(heard[8*n:14*n], 1000, b.codec.rate); s > 100 {
				t.Errorf("%s, events at %d Hz: %.0f of the tone beside the key is heard", codec, tt.events, s)
			}
			a.says = nil // quiet, so that it can go on
			h.run(30)
			before := b.relayed()
			h.run(20)
			if b.relayed() != before+20 {
				t.Errorf("%s: %d of 20 frames handed on afterwards", codec, b.relayed()-before)
			}
			continuousTimes(t, b)
		})
	}
}

// A packet that comes a little after its frame was handed on as a gap is handed on
// all the same, be it in order or behind the next: the listener may have waited for it.
func TestRelayOfStragglers(t *testing.T) {
	for _, codec := range []string{"g722", "opus"} {
		for _, late := range []time.Duration{3e6, 7e6, 11e6, 15e6, 19e6} {
			inHall(t, func(t *testing.T, h *hall) {
				h.net.stamps = true
				a, b, work := relayCall(h, codec, nil)
				h.settleRelay(a, b)
				h.run(400) // so many that one late packet is no reason to wait longer
				h.settleRelay(a, b)
				work.Store(0)
				start, before, concealed := len(b.got), a.s.count.late.Load(), a.s.count.concealed.get()
				h.run(3)
				a.skip = 1
				h.run(10)
				a.holds = true
				time.Sleep(10 * time.Millisecond)
				a.frame()
				a.holds = false
				for at := time.Duration(0); at < 60*time.Millisecond; at += time.Millisecond {
					switch at {
					case late:
						a.release()
					case 20 * time.Millisecond, 40 * time.Millisecond:
						a.frame()
					case 10 * time.Millisecond, 30 * time.Millisecond, 50 * time.Millisecond:
						b.frame()
					}
					time.Sleep(time.Millisecond)
				}
				a.frame()
				time.Sleep(10 * time.Millisecond)
				b.frame()
				h.run(10)
				if n := checkRelayed(t, a, b, start); n != 1 {
					t.Errorf("%s, %v late: %d packets lost, want 1", codec, late, n)
				}
				if n := work.Load(); n != 0 {
					t.Errorf("%s, %v late: %d frames decoded or encoded", codec, late, n)
				}
				if n := a.s.count.late.Load() - before; n != 0 {
					t.Errorf("%s, %v late: %d packets came too late", codec, late, n)
				}
				if ns := a.s.count.concealed.get() - concealed; ns != frameNanos {
					t.Errorf("%s, %v late: %d ms concealed", codec, late, ns/1_000_000)
				}
			})
		}
	}
}
