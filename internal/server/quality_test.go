package server_test

import (
	"testing"
	"time"

	"warmline/conference"
	"warmline/internal/testnet"
)

// quality is what the conference shows of somebody's audio, by letter.
func (st *stage) quality(of string) conference.Quality {
	st.Helper()
	for _, p := range st.conf().Participants {
		if letter(p) == of {
			if p.Quality == nil {
				st.Fatalf("nothing is known of %s's audio", of)
			}
			return *p.Quality
		}
	}
	st.Fatalf("no %s in %s", of, words(st.conf()))
	return conference.Quality{}
}

// The quality of each leg is shown during the call and stays after it, until the
// conference is forgotten; the metrics count it when the leg ends.
func TestQualityOfACall(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.net.SetLinkBetween(st.carla.mediaAddr(), serverAddr.Addr(), testnet.Link{Delay: 5 * time.Millisecond, Jitter: 2 * time.Millisecond})
		st.serve()
		time.Sleep(30 * time.Second)
		st.presence("bob", "available")
		during := st.quality("C") // up to now, though nothing has changed
		if during.Codec != "pcmu" || during.PacketsIn < 1400 || during.PacketsOut < 1400 || during.MOS < 4.2 || during.MOS > 4.5 || during.Loss != 0 {
			t.Errorf("C: %+v", during)
		}
		if during.RoundTripMS <= 0 || during.RoundTripMS > 200 || during.BufferMS <= 0 || during.BufferMS > 200 {
			t.Errorf("C's delays: %+v", during)
		}
		if far := during.Far; far == nil || far.Loss != 0 || far.MOS < 4 || far.MOS > 4.5 {
			t.Errorf("C hears of us: %+v", during.Far)
		}
		if n := st.metrics()[`warmline_rtp_mos_count{codec="pcmu",role="customer"}`]; n != 0 {
			t.Errorf("%v legs rated before any ended", n)
		}
		if jitter, ok := st.metrics()[`warmline_rtp_jitter_seconds{stat="max"}`]; !ok || jitter <= 0 {
			t.Errorf("the jitter of this moment is %v", jitter)
		}
		st.carla.hangsUp()
		st.alice.gone(time.Second)
		st.over("C left hangup, A left finished")
		for _, of := range []string{"C", "A"} {
			if after := st.quality(of); after.PacketsIn < 1400 || after.Codec != "pcmu" || after.MOS < 4.2 || after.Far == nil {
				t.Errorf("%s, after the call: %+v", of, after)
			}
		}
		st.metric(`warmline_rtp_mos_count{codec="pcmu",role="customer"}`, 1)
		st.metric(`warmline_rtp_mos_bucket{codec="pcmu",role="agent",le="4.2"}`, 0)
		st.metric(`warmline_rtp_mos_count{codec="pcmu",role="agent"}`, 1)
		st.metric(`warmline_rtp_leg_loss_ratio_bucket{codec="pcmu",role="customer",le="0"}`, 1)
		st.metric(`warmline_rtp_round_trip_seconds_count{codec="pcmu",role="customer"}`, 1)
		st.metric(`warmline_calls_refused_total{reason="limit"}`, 0)
	})
}
