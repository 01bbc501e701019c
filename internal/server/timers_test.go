package server_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"warmline/internal/softphone"
	"warmline/transfer"
)

// A direct agent rings for 25 s; then its caller is told so.
func TestRingTime(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.bob.dials("1003")
		st.dave.rings()
		began := time.Now()
		select {
		case <-st.dave.call.Done():
		case <-time.After(30 * time.Second):
		}
		if took := time.Since(began).Round(100 * time.Millisecond); took != 25*time.Second {
			st.Errorf("rang for %v", took)
		}
		st.bob.refused(480)
		st.over("B failed no_answer, D failed no_answer")
		st.presence("dave", "available")
	})
}

// A phone that is answered and never sends audio is lost after 30 s, whatever
// its role.
func TestNoFirstAudio(t *testing.T) {
	for _, c := range []struct{ mute, words, role string }{
		{"alice", "C live, A ringing", "agent"},
		{"carla", "C left lost, A left finished", "customer"},
	} {
		t.Run(c.mute, func(t *testing.T) {
			play(t, options{}, func(st *stage) {
				who := map[string]*person{"alice": st.alice, "carla": st.carla}[c.mute]
				who.cutAudio(true)
				st.serve()
				first := who.call
				time.Sleep(29 * time.Second)
				st.wants("C live, A live")
				time.Sleep(1100 * time.Millisecond)
				select {
				case <-first.Done():
				default:
					st.Errorf("%s is still on the phone", c.mute)
				}
				st.wants(c.words)
				st.metric(`warmline_rtp_timeouts_total{role="`+c.role+`"}`, 1)
			})
		})
	}
}

// Whoever is held may be silent for long, but not for ever; and silence on hold
// is not held against it afterwards.
func TestSilenceOnHold(t *testing.T) {
	play(t, options{config: "timers: {rtp_held: 100s}"}, func(st *stage) {
		st.serve()
		st.consult()
		time.Sleep(time.Second)
		st.carla.cutAudio(true)
		time.Sleep(70 * time.Second)
		st.wants("C held consult, A live, B live")
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		time.Sleep(59 * time.Second)
		st.wants("C live, A live, B live")
		st.carla.cutAudio(false)
		time.Sleep(5 * time.Second)
		st.wants("C live, A live, B live")
		st.do(verb{do: transfer.DoHold, by: "alice", on: "C"})
		st.carla.cutAudio(true)
		time.Sleep(99 * time.Second)
		st.wants("C held explicit, A live, B live")
		time.Sleep(1500 * time.Millisecond)
		st.carla.gone(time.Second)
		st.wants("C left lost, A live, B live")
	})
}

// A phone on its own hold need not send either.
func TestSilenceOnHoldKey(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		time.Sleep(time.Second)
		if err := st.alice.call.Hold(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.alice.cutAudio(true)
		time.Sleep(40 * time.Second)
		st.wants("C live, A held remote")
		st.hears(st.carla, "music")
		st.alice.cutAudio(false)
		if err := st.alice.call.Resume(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.hears(st.carla, "A", st.alice, "C")
	})
}

// An agent whose connection breaks is lost at once: its other phone is rung
// into the seat.
func TestFlowLost(t *testing.T) {
	play(t, options{}, func(st *stage) {
		var conns []net.Conn
		eve := &person{st: st, name: "eve", hz: daveHz, addr: netip.MustParseAddr("10.0.1.4")}
		dial := st.net.DialFrom(eve.addr)
		eve.open(softphone.Config{
			User: "eve", Password: "eve-secret", TCP: true,
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := dial(ctx, network, addr)
				if err == nil {
					conns = append(conns, c)
				}
				return c, err
			},
		})
		st.people = append(st.people, eve)
		eve.logsIn()
		desk := st.newAgent("eve", netip.MustParseAddr("10.0.1.5"), daveHz)
		desk.logsIn()
		st.carla.dials("103")
		eve.answers()
		st.carla.talks()
		desk.rings()
		st.wants("C live, E live")
		st.hears(st.carla, "D", eve, "C")
		for _, c := range conns {
			c.Close()
		}
		desk.rings()
		st.wants("C live, E ringing")
		st.hears(st.carla, "ringback")
		desk.takes()
		st.wants("C live, E live")
		st.hears(st.carla, "D", desk, "C")
		st.segments("eve direct, eve rejoin")
	})
}
