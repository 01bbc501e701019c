package rules

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// root is the module's folder seen from this one; module its import path.
const (
	root   = "../.."
	module = "warmline"
)

// A pkg is one folder with Go files.
type pkg struct {
	path  string // within the module
	files []*file
}

// A file is one Go file, parsed.
type file struct {
	name   string // within the module
	test   bool
	source []byte
	syntax *ast.File
}

var (
	fset   = token.NewFileSet()
	loaded = sync.OnceValues(parseAll)
)

// load returns all packages of the module, sorted by path.
func load(t *testing.T) []*pkg {
	t.Helper()
	pkgs, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) < 5 {
		t.Fatalf("found only %d packages: is %q the module's root?", len(pkgs), root)
	}
	return pkgs
}

func parseAll() ([]*pkg, error) {
	byPath := make(map[string]*pkg)
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if base := d.Name(); name != root && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		case filepath.Ext(name) != ".go":
			return nil
		}
		f, err := parse(name)
		if err != nil {
			return err
		}
		path := filepath.ToSlash(filepath.Dir(f.name))
		if byPath[path] == nil {
			byPath[path] = &pkg{path: path}
		}
		byPath[path].files = append(byPath[path].files, f)
		return nil
	})
	var pkgs []*pkg
	for _, p := range byPath {
		pkgs = append(pkgs, p)
	}
	slices.SortFunc(pkgs, func(a, b *pkg) int { return cmp.Compare(a.path, b.path) })
	return pkgs, err
}

func parse(name string) (*file, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return nil, err
	}
	syntax, err := parser.ParseFile(fset, rel, source, parser.ParseComments|parser.SkipObjectResolution)
	return &file{name: rel, test: strings.HasSuffix(rel, "_test.go"), source: source, syntax: syntax}, err
}

// shipped calls f for every file that is not a test.
func shipped(t *testing.T, f func(*pkg, *file)) {
	for _, p := range load(t) {
		for _, file := range p.files {
			if !file.test {
				f(p, file)
			}
		}
	}
}

// line is the place of a node, for messages.
func line(n ast.Node) string { return fset.Position(n.Pos()).String() }
