package srtp

// Streams is how many SSRCs an Opener remembers, and a Sealer serves.
const Streams = 4

// incoming is what an Opener knows of SSRCs. It is told of authenticated
// packets only.
type incoming struct {
	time    uint64 // authenticated packets so far
	streams [Streams]stream
}

// A stream is what is known of one SSRC.
type stream struct {
	ssrc      uint32
	heard     uint64 // time of the last packet; 0: the place is free
	rtp, rtcp history
}

// find returns the stream of an SSRC, nil if it is not known.
func (in *incoming) find(ssrc uint32) *stream {
	for i := range in.streams {
		if s := &in.streams[i]; s.ssrc == ssrc && s.heard > 0 {
			return s
		}
	}
	return nil
}

// heard notes that an SSRC proved to know the key. A new one takes a free place
// or that of the one which was silent for longest.
func (in *incoming) heard(ssrc uint32) *stream {
	in.time++
	s := in.find(ssrc)
	if s == nil {
		s = in.oldest()
		*s = stream{ssrc: ssrc}
	}
	s.heard = in.time
	return s
}

func (in *incoming) oldest() *stream {
	old := &in.streams[0]
	for i := range in.streams {
		if s := &in.streams[i]; s.heard < old.heard {
			old = s
		}
	}
	return old
}
