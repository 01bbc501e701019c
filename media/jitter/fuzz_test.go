package jitter

import (
	"encoding/binary"
	"testing"
)

// FuzzPlayout plays a script: packets with any timestamps, lengths and claims
// about their order, keys, resets and pulls. Whatever comes, nothing panics,
// what was put and is in time is not further away than the store reaches, and a
// stream that is steady afterwards is heard again, with a bounded delay.
func FuzzPlayout(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 160, 3, 200, 1, 0, 0, 160, 160, 3})
	f.Add([]byte{0, 255, 255, 255, 96, 160, 3, 200, 200, 1, 0, 0, 8, 0, 240, 1, 220, 240, 250})
	f.Add([]byte{0, 0, 0, 0, 0, 80, 2, 200, 0, 0, 0, 0, 80, 80, 2, 0, 0, 0, 0, 40, 80, 0, 200, 200, 200})
	f.Fuzz(func(t *testing.T, script []byte) {
		var p Playout
		p.Reset(g711)
		payload := make([]byte, maxPayload+1)
		now, ts := int64(0), uint32(0)
		for len(script) > 0 {
			op := script[0]
			script = script[1:]
			switch {
			case op < 200 && len(script) >= 6:
				ts += uint32(int32(int16(binary.BigEndian.Uint16(script))))
				if op > 190 {
					ts = binary.BigEndian.Uint32(script)
				}
				n := min(int(script[4])*int(1+op%9), len(payload))
				p.Put(Packet{At: now, TS: ts, Payload: payload[:n], InOrder: script[5]&1 != 0, Follows: script[5]&2 != 0})
				script = script[6:]
			case op < 220 && len(script) >= 1:
				p.Mute(ts, ts+uint32(int32(int8(script[0]))*32))
				script = script[1:]
			case op == 220:
				p.Reset(g711)
			default:
				p.Next(now)
				p.Samples()
				now += tick
			}
			check(t, &p)
		}
		settle(t, &p, ts, now)
	})
}

// check looks at what must be so at any time.
func check(t *testing.T, p *Playout) {
	if d := p.until(p.end); p.running && (d > 2*capacity || d < -1<<20) {
		t.Fatalf("delay of %d", d)
	}
	if p.running && p.lags.total > 0 && float64(p.lags.target()) > float64(p.lags.mean)+ceiling+1 {
		t.Fatalf("target %d, mean lag %g", p.lags.target(), p.lags.mean)
	}
	if p.conceal.lost < 0 || p.merge < 0 || p.merge > longFade {
		t.Fatalf("lost %d, merge %d", p.conceal.lost, p.merge)
	}
}

// settle has a steady stream go on from ts.
func settle(t *testing.T, p *Playout, ts uint32, now int64) {
	payload := level(5000, baseFrame)
	heard := 0
	for range 200 {
		p.Put(Packet{At: now, TS: ts, Payload: payload, InOrder: true, Follows: true})
		p.Next(now)
		dst := p.Samples()
		if heard++; !all(dst, 5000) {
			heard = 0
		}
		ts += baseFrame
		now += tick
	}
	if heard < 50 {
		t.Fatalf("a steady stream is not heard after 3 s: lead %d, target %d, early %d, muted %v", p.lead(), p.lags.target(), p.until(p.end), p.muted)
	}
	// At most the ceiling, and what is beyond it that only goes slowly.
	if p.until(p.end) > ceiling+farTooLong+3*baseFrame {
		t.Fatalf("%d samples of delay", p.until(p.end))
	}
}
