package transfer

// strand is how far the stranded policy has come.
type strand struct {
	stage strandStage
	party Party // the customer
	tries uint8 // recalls begun, at most maxRecalls
}

type strandStage uint8

const (
	idle       strandStage = iota
	requeueing             // its queue looks for an agent
	recalling              // the last agent is rung
	pausing                // before the next recall
	announcing             // the message is played
)

const maxRecalls = 2

// strandStart takes a customer in whom nobody serves.
//
// Preconditions: the customer is answered; nobody else is on the call, comes
// back to it or is reached for it, and no agent ended the call on purpose.
// Ways in: settle.
// Ways out: strandEnd, when somebody answers for it or the customer leaves;
// close, when the announcement is over.
func (m *stepper) strandStart(p Party) {
	m.phase = Alone
	m.strand = strand{party: p}
	m.note(Strand, p, Nobody)
	switch {
	case m.policy.Stranded == Requeue && m.policy.HasQueue:
		if _, ok := m.reach(ToQueue, viaPolicy, Nobody, WhomOrigin); ok {
			m.strand.stage = requeueing
			return
		}
	case m.policy.Stranded == Recall && m.served:
		m.recall()
		return
	}
	m.announce()
}

// recall rings the last agent once more.
func (m *stepper) recall() {
	if _, ok := m.reach(ToAgent, viaPolicy, Nobody, WhomLast); !ok {
		m.announce()
		return
	}
	m.strand.stage = recalling
	m.strand.tries++
}

// strandNext goes on when what the policy tried has failed.
func (m *stepper) strandNext() {
	if m.strand.stage == recalling && m.strand.tries < maxRecalls {
		m.strand.stage = pausing
		return
	}
	m.announce()
}

func (m *stepper) announce() {
	m.strand.stage = announcing
	m.rest = append(m.rest, Effect{Act: Announce, Party: m.strand.party, By: Nobody})
}

// announced ends the call after the message.
func (m *stepper) announced() {
	if m.strand.stage == announcing {
		m.close(Stranded)
	}
}

// strandEnd: somebody talks to the customer, or it has gone.
func (m *stepper) strandEnd() {
	if m.strand.stage == idle {
		return
	}
	m.note(StrandEnded, m.strand.party, Nobody)
	m.strand = strand{}
	if m.phase == Alone {
		m.phase = Serving
	}
}
