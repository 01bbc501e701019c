package media

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"
)

func TestParseRTP(t *testing.T) {
	base := func(first byte) []byte {
		return []byte{first, 0x80 | 8, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8}
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	tests := []struct {
		name   string
		packet []byte
		want   string
		ok     bool
	}{
		{"plain", join(base(0x80), []byte("abc")), "abc", true},
		{"no payload", base(0x80), "", true},
		{"contributing sources", join(base(0x82), make([]byte, 8), []byte("abc")), "abc", true},
		{"extension", join(base(0x90), []byte{0xbe, 0xde, 0, 1, 9, 9, 9, 9}, []byte("abc")), "abc", true},
		{"sources and extension", join(base(0x91), make([]byte, 4), []byte{0, 0, 0, 0}, []byte("abc")), "abc", true},
		{"padding", join(base(0xa0), []byte("abc"), []byte{0, 0, 3}), "abc", true},
		{"only padding", join(base(0xa0), []byte{0, 2}), "", true},
		{"short", base(0x80)[:11], "", false},
		{"version 1", base(0x40), "", false},
		{"sources cut off", join(base(0x83), make([]byte, 8)), "", false},
		{"extension header cut off", join(base(0x90), []byte{0, 0}), "", false},
		{"extension cut off", join(base(0x90), []byte{0, 0, 0, 2, 1, 1, 1, 1}), "", false},
		{"padding of 0", join(base(0xa0), []byte{1, 0}), "", false},
		{"padding longer than the packet", join(base(0xa0), []byte{1, 3}), "", false},
		{"padding into the header", join(base(0xa0), []byte{200}), "", false},
	}
	for _, tt := range tests {
		h, payload, ok := parseRTP(tt.packet)
		if ok != tt.ok || string(payload) != tt.want {
			t.Errorf("%s: %q, %v, want %q, %v", tt.name, payload, ok, tt.want, tt.ok)
		}
		if ok && h != (rtpHeader{payloadType: 8, marker: true, seq: 0x1234, ts: 0x01020304, ssrc: 0x05060708}) {
			t.Errorf("%s: %+v", tt.name, h)
		}
	}
}

// What we write is what others read.
func TestPutRTP(t *testing.T) {
	for _, h := range []rtpHeader{{}, {payloadType: 127, marker: true, seq: 65535, ts: 1<<32 - 1, ssrc: 1<<32 - 1}, {8, false, 7, 9, 11}} {
		var p [rtpHeaderSize]byte
		putRTP(p[:], h)
		var got rtp.Header
		if _, err := got.Unmarshal(p[:]); err != nil {
			t.Fatal(err)
		}
		if got.PayloadType != h.payloadType || got.Marker != h.marker || got.SequenceNumber != h.seq || got.Timestamp != h.ts || got.SSRC != h.ssrc {
			t.Errorf("%+v was read as %+v", h, got)
		}
	}
}

// FuzzRTP compares with another implementation, and has a session take the
// packet.
func FuzzRTP(f *testing.F) {
	f.Add([]byte{0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 1, 0xff, 0xff})
	f.Add([]byte{0xb1, 101, 0, 1, 0, 0, 0, 160, 0, 0, 0, 1, 9, 9, 9, 9, 0xbe, 0xde, 0, 0, 5, 0x80, 1, 1, 1})
	f.Add([]byte{0x80, 200, 0, 1, 0, 0, 0, 160})
	f.Fuzz(func(t *testing.T, p []byte) {
		h, payload, ok := parseRTP(p)
		var other rtp.Packet
		if err := other.Unmarshal(p); ok && err == nil && other.Version == 2 {
			if !bytes.Equal(payload, other.Payload) && !other.Padding {
				t.Errorf("payload %x, another reads %x", payload, other.Payload)
			}
			if h.seq != other.SequenceNumber || h.ssrc != other.SSRC || h.ts != other.Timestamp || h.payloadType != other.PayloadType {
				t.Errorf("%+v, another reads %+v", h, other.Header)
			}
		}
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer("rtcp-mux"))
		for range 3 {
			b.peer.TryWrite(p, b.rtpAddr())
			b.ctl.TryWrite(p, b.s.rtcp.LocalAddr())
			b.tick()
		}
	})
}
