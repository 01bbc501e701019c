package directory

import (
	"errors"
	"fmt"
)

// Errors a caller tells apart.
var (
	// ErrUnknown is wrapped by every error for a name or number that leads
	// nowhere: SIP 404.
	ErrUnknown = errors.New("unknown")
	// ErrCSeq refuses a REGISTER older than the one a binding stems from
	// (RFC 3261 §10.3 step 7): SIP 500.
	ErrCSeq = errors.New("CSeq not above that of the binding")
	// ErrTooMany refuses a binding beyond MaxBindings: SIP 403.
	ErrTooMany = errors.New("too many contacts")
	// ErrTooBrief refuses a lifetime under MinExpires (RFC 3261 §10.3 step 6):
	// SIP 423.
	ErrTooBrief = errors.New("expires too brief")
)

// UnknownError says what was looked for and not found. It is ErrUnknown.
type UnknownError struct {
	What string // "agent", "queue", "room", "number", "route for" or "target"
	Name string // as it was asked for, cut to a bounded length
}

// Error implements error; the name is quoted since it may come from a stranger.
func (e *UnknownError) Error() string { return fmt.Sprintf("unknown %s %q", e.What, e.Name) }

// Is makes every UnknownError an ErrUnknown.
func (e *UnknownError) Is(target error) bool { return target == ErrUnknown }

func unknown(what, name string) error {
	if len(name) > maxNumber {
		name = name[:maxNumber] + "…"
	}
	return &UnknownError{What: what, Name: name}
}
