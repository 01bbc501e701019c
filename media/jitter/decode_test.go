package jitter

import (
	"math"
	"testing"
)

func pow(x, y float64) float64 { return math.Pow(x, y) }
func floor(x float64) float64  { return math.Floor(x) }

// wide is a signal at 16 kHz that has the speech at 8 kHz in it.
func wide(signal []int16) []int16 {
	out := make([]int16, 2*len(signal))
	for i, v := range signal {
		next := v
		if i+1 < len(signal) {
			next = signal[i+1]
		}
		out[2*i], out[2*i+1] = v, int16((int32(v)+int32(next))/2)
	}
	return out
}

// coder is a playout of adpcm at 16 kHz, and what is sent to it.
type coder struct {
	rig
	codec   adpcm
	packets [][]byte
	plain   []int16 // decoded without anything lost
	clock   int
	n       int // samples a packet
}

func newCoder(signal []int16, clock, n int) *coder {
	c := &coder{clock: clock, n: n}
	var encoder, decoder adpcm
	encoder.Reset()
	decoder.Reset()
	c.plain = make([]int16, len(signal)/n*n)
	for at := 0; at+n <= len(signal); at += n {
		p := encoder.encode(signal[at : at+n])
		c.packets = append(c.packets, p)
		decoder.Decode(c.plain[at:], p)
	}
	c.Reset(Format{Rate: 16000, Clock: clock, Decoder: &c.codec, Packets: NewPackets()})
	return c
}

// firstTick is where the timestamps begin: they wrap round soon.
const firstTick = 1<<32 - 48000

// firstSeq is the same of the sequence numbers.
const firstSeq = 1<<16 - 130

func (c *coder) send(i int, inOrder, follows bool) bool { return c.sendAs(i, i, inOrder, follows) }

// sendAs sends a packet as the nth that was sent, which it is not where some were
// left out.
func (c *coder) sendAs(n, i int, inOrder, follows bool) bool {
	ts := uint32(firstTick) + uint32(i*c.n*c.clock/16000)
	return c.Put(Packet{
		At: c.now - 2_000_000, TS: ts, Seq: uint16(firstSeq + n), Payload: c.packets[i], InOrder: inOrder, Follows: follows,
	})
}

// at is the place in what was sent of a position.
func (c *coder) at(pos uint32) int { return int(int32(pos - firstTick)) }

// A steady stream of a codec with state is what its decoder makes of it, at any
// clock and length of packets.
func TestCodedStreamIsExact(t *testing.T) {
	signal := wide(dialogue(t, 10))
	for _, clock := range []int{8000, 16000, 48000} {
		for _, n := range []int{160, 320, 640, 960} {
			c := newCoder(signal, clock, n)
			sent := 0
			for f := range 400 {
				for (sent+1)*c.n <= (f+1)*c.size {
					c.send(sent, true, true)
					sent++
				}
				at := c.at(c.play)
				frame, _ := c.frame()
				if f < 200 || at+len(frame) > len(c.plain) {
					continue
				}
				for i, v := range frame {
					if v != c.plain[at+i] {
						t.Fatalf("clock %d, packets of %d: frame %d differs at %d: %d, %d", clock, n, f, i, v, c.plain[at+i])
					}
				}
			}
		}
	}
}

// Packets that overtake each other within the delay are decoded in order.
func TestCodedReordering(t *testing.T) {
	c := newCoder(wide(dialogue(t, 10)), 8000, 320)
	for f := range 200 {
		switch {
		case f%3 == 1:
			c.send(f+1, true, false)
		case f%3 == 2:
			c.send(f-1, false, true)
		default:
			c.send(f, true, true)
		}
		at := c.at(c.play)
		frame, _ := c.frame()
		for i, v := range frame {
			if f > 100 && v != c.plain[at+i] {
				t.Fatalf("frame %d differs at %d", f, i)
			}
		}
	}
	if c.Concealed() > 20_000_000 {
		t.Errorf("%d ms concealed", c.Concealed()/1e6)
	}
}

