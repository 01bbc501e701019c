package conference

import (
	"context"
	"errors"
	"fmt"
	"time"

	"warmline/directory"
	"warmline/sip"
	"warmline/transfer"
)

// Handler is the Manager as the SIP endpoint sees it: it lets calls in, keeps
// the bindings of phones and knows the digest secrets. It is a type of its own
// so that the Manager's surface is the verbs alone.
type Handler struct{ *Manager }

// Invite lets a call in, or refuses it before anything is allocated for it.
func (h Handler) Invite(in *sip.Call, inv sip.Invite) {
	m := h.Manager
	if m.Draining() {
		m.refuse(in, ErrDraining)
		return
	}
	if inv.MaxForwards <= 1 { // what we would ring for it must be allowed another hop
		in.Reject(483, 0)
		return
	}
	target, err := m.wanted(inv)
	if err != nil {
		m.log.Info("call refused", "from", inv.From.User, "dialled", inv.Dialled, "trunk", inv.Trunk, "agent", inv.User, "err", err)
		in.Reject(404, 0)
		return
	}
	now := time.Now()
	if target.Kind == directory.ToAgent && !m.takesCall(target.ID, now) {
		status := 486
		if s, _ := m.cfg.Directory.State(target.ID, now); s.Contacts == 0 {
			status = 480
		}
		in.Reject(status, 0)
		return
	}
	if target.Kind == directory.ToRoom {
		err = m.enter(target.ID, in, inv)
	} else {
		err = m.admit(target, in, inv)
	}
	if err != nil {
		if !errors.Is(err, errOverload) {
			m.log.Warn("call refused", "from", inv.From.User, "dialled", inv.Dialled, "err", err)
		}
		m.refuse(in, err)
	}
}

// refuse sends a caller away for now: the server is shutting down, or a limit is
// reached.
func (m *Manager) refuse(in *sip.Call, err error) {
	switch {
	case errors.Is(err, errOverload): // is counted
	case errors.Is(err, ErrDraining):
		m.cfg.Metrics.CallRefused("draining")
	default:
		m.cfg.Metrics.CallRefused("limit")
	}
	in.Reject(503, RetryAfter())
}

// wanted is what a new call is for.
func (m *Manager) wanted(inv sip.Invite) (directory.Target, error) {
	if inv.Trunk != "" {
		return m.cfg.Directory.RouteTrunk(inv.Dialled)
	}
	return m.cfg.Directory.Resolve(inv.Dialled)
}

// caller is the participant behind an incoming call.
func (m *Manager) caller(inv sip.Invite, role string) *participant {
	who := &participant{role: role, name: inv.From.Name, number: inv.From.User, status: "dialing", via: "direct"}
	if inv.User != "" {
		who.setAgent(m.cfg.Directory, inv.User)
	}
	return who
}

// admit begins a conference for an incoming call.
func (m *Manager) admit(target directory.Target, in *sip.Call, inv sip.Invite) error {
	role := transfer.Customer
	if inv.User != "" {
		role = transfer.Agent
	}
	policy := m.Settings().Policy
	policy.HasQueue = m.Settings().DefaultQueue != "" || target.Kind == directory.ToQueue
	var s *call
	c, err := m.begin(2, func(c *Conference) story {
		s = newCall(c, policy)
		s.first, s.maxForwards = target, inv.MaxForwards-1
		return s
	})
	if err != nil {
		return err
	}
	if !c.inbox.post(func() { s.arrive(m.caller(inv, role.String()), role, in, inv) }) {
		return ErrDraining // nothing else ends it before it has begun
	}
	return nil
}

// arrive is the first thing that happens to a call: its caller is on the line.
func (s *call) arrive(who *participant, role transfer.Role, in *sip.Call, inv sip.Invite) {
	s.seat(0, who)
	l, err := s.c.newLeg(who, true, inv.Trunk, inv.Flow.Local.Addr())
	if err != nil {
		s.c.m.refuse(in, err)
		s.stillborn(who)
		return
	}
	l.signals = s.c.m.signalsHold(inv.Trunk)
	if err := l.accept(in, inv.Body); err != nil {
		s.c.log.Info("offer refused", "err", err)
		l.reject(statusOf(err), 0)
		s.stillborn(who)
		return
	}
	in.Attach(l.sink)
	l.log.Info("call in", "from", inv.From.User, "dialled", inv.Dialled, "trunk", inv.Trunk, "agent", inv.User)
	s.target, s.via = s.first, "direct"
	s.step(transfer.Input{Kind: transfer.Arrive, Party: 0, Role: role, Target: s.reachOf(s.first)})
	s.target, s.via = directory.Target{}, ""
}

// signalsHold reports whether a trunk wants to be told of holds.
func (m *Manager) signalsHold(trunk string) bool {
	t, _ := m.cfg.Directory.Trunk(trunk)
	return t.SignalHold
}

// stillborn ends a call whose first leg could not be made.
func (s *call) stillborn(who *participant) {
	who.finish("failed", reasonWord(transfer.Rejected, 503))
	s.seats[0] = nil
	s.end()
}

