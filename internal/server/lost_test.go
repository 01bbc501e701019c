package server_test

import (
	"net/netip"
	"testing"
	"time"

	"warmline/transfer"
)

// losesAudio stops an agent's audio, until the server gives the leg up.
func (st *stage) losesAudio(p *person) {
	st.Helper()
	p.cutAudio(true)
	old := p.call
	select {
	case <-old.Done():
	case <-time.After(21 * time.Second):
		st.Fatalf("%s is not missed", p.name)
	}
	p.cutAudio(false)
}

// An agent whose audio stops is rung again into the same seat.
func TestLostAgentTakenBack(t *testing.T) {
	play(t, options{record: "lost_and_back"}, func(st *stage) {
		st.serve()
		time.Sleep(time.Second)
		st.alice.cutAudio(true)
		cut := time.Now()
		time.Sleep(19 * time.Second)
		st.wants("C live, A live")
		select {
		case <-st.alice.call.Done():
		case <-time.After(2 * time.Second):
			st.Fatal("Alice is not missed")
		}
		if took := time.Since(cut); took < 19800*time.Millisecond || took > 20200*time.Millisecond {
			st.Errorf("missed after %v", took)
		}
		st.alice.cutAudio(false)
		st.metric(`warmline_rtp_timeouts_total{role="agent"}`, 1)
		st.alice.rings()
		st.wants("C live, A ringing")
		st.hears(st.carla, "ringback")
		st.alice.takes()
		st.wants("C live, A live")
		st.hears(st.carla, "A", st.alice, "C")
		st.segments("alice direct, alice rejoin")
		st.alice.hangsUp()
		st.carla.gone(time.Second)
		st.over("C left finished, A left hangup")
		st.presence("alice", "wrap_up")
	})
}

// Nobody takes the seat: after 20 s Carla goes to the front of the queue.
func TestLostAgentNotBack(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		time.Sleep(time.Second)
		st.losesAudio(st.alice)
		st.alice.rings()
		time.Sleep(20 * time.Second)
		st.alice.gone(100 * time.Millisecond)
		st.bob.rings()
		st.wants("C live, A left lost, B ringing")
		st.hearsOfRingback(st.carla)
		st.bob.takes()
		st.wants("C live, A left lost, B live")
		st.hears(st.carla, "B", st.bob, "C")
		st.segments("alice direct, bob queue")
		st.metric(`warmline_customer_alone_seconds_total{sound="no"}`, 0)
	})
}

// A lost agent with a consult open: Bob talks to Carla meanwhile.
func TestLostAgentInConsult(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		time.Sleep(time.Second)
		st.losesAudio(st.alice)
		st.alice.answers()
		st.wants("C held consult, A live, B live")
		st.hears(st.carla, "music", st.alice, "B", st.bob, "A")
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		st.wants("C live, A left hangup, B live")
		st.bob.hangsUp()
		st.carla.gone(time.Second)
		st.over("C left finished, A left hangup, B left hangup")
	})
}

// A phone that is away while its seat is kept is rung once it is back.
func TestLostAgentRegistersAgain(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		time.Sleep(time.Second)
		st.logsOut(st.alice)
		st.losesAudio(st.alice)
		st.wants("C live, A dialing")
		st.hears(st.carla, "music")
		time.Sleep(5 * time.Second)
		desk := st.newAgent("alice", netip.MustParseAddr("10.0.1.11"), aliceHz)
		desk.logsIn()
		desk.answers()
		st.wants("C live, A live")
		st.hears(st.carla, "A", desk, "C")
		st.segments("alice direct, alice rejoin")
	})
}

// A customer who is lost has left.
func TestLostCustomer(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		time.Sleep(time.Second)
		st.carla.cutAudio(true)
		time.Sleep(59 * time.Second)
		st.wants("C live, A live")
		time.Sleep(1200 * time.Millisecond)
		st.carla.gone(time.Second)
		st.alice.gone(time.Second)
		st.over("C left lost, A left finished")
		st.metric(`warmline_rtp_timeouts_total{role="customer"}`, 1)
	})
}
