package sip

import (
	"io"
	"net"
	"testing"
	"time"
)

func testGuard(l Limits) *guard { return newGuard(l, nil, time.Now) }

// throughFramer writes a stream to a framed connection and closes its end;
// it returns what sipgo would read, and what was written back.
func throughFramer(t testing.TB, stream []byte) (read, answered []byte) {
	t.Helper()
	near, far := net.Pipe()
	framed := newFramedConn(near, testGuard(Limits{}), func() {})
	back := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(far)
		back <- b
	}()
	go func() {
		_, _ = far.Write(stream)
		// net.Pipe has no half close: the deadline of the far reader ends it.
		time.Sleep(5 * time.Millisecond)
		far.Close()
	}()
	read, _ = io.ReadAll(framed)
	framed.Close()
	return read, <-back
}
