package jitter

import (
	"encoding/binary"
	"testing"
)

// FuzzPlayout plays a script: packets with any timestamps, lengths and claims
// about their order, comfort noise, keys, resets, frames asked for as samples,
// as packets, as both or not at all, of G.711 and of codecs with state and
// without means of their own; all of it read ahead at any time. Whatever comes,
// nothing panics, and a stream that is steady afterwards is heard again, with a
// bounded delay.
func FuzzPlayout(f *testing.F) {
	f.Add(byte(0), []byte{0, 0, 0, 0, 0, 160, 3, 200, 1, 0, 0, 160, 160, 3})
	f.Add(byte(0), []byte{0, 255, 255, 255, 96, 160, 3, 200, 200, 1, 0, 0, 8, 0, 240, 1, 220, 240, 250})
	f.Add(byte(0), []byte{0, 0, 0, 0, 0, 80, 2, 200, 0, 0, 0, 0, 80, 80, 2, 0, 0, 0, 0, 40, 80, 0, 200, 200, 200})
	f.Add(byte(1), []byte{0, 0, 160, 0, 160, 3, 0, 230, 0, 0, 160, 0, 160, 3, 0, 240, 250, 0, 1, 64, 0, 160, 3, 0, 225, 245})
	f.Add(byte(2), []byte{1, 3, 192, 0, 80, 3, 0, 230, 1, 3, 192, 0, 80, 3, 0, 240, 215, 40, 250, 250, 1, 3, 192, 0, 80, 1, 9, 250})
	f.Add(byte(3), []byte{0, 0, 160, 0, 160, 3, 0, 250, 250, 250, 212, 50, 250, 250, 0, 0, 160, 0, 255, 1, 200, 250})
	f.Fuzz(func(t *testing.T, kind byte, script []byte) {
		var p Playout
		format := formatOf(kind)
		p.Reset(format)
		payload := make([]byte, maxPayload+1)
		now, ts, seq := int64(0), uint32(0), uint16(0)
		for len(script) > 0 {
			op := script[0]
			script = script[1:]
			switch {
			case op < 200 && len(script) >= 6:
				ts += uint32(int32(int16(binary.BigEndian.Uint16(script))))
				if op > 190 {
					ts = binary.BigEndian.Uint32(script)
				}
				n := min(int(script[3])*int(1+op%9), len(payload))
				seq += uint16(int8(script[4]) >> 2)
				p.Put(Packet{
					At: now - int64(script[5])*100_000, TS: ts, Seq: seq, Payload: payload[:n],
					InOrder: script[4]&1 != 0, Follows: script[4]&2 != 0,
				})
				script = script[6:]
			case op < 210 && len(script) >= 1:
				p.Mute(ts, ts+uint32(int32(int8(script[0]))*32))
				script = script[1:]
			case op < 220 && len(script) >= 1:
				p.Comfort(now, ts+uint32(op), script[:1], op&1 != 0)
				script = script[1:]
			case op == 220:
				p.Reset(format)
			default:
				ask(t, &p, now, op)
				now += tick + int64(op%3-1)*slotLength
			}
			check(t, &p)
		}
		settle(t, &p, kind, ts, now)
	})
}

// formatOf is G.711, or a codec with state with its three clocks, and with or
// without concealment.
func formatOf(kind byte) Format {
	if kind%4 == 0 {
		return g711
	}
	c := &adpcm{conceals: kind&8 != 0}
	return Format{Rate: 16000, Clock: []int{0, 8000, 48000, 16000}[kind%4], Decoder: c, Packets: NewPackets()}
}

// ask goes on by a frame and asks for it in one of the ways there are.
func ask(t *testing.T, p *Playout, now int64, how byte) {
	p.Next(now)
	if how&1 != 0 {
		payload, lost, ok := p.Relay()
		if !ok && payload != nil {
			t.Fatal("a payload that is not handed on")
		}
		if lost < 0 || lost > mostLost || payload == nil && lost != 0 {
			t.Fatalf("%d packets lost before %d bytes", lost, len(payload))
		}
	}
	if how&2 != 0 {
		if n := len(p.Samples()); n != p.size {
			t.Fatalf("%d samples", n)
		}
	}
	p.Slack()
}

// check looks at what must be so at any time.
func check(t *testing.T, p *Playout) {
	warm(p)
	if d := p.until(p.end); p.running && d > 3*capacity*p.k {
		t.Fatalf("%d samples to come", d)
	}
	if p.running && p.lags.total > 0 && float64(p.lags.target()) > float64(p.lags.mean)+ceiling+1 {
		t.Fatalf("target %d, mean lag %g", p.lags.target(), p.lags.mean)
	}
	if p.conceal.lost < 0 || p.merge < 0 || p.merge > codecFade*p.k { // the longest fade there is
		t.Fatalf("lost %d, merge %d", p.conceal.lost, p.merge)
	}
	if p.Delay() < -second || p.Delay() > 10*second {
		t.Fatalf("a delay of %d ns", p.Delay())
	}
}

// settle has a steady stream go on from ts.
func settle(t *testing.T, p *Playout, kind byte, ts uint32, now int64) {
	const loud = 5000
	payload, step := level(loud, baseFrame), uint32(baseFrame*p.format.Clock/baseRate)
	var encoder adpcm
	encoder.Reset()
	steady := make([]int16, p.size)
	for i := range steady {
		steady[i] = loud
	}
	heard := 0
	for range 250 {
		if p.format.Table == nil {
			payload = encoder.encode(steady)
		}
		p.Put(Packet{At: now, TS: ts, Payload: payload, InOrder: true, Follows: true})
		p.Next(now)
		heard++
		for _, v := range p.Samples() {
			if v < loud*3/4 || v > loud*5/4 {
				heard = 0
				break
			}
		}
		ts += step
		now += tick
	}
	if heard < 50 {
		t.Fatalf("kind %d: a steady stream is not heard after 4 s: lead %d, target %d, %d to come, muted %v", kind, p.lead(), p.lags.target(), p.until(p.end), p.muted)
	}
	// At most the ceiling, and what is beyond it that only goes slowly.
	if n := p.until(p.end); n > (ceiling+farTooLong+3*baseFrame)*p.k {
		t.Fatalf("%d samples to come", n)
	}
}
