package sip

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// TestTortureEndpoint sends the messages of RFC 4475 from a trunk to a whole
// endpoint and looks at what comes back over the wire.
func TestTortureEndpoint(t *testing.T) {
	for _, tt := range torture {
		t.Run(tt.file, func(t *testing.T) {
			msg := readTorture(t, tt.file)
			want := onTheWire(t, tt.want, msg)
			bubble(t, func(t *testing.T, r *rig) {
				got := r.exchangeRaw(t, msg)
				r.mu.Lock()
				calls := r.calls
				r.mu.Unlock()
				if want == 180 { // a call: ring, to see that it is one
					if len(calls) != 1 {
						t.Fatalf("%d calls, answered %q", len(calls), got)
					}
					calls[0].Reject(486, 0)
					return
				}
				if len(calls) != 0 {
					t.Errorf("%d calls", len(calls))
				}
				if want == 0 && len(got) != 0 {
					t.Errorf("answered %q, want silence", got)
				}
				if want != 0 && (len(got) == 0 || !strings.HasPrefix(got[len(got)-1], "SIP/2.0 "+strconv.Itoa(want)+" ")) {
					t.Errorf("answered %q, want %d (%s)", got, want, tt.why)
				}
			})
		})
	}
}

// onTheWire turns an outcome of the table into the status that a trunk gets: 0
// is silence, 180 a call for the layer above.
func onTheWire(t *testing.T, outcome int, msg []byte) int {
	t.Helper()
	if outcome == dropped {
		return 0
	}
	parsed, err := newParser().ParseSIP(msg)
	if err != nil {
		return outcome
	}
	req, ok := parsed.(*sip.Request)
	switch {
	case !ok:
		return 0 // of no transaction of ours
	case req.Method == sip.REGISTER && outcome < 400, req.Method == sip.REGISTER && outcome == 400 && validate(req, false) == nil:
		return 401 // the registrar asks who it is before it looks
	case outcome == accepted && req.Method == sip.INVITE:
		return 180
	case outcome == accepted && req.Method == sip.OPTIONS:
		return 404 // the rig knows nobody
	}
	return outcome
}

// exchangeRaw sends a datagram from the trunk and returns what comes back to
// any of the ports its Via may name.
func (r *rig) exchangeRaw(t *testing.T, msg []byte) []string {
	t.Helper()
	in := make(chan string, 64)
	var first net.PacketConn
	for _, port := range []uint16{trunkAddr.Port(), 5050} {
		c, err := r.net.ListenPacket(netip.AddrPortFrom(trunkAddr.Addr(), port).String())
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = c
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			buf := make([]byte, 1<<16)
			for {
				n, _, err := c.ReadFrom(buf)
				if err != nil {
					return
				}
				in <- string(buf[:n])
			}
		}()
		t.Cleanup(func() { c.Close(); <-done })
	}
	if _, err := first.WriteTo(msg, net.UDPAddrFromAddrPort(ourAddr)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // less than T1: no retransmission of ours
	synctest.Wait()
	var got []string
	for len(in) > 0 {
		got = append(got, <-in)
	}
	return got
}
