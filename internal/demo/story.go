package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"warmline/internal/softphone"
)

// tell tells the story.
func (s *show) tell(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.callIn, s.consult, s.talkItOver, s.swapBack, s.merge, s.leave, s.goodbye,
	} {
		if err := step(ctx); err != nil {
			title := "the beginning"
			if n := len(s.marks); n > 0 {
				title = fmt.Sprintf("step %d, %s", n, s.marks[n-1].title)
			}
			return fmt.Errorf("%s: %w", title, err)
		}
	}
	return nil
}

// settle is a moment between a change and the first word after it: people do
// not speak at once, and the judgement wants a word whole.
const settle = 400 * time.Millisecond

func (s *show) callIn(ctx context.Context) error {
	s.begin("Call", "over the trunk")
	c := s.person(customer)
	s.note(c.name, "calls %s", dialled)
	call, err := c.phone.Start(dialled)
	if err != nil {
		return err
	}
	c.call = call
	if err := s.answer(ctx, s.person(alice), call, 1500*time.Millisecond); err != nil {
		return err
	}
	select {
	case <-call.Answered():
		c.lived.from = s.now()
	case <-call.Done():
		return fmt.Errorf("the customer's call: %w", cause(call))
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := s.await(ctx, "customer and Alice are live", are(map[string]string{customer: "live", alice: "live"})); err != nil {
		return err
	}
	return s.changed(ctx)
}

func (s *show) consult(ctx context.Context) error {
	const keys = "*71002#"
	s.begin("Consult", "keys *7 1002 #")
	s.note("Alice", "types %s", keys)
	if err := s.person(alice).call.Digits(keys); err != nil {
		return err
	}
	if err := s.await(ctx, "the customer is held and Bob's phone rings", are(map[string]string{customer: "held", bob: "ringing"})); err != nil {
		return err
	}
	s.inForce()
	s.note("Customer", "is on hold, with music")
	return s.answer(ctx, s.person(bob), s.person(alice).call, 3500*time.Millisecond)
}

func (s *show) talkItOver(ctx context.Context) error {
	s.begin("Talk it over", "Bob has answered")
	if err := s.await(ctx, "Bob is live", are(map[string]string{customer: "held", alice: "live", bob: "live"})); err != nil {
		return err
	}
	return s.changed(ctx)
}

func (s *show) swapBack(ctx context.Context) error {
	s.begin("Swap back", "HTTP swap")
	s.note("Alice", "POST …/swap")
	if err := s.api.verb(ctx, s.conf.ID, "swap", alice); err != nil {
		return err
	}
	if err := s.await(ctx, "Bob is held and the customer live", are(map[string]string{customer: "live", alice: "live", bob: "held"})); err != nil {
		return err
	}
	s.note("Bob", "is on hold, with a soft tone")
	return s.changed(ctx)
}

func (s *show) merge(ctx context.Context) error {
	s.begin("Merge", "keys *3")
	s.note("Alice", "types *3")
	if err := s.person(alice).call.Digits("*3"); err != nil {
		return err
	}
	if err := s.await(ctx, "all are live", are(map[string]string{customer: "live", alice: "live", bob: "live"})); err != nil {
		return err
	}
	return s.changed(ctx)
}

func (s *show) leave(ctx context.Context) error {
	s.begin("Leave", "HTTP leave")
	s.note("Alice", "POST …/leave")
	if err := s.api.verb(ctx, s.conf.ID, "leave", alice); err != nil {
		return err
	}
	if err := s.over(ctx, s.person(alice)); err != nil {
		return err
	}
	if err := s.await(ctx, "Alice has left", are(map[string]string{customer: "live", alice: "left", bob: "live"})); err != nil {
		return err
	}
	s.note("Alice", "is out; the transfer is complete")
	return s.changed(ctx)
}

func (s *show) goodbye(ctx context.Context) error {
	s.marks[len(s.marks)-1].to = s.now()
	s.note("Customer", "hangs up")
	s.person(customer).call.Hangup()
	for _, id := range []string{customer, bob} {
		if err := s.over(ctx, s.person(id)); err != nil {
			return err
		}
	}
	s.note("Bob", "is free again")
	return nil
}

// changed lets a change settle, and then the lines of the step be said.
func (s *show) changed(ctx context.Context) error {
	s.inForce()
	if err := s.wait(ctx, settle); err != nil {
		return err
	}
	return s.speak(ctx)
}

// are tells whether people have these statuses.
func are(want map[string]string) func(conference) bool {
	return func(c conference) bool {
		for id, status := range want {
			if c.status(id) != status {
				return false
			}
		}
		return true
	}
}

// answer has a person's phone ring for a while and be answered, unless the call
// that makes it ring ends before.
func (s *show) answer(ctx context.Context, p *person, by *softphone.Call, after time.Duration) error {
	var call *softphone.Call
	select {
	case call = <-p.phone.Incoming():
	case <-by.Done():
		return fmt.Errorf("%s's phone does not ring: the call to it ended: %w", p.name, cause(by))
	case <-time.After(10 * time.Second):
		return fmt.Errorf("%s's phone does not ring", p.name)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.note(p.name, "has a phone that rings: %s %s", call.Name, call.Number)
	if err := s.wait(ctx, after); err != nil {
		return err
	}
	s.note(p.name, "answers")
	p.call, p.lived = call, span{from: s.now()}
	call.Answer()
	return nil
}

// cause is why a call is over.
func cause(c *softphone.Call) error {
	if err := c.Err(); err != nil {
		return err
	}
	return errors.New("hung up")
}

// over waits for the end of a person's call.
func (s *show) over(ctx context.Context, p *person) error {
	select {
	case <-p.call.Done():
		p.lived.to = s.now()
		return p.call.Err()
	case <-time.After(5 * time.Second):
		return fmt.Errorf("%s's call does not end", p.name)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
