package media

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"warmline/mixer"
)

// settle is for how many frames a new room moves its slots about, and the playouts
// follow.
const settle = 150

// levelOf is how exactly a codec keeps the level, in dB.
func levelOf(c ...string) float64 {
	for _, name := range c {
		if name == "opus" {
			return 0.5
		}
	}
	return 0.1
}

// Every pair of codecs, talking at the same time: each hears the other as loud
// as he was, and not itself.
func TestEveryPairOfCodecs(t *testing.T) {
	names := []string{"pcmu", "pcma", "g722", "opus"}
	for i, one := range names {
		for _, two := range names[i:] {
			t.Run(one+" "+two, func(t *testing.T) {
				inHall(t, func(t *testing.T, h *hall) {
					a, b := h.join(one, "alice", nil), h.join(two, "customer", nil)
					h.run(settle + 150)
					checkHeard(t, b, a, levelOf(one, two))
					checkHeard(t, a, b, levelOf(one, two))
				})
			})
		}
	}
}

// checkHeard compares what one phone said with what the other heard: all of it
// and nothing else.
func checkHeard(t *testing.T, talker, listener *phone, within float64) {
	t.Helper()
	for _, stream := range listener.streams() {
		continuous(t, stream)
	}
	rate := listener.codec.rate
	heard := listener.hear()
	l := match(talker.said(rate), heard, settle*rate/framesPerSecond, rate)
	t.Logf("%s to %s: level %+.3f dB, likeness %.3f", talker.codec.name, listener.codec.name, l.level, l.corr)
	if math.Abs(l.level) > within || l.corr < 0.85 {
		t.Errorf("%s hears %s at %+.2f dB, likeness %.3f", listener.codec.name, talker.codec.name, l.level, l.corr)
	}
	if echo := match(listener.said(rate), heard, settle*rate/framesPerSecond, rate); math.Abs(echo.corr) > 0.15 {
		t.Errorf("%s hears itself: likeness %.3f", listener.codec.name, echo.corr)
	}
}

// Three at a time: each hears the two others, and not itself.
func TestThreeCodecsInARoom(t *testing.T) {
	for _, names := range [][3]string{
		{"pcmu", "g722", "opus"}, {"pcma", "pcmu", "g722"}, {"pcma", "opus", "opus"},
	} {
		t.Run(names[0]+" "+names[1]+" "+names[2], func(t *testing.T) {
			inHall(t, func(t *testing.T, h *hall) {
				for i, who := range []string{"alice", "customer", "bob"} {
					h.join(names[i], who, nil)
				}
				h.run(settle + 120)
				for _, listener := range h.phones {
					continuous(t, listener.got)
					rate := listener.codec.rate
					heard := listener.hear()
					for _, talker := range h.phones {
						l := match(talker.said(rate), heard, settle*rate/framesPerSecond, rate)
						if talker == listener && math.Abs(l.gain) > 0.4 {
							t.Errorf("%s hears itself: gain %.2f", listener.codec.name, l.gain)
						}
						if talker != listener && math.Abs(l.gain-1) > 0.2 {
							t.Errorf("%s hears %s with a gain of %.2f", listener.codec.name, talker.codec.name, l.gain)
						}
					}
				}
			})
		})
	}
}

// What a wideband talker says above 4 kHz is heard by wideband listeners, and by
// the others not at all, neither as it is nor as its mirror image.
func TestWidebandEnds(t *testing.T) {
	const high, image, peak = 6000, 2000, 6000
	for _, talker := range []string{"g722", "opus"} {
		for _, third := range []bool{false, true} { // with a third the voice is mixed
			inHall(t, func(t *testing.T, h *hall) {
				a := h.join(talker, "", nil)
				a.says = tone(high, peak, a.codec.rate)
				listeners := []*phone{h.join("g722", "", nil)}
				if third {
					listeners = append(listeners, h.join("pcmu", "", nil), h.join("opus", "", nil))
				}
				h.run(100)
				for _, p := range listeners {
					heard := p.hear()
					heard = heard[p.codec.rate:]
					if p.codec.rate == 16000 {
						if got := strength(heard, high, 16000); got < peak/2 {
							t.Errorf("%s hears %.0f of %d at %d Hz from %s", p.codec.name, got, peak, high, talker)
						}
					}
					if got := strength(heard, image, p.codec.rate); got > peak/300 {
						t.Errorf("%s hears %.0f at %d Hz, the image of what %s says", p.codec.name, got, image, talker)
					}
				}
			})
		}
	}
	inHall(t, func(t *testing.T, h *hall) {
		h.join("g722", "alice", nil)
		b, c := h.join("opus", "", nil), h.join("pcmu", "", nil)
		c.says = voiceOf(t, "customer", 8000)
		h.run(150)
		if got := above(b.hear()); got < -30 {
			t.Errorf("Opus hears %.1f dB above 4 kHz", got)
		}
	})
}

// Packets of any length, both ways.
func TestPacketTimesEndToEnd(t *testing.T) {
	for _, name := range []string{"pcmu", "g722"} {
		for _, ms := range []int{10, 20, 30, 40, 60} {
			inHall(t, func(t *testing.T, h *hall) {
				a := h.join(name, "alice", func(p *phone) { p.ptime, p.extra = ms, []string{"ptime:" + strconv.Itoa(ms)} })
				b := h.join("pcma", "customer", nil)
				h.run(settle + 150)
				for i, g := range a.got {
					if len(g.payload) != ms*bytesPerMillisecond || g.ts != a.got[0].ts+uint32(i*ms*8) {
						t.Fatalf("%s, %d ms: packet %d has %d bytes, time %d", name, ms, i, len(g.payload), g.ts-a.got[0].ts)
					}
				}
				checkHeard(t, a, b, 0.2)
				checkHeard(t, b, a, 0.2)
			})
		}
	}
}

