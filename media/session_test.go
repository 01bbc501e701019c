package media

import (
	"testing"
	"unsafe"

	"warmline/mixer"
)

// What the mixer asks of a leg.
var _ mixer.Stream = (*Session)(nil)

func TestCallBothWays(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	for i := range b.frame {
		b.frame[i] = 4000
	}
	var heard []int16
	for range 10 {
		b.send(b.peer, 0, level(8000, 160))
		heard, _ = b.tick()
	}
	if !near(heard, 8000) {
		t.Errorf("heard %v, want 8000", heard[:8])
	}
	packets := 0
	for {
		h, payload, ok := b.peer.read(t)
		if !ok {
			break
		}
		if h.payloadType != 0 || len(payload) != 160 || pcmu.decode[payload[0]] < 3900 {
			t.Errorf("packet %d: %+v, %d bytes", packets, h, len(payload))
		}
		if h.marker != (packets == 0) {
			t.Errorf("packet %d: marker %v", packets, h.marker)
		}
		packets++
	}
	if packets != 10 {
		t.Errorf("%d packets sent, want 10", packets)
	}
	st := b.s.Stats()
	if st.PacketsIn != 10 || st.PacketsOut != 10 || st.Lost != 0 || st.Discarded != 0 || st.Remote != peerAddr || !st.Started {
		t.Errorf("%+v", st)
	}
}

// Two sessions of ours call each other: offer, answer, and audio both ways.
func TestTwoSessions(t *testing.T) {
	b := newBench(t, SessionConfig{})
	other, err := b.engine.NewSession(SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	offer, err := b.s.Offer()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := other.Answer(offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.s.Accept(answer); err != nil {
		t.Fatal(err)
	}
	other.Commit()
	b.s.Commit()
	var one, two, heard [frameSamples]int16
	for i := range one {
		one[i], two[i] = 1000, -2000
	}
	for now := int64(0); now < 20*frameNanos; now += frameNanos {
		for _, s := range []*Session{b.s, other} {
			pull(s, now, heard[:])
			want := int16(-2000)
			if s == other {
				want = 1000
			}
			if now > 10*frameNanos && !near(heard[:], want) {
				t.Fatalf("heard %v, want %d", heard[:4], want)
			}
		}
		b.s.Push(now, mixer.NewFrame(one[:]))
		other.Push(now, mixer.NewFrame(two[:]))
	}
}

// A session just fits a size class of the allocator; the next is 768 bytes larger, for
// each leg.
func TestSizeOfASession(t *testing.T) {
	if size := unsafe.Sizeof(Session{}); size > 9472 {
		t.Errorf("a session has %d bytes", size)
	}
}
