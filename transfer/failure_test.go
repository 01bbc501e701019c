package transfer

import (
	"fmt"
	"testing"
)

// failureOf is what the shell reports when it could not make an effect true.
func failureOf(e Effect) (Input, bool) {
	in := Input{By: Nobody, Party: e.Party}
	switch e.Act {
	case Dial, Search:
		in.Kind, in.Cause = LegFailed, Unreachable
	case Answer:
		in.Kind, in.Cause = LegFailed, Cancelled
	case Announce:
		in.Kind = AnnounceFailed
	default:
		return in, false
	}
	return in, true
}

// TestEveryEffectFails plays every script with its first fallible effect
// failing, then its second, and so on until none is left to fail. What the
// script says after the failure is what phones and people would still do:
// some of it makes no sense any more, and must do no harm.
func TestEveryEffectFails(t *testing.T) {
	failures := 0
	for _, sc := range loadScripts(t) {
		for k := 1; playFailing(t, sc, k); k++ {
			failures++
		}
	}
	t.Logf("%d failures", failures)
	if failures < 200 {
		t.Errorf("only %d effects failed: the scripts are not what they were", failures)
	}
}

// playFailing reports false when the script has no k-th effect that can fail.
func playFailing(t *testing.T, sc *script, k int) bool {
	t.Helper()
	p := player{State: New(sc.policy)}
	failed := false
	for _, step := range sc.steps {
		todo := p.step(step.in)
		for len(todo) > 0 {
			e := todo[0]
			todo = todo[1:]
			in, ok := failureOf(e)
			if !ok || failed {
				continue
			}
			if k--; k == 0 {
				failed = true
				todo = append(todo, p.step(in)...)
			}
		}
	}
	p.end()
	if p.err != nil {
		t.Errorf("%s, with a failure: %v", sc.name, p.err)
	}
	return failed
}

// player steps a State, holds each step to Check and expect, and keeps the
// first error.
type player struct {
	State
	ends int
	err  error
}

func (p *player) step(in Input) []Effect {
	next, effects := Step(p.State, in)
	err := Check(next)
	if err == nil {
		err = expect(next)
	}
	if err == nil {
		err = checkStep(p.State, in, next, effects)
	}
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("%v in %v: %w", in, p.State, err)
	}
	for _, e := range effects {
		if e.Act == End {
			p.ends++
		}
	}
	p.State = next
	return effects
}

// end ends the conference and confirms every leg; there must be one End.
func (p *player) end() {
	if p.phase == Fresh {
		return
	}
	p.step(Input{Kind: Command, By: Nobody, Party: Nobody, Verb: DoEnd})
	for slot := range Party(MaxParties) {
		if p.parties[slot].lost {
			p.step(Input{Kind: LostGone, By: Nobody, Party: slot})
		}
		if p.parties[slot].leg == Ending {
			p.step(Input{Kind: LegGone, By: Nobody, Party: slot, Cause: Removed})
		}
	}
	if (p.ends != 1 || !p.Over()) && p.err == nil {
		p.err = fmt.Errorf("%d ends, and then %v", p.ends, p.State)
	}
}
