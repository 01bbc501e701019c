package srtp

import "testing"

// TestHeaderLen reads headers of every kind, cut at every length.
func TestHeaderLen(t *testing.T) {
	for _, c := range []struct {
		name string
		csrc int
		ext  int // words, -1: none
		want int
	}{
		{"plain", 0, -1, 12},
		{"CSRCs", 15, -1, 72},
		{"empty extension", 0, 0, 16},
		{"extension", 0, 3, 28},
		{"both", 2, 300, 12 + 8 + 4 + 1200},
	} {
		p := make([]byte, c.want+1)
		p[0] = 0x80 | byte(c.csrc)
		if c.ext >= 0 {
			p[0] |= 0x10
			at := 12 + 4*c.csrc
			p[at+2], p[at+3] = byte(c.ext>>8), byte(c.ext)
		}
		for n := range len(p) + 1 {
			got, err := headerLen(p[:n:n])
			if n < c.want && err != ErrShort || n >= c.want && (got != c.want || err != nil) {
				t.Errorf("%s, %d bytes: %d, %v; want %d", c.name, n, got, err, c.want)
			}
		}
	}
	for _, version := range []byte{0, 1, 3} {
		if _, err := headerLen(append([]byte{version << 6}, make([]byte, 20)...)); err != ErrHeader {
			t.Errorf("version %d: %v", version, err)
		}
	}
}
