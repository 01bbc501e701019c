package srtp

// An Opener checks and decrypts the packets received under one key. One
// goroutine at a time.
type Opener struct {
	rtp, rtcp transform
	suite     Suite
	mki       string
	known     incoming
}

// NewOpener returns an Opener, or ErrSuite for the zero Key.
func NewOpener(k Key) (*Opener, error) {
	rtp, rtcp, err := k.transforms()
	if err != nil {
		return nil, err
	}
	return &Opener{rtp: rtp, rtcp: rtcp, suite: k.suite, mki: k.mki}, nil
}

// RTP authenticates and decrypts the packet p in place: what was sent is
// p[:n]. It fails with ErrShort or ErrHeader for what is no SRTP packet, with
// ErrReplay for one that was there before or is 128 or more packets late, and
// with ErrAuth for one that was not made with the key, or was changed since, or
// does not carry the key's identifier where it has one. If it fails, p may be destroyed; the Opener is as it was.
func (o *Opener) RTP(p []byte) (n int, err error) {
	if o.mki != "" {
		var ok bool
		if p, ok = o.cutMKI(p, o.suite.tagBehindMKI(o.suite.Overhead())); !ok {
			return 0, ErrAuth
		}
	}
	end := len(p) - o.suite.Overhead()
	if end < fixedRTP {
		return 0, ErrShort
	}
	head, err := headerLen(p[:end])
	if err != nil {
		return 0, err
	}
	ssrc := ssrcRTP(p)
	var h history // of an SSRC never heard of
	if s := o.known.find(ssrc); s != nil {
		h = s.rtp
	}
	index := uint64(sequenceRTP(p))
	if h.begun {
		index = guess(h.highest, sequenceRTP(p))
	}
	if index > maxIndex || !h.fresh(index) {
		return 0, ErrReplay
	}
	n, ok := o.rtp.openRTP(p, head, ssrc, index)
	if !ok {
		return 0, ErrAuth
	}
	o.known.heard(ssrc).rtp.add(index)
	return n, nil
}

// RTCP does with a compound RTCP packet what RTP does with an RTP packet.
// Packets that are authenticated but not encrypted are taken too: the E bit
// decides (RFC 3711 section 3.4).
func (o *Opener) RTCP(p []byte) (n int, err error) {
	if o.mki != "" {
		var ok bool
		if p, ok = o.cutMKI(p, o.suite.tagBehindMKI(o.suite.OverheadRTCP()-word)); !ok {
			return 0, ErrAuth
		}
	}
	if len(p) < headerRTCP+o.suite.OverheadRTCP() {
		return 0, ErrShort
	}
	if err := checkRTCP(p); err != nil {
		return 0, err
	}
	ssrc, w := ssrcRTCP(p), o.rtcp.word(p)
	index := uint64(w &^ encrypted)
	if s := o.known.find(ssrc); s != nil && !s.rtcp.fresh(index) {
		return 0, ErrReplay
	}
	n, ok := o.rtcp.openRTCP(p, ssrc, w)
	if !ok {
		return 0, ErrAuth
	}
	o.known.heard(ssrc).rtcp.add(index)
	return n, nil
}
