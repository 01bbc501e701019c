package opus

import (
	"errors"
	"fmt"

	"github.com/thesyncim/gopus"
)

// FrameSamples is what an Encoder codes at a time: 20 ms.
const FrameSamples = 320

// Config is how an [Encoder] codes.
type Config struct {
	Bitrate    int  // bit/s, 6000 to 510000; 0: 24000
	Complexity int  // 1 (cheap) to 10; 0: 5
	Loss       int  // percent of packets expected to be lost, for the redundancy
	DTX        bool // send next to nothing in pauses (RFC 7587, section 3.1.3)
	CBR        bool // packets of one size, which tell nothing of what is said (RFC 6562)
}

// An Encoder codes one stream: mono, 16 kHz, for speech, with in-band forward
// error correction as far as losses are expected. It has one user at a time.
type Encoder struct {
	enc     *gopus.Encoder
	apart   bool // the next packet makes no use of those before
	discard [MaxBytes]byte
}

// NewEncoder makes an encoder. It fails if the configuration is out of range.
func NewEncoder(c Config) (*Encoder, error) {
	enc, err := gopus.NewEncoder(gopus.EncoderConfig{SampleRate: 16000, Channels: 1, Application: gopus.ApplicationVoIP})
	if err != nil {
		return nil, err
	}
	if err := c.apply(enc); err != nil {
		return nil, fmt.Errorf("opus: %+v: %w", c, err)
	}
	e := &Encoder{enc: enc}
	// The library makes some of its parts with the first frame.
	e.Prime(make([]int16, FrameSamples))
	e.Reset()
	return e, nil
}

var errBitrate = errors.New("bitrate is not between 6000 and 510000")

func (c Config) apply(enc *gopus.Encoder) error {
	if c.Bitrate == 0 {
		c.Bitrate = 24000
	}
	if c.Bitrate < 6000 || c.Bitrate > 510000 {
		return errBitrate
	}
	if c.Complexity == 0 {
		c.Complexity = 5
	}
	enc.SetDTX(c.DTX)
	enc.SetVBR(!c.CBR)
	return errors.Join(
		enc.SetBitrate(c.Bitrate),
		enc.SetComplexity(c.Complexity),
		enc.SetPacketLoss(c.Loss),
		enc.SetInBandFEC(gopus.InBandFECEnabled),
	)
}

// Encode codes a frame of 320 samples into one packet and returns its length, at
// most 1275 and what dst has room for. It is 0 if the frame has another length
// or cannot be coded.
func (e *Encoder) Encode(dst []byte, frame []int16) int {
	if len(frame) != FrameSamples {
		return 0
	}
	n, err := e.enc.EncodeInt16(frame, dst[:min(len(dst), MaxBytes)])
	e.independent(false)
	if err != nil {
		return 0
	}
	return n
}

// SetLoss says how many percent of the packets are expected to be lost. The more
// there are, the more of the bits go into a second, coarser copy of the frame
// before.
func (e *Encoder) SetLoss(percent int) {
	_ = e.enc.SetPacketLoss(min(max(percent, 0), 100)) // cannot be out of range
}

// Reset begins a stream: e predicts from nothing. The settings stay. (Packets
// need not be those of a new encoder to the bit: the library's rate control and
// its input filter remember a little.)
func (e *Encoder) Reset() {
	e.enc.Reset()
	e.independent(false)
}
