package config

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"net/netip"
)

const sample = "../../testdata/warmline.example.yaml"

// equateAddrs compares addresses by value.
var equateAddrs = cmpopts.EquateComparable(netip.AddrPort{}, netip.Addr{})

// noEnv is an environment without variables.
func noEnv(string) (string, bool) { return "", false }

func TestSampleLoads(t *testing.T) {
	if _, err := Load(sample, Options{Env: noEnv}); err != nil {
		for _, e := range err.(Errors) {
			t.Error(e)
		}
	}
}

// TestSampleShowsEveryKey holds the sample to the code: each key of Config is
// given in it somewhere.
func TestSampleShowsEveryKey(t *testing.T) {
	data, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	d := newDecoder(sample, noEnv)
	d.value("", d.tree(data), reflect.ValueOf(Default()).Elem())
	given := map[string]bool{}
	for path := range d.pos {
		given[withoutIndex(path)] = true
	}
	for _, key := range allKeys("", reflect.TypeFor[Config]()) {
		if strings.HasPrefix(key, "sip.tls.") {
			continue // refused until there is TLS: shown in a comment
		}
		if !given[key] {
			t.Errorf("key %s is not in the sample", key)
		}
	}
}

// withoutIndex makes agents[2].id agents.id.
func withoutIndex(path string) string {
	var b strings.Builder
	for _, part := range strings.Split(path, "[") {
		if _, after, ok := strings.Cut(part, "]"); ok {
			part = after
		}
		b.WriteString(part)
	}
	return b.String()
}

func allKeys(path string, t reflect.Type) []string {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if isScalar(t) {
		return []string{path}
	}
	var all []string
	fields, known := fieldsOf(t)
	for _, key := range known {
		all = append(all, allKeys(join(path, key), fields[key].Type)...)
	}
	return all
}

// TestSampleShowsDefaults compares what the sample says with what an empty file
// gives, apart from the values it calls examples.
func TestSampleShowsDefaults(t *testing.T) {
	c, err := Load(sample, Options{Env: noEnv})
	if err != nil {
		t.Fatal(err)
	}
	empty, err := Parse(nil, sample, Options{Env: noEnv})
	if err != nil {
		t.Fatal(err)
	}
	var q Queue
	q.setDefaults()
	q.ID, q.Name, q.Extension = "support", "Support", "600"
	if diff := cmp.Diff([]Queue{q}, c.Queues); diff != "" {
		t.Errorf("queues: default (-) and sample (+) differ:\n%s", diff)
	}
	for _, example := range []any{&c.SIP.Domain, &c.SIP.Advertise, &c.HTTP.APIKeys, &c.Agents,
		&c.Queues, &c.Rooms, &c.Trunks, &c.Routes, &c.Outbound, &c.Transfer.DefaultQueue} {
		reflect.ValueOf(example).Elem().SetZero()
	}
	if diff := cmp.Diff(empty, c, equateAddrs); diff != "" {
		t.Errorf("default (-) and sample (+) differ:\n%s", diff)
	}
}
