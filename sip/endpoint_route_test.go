package sip

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// secrets lets the user ann in with the password "pw".
func secrets(user, realm string, alg Algorithm) (string, string, bool) {
	if user != "ann" || alg != MD5 {
		return "", "", false
	}
	sum := md5.Sum([]byte(user + ":" + realm + ":pw"))
	return hex.EncodeToString(sum[:]), "agent-ann", true
}

// authorize answers a challenge as user with password.
func authorize(t *testing.T, res *sip.Response, method, uri, user, password string) string {
	t.Helper()
	for _, h := range res.GetHeaders("WWW-Authenticate") {
		chal, err := digest.ParseChallenge(h.Value())
		if err != nil {
			t.Fatal(err)
		}
		if chal.Algorithm != "MD5" {
			continue
		}
		cred, err := digest.Digest(chal, digest.Options{Method: method, URI: uri, Username: user, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		return "Authorization: " + cred.String()
	}
	t.Fatalf("no MD5 challenge in\n%s", res)
	return ""
}

func TestStrangersAreChallengedAndForgotten(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(phoneAddr)
		l := p.leg("stranger")
		l.invite(offerSDP)
		first := p.response(401)
		// Nothing is kept: the request again is answered again, with the same
		// tag, and the answer is not repeated without it.
		p.silent(time.Minute)
		p.send(l.again("INVITE", l.ackedSeq, offerSDP))
		if again := p.response(401); tagOf(again.To().Params) != tagOf(first.To().Params) {
			t.Error("another tag for the same request")
		}
		p.send(l.again("ACK", l.ackedSeq, ""))
		p.silent(time.Minute)
		if len(r.invites) != 0 {
			t.Error("a stranger's call reached the handler")
		}
	})
}

func TestUserCallsAfterDigest(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ha1 = secrets
		p := r.peer(phoneAddr)
		l := p.leg("user")
		l.invite(offerSDP)
		challenge := p.response(401)
		l.invite(offerSDP, authorize(t, challenge, "INVITE", l.uri, "ann", "wrong"))
		challenge = p.response(401)
		l.invite(offerSDP, authorize(t, challenge, "INVITE", l.uri, "ann", "pw"),
			"P-Asserted-Identity: <sip:boss@example.test>")
		c := r.call()
		inv := r.invites[0]
		if inv.User != "agent-ann" || inv.Trunk != "" || inv.From.User != "+491701234" {
			t.Errorf("%+v", inv)
		}
		if want := (Flow{"udp", ourAddr, phoneAddr}); inv.Flow != want {
			t.Errorf("flow %+v", inv.Flow)
		}
		c.Answer([]byte(answerSDP))
		l.learn(p.response(200))
		l.ack("")
		l.send("BYE", "") // in the dialog nobody is asked again
		p.response(200)
		r.want(Acked, Ended)
	})
}

func TestTrunkAssertsTheCaller(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("pai")
		l.uri = "sip:%2B4930555@203.0.113.1;user=phone"
		l.invite(offerSDP, `P-Asserted-Identity: "Real Name" <sip:+49405550@carrier.test>`)
		r.call()
		inv := r.invites[0]
		if inv.From != (Party{"Real Name", "+49405550", "carrier.test"}) || inv.Dialled != "+4930555" || inv.MaxForwards != 70 {
			t.Errorf("%+v", inv)
		}
	})
}

func TestMultipartOfferIsUnpacked(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("multi")
		body := "--b\r\nContent-Type: application/isup\r\nContent-Disposition: signal;handling=optional\r\n\r\nxx\r\n" +
			"--b\r\nContent-Type: application/sdp\r\n\r\n" + offerSDP + "\r\n--b--\r\n"
		l.invite(body, "Content-Type: multipart/mixed;boundary=b")
		r.call()
		if inv := r.invites[0]; string(inv.Body) != offerSDP || inv.ContentType != "application/sdp" {
			t.Errorf("%+v", inv)
		}
	})
}

func TestInviteWithoutContactIs400(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("nocontact")
		l.seq++
		text := l.text("INVITE", l.seq, offerSDP)
		i := strings.Index(text, "Contact:")
		p.send(text[:i] + text[i+strings.Index(text[i:], "\r\n")+2:])
		p.response(400)
	})
}

func TestTooManyCallsAre503(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.ep.guard = newGuard(Limits{CallsPerSecond: 2}, nil, time.Now)
		p := r.peer(trunkAddr)
		for i := range 3 {
			l := p.leg(string(rune('a' + i)))
			l.invite(offerSDP)
		}
		statuses := map[int]int{}
		for range 3 {
			res := p.next().(*sip.Response)
			statuses[res.StatusCode]++
			if res.StatusCode == 503 && res.GetHeader("Retry-After") == nil {
				t.Errorf("%s", res)
			}
		}
		if statuses[100] != 2 || statuses[503] != 1 {
			t.Errorf("%v", statuses)
		}
	})
}

