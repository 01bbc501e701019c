package bench

import "testing"

// TestLawsAgainstTheStandard checks values of ITU-T G.711, tables 1a and 2a.
func TestLawsAgainstTheStandard(t *testing.T) {
	for _, c := range []struct {
		name   string
		code   byte
		sample int16
		decode func(byte) int16
	}{
		{"µ zero", 0xff, 0, ulawDecode},
		{"µ minus zero", 0x7f, 0, ulawDecode},
		{"µ largest", 0x80, 32124, ulawDecode},
		{"µ smallest", 0x00, -32124, ulawDecode},
		{"A least", 0xd5, 8, alawDecode},
		{"A minus least", 0x55, -8, alawDecode},
		{"A largest", 0xaa, 32256, alawDecode},
		{"A smallest", 0x2a, -32256, alawDecode},
	} {
		if got := c.decode(c.code); got != c.sample {
			t.Errorf("%s: %#x is %d, want %d", c.name, c.code, got, c.sample)
		}
	}
}

// TestEncodingIsANearCode compares both encoders with a search of all codes,
// and wants each code to be that of its own value.
func TestEncodingIsANearCode(t *testing.T) {
	for _, c := range codecs {
		g, ok := c.(g711)
		if !ok {
			continue
		}
		for x := -32768; x <= 32767; x += 7 {
			least := 1 << 20
			for code := range 256 {
				least = min(least, distance(int(g.dec(byte(code))), x))
			}
			// Where steps double, the standard's border is not the middle.
			if got := distance(int(g.dec(g.enc(int16(x)))), x); got > 2*least+1 {
				t.Fatalf("%s: %d is %d off, a better code %d", g.id, x, got, least)
			}
		}
		for code := range 256 {
			if x := g.dec(byte(code)); g.dec(g.enc(x)) != x {
				t.Errorf("%s: code %#x is not its own", g.id, code)
			}
		}
	}
}

func distance(a, b int) int { return max(a-b, b-a) }

func TestCodecNames(t *testing.T) {
	for _, name := range []string{"pcmu", "pcma", "g722", "opus"} {
		if c, err := codecNamed(name); err != nil || c.name() != name {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	if _, err := codecNamed("gsm"); err == nil {
		t.Error("gsm is known")
	}
}
