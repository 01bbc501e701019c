package mixer

import (
	"encoding/binary"
	"slices"
	"testing"
)

// checksum is an encoder whose payload depends on all that it has encoded.
type checksum struct {
	sum     uint64
	encodes int
}

func (c *checksum) Encode(dst []byte, frame []int16) int {
	c.encodes++
	for _, v := range frame {
		c.sum = c.sum*31 + uint64(uint16(v))
	}
	binary.BigEndian.PutUint64(dst, c.sum)
	return 8
}

func (c *checksum) Adopt(from Encoder) { c.sum = from.(*checksum).sum }

// sharer is a peer that sends shared payloads where it can, and goes on with an
// encoder of its own where not. It checks that its payloads are one sequence.
type sharer struct {
	peer
	t       *testing.T
	codec   Codec
	own     checksum
	spare   *checksum
	gave    int
	by      Encoder
	proof   checksum // follows what was heard since the encoder was taken over
	payload []byte
	broken  int
}

func (p *sharer) Push(now int64, f *Frame) {
	p.peer.Push(now, f)
	var spare Encoder
	if p.spare != nil {
		spare = p.spare
	}
	payload, by, given := f.Shared(p.codec, spare)
	if given {
		p.gave++
		p.spare = nil
	}
	if by == nil {
		if p.by != nil {
			p.own.Adopt(p.by)
			p.by = nil
		}
		payload = make([]byte, 8)
		p.own.Encode(payload, f.Samples())
	} else if p.by != by {
		p.by = by
		p.proof.sum = by.(*checksum).sum // it has just been encoded
		p.payload = slices.Clone(payload)
		return
	}
	var want [8]byte
	p.proof.Encode(want[:], f.Samples())
	if !slices.Equal(want[:], payload) {
		p.broken++
		p.proof.sum = binary.BigEndian.Uint64(payload)
	}
	p.payload = slices.Clone(payload)
}

func sharers(t *testing.T, room *Room, n, talkers int, row Row) []*sharer {
	peers := make([]*sharer, n)
	for i := range peers {
		peers[i] = &sharer{t: t, codec: Codec(i % 2), spare: &checksum{}}
		if i < talkers {
			peers[i].voice = noisy(uint64(i))
		}
		room.Join(Port(i), peers[i], row)
	}
	return peers
}

// encodes counts the frames encoded by shared encoders.
func encodes(peers []*sharer) (n int) {
	seen := map[Encoder]bool{}
	for _, p := range peers {
		if p.by != nil && !seen[p.by] {
			seen[p.by] = true
			n += p.by.(*checksum).encodes
		}
	}
	return n
}

// Thirty listeners of one mask, two codecs: two encoders and two encodes a
// frame, whoever speaks; and each listener's payloads are one sequence, also
// of those who come to speak and go back to listening.
func TestOneEncodeForAMix(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	peers := sharers(t, room, 30, 3, Row{Voice: 1, Hears: 1})
	r.tick(10)
	before := encodes(peers)
	r.tick(50)
	if got := encodes(peers) - before; got != 100 {
		t.Errorf("%d encodes in 50 frames of two codecs", got)
	}
	given := 0
	for _, p := range peers {
		given += p.gave
	}
	if given != 2 {
		t.Errorf("%d spares are given away, want 2", given)
	}
	silent := peers[10:]
	for i := range silent {
		if same := silent[i%2]; !slices.Equal(silent[i].payload, same.payload) {
			t.Fatalf("two listeners of one codec got different payloads")
		}
	}
	for _, p := range peers[20:24] {
		p.voice = constant(900)
	}
	r.tick(10)
	for _, p := range peers[20:24] {
		p.voice = nil
	}
	r.tick(10)
	for i, p := range peers {
		if p.broken != 0 {
			t.Errorf("port %d: %d payloads do not continue the one before", i, p.broken)
		}
	}
}

// An encoder lives as long as its mask is listened to, and no longer.
func TestSharedEncodersLive(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	peers := sharers(t, room, 12, 1, Row{Voice: 1, Hears: 1})
	r.tick(5)
	kept := peers[10].by
	room.Set([]Change{{2, Row{Hears: 2}}, {4, Row{Voice: 1, Hears: 1, Treatment: HoldTone}}})
	r.tick(20)
	room.Leave(6, nil)
	r.tick(20)
	if kept == nil || peers[10].by != kept {
		t.Error("the encoder of a mask that is listened to was replaced")
	}
	var changes []Change
	for i := range Port(12) {
		changes = append(changes, Change{i, Row{Voice: 4, Hears: 4}})
	}
	room.Set(changes)
	r.tick(5)
	if peers[10].by == kept {
		t.Error("another mask is encoded by the same encoder")
	}
}

// Who hears the same music shares it, in whatever room and slot; once a frame.
func TestRadiosAreSharedAcrossRooms(t *testing.T) {
	r := newRig(t)
	var peers []*sharer
	for range 8 {
		peers = append(peers, sharers(t, r.m.NewRoom(), 2, 0, Row{Treatment: Music})...)
	}
	r.tick(5)
	before := encodes(peers)
	r.tick(100)
	if got := encodes(peers) - before; got != 200 {
		t.Errorf("%d encodes in 100 frames of two codecs", got)
	}
	for i, p := range peers {
		if p.by == nil || p.by != peers[i%2].by || p.broken != 0 {
			t.Errorf("listener %d: encoder %v, %d payloads out of sequence", i, p.by != nil, p.broken)
		}
	}
}

func TestFrameOfOneIsNotShared(t *testing.T) {
	spare := &checksum{}
	if payload, by, given := NewFrame(silence[:FrameSamples]).Shared(0, spare); payload != nil || by != nil || given {
		t.Error("a frame of nobody else is shared")
	}
	var s share
	f := Frame{samples: silence[:FrameSamples]}
	f.joins(&s, f.samples, 1)
	if _, by, given := f.Shared(MaxCodecs, spare); by != nil || given {
		t.Error("a codec that does not exist is shared")
	}
	if _, by, given := f.Shared(0, nil); by != nil || given {
		t.Error("an encoder comes from nowhere")
	}
	if payload, by, given := f.Shared(0, spare); len(payload) != 8 || by != spare || !given {
		t.Error("a spare is not taken")
	}
	if _, by, given := f.Shared(0, &checksum{}); by != spare || given {
		t.Error("a second spare is taken")
	}
}
