package media

import (
	"testing"

	"warmline/media/jitter"
)

// twoChannels has a packet of Opus say that it has two.
func twoChannels(payload []byte) { payload[0] |= 4 }

// What a peer asks of those who send Opus to it decides about handing on, too: not
// the others' bits, nor their channels, are what it gets. What it does not ask for
// it gets as it is.
func TestRelayAsThePeerWants(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fmtp   string
		rate   int // of the talker's encoder, bit/s
		stereo bool
		cbr    bool // of the talker's encoder
		handed bool
	}{
		{"no wishes", "", 64000, false, false, true},
		{"enough room", "maxaveragebitrate=64000", 24000, false, false, true},
		{"just what is wanted", "maxaveragebitrate=24000", 24000, false, false, true},
		{"more", "maxaveragebitrate=24000", 64000, false, false, false},
		{"a narrow band", "maxplaybackrate=8000", 24000, false, false, true},
		{"stereo is not said", "", 24000, true, false, false},
		{"stereo", "stereo=1", 24000, true, false, true},
		{"packets of one size", "cbr=1", 24000, false, false, false},
		{"packets of one size, as sent", "cbr=1", 24000, false, true, true},
	} {
		inHall(t, func(t *testing.T, h *hall) {
			a := h.join("opus", "customer", nil)
			b := h.join("opus", "", func(p *phone) {
				if tt.fmtp != "" {
					p.extra = []string{"fmtp:120 " + tt.fmtp}
				}
			})
			a.encoder = newEncoderOpus(opusWish{cbr: tt.cbr, ours: OpusConfig{Bitrate: tt.rate, Complexity: 1}})
			h.run(settle)
			if tt.cbr {
				h.run(fitsAfter)
			}
			if tt.stereo {
				a.alter = twoChannels
			}
			h.run(10)
			before, start := b.relayed(), len(b.got)
			h.run(50)
			if n := b.relayed() - before; tt.handed && n < 25 || !tt.handed && n > 0 {
				t.Errorf("%s: %d of 50 frames handed on", tt.name, n)
			}
			bytes := 0
			for _, g := range b.got[start:] {
				if bytes += len(g.payload); b.s.agreed.opus.cbr && len(g.payload) != len(b.got[start].payload) {
					t.Errorf("%s: packets of %d and %d bytes", tt.name, len(b.got[start].payload), len(g.payload))
				}
			}
			if rate := bytes * 8; !tt.handed && rate > 36000 {
				t.Errorf("%s: %d bit/s are sent", tt.name, rate)
			}
		})
	}
}

// A stream is judged, not a packet: a loud word does not end the handing on, and
// after a time of other packets the right ones have to come for a while.
func TestFitting(t *testing.T) {
	a := &agreement{codec: codecOpus, opus: opusWish{bitrate: 24000}}
	in := &receiver{}
	in.playout.Reset(*codecOpus.newFormat())
	now, ts := int64(frameNanos), uint32(0)
	var f fitting
	// run lets frames pass with packets of a rate, and says how many of them fit.
	run := func(frames, rate int, toc byte) (fit int) {
		for range frames {
			payload := make([]byte, rate/8/framesPerSecond)
			payload[0] = toc
			in.playout.Put(jitter.Packet{At: now, TS: ts, Payload: payload, InOrder: true, Follows: true})
			in.playout.Next(now)
			if f.fits(a, in) {
				fit++
			}
			now, ts = now+frameNanos, ts+960
		}
		return fit
	}
	const mono, stereo = 0x48, 0x4c
	for _, step := range []struct {
		name         string
		frames, rate int
		toc          byte
		least, most  int
	}{
		{"what is wanted", 300, 24000, mono, 300, 300},
		{"a loud word", 20, 60000, mono, 20, 20},
		{"quieter again", 100, 20000, mono, 100, 100},
		{"twice as much", 300, 48000, mono, 40, 100},
		{"somewhat more", 500, 33000, mono, 0, 0},
		{"what is wanted again", 500, 24000, mono, 150, 250},
		{"two channels", 1, 24000, stereo, 0, 0},
		{"one again", 500, 24000, mono, 250, 251},
	} {
		if n := run(step.frames, step.rate, step.toc); n < step.least || n > step.most {
			t.Errorf("%s: %d of %d frames fit, want %d to %d", step.name, n, step.frames, step.least, step.most)
		}
	}
	run(1, 24000, stereo)
	in.stream.ssrc++
	if n := run(1, 24000, mono); n != 1 {
		t.Error("another stream is judged by the one before")
	}
	a.codec = codecG722
	if n := run(10, 64000, stereo); n != 10 {
		t.Errorf("G.722: %d of 10 fit", n)
	}
}
