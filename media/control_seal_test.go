package media

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"

	"warmline/media/srtp"
	"warmline/mixer"
)

// Two encrypted sessions of ours report to each other and say goodbye, on one
// port or on a pair of them. Nothing of it can be read on the way.
func TestControlIsSealed(t *testing.T) {
	for _, suite := range []string{cm80, gcm} {
		for _, mux := range []bool{true, false} {
			t.Run(fmt.Sprint(suite, " on one port: ", mux), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { sealedTalk(t, suite, mux) })
			})
		}
	}
}

func sealedTalk(t *testing.T, suite string, mux bool) {
	b := newBench(t, SessionConfig{SRTP: SRTPRequired})
	other, err := b.engine.NewSession(SessionConfig{SRTP: SRTPRequired})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	offer, err := b.s.Offer()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := other.Answer(only(string(offer), suite, mux))
	if err == nil {
		err = b.s.Accept(answer)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.s.Commit()
	other.Commit()
	if b.s.SRTP() != suite || other.SRTP() != suite || b.s.agreed.mux != mux || other.agreed.mux != mux {
		t.Fatalf("suites %q and %q, one port: %v and %v", b.s.SRTP(), other.SRTP(), b.s.agreed.mux, other.agreed.mux)
	}
	controls := 0
	b.net.tap = func(p []byte) {
		if isRTCP(p) {
			controls++
		}
		if bytes.Contains(p, b.s.control.cname[:]) || bytes.Contains(p, other.control.cname[:]) {
			t.Errorf("in the clear: %x", p)
		}
	}
	var frame [frameSamples]int16
	b.tickFor(30*time.Second, func() {
		other.Next(b.now)
		other.Push(b.now, mixer.NewFrame(frame[:]))
	})
	if controls < 8 {
		t.Errorf("%d packets of RTCP in half a minute", controls)
	}
	for i, s := range []*Session{b.s, other} {
		if st := s.Stats(); st.FarReports < 3 || st.RoundTrip == 0 || st.Discarded != 0 || st.Unsent != 0 || st.Byes != 0 {
			t.Errorf("session %d: %+v", i, st)
		}
	}
	b.s.Close()
	for range controlTicks {
		b.now += frameNanos
		other.Next(b.now)
	}
	if st := other.Stats(); st.Byes != 1 || st.Discarded != 0 {
		t.Errorf("after the goodbye: %+v", st)
	}
}

// only leaves one suite in an offer, and rtcp-mux where it is wanted.
func only(offer, suite string, mux bool) []byte {
	var kept strings.Builder
	for line := range strings.Lines(offer) {
		if strings.HasPrefix(line, "a=crypto:") && !strings.Contains(line, suite+" ") || !mux && strings.HasPrefix(line, "a=rtcp-mux") {
			continue
		}
		kept.WriteString(line)
	}
	return []byte(kept.String())
}

// RTCP that is not under the peer's key does nothing, even from the peer's own
// address: it is easy to forge. The same under its key is taken, once.
func TestPlainControlIsRefused(t *testing.T) {
	for _, suite := range []string{cm80, cm32, gcm} {
		for _, mux := range []bool{true, false} {
			t.Run(fmt.Sprint(suite, " on one port: ", mux), func(t *testing.T) {
				b := newBench(t, SessionConfig{SRTP: SRTPOptional})
				key, line := cryptoOf(t, 1, suite)
				attributes, from, to := []string{line}, b.ctl, b.s.rtcp.LocalAddr()
				if mux {
					attributes, from, to = append(attributes, "rtcp-mux"), b.peer, b.rtpAddr()
				}
				b.agree(offerOf(peerAddr.Addr().String(), savp, attributes...))
				seal, err := srtp.NewSealer(key)
				if err != nil {
					t.Fatal(err)
				}
				plain := byeOf(t, 7)
				_, stranger := cryptoOf(t, 1, suite)
				sealed := sealedBy(t, seal, plain)
				steps := []struct {
					what            string
					packet          []byte
					byes, discarded uint64
				}{
					{"plain", plain, 0, 1},
					{"under a stranger's key", sealedBy(t, sealerOf(t, stranger), plain), 0, 2},
					{"under the peer's", sealed, 1, 2},
					{"the same again", sealed, 1, 3},
					{"under the peer's, the next", sealedBy(t, seal, plain), 2, 3},
				}
				for _, s := range steps {
					from.TryWrite(s.packet, to)
					for range controlTicks {
						b.tick()
					}
					if st := b.s.Stats(); st.Byes != s.byes || st.Discarded != s.discarded {
						t.Errorf("%s: %d goodbyes, %d discarded; want %d and %d", s.what, st.Byes, st.Discarded, s.byes, s.discarded)
					}
				}
			})
		}
	}
}

// byeOf is a compound packet that ends a stream.
func byeOf(t *testing.T, ssrc uint32) []byte {
	t.Helper()
	p, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: ssrc}, &rtcp.Goodbye{Sources: []uint32{ssrc}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sealerOf(t *testing.T, line string) *srtp.Sealer {
	t.Helper()
	_, key, err := srtp.ParseCrypto(strings.TrimPrefix(line, "crypto:"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := srtp.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sealedBy is a copy of a packet under a key.
func sealedBy(t *testing.T, s *srtp.Sealer, p []byte) []byte {
	t.Helper()
	room := append(bytes.Clone(p), make([]byte, 32)...)
	n, err := s.RTCP(room, len(p))
	if err != nil {
		t.Fatal(err)
	}
	return room[:n]
}

// Without room for the seal nothing is sent, least of all in the clear; and the
// longest report leaves room.
func TestControlWithoutRoom(t *testing.T) {
	b, _ := rekeying(t)
	b.tick()
	sent, size := 0, 0
	b.net.tap = func(p []byte) { sent, size = sent+1, len(p) }
	full := byeOf(t, 7)
	b.s.sendControl(b.s.taken, full[:len(full):len(full)])
	if st := b.s.Stats(); sent != 0 || st.Unsent != 1 {
		t.Errorf("%d sent, %d counted", sent, st.Unsent)
	}
	b.s.taken.xr = true
	b.s.in.stream.started, b.s.in.stream.received = true, 1
	b.s.out.packets++
	b.s.goodbye(b.s.taken)
	const longest = 28 + 24 + 28 + 44 + 8 + 14 // SR, block, CNAME, VoIP metrics, BYE, seal
	if st := b.s.Stats(); sent != 1 || st.Unsent != 1 || size != longest || longest+6 > outSize {
		t.Errorf("%d sent, %d counted, %d bytes", sent, st.Unsent, size)
	}
}

// To seal a report costs the worker no allocation.
func TestSealedControlDoesNotAllocate(t *testing.T) {
	b, _ := rekeying(t)
	b.tick()
	sc := new(scratch)
	if n := testing.AllocsPerRun(100, func() {
		p := b.s.appendReport(sc.out[:0], b.now, b.s.taken)
		if _, ok := b.s.taken.sealControl(p); !ok {
			t.Fatal("not sealed")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
