package conference

import (
	"errors"
	"fmt"

	"warmline/directory"
	"warmline/transfer"
)

// do has the story decide a command. It runs on the conference's goroutine.
func (c *Conference) do(cmd Command) (Snapshot, error) {
	c.refreshIfDirty()
	reason, err := c.decide(cmd)
	result := "ok"
	switch {
	case err != nil:
		result = "error"
	case reason != transfer.OK:
		result = reason.String()
		err = &Refusal{Reason: result, Detail: refusalText[reason]}
	}
	if r, ok := err.(*Refusal); ok {
		result = r.Reason
	} else if errors.Is(err, ErrTarget) {
		result = "unknown_target"
	} else if errors.Is(err, ErrBusy) {
		result = "busy"
	}
	c.m.cfg.Metrics.Verb(cmd.Verb.String(), cmd.Surface, result)
	c.chronicle.verb(c.now, cmd, result)
	c.log.Info("verb", "leg", c.legOf(cmd), "verb", cmd.Verb.String(), "by", cmd.By, "surface", cmd.Surface, "result", result)
	c.refreshIfDirty()
	return c.snap.Load().Snapshot, err
}

// legOf is the participant a command's log line is about: who gave it, else
// whom it names.
func (c *Conference) legOf(cmd Command) string {
	if p := c.agent(cmd.By); cmd.By != "" && p != nil {
		return p.id
	}
	return cmd.Participant
}

func (c *Conference) decide(cmd Command) (transfer.Reason, error) {
	if c.ended || c.closing {
		return transfer.Ended, nil
	}
	if cmd.IfVersion != 0 && cmd.IfVersion != c.version {
		return transfer.NoReason, &Refusal{
			Reason: "stale",
			Detail: fmt.Sprintf("the conference is at version %d, not %d", c.version, cmd.IfVersion),
		}
	}
	return c.story.command(cmd)
}

// command translates a verb into the machine's terms and has it decided.
func (s *call) command(cmd Command) (transfer.Reason, error) {
	in := transfer.Input{
		Kind: transfer.Command, Verb: cmd.Verb, By: transfer.Nobody, Party: transfer.Nobody,
		KeepCustomer: cmd.KeepCustomer, AllowRinging: cmd.AllowRinging,
	}
	if cmd.By != "" {
		actor := s.c.agent(cmd.By)
		if actor == nil {
			return transfer.NotLive, nil
		}
		in.By = actor.party
		a, _ := s.c.m.cfg.Directory.Agent(cmd.By)
		in.RemoveCustomer = a.RemoveCustomer
	}
	if cmd.Participant != "" {
		subject := s.c.person(cmd.Participant)
		if subject == nil {
			return transfer.NoReason, fmt.Errorf("participant %q: %w", cmd.Participant, ErrNotFound)
		}
		if subject.final {
			return transfer.NotPresent, nil
		}
		in.Party = subject.party
	}
	s.target, s.via = directory.Target{}, ""
	if hasTarget(cmd.Verb) {
		target, err := s.c.m.resolve(cmd.Target)
		if err != nil {
			return transfer.NoReason, err
		}
		if err := s.c.admitLeg(); err != nil {
			return transfer.NoReason, err
		}
		s.target, s.via = target, "consult"
		if cmd.Verb == transfer.DoTransfer {
			s.via = "cold"
		}
		in.Target = s.reachOf(target)
	}
	s.reply = transfer.Ended // what a machine that is over says
	s.step(in)
	s.target, s.via = directory.Target{}, ""
	return s.reply, nil
}

func hasTarget(v transfer.Verb) bool {
	return v == transfer.DoConsult || v == transfer.DoAdd || v == transfer.DoTransfer
}

// refusalText says a reason to people.
var refusalText = map[transfer.Reason]string{
	transfer.ActorHeld:         "you are on hold: unhold yourself first",
	transfer.ConsultPending:    "a consult is under way: cancel or finish it first",
	transfer.AlreadyPresent:    "the target is in the conference already",
	transfer.TargetUnreachable: "the target has no phone registered or takes no call now",
	transfer.QueueEmpty:        "nobody is logged in to the queue",
	transfer.NothingPending:    "no consult is ringing",
	transfer.NotAnswered:       "the participant has not answered yet",
	transfer.NotSwappable:      "a swap needs exactly one other held and one other live",
	transfer.NothingHeld:       "nobody is on hold",
	transfer.ConsultRinging:    "the consult still rings: cancel it, or allow leaving while it rings",
	transfer.NotAllowed:        "the role or right does not allow it",
	transfer.NotPresent:        "the participant is not in the conference any more",
	transfer.NotLive:           "the agent is not on this call",
	transfer.Full:              "the conference is full",
	transfer.Ended:             "the conference is over",
}
