package sip

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// A CANCEL right behind its INVITE meets a call that is complete. This runs on
// real sockets and goroutines: what it looks for is two of them in the same
// place, which a clock that waits for all to rest would keep apart.
func TestCancelRightBehindItsInvite(t *testing.T) {
	r := &rig{t: t}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.ep, err = New(Config{
		UDP: []net.PacketConn{pc}, Handler: r, Limits: Limits{CallsPerSecond: 1 << 20},
		Trunk: func(netip.Addr) (string, bool) { return "carrier", true },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ep.Start(); err != nil {
		t.Fatal(err)
	}
	defer r.ep.Close()
	var callers sync.WaitGroup
	for w := range 4 {
		callers.Go(func() {
			conn, err := net.Dial("udp", pc.LocalAddr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for i := range 150 {
				cancelAtOnce(t, conn, fmt.Sprintf("%d-%d", w, i))
			}
		})
	}
	var watch sync.WaitGroup
	done := make(chan struct{})
	watch.Go(func() { r.watchInvites(done) })
	callers.Wait()
	close(done)
	watch.Wait()
	// The last of them may still be on its way through.
	for end := time.Now().Add(5 * time.Second); len(r.ep.liveCalls()) > 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := len(r.ep.liveCalls()); n != 0 {
		t.Errorf("%d calls live", n)
	}
}

// watchInvites looks, as a CANCEL would, at the calls that INVITEs lead to.
func (r *rig) watchInvites(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		r.ep.mu.Lock()
		for _, in := range r.ep.invites {
			// The fields belong to the call's queue, except dialog's tag and
			// incoming, which are there before and never change.
			if c := in.call; c.incoming != in || c.dialog == nil || c.dialog.localTag == "" {
				r.t.Error("an INVITE leads to a call that is not complete")
			}
		}
		r.ep.mu.Unlock()
		runtime.Gosched()
	}
}

// cancelAtOnce makes a call and cancels it in the same breath: 200 to the
// CANCEL, 487 to the INVITE.
func cancelAtOnce(t *testing.T, conn net.Conn, id string) {
	me := conn.LocalAddr()
	head := fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\n"+
		"To: <sip:b@c>\r\nCall-ID: %s\r\n", me, id, id)
	fmt.Fprintf(conn, "INVITE sip:1@127.0.0.1 SIP/2.0\r\n%sCSeq: 1 INVITE\r\nContact: <sip:a@%s>\r\nContent-Length: 0\r\n\r\n", head, me)
	fmt.Fprintf(conn, "CANCEL sip:1@127.0.0.1 SIP/2.0\r\n%sCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n", head)
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 4096)
	for cancelled, refused := false, false; !cancelled || !refused; {
		n, err := conn.Read(buf)
		if err != nil {
			t.Errorf("%s: 200 %v, 487 %v: %v", id, cancelled, refused, err)
			return
		}
		text := string(buf[:n])
		if !strings.Contains(text, "Call-ID: "+id+"\r\n") {
			continue // a repeated one of the call before
		}
		cancelled = cancelled || strings.HasPrefix(text, "SIP/2.0 200")
		if strings.HasPrefix(text, "SIP/2.0 487") {
			refused = true
			_, to, _ := strings.Cut(text, "\r\nTo: ")
			to, _, _ = strings.Cut(to, "\r\n")
			fmt.Fprintf(conn, "ACK sip:1@127.0.0.1 SIP/2.0\r\n%sCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
				strings.Replace(head, "<sip:b@c>", to, 1))
		}
	}
}
