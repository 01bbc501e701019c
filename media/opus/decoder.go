package opus

import (
	"math"

	"github.com/thesyncim/gopus"
)

// A Decoder decodes one stream to mono at 16 kHz. It has one user at a time.
type Decoder struct {
	dec       *gopus.Decoder
	concealed int // samples since the last packet
	float     [fecMost]float32
}

const (
	step    = 40  // samples: what the duration of a concealment is a multiple of
	fecMost = 960 // samples: the longest frame with redundancy for the one before
)

// NewDecoder makes a decoder.
func NewDecoder() (*Decoder, error) {
	config := gopus.DefaultDecoderConfig(16000, 1)
	config.MaxPacketSamples = MaxSamples
	dec, err := gopus.NewDecoder(config)
	if err != nil {
		return nil, err
	}
	return &Decoder{dec: dec}, nil
}

// Reset makes d a decoder that has heard nothing.
func (d *Decoder) Reset() {
	d.dec.Reset()
	d.concealed = 0
}

// Decode decodes a packet of any legal duration and returns the number of
// samples: 0 for what is no packet or damaged, or where dst, which should have
// room for 1920 samples, is too short. Stereo becomes mono.
func (d *Decoder) Decode(dst []int16, payload []byte) (n int) {
	if want := Samples(payload); want == 0 || want > len(dst) {
		return 0
	}
	defer d.guard(&n)
	d.concealed = 0
	n, err := d.dec.DecodeInt16(payload, dst)
	if err != nil {
		return 0
	}
	return n
}

// guard turns a panic of the library into a packet that cannot be decoded. What
// a stranger sends must not end everybody's calls.
func (d *Decoder) guard(n *int) {
	if recover() != nil {
		d.dec.Reset()
		*n = 0
	}
}

// Conceal fills dst in place of what was lost and returns its length. next is
// the packet after the gap, or nil: if it carries a copy of the frame before it,
// that is the end of dst, and everything else is synthesised from what was
// heard. next itself is not decoded and comes as usual afterwards.
//
// It is done with the first 20 ms or more of a gap: in what comes after them there
// is less of a voice than in its last periods repeated (by the table of package
// jitter). Then it returns 0, unless next has a copy.
func (d *Decoder) Conceal(dst []int16, next []byte) (n int) {
	defer d.guard(&n)
	fec := 0
	if p, ok := parse(next); ok && gopus.PacketHasLBRR(next) && p.frameSamples <= len(dst) {
		fec = p.frameSamples
	}
	if fec == 0 && d.concealed >= FrameSamples {
		return 0
	}
	d.concealed += len(dst)
	for n < len(dst)-fec {
		want := min(len(dst)-fec-n, FrameSamples)
		d.conceal(dst[n:n+want], nil)
		n += want
	}
	if fec > 0 {
		d.conceal(dst[n:], next)
		n += fec
	}
	return n
}

// conceal fills a part of no more than fecMost samples. The library works in
// steps of 2.5 ms; what is too much is dropped.
func (d *Decoder) conceal(dst []int16, next []byte) {
	f := d.float[:(len(dst)+step-1)/step*step]
	if n, err := d.dec.DecodeWithFEC(next, f, true); err != nil || n < len(dst) {
		clear(dst)
		return
	}
	for i := range dst {
		v := math.RoundToEven(float64(f[i]) * 32768)
		dst[i] = int16(min(max(v, math.MinInt16), math.MaxInt16))
	}
}
