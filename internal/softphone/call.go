package softphone

import (
	"errors"
	"sync"

	"warmline/media"
	"warmline/sip"
)

// Call is one call of a Phone's. Its methods may be called by anybody at any
// time; those that come too late do nothing.
type Call struct {
	Number  string // whom we called, or who calls
	Name    string // the caller's, of an incoming call
	Dialled string // what the caller dialled

	phone    *Phone
	session  *media.Session
	audio    *audio
	ringing  chan struct{}
	answered chan struct{}
	done     chan struct{}

	mu        sync.Mutex
	sip       *sip.Call
	peerOffer []byte // of an incoming call; empty: we must offer
	taken     bool   // Answer was called
	up        bool
	over      bool
	clock     bool // runs, and will close the session
	held      bool // by our own hold key
	turns     int  // how often held changed: each makes a new version of our SDP
	reoffer   chan int
	status    int
	reason    string
	digits    []byte
}

// newCall makes a call with a media session.
func newCall(p *Phone) (*Call, error) {
	c := &Call{
		phone: p, audio: newAudio(),
		ringing: make(chan struct{}), answered: make(chan struct{}), done: make(chan struct{}),
	}
	session, err := p.engine.NewSession(media.SessionConfig{Digit: c.heard, SRTP: p.cfg.SRTP})
	if err != nil {
		return nil, err
	}
	c.session = session
	if !p.add(c) {
		session.Close()
		return nil, errClosed
	}
	return c, nil
}

// errClosed says that the phone is closed.
var errClosed = errors.New("softphone: closed")

// Ringing is closed when the other phone rings.
func (c *Call) Ringing() <-chan struct{} { return c.ringing }

// Answered is closed when the call is answered.
func (c *Call) Answered() <-chan struct{} { return c.answered }

// Done is closed when the call is over, or has failed.
func (c *Call) Done() <-chan struct{} { return c.done }

// Err is why the call is over: nil for one that was answered and then hung up,
// by whomever; a *Refused with status and phrase for one that was not answered.
// It is meaningful after Done.
func (c *Call) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status == 0 {
		return nil
	}
	return &Refused{Status: c.status, Reason: c.reason}
}

// Answer takes an incoming call.
func (c *Call) Answer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.taken {
		return
	}
	c.taken = true
	var body []byte
	var err error
	if len(c.peerOffer) == 0 {
		body, err = c.offer()
	} else {
		body, err = c.session.Answer(c.peerOffer)
	}
	if err != nil {
		c.sip.Reject(statusOf(err), 0)
		return
	}
	c.sip.Answer(body)
	if len(c.peerOffer) > 0 {
		c.agree()
	}
	c.up = true
	close(c.answered)
}

// Reject refuses an incoming call, with 486 (busy), 603 (declined) or so.
func (c *Call) Reject(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over && !c.taken {
		c.taken = true
		c.sip.Reject(status, 0)
	}
}

// Hangup ends the call, whatever its state. Done follows.
func (c *Call) Hangup() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over && c.sip != nil {
		c.sip.Hangup()
	}
}

// offer is our SDP, turned to our hold. It needs c.mu.
func (c *Call) offer() ([]byte, error) {
	body, err := c.session.Offer()
	return c.turn(body), err
}

// agree puts a negotiated session in force and starts the clock. It needs c.mu.
func (c *Call) agree() {
	c.session.Commit()
	if !c.clock && c.session.Agreed() {
		c.clock = c.phone.startClock(func() {
			c.audio.run(c.session)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.session.Close()
		})
	}
}

// event takes what happened to the call from the SIP endpoint.
func (c *Call) event(ev sip.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	switch ev.Kind {
	case sip.Ringing:
		c.rings()
	case sip.EarlyMedia:
		c.rings()
		c.accept(ev.Body)
	case sip.Answered:
		if !c.accept(ev.Body) {
			c.sip.Hangup()
		}
		c.up = true
		close(c.answered)
	case sip.Acked:
		if len(ev.Body) > 0 {
			c.accept(ev.Body)
		}
	case sip.Offered:
		c.reply(ev)
	case sip.ReofferDone:
		c.reoffered(ev)
	case sip.Failed:
		c.end(ev.Status, ev.Reason)
	case sip.Cancelled:
		if ev.Offer == 0 {
			c.end(487, "cancelled")
		}
	case sip.Ended:
		switch {
		case c.up:
			c.end(0, ev.Reason)
		case ev.Status != 0:
			c.end(ev.Status, ev.Reason)
		default:
			c.end(487, ev.Reason)
		}
	}
}

func (c *Call) rings() {
	select {
	case <-c.ringing:
	default:
		close(c.ringing)
	}
}

// accept takes the peer's answer to our offer.
func (c *Call) accept(answer []byte) bool {
	if err := c.session.Accept(answer); err != nil {
		c.phone.cfg.Logger.Warn("answer refused", "error", err)
		return false
	}
	c.agree()
	return true
}

// reply answers an offer within the call.
func (c *Call) reply(ev sip.Event) {
	if len(ev.Body) == 0 {
		if offer, err := c.offer(); err == nil {
			c.sip.Reply(ev.Offer, 200, offer) // Acked brings the answer
			return
		}
	}
	answer, err := c.session.Answer(ev.Body)
	if err != nil {
		c.session.Rollback()
		c.sip.Reply(ev.Offer, statusOf(err), nil)
		return
	}
	c.sip.Reply(ev.Offer, 200, c.turn(answer))
	c.agree()
}

// statusOf is the SIP status for an SDP that cannot be taken.
func statusOf(err error) int {
	if bad, ok := errors.AsType[*media.NegotiationError](err); ok {
		return bad.Status
	}
	return 488
}

// finish ends the call from outside the events.
func (c *Call) finish(status int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(status, reason)
}

// abandon ends a call whose peer says nothing any more.
func (c *Call) abandon() { c.finish(408, "no answer to the hang-up") }

// end releases what the call holds. It needs c.mu.
func (c *Call) end(status int, reason string) {
	if c.over {
		return
	}
	c.over, c.status, c.reason = true, status, reason
	c.audio.stop()
	if !c.clock {
		c.session.Close()
	}
	if c.reoffer != nil {
		c.reoffer <- 487
		c.reoffer = nil
	}
	c.phone.remove(c)
	close(c.done)
}
