package bench

import (
	"fmt"

	"warmline/media/g722"
	"warmline/media/opus"
)

// stateful is a codec whose packets depend on those before. Its encoder goes
// through a loop twice and the second time is kept, so that the end of the loop
// goes over into its beginning.
type stateful struct {
	id     string
	pt     uint8
	rtpmap string
	tick   uint32
	// make returns an encoder of frames and a decoder of packets.
	make func() (encode func(dst []byte, frame []int16) int, decode func(dst []int16, payload []byte) int, err error)
}

// wideRate is of the samples of both.
const wideRate = 16000

func (s stateful) name() string       { return s.id }
func (s stateful) payloadType() uint8 { return s.pt }
func (s stateful) format() string     { return s.rtpmap }
func (s stateful) rate() int          { return wideRate }
func (s stateful) clock() uint32      { return s.tick }

// check makes sure that there can be one.
func (s stateful) check() error {
	if _, _, err := s.make(); err != nil {
		return fmt.Errorf("codec %s: %w", s.id, err)
	}
	return nil
}

func (s stateful) encode(samples []int16) [][]byte {
	const size = wideRate / framesPerSecond
	encode, _, _ := s.make() // checked
	out := make([][]byte, len(samples)/size)
	buf := make([]byte, maxPayload)
	for pass := range 2 {
		for i := range out {
			n := encode(buf, samples[i*size:(i+1)*size])
			if pass > 0 {
				out[i] = append([]byte(nil), buf[:n]...)
			}
		}
	}
	return out
}

func (s stateful) decoder() func([]int16, []byte) int {
	_, decode, _ := s.make() // checked
	return decode
}

func newG722() (func([]byte, []int16) int, func([]int16, []byte) int, error) {
	e, d := new(g722.Encoder), new(g722.Decoder)
	e.Reset()
	d.Reset()
	return e.Encode, d.Decode, nil
}

func newOpus() (func([]byte, []int16) int, func([]int16, []byte) int, error) {
	e, err := opus.NewEncoder(opus.Config{})
	if err != nil {
		return nil, nil, err
	}
	d, err := opus.NewDecoder()
	if err != nil {
		return nil, nil, err
	}
	return e.Encode, d.Decode, nil
}
