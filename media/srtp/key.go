package srtp

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"unique"
)

// A Key is a suite with master key and salt: what one direction of a session
// is protected with. Keys are values, and equal if all of that is equal. The
// zero value is none.
//
// No way of printing a Key, or something that contains one, shows its secret;
// only [Key.Crypto] does.
type Key struct {
	suite Suite
	// Behind handles, because fmt prints hidden fields of hidden fields without
	// asking them, and behind two, because with some verbs it follows one
	// pointer.
	secret unique.Handle[unique.Handle[secret]]
	// mki is what packets under the key carry to name it; "": nothing. It is no
	// secret.
	mki string
}

type secret struct {
	master [maxKey]byte
	salt   [maxSalt]byte
}

// NewKey returns a random key for the suite; the zero Key if that is none.
func NewKey(s Suite) Key {
	if !s.valid() {
		return Key{}
	}
	var b [maxKey + maxSalt]byte
	_, _ = rand.Read(b[:]) // never fails
	return keyOf(s, b[:s.KeyLen()+s.SaltLen()])
}

// keyOf makes a key from master key and salt, one after the other, as many
// bytes as a valid suite wants.
func keyOf(s Suite, material []byte) Key {
	var sec secret
	copy(sec.master[:], material[:s.KeyLen()])
	copy(sec.salt[:], material[s.KeyLen():])
	return Key{suite: s, secret: unique.Make(unique.Make(sec))}
}

// material is the inverse of keyOf.
func (k Key) material() (master, salt []byte) {
	sec := k.secret.Value().Value()
	return sec.master[:k.suite.KeyLen()], sec.salt[:k.suite.SaltLen()]
}

// Suite is what the key is for.
func (k Key) Suite() Suite { return k.suite }

// String is the suite's name and nothing else.
func (k Key) String() string { return k.suite.String() }

// Format prints String, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is String.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }
