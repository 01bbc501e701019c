package transfer

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden scripts; read the difference as a change of behaviour")

const (
	scriptDir = "../testdata/transfer"
	traceDir  = "../testdata/traces"
)

// A script is a scenario: comments, settings, and inputs each followed by what
// came of it. In the file
//
//	# A consults B.
//	policy requeue queue
//	parties C A B
//
//	> A consult agent
//	audible C<music A<ringback
//	reply ok
//
// the lines from one ">" to the next are rewritten by -update. Parties are
// named by the order of their slots.
type script struct {
	name   string
	head   []string // as in the file, up to the first input
	policy Policy
	names  []string
	steps  []scriptStep
}

type scriptStep struct {
	comment []string // lines before it that begin with "#"
	text    string
	in      Input
	want    []string
}

func loadScripts(t testing.TB) []*script {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(scriptDir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s: %v", scriptDir, err)
	}
	var scripts []*script
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sc := &script{name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		if err := sc.parse(string(text)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		scripts = append(scripts, sc)
	}
	return scripts
}

func (sc *script) parse(text string) error {
	var comment []string
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "> "):
			in, err := ParseInput(sc.slots(line[2:]))
			if err != nil {
				return err
			}
			sc.steps = append(sc.steps, scriptStep{comment: comment, text: line[2:], in: in})
			comment = nil
		case len(sc.steps) == 0:
			if err := sc.setting(line); err != nil {
				return err
			}
			sc.head = append(sc.head, line)
		case strings.HasPrefix(line, "#"):
			comment = append(comment, line)
		case line != "":
			last := &sc.steps[len(sc.steps)-1]
			last.want = append(last.want, line)
		}
	}
	for len(sc.head) > 0 && sc.head[len(sc.head)-1] == "" {
		sc.head = sc.head[:len(sc.head)-1]
	}
	return nil
}

func (sc *script) setting(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 || strings.HasPrefix(line, "#") {
		return nil
	}
	switch words[0] {
	case "parties":
		sc.names = words[1:]
		return nil
	case "policy":
		for _, w := range words[1:] {
			if v, ok := ParseStrandedPolicy(w); ok {
				sc.policy.Stranded = v
				continue
			}
			flag := map[string]*bool{
				"queue": &sc.policy.HasQueue, "keep_consult": &sc.policy.KeepConsultWithoutCustomer,
				"no_auto_unhold": &sc.policy.NoAutoUnhold,
			}[w]
			if flag == nil {
				return fmt.Errorf("unknown policy %q", w)
			}
			*flag = true
		}
		return nil
	}
	return fmt.Errorf("unknown setting %q", line)
}

// slots and people translate between the names of a script and the slots.
func (sc *script) slots(line string) string {
	words := strings.Fields(line)
	for i, w := range words {
		for p, name := range sc.names {
			if w == name {
				words[i] = Party(p).String()
			}
		}
	}
	return strings.Join(words, " ")
}

func (sc *script) people(line string) string {
	var pairs []string
	for p, name := range sc.names {
		pairs = append(pairs, Party(p).String(), name)
	}
	return strings.NewReplacer(pairs...).Replace(line)
}

// play steps the script and gives each step's effects; at the end it shows the
// state it led to.
func (sc *script) play(t *testing.T) [][]string {
	t.Helper()
	s := New(sc.policy)
	var got [][]string
	for _, step := range sc.steps {
		next, effects := Step(s, step.in)
		if err := checkStep(s, step.in, next, effects); err != nil {
			t.Errorf("> %s: %v", step.text, err)
		}
		if err := Check(next); err != nil {
			t.Errorf("> %s: %v", step.text, err)
		}
		if err := expect(next); err != nil {
			t.Errorf("> %s: %v", step.text, err)
		}
		var lines []string
		for _, e := range effects {
			lines = append(lines, sc.people(e.String()))
		}
		if len(lines) == 0 {
			lines = []string{"nothing"}
		}
		got = append(got, lines)
		s = next
	}
	return got
}

func (sc *script) print(got [][]string) string {
	var b strings.Builder
	b.WriteString(strings.Join(sc.head, "\n") + "\n")
	for i, step := range sc.steps {
		b.WriteByte('\n')
		for _, c := range step.comment {
			b.WriteString(c + "\n")
		}
		fmt.Fprintf(&b, "> %s\n%s\n", step.text, strings.Join(got[i], "\n"))
	}
	return b.String()
}

func TestGoldenScripts(t *testing.T) {
	for _, sc := range loadScripts(t) {
		t.Run(sc.name, func(t *testing.T) {
			got := sc.play(t)
			if *update {
				file := filepath.Join(scriptDir, sc.name+".txt")
				if err := os.WriteFile(file, []byte(sc.print(got)), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			for i, step := range sc.steps {
				if g, w := strings.Join(got[i], "\n"), strings.Join(step.want, "\n"); g != w {
					t.Errorf("> %s\ngot:\n%s\nwant:\n%s", step.text, g, w)
				}
			}
		})
	}
}