// A lost packet is for the decoder to conceal, which gets the packet after it
// as soon as that is there; what it cannot do the concealer does.
func TestCodedLoss(t *testing.T) {
	for _, conceals := range []bool{true, false} {
		c := newCoder(vowel(16000*10, 120), 48000, 320)
		c.codec.conceals = conceals
		fed, steep := 0, 0
		last := int16(0)
		for f := range 300 {
			// Two at a time, so that the packet after a lost one is there.
			if f%2 == 0 {
				for i := f; i < f+2; i++ {
					if i%30 != 20 {
						c.send(i, true, i%30 != 21)
					}
				}
			}
			c.codec.fed = nil
			frame, ok := c.frame()
			if !ok && f > 5 {
				t.Fatalf("frame %d: nothing to hear", f)
			}
			for _, next := range c.codec.fed {
				if next != nil {
					fed++
				}
			}
			for _, v := range frame {
				if f > 100 {
					steep = max(steep, int(v)-int(last), int(last)-int(v))
				}
				last = v
			}
		}
		if fed < 8 || fed > 12 {
			t.Errorf("concealing %v: %d of 10 lost packets with the one after", conceals, fed)
		}
		if ms := c.Concealed() / 1_000_000; ms < 180 || ms > 230 {
			t.Errorf("concealing %v: %d ms concealed", conceals, ms)
		}
		if conceals != (c.codec.concealed > 0) {
			t.Errorf("concealing %v: %d samples by the decoder", conceals, c.codec.concealed)
		}
		// The voice's own steps are up to 740; holding a sample makes greater ones.
		if !conceals && steep > 1500 {
			t.Errorf("a step of %d", steep)
		}
	}
}

// When nothing comes any more, the decoder's concealment gives way to silence.
func TestCodedOutage(t *testing.T) {
	for _, conceals := range []bool{true, false} {
		c := newCoder(vowel(16000*10, 120), 48000, 320)
		c.codec.conceals = conceals
		for f := range 100 {
			c.send(f, true, true)
			c.frame()
		}
		for range 9 {
			c.frame()
		}
		if frame, ok := c.frame(); ok || !all(frame, 0) {
			t.Errorf("concealing %v: still %d after 200 ms, %v", conceals, frame[0], ok)
		}
		c.send(110, true, false)
		c.send(111, true, true)
		for i := range 4 {
			if frame, _ := c.frame(); i == 3 && all(frame, 0) {
				t.Errorf("concealing %v: not heard again", conceals)
			}
		}
	}
}

// brief conceals 20 ms of a gap.
type brief struct {
	*adpcm
	left int
}

func (b *brief) Decode(dst []int16, payload []byte) int {
	b.left = 320
	return b.adpcm.Decode(dst, payload)
}

func (b *brief) Conceal(dst []int16, next []byte) int {
	n := b.adpcm.Conceal(dst[:min(len(dst), b.left)], next)
	b.left -= n
	return n
}

// Where the decoder has enough of a gap, the concealer goes on with what it made,
// and fades as if that had been heard.
func TestDecoderHasEnough(t *testing.T) {
	c := newCoder(vowel(16000*10, 120), 48000, 320)
	c.codec.conceals = true
	c.format.Decoder = &brief{adpcm: &c.codec}
	for f := range 100 {
		c.send(f, true, true)
		c.frame()
	}
	for i, least := range []int{1000, 500, 500, 200} {
		if frame, _ := c.frame(); loudestOf(frame) < least {
			t.Errorf("%d ms into the gap: %d", 20*i, loudestOf(frame))
		}
	}
}

// What the sender left out between packets is silence, and no loss.
func TestCodedPause(t *testing.T) {
	c := newCoder(vowel(16000*10, 120), 8000, 320)
	silent := 0
	for f := range 200 {
		if f < 100 {
			c.send(f, true, true)
		} else if f >= 112 {
			c.send(f, true, true)
		}
		if frame, _ := c.frame(); f > 100 && f < 120 && all(frame, 0) {
			silent++
		}
	}
	if silent < 4 || c.Concealed() > 0 {
		t.Errorf("%d frames of silence, %d ms concealed", silent, c.Concealed()/1_000_000)
	}
}

