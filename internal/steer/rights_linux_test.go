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

// Who gives a capability up is told which one is missing, and cannot steer.
func TestMissing(t *testing.T) {
	if m := Missing(); m != "" {
		t.Skipf("%s is missing already", m)
	}
	runtime.LockOSThread() // for ever: the thread ends with the test, and with it what it lacks
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
	data[unix.CAP_NET_RAW/32].Effective &^= 1 << (unix.CAP_NET_RAW % 32)
	if err := unix.Capset(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
	if m := Missing(); m != "CAP_NET_RAW" {
		t.Errorf("%q is missing", m)
	}
	table, err := NewTable(1)
	if err == nil {
		defer table.Close()
		_, err = table.NewLane()
	}
	if err == nil || !strings.Contains(err.Error(), "CAP_NET_RAW") {
		t.Errorf("a lane without the right to: %v", err)
	}
}
