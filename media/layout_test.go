package media

import (
	"testing"
	"unsafe"
)

// What a packet needs of each of these was put together, into as few lines of the
// processor's cache as it fits in: that holds if all of them lie in those lines in
// the same way.
func TestLayout(t *testing.T) {
	const line = 64
	sessions, agreements := make([]*Session, 100), make([]*agreement, 100)
	for i := range sessions {
		sessions[i], agreements[i] = new(Session), new(agreement)
	}
	for i := range sessions {
		if a, b := uintptr(unsafe.Pointer(sessions[0]))%line, uintptr(unsafe.Pointer(sessions[i]))%line; a != b {
			t.Errorf("one session begins %d bytes into a line, another %d", a, b)
		}
		if at := uintptr(unsafe.Pointer(agreements[i])) % line; at != 0 {
			t.Errorf("an agreement begins %d bytes into a line", at)
		}
	}
}
