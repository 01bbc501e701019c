package srtp

// A transform is the cryptography of a suite, for RTP or RTCP, without state
// that outlives a packet. It has one owner, because it keeps its scratch space
// inside. Lengths were checked by the caller. Opening a packet that is not
// authentic may destroy its bytes.
type transform interface {
	// sealRTP protects p[:n], whose header has head bytes, and returns the
	// new length.
	sealRTP(p []byte, head, n int, ssrc uint32, index uint64) int
	// openRTP returns the length without the tag, and whether that was right.
	openRTP(p []byte, head int, ssrc uint32, index uint64) (int, bool)
	// sealRTCP protects p[:n].
	sealRTCP(p []byte, n int, ssrc, index uint32) int
	// openRTCP is openRTP for RTCP, given the packet's word; it also does
	// packets that are not encrypted.
	openRTCP(p []byte, ssrc, w uint32) (int, bool)
	// word returns the E bit and index of a protected RTCP packet.
	word(p []byte) uint32
}

// transforms makes those for RTP and RTCP.
func (k Key) transforms() (rtp, rtcp transform, err error) {
	if !k.suite.valid() {
		return nil, nil, ErrSuite
	}
	if rtp, err = k.transform(0, suites[k.suite].rtp); err != nil {
		return nil, nil, err
	}
	rtcp, err = k.transform(labelsRTCP, suites[k.suite].rtcp-word)
	return rtp, rtcp, err
}

func (k Key) transform(labels byte, tag int) (transform, error) {
	s, err := k.derive(labels)
	if err != nil {
		return nil, err
	}
	if suites[k.suite].gcm {
		return newGCM(s)
	}
	return newCounterMode(s, tag)
}
