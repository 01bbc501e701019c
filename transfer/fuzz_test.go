package transfer

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var seeds = flag.Bool("seeds", false, "rewrite the seed corpus of FuzzStep from the golden scripts")

const (
	rawInput   = 0 // then the 12 bytes of any Input, sensible or not
	legalInput = 1 // then 1 byte: which of the inputs that may happen now
	inputBytes = 12
)

// everything is the environment of the fuzzer: all slots, all verbs, all facts.
var everything = world{
	slots: MaxParties, targets: []Target{toAgent, toQueue, toNumber}, operators: true,
	first: []Input{
		arrive(Customer, toAgent), arrive(Customer, toQueue), arrive(Agent, toNumber), arrive(Agent, toAgent),
		arrive(Agent, toQueue), click(toNumber), click(toAgent), click(toQueue),
	},
}

func bytesOf(in Input) []byte {
	bit := func(flags ...bool) (b byte) {
		for i, on := range flags {
			if on {
				b |= 1 << i
			}
		}
		return b
	}
	return []byte{
		byte(in.Kind), byte(in.By), byte(in.Verb), byte(in.Party), byte(in.Role), byte(in.Target.Kind),
		byte(in.Target.Reach), byte(in.Cause), byte(in.Timer), bit(in.On, in.KeepCustomer, in.AllowRinging, in.RemoveCustomer, in.Target.Present), 0, 0,
	}
}

func inputOf(b []byte) Input {
	f := b[9]
	return Input{
		Kind: Kind(b[0]), By: Party(int8(b[1])), Verb: Verb(b[2]), Party: Party(int8(b[3])), Role: Role(b[4]),
		Target: Target{Kind: TargetKind(b[5]), Reach: Reach(b[6]), Present: f&16 != 0},
		Cause:  Cause(b[7]), Timer: Timer(b[8]), On: f&1 != 0, KeepCustomer: f&2 != 0, AllowRinging: f&4 != 0, RemoveCustomer: f&8 != 0,
	}
}

func policyBits(p Policy) byte {
	b := byte(p.Stranded)
	for i, on := range []bool{p.HasQueue, p.KeepConsultWithoutCustomer, p.NoAutoUnhold} {
		if on {
			b |= 4 << i
		}
	}
	return b
}

// FuzzStep feeds the machine of eight parties bytes read as inputs: some are
// whatever the bytes say, some are picked among what may happen. After each
// step the state must keep the rules; in the end the conference must end, with
// every leg confirmed once and one End.
func FuzzStep(f *testing.F) {
	for _, sc := range loadScripts(f) {
		f.Add(sc.bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		b := data[0]
		p := player{State: New(Policy{StrandedPolicy(b & 3), b&4 != 0, b&8 != 0, b&16 != 0})}
		data = data[1:]
		for steps := 0; len(data) > 1 && steps < 400; steps++ {
			w := everything
			w.remote, w.mute, w.lost = Party(steps%MaxParties), Party(steps%3), Party(data[1]%MaxParties)
			if legal := w.inputs(&p.State); data[0] == legalInput && len(legal) > 0 {
				p.step(legal[int(data[1])%len(legal)])
				data = data[2:]
				continue
			}
			if len(data) <= inputBytes {
				break
			}
			p.step(inputOf(data[1:]))
			data = data[1+inputBytes:]
		}
		p.end()
		if p.err != nil {
			t.Fatal(p.err)
		}
	})
}

func (sc *script) bytes() []byte {
	b := []byte{policyBits(sc.policy)}
	for _, step := range sc.steps {
		b = append(append(b, rawInput), bytesOf(step.in)...)
	}
	return b
}

// TestSeedCorpus holds the checked-in corpus to the scripts it was made from.
func TestSeedCorpus(t *testing.T) {
	dir := filepath.Join("testdata", "fuzz", "FuzzStep")
	for _, sc := range loadScripts(t) {
		if !strings.HasPrefix(sc.name, "race_") { // f.Add gives all of them
			continue
		}
		text := "go test fuzz v1\n[]byte(" + strconv.Quote(string(sc.bytes())) + ")\n"
		file := filepath.Join(dir, sc.name)
		if *seeds {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != text {
			t.Errorf("%s is not what its script says (%v): run go test -run SeedCorpus -seeds", file, err)
		}
		for _, step := range sc.steps {
			if got := inputOf(bytesOf(step.in)); got != step.in {
				t.Errorf("%v comes back as %v", step.in, got)
			}
		}
	}
}
