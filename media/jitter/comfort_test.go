package jitter

import (
	"math"
	"testing"
)

// comfortable is a stream that speaks for a second, is silent for a while with
// comfort noise, and speaks again; frame f's samples go to hear.
func comfortable(r *rig, dbov byte, send func(f int), hear func(f int, frame []int16)) {
	for f := range 150 {
		switch {
		case f < 50 || f >= 100:
			send(f)
		case f%20 == 10:
			r.Comfort(r.now, uint32(f*baseFrame), []byte{dbov, 3, 4}, true)
		}
		frame, _ := r.frame()
		hear(f, frame)
	}
}

// What the peer leaves out on purpose is noise of the level it gave, and neither
// silence nor loss.
func TestComfortIsNoise(t *testing.T) {
	for _, dbov := range []byte{40, 50, 60, 127} {
		for _, wideband := range []bool{false, true} {
			r := newRig()
			send := func(f int) { r.put(uint32(f*baseFrame), level(3000, baseFrame), true, true) }
			if wideband {
				c := newCoder(vowel(16000*4, 120), 8000, 320)
				r = &c.rig
				send = func(f int) {
					r.put(uint32(f*baseFrame), c.packets[f], true, true)
				}
			}
			var sum, n float64
			comfortable(r, dbov, send, func(f int, frame []int16) {
				if f < 60 || f >= 99 {
					return
				}
				for _, v := range frame {
					sum += float64(v) * float64(v)
					n++
				}
			})
			want := 32768 * math.Pow(10, -float64(dbov)/20)
			if got := math.Sqrt(sum / n); math.Abs(got-want) > want/8+0.5 {
				t.Errorf("−%d dBov, wideband %v: an amplitude of %.1f, want %.1f", dbov, wideband, got, want)
			}
			if c := r.Concealed(); c > 20_000_000 {
				t.Errorf("−%d dBov, wideband %v: %d ms count as concealed", dbov, wideband, c/1_000_000)
			}
		}
	}
}

// The first word after the silence is heard whole.
func TestSpeechAfterComfort(t *testing.T) {
	r, heard := newRig(), 0
	comfortable(r, 60, func(f int) { r.put(uint32(f*baseFrame), level(3000, baseFrame), true, true) }, func(f int, frame []int16) {
		for _, v := range frame {
			if f >= 99 && v > 2800 {
				heard++
			}
		}
	})
	if heard < 49*baseFrame-quickFade {
		t.Errorf("%d samples", heard)
	}
}

// Loss after the silence is loss again; packets of it that come late or from
// another time are nothing.
func TestComfortEnds(t *testing.T) {
	r := newRig()
	comfortable(r, 40, func(f int) {
		if f < 110 || f >= 113 {
			r.put(uint32(f*baseFrame), level(3000, baseFrame), true, f != 113)
		}
	}, func(f int, frame []int16) {})
	if c := r.Concealed() / 1_000_000; c < 55 || c > 65 {
		t.Errorf("%d ms concealed", c)
	}
	before := r.comfort
	r.Comfort(r.now, 1<<31, []byte{40}, true)
	r.Comfort(r.now, r.end-400, []byte{40}, true)
	r.Comfort(r.now, r.end, nil, true)
	r.Comfort(r.now, r.end, []byte{40}, false)
	if r.comfort != before {
		t.Error("taken")
	}
	fresh := newRig()
	if fresh.Comfort(0, 5, []byte{40}, true); fresh.running {
		t.Error("a silence began a stream")
	}
}

// Short words between short silences, of which several wait to be played: in none
// of them the voice goes on.
func TestComfortBehindComfort(t *testing.T) {
	const late, word = 6, 2 // frames that packets wait, and that a word or a silence lasts
	r := newRig()
	spoken := func(f int) bool { return f < 50 || f/word%2 == 0 }
	loud, heard := 0, 0
	for f := range 300 {
		ts := uint32(f * baseFrame)
		switch {
		case f < late:
		case spoken(f - late):
			r.put(ts-late*baseFrame, level(3000, baseFrame), true, true)
		case spoken(f - late - 1):
			r.Comfort(r.now, ts-late*baseFrame, []byte{50}, true)
		}
		if f == late {
			r.carry(r.play - 5*baseFrame) // as on a network with jitter
		}
		at := r.play
		frame, _ := r.frame()
		if f < 80 {
			continue
		}
		for i, v := range frame {
			switch now := int(at) + i; {
			case spoken(now / baseFrame):
				heard++
			case v > 500 && !spoken((now-hasteSamples)/baseFrame): // it fades before that
				loud++
			}
		}
	}
	if heard < 15000 || loud > 0 {
		t.Errorf("%d samples of a voice in silences, %d of words", loud, heard)
	}
}
