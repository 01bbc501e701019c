package sip

import (
	"errors"
	"net"
	"time"
)

const (
	// writeTimeout is how long a message may take to leave by a connection,
	// from when it is ready: the wait for those before it counts.
	writeTimeout = 5 * time.Second
	// A stranger's connection is read as fast as a datagram source may send.
	// What is more waits with the peer, so the burst can be small.
	streamRate, streamBurst = sourceRate, 64
	// maxWriters is how many messages may wait to leave before no more are
	// read: a peer that does not read its answers gets no further.
	maxWriters = 16
)

var errCutShort = errors.New("the connection ended within a message")

// Write sends one message. Messages leave one at a time, each whole: where one
// failed or was cut short the peer could not tell where the next begins, so the
// connection ends and those that wait fail at once.
func (c *framedConn) Write(b []byte) (int, error) {
	n, err := c.send(b, writeTimeout)
	if err != nil {
		c.Close()
	}
	return n, err
}

// send writes when it is its turn, all within timeout. Who writes before us
// has begun to wait before us and gives up earlier, or the connection ends: no
// timer is needed.
func (c *framedConn) send(b []byte, timeout time.Duration) (int, error) {
	deadline := time.Now().Add(timeout)
	c.writers.Add(1)
	defer c.writers.Add(-1)
	if !c.takeTurn() {
		return 0, net.ErrClosed
	}
	defer c.endTurn()
	if c.cut {
		return 0, errCutShort
	}
	if err := c.Conn.SetWriteDeadline(deadline); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	c.cut = n < len(b)
	if err == nil && c.cut {
		err = errCutShort
	}
	return n, err
}

// takeTurn waits until nobody writes; false: the connection is closed.
func (c *framedConn) takeTurn() bool {
	select {
	case <-c.gone:
		return false
	default:
	}
	select {
	case c.turn <- struct{}{}:
		return true
	case <-c.gone:
		return false
	}
}

func (c *framedConn) endTurn() { <-c.turn }

// pace delays the reader before it hands on a message. Each message has a
// goroutine behind the reader: of a peer that sends without end and reads
// nothing, these would be without bound.
func (c *framedConn) pace() error {
	for !c.exempt && !c.rate.take(c.guard.now()) {
		if err := c.rest(time.Second / streamRate); err != nil {
			return err
		}
	}
	if c.writers.Load() < maxWriters {
		return nil
	}
	// Turns come in order: ours comes when those that wait now have written.
	if !c.takeTurn() {
		return net.ErrClosed
	}
	c.endTurn()
	return nil
}

// rest waits, but not beyond the end of the connection.
func (c *framedConn) rest(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.gone:
		return net.ErrClosed
	}
}
