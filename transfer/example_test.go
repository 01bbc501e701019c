package transfer_test

import (
	"fmt"

	"warmline/transfer"
)

// A customer (p0) talks to an agent (p1), who consults a colleague (p2), brings
// all three together and leaves.
func ExampleStep() {
	s := transfer.New(transfer.Policy{HasQueue: true})
	for _, line := range []string{
		"arrive customer agent",
		"up p1",
		"p1 consult agent",
		"up p2",
		"p1 merge",
		"p1 leave",
	} {
		in, err := transfer.ParseInput(line)
		if err != nil {
			fmt.Println(err)
			return
		}
		var effects []transfer.Effect
		s, effects = transfer.Step(s, in)
		fmt.Println(">", in)
		for _, e := range effects {
			switch e.Act {
			case transfer.Dial, transfer.Answer, transfer.HangUp, transfer.Audible, transfer.Reply:
				fmt.Println(e)
			}
		}
	}
	// Output:
	// > arrive customer agent
	// dial target p1 as agent
	// > up p1
	// answer p0
	// audible p0<p1 p1<p0
	// > p1 consult agent
	// dial target p2 as agent
	// audible p0<music p1<ringback
	// reply ok
	// > up p2
	// audible p0<music p1<p2 p2<p1
	// > p1 merge
	// audible p0<p1+p2 p1<p0+p2 p2<p0+p1
	// reply ok
	// > p1 leave
	// hangup p1 hangup
	// audible p0<p2 p2<p0
	// reply ok
}
