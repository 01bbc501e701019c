package server_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"warmline/internal/testnet"
	"warmline/transfer"
)

// The whole story over a network that loses a fifth of the SIP, doubles a tenth
// and turns the order of another: it takes longer, and comes to the same end.
func TestRoughNetwork(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			play(t, options{seed: seed}, func(st *stage) {
				st.rough(testnet.Link{Delay: 10 * time.Millisecond, Loss: 0.2, Duplicate: 0.1, Reorder: 0.1, ReorderBy: 30 * time.Millisecond})
				st.patience = 40 * time.Second
				st.carla.dials("101")
				st.alice.answers()
				st.carla.talks()
				st.wants("C live, A live")
				st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
				st.bob.answers()
				st.wants("C held consult, A live, B live")
				st.hears(st.carla, "music", st.alice, "B", st.bob, "A")
				st.do(verb{do: transfer.DoSwap, by: "alice"})
				st.hears(st.carla, "A", st.alice, "C")
				st.do(verb{do: transfer.DoMerge, by: "alice"})
				st.hears(st.carla, "AB", st.alice, "BC", st.bob, "AC")
				st.do(verb{do: transfer.DoLeave, by: "alice"})
				st.alice.gone(40 * time.Second)
				st.wants("C live, A left hangup, B live")
				st.hears(st.carla, "B", st.bob, "C")
				st.bob.hangsUp()
				st.carla.gone(80 * time.Second)
				st.over("C left finished, A left hangup, B left hangup")
			})
		})
	}
}

// rough sets the network for SIP alone.
func (st *stage) rough(l testnet.Link) {
	for _, p := range st.people {
		st.net.SetLinkBetween(p.addr, serverAddr.Addr(), l)
		st.net.SetLinkBetween(serverAddr.Addr(), p.addr, l)
		m := p.mediaAddr()
		st.net.SetLinkBetween(serverAddr.Addr(), m, testnet.Link{Delay: 5 * time.Millisecond})
		st.net.SetLinkBetween(m, serverAddr.Addr(), testnet.Link{Delay: 5 * time.Millisecond})
	}
}

// Calls that come and go in all states at once: nothing is left of them.
func TestManyEnds(t *testing.T) {
	play(t, options{}, func(st *stage) {
		var callers []*person
		for i := range 12 {
			p := st.newPerson(fmt.Sprintf("caller%d", i), netip.AddrFrom4([4]byte{10, 9, 1, byte(i + 1)}), carlaHz, "")
			callers = append(callers, p)
		}
		for round := range 4 {
			for i, p := range callers {
				p.dials([]string{"100", "101", "7001", "103"}[(i+round)%4])
				time.Sleep(time.Duration(1+i%3) * 7 * time.Millisecond)
			}
			for i, p := range callers {
				time.Sleep(time.Duration(i%4) * 3 * time.Millisecond)
				p.hangsUp()
			}
			for _, p := range callers {
				p.gone(10 * time.Second)
			}
			time.Sleep(time.Second)
			for _, a := range []*person{st.alice, st.bob, st.dave} {
				for len(a.phone.Incoming()) > 0 {
					a.rings()
					a.gone(time.Second)
				}
			}
			if n := len(st.srv.Manager().List()); n != 0 {
				st.Fatalf("round %d: %d conferences are left", round, n)
			}
		}
		st.metric(`warmline_conferences`, 0)
	})
}
