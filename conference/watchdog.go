package conference

import "time"

// The RTP watchdog ends legs whose peer has gone without a word. It counts
// only while the peer is obliged to send, and is judged when it fires: a
// deadline is armed for the earliest moment the leg could be too silent, and
// what the leg is by then (held or live) decides.

func (l *leg) arm(after time.Duration) {
	l.c.arm(deadline{kind: watchdog, leg: l}, after)
}

// allowance is how long the leg may send nothing, as it stands now.
func (l *leg) allowance() time.Duration {
	t := &l.c.settings.Timers
	switch {
	case l.c.story.held(l):
		return t.RTPHeld
	case !l.media.Stats().Started:
		return t.RTPFirst
	}
	return l.pause()
}

// pause is how long a leg that is live and has begun may send nothing.
func (l *leg) pause() time.Duration {
	if l.agent != "" {
		return l.c.settings.Timers.RTPAgent
	}
	return l.c.settings.Timers.RTPTrunk
}

// soonest is the earliest moment at which a leg that is obliged from now on
// could be too silent: its audio may begin at once, and stop at once.
func (l *leg) soonest() time.Duration { return min(l.allowance(), l.pause()) }

// watch judges a leg whose watchdog fired.
func (c *Conference) watch(l *leg) {
	if l.finished || l.hungUp {
		return
	}
	silent := min(l.media.Stats().Silent, c.now.Sub(l.obliged))
	if left := l.allowance() - silent; left > 0 {
		l.arm(left)
		return
	}
	l.log.Info("no audio from the peer", "for", silent)
	c.m.cfg.Metrics.RTPTimeout(l.who.role)
	c.story.mediaLost(l)
}

// oblige restarts the watchdog when a hold begins or ends: silence during a
// hold is not held against the peer afterwards.
func (l *leg) oblige() {
	if l.up && !l.finished && !l.hungUp {
		l.obliged = l.c.now
		l.arm(l.soonest())
	}
}
