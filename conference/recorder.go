package conference

import "warmline/transfer"

// recorder keeps the inputs of a call, so that what happened can be stepped
// again and must come out the same.
type recorder struct {
	trace   transfer.Trace
	dropped bool
	broken  bool // a rule was broken: the trace is worth keeping
}

// maxTrace bounds the inputs kept of one call. A trace is worth something only
// from its first input on, so what comes later is not kept.
const maxTrace = 2000
