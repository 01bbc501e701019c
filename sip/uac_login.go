package sip

import (
	"bytes"
	"io"
	"strings"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// login answers the challenges of a trunk (RFC 3261 §22, RFC 8760). It keeps
// the last one of each realm and uses it for what follows, with a rising nonce
// count, so that later requests are not challenged again. Methods of a nil
// login do nothing. It belongs to a call and is touched on its queue only.
type login struct {
	username, password string
	realms             []*realm
}

// realm is one that has challenged us.
type realm struct {
	proxy     bool // Proxy-Authenticate
	challenge *digest.Challenge
	count     int
}

// trials counts the challenges that one request has answered, by realm.
type trials map[string]int

// maxRealms bounds the realms remembered.
const maxRealms = 4

func newLogin(username, password string) *login {
	if username == "" {
		return nil
	}
	return &login{username: username, password: password}
}

// challenged takes the challenges of a response and reports whether the
// request is worth sending again: it was challenged, by an algorithm we know,
// and not after an answer to that very realm, unless only the nonce of that
// answer was stale. tried belongs to the request.
func (l *login) challenged(res *sip.Response, tried *trials) bool {
	if l == nil || (res.StatusCode != sip.StatusUnauthorized && res.StatusCode != sip.StatusProxyAuthRequired) {
		return false
	}
	if *tried == nil {
		*tried = make(trials)
	}
	again := false
	for _, r := range bestOffers(res) {
		key := r.header() + " " + r.challenge.Realm
		n := (*tried)[key]
		if n > 1 || n == 1 && !r.challenge.Stale || !l.learn(r) {
			return false
		}
		(*tried)[key]++
		again = true
	}
	return again
}

// bestOffers lists the challenges of a response that we can answer, of each
// realm the one with the best algorithm.
func bestOffers(res *sip.Response) []*realm {
	var list []*realm
next:
	for _, h := range res.Headers() {
		proxy := strings.EqualFold(h.Name(), "Proxy-Authenticate")
		if !proxy && !strings.EqualFold(h.Name(), "WWW-Authenticate") {
			continue
		}
		chal, err := digest.ParseChallenge(h.Value())
		if err != nil || !usable(chal) {
			continue
		}
		for _, r := range list {
			if r.proxy == proxy && r.challenge.Realm == chal.Realm {
				if strength(chal) > strength(r.challenge) {
					r.challenge = chal
				}
				continue next
			}
		}
		list = append(list, &realm{proxy: proxy, challenge: chal})
	}
	return list
}

// learn remembers a challenge for this request and those to come.
func (l *login) learn(r *realm) bool {
	for i, old := range l.realms {
		if old.proxy == r.proxy && old.challenge.Realm == r.challenge.Realm {
			l.realms[i] = r
			return true
		}
	}
	if len(l.realms) >= maxRealms {
		return false
	}
	l.realms = append(l.realms, r)
	return true
}

// sign adds credentials for the realms known.
func (l *login) sign(req *sip.Request) {
	if l == nil {
		return
	}
	for _, r := range l.realms {
		r.count++
		cred, err := digest.Digest(r.challenge, digest.Options{
			Method: req.Method.String(),
			// The Request-URI to the letter: strict servers compare.
			URI:      req.Recipient.String(),
			Username: l.username,
			Password: l.password,
			Count:    r.count,
			GetBody:  func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(req.Body())), nil },
		})
		if err != nil {
			continue
		}
		req.AppendHeader(sip.NewHeader(r.header(), cred.String()))
	}
}

func (r *realm) header() string {
	if r.proxy {
		return "Proxy-Authorization"
	}
	return "Authorization"
}

// again copies the credentials of an INVITE to its ACK, which nobody can
// challenge (RFC 3261 §22.1).
func (l *login) again(invite, ack *sip.Request) {
	if l == nil {
		return
	}
	for _, name := range [...]string{"Authorization", "Proxy-Authorization"} {
		for _, h := range invite.GetHeaders(name) {
			ack.AppendHeader(sip.HeaderClone(h))
		}
	}
}

// usable reports whether we can answer a challenge, and tidies it: names of
// algorithms and the list of qop come in all shapes.
func usable(chal *digest.Challenge) bool {
	chal.Algorithm = strings.ToUpper(chal.Algorithm)
	for i, q := range chal.QOP {
		chal.QOP[i] = strings.ToLower(strings.TrimSpace(q))
	}
	return chal.Nonce != "" && digest.CanDigest(chal)
}

// strength orders algorithms.
func strength(chal *digest.Challenge) int {
	switch chal.Algorithm {
	case "SHA-512":
		return 3
	case "SHA-512-256":
		return 2
	case "SHA-256":
		return 1
	}
	return 0
}
