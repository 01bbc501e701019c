package media

import (
	"cmp"
	"strconv"
	"strings"

	"warmline/media/opus"
)

// OpusConfig is how we send Opus; zero fields leave it to the encoder.
type OpusConfig struct {
	Bitrate    int // bit/s, no more than the peer wants
	Complexity int // 1 (cheap) to 10
}

// opusWish is what a peer's a=fmtp asks of those who send Opus to it (RFC 7587
// §6.1). Of a peer that says nothing it is the zero value.
type opusWish struct {
	fec      bool // useinbandfec: has use for the frame before in each packet
	dtx      bool // usedtx: silence need not be sent
	cbr      bool // packets of one size
	stereo   bool // can play two channels
	bitrate  int  // maxaveragebitrate, bit/s; 0: not said
	playback int  // maxplaybackrate, Hz; 0: not said

	ours OpusConfig // what a peer without wishes gets
}

// opusBitrate is what a peer that does not limit it gets where the
// configuration does not say, bit/s.
const opusBitrate = 24000

// Bounds of RFC 7587 §6.1.
const (
	opusLeastBitrate = 6000
	opusMostBitrate  = 510_000
	opusLeastRate    = 8000
	opusMostRate     = 48_000
)

// parseOpus reads "minptime=10; useinbandfec=1" from a stranger; what makes no
// sense is passed over.
func parseOpus(fmtp string) opusWish {
	var w opusWish
	for part := range strings.SplitSeq(fmtp, ";") {
		name, value, _ := strings.Cut(part, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "useinbandfec":
			w.fec = value == "1"
		case "usedtx":
			w.dtx = value == "1"
		case "cbr":
			w.cbr = value == "1"
		case "stereo":
			w.stereo = value == "1"
		case "maxaveragebitrate":
			w.bitrate = bounded(value, opusLeastBitrate, opusMostBitrate)
		case "maxplaybackrate":
			w.playback = bounded(value, opusLeastRate, opusMostRate)
		}
	}
	return w
}

// bounded reads a positive number and brings it between the bounds; 0 for
// anything else.
func bounded(text string, least, most int) int {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		return 0
	}
	return min(max(int(n), least), most)
}

// usual says whether the peer can be sent what others are.
func (w opusWish) usual() bool { return w.config() == opusWish{ours: w.ours}.config() }

// config is how to encode for the peer: without redundancy, for which the
// encoder would allocate with every frame.
func (w opusWish) config() opus.Config {
	c := opus.Config{Bitrate: cmp.Or(w.ours.Bitrate, opusBitrate), Complexity: w.ours.Complexity, CBR: w.cbr}
	if w.bitrate > 0 {
		c.Bitrate = min(c.Bitrate, w.bitrate)
	}
	return c
}
