package steer

import (
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFirstNamespace(t *testing.T) {
	for text, want := range map[string]bool{
		"         0          0 4294967295\n":                          true,
		"         0       1000          1\n":                          false,
		"         0       1000          1\n         1 100000 65536\n": false,
		"": false,
	} {
		if got := firstNamespace(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Who lacks a right, or gives one up, is told which one is missing, and cannot steer.
func TestMissing(t *testing.T) {
	want := Missing()
	if want == "" {
		want = "CAP_NET_RAW"
		giveUp(t, unix.CAP_NET_RAW)
	}
	if m := Missing(); m != want {
		t.Errorf("%q is missing, want %q", m, want)
	}
	table, err := NewTable(1)
	if err == nil {
		defer table.Close()
		_, err = table.NewLane()
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a lane without the right to: %v", err)
	}
}

// What CAP_BPF permits, CAP_SYS_ADMIN does as well.
func TestAdministratorsNeedNoCapBPF(t *testing.T) {
	if m := Missing(); m != "" {
		t.Skipf("it takes %s", m)
	}
	giveUp(t, unix.CAP_BPF)
	has, err := capabilities()
	if err != nil {
		t.Fatal(err)
	}
	if !has(unix.CAP_SYS_ADMIN) {
		t.Skip("it takes CAP_SYS_ADMIN")
	}
	if m := Missing(); m != "" {
		t.Errorf("%q is missing", m)
	}
	newLane(t)
	giveUp(t, unix.CAP_SYS_ADMIN)
	if m := Missing(); m != "CAP_BPF" {
		t.Errorf("%q is missing, want CAP_BPF", m)
	}
}

// giveUp takes a capability from the test's thread.
func giveUp(t *testing.T, capability int) {
	t.Helper()
	runtime.LockOSThread() // for ever: the thread ends with the test, and with it what it lacks
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
	data[capability/32].Effective &^= 1 << (capability % 32)
	if err := unix.Capset(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
}
