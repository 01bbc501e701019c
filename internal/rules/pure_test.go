package rules

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// pure packages know durations, as data, but no time: what happens when is
// told them. A transfer.State can so be stored, sent and replayed.
var pure = []string{"transfer", "queue"}

// timeNames is all of package time that they may use.
var timeNames = strings.Fields("Duration Nanosecond Microsecond Millisecond Second Minute Hour")

// clocked packages may hold points in time but never ask for the current one:
// callers hand them `now`.
var clocked = []string{"directory"}

// clock is what asks for the current time or waits for another.
var clock = strings.Fields("Now Since Until After AfterFunc NewTimer NewTicker Tick Sleep")

func TestPurePackagesHaveNoClock(t *testing.T) {
	shipped(t, func(p *pkg, f *file) {
		for _, use := range timeUses(f) {
			name := use.Sel.Name
			if slices.Contains(pure, p.path) && !slices.Contains(timeNames, name) {
				t.Errorf("%s: time.%s in a pure package", line(use), name)
			}
			if slices.Contains(clocked, p.path) && slices.Contains(clock, name) {
				t.Errorf("%s: time.%s: take the time as an argument", line(use), name)
			}
		}
		if slices.Contains(pure, p.path) {
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				switch n.(type) {
				case *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
					t.Errorf("%s: a goroutine or channel in a pure package", line(n))
				}
				return true
			})
		}
	})
}

// timeUses finds every time.X of a file, by whatever name it imports time.
func timeUses(f *file) (uses []*ast.SelectorExpr) {
	name := ""
	for _, s := range f.syntax.Imports {
		if s.Path.Value == `"time"` {
			if name = "time"; s.Name != nil {
				name = s.Name.Name
			}
		}
	}
	if name == "" {
		return nil
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == name {
				uses = append(uses, sel)
			}
		}
		return true
	})
	return uses
}

func TestNoDotImports(t *testing.T) {
	for _, p := range load(t) {
		for _, f := range p.files {
			for _, s := range f.syntax.Imports {
				if s.Name != nil && s.Name.Name == "." {
					t.Errorf("%s: import . %s hides where names come from", f.name, s.Path.Value)
				}
			}
		}
	}
}
