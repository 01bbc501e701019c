package rules

import (
	"slices"
	"strings"
	"testing"
)

// layers is the import graph: each package, those of ours it may import, and
// what it must not import of others (a path stands for all below it too). Test
// files are free, but for the last table below.
var layers = []struct {
	pkg    string
	ours   string
	not    string
	reason string
}{
	{"transfer", "", impure, "decisions are values: no clock, no I/O, no chance"},
	{"queue", "", impure, "as transfer"},
	{"mixer", "", "net github.com/prometheus", "packets come through an interface; counters are snapshots"},
	{"media", "internal/steer internal/uring media/g722 media/jitter media/opus media/quality media/resample media/srtp mixer", "github.com/prometheus", "one leg's RTP, whoever is at the other end"},
	{"media/g722", "", impure, "sound in, bytes out"},
	{"media/opus", "", "net os sync context log math/rand crypto golang.org runtime syscall", "packets in, sound out; the library is known here alone"},
	{"media/resample", "", impure, "sound in, sound out"},
	{"media/jitter", "", impure, "one stream as a value: the clock is the reader's"},
	{"media/quality", "", impure, "figures out of figures"},
	{"media/srtp", "", "net os sync context math/rand github.com golang.org runtime syscall", "packets and keys as values: no clock, no I/O; crypto of the standard library"},
	{"sip", "", "github.com/prometheus", "a message body is bytes"},
	{"directory", "", "github.com/prometheus net/http", "facts about people and numbers, without a protocol"},
	{"records", "", "net github.com", "JSON values on disk, whatever they say"},
	{"metrics", "", "", "collectors; what they show is handed to them"},
	{"conference", "transfer queue mixer media sip directory metrics", "net/http github.com/prometheus", "the only place where the leaves meet"},
	{"web", "conference directory metrics records transfer", "github.com/emiago github.com/pion", "people's and programs' view of conferences"},
	{"internal/server", "conference directory internal/config media metrics mixer records sip transfer web", "", "everything put together, once"},
	{"internal/config", "directory conference", "net/http github.com/prometheus", "a file's meaning"},
	{"internal/bench", "internal/speech internal/uring media/g722 media/opus sip", "github.com", "a generator of calls that sees a server from outside"},
	{"internal/demo", "internal/hearing internal/softphone mixer testdata/speech", "github.com/prometheus", "a story told to a server through its own doors"},
	{"internal/hearing", "", "net os github.com", "a recording in, what was heard out"},
	{"internal/softphone", "sip media media/resample mixer", "github.com/prometheus net/http", "a phone for tests and the demo"},
	{"internal/steer", "", "context", "many ports, one socket"},
	{"internal/uring", "", "net os context github.com", "a system call for many"},
	{"internal/testnet", "", "github.com", "a network for everybody's tests"},
	{"internal/score", "", impure, "two signals in, an opinion out"},
	{"internal/speech", "testdata/speech", impure, "what tests and the generator of calls listen to: the same samples every time"},
	{"internal/rules", "", "github.com", ""},
	{"cmd/warmline", "conference directory internal/bench internal/config internal/demo internal/server", "", "flags and wiring"},
}

const impure = "net os sync context log math/rand crypto github.com golang.org runtime syscall"

// owners says which packages may import a module; all others must not know
// that we use it.
var owners = []struct{ module, pkgs string }{
	{"github.com/emiago/sipgo", "sip"},
	{"github.com/icholy/digest", "sip"},
	{"github.com/pion/", "media"},
	{"github.com/zaf/g711", "media"},
	{"github.com/thesyncim/gopus", "media/opus"},
	{"github.com/prometheus/", "metrics"},
	{"github.com/danielgtaylor/huma", "web"},
	{"github.com/coder/websocket", "web"},
	{"github.com/goccy/go-yaml", "internal/config"},
	{"github.com/alecthomas/kong", "cmd/warmline"},
	{"github.com/cilium/ebpf", "internal/steer"},
	{"golang.org/x/sys", "internal/bench internal/steer internal/uring media mixer sip"},
}

// testOnly are modules and packages that no shipped code may import, but for
// the packages named.
var testOnly = []struct{ path, except string }{
	{"github.com/google/go-cmp", ""},
	{"github.com/pion/srtp", ""},
	{"pgregory.net/rapid", ""},
	{"github.com/gotranspile/g722", ""},
	{"testing", ""},
	{"warmline/internal/score", ""},
	{"warmline/internal/speech", "internal/bench"},
	{"warmline/internal/testnet", ""},
	{"warmline/internal/softphone", "internal/demo"},
}

func TestImportGraph(t *testing.T) {
	known := make(map[string]bool)
	for _, l := range layers {
		known[l.pkg] = true
	}
	for _, p := range load(t) {
		if strings.HasPrefix(p.path, "test/") {
			continue // tests with real phones may look at everything
		}
		if !known[p.path] {
			t.Errorf("package %s has no line in the table of layers", p.path)
		}
	}
	for _, l := range layers {
		ours, not := strings.Fields(l.ours), strings.Fields(l.not)
		for _, imp := range imports(t, l.pkg) {
			if own, ok := strings.CutPrefix(imp.path, module+"/"); ok {
				if !slices.Contains(ours, own) {
					t.Errorf("%s: %s must not import %s (%s)", imp.file, l.pkg, own, l.reason)
				}
				continue
			}
			for _, n := range not {
				if within(imp.path, n) {
					t.Errorf("%s: %s must not import %s (%s)", imp.file, l.pkg, imp.path, l.reason)
				}
			}
		}
	}
}

func TestModulesHaveOwners(t *testing.T) {
	for _, p := range load(t) {
		for _, imp := range imports(t, p.path) {
			if !strings.Contains(strings.SplitN(imp.path, "/", 2)[0], ".") {
				continue // the standard library, or ours
			}
			owned := false
			for _, o := range owners {
				if !within(imp.path, strings.TrimSuffix(o.module, "/")) {
					continue
				}
				owned = true
				if !slices.Contains(strings.Fields(o.pkgs), p.path) {
					t.Errorf("%s: %s may be imported by %s only", imp.file, imp.path, o.pkgs)
				}
			}
			if !owned {
				t.Errorf("%s: %s has no line in the table of owners", imp.file, imp.path)
			}
		}
	}
}

func TestTestToolsStayInTests(t *testing.T) {
	for _, p := range load(t) {
		for _, imp := range imports(t, p.path) {
			for _, only := range testOnly {
				if within(imp.path, only.path) && !slices.Contains(strings.Fields(only.except), p.path) {
					t.Errorf("%s: %s is for tests", imp.file, imp.path)
				}
			}
		}
	}
}

// within reports whether the import path is root or lies below it.
func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

// An imported is one import line of shipped code.
type imported struct{ file, path string }

// imports lists what the shipped files of one package import.
func imports(t *testing.T, pkg string) (list []imported) {
	for _, p := range load(t) {
		if p.path != pkg {
			continue
		}
		for _, f := range p.files {
			if f.test {
				continue
			}
			for _, s := range f.syntax.Imports {
				list = append(list, imported{f.name, strings.Trim(s.Path.Value, `"`)})
			}
		}
	}
	return list
}
