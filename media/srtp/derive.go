package srtp

import "crypto/aes"

// The labels of the session keys (RFC 3711 section 4.3.2). Those of RTCP are
// the same, three later.
const (
	labelCipher = 0
	labelAuth   = 1
	labelSalt   = 2
	labelsRTCP  = 3
)

// A session holds the keys that protect the packets of one protocol.
type session struct {
	cipher, auth, salt []byte
}

// derive computes the session keys of RTP (labels from 0) or RTCP (from
// labelsRTCP), once and for all: the key derivation rate is 0.
func (k Key) derive(labels byte) (session, error) {
	var s session
	var err error
	for _, part := range []struct {
		dst   *[]byte
		label byte
		n     int
	}{
		{&s.cipher, labelCipher, k.suite.KeyLen()},
		{&s.auth, labelAuth, authKey},
		{&s.salt, labelSalt, k.suite.SaltLen()},
	} {
		if *part.dst, err = k.prf(labels+part.label, part.n); err != nil {
			return session{}, err
		}
	}
	return s, nil
}

// prf is n bytes of the key stream for a label (RFC 3711 section 4.3.3,
// RFC 6188 section 3, RFC 7714 section 11).
func (k Key) prf(label byte, n int) ([]byte, error) {
	master, salt := k.material()
	block, err := aes.NewCipher(master)
	if err != nil {
		return nil, err
	}
	var x [aes.BlockSize]byte
	copy(x[:], salt)
	x[7] ^= label
	var out []byte
	for len(out) < n {
		var b [aes.BlockSize]byte
		block.Encrypt(b[:], x[:])
		out = append(out, b[:]...)
		x[aes.BlockSize-1]++
	}
	return out[:n], nil
}
