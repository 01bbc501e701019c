package jitter

import (
	"bytes"
	"slices"
	"testing"
)

// stream sends the packets up to the frame that is due.
func (c *coder) due(f int, lost func(i int) bool) {
	for _, i := range []int{f} {
		if i < len(c.packets) && !lost(i) {
			c.send(i, true, i == 0 || !lost(i-1))
		}
	}
}

func never(int) bool { return false }

// hand goes on by a frame for a listener with the same codec.
func (c *coder) hand() (payload []byte, lost int, ok bool) {
	c.Next(c.now)
	c.now += tick
	return c.Relay()
}

// Packets are handed on as they come, in order, and nothing is decoded.
func TestRelayDecodesNothing(t *testing.T) {
	for _, clock := range []int{8000, 48000} {
		c := newCoder(wide(dialogue(t, 10)), clock, 320)
		next, since := -1, 0
		for f := range 400 {
			c.due(f, never)
			payload, _, ok := c.hand()
			if !ok {
				if f > 120 {
					t.Fatalf("clock %d: frame %d is not handed on", clock, f)
				}
				c.Samples()
				next, since = -1, c.codec.decoded
				continue
			}
			if next >= 0 && !bytes.Equal(payload, c.packets[next]) {
				t.Fatalf("clock %d: frame %d is not packet %d", clock, f, next)
			}
			next = c.at(c.from)/320 + 1
		}
		if c.codec.decoded != since {
			t.Errorf("clock %d: %d packets decoded", clock, c.codec.decoded-since)
		}
		if c.Concealed() != 0 {
			t.Errorf("clock %d: %d ns concealed", clock, c.Concealed())
		}
	}
}

// After a stretch without decoding the samples go on as if all had been
// decoded, and no step is greater than the voice's own.
func TestSamplesAfterRelay(t *testing.T) {
	c := newCoder(wide(dialogue(t, 10)), 8000, 320)
	last, heard := int16(0), 0
	for f := range 450 {
		c.due(f, never)
		payload, _, ok := c.hand()
		if f%150 < 120 && ok {
			last = 0
			continue
		}
		at := c.at(c.from)
		frame := c.Samples()
		if f < 100 {
			continue
		}
		heard++
		for i, v := range frame {
			want := c.plain[at+i]
			if d := int(v) - int(want); max(d, -d) > 60 {
				t.Fatalf("frame %d, %d (handed on: %v): %d instead of %d", f, i, payload != nil, v, want)
			}
			last = v
		}
	}
	if heard < 60 {
		t.Errorf("%d frames heard, the last %d", heard, last)
	}
}

// A lost packet is handed on as a gap, which is told to be one with the next
// packet, and the samples of the same frame are concealed.
func TestRelayOfLoss(t *testing.T) {
	c := newCoder(wide(dialogue(t, 10)), 8000, 320)
	lost := func(i int) bool { return i%20 == 13 }
	gaps, packets := 0, 0
	for f := range 300 {
		c.due(f, lost)
		payload, gone, ok := c.hand()
		if f < 100 {
			c.Samples()
			continue
		}
		i := c.at(c.from) / 320
		switch {
		case !ok:
			t.Fatalf("frame %d is not handed on", f)
		case (payload == nil) != lost(i):
			t.Fatalf("frame %d, packet %d: %d bytes", f, i, len(payload))
		case (gone == 1) != lost(i-1) || gone > 1:
			t.Fatalf("frame %d, packet %d: %d lost", f, i, gone)
		case payload == nil:
			gaps++
		default:
			packets++
		}
	}
	if gaps != 10 {
		t.Errorf("%d gaps, %d packets", gaps, packets)
	}
	if got := c.Concealed() / tick; got < 9 || got > 15 {
		t.Errorf("%d frames concealed", got)
	}
}

// How many frames of a gap are lost packets, and how many the sender's silence, the
// numbers tell.
func TestRelayTellsLossFromSilence(t *testing.T) {
	for _, tt := range []struct {
		name string
		gap  int // frames without a packet
		sent int // packets sent in it
		told int
	}{
		{"discontinuous transmission", 19, 0, 0},
		{"a loss", 1, 1, 1},
		{"an outage", 19, 19, 19},
		{"one of those in a pause", 39, 1, 1},
		{"keys, which are no audio", 0, 3, 0},
		{"a long silence", 1500, 0, 0},
		{"a long outage", mostLost, mostLost, mostLost},
		{"another beginning", 100, 5000, 0},
	} {
		c := newCoder(make([]int16, 320), 8000, 320)
		c.packets = slices.Repeat(c.packets, 6000)
		number, told, handed := 0, 0, 0
		step := func() {
			payload, lost, ok := c.hand()
			if told += lost; ok && payload != nil {
				handed++
			}
		}
		f := 0
		speak := func(frames int) {
			for range frames {
				c.sendAs(number, f, true, true)
				number, f = number+1, f+1
				step()
			}
		}
		speak(100)
		told, handed = 0, 0
		const rounds = 3
		for range rounds {
			for range tt.gap {
				f++
				step()
			}
			number += tt.sent
			speak(10)
		}
		if told != rounds*tt.told {
			t.Errorf("%s: %d told to be lost in %d gaps, want %d", tt.name, told, rounds, rounds*tt.told)
		}
		if handed < rounds*10-1 {
			t.Errorf("%s: %d packets of %d handed on", tt.name, handed, rounds*10)
		}
	}
}

