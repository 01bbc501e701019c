package conference

import (
	"time"

	"warmline/transfer"
)

// chronicle is what a conference keeps for its record beside what it shows.
type chronicle struct {
	answered time.Time    // when two had been on the line for the first time
	joined   int          // participants who were on the line
	leaver   *participant // the first to go in the wake-up in which somebody went last
	verbs    []RecordVerb
	omitted  int // verbs
}

// verb notes what somebody asked for and what came of it.
func (r *chronicle) verb(at time.Time, cmd Command, result string) {
	if len(r.verbs) == maxRecordVerbs {
		r.omitted++
		return
	}
	r.verbs = append(r.verbs, RecordVerb{
		Time: at, Verb: cmd.Verb.String(), By: cmd.By, Surface: cmd.Surface,
		Participant: cmd.Participant, Target: cmd.Target, Result: result,
	})
}

// left notes that somebody has gone for good. Whoever is sent away because of
// it goes in the same wake-up, but later.
func (r *chronicle) left(p *participant) {
	if r.leaver == nil || r.leaver.since.Before(p.since) {
		r.leaver = p
	}
}

// cause is why a conference is over in which nobody is left.
func (r *chronicle) cause() (cause, by string) {
	finished := reasonWord(transfer.Finished, 0)
	if r.leaver == nil || r.leaver.reason == "" || r.leaver.reason == finished {
		return finished, ""
	}
	return r.leaver.reason, r.leaver.id
}

// history is what a participant's record needs beside what is shown of it.
type history struct {
	joined      time.Time
	holds       map[string]time.Duration // by cause
	legs        []RecordLeg
	keys        []byte
	omittedLegs int
	omittedKeys int
}

// appear notes that the participant is on the line.
func (p *participant) appear() {
	if !p.history.joined.IsZero() {
		return // it is back
	}
	p.history.joined = p.c.now
	if p.c.chronicle.joined++; p.c.chronicle.joined == 2 {
		p.c.chronicle.answered = p.c.now
	}
}

func (h *history) held(cause string, d time.Duration) {
	if h.holds == nil {
		h.holds = make(map[string]time.Duration)
	}
	h.holds[cause] += d
}

func (h *history) leg(l RecordLeg) {
	if len(h.legs) == maxRecordLegs {
		h.omittedLegs++
		return
	}
	h.legs = append(h.legs, l)
}

func (h *history) key(d byte) {
	if len(h.keys) == maxRecordKeys {
		h.omittedKeys++
		return
	}
	h.keys = append(h.keys, d)
}
