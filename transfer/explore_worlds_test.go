package transfer

import "testing"

var (
	toAgent  = Target{Kind: ToAgent}
	toQueue  = Target{Kind: ToQueue}
	toNumber = Target{Kind: ToNumber}
)

func arrive(r Role, t Target) Input { return Input{Kind: Arrive, By: Nobody, Role: r, Target: t} }
func click(t Target) Input          { return Input{Kind: ClickDial, By: Nobody, Target: t} }

// worlds of three parties: between them every verb, target, policy and every
// way in is met with every order of what the environment can do.
var threeParties = []world{
	{
		name: "customer, all targets",
		first: []Input{
			arrive(Customer, toAgent), arrive(Customer, toQueue),
			arrive(Customer, Target{Kind: ToAgent, Reach: NotReachable}),
		},
		policy: Policy{HasQueue: true}, targets: []Target{toAgent, toQueue, toNumber}, remote: Nobody, mute: Nobody, lost: Nobody,
	},
	{
		name:   "agents calling out",
		first:  []Input{arrive(Agent, toNumber), arrive(Agent, toAgent), arrive(Agent, toQueue), arrive(Customer, toNumber), click(toNumber), click(toAgent), click(toQueue)},
		policy: Policy{Stranded: AnnounceOnly, KeepConsultWithoutCustomer: true}, targets: []Target{toAgent}, remote: Nobody, mute: Nobody, lost: Nobody,
	},
	{
		name:   "lost legs, recall",
		first:  []Input{arrive(Customer, toAgent)},
		policy: Policy{Stranded: Recall}, targets: []Target{toAgent}, remote: Nobody, mute: Nobody, lost: 1, ends: 1, lean: true,
	},
	{
		name:   "hold keys and mutes",
		first:  []Input{arrive(Customer, toAgent)},
		policy: Policy{HasQueue: true, NoAutoUnhold: true}, targets: []Target{toAgent}, remote: 1, mute: 1, lost: Nobody,
	},
	{
		name:   "operators, hold key",
		first:  []Input{arrive(Customer, toAgent)},
		policy: Policy{HasQueue: true}, targets: []Target{toAgent}, remote: 1, mute: Nobody, lost: Nobody, operators: true, ends: 1, lean: true,
	},
}

func TestExploreThreeParties(t *testing.T) {
	for _, w := range threeParties {
		w.slots, w.cutoff = 3, 400_000
		t.Run(w.name, func(t *testing.T) { (&explorer{t: t, w: w}).run() })
	}
}

// TestExploreFourParties bounds the environment to keep the run short: the
// dimensions that three parties cover in full (hold keys, mutes, lost legs,
// kinds of targets) are left out in turn, never all at once.
func TestExploreFourParties(t *testing.T) {
	w := world{
		name:   "two colleagues",
		first:  []Input{arrive(Customer, toAgent)},
		policy: Policy{HasQueue: true}, targets: []Target{toAgent}, remote: Nobody, mute: Nobody, lost: Nobody,
	}
	w.slots, w.cutoff, w.ends, w.lean = 4, 3_000_000, 1, true
	(&explorer{t: t, w: w}).run()
}
