package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

// gcm is AES-GCM (RFC 7714).
type gcm struct {
	aead  cipher.AEAD
	salt  [12]byte
	nonce [12]byte
	extra [headerRTCP + word]byte // of RTCP, what is authenticated only
	tag   [gcmTag]byte
}

func newGCM(s session) (*gcm, error) {
	block, err := aes.NewCipher(s.cipher)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	g := &gcm{aead: aead}
	copy(g.salt[:], s.salt)
	return g, nil
}

// start sets the nonce of a packet (RFC 7714 sections 8.1 and 9.1).
func (g *gcm) start(ssrc uint32, index uint64) []byte {
	g.nonce = g.salt
	mix(g.nonce[2:], ssrc, index)
	return g.nonce[:]
}

func (g *gcm) sealRTP(p []byte, head, n int, ssrc uint32, index uint64) int {
	g.aead.Seal(p[head:head], g.start(ssrc, index), p[head:n], p[:head])
	return n + gcmTag
}

func (g *gcm) openRTP(p []byte, head int, ssrc uint32, index uint64) (int, bool) {
	_, err := g.aead.Open(p[head:head], g.start(ssrc, index), p[head:], p[:head])
	return len(p) - gcmTag, err == nil
}

func (g *gcm) sealRTCP(p []byte, n int, ssrc, index uint32) int {
	g.aead.Seal(p[headerRTCP:headerRTCP], g.start(ssrc, uint64(index)), p[headerRTCP:n], g.head(p, index|encrypted))
	n += gcmTag
	binary.BigEndian.PutUint32(p[n:], index|encrypted)
	return n + word
}

func (g *gcm) openRTCP(p []byte, ssrc, w uint32) (int, bool) {
	nonce, end := g.start(ssrc, uint64(w&^encrypted)), len(p)-word
	if w&encrypted == 0 {
		return g.openPlain(p, nonce)
	}
	_, err := g.aead.Open(p[headerRTCP:headerRTCP], nonce, p[headerRTCP:end], g.head(p, w))
	return end - gcmTag, err == nil
}

// openPlain checks a packet that is authenticated only. The tag stands between
// the parts that it authenticates, and has to go.
func (g *gcm) openPlain(p, nonce []byte) (int, bool) {
	n := len(p) - word - gcmTag
	copy(g.tag[:], p[n:])
	copy(p[n:], p[len(p)-word:])
	_, err := g.aead.Open(g.tag[:0], nonce, g.tag[:], p[:n+word])
	return n, err == nil
}

// head is what is authenticated only, in one piece.
func (g *gcm) head(p []byte, w uint32) []byte {
	copy(g.extra[:], p[:headerRTCP])
	binary.BigEndian.PutUint32(g.extra[headerRTCP:], w)
	return g.extra[:]
}

func (g *gcm) word(p []byte) uint32 {
	return binary.BigEndian.Uint32(p[len(p)-word:])
}
