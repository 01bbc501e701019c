package transfer_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"warmline/transfer"
)

// orders are all verbs with the arguments on which their answer may depend,
// said by the actor of a situation. "self" is that actor, "agent" the third
// party of most situations.
func orders(by transfer.Party) map[string]input {
	return map[string]input{
		"consult": consult(by, anAgent), "consult_present": consult(by, present),
		"consult_offline": consult(by, offline), "consult_empty": consult(by, emptyQueue),
		"add": add(by, aNumber), "transfer": cold(by, aQueue),
		"cancel": cancel(by), "swap": swap(by), "merge": merge(by), "end": end(by),
		"hold_customer": hold(by, customer), "unhold_customer": unhold(by, customer),
		"hold_bob": hold(by, bob), "unhold_self": unhold(by, by), "hold_self": hold(by, by),
		"remove_customer": remove(by, customer), "remove_customer_by_right": removeByRight(by, customer),
		"remove_bob": remove(by, bob), "leave": leave(by), "leave_ringing": leaveRinging(by),
		"mute_self": mute(by, by), "unmute_self": unmute(by, by), "mute_customer": mute(by, customer),
	}
}

// situation is a history, who commands after it, and every order's answer: the
// orders are listed by the answer they get.
type situation struct {
	name    string
	by      transfer.Party
	after   []input
	answers map[string]string
}

var (
	intoTalk    = []input{customerCalls(anAgent), answers(alice)}
	intoRinging = append(slices.Clone(intoTalk), consult(alice, anAgent), rings(bob))
	intoConsult = append(slices.Clone(intoTalk), consult(alice, anAgent), answers(bob))
	intoSwapped = append(slices.Clone(intoConsult), swap(alice))
	intoThree   = append(slices.Clone(intoConsult), merge(alice))
)

func after(history []input, more ...input) []input { return append(slices.Clone(history), more...) }

// TestEveryAnswer holds every order in every situation to its reason. An order
// that a situation does not list, or lists twice, is a fault of the table.
func TestEveryAnswer(t *testing.T) {
	answered := 0
	for _, st := range situations {
		t.Run(st.name, func(t *testing.T) {
			r := talk(t)
			r.then(st.after...)
			want := st.table(t)
			for name, in := range orders(st.by) {
				next, effects := transfer.Step(r.w.s, in)
				got := effects[slices.IndexFunc(effects, func(e transfer.Effect) bool { return e.Act == transfer.Reply })].Reason
				if got.String() != want[name] {
					t.Errorf("%s is answered %v, want %q, in %v", name, got, want[name], r.w.s)
				}
				if got != transfer.OK && (next != r.w.s || len(effects) != 1) {
					t.Errorf("%s is refused and did %v", name, effects)
				}
				answered++
			}
		})
	}
	if want := len(situations) * len(orders(alice)); answered != want {
		t.Errorf("%d answers of %d", answered, want)
	}
}

func (st *situation) table(t *testing.T) map[string]string {
	t.Helper()
	want := map[string]string{}
	known := orders(st.by)
	for reason, list := range st.answers {
		if _, ok := transfer.ParseReason(reason); !ok {
			t.Errorf("no reason %q", reason)
		}
		for _, name := range strings.Fields(list) {
			if _, ok := known[name]; !ok || want[name] != "" {
				t.Errorf("order %q is unknown or listed twice", name)
			}
			want[name] = reason
		}
	}
	if len(want) != len(known) {
		t.Errorf("%d of %d orders are listed", len(want), len(known))
	}
	return want
}

// everyOrder lists all of them, for situations that answer all alike.
func everyOrder() string {
	return strings.Join(slices.Sorted(maps.Keys(orders(alice))), " ")
}
