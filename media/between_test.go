package media

import (
	"bytes"
	"fmt"
	"testing"
)

// exchange has one of our sessions offer to another.
func exchange(t *testing.T, from, to *Session) error {
	t.Helper()
	offer, err := from.Offer()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := to.Answer(offer)
	if err != nil {
		return err
	}
	if err := from.Accept(answer); err != nil {
		return err
	}
	from.Commit()
	to.Commit()
	return nil
}

// opens says whether what one session seals the other opens.
func opens(t *testing.T, from, to *Session, seq uint16) bool {
	t.Helper()
	const payload = "twenty milliseconds"
	p := make([]byte, 200)
	putRTP(p, rtpHeader{seq: seq, ssrc: 7})
	n := rtpHeaderSize + copy(p[rtpHeaderSize:], payload)
	n, err := from.agreed.seal.RTP(p, n)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(p[:n], []byte(payload)) {
		t.Error("the payload goes in the clear")
	}
	n, err = to.agreed.open.RTP(p[:n])
	return err == nil && string(p[rtpHeaderSize:n]) == payload
}

// Two sessions of ours by all pairs of policies, first one then the other
// offering: they agree on encryption, on plain RTP, or on nothing.
func TestPoliciesBetweenUs(t *testing.T) {
	want := map[[2]SRTPPolicy]string{ // offering, answering
		{SRTPOff, SRTPOff}: "plain", {SRTPOff, SRTPOptional}: "plain", {SRTPOff, SRTPRequired}: "nothing",
		{SRTPOptional, SRTPOff}: "plain", {SRTPOptional, SRTPOptional}: "secure", {SRTPOptional, SRTPRequired}: "secure",
		{SRTPRequired, SRTPOff}: "nothing", {SRTPRequired, SRTPOptional}: "secure", {SRTPRequired, SRTPRequired}: "secure",
	}
	for pair, want := range want {
		t.Run(fmt.Sprint(pair), func(t *testing.T) {
			b := newBench(t, SessionConfig{SRTP: pair[0]})
			other, err := b.engine.NewSession(SessionConfig{SRTP: pair[1]})
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			got := "nothing"
			if err := exchange(t, b.s, other); err == nil {
				got = map[bool]string{true: "secure", false: "plain"}[b.s.Secure() && other.Secure()]
			}
			if got != want || b.s.Secure() != other.Secure() {
				t.Fatalf("%s, want %s; secure: %v and %v", got, want, b.s.Secure(), other.Secure())
			}
			if want != "secure" {
				return
			}
			seq := uint16(0)
			both := func(what string) {
				t.Helper()
				for range 3 {
					seq++
					if !opens(t, b.s, other, seq) || !opens(t, other, b.s, seq) {
						t.Errorf("%s: what one seals the other cannot open", what)
					}
				}
			}
			both("at first")
			for range 2 {
				if err := exchange(t, b.s, other); err != nil {
					t.Fatal(err)
				}
				both("after a refresh")
				if err := exchange(t, other, b.s); err != nil {
					t.Fatal(err)
				}
				both("after the other's refresh")
			}
			before := b.s.agreed.seal
			b.s.NewKeys()
			if err := exchange(t, b.s, other); err != nil {
				t.Fatal(err)
			}
			both("with new keys")
			if b.s.agreed.seal == before {
				t.Error("the keys are the old ones")
			}
		})
	}
}
