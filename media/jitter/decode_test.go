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

func (c *coder) send(i int, inOrder, follows bool) bool {
	ts := uint32(firstTick) + uint32(i*c.n*c.clock/16000)
	return c.Put(Packet{At: c.now - 2_000_000, TS: ts, Payload: c.packets[i], InOrder: inOrder, Follows: follows})
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
