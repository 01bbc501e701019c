package media

// NegotiationError says why an offer or answer cannot be taken, and the SIP
// status that tells the peer.
type NegotiationError struct {
	Status int // 400, 415 or 488
	Reason string
}

func (e *NegotiationError) Error() string { return e.Reason }
