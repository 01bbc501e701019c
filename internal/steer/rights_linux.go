package steer

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// rights are the capabilities that it takes, and one that does as well; the same
// again: there is none.
var rights = []struct {
	bit, other uint
	name       string
}{
	{unix.CAP_NET_ADMIN, unix.CAP_NET_ADMIN, "CAP_NET_ADMIN"},
	{unix.CAP_NET_RAW, unix.CAP_NET_RAW, "CAP_NET_RAW"},
	{unix.CAP_BPF, unix.CAP_SYS_ADMIN, "CAP_BPF"},
}

// Missing says what the calling thread has not that steering takes; "": it has
// all. A capability of a container's own users (a user namespace) does not count.
func Missing() string {
	if ids, err := os.ReadFile("/proc/self/uid_map"); err == nil && !firstNamespace(string(ids)) {
		return "the machine's own user namespace"
	}
	has, err := capabilities()
	if err != nil {
		return "capabilities"
	}
	var names []string
	for _, r := range rights {
		if !has(r.bit) && !has(r.other) {
			names = append(names, r.name)
		}
	}
	return strings.Join(names, ", ")
}

// capabilities are those that the calling thread has.
func capabilities() (has func(bit uint) bool, err error) {
	var data [2]unix.CapUserData
	err = unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0])
	return func(bit uint) bool { return data[bit/32].Effective>>(bit%32)&1 != 0 }, err
}

// firstNamespace says whether user ids are those of the machine.
func firstNamespace(uidMap string) bool {
	return strings.Join(strings.Fields(uidMap), " ") == "0 0 4294967295"
}
