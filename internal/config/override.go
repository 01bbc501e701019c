package config

import (
	"reflect"
	"slices"
	"strings"
)

// Override is a value from outside the file.
type Override struct {
	Path   string // of the key: http.listen
	Value  string // lists with commas
	Source string // for messages: the flag as it was given
}

// Variable is the name of the environment variable that overrides a key.
func Variable(path string) string {
	return "WARMLINE_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// Overridable lists the paths of all keys that can be overridden, in the order
// of the file.
func Overridable() []string { return overridable("", reflect.TypeFor[Config]()) }

func overridable(path string, t reflect.Type) []string {
	var all []string
	fields, known := fieldsOf(t)
	for _, key := range known {
		at := join(path, key)
		switch f := fields[key]; {
		case isScalar(f.Type), f.Type.Kind() == reflect.Slice && isScalar(f.Type.Elem()):
			all = append(all, at)
		case f.Type.Kind() == reflect.Struct:
			all = append(all, overridable(at, f.Type)...)
		}
	}
	return all
}

// overrideAll applies the environment, then the flags.
func (d *decoder) overrideAll(c *Config, flags []Override) {
	for _, path := range Overridable() {
		name := Variable(path)
		if value, _ := d.env(name); value != "" {
			d.override(c, Override{path, value, name})
		}
	}
	for _, o := range flags {
		d.override(c, o)
	}
}

func (d *decoder) override(c *Config, o Override) {
	pos := Pos{Source: o.Source}
	if all := Overridable(); !slices.Contains(all, o.Path) {
		d.fail(pos, "", "no key %q can be set from outside the file%s", o.Path, orNothing(nearest(o.Path, all)))
		return
	}
	v := reflect.ValueOf(c).Elem()
	var f reflect.StructField
	for key := range strings.SplitSeq(o.Path, ".") {
		fields, _ := fieldsOf(v.Type())
		f = fields[key]
		v = v.FieldByIndex(f.Index)
	}
	d.pos[o.Path], d.bad[o.Path] = pos, false
	if v.Kind() != reflect.Slice || isScalar(v.Type()) {
		d.overrideOne(o.Path, strings.TrimSpace(o.Value), pos, f, v)
		return
	}
	list := reflect.MakeSlice(v.Type(), 0, 1)
	for word := range strings.SplitSeq(o.Value, ",") {
		elem := reflect.New(v.Type().Elem()).Elem()
		d.overrideOne(o.Path, strings.TrimSpace(word), pos, f, elem)
		list = reflect.Append(list, elem)
	}
	v.Set(list)
}

func (d *decoder) overrideOne(path, text string, pos Pos, f reflect.StructField, v reflect.Value) {
	err := d.parse(text, v)
	if err == nil {
		err = bound(f, v)
	}
	if err != nil {
		d.spoilt(pos, path, "%v", err)
	}
}

func orNothing(near string) string {
	if near == "" {
		return ""
	}
	return `; did you mean "` + near + `"?`
}
