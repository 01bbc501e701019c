package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

// batch is how many bytes of key stream are made at once: those for 20 ms of
// G.711.
const batch = 160

// counterMode is AES in counter mode with HMAC-SHA1 (RFC 3711 section 4).
type counterMode struct {
	block  cipher.Block
	mac    hash.Hash
	tag    int                 // bytes of the tag
	salt   [aes.BlockSize]byte // the session salt, then two zero bytes
	stream [batch]byte
	sum    [sha1.Size]byte
	roc    [4]byte
}

func newCounterMode(s session, tag int) (*counterMode, error) {
	block, err := aes.NewCipher(s.cipher)
	if err != nil {
		return nil, err
	}
	c := &counterMode{block: block, mac: hmac.New(sha1.New, s.auth), tag: tag}
	copy(c.salt[:], s.salt)
	return c, nil
}

func (c *counterMode) sealRTP(p []byte, head, n int, ssrc uint32, index uint64) int {
	c.xor(p[head:n], ssrc, index)
	return n + copy(p[n:], c.authenticateRTP(p[:n], index))
}

func (c *counterMode) openRTP(p []byte, head int, ssrc uint32, index uint64) (int, bool) {
	n := len(p) - c.tag
	if subtle.ConstantTimeCompare(p[n:], c.authenticateRTP(p[:n], index)) != 1 {
		return 0, false
	}
	c.xor(p[head:n], ssrc, index)
	return n, true
}

func (c *counterMode) sealRTCP(p []byte, n int, ssrc, index uint32) int {
	c.xor(p[headerRTCP:n], ssrc, uint64(index))
	binary.BigEndian.PutUint32(p[n:], index|encrypted)
	n += word
	return n + copy(p[n:], c.authenticate(p[:n]))
}

func (c *counterMode) openRTCP(p []byte, ssrc, w uint32) (int, bool) {
	n := len(p) - c.tag
	if subtle.ConstantTimeCompare(p[n:], c.authenticate(p[:n])) != 1 {
		return 0, false
	}
	n -= word
	if w&encrypted != 0 {
		c.xor(p[headerRTCP:n], ssrc, uint64(w&^encrypted))
	}
	return n, true
}

func (c *counterMode) word(p []byte) uint32 {
	return binary.BigEndian.Uint32(p[len(p)-c.tag-word:])
}

// authenticateRTP is the tag of a packet with its roll-over counter, valid
// until the next call.
func (c *counterMode) authenticateRTP(p []byte, index uint64) []byte {
	binary.BigEndian.PutUint32(c.roc[:], uint32(index>>16))
	c.mac.Reset()
	c.mac.Write(p)
	c.mac.Write(c.roc[:])
	return c.mac.Sum(c.sum[:0])[:c.tag]
}

func (c *counterMode) authenticate(p []byte) []byte {
	c.mac.Reset()
	c.mac.Write(p)
	return c.mac.Sum(c.sum[:0])[:c.tag]
}

// xor encrypts or decrypts in place. The low 16 bits of the counter count
// blocks, enough for a megabyte. The standard library's own counter mode wants
// half a kilobyte anew for each packet. All counters of a batch are written
// before the first is read: a processor waits when it reads what it has just
// written in other units.
func (c *counterMode) xor(p []byte, ssrc uint32, index uint64) {
	first := c.salt
	mix(first[4:14], ssrc, index)
	high, low := binary.BigEndian.Uint64(first[:]), binary.BigEndian.Uint64(first[8:])
	for len(p) > 0 {
		n := min(len(p), len(c.stream))
		b := c.stream[:(n+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize]
		for i := 0; i < len(b); i += aes.BlockSize {
			binary.BigEndian.PutUint64(b[i:], high)
			binary.BigEndian.PutUint64(b[i+8:], low)
			low++
		}
		for i := 0; i < len(b); i += aes.BlockSize {
			c.block.Encrypt(b[i:i+aes.BlockSize], b[i:i+aes.BlockSize])
		}
		subtle.XORBytes(p, p[:n], b)
		p = p[n:]
	}
}

// mix adds SSRC and index (48 bits) to a salt, at the ten bytes that are their
// place in the initial values of all suites.
func mix(b []byte, ssrc uint32, index uint64) {
	binary.BigEndian.PutUint32(b, binary.BigEndian.Uint32(b)^ssrc)
	binary.BigEndian.PutUint16(b[4:], binary.BigEndian.Uint16(b[4:])^uint16(index>>32))
	binary.BigEndian.PutUint32(b[6:], binary.BigEndian.Uint32(b[6:])^uint32(index))
}
