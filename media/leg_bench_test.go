package media

import (
	"fmt"
	"testing"

	"warmline/media/srtp"
	"warmline/mixer"
)

// legBatch is for how many frames packets are made at a time, while the clock of
// the benchmark stands still.
const legBatch = 1000

// party is rooms of legs driven by hand: what a worker does for them, less the
// sockets' system calls.
type party struct {
	legs  []*loop
	now   int64
	frame *mixer.Frame
	room  [wideFrame]int16
}

func newParty(b *testing.B, codec string, n int, suite srtp.Suite) *party {
	net := newFakeNetwork()
	e, err := New(Config{Network: net, Addr: ourAddr, PortMin: 20000, PortMax: 20999})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(e.Close)
	p := &party{now: frameNanos}
	for i := range n {
		p.legs = append(p.legs, loopOf(b, e, net, 2*i, codec, suite)) // all call: they choose the suite
	}
	p.frame = mixer.NewFrame(p.room[:p.legs[0].p.codec.rate/framesPerSecond])
	return p
}

// run measures leg-frames, ns/op and allocs/op of which are for one leg.
func (p *party) run(b *testing.B, serve func()) {
	b.ReportAllocs()
	step := func() {
		for _, l := range p.legs {
			l.now = p.now
			l.p.s.Next(p.now)
		}
		serve()
		p.now += frameNanos
	}
	for i := 0; ; i++ {
		if i%legBatch == 0 {
			b.StopTimer()
			for _, l := range p.legs {
				l.now = p.now
				l.batch(legBatch)
			}
			if i == 0 {
				for range 200 { // what begins, settles and changes over
					step()
				}
				i = 200
				b.ResetTimer()
			}
			b.StartTimer()
		}
		if (i-200)*len(p.legs) >= b.N {
			return
		}
		step()
	}
}

// mix gives each leg the sum of the others.
func (p *party) mix() {
	for i, l := range p.legs {
		mixed := p.frame.Samples()
		clear(mixed)
		for k, o := range p.legs {
			if k != i {
				for n, v := range o.p.s.Samples(l.p.codec.rate) {
					mixed[n] = int16(min(max(int32(mixed[n])+int32(v), -32768), 32767))
				}
			}
		}
		l.p.s.Push(p.now, p.frame)
	}
}

// BenchmarkLeg is one leg and frame: a packet in, a packet out. Among two and
// three, mixed for each; between two, handed on; as one of a hundred who hear the
// same, which is encoded elsewhere; and on hold, with music encoded elsewhere.
func BenchmarkLeg(b *testing.B) {
	for _, codec := range []string{"pcmu", "g722", "opus"} {
		for _, n := range []int{2, 3} {
			b.Run(fmt.Sprintf("codec=%s/room=%d/path=mixed", codec, n), func(b *testing.B) {
				p := newParty(b, codec, n, 0)
				p.run(b, p.mix)
			})
		}
		if codec != "pcmu" {
			b.Run(fmt.Sprintf("codec=%s/room=2/path=relayed", codec), func(b *testing.B) {
				p := newParty(b, codec, 2, 0)
				p.run(b, func() {
					for i, l := range p.legs {
						from := p.legs[1-i].p.s
						if !l.p.s.Relay(p.now, from) {
							copy(p.frame.Samples(), from.Samples(l.p.codec.rate))
							l.p.s.Push(p.now, p.frame)
						}
					}
				})
				if n := p.legs[0].p.relayed(); int(n) < b.N/4 {
					b.Errorf("%d of %d frames were handed on", n, b.N/2)
				}
			})
		}
		for _, path := range []string{"shared", "music"} {
			room := map[string]int{"shared": 100, "music": 1}[path]
			b.Run(fmt.Sprintf("codec=%s/room=%d/path=%s", codec, room, path), func(b *testing.B) {
				p := newParty(b, codec, 20, 0)
				heard := sharedFrame(b, p.legs[0].p.codec.rate, path == "music")
				p.run(b, func() {
					for _, l := range p.legs {
						l.p.s.Push(p.now, heard)
					}
				})
			})
		}
	}
	for _, suite := range suites {
		b.Run(fmt.Sprintf("codec=pcmu/room=2/path=mixed/srtp=%v", suite), func(b *testing.B) {
			p := newParty(b, "pcmu", 2, suite)
			p.run(b, p.mix)
		})
	}
}

// sharedFrame is a frame of a real mixer that many hear, kept for as long as is
// wanted: it is encoded the first time only.
func sharedFrame(b *testing.B, rate int, music bool) *mixer.Frame {
	b.Helper()
	m, err := mixer.New(mixer.Config{Workers: 1, Plain: true, Music: [][]int16{voiceOf(b, "bob", mixer.Narrow)}})
	if err != nil {
		b.Fatal(err)
	}
	m.Start()
	defer m.Close()
	room := m.NewRoom()
	got := make(chan mixer.Frame, 1)
	for i := range mixer.Port(8) {
		s := &keeper{rate: rate, got: got}
		switch {
		case music && i == 0:
			room.Join(i, s, mixer.Row{Held: true, Treatment: mixer.Music})
		case !music:
			s.talks = i < 3
			room.Join(i, s, mixer.Row{Voice: 1, Hears: 1})
		}
	}
	f := <-got
	return &f
}

// keeper is a stream that keeps a frame it hears.
type keeper struct {
	rate  int
	talks bool
	n     int
	got   chan mixer.Frame
}

func (k *keeper) Next(int64) bool { return k.talks }

func (k *keeper) Samples(rate int) []int16 { return voices()["bob"][8000 : 8000+rate/framesPerSecond] }

func (k *keeper) Rate() int { return k.rate }

func (k *keeper) Push(_ int64, f *mixer.Frame) {
	if k.n++; k.n == 10 && !k.talks {
		select {
		case k.got <- *f:
		default:
		}
	}
}
