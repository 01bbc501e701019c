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
		w.slots, w.cutoff = 3, 200_000
		if testing.Short() || raceEnabled {
			// One unconfirmed end at a time, no adds: a tenth of the states.
			w.ends, w.lean, w.targets = 1, true, w.targets[:1]
		}
		if raceEnabled {
			w.depth = 14
		}
		t.Run(w.name, func(t *testing.T) { (&explorer{t: t, w: w}).run() })
	}
}

// TestExploreFourParties bounds the environment to stay under a minute: one
// leg's end may be unconfirmed while other things happen, and colleagues are
// reached by consult and transfer only. What is left out here (several ends at
// once, adds, hold keys, mutes, lost legs, queues) three parties cover. Under
// -short and the race detector the walk stops at a depth.
func TestExploreFourParties(t *testing.T) {
	w := world{
		name: "two colleagues", first: []Input{arrive(Customer, toAgent)}, slots: 4, ends: 1, lean: true,
		policy: Policy{HasQueue: true}, targets: []Target{toAgent}, remote: Nobody, mute: Nobody, lost: Nobody, cutoff: 400_000,
	}
	if testing.Short() || raceEnabled {
		w.depth = 11
	}
	(&explorer{t: t, w: w}).run()
}
