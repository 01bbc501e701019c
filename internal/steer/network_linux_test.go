package steer

import (
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// network is a network of this test's own, made with the tool ip.
func network(t *testing.T, commands ...string) {
	t.Helper()
	if m := Missing(); m != "" {
		t.Skipf("it takes %s", m)
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Fatalf("it takes the tool ip (Debian: iproute2): %v", err)
	}
	runtime.LockOSThread() // for ever: the thread ends with the test, and its network
	switch err := unix.Unshare(unix.CLONE_NEWNET); {
	case err == unix.EPERM:
		t.Skip("it takes CAP_SYS_ADMIN")
	case err != nil:
		t.Fatal(err)
	}
	for _, c := range append([]string{"link set lo up"}, commands...) {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", c, err, out)
		}
	}
}

// A machine with several addresses may send by another way from each.
func TestLaneSendsByTheWayOfItsAddress(t *testing.T) {
	for name, taken := range map[string]string{"none is taken": "", "the open one": "127.0.0.1", "the closed one": "192.0.2.2"} {
		t.Run(name, func(t *testing.T) { byTheWay(t, taken) })
	}
}

func byTheWay(t *testing.T, taken string) {
	network(t, "addr add 192.0.2.1/32 dev lo", "addr add 192.0.2.2/32 dev lo",
		"rule del pref 0", "rule add pref 100 lookup local",
		"rule add pref 10 from 192.0.2.2 to 192.0.2.1 prohibit")
	l, peer := newLane(t), listenAt(t, "192.0.2.1")
	open, closed := listenAt(t, "127.0.0.1"), listenAt(t, "192.0.2.2")
	if taken != "" {
		l.Take(addrOf(listenAt(t, taken)))
	}
	l.Write([]byte("one"), OriginOf(addrOf(open)), addrOf(peer))
	l.Write([]byte("two"), OriginOf(addrOf(closed)), addrOf(peer))
	l.Write([]byte("three"), OriginOf(addrOf(peer)), addrOf(peer))
	l.Send()
	for i, want := range []syscall.Errno{0, unix.EACCES, 0} {
		if got := l.Sent(i); got != want {
			t.Errorf("datagram %d: %v, want %v", i, got, want)
		}
	}
	if got := own(t, peer) + own(t, peer) + own(t, peer); got != "onethree-" {
		t.Errorf("got %q", got)
	}
	if _, err := closed.WriteToUDPAddrPort([]byte("two"), addrOf(peer)); err == nil {
		t.Error("its own socket finds a way")
	}
}
