package media

import (
	"testing"
	"unsafe"
)

func TestSocketLayout(t *testing.T) {
	const line = 64
	sockets := make([]*kernelSocket, 100)
	for i := range sockets {
		sockets[i] = new(kernelSocket)
		if at := uintptr(unsafe.Pointer(sockets[i])) % line; at != 0 {
			t.Errorf("a socket begins %d bytes into a line", at)
		}
	}
	var s kernelSocket
	if end := unsafe.Offsetof(s.origin) + unsafe.Sizeof(s.origin); end > line {
		t.Errorf("what a packet needs of a socket takes %d bytes", end)
	}
}
