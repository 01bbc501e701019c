package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

const (
	challengeMD5    = `WWW-Authenticate: Digest realm="carrier", nonce="n1", algorithm=MD5, qop="auth,auth-int"`
	challengeSHA256 = `WWW-Authenticate: Digest realm="carrier", nonce="n2", algorithm=SHA-256, qop="auth"`
)

// dialWith dials the trunk with credentials and a Request-URI with parameters.
func (r *rig) dialWith(password string) *Call {
	return r.dial(DialRequest{
		Targets:  []Target{{URI: "sip:123@" + trunkAddr.String() + ";user=phone"}},
		Username: "us", Password: password, Body: []byte(offerSDP),
	})
}

// verify checks the credentials of a request against a password.
func verify(t *testing.T, req *sip.Request, header, password string) *digest.Credentials {
	t.Helper()
	hs := req.GetHeaders(header)
	if len(hs) != 1 {
		t.Fatalf("%d %s in\n%s", len(hs), header, req)
	}
	cred, err := digest.ParseCredentials(hs[0].Value())
	if err != nil {
		t.Fatal(err)
	}
	chal := &digest.Challenge{Realm: cred.Realm, Nonce: cred.Nonce, Algorithm: cred.Algorithm}
	if cred.QOP != "" {
		chal.QOP = []string{cred.QOP}
	}
	want, err := digest.Digest(chal, digest.Options{
		Method: req.Method.String(), URI: req.Recipient.String(),
		Username: cred.Username, Password: password, Cnonce: cred.Cnonce, Count: cred.Nc,
	})
	if err != nil {
		t.Fatal(err)
	}
	if cred.Response != want.Response || cred.URI != req.Recipient.String() {
		t.Errorf("bad credentials %s for %s", cred, &req.Recipient)
	}
	return cred
}

func TestChallengedInvite(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialWith("secret")
		inv := p.request(sip.INVITE)
		if inv.GetHeader("Authorization") != nil {
			t.Errorf("%s", inv)
		}
		p.reply(inv, 401, "t1", "", challengeMD5)
		p.request(sip.ACK)
		again := p.request(sip.INVITE)
		cred := verify(t, again, "Authorization", "secret")
		if cred.Nc != 1 || cred.URI != "sip:123@198.51.100.7:5060;user=phone" {
			t.Errorf("%s", cred)
		}
		if again.CallID().Value() != inv.CallID().Value() || again.CSeq().SeqNo != inv.CSeq().SeqNo+1 ||
			tagOf(again.From().Params) != tagOf(inv.From().Params) || branchOf(again) == branchOf(inv) ||
			tagOf(again.To().Params) != "" || string(again.Body()) != offerSDP {
			t.Errorf("second INVITE\n%s", again)
		}
		p.reply(again, 200, "t2", answerSDP)
		ack := p.request(sip.ACK)
		if ack.CSeq().SeqNo != again.CSeq().SeqNo || ack.GetHeader("Authorization") == nil {
			t.Errorf("%s", ack)
		}
		r.want(Answered)
	})
}

func TestStrongestChallengeIsAnswered(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialWith("secret")
		p.reply(p.request(sip.INVITE), 401, "t1", "", challengeMD5, challengeSHA256,
			`WWW-Authenticate: Digest realm="carrier", nonce="n3", algorithm=SHA-256-sess, qop="auth"`,
			`WWW-Authenticate: Basic realm="carrier"`)
		p.request(sip.ACK)
		if cred := verify(t, p.request(sip.INVITE), "Authorization", "secret"); cred.Nonce != "n2" {
			t.Errorf("%s", cred)
		}
	})
}

func TestProxyAndPeerBothChallenge(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialWith("secret")
		p.reply(p.request(sip.INVITE), 407, "t1", "", strings.Replace(challengeMD5, "WWW", "Proxy", 1))
		p.request(sip.ACK)
		second := p.request(sip.INVITE)
		verify(t, second, "Proxy-Authorization", "secret")
		p.reply(second, 401, "t2", "", challengeSHA256)
		p.request(sip.ACK)
		third := p.request(sip.INVITE)
		if cred := verify(t, third, "Proxy-Authorization", "secret"); cred.Nc != 2 {
			t.Errorf("nonce count %d, want 2", cred.Nc)
		}
		verify(t, third, "Authorization", "secret")
		p.reply(third, 486, "t3", "")
		p.request(sip.ACK)
		if ev := r.want(Failed)[0]; ev.Status != 486 {
			t.Errorf("%+v", ev)
		}
	})
}

func TestWrongPasswordIsTriedOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialWith("wrong")
		p.reply(p.request(sip.INVITE), 401, "t1", "", challengeMD5)
		p.request(sip.ACK)
		p.reply(p.request(sip.INVITE), 401, "t2", "", strings.Replace(challengeMD5, "n1", "other", 1))
		p.request(sip.ACK)
		if ev := r.want(Failed)[0]; ev.Status != 401 {
			t.Errorf("%+v", ev)
		}
	})
}

func TestStaleNonceIsRetriedOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialWith("secret")
		p.reply(p.request(sip.INVITE), 401, "t1", "", challengeMD5)
		p.request(sip.ACK)
		p.reply(p.request(sip.INVITE), 401, "t2", "", strings.Replace(challengeMD5, "n1", "fresh", 1)+", stale=true")
		p.request(sip.ACK)
		third := p.request(sip.INVITE)
		if cred := verify(t, third, "Authorization", "secret"); cred.Nonce != "fresh" {
			t.Errorf("%s", cred)
		}
		p.reply(third, 401, "t3", "", strings.Replace(challengeMD5, "n1", "fresher", 1)+", stale=true")
		p.request(sip.ACK)
		r.want(Failed)
	})
}

func TestChallengeWithoutCredentialsFails(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		p.reply(p.request(sip.INVITE), 401, "t1", "", challengeMD5)
		p.request(sip.ACK)
		if ev := r.want(Failed)[0]; ev.Status != 401 {
			t.Errorf("%+v", ev)
		}
	})
}

func TestChallengesNobodyCanAnswerFail(t *testing.T) {
	for _, c := range []string{
		"X-None: 1", `WWW-Authenticate: Digest realm="carrier"`,
		`WWW-Authenticate: Digest realm="carrier", nonce="x", algorithm=MD5-sess, qop="auth"`,
		`WWW-Authenticate: Digest realm="carrier", nonce="x", qop="other"`, "WWW-Authenticate: Digest ,,,=",
	} {
		bubble(t, func(t *testing.T, r *rig) {
			p := r.peer(trunkAddr)
			r.dialWith("secret")
			p.reply(p.request(sip.INVITE), 401, "t1", "", c)
			p.request(sip.ACK)
			r.want(Failed)
		})
	}
}

// What was learned on the INVITE is used at once, and counts.
func TestLaterRequestsAreSignedAheadOfTheChallenge(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialWith("secret")
		p.reply(p.request(sip.INVITE), 401, "t1", "", challengeMD5)
		p.request(sip.ACK)
		inv := p.request(sip.INVITE)
		p.reply(inv, 200, "t2", answerSDP)
		p.request(sip.ACK)
		c.Reoffer([]byte("hold"))
		re := p.request(sip.INVITE)
		if cred := verify(t, re, "Authorization", "secret"); cred.Nc != 2 {
			t.Errorf("nonce count %d, want 2", cred.Nc)
		}
		p.reply(re, 200, "", answerSDP)
		p.request(sip.ACK)
		r.want(Answered, ReofferDone)
	})
}

func TestChallengedByeIsSentAgain(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialWith("secret")
		p.reply(p.request(sip.INVITE), 200, "t1", answerSDP)
		p.request(sip.ACK)
		c.Hangup()
		bye := p.request(sip.BYE)
		p.reply(bye, 407, "", "", strings.Replace(challengeMD5, "WWW", "Proxy", 1))
		again := p.request(sip.BYE)
		verify(t, again, "Proxy-Authorization", "secret")
		if again.CSeq().SeqNo != bye.CSeq().SeqNo+1 {
			t.Errorf("CSeq %d after %d", again.CSeq().SeqNo, bye.CSeq().SeqNo)
		}
		r.want(Answered)
		p.reply(again, 200, "", "")
		r.want(Ended)
	})
}

func TestChallengedReofferKeepsItsOffer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialWith("secret")
		p.reply(p.request(sip.INVITE), 200, "t1", answerSDP)
		p.request(sip.ACK)
		c.Reoffer([]byte("hold"))
		p.reply(p.request(sip.INVITE), 401, "", "", challengeSHA256)
		p.request(sip.ACK)
		again := p.request(sip.INVITE)
		verify(t, again, "Authorization", "secret")
		if string(again.Body()) != "hold" {
			t.Errorf("%s", again)
		}
		p.reply(again, 200, "", answerSDP)
		if ack := p.request(sip.ACK); ack.CSeq().SeqNo != again.CSeq().SeqNo {
			t.Errorf("%s", ack)
		}
		r.want(Answered, ReofferDone)
	})
}
