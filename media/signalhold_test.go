package media

import (
	"strings"
	"testing"
)

// A hold that is signalled shows as sendonly in what we offer and answer, and
// is not taken for a hold by the peer when it answers recvonly.
func TestSignalHold(t *testing.T) {
	b := newBench(t, SessionConfig{})
	ours := b.s
	theirs, err := b.engine.NewSession(SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	exchange := func() (offer, answer string) {
		o, err := ours.Offer()
		if err != nil {
			t.Fatal(err)
		}
		a, err := theirs.Answer(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := ours.Accept(a); err != nil {
			t.Fatal(err)
		}
		ours.Commit()
		theirs.Commit()
		return string(o), string(a)
	}
	exchange()
	ours.SignalHold(true)
	if o, a := exchange(); !strings.Contains(o, "a=sendonly") || !strings.Contains(a, "a=recvonly") {
		t.Errorf("on hold: offer\n%s\nanswer\n%s", o, a)
	}
	if ours.RemoteHold() || !theirs.RemoteHold() {
		t.Error("who holds whom is the wrong way round")
	}
	back, err := theirs.Offer()
	if err != nil {
		t.Fatal(err)
	}
	if a, err := ours.Answer(back); err != nil || !strings.Contains(string(a), "a=sendonly") {
		t.Errorf("the peer's offer during our hold is answered %v\n%s", err, a)
	}
	ours.Rollback()
	theirs.Rollback()
	ours.SignalHold(false)
	if o, _ := exchange(); !strings.Contains(o, "a=sendrecv") {
		t.Errorf("off hold: offer\n%s", o)
	}
	if ours.RemoteHold() || theirs.RemoteHold() {
		t.Error("still a hold")
	}
}
