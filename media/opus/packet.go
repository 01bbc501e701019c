package opus

// MaxBytes is the size of the largest frame (RFC 6716, section 3.4), and so of
// the largest packet with one frame, which is what an [Encoder] makes.
const MaxBytes = 1275

// MaxSamples is the length of the longest packet: 120 ms.
const MaxSamples = 1920

// Samples is the duration of a packet in samples of 16 kHz, 40 to 1920, found
// without decoding. It is 0 for what is no packet by the rules of RFC 6716,
// section 3.4.
func Samples(payload []byte) int {
	p, ok := parse(payload)
	if !ok {
		return 0
	}
	return p.frames * p.frameSamples
}

// Stereo reports that a packet has two channels (RFC 6716, section 3.1).
func Stereo(payload []byte) bool { return len(payload) > 0 && payload[0]&4 != 0 }

// A packet is what its header says.
type packet struct {
	frames       int
	frameSamples int // at 16 kHz
}

// parse reads the table of contents and the frame lengths (RFC 6716, sections
// 3.1 and 3.2).
func parse(payload []byte) (p packet, ok bool) {
	if len(payload) == 0 {
		return p, false
	}
	p.frameSamples = frameSamples(payload[0])
	rest := payload[1:]
	switch payload[0] & 3 {
	case 0:
		p.frames = 1
		return p, p.equal(rest)
	case 1:
		p.frames = 2
		return p, p.equal(rest)
	case 2:
		p.frames = 2
		return p, p.varying(rest)
	}
	if len(rest) == 0 {
		return p, false
	}
	count := rest[0]
	p.frames = int(count & 63)
	if p.frames == 0 || p.frames*p.frameSamples > MaxSamples {
		return p, false
	}
	rest = rest[1:]
	if count&0x40 != 0 {
		if rest, ok = unpadded(rest); !ok {
			return p, false
		}
	}
	if count&0x80 != 0 {
		return p, p.varying(rest)
	}
	return p, p.equal(rest)
}

// frameSamples is the length of each frame by the first byte of a packet.
func frameSamples(toc byte) int {
	size := toc >> 3 & 3
	switch {
	case toc&0x80 != 0: // CELT: 2.5, 5, 10, 20 ms
		return 40 << size
	case toc&0x60 == 0x60: // hybrid: 10, 20 ms
		return 160 << (size & 1)
	case size == 3: // SILK: 10, 20, 40, 60 ms
		return 960
	}
	return 160 << size
}

// equal is for frames that share what there is.
func (p *packet) equal(data []byte) bool {
	return len(data)%p.frames == 0 && len(data)/p.frames <= MaxBytes
}

// varying is for frames with their lengths in front, but for the last.
func (p *packet) varying(data []byte) bool {
	total := 0
	for range p.frames - 1 {
		size, n := frameLength(data)
		if n == 0 {
			return false
		}
		data = data[n:]
		total += size
	}
	last := len(data) - total
	return last >= 0 && last <= MaxBytes
}

// frameLength reads a length of one or two bytes; n is 0 if it is not there.
func frameLength(data []byte) (size, n int) {
	switch {
	case len(data) > 0 && data[0] < 252:
		return int(data[0]), 1
	case len(data) > 1:
		return int(data[1])*4 + int(data[0]), 2
	}
	return 0, 0
}

// unpadded takes the count of padding from the front and the padding from the
// end.
func unpadded(data []byte) (rest []byte, ok bool) {
	padding := 0
	for i, b := range data {
		if b != 255 {
			padding += int(b)
			rest = data[i+1:]
			if padding > len(rest) {
				return nil, false
			}
			return rest[:len(rest)-padding], true
		}
		padding += 254
	}
	return nil, false
}
