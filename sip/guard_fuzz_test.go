package sip

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// seedTorture adds the messages of RFC 4475 to a corpus.
func seedTorture(f *testing.F) {
	files, err := filepath.Glob("testdata/torture/*.dat")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		msg, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(msg)
	}
	f.Add([]byte(plainOptions))
}

// FuzzGuard: a refusal is itself a message that the guard passes, with no line
// that was not in a header of the request.
func FuzzGuard(f *testing.F) {
	seedTorture(f)
	f.Fuzz(func(t *testing.T, msg []byte) {
		h, v := inspect(msg, true)
		if v != reject {
			return
		}
		answer, _ := refuse(msg, h, strangerAddr)
		if answer == nil {
			return
		}
		if !clean(answer) {
			t.Errorf("control characters in %q", answer)
		}
		// A CSeq that cannot be read comes back as it was.
		if a, v := inspect(answer, true); a.reason != "Malformed CSeq" && (v != pass || a.contentLength != 0 || a.size != len(answer)) {
			t.Errorf("the guard would not pass %q", answer)
		}
	})
}

// FuzzMessage: what the guard passes is parsed and validated without a panic,
// keeps no line end inside of a header, and comes out of the parser as it went
// in: a response made from it parses too.
func FuzzMessage(f *testing.F) {
	seedTorture(f)
	parser := newParser()
	f.Fuzz(func(t *testing.T, msg []byte) {
		if _, v := inspect(msg, true); v != pass {
			return
		}
		parsed, err := parser.ParseSIP(msg)
		if err != nil {
			return // dropped by sipgo
		}
		req, ok := parsed.(*sip.Request)
		if !ok {
			validateResponse(parsed.(*sip.Response))
			return
		}
		req.SetSource("203.0.113.7:40000")
		for _, h := range req.Headers() {
			if strings.ContainsAny(h.Value(), "\r\n\x00") {
				t.Errorf("%s holds a line end: %q", h.Name(), h.Value())
			}
		}
		r := validate(req, true)
		if r == nil {
			caller(req, true)
			callee(req)
			if reg, r := parseRegister(req, "alice", Flow{}); r == nil {
				for _, c := range reg.Contacts {
					if scrub(c.URI) != c.URI || c.Expires < 0 {
						t.Errorf("contact %+v", c)
					}
				}
			}
			r = &refusal{status: 486, reason: "Busy Here"}
		}
		res := sip.NewResponseFromRequest(req, r.status, r.reason, nil)
		complete(res, req)
		for _, h := range r.headers {
			res.AppendHeader(sip.NewHeader(h.Name, h.Value))
		}
		if text := []byte(res.String()); !clean(text[:bytes.Index(text, crlfcrlf)+4]) {
			t.Errorf("control characters in %q", text)
		}
	})
}

// FuzzFraming: however a stream is cut, what is handed on is a sequence of
// whole messages that the guard passes.
func FuzzFraming(f *testing.F) {
	seedTorture(f)
	f.Add([]byte("\r\n\r\n" + plainOptions + withBody(4) + "\r\n" + plainOptions))
	f.Fuzz(func(t *testing.T, stream []byte) {
		c := newFramedConn(&memConn{in: stream}, testGuard(Limits{}), func() {})
		var got []byte
		buf := make([]byte, 999)
		for {
			n, err := c.Read(buf)
			got = append(got, buf[:n]...)
			if err != nil {
				break
			}
		}
		for len(got) > 0 {
			h, v := inspect(got, false)
			if v != pass || h.contentLength < 0 || h.size+h.contentLength > len(got) {
				t.Fatalf("handed on %q", got)
			}
			got = got[h.size+h.contentLength:]
		}
	})
}

// FuzzCredentials: what parses has what the check relies on, and the check
// lets nobody in.
func FuzzCredentials(f *testing.F) {
	f.Add(good("n").String())
	f.Add(`Digest username="a\"b", realm=x, nonce="n", uri="u", response="r"`)
	f.Add("Basic x")
	f.Add(`Digest a="`)
	auth := testAuth()
	f.Fuzz(func(t *testing.T, value string) {
		c, err := parseCredentials(value)
		if err != nil {
			return
		}
		if c.username == "" || c.nonce == "" || c.qop != "" && (c.count == 0 || len(c.nc) != 8) {
			t.Errorf("%+v from %q", c, value)
		}
		req := sip.NewRequest(sip.REGISTER, sip.Uri{Scheme: "sip", Host: "example.com"})
		req.AppendHeader(sip.NewHeader("Authorization", value))
		if user, r := auth.check(req, digestSrc, false, digestNow); r == nil {
			t.Errorf("%q is let in as %s", value, user)
		}
	})
}

// FuzzBody: the session description found is part of the body.
func FuzzBody(f *testing.F) {
	f.Add("multipart/mixed;boundary=b", "", []byte("--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n"))
	f.Add("application/sdp", "session;handling=required", []byte("v=0\r\n"))
	f.Add("multipart/mixed", "", []byte("x"))
	f.Fuzz(func(t *testing.T, contentType, disposition string, body []byte) {
		req := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "h"})
		req.AppendHeader(sip.NewHeader("Content-Type", contentType))
		req.AppendHeader(sip.NewHeader("Content-Disposition", disposition))
		req.SetBody(body)
		sdp, r := sdpBody(req)
		if r != nil && sdp != nil {
			t.Error("both a body and a refusal")
		}
		if !bytes.Contains(body, sdp) {
			t.Errorf("%q is not in %q", sdp, body)
		}
	})
}

// FuzzSqueeze: squeezing again changes nothing, and nothing but white space
// goes.
func FuzzSqueeze(f *testing.F) {
	f.Add(`"a ; b" <sip:c@d> ; tag = e`)
	f.Add(`"\" < ; `)
	f.Add("SIP / 2.0 / UDP h : 5")
	f.Fuzz(func(t *testing.T, s string) {
		got := squeeze(s)
		if again := squeeze(got); again != got {
			t.Errorf("%q, then %q", got, again)
		}
		strip := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "")
		if strip.Replace(got) != strip.Replace(s) {
			t.Errorf("squeeze(%q) = %q", s, got)
		}
	})
}
