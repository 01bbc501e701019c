package srtp

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

var everySuite = []Suite{AES128SHA80, AES128SHA32, AES256SHA80, AES256SHA32, AES128GCM, AES256GCM, AES256SHA80Draft, AES256SHA32Draft}

// eachSuite runs a test for every suite with a key of its own.
func eachSuite(t *testing.T, f func(t *testing.T, k Key)) {
	for _, s := range everySuite {
		t.Run(s.String(), func(t *testing.T) { f(t, NewKey(s)) })
	}
}

func pair(t testing.TB, k Key) (*Sealer, *Opener) {
	t.Helper()
	s, err := NewSealer(k)
	if err != nil {
		t.Fatal(err)
	}
	o, err := NewOpener(k)
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

const payload = 160

// rtpPacket is a packet without CSRCs and extension whose payload tells its
// sequence number.
func rtpPacket(ssrc uint32, sequence uint16) []byte {
	p := append([]byte{0x80, 0}, make([]byte, fixedRTP-2+payload)...)
	binary.BigEndian.PutUint16(p[2:], sequence)
	binary.BigEndian.PutUint32(p[8:], ssrc)
	for i := range payload {
		p[fixedRTP+i] = byte(int(sequence) + i)
	}
	return p
}

// rtcpPacket is a sender report with n bytes after its head.
func rtcpPacket(ssrc uint32, n int) []byte {
	p := append([]byte{0x80, 200, 0, byte(n/4 + 1)}, make([]byte, 4+n)...)
	binary.BigEndian.PutUint32(p[4:], ssrc)
	return p
}

// seal protects a copy of p that has room.
func seal(t testing.TB, f func([]byte, int) (int, error), p []byte) []byte {
	t.Helper()
	b := append(bytes.Clone(p), make([]byte, 32)...)
	n, err := f(b, len(p))
	if err != nil {
		t.Fatalf("seal %x: %v", p[:min(len(p), fixedRTP)], err)
	}
	if !bytes.Equal(b[n:], make([]byte, len(b)-n)) {
		t.Fatal("sealed beyond the packet's new length")
	}
	return b[:n]
}

// open opens a copy of p.
func open(f func([]byte) (int, error), p []byte) ([]byte, error) {
	b := bytes.Clone(p)
	n, err := f(b)
	return b[:n], err
}

// wantOpen opens a copy of sealed and compares.
func wantOpen(t testing.TB, f func([]byte) (int, error), sealed, want []byte) {
	t.Helper()
	got, err := open(f, sealed)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("opened %x, %v; want %x", got, err, want)
	}
}

// wantRefused opens a copy of sealed, and wants an error and the Opener as it
// was.
func wantRefused(t testing.TB, o *Opener, f func([]byte) (int, error), sealed []byte, want error) {
	t.Helper()
	before := o.known
	if _, err := open(f, sealed); err != want {
		t.Fatalf("%v, want %v", err, want)
	}
	if o.known != before {
		t.Fatalf("%v changed the state", want)
	}
}

// randomRTP has a header of any legal kind and any payload.
func randomRTP(r *rand.Rand, ssrc uint32, sequence uint16) []byte {
	csrcs := r.IntN(16)
	p := make([]byte, fixedRTP+4*csrcs)
	p[0] = 0x80 | byte(csrcs)
	if r.IntN(2) == 0 {
		words := r.IntN(5)
		p[0] |= 0x10
		p = append(p, 0x12, 0x34, 0, byte(words))
		p = append(p, make([]byte, 4*words)...)
	}
	keep := len(p)
	p = append(p, make([]byte, r.IntN(400))...)
	for i := keep; i < len(p); i++ {
		p[i] = byte(r.Uint32())
	}
	p[1] = byte(r.Uint32())
	binary.BigEndian.PutUint16(p[2:], sequence)
	binary.BigEndian.PutUint32(p[4:], r.Uint32())
	binary.BigEndian.PutUint32(p[8:], ssrc)
	return p
}
