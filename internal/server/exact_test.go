package server

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zaf/g711"

	"warmline/internal/speech"
	"warmline/internal/testnet"
)

// utterance is all that is said in the test data, as PCMU.
func utterance() (said []byte) {
	for _, v := range speech.Dialogue(45) {
		said = append(said, g711.EncodeUlawFrame(v))
	}
	return bytes.ReplaceAll(said, []byte{0x7f}, []byte{ulawZero}) // the other zero
}

// altered is how many pieces of 100 ms of what was said did not come as they were.
func altered(said, heard []byte) (n int) {
	const piece = 800
	if bytes.Contains(heard, said) {
		return 0
	}
	for at := 0; at+piece <= len(said); at += piece {
		if !bytes.Contains(heard, said[at:at+piece]) {
			n++
		}
	}
	return n
}

// Over a clean network speech comes out as it went in, bit by bit. When a call
// begins with it, the delay of the beginning is left behind in its first pause.
// When the workers stand still, what they gave up is missing, and nothing else.
func TestSpeechIsLeftUntouched(t *testing.T) {
	const calls = 30
	for _, c := range []struct {
		name   string
		silent int     // frames before it
		stalls int     // of the workers
		most   float64 // pieces altered, of each voice
	}{
		{"in a call", 150, 0, 0},
		{"at the beginning", 0, 0, 3.5}, // before the calls are up, and in the first pause, which lies in two pieces
		{"with stalls", 150, 8, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newDelayRig(t)
				r.net.SetLink(testnet.Link{Jitter: 300 * time.Microsecond})
				rng := rand.New(rand.NewPCG(4, 4))
				for i := range c.stalls {
					from := time.Now().Add(time.Duration(i+1) * 5 * time.Second)
					r.workers = append(r.workers, stall{from, from.Add(16 * time.Millisecond)})
				}
				said := utterance()
				var everybody []*pulse
				for range calls {
					_, pulses, _ := r.room(2, rng, 0)
					for _, p := range pulses {
						p.says, p.silent = said, c.silent
					}
					everybody = append(everybody, pulses...)
				}
				r.run(everybody, 2, 4*time.Second+time.Duration(len(said)/8)*time.Millisecond)
				r.mixer.Close()
				r.engine.Close()
				n := 0
				for _, p := range everybody {
					n += altered(said, p.recorded)
				}
				each := float64(n) / float64(len(everybody))
				t.Logf("%.2f pieces of each voice are not as they were said", each)
				if each > c.most {
					t.Errorf("more than %.1f", c.most)
				}
			})
		})
	}
}
