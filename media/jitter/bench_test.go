package jitter

import "testing"

// BenchmarkFrame is a packet in and a frame out.
func BenchmarkFrame(b *testing.B) {
	b.Run("clean", func(b *testing.B) { benchmark(b, func(int) bool { return true }) })
	b.Run("tenth lost", func(b *testing.B) { benchmark(b, func(i int) bool { return i%10 != 7 }) })
	b.Run("every other lost", func(b *testing.B) { benchmark(b, func(i int) bool { return i%2 == 0 }) })
}

func benchmark(b *testing.B, arrives func(i int) bool) {
	payload := encoded(dialogue(b, 40))
	frames := len(payload) / baseFrame
	var p Playout
	p.Reset(g711)
	now, ts, i := int64(0), uint32(0), 0
	whole := true
	b.ReportAllocs()
	for b.Loop() {
		at := i % frames * baseFrame
		if arrives(i) {
			p.Put(Packet{At: now, TS: ts, Payload: payload[at : at+baseFrame], InOrder: true, Follows: whole})
			whole = true
		} else {
			whole = false
		}
		p.Next(now)
		p.Samples()
		i++
		ts += baseFrame
		now += tick
	}
}

func BenchmarkConceal(b *testing.B) {
	heard := vowel(past, 73)
	var back background
	back.reset()
	c := newConcealer(&back)
	dst := make([]int16, baseFrame)
	b.ReportAllocs()
	for b.Loop() {
		c.begin(heard)
		c.synthesise(dst)
	}
}

func BenchmarkSqueeze(b *testing.B) {
	r := held(vowel(70*baseFrame, 73), 400)
	saved := r.Playout
	b.ReportAllocs()
	dst := make([]int16, baseFrame)
	for b.Loop() {
		r.play, r.store.have, r.rest = saved.play, saved.store.have, 0
		if !r.squeeze(dst, 400) {
			b.Fatal("not squeezed")
		}
	}
}

// BenchmarkRelay is a packet in and handed on.
func BenchmarkRelay(b *testing.B) {
	c := newCoder(make([]int16, 16000), 8000, 320)
	b.ReportAllocs()
	ts := uint32(0)
	for b.Loop() {
		c.Put(Packet{At: c.now, TS: ts, Payload: c.packets[0], InOrder: true, Follows: true})
		c.Next(c.now)
		c.Relay()
		c.now += tick
		ts += baseFrame
	}
	if c.codec.decoded > 5 {
		b.Fatalf("%d packets decoded", c.codec.decoded)
	}
}
