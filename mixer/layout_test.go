package mixer

import (
	"testing"
	"unsafe"
)

// A port fits into a kilobyte, with the word the runtime puts before it; the next
// size there is has an eighth more.
func TestPortSize(t *testing.T) {
	if n := unsafe.Sizeof(port{}); n > 1024-8 {
		t.Errorf("a port takes %d bytes", n)
	}
}
