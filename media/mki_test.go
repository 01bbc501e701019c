package media

import (
	"slices"
	"strings"
	"testing"

	"warmline/media/srtp"
)

// A peer whose key has an identifier is heard if its packets carry that; ours
// have none.
func TestMasterKeyIdentifier(t *testing.T) {
	b := newBench(t, SessionConfig{SRTP: SRTPRequired})
	key, line := cryptoOf(t, 1, cm80)
	answer := b.agree(offerOf(peerAddr.Addr().String(), savp, line+"|2^31|258:4"))
	ours, _ := answer.MediaDescriptions[0].Attribute("crypto")
	if strings.Contains(ours, "|") {
		t.Errorf("our key: %q", ours)
	}
	_, ourKey, err := srtp.ParseCrypto(ours)
	if err != nil {
		t.Fatal(err)
	}
	seal, err := srtp.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	open, err := srtp.NewOpener(ourKey)
	if err != nil {
		t.Fatal(err)
	}
	say := func(identifier ...byte) {
		p := make([]byte, 300)
		putRTP(p, rtpHeader{seq: b.stream.seq, ts: b.stream.ts, ssrc: b.stream.ssrc})
		b.stream.seq++
		b.stream.ts += frameSamples
		n, err := seal.RTP(p, rtpHeaderSize+copy(p[rtpHeaderSize:], level(1000, frameSamples)))
		if err != nil {
			t.Fatal(err)
		}
		b.peer.TryWrite(slices.Insert(p[:n], n-10, identifier...), b.rtpAddr())
		b.tick()
	}
	b.stream.seq = 1000
	for range 10 {
		say(0, 0, 1, 2)
	}
	if st := b.s.Stats(); st.PacketsIn != 10 || st.Discarded != 0 {
		t.Errorf("%+v", st)
	}
	say()
	say(0, 0, 1, 3)
	if st := b.s.Stats(); st.PacketsIn != 10 || st.Discarded != 2 {
		t.Errorf("without an identifier, and with another: %+v", st)
	}
	buf := make([]byte, datagramSize)
	n, _, _, _ := b.peer.TryRead(buf)
	if _, err := open.RTP(buf[:n]); err != nil {
		t.Errorf("what we send: %v", err)
	}
}
