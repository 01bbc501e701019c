package media

import (
	"encoding/binary"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
)

// speaking is a session that has agreed on a codec alone.
func speaking(t testing.TB, codec string) *bench {
	b := newBench(t, SessionConfig{Codecs: []string{codec}})
	c := codecNamed(codec)
	b.agree(offerOf(ip, fmt.Sprintf("audio 4000 RTP/AVP %d", c.payloadType), fmt.Sprintf("rtpmap:%d %s", c.payloadType, c.rtpmap())))
	b.tick()
	return b
}

// The jitter that the peer reports is in units of our stream's clock.
func TestFarJitterByCodec(t *testing.T) {
	for codec, units := range map[string]uint32{"pcmu": 80, "g722": 80, "opus": 480} {
		b := speaking(t, codec)
		block := receptionBlock{ssrc: b.s.out.ssrc, jitter: units}
		p := block.append([]byte{0x81, typeRR, 0, 7, 0, 0, 0, 1})
		if !b.s.control.read(b.s, p, b.now) {
			t.Fatal("not taken")
		}
		if got := b.s.Stats().FarJitter; got != 10*time.Millisecond {
			t.Errorf("%s: %v, want 10 ms", codec, got)
		}
	}
}

// The RTP time of a report, and of the last one before a BYE, is that of its NTP
// time on the stream's clock.
func TestReportTimeByCodec(t *testing.T) {
	for codec, units := range map[string]uint32{"pcmu": 60, "g722": 60, "opus": 360} {
		synctest.Test(t, func(t *testing.T) {
			b := speaking(t, codec)
			b.s.control.agree(b.s.taken, b.now, time.Now())
			at := func(p []byte) uint32 { return binary.BigEndian.Uint32(p[16:]) }
			frame := at(b.s.appendReport(nil, b.now, b.s.taken))
			if later := at(b.s.appendReport(nil, b.now+7_500_000, b.s.taken)); frame != b.s.out.ts || later-frame != units {
				t.Errorf("%s: RTP time %d at a frame of %d, %d later by 7.5 ms", codec, frame, b.s.out.ts, later-frame)
			}
			b.tick() // it sends again
			b.s.count.now.set(b.now + 7_500_000)
			b.s.Close()
			packets := b.reports(b.ctl)
			sr, ok := packets[0].(*rtcp.SenderReport)
			if _, bye := packets[len(packets)-1].(*rtcp.Goodbye); !ok || !bye || sr.RTPTime-b.s.out.ts != units {
				t.Errorf("%s: the last report is %+v, of a frame of %d", codec, packets[0], b.s.out.ts)
			}
		})
	}
}

// Over a minute both times of the reports advance alike, and the interval of
// codecs with fewer kilobits is the longer one.
func TestReportsOfWideband(t *testing.T) {
	for codec, minimum := range map[string]int64{"g722": quickReports, "opus": minReports} {
		synctest.Test(t, func(t *testing.T) {
			b := speaking(t, codec)
			b.tickFor(time.Minute, nil)
			var list []*rtcp.SenderReport
			for _, p := range b.reports(b.ctl) {
				if sr, ok := p.(*rtcp.SenderReport); ok {
					list = append(list, sr)
				}
			}
			if len(list) < 8 || b.s.control.minimum != minimum {
				t.Fatalf("%s: %d reports, at least %d ns apart", codec, len(list), b.s.control.minimum)
			}
			first, last := list[0], list[len(list)-1]
			ntp := float64(last.NTPTime-first.NTPTime) / (1 << 32)
			rtp := float64(last.RTPTime-first.RTPTime) / float64(codecNamed(codec).clock)
			if ntp < rtp-0.001 || ntp > rtp+0.001 {
				t.Errorf("%s: %v s by NTP, %v s by RTP", codec, ntp, rtp)
			}
		})
	}
}
