package server

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"warmline/internal/testnet"
)

// sounds are what lies between the pauses of a recording, but for the first and
// the last, which may be cut off.
func sounds(heard []byte) (list [][]byte) {
	pause := bytes.Repeat([]byte{ulawZero}, pauseFrames*samplesPerFrame/2)
	for _, s := range bytes.Split(heard, pause) {
		if s = bytes.Trim(s, string([]byte{ulawZero})); len(s) > 0 {
			list = append(list, s)
		}
	}
	return list[1 : len(list)-1]
}

// Two phones whose clocks are 100 millionths apart, for an hour of a call: the
// delay of the end is that of the beginning, and no sample of what they say is
// left out, put in or altered.
func TestDriftOfAnHour(t *testing.T) {
	const parts = 12
	synctest.Test(t, func(t *testing.T) {
		r := newDelayRig(t)
		r.net.SetLink(testnet.Link{Jitter: 300 * time.Microsecond})
		_, pulses, _ := r.room(2, rand.New(rand.NewPCG(7, 7)), 50)
		r.run(pulses, 2, 4*time.Second)
		var said []byte
		first := time.Duration(0)
		for part := range parts {
			for _, p := range pulses {
				p.said, p.heard, p.recorded = nil, nil, nil
			}
			r.run(pulses, 2, time.Hour/parts)
			list, missed := delays(pulses, time.Time{})
			sum, most := time.Duration(0), time.Duration(0)
			for _, d := range list {
				sum, most = sum+d, max(most, d)
			}
			mean := sum / time.Duration(max(1, len(list)))
			if part == 0 {
				first = mean
				t.Logf("mean %v, most %v of %d", mean, most, len(list))
			}
			if len(list) < 390 || missed > 0 || mean > first+500*time.Microsecond || most > 6*time.Millisecond {
				t.Errorf("part %d: mean %v, most %v of %d, %d not heard", part, mean, most, len(list), missed)
			}
			altered, all := 0, 0
			for _, p := range pulses {
				for _, s := range sounds(p.recorded) {
					if said == nil {
						said = s
					}
					if all++; !bytes.Equal(s, said) {
						altered++
					}
				}
			}
			if altered > 0 || all < 390 {
				t.Errorf("part %d: %d sounds of %d are not as they were said", part, altered, all)
			}
		}
		r.mixer.Close()
		r.engine.Close()
	})
}
