package srtp

const (
	half     = 1 << 15
	maxIndex = 1<<48 - 1 // of RTP
	maxRTCP  = 1<<31 - 1 // index of SRTCP
	window   = 128       // packets before the newest that are still taken
)

// guess completes a sequence number to the index it probably means, given the
// highest index so far (RFC 3711 section 3.3.1). There is nothing before the
// first round, and so what would be there is far ahead in it. The result may
// exceed maxIndex.
func guess(highest uint64, sequence uint16) uint64 {
	round, last, s := highest>>16, int(uint16(highest)), int(sequence)
	switch {
	case last < half && s-last > half && round > 0:
		round--
	case last >= half && last-half > s:
		round++
	}
	return round<<16 | uint64(sequence)
}

// A history knows which of the newest indices were there: the replay list of
// RFC 3711 section 3.3.2. The zero value knows none.
type history struct {
	highest uint64
	low, up uint64 // bit i: highest-i was there (low), highest-64-i (up)
	begun   bool
}

// fresh reports whether an index is neither known nor too old to tell.
func (h *history) fresh(index uint64) bool {
	if !h.begun || index > h.highest {
		return true
	}
	switch age := h.highest - index; {
	case age < 64:
		return h.low>>age&1 == 0
	case age < window:
		return h.up>>(age-64)&1 == 0
	default:
		return false
	}
}

// add remembers a fresh index.
func (h *history) add(index uint64) {
	if !h.begun {
		*h = history{highest: index, low: 1, begun: true}
		return
	}
	if index > h.highest {
		n := index - h.highest
		// Shifts by more than 63 give 0, also where n is below 64 and 64-n
		// or n-64 wraps around.
		h.up = h.up<<n | h.low>>(64-n) | h.low<<(n-64)
		h.low = h.low<<n | 1
		h.highest = index
		return
	}
	if age := h.highest - index; age < 64 {
		h.low |= 1 << age
	} else {
		h.up |= 1 << (age - 64)
	}
}
