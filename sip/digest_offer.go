package sip

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"

	"github.com/emiago/sipgo/sip"
)

// secretKinds is which kinds of users have been seen.
type secretKinds struct{ both, md5 bool }

// offer lists the algorithms to challenge with: those configured, but to a user
// with nothing but an MD5 secret MD5 alone, since a phone that can do SHA-256
// would choose that, fail, and not ask again. What an unknown user is offered
// must not tell that there is none, so it is what the known ones get; where both
// kinds exist, one of them by a keyed hash of the name, and the same each time.
func (a *authenticator) offer(req *sip.Request) []Algorithm {
	strong, weak := a.offers, []Algorithm{MD5}
	name := claimedName(req)
	if a.cred == nil || name == "" || !slices.Contains(strong, MD5) || !slices.Contains(strong, SHA256) {
		return strong // nothing to choose
	}
	_, _, sha := a.cred.HA1(name, a.realm, SHA256)
	_, _, md := a.cred.HA1(name, a.realm, MD5)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case sha:
		a.kinds.both = true
		return strong
	case md:
		a.kinds.md5 = true
		return weak
	case !a.kinds.md5:
		return strong
	case !a.kinds.both:
		return weak
	}
	mac := hmac.New(sha256.New, a.nonces.key)
	mac.Write([]byte("offer\x00" + name))
	if mac.Sum(nil)[0]&1 == 0 {
		return strong
	}
	return weak
}

// claimedName is who the sender says to be: by the credentials it sent, else by
// From.
func claimedName(req *sip.Request) string {
	for _, name := range [...]string{"Authorization", "Proxy-Authorization"} {
		for _, h := range req.GetHeaders(name) {
			if c, err := parseCredentials(h.Value()); err == nil {
				return c.username
			}
		}
	}
	if from := req.From(); from != nil {
		return unescape(from.Address.User)
	}
	return ""
}
