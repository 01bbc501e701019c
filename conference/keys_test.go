package conference

import "testing"

func TestFeaturesBegin(t *testing.T) {
	f := DefaultSettings().Features
	f.Remove = "" // turned off
	f.Merge = "*33"
	for keys, want := range map[string]bool{
		"*": true, "*1": true, "*3": true, "*33": true, "*34": false, "*9": false, "*0": false, "1": false, "**": false,
	} {
		if got := f.begins(keys); got != want {
			t.Errorf("%q: %v", keys, got)
		}
	}
}

func TestTrunkURI(t *testing.T) {
	for trunk, want := range map[string]string{
		"sip:carrier.example:5060":               "sip:+1555@carrier.example:5060",
		"sip:user@carrier.example;transport=tcp": "sip:+1555@carrier.example;transport=tcp",
		"sips:carrier.example":                   "sips:+1555@carrier.example",
		"sip:[2001:db8::1]:5080":                 "sip:+1555@[2001:db8::1]:5080",
	} {
		if got := trunkURI(trunk, "+1555"); got != want {
			t.Errorf("%s: %s, want %s", trunk, got, want)
		}
	}
}
