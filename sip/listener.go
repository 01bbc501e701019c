package sip

import (
	"errors"
	"net"
	"sync"
	"time"
)

// listener is a TCP listener behind the guard. sipgo stops serving at the
// first error of Accept, so only the one that says the listener is closed gets
// through; at any other (no more file descriptors, above all) it rests and
// tries again. Connections beyond the limits are closed at once.
type listener struct {
	net.Listener
	guard  *guard
	closed chan struct{}
	once   sync.Once
}

// guardListener puts the guard before a listener.
func guardListener(l net.Listener, g *guard) net.Listener {
	return &listener{Listener: l, guard: g, closed: make(chan struct{})}
}

// acceptPause is how long the listener rests after an error.
const acceptPause = 50 * time.Millisecond

// Accept returns the next connection within the limits, framed.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			if !l.pause(err) {
				return nil, net.ErrClosed
			}
			continue
		}
		src := sourceOf(c.RemoteAddr())
		release, ok := l.guard.openConn(src.Addr())
		if !ok {
			c.Close()
			continue
		}
		return newFramedConn(c, l.guard, release), nil
	}
}

// pause waits after an error; false when the listener is closed.
func (l *listener) pause(err error) bool {
	if errors.Is(err, net.ErrClosed) {
		return false
	}
	t := time.NewTimer(acceptPause)
	defer t.Stop()
	select {
	case <-l.closed:
		return false
	case <-t.C:
		return true
	}
}

// Close closes the listener and ends a pause of Accept.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// guardConn frames a connection that was dialled. It takes no place: we chose
// to open it.
func guardConn(c net.Conn, g *guard) net.Conn {
	return newFramedConn(c, g, func() {})
}
