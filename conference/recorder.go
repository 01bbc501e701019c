package conference

import "warmline/transfer"

// recorder keeps the inputs of a call, so that what happened can be stepped
// again and must come out the same.
type recorder struct {
	trace  transfer.Trace
	broken bool // a state failed its check: the trace is worth keeping
}

// maxTrace bounds the inputs kept of one call. A trace is worth something only
// from its first input on, so what comes later is not kept.
const maxTrace = 2000

func newRecorder(p transfer.Policy) recorder {
	return recorder{trace: transfer.Trace{Policy: p}}
}

func (r *recorder) add(in transfer.Input, after transfer.State) {
	if len(r.trace.Steps) >= maxTrace {
		return
	}
	r.trace.Append(in, after)
}

// hand gives the trace to whoever wants it.
func (r *recorder) hand(c *Conference) {
	if c.m.cfg.OnTrace != nil {
		c.m.cfg.OnTrace(c.id, r.trace, r.broken)
	}
}
