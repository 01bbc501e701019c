package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents are the texts people start from.
var documents = []string{"README.md", "ARCHITECTURE.md", "CHANGELOG.md"}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestArchitectureNamesEveryPackage(t *testing.T) {
	text := read(t, "ARCHITECTURE.md")
	for _, p := range load(t) {
		if !strings.Contains(text, p.path) {
			t.Errorf("ARCHITECTURE.md does not mention %s", p.path)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	command = regexp.MustCompile(`(?m)\bmake ([a-z]+)`)
)

// TestLinksLeadSomewhere follows each link of the documents that stays in the
// repository.
func TestLinksLeadSomewhere(t *testing.T) {
	more, _ := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	names := documents
	for _, m := range more {
		names = append(names, "docs/"+filepath.Base(m))
	}
	for _, name := range names {
		text := read(t, name)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			page := name
			if target != "" {
				page = filepath.Join(filepath.Dir(name), target)
				if _, err := os.Stat(filepath.Join(root, page)); err != nil {
					t.Errorf("%s: link to %s leads nowhere", name, m[1])
					continue
				}
			}
			if anchor != "" && filepath.Ext(page) == ".md" && !anchors(read(t, page))[anchor] {
				t.Errorf("%s: %s has no heading #%s", name, page, anchor)
			}
		}
	}
}

// anchors are the names that headings get when the page is shown.
func anchors(text string) map[string]bool {
	set := make(map[string]bool)
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		var b strings.Builder
		for _, r := range strings.ToLower(strings.TrimSpace(m[1])) {
			switch {
			case r == ' ':
				b.WriteByte('-')
			case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127:
				b.WriteRune(r)
			}
		}
		set[b.String()] = true
	}
	return set
}

// TestMakeTargetsExist holds the commands in the documents to the Makefile,
// and the Makefile to its own help.
func TestMakeTargetsExist(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, name := range documents {
		for _, m := range command.FindAllStringSubmatch(read(t, name), -1) {
			if strings.Contains(read(t, name), "`make "+m[1]) && !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s speaks of make %s, which is no target", name, m[1])
			}
		}
	}
	for _, target := range strings.Fields("help fmt lint test fuzz bench load demo cover build") {
		if !regexp.MustCompile(`(?m)^` + target + `:.*## .+$`).MatchString(makefile) {
			t.Errorf("Makefile has no documented target %s", target)
		}
	}
}
