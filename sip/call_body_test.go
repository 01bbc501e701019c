package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

func TestContentTypeIsReducedToTheMediaType(t *testing.T) {
	for value, want := range map[string]string{
		"application/sdp":                  "application/sdp",
		"Application/SDP; charset=utf-8":   "application/sdp",
		"multipart/mixed;boundary=\"a;b\"": "multipart/mixed",
		" text/plain ":                     "text/plain",
	} {
		req := sip.NewRequest(sip.INFO, sip.Uri{Host: "x"})
		req.AppendHeader(sip.NewHeader("Content-Type", value))
		if got := contentType(req); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
	if got := contentType(sip.NewRequest(sip.INFO, sip.Uri{Host: "x"})); got != "" {
		t.Errorf("none: %q", got)
	}
}

func TestSessionIsACopy(t *testing.T) {
	req := sip.NewRequest(sip.INVITE, sip.Uri{Host: "x"})
	setSession(req, []byte(offerSDP))
	got := sessionOf(req)
	req.Body()[0] = 'X'
	if string(got) != offerSDP {
		t.Errorf("%q", got)
	}
}

func TestEmptySessionHasNoContentType(t *testing.T) {
	req := sip.NewRequest(sip.INVITE, sip.Uri{Host: "x"})
	setSession(req, nil)
	if req.GetHeader("Content-Type") != nil || req.ContentLength() == nil || *req.ContentLength() != 0 {
		t.Errorf("%s", req)
	}
}

func TestBodyTypeCannotInjectHeaders(t *testing.T) {
	req := sip.NewRequest(sip.INFO, sip.Uri{Host: "x"})
	setBody(req, "text/plain\r\nX-Evil: 1", []byte("x"))
	if strings.Contains(req.String(), "\r\nX-Evil") {
		t.Errorf("%s", req)
	}
}

func TestReasonIsScrubbedAndCut(t *testing.T) {
	req := sip.NewRequest(sip.BYE, sip.Uri{Host: "x"})
	if got := reasonOf(req); got != "" {
		t.Errorf("%q", got)
	}
	req.AppendHeader(sip.NewHeader("Reason", "Q.850;cause=16;text=\"a\x00b\""+strings.Repeat("x", 1000)))
	got := reasonOf(req)
	if len(got) != maxText || strings.ContainsRune(got, 0) || !strings.HasPrefix(got, "Q.850;cause=16") {
		t.Errorf("%q", got)
	}
}

func TestStrengthOfAlgorithms(t *testing.T) {
	order := []string{"", "SHA-256", "SHA-512-256", "SHA-512"}
	for i := range order[1:] {
		weak, strong := &digest.Challenge{Algorithm: order[i]}, &digest.Challenge{Algorithm: order[i+1]}
		if strength(weak) >= strength(strong) {
			t.Errorf("%q is not weaker than %q", order[i], order[i+1])
		}
	}
}

func TestLoginWithoutNameDoesNothing(t *testing.T) {
	l := newLogin("", "secret")
	req := sip.NewRequest(sip.BYE, sip.Uri{Host: "x"})
	l.sign(req)
	l.again(req, req)
	var tried trials
	if l.challenged(sip.NewResponse(401, ""), &tried) || len(req.Headers()) != 0 {
		t.Errorf("%s", req)
	}
}

func TestRealmsRememberedAreBounded(t *testing.T) {
	l := newLogin("us", "secret")
	for i := range maxRealms + 3 {
		r := &realm{challenge: &digest.Challenge{Realm: strings.Repeat("r", i+1), Nonce: "n"}}
		if got, want := l.learn(r), i < maxRealms; got != want {
			t.Errorf("realm %d learned: %v", i, got)
		}
	}
}

func TestPhrases(t *testing.T) {
	for status, want := range map[int]string{
		180: "Ringing", 200: "OK", 486: "Busy Here", 199: "Progress", 299: "Success", 399: "Redirection",
		499: "Request Failure", 599: "Server Failure", 699: "Global Failure", 42: "Unknown",
	} {
		if got := phrase(status); got != want {
			t.Errorf("%d: %q, want %q", status, got, want)
		}
	}
}
