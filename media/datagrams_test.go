package media

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"warmline/mixer"
)

// FuzzDatagrams plays a script of datagrams to two sessions, which are handed what
// the other's peer sends where that can be, and mixed else: RTP with any numbers,
// header and payload, RTCP and what is neither, frames that come late or not at all.
// Nothing panics, what is heard has a frame's length, and all that is sent is RTP
// with a payload, or RTCP.
func FuzzDatagrams(f *testing.F) {
	for kind := range byte(4) {
		steady, wild := []byte(nil), []byte(nil)
		for i := range byte(60) {
			steady = append(steady, kind, 1, 1, 0, 160, i, 255, 0)
			wild = append(wild, i*3, i*5, i*7, i*11, i*13, i, i*17, i%5*50)
		}
		f.Add(kind, steady)
		f.Add(kind, wild)
	}
	f.Fuzz(playDatagrams)
}

// The same at random.
func TestDatagramsAtRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := range 100 {
		script := make([]byte, 8*300)
		for i := range script {
			script[i] = byte(rng.Uint32())
			switch place := i % 8; {
			case n%2 > 0 && place == 1, n%2 > 0 && place == 2 && rng.IntN(20) > 0:
				script[i] = byte(1 + rng.IntN(8)/7) // most packets in order
			case n%2 > 0 && place == 7 && rng.IntN(20) > 0:
				script[i] = 0
			}
		}
		playDatagrams(t, byte(n), script)
	}
}

func playDatagrams(t *testing.T, kind byte, script []byte) {
	names := []string{"opus", "g722", "pcmu", "pcma"}
	types := []uint8{111, 9, 0, 8}
	b := newBench(t, SessionConfig{Codecs: names[kind%4:][:1]})
	other, err := b.engine.NewSession(SessionConfig{Codecs: names[kind%4:][:1]})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	offer := fmt.Sprintf("audio %d RTP/AVP %d 101", peerAddr.Port(), types[kind%4])
	b.agree(offerOf(peerAddr.Addr().String(), offer, "rtpmap:111 opus/48000/2", "rtpmap:101 telephone-event/8000", "rtcp-mux"))
	second := netip.MustParseAddrPort("198.51.100.8:4000")
	if _, err := other.Answer([]byte(offerOf(second.Addr().String(), offer, "rtpmap:111 opus/48000/2", "rtpmap:101 telephone-event/8000"))); err != nil {
		t.Fatal(err)
	}
	other.Commit()
	sockets := []*fakeSocket{b.peer, b.socket(second)}
	sessions := []*Session{b.s, other}
	seqs, stamps := [2]uint16{}, [2]uint32{}
	for ; len(script) >= 8; script = script[8:] {
		op := script[:8]
		who := int(op[5] & 1)
		seqs[who] += uint16(int8(op[1]))
		stamps[who] += uint32(int8(op[2])) * 160 * uint32(codecNamed(names[kind%4]).clock/clockRate)
		p := make([]byte, 12+int(op[4])*2%1400)
		binary.BigEndian.PutUint16(p[2:], seqs[who])
		binary.BigEndian.PutUint32(p[4:], stamps[who]+uint32(op[3]&3))
		binary.BigEndian.PutUint32(p[8:], uint32(op[3]>>6))
		p[0], p[1] = 2<<6, types[kind%4]
		for i := range p[12:] {
			p[12+i] = op[5] * byte(i)
		}
		if len(p) > 12 {
			p[12] = op[0]
		}
		switch op[7] >> 5 {
		case 1:
			p[0] |= op[6] & 0x3f // sources, an extension, padding
		case 2:
			p[1] = op[6]
		case 3:
			p[0] = op[6]
		}
		if op[7]&1 == 0 {
			sockets[who].TryWrite(p, sessions[who].rtp.LocalAddr())
		}
		if op[7]&2 == 0 {
			b.now += frameNanos * int64(1+op[7]&4) / int64(1+op[7]&8)
			meet(t, b.now, sessions, sockets, op[7]&16 == 0)
		}
	}
}

// meet has two sessions that hear each other go on by a frame.
func meet(t *testing.T, now int64, sessions []*Session, sockets []*fakeSocket, relay bool) {
	t.Helper()
	for _, s := range sessions {
		s.Next(now)
	}
	for i, s := range sessions {
		o := sessions[1-i]
		if !relay || !s.Relay(now, o) {
			frame := o.Samples(s.Rate())
			if len(frame) != s.Rate()/framesPerSecond {
				t.Fatalf("a frame of %d samples", len(frame))
			}
			s.Push(now, mixer.NewFrame(frame))
		}
		buf := make([]byte, datagramSize)
		for {
			n, _, _, ok := sockets[i].TryRead(buf)
			if !ok {
				break
			}
			if _, payload, ok := parseRTP(buf[:n]); !isRTCP(buf[:n]) && (!ok || len(payload) == 0) {
				t.Fatalf("sent: % x", buf[:n])
			}
		}
	}
}
