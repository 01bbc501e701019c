package steer

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// rights are the capabilities that it takes.
var rights = []struct {
	bit  uint
	name string
}{
	{unix.CAP_NET_ADMIN, "CAP_NET_ADMIN"},
	{unix.CAP_NET_RAW, "CAP_NET_RAW"},
	{unix.CAP_BPF, "CAP_BPF"},
}

// Missing says what the calling thread has not that steering takes; "": it has
// all. A capability of a container's own users (a user namespace) does not count.
func Missing() string {
	if ids, err := os.ReadFile("/proc/self/uid_map"); err == nil && !firstNamespace(string(ids)) {
		return "the machine's own user namespace"
	}
	var data [2]unix.CapUserData
	if unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0]) != nil {
		return "capabilities"
	}
	var names []string
	for _, r := range rights {
		if data[r.bit/32].Effective>>(r.bit%32)&1 == 0 {
			names = append(names, r.name)
		}
	}
	return strings.Join(names, ", ")
}

// firstNamespace says whether user ids are those of the machine.
func firstNamespace(uidMap string) bool {
	return strings.Join(strings.Fields(uidMap), " ") == "0 0 4294967295"
}
