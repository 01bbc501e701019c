package jitter

const (
	// slots is how many packets are kept: 1.28 s of 20 ms each.
	slots = 64
	// kept is how many bytes of them: a second of 64 kbit/s, which G.722 has and
	// Opus is asked to stay below. Four times as much still has room for the longest
	// delay.
	kept = 8 << 10
	// loadMemory is over how many packets their load is smoothed.
	loadMemory = 64
)

// Packets is the memory that a stream of a codec with state needs beside its
// Playout: packets not yet decoded, and those just played, and room for the
// wider samples, of which many may wait; 24 KB. It belongs to one Playout at a time.
type Packets struct {
	count uint32  // packets put so far
	head  uint32  // bytes put so far
	load  float32 // bytes to a sample, smoothed
	slot  [slots]slot
	bytes [kept]byte

	depth   Depth
	model   [2 * modelSamples]int16
	frame   [MaxFrame]int16
	scratch [maxSamples]int16
}

// NewPackets makes the memory of one stream.
func NewPackets() *Packets { return new(Packets) }

// slot is one packet. Newer ones take the place of the oldest, and so do their
// bytes.
type slot struct {
	pos     uint32 // of its first sample
	at      uint32 // of its first byte
	size    uint16 // in bytes; 0: none
	seq     uint16
	samples uint16
	follows bool // the packet before it came: a gap between is silence
	done    bool // decoded
}

func (k *Packets) forget() { k.slot, k.load = [slots]slot{}, 0 }

// put keeps a packet.
func (k *Packets) put(v *arrived) {
	payload := v.Payload
	if kept-k.head%kept < uint32(len(payload)) {
		k.head += kept - k.head%kept // in one piece
	}
	copy(k.bytes[k.head%kept:], payload)
	k.slot[k.count%slots] = slot{
		pos: v.pos, at: k.head, size: uint16(len(payload)), seq: v.Seq, samples: uint16(v.count), follows: v.Follows,
	}
	k.count++
	k.head += uint32(len(payload))
	load := float32(len(payload)) / float32(v.count)
	if k.load == 0 {
		k.load = load
	}
	k.load += (load - k.load) / loadMemory
}

// newest is the packet put last, or nil.
func (k *Packets) newest() []byte {
	if s := &k.slot[(k.count-1)%slots]; k.valid(s) {
		return k.payload(s)
	}
	return nil
}

// valid says whether a slot holds a packet whose bytes are still there.
func (k *Packets) valid(s *slot) bool { return s.size > 0 && k.head-s.at <= kept }

// payload is a packet's bytes.
func (k *Packets) payload(s *slot) []byte { return k.bytes[s.at%kept:][:s.size] }

// end is the position behind a packet.
func (s *slot) end() uint32 { return s.pos + uint32(s.samples) }

// find is the packet that begins at a position, or nil.
func (k *Packets) find(pos uint32) *slot {
	for i := range k.slot {
		if s := &k.slot[i]; s.pos == pos && k.valid(s) {
			return s
		}
	}
	return nil
}

// after is the first packet, of those not yet decoded, that goes on beyond a
// position; nil if there is none.
func (k *Packets) after(pos uint32) (first *slot) {
	for i := range k.slot {
		s := &k.slot[i]
		if s.size == 0 || s.done || int32(s.end()-pos) <= 0 || !k.valid(s) {
			continue
		}
		if first == nil || int32(s.pos-first.pos) < 0 {
			first = s
		}
	}
	return first
}
