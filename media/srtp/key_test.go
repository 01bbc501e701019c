package srtp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

// TestKeysAreNotShown prints a key in every way there is, alone and inside
// other values, and looks for its bytes in every notation.
func TestKeysAreNotShown(t *testing.T) {
	k := keyOf(AES128SHA80, []byte("master-key-bytesand-salt-bytes"))
	type hidden struct{ key Key }
	type shown struct{ Key *Key }
	values := []any{
		k, &k, hidden{k}, &hidden{k}, shown{&k}, &shown{&k}, []Key{k}, map[string]Key{"k": k}, map[Key]int{k: 1},
		struct{ any }{k}, struct{ in []hidden }{[]hidden{{k}}},
	}
	var out []string
	for _, v := range values {
		for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d %b %o %c %U %t %10v %-40s %.3s %T") {
			out = append(out, fmt.Sprintf(verb, v))
		}
		if b, err := json.Marshal(v); err == nil {
			out = append(out, string(b))
		}
		var b bytes.Buffer
		slog.New(slog.NewJSONHandler(&b, nil)).Info("key", "key", v)
		slog.New(slog.NewTextHandler(&b, nil)).Info("key", "key", v, slog.Group("g", "key", v))
		out = append(out, b.String())
	}
	text := strings.Join(out, "\n")
	for _, secret := range notations(k) {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("found %q in …%s", secret, text[max(0, i-60):i+20])
		}
	}
	if !strings.Contains(text, `"key":"AES_CM_128_HMAC_SHA1_80"`) {
		t.Error("the suite is not shown")
	}
}

// notations are the first bytes of key and salt as they could be printed.
func notations(k Key) (list []string) {
	master, salt := k.material()
	list = append(list, base64.StdEncoding.EncodeToString(master)[:8])
	for _, part := range [][]byte{master, salt} {
		b := part[:4]
		list = append(list, string(b), hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)))
		for _, verb := range []string{"%d", "%o", "%b", "%#v", "%U", "%x"} {
			var units []string
			for _, c := range b {
				units = append(units, fmt.Sprintf(verb, c))
			}
			list = append(list, strings.Join(units, " "), strings.Join(units, ", "), strings.Join(units, ","))
		}
	}
	return list
}

// TestNotationsAreFound holds the test above to its word: a struct with plain
// arrays in its place would have been seen.
func TestNotationsAreFound(t *testing.T) {
	k := keyOf(AES128SHA80, []byte("master-key-bytesand-salt-bytes"))
	master, _ := k.material()
	for _, text := range []string{fmt.Sprintf("%v", [16]byte(master)), fmt.Sprintf("%#v", master), fmt.Sprintf("%x", master), k.Crypto(1)} {
		if !slices.ContainsFunc(notations(k), func(s string) bool { return strings.Contains(text, s) }) {
			t.Errorf("not found in %s", text)
		}
	}
}

// TestNewKey wants keys that differ, fill the suite's lengths and are values.
func TestNewKey(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		other := NewKey(k.Suite())
		if k == other || k != keyOf(k.Suite(), slices.Concat(k.material())) {
			t.Error("keys are not compared by what they hold")
		}
		master, salt := k.material()
		if len(master) != k.Suite().KeyLen() || len(salt) != k.Suite().SaltLen() {
			t.Errorf("%d and %d bytes", len(master), len(salt))
		}
	})
	if NewKey(0) != (Key{}) || NewKey(200) != (Key{}) {
		t.Error("a key for no suite")
	}
}

func TestNoKey(t *testing.T) {
	if _, err := NewSealer(Key{}); err != ErrSuite {
		t.Error(err)
	}
	if _, err := NewOpener(Key{}); err != ErrSuite {
		t.Error(err)
	}
}

func TestSuites(t *testing.T) {
	for _, s := range everySuite {
		if got, ok := SuiteNamed(s.String()); got != s || !ok {
			t.Errorf("%v: %v, %t", s, got, ok)
		}
	}
	for _, name := range []string{"", "none", "AES_CM_128_HMAC_SHA1", "NULL_HMAC_SHA1_80"} {
		if got, ok := SuiteNamed(name); ok {
			t.Errorf("%q: %v", name, got)
		}
	}
	for _, s := range []Suite{0, AES256SHA32Draft + 1, 255} {
		if s.KeyLen()+s.SaltLen()+s.Overhead()+s.OverheadRTCP() != 0 || s.String() != "none" {
			t.Errorf("suite %d is %v", uint8(s), s)
		}
	}
}
