package config

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Options are what overrides the file.
type Options struct {
	Env   func(name string) (string, bool) // nil: the process's environment
	Flags []Override
}

// Load reads and checks a configuration file. Every mistake in it is in the
// error, which is Errors.
func Load(file string, o Options) (*Config, error) {
	data, err := readLimited(file, maxFile)
	if err != nil {
		return nil, Errors{{Pos: Pos{Source: file}, Msg: err.Error()}}
	}
	return Parse(data, file, o)
}

// Parse is Load with the text of the file, whose name is used in messages and
// for relative paths.
func Parse(data []byte, file string, o Options) (*Config, error) {
	d := newDecoder(file, o.Env)
	c := Default()
	c.Data = Path(d.resolve(string(c.Data)))
	if body := d.tree(data); body != nil {
		d.value("", body, reflect.ValueOf(c).Elem())
	}
	d.dir = "" // from here on paths are those of a command line
	d.overrideAll(c, o.Flags)
	d.check(c)
	if len(d.errs) > 0 {
		d.errs.sort()
		return nil, d.errs
	}
	return c, nil
}

// tree parses YAML down to the one document's body; nil after a mistake or when
// the file says nothing.
func (d *decoder) tree(data []byte) (body ast.Node) {
	defer func() {
		// The parser is not ours; a file it trips over is still just a bad file.
		if p := recover(); p != nil {
			d.fail(Pos{d.file, 1, 1}, "", "this is not YAML: %v", p)
			body = nil
		}
	}()
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		d.syntax(err)
		return nil
	}
	for _, doc := range f.Docs {
		switch {
		case doc == nil || doc.Body == nil:
		case body != nil:
			d.fail(d.at(doc.Body.GetToken()), "", "a second document begins here; the file must hold one")
			return nil
		default:
			body = doc.Body
		}
	}
	if _, comment := body.(*ast.CommentGroupNode); comment {
		return nil
	}
	return body
}

// syntax reports what the YAML parser found, without its picture of the source.
func (d *decoder) syntax(err error) {
	if e, ok := err.(yaml.Error); ok {
		d.fail(d.at(e.GetToken()), "", "%s", oneLine(e.GetMessage()))
		return
	}
	d.fail(Pos{d.file, 1, 1}, "", "%s", oneLine(fmt.Sprint(err)))
}
