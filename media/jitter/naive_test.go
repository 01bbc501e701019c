package jitter

// naive is what a Playout is compared with: a buffer of a fixed delay, told in
// advance, that fills what is missing with silence or with the last frame.
type naive struct {
	store   store
	delay   float64 // ms from mouth to ear above the packetisation
	repeat  bool
	running bool
	play    uint32
	last    [baseFrame]int16
	frame   [baseFrame]int16
}

func (n *naive) Put(v Packet) bool {
	if !n.running {
		n.running = true
		n.store.use(new(Depth))
		n.play = firstTime + uint32(int(8*(float64(n.tick(v.At))/1e6-n.delay)))
	}
	if int32(v.TS-n.play) < 0 {
		return false
	}
	n.store.write(v.TS, v.Payload, unlaw)
	return true
}

func (n *naive) Samples() []int16 { return n.frame[:] }

func (n *naive) Next(int64) bool {
	dst := n.frame[:]
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

// tick is when a packet that comes at that time is read.
func (n *naive) tick(at int64) int64 {
	return (at-n.phase()+tick-1)/tick*tick + n.phase()
}

// phase is the best for its delay: frames begin with packets.
func (n *naive) phase() int64 { return int64(n.delay*1e6) % tick }

func (n *naive) Slack() (int64, bool) { return 0, false }

// hears has it hear a signal.
func (n *naive) hears(signal []int16, w network) heard {
	return listen(signal, w, n, newReader(n.phase(), false))
}

func (n *naive) position() uint32 { return n.play }
