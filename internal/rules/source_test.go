package rules

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/token"
	"regexp"
	"testing"
)

// Limits on size. A function that needs more wants to be two.
const (
	maxFunction  = 120 // lines of one function
	maxFile      = 700 // lines of one file of shipped code
	maxGoroutine = 40  // places that start a goroutine, in all shipped code
)

func TestFilesAreFormatted(t *testing.T) {
	for _, p := range load(t) {
		for _, f := range p.files {
			if want, err := format.Source(f.source); err != nil || !bytes.Equal(want, f.source) {
				t.Errorf("%s: not formatted (make fmt); %v", f.name, err)
			}
		}
	}
}

func TestPackagesAreDescribed(t *testing.T) {
	for _, p := range load(t) {
		shipped, described := 0, 0
		for _, f := range p.files {
			if f.test {
				continue
			}
			shipped++
			if f.syntax.Doc != nil {
				described++
			}
		}
		if shipped > 0 && described != 1 {
			t.Errorf("package %s has %d package comments, want 1", p.path, described)
		}
	}
}

var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b|panic\("(stub|not implemented)`)

func TestNothingIsUnfinished(t *testing.T) {
	for _, p := range load(t) {
		if p.path == "internal/rules" {
			continue // names the words
		}
		for _, f := range p.files {
			for i, l := range bytes.Split(f.source, []byte("\n")) {
				if unfinished.Match(l) {
					t.Errorf("%s:%d: %s", f.name, i+1, bytes.TrimSpace(l))
				}
			}
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	shipped(t, func(p *pkg, f *file) {
		for _, d := range f.syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && ofExportedType(d) && !obvious[d.Name.Name] {
					t.Errorf("%s: %s is not documented", line(d), d.Name.Name)
				}
			case *ast.GenDecl:
				checkGenDecl(t, d)
			}
		}
	})
}

// obvious are methods of the standard library's interfaces, which say it all.
var obvious = map[string]bool{
	"Error": true, "String": true, "Unwrap": true, "Is": true, "Len": true, "Less": true, "Swap": true,
	"MarshalJSON": true, "UnmarshalJSON": true, "MarshalText": true, "UnmarshalText": true, "LogValue": true,
	"ServeHTTP": true, "Push": true, "Pop": true, "Pull": true,
}

// ofExportedType reports whether a function is seen outside: no method, or one
// of an exported type.
func ofExportedType(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// checkGenDecl wants a comment at each exported type, and at each exported
// constant and variable or the group it stands in.
func checkGenDecl(t *testing.T, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				t.Errorf("%s: %s is not documented", line(s), s.Name.Name)
			}
		case *ast.ValueSpec:
			if typed(d) || d.Doc != nil || s.Doc != nil || s.Comment != nil {
				continue
			}
			for _, name := range s.Names {
				if name.IsExported() {
					t.Errorf("%s: %s is not documented", line(s), name.Name)
				}
			}
		}
	}
}

// typed reports whether a group enumerates the values of a type, whose own
// comment explains them.
func typed(d *ast.GenDecl) bool {
	first, ok := d.Specs[0].(*ast.ValueSpec)
	return ok && d.Tok == token.CONST && d.Lparen.IsValid() && first.Type != nil
}

func TestFunctionsAndFilesAreShort(t *testing.T) {
	shipped(t, func(p *pkg, f *file) {
		if n := bytes.Count(f.source, []byte("\n")); n > maxFile {
			t.Errorf("%s has %d lines, at most %d", f.name, n, maxFile)
		}
	})
	for _, p := range load(t) {
		for _, f := range p.files {
			for _, d := range f.syntax.Decls {
				if d, ok := d.(*ast.FuncDecl); ok {
					if n := fset.Position(d.End()).Line - fset.Position(d.Pos()).Line + 1; n > maxFunction {
						t.Errorf("%s: %s has %d lines, at most %d", line(d), d.Name.Name, n, maxFunction)
					}
				}
			}
		}
	}
}

// Every goroutine is one more thing that Close must wait for: starting one is
// a decision, and the number of places that do it is watched.
func TestGoroutinesAreFew(t *testing.T) {
	total, by := 0, make(map[string]int)
	shipped(t, func(p *pkg, f *file) {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if startsGoroutine(n) {
				total++
				by[p.path]++
			}
			return true
		})
	})
	t.Logf("%d places start a goroutine: %v", total, by)
	if total > maxGoroutine {
		t.Errorf("%d places start a goroutine, at most %d: %v", total, maxGoroutine, by)
	}
}

// startsGoroutine sees go statements, and sync.WaitGroup's Go.
func startsGoroutine(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		return true
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Go"
	}
	return false
}
