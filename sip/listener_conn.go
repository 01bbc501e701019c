package sip

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// framedConn gives sipgo whole messages of a stream, each inspected before it
// is handed on. It keeps the deadlines: a connection without a byte for
// Limits.ReadTimeout ends, and so does one whose first message, or a message
// once begun, is not complete in messageTimeout, however steadily it dribbles.
// It hands on one message at a time, as fast as the answers leave.
//
// Where the boundary of a message cannot be trusted (no Content-Length, two of
// them, a negative one) the request is answered 400 and the connection ended:
// what follows could be read as a message by one element and as a body by
// another.
type framedConn struct {
	net.Conn
	guard   *guard
	release func()
	once    sync.Once
	gone    chan struct{} // closed by Close

	writers atomic.Int32  // messages that wait to leave, or do so now
	turn    chan struct{} // holds a token while somebody writes
	cut     bool          // a message was cut short; who has the turn may look

	// Below is the reader's alone.
	exempt  bool      // a trunk's: read without a limit
	rate    bucket    // messages a second
	buf     []byte    // bytes of the stream, not handed on
	ready   int       // of these, how many belong to the inspected message
	scanned int       // how far the end of a head was looked for
	need    int       // size of the message at the front; 0: not known yet
	begun   time.Time // when it began; zero: none has, or it is ready
	spoken  bool      // a whole message came
	failed  error
}

const (
	// messageTimeout is for one message, and for the first of a connection.
	messageTimeout = 20 * time.Second
	// maxMessage bounds a message; sipgo's own bound is 65,535 bytes.
	maxMessage = 65535
	readSize   = 4096
	// refusalTimeout bounds the write of a refusal to a peer that is being
	// thrown out.
	refusalTimeout = time.Second
)

func newFramedConn(c net.Conn, g *guard, release func()) *framedConn {
	_, exempt := g.trunk(sourceOf(c.RemoteAddr()).Addr())
	return &framedConn{
		Conn: c, guard: g, release: release, begun: g.now(),
		gone: make(chan struct{}), turn: make(chan struct{}, 1),
		exempt: exempt, rate: newBucket(streamRate, streamBurst),
	}
}

// Close closes the connection and gives its place back.
func (c *framedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		close(c.gone)
		c.release()
	})
	return err
}

// Read reads bytes of one inspected message.
func (c *framedConn) Read(p []byte) (int, error) {
	for c.ready == 0 {
		if c.failed != nil {
			return 0, c.failed
		}
		err := c.frame()
		switch {
		case err != nil:
		case c.ready == 0:
			err = c.fill()
		default:
			if err = c.pace(); err != nil {
				c.ready = 0
			}
		}
		if err != nil {
			c.fail(err)
		}
	}
	n := copy(p, c.buf[:c.ready])
	c.consume(n)
	return n, nil
}

// fail ends the stream. sipgo logs anything but io.EOF as an error.
func (c *framedConn) fail(err error) {
	if isTimeout(err) {
		c.guard.drop(dropTimeout)
	}
	c.failed = io.EOF
}

func isTimeout(err error) bool {
	ne, ok := err.(net.Error)
	return ok && ne.Timeout()
}

// consume forgets bytes at the front, and the memory of a large message.
func (c *framedConn) consume(n int) {
	c.buf = c.buf[n:]
	c.ready = max(c.ready-n, 0)
	if len(c.buf) == 0 {
		c.buf = nil
	}
}

// fill reads more of the stream.
func (c *framedConn) fill() error {
	now := c.guard.now()
	deadline := now.Add(c.guard.limits.ReadTimeout)
	if !c.begun.IsZero() {
		deadline = c.begun.Add(messageTimeout)
	}
	if err := c.Conn.SetReadDeadline(deadline); err != nil {
		return err
	}
	var chunk [readSize]byte
	n, err := c.Conn.Read(chunk[:])
	c.buf = append(c.buf, chunk[:n]...)
	if n > 0 {
		return nil // an error comes again with the next read
	}
	return err
}

// frame finds the next message; it makes it ready if it is whole.
func (c *framedConn) frame() error {
	if err := c.keepAlives(); err != nil || len(c.buf) == 0 {
		return err
	}
	if c.begun.IsZero() {
		c.begun = c.guard.now()
	}
	if c.need == 0 {
		if err := c.measure(c.buf); err != nil {
			return err
		}
	}
	if c.need == 0 || len(c.buf) < c.need {
		return nil
	}
	c.ready = c.need
	c.scanned, c.need = 0, 0
	c.spoken, c.begun = true, time.Time{}
	return nil
}

// keepAlives takes the CRLFs between messages out of the stream and answers
// each pair with one (RFC 5626 §4.4.1).
func (c *framedConn) keepAlives() error {
	for bytes.HasPrefix(c.buf, crlf) {
		if len(c.buf) == 2 {
			return nil // half a ping or a lone CRLF: nothing to answer yet
		}
		ping := bytes.HasPrefix(c.buf, crlfcrlf)
		c.consume(2)
		if !ping {
			continue
		}
		c.consume(2)
		// A peer that does not read is ended; other errors come back with the
		// next read, behind what has arrived.
		if _, err := c.send(crlf, refusalTimeout); isTimeout(err) {
			return err
		}
	}
	return nil
}

// measure finds out the size of the message at the front of msg once its head
// is whole. An error ends the stream.
func (c *framedConn) measure(msg []byte) error {
	from := max(c.scanned-len(crlfcrlf)+1, 0)
	if !bytes.Contains(msg[from:], crlfcrlf) {
		c.scanned = len(msg)
		if len(msg) > maxHead || !plausible(msg) {
			c.guard.drop(dropShape)
			return io.EOF
		}
		return nil
	}
	h, v := inspect(msg, false)
	if v == pass && h.contentLength < 0 {
		v = h.refuse("Missing Content-Length") // RFC 3261 §18.3
	}
	if v == pass && h.size+h.contentLength > maxMessage {
		v = h.refuse("Message Too Large")
	}
	if v != pass {
		c.guard.drop(dropShape)
		c.answer(msg, h)
		return io.EOF
	}
	c.need = h.size + h.contentLength
	return nil
}

// plausible reports whether an incomplete head can still become one: what does
// not begin like SIP is not worth waiting for.
func plausible(msg []byte) bool {
	if msg[0] == '\r' {
		return true
	}
	for i, c := range msg[:min(len(msg), 64)] {
		if c == ' ' {
			return i > 0
		}
		if c != '/' && !tokenByte(c) {
			return false
		}
	}
	return len(msg) < 64
}

// answer sends the refusal of a request, if it can be answered at all.
func (c *framedConn) answer(msg []byte, h head) {
	if h.status == 0 || !h.via || !h.cseq || h.ack || !c.guard.allowAnswer(c.guard.now()) {
		return
	}
	answer, _ := refuse(msg, h, sourceOf(c.Conn.RemoteAddr()))
	if answer == nil {
		return
	}
	_, _ = c.send(answer, refusalTimeout) // the connection ends either way
}
