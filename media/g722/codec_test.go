package g722

import (
	"testing"

	"warmline/internal/speech"
)

// TestQuantiser compares the multiplication and the table with the search that
// they stand for, for every step and every error up to beyond the last level.
func TestQuantiser(t *testing.T) {
	for i := range int32(lowLogMax>>6 + 1) {
		b := band{log: i << 6, step: lowSteps[i]}
		level := 0
		last := min(3*b.step/4+64, 1<<16-1)
		for size := range last + 1 {
			for level < len(decisions) && size >= decisions[level]*b.step>>12 {
				level++
			}
			up, down := uint8(61-level), uint8(33-level)
			if level < 2 {
				down = uint8(63 - level)
			}
			if size == last && level != len(decisions) {
				t.Fatalf("step %d: the last level was not reached", b.step)
			}
			if got := b.lowCode(size); got != up {
				t.Fatalf("step %d, error %d: %d, want %d", b.step, size, got, up)
			}
			if got := b.lowCode(-size - 1); got != down {
				t.Fatalf("step %d, error %d: %d, want %d", b.step, -size-1, got, down)
			}
		}
		if up, down := b.lowCode(1<<16-1), b.lowCode(-1<<16); up != 32 || down != 4 {
			t.Fatalf("step %d: the largest errors are %d and %d", b.step, up, down)
		}
	}
}

// TestPieces cuts a signal and its code anywhere: the result is that of one
// piece.
func TestPieces(t *testing.T) {
	signal := speech.Wide()[:16000]
	var whole, cut Encoder
	whole.Reset()
	cut.Reset()
	want, got := make([]byte, len(signal)/2), make([]byte, len(signal)/2)
	if n := whole.Encode(want, signal); n != len(want) {
		t.Fatalf("%d bytes", n)
	}
	size := 1
	for at := 0; at < len(got); size = size*7%499 + 1 {
		at += cut.Encode(got[at:min(at+size, len(got))], signal[2*at:])
	}
	if string(got) != string(want) || cut != whole {
		t.Fatal("encoded in pieces is not the same")
	}
	var d, e Decoder
	d.Reset()
	e.Reset()
	wide, pieces := make([]int16, len(signal)), make([]int16, len(signal))
	if n := d.Decode(wide, want); n != len(wide) {
		t.Fatalf("%d samples", n)
	}
	for at := 0; at < len(pieces); size = size*7%499 + 1 {
		at += e.Decode(pieces[at:min(at+2*size, len(pieces))], want[at/2:])
	}
	for i := range wide {
		if wide[i] != pieces[i] {
			t.Fatalf("decoded in pieces, sample %d is %d, want %d", i, pieces[i], wide[i])
		}
	}
}

func TestLengths(t *testing.T) {
	var e Encoder
	var d Decoder
	e.Reset()
	d.Reset()
	for _, c := range []struct{ dst, frame, want int }{{0, 0, 0}, {9, 1, 0}, {9, 3, 1}, {2, 320, 2}, {0, 9, 0}, {500, 700, 350}} {
		if n := e.Encode(make([]byte, c.dst), make([]int16, c.frame)); n != c.want {
			t.Errorf("%d samples into %d bytes: %d", c.frame, c.dst, n)
		}
	}
	for _, c := range []struct{ dst, payload, want int }{{0, 0, 0}, {1, 1, 0}, {3, 9, 2}, {9, 1, 2}, {1000, 499, 998}} {
		if n := d.Decode(make([]int16, c.dst), make([]byte, c.payload)); n != c.want {
			t.Errorf("%d bytes into %d samples: %d", c.payload, c.dst, n)
		}
	}
}

func TestReset(t *testing.T) {
	signal := speech.Wide()[:3200]
	var used, fresh Encoder
	var d, e Decoder
	fresh.Reset()
	e.Reset()
	code, again, want := make([]byte, 1600), make([]byte, 1600), make([]byte, 1600)
	used.Reset()
	used.Encode(code, signal)
	used.Reset()
	used.Encode(again, signal)
	fresh.Encode(want, signal)
	if string(again) != string(want) || string(code) != string(want) {
		t.Error("an encoder that was reset is not like a new one")
	}
	a, b := make([]int16, 3200), make([]int16, 3200)
	d.Reset()
	d.Decode(a, code[:999])
	d.Reset()
	d.Decode(a, code)
	e.Decode(b, code)
	if d != e {
		t.Error("a decoder that was reset is not like a new one")
	}
}
