package transfer

import "testing"

func storyInputs(b *testing.B, lines ...string) []Input {
	b.Helper()
	var list []Input
	for _, line := range lines {
		in, err := ParseInput(line)
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, in)
	}
	return list
}

// BenchmarkStep steps a whole warm transfer; one operation is one input.
func BenchmarkStep(b *testing.B) {
	inputs := storyInputs(b, "arrive customer agent", "ringing p1", "up p1", "p1 consult agent", "ringing p2", "up p2",
		"p1 swap", "p1 swap", "p1 merge", "p1 leave", "gone p1 hangup", "gone p0 hangup", "gone p2 finished")
	b.ReportAllocs()
	s := New(Policy{HasQueue: true})
	for i := 0; b.Loop(); i++ {
		if i%len(inputs) == 0 {
			s = New(Policy{HasQueue: true})
		}
		s, _ = Step(s, inputs[i%len(inputs)])
	}
}

func threeWay(b *testing.B) State {
	s := New(Policy{})
	for _, in := range storyInputs(b, "arrive customer agent", "up p1", "p1 consult agent", "up p2", "p1 merge") {
		s, _ = Step(s, in)
	}
	return s
}

func BenchmarkCheck(b *testing.B) {
	s := threeWay(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := Check(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	s := threeWay(b)
	b.ReportAllocs()
	for b.Loop() {
		s.Digest()
	}
}