// The clock of each codec, over everything that interrupts the sending: a change
// of the codec, a hold, frames that the worker gave up.
func TestClocksOfCodecs(t *testing.T) {
	const skipped = 3
	for _, name := range []string{"pcmu", "g722", "opus"} {
		b := wide(t)
		c := codecNamed(name)
		step := uint32(c.clock / framesPerSecond)
		offer := func(c *codec, attributes ...string) string {
			return offerOf(ip, "audio 4000 RTP/AVP 120", append(attributes, "rtpmap:120 "+c.rtpmap())...)
		}
		push := func() {
			b.s.Next(b.now)
			b.s.Push(b.now, mixer.NewFrame(make([]int16, b.s.Rate()/framesPerSecond)))
			b.now += frameNanos
		}
		b.agree(offer(c))
		for range 5 {
			push()
		}
		b.now += skipped * frameNanos
		push()
		b.agree(offer(c, "sendonly"))
		for range 10 {
			push()
		}
		b.agree(offer(c))
		push()
		b.agree(offer(pcma))
		push()
		push()
		b.agree(offer(c))
		push()
		push()
		packets := b.received()
		continuous(t, packets)
		var steps []uint32
		for i := range packets[1:] {
			steps = append(steps, packets[i+1].ts-packets[i].ts)
		}
		want := []uint32{step, step, step, step, (1 + skipped) * step, 11 * step, 160, 160, step, step}
		if !slices.Equal(steps, want) {
			t.Errorf("%s: steps %v, want %v", name, steps, want)
		}
	}
}

// A peer may send any codec that was agreed on at any time, and change within
// the stream; another SSRC begins anew.
func TestPeerChangesCodec(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		a, b := h.phone("opus", nil), h.join("pcmu", "", nil)
		h.room.Join(0, a.s, own(0))
		if _, err := a.s.Offer(); err != nil {
			t.Fatal(err)
		}
		answer := fmt.Sprintf("audio %d RTP/AVP 120 9 0 8", a.sock.local.Port())
		if err := a.s.Accept([]byte(offerOf(ip, answer, "rtpmap:120 opus/48000/2"))); err != nil {
			t.Fatal(err)
		}
		a.s.Commit()
		for _, name := range []string{"pcmu", "g722", "opus", "pcma"} {
			a.use(codecNamed(name))
			a.sends = map[string]uint8{"opus": 120, "g722": 9, "pcmu": 0, "pcma": 8}[name]
			a.says = tone(1000, 4000, a.codec.rate)
			if name == "opus" {
				a.stream = stream{ssrc: 99, seq: 7, ts: 12345}
			}
			h.run(50)
			heard := b.hear()
			if got := strength(heard[len(heard)-4000:], 1000, 8000); math.Abs(got-4000) > 300 {
				t.Errorf("%s: %.0f of 4000 heard", name, got)
			}
		}
	})
}

// A peer that falls silent and sends nothing, or comfort noise, is silent: what
// comes after the pause is heard at once, and no loss is counted.
func TestPausesOfPeers(t *testing.T) {
	for _, name := range []string{"pcmu", "g722", "opus"} {
		inHall(t, func(t *testing.T, h *hall) {
			a, b := h.join(name, "", nil), h.join("pcma", "", nil)
			h.join("pcmu", "", nil) // so that nothing is handed on
			a.says = tone(1000, 4000, a.codec.rate)
			h.run(50)
			a.silent = true
			for i := range 100 {
				if i == 20 {
					p := make([]byte, rtpHeaderSize+1)
					putRTP(p, rtpHeader{payloadType: 13, seq: a.stream.seq, ts: a.stream.ts, ssrc: a.stream.ssrc})
					a.stream.seq++
					p[rtpHeaderSize] = 78
					a.write(p, len(p))
				}
				h.run(1)
			}
			a.silent = false
			h.run(25)
			heard := b.hear()
			at := func(from, to int) float64 { return strength(heard[from*160:to*160], 1000, 8000) }
			if s := at(30, 48); s < 3700 {
				t.Errorf("%s: %.0f before the pause", name, s)
			}
			if s := at(90, 145); s > 60 {
				t.Errorf("%s: %.0f in the pause", name, s)
			}
			if s := at(158, 173); s < 3700 {
				t.Errorf("%s: %.0f after the pause", name, s)
			}
			if st := a.s.Stats(); st.Lost != 0 || st.Discarded != 0 {
				t.Errorf("%s: %d lost, %d discarded", name, st.Lost, st.Discarded)
			}
		})
	}
}

// A frame that was made before the codec changed, at the rate of the old one, is
// not sent as if it were of the new one.
func TestFrameOfTheFormerRate(t *testing.T) {
	for _, change := range [][2]*codec{{codecG722, pcmu}, {pcmu, codecG722}, {codecOpus, pcma}, {pcma, codecOpus}} {
		b := wide(t)
		for _, c := range change {
			b.agree(offerOf(ip, "audio 4000 RTP/AVP 120", "rtpmap:120 "+c.rtpmap()))
			rate := b.s.Rate()
			for range 2 {
				b.now += frameNanos
				b.s.Push(b.now, mixer.NewFrame(make([]int16, rate/framesPerSecond)))
				rate = b.s.Rate()
			}
			for _, p := range b.received() {
				if got := c.samples(p.payload); got != c.rate/framesPerSecond {
					t.Errorf("%s to %s: a packet of %d samples", change[0].name, change[1].name, got)
				}
			}
		}
	}
}
