package srtp

// A Sealer protects the packets sent under one key. Each packet of an SSRC has
// to be ahead of those before it. One goroutine at a time.
type Sealer struct {
	rtp, rtcp transform
	suite     Suite
	used      int
	sent      [Streams]outgoing
}

// outgoing is how far one SSRC has come.
type outgoing struct {
	ssrc  uint32
	begun bool   // an RTP packet was sealed
	rtcp  uint32 // index of the next RTCP packet
	index uint64 // of the last RTP packet
}

// NewSealer returns a Sealer, or ErrSuite for the zero Key, and ErrMKI for one
// with an identifier: those are for others to send.
func NewSealer(k Key) (*Sealer, error) {
	if k.mki != "" {
		return nil, ErrMKI
	}
	rtp, rtcp, err := k.transforms()
	if err != nil {
		return nil, err
	}
	return &Sealer{rtp: rtp, rtcp: rtcp, suite: k.suite}, nil
}

// Fresh reports whether no packet was sealed so far.
func (s *Sealer) Fresh() bool { return s.used == 0 }

// RTP protects the packet p[:n] in place and returns its new length, which is
// more by the suite's Overhead; p must have room for that (else ErrRoom). It
// fails with ErrShort or ErrHeader for what is no RTP packet; with ErrOrder for
// a sequence number that is not ahead of the SSRC's last one, with ErrStreams
// for an SSRC too many, and with ErrExhausted at the end of a key's life. If it
// fails the packet is as it was and must not be sent.
func (s *Sealer) RTP(p []byte, n int) (int, error) {
	if n < 0 || len(p)-n < s.suite.Overhead() {
		return 0, ErrRoom
	}
	head, err := headerLen(p[:n])
	if err != nil {
		return 0, err
	}
	o := s.of(ssrcRTP(p))
	if o == nil {
		return 0, ErrStreams
	}
	index := uint64(sequenceRTP(p))
	if o.begun {
		if index = guess(o.index, sequenceRTP(p)); index <= o.index {
			return 0, ErrOrder
		}
	}
	if index > maxIndex {
		return 0, ErrExhausted
	}
	o.begun, o.index = true, index
	return s.rtp.sealRTP(p, head, n, o.ssrc, index), nil
}

// RTCP protects the compound packet p[:n] in place and returns its new length,
// more by the suite's OverheadRTCP. It fails as RTP does, but for ErrOrder.
func (s *Sealer) RTCP(p []byte, n int) (int, error) {
	if n < 0 || len(p)-n < s.suite.OverheadRTCP() {
		return 0, ErrRoom
	}
	if err := checkRTCP(p[:n]); err != nil {
		return 0, err
	}
	o := s.of(ssrcRTCP(p))
	if o == nil {
		return 0, ErrStreams
	}
	if o.rtcp > maxRTCP {
		return 0, ErrExhausted
	}
	o.rtcp++
	return s.rtcp.sealRTCP(p, n, o.ssrc, o.rtcp-1), nil
}

// of finds what is known of an SSRC, or begins with it; nil if there is no
// place left.
func (s *Sealer) of(ssrc uint32) *outgoing {
	for i := range s.sent[:s.used] {
		if s.sent[i].ssrc == ssrc {
			return &s.sent[i]
		}
	}
	if s.used == len(s.sent) {
		return nil
	}
	s.used++
	o := &s.sent[s.used-1]
	o.ssrc = ssrc
	return o
}
