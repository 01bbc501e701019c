package server_test

import (
	"testing"
	"time"

	"warmline/transfer"
)

// TestKeys is a warm transfer with nothing but the keys of the phones: each is
// answered by a tone, and none is heard by anybody.
func TestKeys(t *testing.T) {
	play(t, options{record: "keys"}, func(st *stage) {
		st.serve()
		st.alice.keys("*6")
		st.tone(st.alice, confirmTone)
		st.wants("C held explicit, A live")
		st.alice.keys("*6")
		st.wants("C live, A live")
		st.alice.keys("*7")
		st.tone(st.alice, promptTone)
		st.alice.keys("1002#")
		st.bob.rings()
		st.tone(st.alice, confirmTone)
		st.wants("C held consult, A live, B ringing")
		st.alice.keys("*1")
		st.wants("C live, A live, B failed cancelled")
		st.bob.gone(time.Second)

		// Without the #, three seconds without a key end the number.
		st.alice.keys("*71002")
		time.Sleep(2 * time.Second)
		st.bob.quiet()
		time.Sleep(time.Second)
		st.bob.answers()
		st.wants("C held consult, A live, B failed cancelled, B live")
		st.alice.keys("*4")
		st.wants("C live, A live, B failed cancelled, B held consult")
		st.bob.keys("*5") // himself
		st.tone(st.bob, confirmTone)
		st.wants("C live, A live, B failed cancelled, B live")
		st.alice.keys("*6")
		st.wants("C held explicit, A live, B failed cancelled, B live")
		st.alice.keys("*3")
		st.wants("C live, A live, B failed cancelled, B live")
		st.alice.keys("*9")
		st.wants("C live, A live, B failed cancelled, B left removed")
		st.bob.gone(time.Second)
		if got := st.carla.call.HeardDigits(); got != "" {
			st.Errorf("Carla got the digits %q", got)
		}
		st.metric(`warmline_verbs_total{result="ok",surface="dtmf",verb="consult"}`, 2)
		st.alice.keys("*2") // with only Carla there: a hang-up
		st.carla.gone(time.Second)
		st.over("C left finished, A left hangup, B failed cancelled, B left removed")
	})
}

// Codes that are none, or not now, are refused with a tone; a code begun and
// not finished is dropped.
func TestKeysRefused(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		for _, keys := range []string{"*8", "*3", "*4", "*1", "*9", "*79999#", "*71004#", "*7602#", "*7#"} {
			st.alice.keys(keys)
			if st.tone(st.alice, refuseTone); st.Failed() {
				st.Fatalf("after %s", keys)
			}
		}
		st.wants("C live, A live")
		st.alice.keys("*")
		time.Sleep(3 * time.Second)
		st.tone(st.alice, refuseTone)
		st.alice.keys("5") // not the end of *5: that has been dropped
		if got := st.carla.call.HeardDigits(); got != "5" {
			st.Errorf("Carla got %q, want 5", got)
		}
		st.metric(`warmline_verbs_total{result="queue_empty",surface="dtmf",verb="consult"}`, 1)
	})
}

// An agent's other digits reach customers as events, ** is a star; colleagues
// never get any, and nobody hears them.
func TestDigitsPassOn(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.alice.keys("12**#")
		if got := st.carla.call.HeardDigits(); got != "12*#" {
			st.Errorf("Carla got %q, want 12*#", got)
		}
		if got := st.bob.call.HeardDigits(); got != "" {
			st.Errorf("Bob got %q", got)
		}
		// The customer's own go nowhere and control nothing.
		st.carla.keys("*2*3#")
		st.wants("C live, A live, B live")
		if a, b := st.alice.call.HeardDigits(), st.bob.call.HeardDigits(); a+b != "" {
			st.Errorf("Alice got %q, Bob %q", a, b)
		}
		// A held customer gets none: they would break through its music.
		st.do(verb{do: transfer.DoHold, by: "alice", on: "C"})
		st.alice.keys("77")
		if got := st.carla.call.HeardDigits(); got != "12*#" {
			st.Errorf("Carla got %q on hold", got)
		}
		st.hears(st.carla, "music", st.alice, "B", st.bob, "A")
	})
}

// Keys by INFO are keys.
func TestKeysByInfo(t *testing.T) {
	play(t, options{}, func(st *stage) {
		r := st.newRaw("10.0.1.4")
		r.isPhoneOf("eve")
		st.carla.dials("103")
		r.takes(r.gets("INVITE"))
		st.carla.talks()
		st.wants("C live, E live")
		for _, c := range []struct{ kind, body string }{
			{"application/dtmf-relay", "Signal=*\r\nDuration=100\r\n"},
			{"application/dtmf-relay", "Signal= 6\r\nDuration= 100\r\n"},
		} {
			r.request("INFO", c.kind, c.body)
			r.gets("200")
			time.Sleep(200 * time.Millisecond)
		}
		st.wants("C held explicit, E live")
		for _, key := range []string{"*", "6"} {
			r.request("INFO", "application/dtmf", key)
			r.gets("200")
			time.Sleep(200 * time.Millisecond)
		}
		st.wants("C live, E live")
		r.request("INFO", "application/dtmf-relay", "Signal=5\r\n")
		r.gets("200")
		time.Sleep(300 * time.Millisecond)
		if got := st.carla.call.HeardDigits(); got != "5" {
			st.Errorf("Carla got %q", got)
		}
		st.carla.hangsUp()
		r.reply(r.gets("BYE"), "200 OK", "")
		st.over("C left hangup, E left finished")
	})
}