// enter takes a caller to a meet-me room, which begins with its first member.
func (m *Manager) enter(number string, in *sip.Call, inv sip.Invite) error {
	who := m.caller(inv, "member")
	for range 3 { // a room may end, or begin, just as we look for it
		c, err := m.roomOf(number)
		if errors.Is(err, errRoomTaken) {
			continue
		}
		if err != nil {
			return err
		}
		if c.inbox.post(func() { c.story.(*meeting).arrive(who, in, inv) }) {
			return nil
		}
	}
	return fmt.Errorf("%w: room %s", ErrBusy, number)
}

func (m *Manager) roomOf(number string) (*Conference, error) {
	m.mu.Lock()
	c := m.rooms[number]
	m.mu.Unlock()
	if c != nil {
		return c, nil
	}
	return m.begin(1, func(c *Conference) story {
		c.number = number
		return newMeeting(c)
	})
}

// Originate rings the agent's phone and then the target (click-to-dial).
func (m *Manager) Originate(ctx context.Context, agent, target string) (Snapshot, error) {
	a, ok := m.cfg.Directory.Agent(agent)
	if !ok {
		return Snapshot{}, fmt.Errorf("agent %q: %w", agent, ErrNotFound)
	}
	t, err := m.resolve(target)
	if err != nil {
		return Snapshot{}, err
	}
	switch {
	case m.Draining():
		return Snapshot{}, ErrDraining
	case t.Kind == directory.ToAgent && t.ID == a.ID:
		return Snapshot{}, &Refusal{
			Reason: transfer.AlreadyPresent.String(), Detail: "the target is the agent who calls",
		}
	case !m.takesCall(a.ID, time.Now()):
		return Snapshot{}, &Refusal{
			Reason: transfer.TargetUnreachable.String(),
			Detail: "the agent's own phone is not registered or is on a call",
		}
	}
	settings := m.Settings()
	policy := settings.Policy
	policy.HasQueue = settings.DefaultQueue != "" || t.Kind == directory.ToQueue
	var s *call
	c, err := m.begin(2, func(c *Conference) story {
		s = newCall(c, policy)
		s.first, s.last, s.maxForwards = t, a.ID, 70
		return s
	})
	if err != nil {
		return Snapshot{}, err
	}
	type answer struct {
		snapshot Snapshot
		err      error
	}
	done := make(chan answer, 1)
	posted := c.inbox.post(func() {
		a := answer{err: errFailed}
		defer func() { done <- a }() // also when the conference fails at it
		reach := s.reachOf(t)
		s.step(transfer.Input{Kind: transfer.ClickDial, Party: 0, Target: reach})
		c.refresh()
		a = answer{snapshot: c.snap.Load().Snapshot}
		if s.state.Over() {
			a.err = refusalOf(reach.Reach)
		}
	})
	if !posted {
		return Snapshot{}, ErrDraining // nothing else ends it before it has begun
	}
	select {
	case a := <-done:
		return a.snapshot, a.err
	case <-ctx.Done():
		return Snapshot{}, ctx.Err()
	}
}

// refusalOf says why a call could not begin.
func refusalOf(r transfer.Reach) error {
	reason := transfer.TargetUnreachable
	if r == transfer.NobodyLoggedIn {
		reason = transfer.QueueEmpty
	}
	return &Refusal{Reason: reason.String(), Detail: refusalText[reason]}
}

// Register applies a REGISTER to the agent's bindings.
func (h Handler) Register(reg sip.Registration) sip.RegisterResult {
	now := time.Now()
	add := make([]directory.Binding, 0, len(reg.Contacts))
	for _, c := range reg.Contacts {
		b := directory.Binding{
			URI: c.URI, Instance: c.Instance, Transport: reg.Flow.Transport,
			Local: reg.Flow.Local, Remote: reg.Flow.Remote,
			CallID: reg.CallID, CSeq: reg.CSeq, UserAgent: reg.UserAgent,
		}
		if c.Expires > 0 {
			b.Expires = now.Add(c.Expires)
		}
		add = append(add, b)
	}
	if reg.Star {
		add = append(add, directory.Binding{CallID: reg.CallID, CSeq: reg.CSeq})
	}
	bindings, err := h.cfg.Directory.Bind(reg.User, add, reg.Star, now)
	if err != nil {
		return sip.RegisterResult{Status: registerStatus(err), MinExpires: directory.MinExpires}
	}
	if len(add) > 0 && !reg.Star {
		h.registered(reg.User)
	}
	res := sip.RegisterResult{Status: 200}
	for _, b := range bindings {
		res.Contacts = append(res.Contacts, sip.Contact{URI: b.URI, Instance: b.Instance, Expires: b.Expires.Sub(now)})
	}
	return res
}

func registerStatus(err error) int {
	switch {
	case errors.Is(err, directory.ErrTooBrief):
		return 423
	case errors.Is(err, directory.ErrCSeq):
		return 500
	default:
		return 403
	}
}

// FlowClosed drops the bindings of a connection that is gone.
func (h Handler) FlowClosed(f sip.Flow) {
	h.cfg.Directory.Unbind(f.Transport, f.Local, f.Remote, time.Now())
}

// Known reports whether a user part leads anywhere.
func (h Handler) Known(user string) bool {
	if user == "" {
		return true // the server itself
	}
	_, err := h.cfg.Directory.Resolve(user)
	return err == nil
}

// HA1 implements sip.Credentials over the directory.
func (h Handler) HA1(user, realm string, alg sip.Algorithm) (ha1, id string, ok bool) {
	return h.cfg.Directory.HA1(user, realm, alg == sip.SHA256)
}
