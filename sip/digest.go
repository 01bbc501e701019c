package sip

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// authenticator is the server side of digest authentication (RFC 3261 §22,
// RFC 7616, RFC 8760). It challenges with the algorithms of offers, in that
// order, and takes an answer to any it knows. Nonces are stateless; what it remembers (nonce
// counts of the authenticated, failures of the others) is bounded and expires.
type authenticator struct {
	cred   Credentials
	realm  string
	offers []Algorithm
	nonces nonces
	decoy  string // HA1 of nobody: an unknown user costs the same hashes as a known one

	mu       sync.Mutex
	counts   map[nonceID]*count
	swept    time.Time
	failures failures
	kinds    secretKinds
}

// newAuthenticator returns an authenticator. secret keys the nonces; nodes
// that share it accept each other's. Empty: random.
func newAuthenticator(cred Credentials, realm string, secret []byte) *authenticator {
	if realm == "" {
		realm = "warmline"
	}
	n := newNonces(secret)
	decoy := sha256.Sum256(n.key)
	return &authenticator{
		cred: cred, realm: realm, offers: []Algorithm{SHA256, MD5}, nonces: n, decoy: hex.EncodeToString(decoy[:]),
		counts: make(map[nonceID]*count), failures: newFailures(),
	}
}

// check authenticates a request that came from src. On success it returns the
// id of the user. Otherwise the refusal is 401 (407 when proxy is set) with
// fresh challenges, 403 while the user is locked out from this address, or 400
// for credentials that make no sense. A wrong password and an unknown user get
// the same answer after the same work.
func (a *authenticator) check(req *sip.Request, src netip.Addr, proxy bool, now time.Time) (user string, r *refusal) {
	src = src.Unmap()
	c, found, err := a.credentials(req, proxy)
	switch {
	case err != nil:
		return "", &refusal{status: 400, reason: "Bad Credentials"}
	case !found:
		return "", a.challenge(req, src, proxy, false, now)
	}
	if a.locked(c.username, src, now) {
		return "", &refusal{status: 403, reason: "Forbidden"}
	}
	id, ours, fresh := a.nonces.verify(c.nonce, src, now)
	if !ours {
		// Not a guess at a password: after a restart every client does this.
		return "", a.challenge(req, src, proxy, false, now)
	}
	user, ok := a.matches(req, c)
	switch {
	case !ok:
		a.failed(c.username, src, now)
		return "", a.challenge(req, src, proxy, false, now)
	case !fresh, !a.use(id, c, req, now):
		// The password was right, so stale=true: the client goes on by itself
		// (RFC 7616 §3.3), and an attacker who replays has gained nothing.
		return "", a.challenge(req, src, proxy, true, now)
	}
	a.forgive(c.username, src)
	return user, nil
}

// credentials picks the answer to our challenge among those of the request: a
// request may carry others, for proxies on its way. found is false when there
// is none for our realm with an algorithm of ours.
func (a *authenticator) credentials(req *sip.Request, proxy bool) (c credentials, found bool, err error) {
	name := "Authorization"
	if proxy {
		name = "Proxy-Authorization"
	}
	for _, h := range req.GetHeaders(name) {
		p, perr := parseCredentials(h.Value())
		switch {
		case perr == errNotDigest:
			continue // Basic and others are no answer to a digest challenge
		case perr != nil:
			err = perr
			continue
		case p.realm != a.realm || (p.algorithm != MD5 && p.algorithm != SHA256):
			continue
		case p.qop != "auth":
			continue // we offered auth alone: RFC 2069 style answers can be replayed
		}
		if !found || p.algorithm == SHA256 {
			c, found = p, true
		}
	}
	if found {
		err = nil
	}
	return c, found, err
}

// matches verifies the response, in the same time whether the user is known.
func (a *authenticator) matches(req *sip.Request, c credentials) (string, bool) {
	ha1, id, known := "", "", false
	if a.cred != nil {
		ha1, id, known = a.cred.HA1(c.username, a.realm, c.algorithm)
	}
	if !known {
		ha1 = a.decoy
	}
	want := digestResponse(c.algorithm, strings.ToLower(ha1), string(req.Method), c)
	same := subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.response))) == 1
	return id, same && known && covers(c.uri, &req.Recipient)
}

// use records the nonce count of an authenticated request.
func (a *authenticator) use(id nonceID, c credentials, req *sip.Request, now time.Time) bool {
	print := fingerprint(req, c)
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.counts[id]
	if n == nil {
		a.sweep(now)
		if len(a.counts) >= maxNonces {
			return false // stale: the client comes back with a newer one
		}
		n = &count{expiry: now.Add(nonceLifetime + nonceSkew)}
		a.counts[id] = n
	}
	return n.use(c.count, print)
}

// sweep forgets dead nonces, at most once a minute unless the table is full.
func (a *authenticator) sweep(now time.Time) {
	every := time.Minute
	if len(a.counts) >= maxNonces {
		every = time.Second
	}
	if now.Sub(a.swept) < every {
		return
	}
	a.swept = now
	for id, n := range a.counts {
		if now.After(n.expiry) {
			delete(a.counts, id)
		}
	}
}

// fingerprint tells a retransmission from another request with a stolen
// Authorization header: method, transaction and CSeq are the same only there.
func fingerprint(req *sip.Request, c credentials) (print [8]byte) {
	h := sha256.New()
	h.Write([]byte(c.response + "\x00" + c.cnonce + "\x00" + string(req.Method)))
	if v := req.Via(); v != nil {
		h.Write([]byte("\x00" + v.SentBy() + "\x00" + branchOf(req)))
	}
	if id := req.CallID(); id != nil {
		h.Write([]byte("\x00" + id.Value()))
	}
	if seq := req.CSeq(); seq != nil {
		h.Write([]byte("\x00" + seq.Value()))
	}
	copy(print[:], h.Sum(nil))
	return print
}

// challenge is 401 or 407 with one challenge per algorithm, the preferred one
// first: a client takes the first it can do (RFC 8760 §2.4).
func (a *authenticator) challenge(req *sip.Request, src netip.Addr, proxy, stale bool, now time.Time) *refusal {
	r := &refusal{status: 401, reason: "Unauthorized"}
	name := "WWW-Authenticate"
	if proxy {
		r.status, r.reason, name = 407, "Proxy Authentication Required", "Proxy-Authenticate"
	}
	nonce := a.nonces.make(src, now)
	for _, alg := range a.offer(req) {
		value := `Digest realm=` + quote(a.realm) + `, nonce="` + nonce + `", algorithm=` + string(alg) + `, qop="auth"`
		if stale {
			value += ", stale=true"
		}
		r.headers = append(r.headers, Header{Name: name, Value: value})
	}
	return r
}

// digestResponse computes request-digest for qop=auth (RFC 7616 §3.4.1) from
// the hex HA1. With no qop it is that of RFC 2069, which the client side needs.
func digestResponse(alg Algorithm, ha1, method string, c credentials) string {
	ha2 := hashHex(alg, method+":"+c.uri)
	if c.qop == "" {
		return hashHex(alg, ha1+":"+c.nonce+":"+ha2)
	}
	return hashHex(alg, ha1+":"+c.nonce+":"+c.nc+":"+c.cnonce+":"+c.qop+":"+ha2)
}

// hashHex is H() of RFC 7616 in lower-case hex.
func hashHex(alg Algorithm, text string) string {
	if alg == SHA256 {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// quote makes a quoted-string (RFC 3261 §25.1).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
