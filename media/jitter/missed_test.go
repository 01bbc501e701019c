package jitter

import (
	"fmt"
	"slices"
	"testing"
)

// A reader that missed frames, because its machine stood still, goes on where it
// would be without that: the frames are gone, no delay stays, and what follows is
// as it was said, at once.
func TestMissedFramesAreGivenUp(t *testing.T) {
	signal := throughLaw(dialogue(t, 6))
	frames := len(signal) / baseFrame
	for _, missed := range []int{1, 2, 4, 15} {
		for _, broad := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d, wide %v", missed, broad), func(t *testing.T) {
				p, payloads := new(Playout), [][]byte(nil)
				if broad {
					p.Reset(Format{Rate: 16000, Clock: 8000, Decoder: newWideCodec(), Packets: NewPackets()})
					payloads = asG722(wide(signal))
				} else {
					p.Reset(g711)
					for at := 0; at < len(signal); at += baseFrame {
						payloads = append(payloads, encoded(signal[at:at+baseFrame]))
					}
				}
				lead := make([]int32, frames)
				for i := range frames {
					now := int64(i+1)*tick + 2_000_000 // packets wait for 2 ms
					p.Put(Packet{At: int64(i+1) * tick, TS: uint32(i * baseFrame), Payload: payloads[i], InOrder: true, Follows: true})
					if i >= 200 && i < 200+missed {
						continue
					}
					p.Next(now)
					lead[i] = p.lag(p.tick+uint32(p.size), p.play)
					heard := p.Samples()
					if !broad && (i > 190 && i < 200 || i >= 200+missed) && !slices.Equal(heard, signal[i*baseFrame:][:baseFrame]) {
						t.Fatalf("frame %d is not as it was said", i)
					}
				}
				if lead[199] > 20 || slices.Max(lead[200+missed:]) > lead[199] {
					t.Errorf("a lead of %d samples before, of up to %d after", lead[199], slices.Max(lead[200+missed:]))
				}
			})
		}
	}
}
