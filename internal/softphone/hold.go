package softphone

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"warmline/sip"
)

// Hold presses the phone's hold key: a re-INVITE says that we send only, and
// nothing is heard until Resume. It returns when the peer has answered.
func (c *Call) Hold(ctx context.Context) error { return c.setHold(ctx, true) }

// Resume ends a Hold.
func (c *Call) Resume(ctx context.Context) error { return c.setHold(ctx, false) }

func (c *Call) setHold(ctx context.Context, on bool) error {
	c.mu.Lock()
	if c.over || !c.up || c.reoffer != nil {
		c.mu.Unlock()
		return fmt.Errorf("softphone: hold %v: the call is not up, or another change is under way", on)
	}
	if c.held == on {
		c.mu.Unlock()
		return nil
	}
	c.held = on
	c.turns++
	offer, err := c.offer()
	done := make(chan int, 1)
	if err == nil {
		c.reoffer = done
		c.sip.Reoffer(offer)
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case status := <-done:
		if status != 200 {
			return &Refused{Status: status}
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// reoffered ends a setHold. It needs c.mu.
func (c *Call) reoffered(ev sip.Event) {
	status := ev.Status
	if status == 200 {
		if !c.accept(ev.Body) {
			status = 488
		}
	} else {
		c.session.Rollback()
		c.held = !c.held
		c.turns++
	}
	if c.reoffer != nil {
		c.reoffer <- status
		c.reoffer = nil
	}
}

// turn makes our SDP say what our hold key means: while held we only send. The
// session knows nothing of it and gives the same version to both, so each turn
// raises the version by one (RFC 3264 §8). It needs c.mu.
func (c *Call) turn(body []byte) []byte {
	if c.turns == 0 {
		return body
	}
	lines := bytes.SplitAfter(body, []byte("\n"))
	for i, l := range lines {
		switch {
		case bytes.HasPrefix(l, []byte("o=")):
			lines[i] = raiseVersion(l, c.turns)
		case c.held && bytes.HasPrefix(l, []byte("a=sendrecv")):
			lines[i] = bytes.Replace(l, []byte("sendrecv"), []byte("sendonly"), 1)
		case c.held && bytes.HasPrefix(l, []byte("a=recvonly")):
			lines[i] = bytes.Replace(l, []byte("recvonly"), []byte("inactive"), 1)
		}
	}
	return bytes.Join(lines, nil)
}

// raiseVersion adds n to the version of an o= line, its third field.
func raiseVersion(line []byte, n int) []byte {
	fields := bytes.SplitN(line, []byte(" "), 4)
	if len(fields) < 4 {
		return line
	}
	version, err := strconv.ParseUint(string(fields[2]), 10, 64)
	if err != nil {
		return line
	}
	fields[2] = strconv.AppendUint(nil, version+uint64(n), 10)
	return bytes.Join(fields, []byte(" "))
}