func TestOptions(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.known = func(user string) bool { return user == "200" }
		trunk, stranger := r.peer(trunkAddr), r.peer(phoneAddr)
		for i, c := range []struct {
			p      *peer
			uri    string
			status int
		}{
			{trunk, "sip:200@203.0.113.1", 200},
			{trunk, "sip:300@203.0.113.1", 404},
			{trunk, "sip:203.0.113.1", 200},
			{stranger, "sip:203.0.113.1", 200},
			// Which numbers exist is not for everybody.
			{stranger, "sip:200@203.0.113.1", 401},
			{stranger, "sip:300@203.0.113.1", 401},
		} {
			l := c.p.leg(fmt.Sprint("options", i)) // a transaction of its own
			l.uri = c.uri
			l.send("OPTIONS", "")
			res := c.p.response(c.status)
			if c.status == 200 && (res.GetHeader("Allow") == nil || res.GetHeader("Accept") == nil) {
				t.Errorf("%s", res)
			}
		}
	})
}

func TestRequestsInNoDialog(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		for _, method := range []string{"BYE", "INFO", "UPDATE", "INVITE"} {
			l := p.leg("gone" + method)
			l.to = "no-such-dialog"
			l.send(method, "")
			p.response(481)
		}
		l := p.leg("bare")
		l.send("BYE", "")
		p.response(481)
		l.ack("") // no answer to an ACK, ever
		l.to = "no-such-dialog"
		l.ack("")
		p.silent(time.Minute)
	})
}

func TestValidationComesFirst(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("valid")
		l.invite(offerSDP, "Require: 100rel")
		p.response(420)
		l.invite("x", "Content-Type: text/plain")
		p.response(415)
		l.send("PUBLISH", "")
		if res := p.next().(*sip.Response); res.StatusCode/100 != 4 && res.StatusCode != 501 {
			t.Errorf("%s", res)
		}
		if len(r.invites) != 0 {
			t.Error("an invalid call reached the handler")
		}
	})
}

func TestRegister(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ha1 = secrets
		var got []Registration
		r.register = func(reg Registration) RegisterResult {
			got = append(got, reg)
			return RegisterResult{Status: 200, Contacts: reg.Contacts}
		}
		p := r.peer(phoneAddr)
		l := p.leg("register")
		l.uri, l.toURI = "sip:example.test", "sip:ann@example.test"
		l.from = l.toURI
		l.send("REGISTER", "", "Expires: 300")
		challenge := p.response(401)
		l.send("REGISTER", "", "Expires: 300", authorize(t, challenge, "REGISTER", l.uri, "ann", "pw"))
		ok := p.response(200)
		if ok.Contact() == nil || len(got) != 1 || got[0].User != "agent-ann" || got[0].Flow.Remote != phoneAddr {
			t.Errorf("%+v\n%s", got, ok)
		}
	})
}

// RFC 3261 §18.2.1, without rport.
func TestResponseSaysWhereTheRequestCameFrom(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("nat")
		l.send("OPTIONS", "")
		if via := p.response(404).Via(); via.Params.GetOr("rport", "") != "5060" {
			t.Errorf("%v", via)
		}
		l.seq++
		text := strings.Replace(l.text("OPTIONS", l.seq, ""), "UDP 198.51.100.7:5060", "UDP inside.example:5060", 1)
		p.send(strings.Replace(text, ";rport", "", 1))
		if via := p.response(404).Via(); via.Params.GetOr("received", "") != "198.51.100.7" {
			t.Errorf("%v", via)
		}
	})
}

func TestMessagesAreCounted(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		l.send("BREW", "")
		p.next()
		s := r.ep.Stats()
		for key, want := range map[RequestKey]uint64{
			{"INVITE", "in"}: 1, {"ACK", "in"}: 1, {"other", "in"}: 1,
		} {
			if s.Requests[key] != want {
				t.Errorf("%v: %d, want %d", key, s.Requests[key], want)
			}
		}
		if s.Responses[ResponseKey{"INVITE", 200, "out"}] != 1 || s.Calls != 1 {
			t.Errorf("%+v", s)
		}
		for code, label := range map[int]int{486: 486, 499: 400, 299: 200, 42: 0, 999: 0} {
			if got := codeLabel(code); got != label {
				t.Errorf("label of %d is %d, want %d", code, got, label)
			}
		}
	})
}
