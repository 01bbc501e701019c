package media

import (
	"cmp"

	"warmline/media/opus"
)

// How far a stream may be above the average rate that a peer wants. An encoder that
// aims at it, and keeps to it over a call, is above it for as long as somebody
// speaks without a pause.
const (
	fitsUpTo    = 1.5  // and is no longer handed on beyond that,
	fitsAgainAt = 1.25 // nor before it has been below this
	fitsAfter   = 250  // for so many frames: 5 s, so that it is not tried in every pause
)

// fitting is whether the packets of a stream are what a peer wants to get. What it
// wants are preferences (RFC 7587 §6.1): it could play the others too. So the
// stream is judged, and not the packet, and goes from handing on to mixing and back
// as seldom as can be.
type fitting struct {
	ssrc uint32 // of the stream
	size int    // of its newest packet
	wait int    // frames until it is tried again
}

// fits judges a stream at one frame. That an encoder uses a wider band than the
// peer plays (maxplaybackrate) is no reason to mix: the bits are what it costs, and
// they are counted.
func (f *fitting) fits(a *agreement, in *receiver) bool {
	if a.codec != codecOpus {
		return true
	}
	if ssrc := in.stream.ssrc; ssrc != f.ssrc {
		*f = fitting{ssrc: ssrc}
	}
	newest, bitrate := in.playout.Kind()
	wanted := float64(cmp.Or(a.opus.bitrate, opusMostBitrate))
	varies := len(newest) != f.size
	f.size = len(newest)
	switch {
	case float64(bitrate) > wanted*fitsUpTo, opus.Stereo(newest) && !a.opus.stereo, varies && a.opus.cbr:
		f.wait = fitsAfter
	case f.wait > 0 && float64(bitrate) < wanted*fitsAgainAt:
		f.wait--
	}
	return f.wait == 0
}
