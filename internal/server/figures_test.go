package server_test

import (
	"testing"
	"time"

	"warmline/internal/config"
	"warmline/internal/softphone"
	"warmline/transfer"
)

// about wants a sample of /metrics within a tenth.
func (st *stage) about(name string, want float64) {
	st.Helper()
	if got := st.metrics()[name]; got < want-0.1 || got > want+0.1 {
		st.Errorf("%s is %.2f, want %.1f", name, got, want)
	}
}

// TestFigures is a call with known times, and what the metrics say of it.
func TestFigures(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.carla.dials("100")
		st.alice.rings()
		st.carla.talks()
		st.about(`warmline_registrations`, 3)
		time.Sleep(4 * time.Second) // alone, with ringback
		st.alice.takes()
		st.wants("C live, A live")
		st.about(`warmline_customer_alone_seconds_total{sound="yes"}`, 4)
		st.about(`warmline_queue_wait_seconds_sum{queue="support"}`, 4)
		st.about(`warmline_participants{role="customer",status="live"}`, 1)
		st.about(`warmline_participants{role="agent",status="live"}`, 1)
		st.about(`warmline_agents{presence="busy"}`, 1)
		st.about(`warmline_agents{presence="available"}`, 2)
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		time.Sleep(3 * time.Second)
		st.about(`warmline_participants{role="customer",status="held"}`, 1)
		st.about(`warmline_participants{role="agent",status="ringing"}`, 1)
		st.about(`warmline_agents{presence="ringing"}`, 1)
		st.bob.takes()
		time.Sleep(2 * time.Second)
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.about(`warmline_hold_seconds_sum{cause="consult",role="customer"}`, 5)
		if err := st.bob.call.Hold(st.Context()); err != nil {
			st.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		if err := st.bob.call.Resume(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("C live, A live, B live")
		st.about(`warmline_hold_seconds_sum{cause="remote",role="agent"}`, 6)
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		st.do(verb{do: transfer.DoHold, by: "bob", on: "C"})
		time.Sleep(7 * time.Second)
		st.carla.hangsUp()
		st.bob.gone(time.Second)
		st.over("C left hangup, A left hangup, B left finished")
		st.about(`warmline_hold_seconds_sum{cause="explicit",role="customer"}`, 7)
		st.about(`warmline_customer_alone_seconds_total{sound="yes"}`, 4)
		st.about(`warmline_customer_alone_seconds_total{sound="no"}`, 0)
		st.about(`warmline_conferences`, 0)
		st.about(`warmline_leaked_frames_total`, 0)
		st.about(`warmline_call_setup_seconds_count`, 3)
		st.about(`warmline_sip_requests_total{direction="out",method="INVITE"}`, 2)
		st.about(`warmline_rtp_timeouts_total{role="agent"}`, 0)
		st.about(`warmline_queue_abandoned_total{queue="support"}`, 0)
	})
}

// The customer of a lost agent is alone until the agent is back, and has sound.
func TestAloneFigures(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		time.Sleep(time.Second)
		st.losesAudio(st.alice)
		st.alice.rings()
		time.Sleep(5 * time.Second)
		st.alice.takes()
		st.wants("C live, A live")
		st.about(`warmline_customer_alone_seconds_total{sound="yes"}`, 5)
		st.about(`warmline_customer_alone_seconds_total{sound="no"}`, 0)
	})
}

// What the media workers do is counted by codec: handed on, encoded for one, or
// once for all; and what they got.
func TestMediaFigures(t *testing.T) {
	for _, codec := range []string{"pcmu", "g722"} {
		one := func(cfg *config.Config) { cfg.Media.Codecs = []string{codec} }
		play(t, options{change: one, phones: softphone.Config{Codecs: []string{codec}}}, func(st *stage) {
			const encodes, relays = "warmline_media_encodes_total", "warmline_media_relayed_frames_total"
			label := `{codec="` + codec + `"`
			st.metric(encodes+label+`,shared="no"}`, 0)
			st.metric(encodes+label+`,shared="yes"}`, 0)
			st.metric(relays+label+`}`, 0)
			st.serve()
			st.consult() // music for Carla: the same for everybody who waits
			time.Sleep(10 * time.Second)
			m := st.metrics()
			if n := m[encodes+label+`,shared="yes"}`]; n < 400 || n > 550 {
				t.Errorf("%s: %v frames of music", codec, n)
			}
			own, relayed := m[encodes+label+`,shared="no"}`], m[relays+label+`}`]
			// Whoever hums without a pause is not handed on, unless it began with that.
			if own+relayed < 900 || codec == "pcmu" && relayed > 0 {
				t.Errorf("%s: %v frames encoded, %v handed on", codec, own, relayed)
			}
			st.do(verb{do: transfer.DoMerge, by: "alice"})
			time.Sleep(10 * time.Second)
			m = st.metrics()
			if n := m[encodes+label+`,shared="no"}`] - own; n < 1400 || n > 1600 {
				t.Errorf("%s: %v frames encoded for three in ten seconds", codec, n)
			}
			st.metric(`warmline_media_workers{priority="plain"}`, float64(len(st.srv.Mixer().Stats().Workers)))
			st.metric(`warmline_media_worker_use{worker="0"}`, 0) // no time passes as they work
			st.metric(`warmline_mix_ticks_skipped_total`, 0)
		})
	}
}
