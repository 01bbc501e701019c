package jitter

import (
	"math/rand/v2"
	"testing"
)

// A sender with discontinuous transmission that tells nothing of its background but
// by a packet now and then: what is heard between them is as loud as they are, however
// long it goes on, and no loss.
func TestBackgroundOfPauses(t *testing.T) {
	const frames, every = 600, 20
	rng := rand.New(rand.NewPCG(4, 4))
	background := make([]int16, frames*MaxFrame)
	for i := range background {
		background[i] = int16(rng.IntN(241) - 120)
	}
	for _, wideband := range []bool{false, true} {
		for _, late := range []int{0, 5} { // frames that packets wait
			r, n := newRig(), baseFrame
			if wideband {
				r = &newCoder(background, 8000, MaxFrame).rig
				n = MaxFrame
			}
			var encoder adpcm
			encoder.Reset()
			softest, loudest, last, before := int32(1<<15), int32(0), int32(60), uint64(0)
			for f := range frames {
				if f < 100 || f%every == 0 {
					payload := encoded(background[f*n : (f+1)*n])
					if wideband {
						payload = encoder.encode(background[f*n : (f+1)*n])
					}
					r.put(uint32(f*baseFrame), payload, true, true)
				}
				if f == 50 {
					r.carry(r.play - uint32(late*n))
				}
				frame, _ := r.frame()
				if f == 60 {
					before = r.Concealed()
				}
				if last += (amplitude(frame) - last) / 4; f > 60 {
					softest, loudest = min(softest, last), max(loudest, last)
				}
			}
			if softest < 30 || loudest > 90 {
				t.Errorf("wideband %v, %d frames late: a background of 60 is heard at %d to %d", wideband, late, softest, loudest)
			}
			if c := r.Concealed() - before; c > 0 {
				t.Errorf("wideband %v, %d frames late: %d ms concealed", wideband, late, c/1_000_000)
			}
		}
	}
}

// The silence put over a key is not the line's.
func TestBackgroundUnderKeys(t *testing.T) {
	const frames = 200
	rng := rand.New(rand.NewPCG(5, 5))
	r, muted := newRig(), 0
	for f := range frames {
		noise := make([]int16, baseFrame)
		for i := range noise {
			noise[i] = int16(rng.IntN(241) - 120)
		}
		ts := uint32(f * baseFrame)
		if f == 150 {
			r.Mute(ts, ts+5*baseFrame)
		}
		r.put(ts, encoded(noise), true, true)
		frame, _ := r.frame()
		if f > 80 && amplitude(frame) == 0 {
			muted++
		}
		if got := r.ground.known(); f > 80 && (got < 45 || got > 75) {
			t.Fatalf("frame %d: a background of 60 passes for one of %d", f, got)
		}
	}
	if muted < 4 {
		t.Errorf("%d frames were muted", muted)
	}
}
