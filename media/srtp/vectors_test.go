package srtp

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSessionKeys has the vectors of RFC 3711 appendix B.3 and RFC 6188
// section 7.
func TestSessionKeys(t *testing.T) {
	for _, c := range []struct {
		suite                            Suite
		master, salt, key, auth, saltKey string
	}{
		{
			AES128SHA80,
			"E1F97A0D3E018BE0D64FA32C06DE4139", "0EC675AD498AFEEBB6960B3AABE6",
			"C61E7A93744F39EE10734AFE3FF7A087", "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4",
			"30CBBC08863D8C85D49DB34A9AE1",
		}, {
			AES256SHA80,
			"f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6", "3b04803de51ee7c96423ab5b78d2",
			"5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
			"fd9c32d39ed5fbb5a9dc96b30818454d1313dc05",
			"fa31791685ca444a9e07c6c64e93",
		},
	} {
		s, err := keyOf(c.suite, unhex(t, c.master+c.salt)).derive(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []struct {
			name, want string
			got        []byte
		}{{"cipher key", c.key, s.cipher}, {"auth key", c.auth, s.auth}, {"salt", c.saltKey, s.salt}} {
			if !bytes.Equal(part.got, unhex(t, part.want)) {
				t.Errorf("%v: %s is %x, want %s", c.suite, part.name, part.got, part.want)
			}
		}
	}
}

// TestKeyStream has the vectors of RFC 3711 appendix B.2 and RFC 6188 section
// 7, and reads the stream in pieces that end within a block.
func TestKeyStream(t *testing.T) {
	const salt = "F0F1F2F3F4F5F6F7F8F9FAFBFCFD"
	for _, c := range []struct{ key, first string }{
		{
			"2B7E151628AED2A6ABF7158809CF4F3C",
			"E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0",
		}, {
			"57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
			"92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac 63c4868b7096d88421b563b8c94c9a31",
		},
	} {
		m, err := newCounterMode(session{cipher: unhex(t, c.key), salt: unhex(t, salt), auth: make([]byte, authKey)}, 10)
		if err != nil {
			t.Fatal(err)
		}
		want := unhex(t, c.first)
		for n := range len(want) + 1 {
			got := make([]byte, len(want))
			m.xor(got[:n], 0, 0)
			if !bytes.Equal(got[:n], want[:n]) || !bytes.Equal(got[n:], make([]byte, len(want)-n)) {
				t.Fatalf("%d bytes of key stream: %x, want %x", n, got, want)
			}
		}
	}
}

// The plain packets of RFC 7714 sections 16 and 17.
const (
	plainRTP = `8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
		69736120 696e2070 61727465 73207472 6573`
	plainRTCP = `81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
		deadbeef deadbeef deadbeef deadbeef deadbeef`
)

var gcmVectors = []struct{ key, rtp, rtcp, tagged string }{
	{
		"000102030405060708090a0b0c0d0e0f",
		`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
		51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`,
		`81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
		4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`,
		"841dd968 3dd78ec9 2ae58790 125f62b3 000005d4",
	}, {
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		`8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02
		76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13`,
		`81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be
		8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4`,
		"91db4afb feee5a97 8fab4393 ed2615fe 000005d4",
	},
}

// TestGCM has the vectors of RFC 7714: both directions, and RTCP that is
// authenticated only.
func TestGCM(t *testing.T) {
	const index, rtpSSRC, rtcpSSRC = 0x5d4, 0x5501a0b2, 0x4d617273
	for _, c := range gcmVectors {
		g, err := newGCM(session{cipher: unhex(t, c.key), salt: unhex(t, "517569642070726f2071756f")})
		if err != nil {
			t.Fatal(err)
		}
		plain := unhex(t, plainRTP)
		p := append(bytes.Clone(plain), make([]byte, 40)...)
		n := g.sealRTP(p, 12, len(plain), rtpSSRC, 0xf17b)
		if want := unhex(t, c.rtp); !bytes.Equal(p[:n], want) {
			t.Errorf("sealed RTP %x, want %x", p[:n], want)
		}
		if m, ok := g.openRTP(p[:n], 12, rtpSSRC, 0xf17b); !ok || !bytes.Equal(p[:m], plain) {
			t.Errorf("opened RTP %t %x, want %x", ok, p[:m], plain)
		}

		plain = unhex(t, plainRTCP)
		p = append(bytes.Clone(plain), make([]byte, 40)...)
		n = g.sealRTCP(p, len(plain), rtcpSSRC, index)
		if want := unhex(t, c.rtcp); !bytes.Equal(p[:n], want) {
			t.Errorf("sealed RTCP %x, want %x", p[:n], want)
		}
		for _, sealed := range [][]byte{p[:n], append(bytes.Clone(plain), unhex(t, c.tagged)...)} {
			m, ok := g.openRTCP(sealed, rtcpSSRC, g.word(sealed))
			if !ok || !bytes.Equal(sealed[:m], plain) {
				t.Errorf("opened RTCP %t %x, want %x", ok, sealed[:m], plain)
			}
		}
	}
}