// Payloads of no use are refused, and a packet that does not decode is a lost
// one.
func TestCodedGarbage(t *testing.T) {
	c := newCoder(vowel(16000*10, 120), 48000, 320)
	if c.Put(Packet{}) || c.Put(Packet{Payload: make([]byte, maxPayload+1)}) {
		t.Error("taken")
	}
	c.format.Duration = func(p []byte) int { return int(int8(p[0])) * 100 }
	for _, first := range []byte{0, 200, 20} {
		if c.Put(Packet{Payload: []byte{first}}) {
			t.Errorf("a packet of %d samples was taken", c.format.Duration([]byte{first}))
		}
	}
	c.format.Duration = nil
	c.format.Decoder = deaf{&c.codec}
	for f := range 60 {
		c.send(f, true, true)
		if frame, _ := c.frame(); !all(frame, 0) {
			t.Fatal("something to hear")
		}
	}
}

// deaf decodes nothing.
type deaf struct{ *adpcm }

func (deaf) Decode([]int16, []byte) int { return 0 }

// What is to be played at the longest delay, and the packets behind that are
// decoded again, are there at any rate that is likely.
func TestRoomForPackets(t *testing.T) {
	for _, tt := range []struct{ bitrate, ms int }{{64_000, 1000}, {128_000, 500}, {256_000, ceiling/8 + 40}, {510_000, 120}} {
		k := NewPackets()
		payload := make([]byte, tt.bitrate/8/50)
		for i := range 500 {
			k.put(&arrived{Packet: Packet{Payload: payload}, pos: uint32(i * 320), count: 320})
			for back := range min(i+1, tt.ms/20) {
				if k.find(uint32((i-back)*320)) == nil {
					t.Fatalf("%d bit/s: packet %d is gone, %d ms later", tt.bitrate, i-back, back*20)
				}
			}
		}
	}
}

// Newer packets take the place of the oldest, and never share their bytes.
func TestPacketsAreOverwritten(t *testing.T) {
	k := NewPackets()
	payload := make([]byte, 1500)
	for i := range 300 {
		n := 1 + i*37%1500
		for b := range n {
			payload[b] = byte(i)
		}
		k.put(&arrived{Packet: Packet{Payload: payload[:n]}, pos: uint32(i * 320), count: 320})
		there := 0
		for s := range k.slot {
			s := &k.slot[s]
			if !k.valid(s) {
				continue
			}
			there++
			for _, b := range k.payload(s) {
				if b != byte(s.pos/320) {
					t.Fatalf("packet %d: overwritten by %d", s.pos/320, b)
				}
			}
		}
		if there < min(i+1, 4) {
			t.Fatalf("only %d of %d packets", there, i+1)
		}
		if k.find(uint32(i*320)) == nil || k.find(uint32(i*320+1)) != nil {
			t.Fatal("not found")
		}
	}
	if s := k.after(299*320 + 319); s == nil || s.pos != 299*320 {
		t.Error("the last packet is not found by its last sample")
	}
	if k.after(300*320) != nil {
		t.Error("a packet of the future")
	}
}

// A position goes on by the clock's ratio wherever the timestamps wrap round,
// and does not drift by rounding.
func TestTimeline(t *testing.T) {
	for _, c := range []struct{ clock, rate int64 }{{8000, 16000}, {48000, 16000}, {8000, 8000}, {16000, 16000}} {
		l := timeline{clock: c.clock, rate: c.rate}
		ts := uint32(1<<32 - 1000)
		l.begin(ts)
		pos := ts
		for i := range 10_000_000 / 1000 {
			ts += uint32(c.clock)
			pos += uint32(c.rate)
			if got := l.position(ts); got != pos {
				t.Fatalf("%v: second %d: %d samples off", c, i, int32(got-pos))
			}
			if got := l.position(ts - uint32(c.clock)); got != pos-uint32(c.rate) {
				t.Fatalf("%v: second %d: the one before is %d samples off", c, i, int32(got-pos))
			}
			l.follow(ts, pos)
			if off := uint32(1); i%3 == 0 {
				l.follow(ts+off, l.position(ts+off))
			}
		}
	}
}

func TestCodedNoAllocations(t *testing.T) {
	c := newCoder(vowel(16000*10, 120), 8000, 320)
	f := 0
	if n := testing.AllocsPerRun(300, func() {
		if f%7 != 3 {
			c.send(f, true, f%7 != 4)
		}
		c.Next(c.now)
		c.now += tick
		c.Relay()
		if f%40 < 20 {
			c.Samples()
		}
		c.Slack()
		f++
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
