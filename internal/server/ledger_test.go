package server_test

import (
	"testing"
	"time"

	"warmline/transfer"
)

// The ledger's times add up: each was there as long as it was there, and heard
// the others in the steps in which it did.
func TestLedger(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		time.Sleep(10 * time.Second)
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		time.Sleep(3 * time.Second)
		st.bob.takes()
		time.Sleep(7 * time.Second)
		st.do(verb{do: transfer.DoSwap, by: "alice"})
		time.Sleep(5 * time.Second)
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		time.Sleep(4 * time.Second)
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		time.Sleep(6 * time.Second)
		st.bob.hangsUp()
		st.carla.gone(time.Second)
		st.over("C left finished, A left hangup, B left hangup")
		st.ledger("p1: 35.0, p2 for 19.0, p3 for 10.0; p2: 29.0, p1 for 19.0, p3 for 11.0; p3: 22.0, p1 for 10.0, p2 for 11.0")
	})
}

// The one left last counts to the end, and a phone on hold that joins nobody
// is there too.
func TestLedgerOfHolds(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		time.Sleep(2 * time.Second)
		if err := st.alice.call.Hold(st.Context()); err != nil {
			st.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		st.alice.hangsUp()
		st.carla.gone(time.Second)
		st.over("C left finished, A left hangup")
		st.ledger("p1: 5.0, p2 for 2.0; p2: 5.0, p1 for 2.0")
	})
}

// ledger wants the audibility ledger of the one call so far.
func (st *stage) ledger(want string) {
	st.Helper()
	st.mu.Lock()
	defer st.mu.Unlock()
	if len(st.ledgers) != 1 || st.ledgers[0] != want {
		st.Errorf("ledger\n\t%s\nwant\n\t%s", st.ledgers, want)
	}
}
