package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder fills a Config and remembers where each value came from.
type decoder struct {
	file string
	dir  string // relative paths are seen from here
	env  func(string) (string, bool)
	pos  map[string]Pos  // by path of the key
	bad  map[string]bool // paths whose value could not be read: nothing more is said about them
	errs Errors
}

func newDecoder(file string, env func(string) (string, bool)) *decoder {
	if env == nil {
		env = os.LookupEnv
	}
	return &decoder{
		file: file, dir: filepath.Dir(file), env: env,
		pos: map[string]Pos{"": {file, 1, 1}}, bad: map[string]bool{},
	}
}

func (d *decoder) fail(pos Pos, path, format string, args ...any) {
	d.errs = append(d.errs, &Error{Pos: pos, Path: path, Msg: fmt.Sprintf(format, args...)})
}

// spoilt is fail for a value that could not be read.
func (d *decoder) spoilt(pos Pos, path, format string, args ...any) {
	d.bad[path] = true
	d.fail(pos, path, format, args...)
}

func (d *decoder) at(t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{d.file, 1, 1}
	}
	return Pos{d.file, t.Position.Line, t.Position.Column}
}

// value decodes a node into v. Nothing after a key ("agents:") leaves the
// default, as if the key were not there.
func (d *decoder) value(path string, n ast.Node, v reflect.Value) bool {
	pos := d.at(n.GetToken())
	if path != "" {
		d.pos[path] = pos
	}
	switch n.(type) {
	case *ast.NullNode:
		return false
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		d.spoilt(pos, path, "anchors, aliases and tags are not supported; write the value out")
		return false
	}
	switch {
	case isScalar(v.Type()):
		return d.scalar(path, n, v)
	case v.Kind() == reflect.Slice:
		return d.sequence(path, n, v)
	}
	return d.mapping(path, n, v)
}

func (d *decoder) scalar(path string, n ast.Node, v reflect.Value) bool {
	text, ok := scalarText(n)
	if !ok {
		d.spoilt(d.at(n.GetToken()), path, "a single value is expected, not %s", shape(n))
		return false
	}
	if err := d.parse(text, v); err != nil {
		d.spoilt(d.at(n.GetToken()), path, "%v", err)
		return false
	}
	return true
}

// scalarText is the value as it was written, unquoted: an extension 0012 is not
// a number, and +1555 keeps its sign.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.MappingNode:
		if len(n.Values) == 1 {
			return joined(n.Values[0])
		}
	case *ast.MappingValueNode:
		return joined(n)
	}
	return "", false
}

// joined puts a plain value such as udp://127.0.0.1:5060 together that the
// parser, in a list within braces, took for a key and its value. In YAML (1.2.2
// §7.3.3) a colon ends a plain key only if no plain character follows at once.
func joined(n *ast.MappingValueNode) (string, bool) {
	key, colon, rest := n.Key.GetToken(), n.Start, n.Value.GetToken()
	if key == nil || colon == nil || rest == nil || key.Type != token.StringType && key.Type != token.IntegerType {
		return "", false
	}
	touch := func(left, right *token.Token) bool {
		return left.Position.Line == right.Position.Line &&
			left.Position.Column+len([]rune(left.Value)) == right.Position.Column
	}
	if !touch(key, colon) || !touch(colon, rest) || rest.Type == token.SingleQuoteType || rest.Type == token.DoubleQuoteType {
		return "", false
	}
	text, ok := scalarText(n.Value)
	return key.Value + ":" + text, ok
}

func shape(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	}
	return "a single value"
}

func (d *decoder) sequence(path string, n ast.Node, v reflect.Value) bool {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.spoilt(d.at(n.GetToken()), path, "a list is expected, not %s", shape(n))
		return false
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(seq.Values)))
	for i, item := range seq.Values {
		elem := reflect.New(v.Type().Elem())
		if dflt, ok := elem.Interface().(interface{ setDefaults() }); ok {
			dflt.setDefaults()
		}
		at := fmt.Sprintf("%s[%d]", path, i)
		if item == nil {
			d.spoilt(d.at(seq.GetToken()), at, "the item is empty")
			continue
		}
		if _, null := item.(*ast.NullNode); null {
			d.spoilt(d.at(item.GetToken()), at, "the item is empty")
		}
		d.value(at, item, elem.Elem())
		// Also after a mistake: the numbers of the items after it stay right.
		v.Set(reflect.Append(v, elem.Elem()))
	}
	return true
}

func (d *decoder) mapping(path string, n ast.Node, v reflect.Value) bool {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		d.spoilt(d.at(n.GetToken()), path, "keys and values are expected, not %s", shape(n))
		return false
	}
	if len(pairs) > 0 {
		d.pos[path] = d.at(pairs[0].Key.GetToken())
	}
	fields, known := fieldsOf(v.Type())
	seen := map[string]bool{}
	for _, pair := range pairs {
		d.pair(path, pair, v, fields, known, seen)
	}
	return true
}

// pair decodes one "key: value".
func (d *decoder) pair(path string, pair *ast.MappingValueNode, v reflect.Value, fields map[string]reflect.StructField, known []string, seen map[string]bool) {
	pos := d.at(pair.Key.GetToken())
	key, ok := "", false
	if node, is := pair.Key.(ast.Node); is {
		key, ok = scalarText(node)
	}
	f, exists := fields[key]
	at := join(path, key)
	switch {
	case !ok:
		d.fail(pos, path, "the key is no plain word")
	case !exists:
		d.fail(pos, path, "unknown key %q%s", key, didYouMean(key, known))
	case seen[key]:
		d.fail(pos, path, "key %q is there twice", key)
	default:
		seen[key] = true
		field := v.FieldByIndex(f.Index)
		d.pos[at] = pos
		if pair.Value == nil || !d.value(at, pair.Value, field) {
			return
		}
		d.bounds(at, f, field)
	}
}

// bounds holds a value, or each of a list, to the tags of its field.
func (d *decoder) bounds(path string, f reflect.StructField, v reflect.Value) {
	if v.Kind() == reflect.Slice && !isScalar(v.Type()) {
		for i := range v.Len() {
			d.bounds(item(path, i), f, v.Index(i))
		}
		return
	}
	if err := bound(f, v); err != nil && !d.bad[path] {
		d.spoilt(d.pos[path], path, "%v", err)
	}
}

// fieldsOf lists the keys of a struct, in its order.
func fieldsOf(t reflect.Type) (map[string]reflect.StructField, []string) {
	fields, known := map[string]reflect.StructField{}, []string(nil)
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("yaml")
		fields[key] = f
		known = append(known, key)
	}
	return fields, known
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
