package media

import (
	"fmt"
	"math"
	"testing"

	"warmline/mixer"
)

// offerOpus offers Opus with wishes.
func offerOpus(fmtp string) string {
	return offerOf(ip, "audio 4000 RTP/AVP 120", "rtpmap:120 opus/48000/2", "fmtp:120 "+fmtp)
}

// A re-INVITE makes another encoder only if the wishes have it encode in another
// way; what was handed on is remembered in any case.
func TestWishesAndTheEncoder(t *testing.T) {
	for _, tt := range []struct {
		before, after string
		same          bool
	}{
		{"useinbandfec=1", "useinbandfec=1", true},
		{"useinbandfec=1", "useinbandfec=0;stereo=1;usedtx=1", true},
		{"", "maxplaybackrate=8000", true},
		{"", "maxaveragebitrate=64000", true}, // no more than we send anyway
		{"maxaveragebitrate=16000", "maxaveragebitrate=16000;minptime=20", true},
		{"", "maxaveragebitrate=16000", false},
		{"maxaveragebitrate=16000", "maxaveragebitrate=12000", false},
		{"maxaveragebitrate=16000", "", false},
		{"", "cbr=1", false},
	} {
		b := wide(t)
		b.agree(offerOpus(tt.before))
		encoder, passed := b.s.agreed.encoder, b.s.agreed.passed
		b.agree(offerOpus(tt.after))
		if got := b.s.agreed.encoder == encoder; got != tt.same || b.s.agreed.passed != passed {
			t.Errorf("from %q to %q: the same encoder: %v, want %v; what was handed on is kept: %v",
				tt.before, tt.after, got, tt.same, b.s.agreed.passed == passed)
		}
		b.agree(offerOf(ip, "audio 4000 RTP/AVP 9"))
		if b.s.agreed.passed == passed || b.s.agreed.encoder == encoder {
			t.Error("G.722 goes on with what is Opus's")
		}
	}
}

// Another encoder goes on where the one before stopped: the far end hears the same
// as from one that never changes, as far as two encoders ever make the same.
func TestNewWishesAreNotHeard(t *testing.T) {
	heard := func(rates ...int) []int16 {
		b := wide(t)
		voice := voiceOf(t, "customer", mixer.Wide)
		for i := range 600 {
			if i%15 == 0 {
				b.agree(offerOpus(fmt.Sprintf("maxaveragebitrate=%d", rates[i/15%len(rates)])))
			}
			b.s.Next(b.now)
			b.s.Push(b.now, mixer.NewFrame(voice[i*wideFrame:][:wideFrame]))
			b.now += frameNanos
		}
		packets := b.received()
		continuous(t, packets)
		return play(codecOpus, packets)
	}
	steady, changing := heard(20000), heard(20000, 20001)
	var first, second, all float64 // frames after a change
	for at := 15 * wideFrame; at < len(steady)-15*wideFrame; at += 15 * wideFrame {
		wrong := make([]int16, 2*wideFrame)
		for i := range wrong {
			wrong[i] = steady[at+i] - changing[at+i]
		}
		first, second = first+energy(wrong[:wideFrame]), second+energy(wrong[wideFrame:])
		all += energy(steady[at : at+wideFrame])
	}
	one, two := 10*math.Log10(all/first), 10*math.Log10(all/second)
	t.Logf("%.1f dB in the first frame after a change, %.1f dB in the second", one, two)
	if one < 9 || two < 9 {
		t.Errorf("a change is to be heard: %.1f dB in the first frame, %.1f dB in the second", one, two)
	}
}
