package jitter

// naive is what a Playout is compared with: a buffer of a fixed delay, told in
// advance, that fills what is missing with silence or with the last frame.
type naive struct {
	store   store
	delay   float64 // ms from mouth to ear above the packetisation
	repeat  bool
	running bool
	play    uint32
	last    [FrameSamples]int16
}

func (n *naive) Put(v Packet) bool {
	if !n.running {
		n.running = true
		n.play = firstTime + uint32(int(8*(float64(v.Now)/1e6-n.delay)))
	}
	if int32(v.TS-n.play) < 0 {
		return false
	}
	n.store.write(v.TS, v.Payload, v.Decode)
	return true
}

func (n *naive) Pull(dst []int16) bool {
	if !n.running {
		clear(dst)
		return false
	}
	for i := 0; i < len(dst); {
		k, there := n.store.run(n.play, len(dst)-i)
		switch {
		case there:
			n.store.copy(dst[i:i+k], n.play)
		case n.repeat:
			copy(dst[i:i+k], n.last[i:])
		default:
			clear(dst[i : i+k])
		}
		n.store.drop(n.play, k)
		n.play += uint32(k)
		i += k
	}
	copy(n.last[:], dst)
	return true
}

func (n *naive) position() uint32 { return n.play }
