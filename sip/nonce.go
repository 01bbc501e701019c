package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"time"
)

// A nonce is stateless: the time it was made, random bytes to tell two of one
// millisecond apart, and an HMAC over both and the address it was given to. So
// a flood of unauthenticated requests costs no memory, and a nonce learned on
// one address is of no use from another.
const (
	nonceTime   = 8
	nonceRandom = 8
	nonceMAC    = 16
	nonceSize   = nonceTime + nonceRandom + nonceMAC

	// nonceLifetime is how long a nonce may be used. A client that comes later
	// is told stale=true and repeats without asking its user again.
	nonceLifetime = 5 * time.Minute
	// nonceSkew forgives a clock that was set back.
	nonceSkew = 2 * time.Second
)

// nonceID is the decoded nonce: fixed size, so usable as a map key.
type nonceID [nonceSize]byte

type nonces struct{ key []byte }

// newNonces derives the key; without a secret nonces die with the process,
// which costs every client one more challenge.
func newNonces(secret []byte) nonces {
	if len(secret) == 0 {
		secret = make([]byte, sha256.Size)
		_, _ = rand.Read(secret) // never fails (crypto/rand)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("sip digest nonce"))
	return nonces{key: mac.Sum(nil)}
}

func (n nonces) make(src netip.Addr, now time.Time) string {
	var id nonceID
	binary.BigEndian.PutUint64(id[:], uint64(now.UnixMilli()))
	_, _ = rand.Read(id[nonceTime : nonceTime+nonceRandom])
	n.mac(&id, src)
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// mac fills in the authenticator of the nonce.
func (n nonces) mac(id *nonceID, src netip.Addr) {
	mac := hmac.New(sha256.New, n.key)
	mac.Write(id[:nonceTime+nonceRandom])
	addr := src.Unmap().As16()
	mac.Write(addr[:])
	sum := mac.Sum(nil)
	copy(id[nonceTime+nonceRandom:], sum)
}

// verify reports whether the nonce is ours for this address, and whether it is
// still fresh.
func (n nonces) verify(nonce string, src netip.Addr, now time.Time) (id nonceID, ours, fresh bool) {
	if base64.RawURLEncoding.DecodedLen(len(nonce)) != nonceSize {
		return nonceID{}, false, false
	}
	if k, err := base64.RawURLEncoding.Strict().Decode(id[:], []byte(nonce)); err != nil || k != nonceSize {
		return nonceID{}, false, false
	}
	want := id
	n.mac(&want, src)
	if !hmac.Equal(want[:], id[:]) {
		return nonceID{}, false, false
	}
	age := now.Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(id[:]))))
	return id, true, age >= -nonceSkew && age < nonceLifetime
}

// countWindow is how far behind the highest nonce count a request may come:
// requests of one client overtake each other on UDP.
const countWindow = 64

// maxNonces bounds the nonces whose counts are remembered. Only a request with
// a right password creates an entry, so strangers cannot fill it.
const maxNonces = 1 << 16

// count is the use of one nonce.
type count struct {
	high   uint32
	seen   uint64 // bit i: high-i was used
	digest [countWindow][8]byte
	expiry time.Time
}

// use records a nonce count. It reports false for a replay: a count used
// before by another request, or too old to know. The same request again, as a
// retransmission on UDP is, counts as one use; print tells requests apart.
func (c *count) use(nc uint32, print [8]byte) bool {
	switch {
	case nc > c.high:
		if shift := nc - c.high; shift >= countWindow {
			c.seen = 0
		} else {
			c.seen <<= shift
		}
		c.high = nc
	case c.high-nc >= countWindow:
		return false
	case c.seen&(1<<(c.high-nc)) != 0:
		return c.digest[nc%countWindow] == print
	}
	c.seen |= 1 << (c.high - nc)
	c.digest[nc%countWindow] = print
	return true
}
