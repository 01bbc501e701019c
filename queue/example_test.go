package queue_test

import (
	"fmt"

	"warmline/queue"
)

// A caller is offered to the agent who has been idle longest, and to the next
// one when that one declines.
func ExampleMachine() {
	m := queue.New()
	for _, in := range []queue.Input{
		queue.Configure{Queues: []queue.Config{{ID: "support", Members: []queue.AgentID{"alice", "bob"}}}},
		queue.Agent{ID: "alice", LoggedIn: true, Free: true, IdleSince: 20},
		queue.Agent{ID: "bob", LoggedIn: true, Free: true, IdleSince: 10},
		queue.Join{Contact: "caller", Queue: "support"},
		queue.Refused{Contact: "caller", Agent: "bob", Why: queue.Declined},
		queue.Accepted{Contact: "caller", Agent: "alice"},
	} {
		for _, effect := range m.Step(in) {
			fmt.Println(effect)
		}
	}
	// Output:
	// offer caller to bob for 20s
	// arm ring of caller for 20s
	// position of caller is 1
	// disarm ring of caller
	// offer caller to alice for 20s
	// arm ring of caller for 20s
	// disarm ring of caller
}
