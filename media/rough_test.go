package media_test

import (
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"warmline/internal/testnet"
	"warmline/media"

	"warmline/mixer"
)

const (
	frameSamples = 160
	tick         = 20 * time.Millisecond
)

// end is one end of a call between two engines on a network in memory.
type end struct {
	*media.Session
	mu     sync.Mutex
	digits []byte
	voice  [frameSamples]int16
	heard  int // frames with something to hear
	wrong  int // of those, frames that are not the other's voice
	frames int
}

// newEnd makes an engine and a session whose voice has the given level.
func newEnd(t *testing.T, net *testnet.Network, host string, level int16) *end {
	t.Helper()
	e, err := media.New(media.Config{
		Network: testnet.Sockets[media.Socket]{Network: net},
		Addr:    netip.MustParseAddr(host), PortMin: 20000, PortMax: 20099,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	x := &end{}
	x.Session, err = e.NewSession(media.SessionConfig{Digit: func(d byte) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.digits = append(x.digits, d)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	for i := range x.voice {
		x.voice[i] = level
	}
	return x
}

// work is a worker's tick. Concealment fades, so a voice may be fainter than
// it was sent, never louder, and has its sign.
func (x *end) work(now time.Time, other int16) {
	at := now.UnixNano()
	x.frames++
	if x.Next(at) {
		x.heard++
		for _, v := range x.Samples(mixer.Narrow) {
			if int(v)*int(other) < 0 || int(v)*int(v) > int(other)*int(other)*11/10 {
				x.wrong++
				break
			}
		}
	}
	x.Push(at, mixer.NewFrame(x.voice[:]))
}

// call has one end call the other.
func call(t *testing.T, a, b *end) {
	t.Helper()
	offer, err := a.Offer()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := b.Answer(offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Accept(answer); err != nil {
		t.Fatal(err)
	}
	a.Commit()
	b.Commit()
}

// Two minutes over a network that delays, jitters, loses, doubles and reorders:
// the voices stay intelligible, the statistics tell what happened, and a number
// dialled by DTMF arrives digit by digit.
func TestRoughNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := testnet.New(42)
		net.SetLink(testnet.Link{Delay: 40 * time.Millisecond, Jitter: 30 * time.Millisecond,
			Loss: 0.03, Duplicate: 0.01, Reorder: 0.01, ReorderBy: 25 * time.Millisecond})
		a, b := newEnd(t, net, "192.0.2.1", 1000), newEnd(t, net, "192.0.2.2", -2000)
		call(t, a, b)
		const number = "0123456789*#ABCD00119"
		for i := range 2 * 60 * 50 {
			time.Sleep(tick)
			a.work(time.Now(), -2000)
			b.work(time.Now(), 1000)
			if i%100 == 50 && i/100 < len(number) {
				a.SendDigit(number[i/100], 100*time.Millisecond)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		b.mu.Lock()
		if string(b.digits) != number {
			t.Errorf("dialled %q, arrived %q", number, b.digits)
		}
		b.mu.Unlock()
		for name, x := range map[string]*end{"a": a, "b": b} {
			st := x.Stats()
			t.Logf("%s: heard %d of %d frames, %+v", name, x.heard, x.frames, st)
			if x.wrong > 0 {
				t.Errorf("%s: %d frames are not the other's voice", name, x.wrong)
			}
			if x.heard < x.frames*95/100 {
				t.Errorf("%s: only %d of %d frames heard", name, x.heard, x.frames)
			}
			if share := float64(st.Lost) / float64(st.Lost+st.PacketsIn); share < 0.02 || share > 0.045 {
				t.Errorf("%s: %.1f %% lost, the network loses 3 %%", name, 100*share)
			}
			// 80 to 140 ms on the wire, and up to four ticks until it is read, at both ends.
			if st.RoundTrip < 80*time.Millisecond || st.RoundTrip > 300*time.Millisecond {
				t.Errorf("%s: round trip %v", name, st.RoundTrip)
			}
			if st.Jitter < 2*time.Millisecond || st.Jitter > 40*time.Millisecond {
				t.Errorf("%s: jitter %v", name, st.Jitter)
			}
			if st.MOS < 3 || st.MOS > 4.3 {
				t.Errorf("%s: MOS %.2f", name, st.MOS)
			}
		}
	})
}

// Four minutes over a good network:
// not a packet is missing, not a frame is disturbed.
func TestLongCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := testnet.New(1)
		net.SetLink(testnet.Link{Delay: 5 * time.Millisecond, Jitter: 3 * time.Millisecond})
		a, b := newEnd(t, net, "192.0.2.1", 1000), newEnd(t, net, "192.0.2.2", -2000)
		call(t, a, b)
		const frames = 4 * 60 * 50
		for range frames {
			time.Sleep(tick)
			a.work(time.Now(), -2000)
			b.work(time.Now(), 1000)
		}
		for _, x := range []*end{a, b} {
			if st := x.Stats(); st.Lost != 0 || st.Discarded != 0 || st.MOS < 4.2 || x.heard < frames-5 || x.wrong != 0 {
				t.Errorf("heard %d of %d, %d wrong: %+v", x.heard, frames, x.wrong, st)
			}
		}
	})
}
