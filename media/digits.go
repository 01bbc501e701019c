package media

import (
	"sync/atomic"
	"time"
)

const (
	// pumpInterval bounds how late a digit is reported.
	pumpInterval = 10 * time.Millisecond
	// pairWindow is how far apart the same key press may arrive as an event and
	// as an INFO: one is sent when it is pressed, the other when it is released.
	pairWindow = 3 * time.Second
	digitSlots = 32
)

// digitRing is a queue with one producer and one consumer, without locks. What
// does not fit is lost: nobody presses that many keys in 10 ms.
type digitRing struct {
	head, tail atomic.Uint32 // consumer, producer
	slots      [digitSlots]queuedDigit
}

type queuedDigit struct {
	digit   byte
	samples uint16 // its length, for sending
}

// push reports false when the ring is full.
func (r *digitRing) push(d queuedDigit) bool {
	tail := r.tail.Load()
	if tail-r.head.Load() == digitSlots {
		return false
	}
	r.slots[tail%digitSlots] = d
	r.tail.Store(tail + 1)
	return true
}

// pop reports false when the ring is empty.
func (r *digitRing) pop() (queuedDigit, bool) {
	head := r.head.Load()
	if head == r.tail.Load() {
		return queuedDigit{}, false
	}
	d := r.slots[head%digitSlots]
	r.head.Store(head + 1)
	return d, true
}

// digitSource is how a digit came.
type digitSource uint8

const (
	fromEvent digitSource = iota // RFC 4733
	fromInfo                     // SIP INFO
)

// pairing recognises key presses that are told twice, as event and as INFO. A
// press reported from one source waits for its like from the other; only the
// pump uses it.
type pairing struct {
	waiting [16]press
	at      [16]int64 // when each came, Unix time in ns; apart from them it takes less room
	next    int
}

type press struct {
	digit  byte
	source digitSource
}

// first reports whether this is the first one hears of a press.
func (p *pairing) first(digit byte, source digitSource, now time.Time) bool {
	for i := range p.waiting { // oldest first
		at := (p.next + i) % len(p.waiting)
		w := &p.waiting[at]
		if w.digit == digit && w.source != source && now.UnixNano()-p.at[at] < int64(pairWindow) {
			w.digit = 0
			return false
		}
	}
	p.waiting[p.next], p.at[p.next] = press{digit, source}, now.UnixNano()
	p.next = (p.next + 1) % len(p.waiting)
	return true
}

// pump reports the digits of all sessions until the engine closes, and sees to the
// spare encoders. It sleeps while there is no session.
func (e *Engine) pump() {
	timer := time.NewTicker(pumpInterval)
	defer timer.Stop()
	var seen uint64
	for {
		if !e.busy() {
			timer.Stop()
			select {
			case <-e.wake:
			case <-e.quit:
				return
			}
			timer.Reset(pumpInterval)
		}
		select {
		case <-timer.C:
		case <-e.quit:
			return
		}
		e.look()
		e.depths.refill()
		e.spares.refill(opusWish{ours: e.cfg.Opus})
		if pressed := e.pressed.Load(); pressed != seen {
			seen = pressed
			e.deliver()
		}
	}
}

func (e *Engine) busy() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.sessions) > 0
}

// deliver empties the rings of all sessions. The callbacks run without a lock.
func (e *Engine) deliver() {
	e.mu.Lock()
	sessions := make([]*Session, 0, len(e.sessions))
	for s := range e.sessions {
		sessions = append(sessions, s)
	}
	e.mu.Unlock()
	now := time.Now()
	for _, s := range sessions {
		s.deliver(&s.heardEvents, fromEvent, now)
		if ring := s.heardInfo.Load(); ring != nil {
			s.deliver(ring, fromInfo, now)
		}
	}
}

func (s *Session) deliver(ring *digitRing, source digitSource, now time.Time) {
	for {
		d, ok := ring.pop()
		if !ok {
			return
		}
		if s.pairs == nil {
			s.pairs = new(pairing)
		}
		if s.pairs.first(d.digit, source, now) && s.cfg.Digit != nil {
			s.cfg.Digit(d.digit)
		}
	}
}

// InfoDigit takes in a digit that came by SIP INFO. It is reported like one
// heard as an event; where a peer tells each key press both ways it counts
// once. It is called by the conference's goroutine.
func (s *Session) InfoDigit(d byte) {
	if eventOf(d) < 0 {
		return
	}
	ring := s.heardInfo.Load()
	if ring == nil {
		ring = new(digitRing)
		s.heardInfo.Store(ring)
	}
	if ring.push(queuedDigit{digit: d}) {
		s.engine.pressed.Add(1)
	}
}