// Handing on does not begin in the middle of a word, nor goes on where the
// frame is muted.
func TestRelayBeginsWhereItIsQuiet(t *testing.T) {
	c := newCoder(vowel(16000*10, 120), 8000, 320)
	for f := range 200 {
		c.due(f, never)
		c.Next(c.now)
		c.now += tick
		if c.Samples(); f > 100 {
			if _, _, ok := c.Relay(); ok {
				t.Fatalf("frame %d handed on within a vowel", f)
			}
		}
	}
	c = newCoder(make([]int16, 16000*10), 8000, 320)
	on := 0
	for f := range 200 {
		c.due(f, never)
		if f == 150 {
			ts := uint32(firstTick) + uint32((f+2)*160)
			c.Mute(ts, ts+800)
		}
		if _, _, ok := c.hand(); ok {
			on++
		} else {
			c.Samples()
		}
	}
	if off := 200 - on; off < 5 || off > 80 {
		t.Errorf("%d frames handed on", on)
	}
}

// Both at once: one listener gets packets, another the samples of the same
// frames, untouched.
func TestRelayAndSamples(t *testing.T) {
	c := newCoder(wide(dialogue(t, 10)), 8000, 320)
	handed := 0
	for f := range 400 {
		c.due(f, never)
		at := c.at(c.play)
		_, _, ok := c.hand()
		frame := c.Samples()
		if !ok {
			continue
		}
		handed++
		for i, v := range frame {
			if f > 100 && v != c.plain[at+i] {
				t.Fatalf("frame %d differs at %d", f, i)
			}
		}
	}
	if handed < 200 {
		t.Errorf("%d frames handed on", handed)
	}
}

// What a stream is like is known without asking for it to be handed on, and is
// forgotten with it.
func TestKind(t *testing.T) {
	c := newCoder(make([]int16, 320*3), 48000, 320)
	c.format.Duration = func([]byte) int { return 320 } // whatever the bitrate
	check := func(want []byte, rate int) {
		t.Helper()
		if newest, got := c.Kind(); !bytes.Equal(newest, want) || max(got-rate, rate-got) > rate/100 {
			t.Errorf("%d bytes, %d bit/s; want %d, %d", len(newest), got, len(want), rate)
		}
	}
	check(nil, 0)
	one := len(c.packets[0]) * 8 * 50
	c.send(0, true, true)
	check(c.packets[0], one)
	c.packets[1] = append(c.packets[1], c.packets[1]...)
	c.send(1, true, true)
	check(c.packets[1], one+one/loadMemory)
	if c.Next(c.now); c.relay.asked != 0 {
		t.Error("to ask what it is like is to ask for it")
	}
	c.Reset(c.format)
	check(nil, 0)
	c.Reset(g711)
	c.Put(Packet{Payload: make([]byte, baseFrame), InOrder: true, Follows: true})
	check(nil, 0)
}

// Who is to begin with what is handed on learns whether this frame is quiet, of
// which the stream's own beginning knows only the frame before; and handing on
// goes on as if nobody had asked.
func TestQuietOfAFrameHandedOn(t *testing.T) {
	signal := make([]int16, 300*320)
	for i := 200 * 320; i < len(signal); i++ {
		signal[i] = int16(4000 - i%40*200)
	}
	c := newCoder(signal, 8000, 320)
	quiet, loud := 0, 0
	for f := range 300 {
		c.due(f, never)
		payload, _, ok := c.hand()
		switch {
		case !ok:
			if f > 120 {
				t.Fatalf("frame %d is not handed on", f)
			}
			c.Samples()
		case c.Quiet():
			quiet++
		case c.at(c.from) < 200*320-320:
			t.Fatalf("frame %d of silence is not quiet", f)
		case payload != nil:
			loud++
		}
	}
	if quiet < 60 || loud < 80 {
		t.Errorf("%d frames quiet, %d loud", quiet, loud)
	}
}

// A packet that comes in the frame after its own is told as a straggler, and only
// those before it as lost; one that comes later than that is.
func TestStragglers(t *testing.T) {
	for late := 1; late <= 2; late++ {
		for _, swapped := range []bool{false, true} {
			c := newCoder(wide(dialogue(t, 10)), 8000, 320)
			first := 0
			for f := range 300 {
				held := f >= 198 && f < 200 // the second of them comes after all
				if f == 199+late && !swapped {
					c.send(199, late == 1, false)
				}
				if !held {
					c.send(f, true, f != 200 || late == 1 && !swapped)
				}
				if f == 199+late && swapped {
					c.send(199, false, false)
				}
				payload, lost, ok := c.hand()
				if f < 100 {
					c.Samples()
					continue
				}
				i := c.at(c.from) / 320
				if first == 0 {
					first = f - i
				}
				straggler, told := c.Straggler(), 0
				if i == 200 {
					told = 1
					if late == 2 {
						told = 2
					}
				}
				if !ok || (payload == nil) != (i == 198 || i == 199) || lost != told || f-i != first {
					t.Fatalf("late by %d, swapped %v: frame %d, packet %d: %v, %d lost", late, swapped, f, i, ok, lost)
				}
				if want := i == 200 && late == 1; (straggler != nil) != want || want && !bytes.Equal(straggler, c.packets[199]) {
					t.Fatalf("late by %d, swapped %v: packet %d comes after %d bytes", late, swapped, i, len(straggler))
				}
			}
			if got := c.Concealed() / tick; got != uint64(late) {
				t.Errorf("late by %d, swapped %v: %d frames concealed", late, swapped, got)
			}
		}
	}
}
