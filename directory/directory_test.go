package directory

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// t0 is now in all tests.
var t0 = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func testConfig() Config {
	return Config{
		Agents: []Agent{
			{ID: "alice", Name: "Alice Adams", Extension: "1001", Password: "s3cret", Queues: []string{"support", "sales"}},
			{ID: "bob", Extension: "1002", HA1: strings.ToUpper(hexMD5("bob:example.com:pw")), Queues: []string{"support"}},
			{ID: "carol"},
		},
		Queues: []Queue{{ID: "support", Name: "Support", Extension: "600"}, {ID: "sales"}},
		Rooms:  []Room{{"7xxx"}, {"*8."}},
		Trunks: []Trunk{
			{ID: "carrier", Match: prefixes("192.0.2.10/32", "198.51.100.0/24"), URI: "sip:carrier.example"},
			{ID: "other", Match: prefixes("198.51.100.128/25", "198.51.0.0/16", "2001:db8::/32"), URI: "sip:other.example"},
		},
		Routes: []Route{
			{"+15550100", "queue:support"},
			{"+15550101", "agent:alice"},
			{"+155502xx", "room:7001"},
			{"7xxx", "dialled"},
			{"1xxx", "dialled"},
			{"600", "dialled"},
			{"6.", "dialled"},
		},
		Outbound: []Outbound{{"+49.", "other"}, {"+.", "carrier"}, {"0x.", "carrier"}},
	}
}

func prefixes(texts ...string) (ps []netip.Prefix) {
	for _, text := range texts {
		ps = append(ps, netip.MustParsePrefix(text))
	}
	return ps
}

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := New(testConfig())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestResolve(t *testing.T) {
	s := newStore(t)
	alice := Target{Kind: ToAgent, ID: "alice", Name: "Alice Adams"}
	support := Target{Kind: ToQueue, ID: "support", Name: "Support"}
	out := func(number, trunk string) Target {
		return Target{Kind: ToNumber, Number: number, Trunk: trunk, Name: number}
	}
	for in, want := range map[string]Target{
		"agent:alice":            alice,
		"1001":                   alice,
		"alice":                  alice,
		"agent:carol":            {Kind: ToAgent, ID: "carol", Name: "carol"},
		"queue:support":          support,
		"600":                    support,
		"queue:sales":            {Kind: ToQueue, ID: "sales", Name: "sales"},
		"room:7042":              {Kind: ToRoom, ID: "7042", Name: "Room 7042"},
		"7042":                   {Kind: ToRoom, ID: "7042", Name: "Room 7042"},
		"*8abc":                  {Kind: ToRoom, ID: "*8abc", Name: "Room *8abc"},
		"+4930123":               out("+4930123", "other"),
		"+15551234567":           out("+15551234567", "carrier"),
		"tel:+15551234567":       out("+15551234567", "carrier"),
		"tel:+1-555.123(45) 67":  out("+15551234567", "carrier"),
		"tel:+15551234567;ext=9": out("+15551234567", "carrier"),
		"0123":                   out("0123", "carrier"),
	} {
		got, err := s.Resolve(in)
		if err != nil || got != want {
			t.Errorf("Resolve(%q) = %+v, %v; want %+v", in, got, err, want)
		}
	}
}

func TestResolveSaysWhatWasLookedFor(t *testing.T) {
	s := newStore(t)
	long := strings.Repeat("7", 5000)
	for in, want := range map[string]string{
		"":               `unknown number ""`,
		"agent:dave":     `unknown agent "dave"`,
		"agent:1001":     `unknown agent "1001"`,
		"queue:alice":    `unknown queue "alice"`,
		"room:8000":      `unknown room "8000"`,
		"700":            `unknown number "700"`,
		"70000":          `unknown number "70000"`,
		"+":              `unknown number "+"`,
		"tel:1001":       `unknown number "1001"`,
		"sip:alice@x":    `unknown target "sip:alice@x"`,
		"support":        `unknown number "support"`,
		"1001\r\nVia: x": `unknown target "1001\r\nVia: x"`,
		"tel:" + long:    `unknown number "` + long[:128] + `…"`,
		long:             `unknown number "` + long[:128] + `…"`,
	} {
		_, err := s.Resolve(in)
		if err == nil || err.Error() != want || !errors.Is(err, ErrUnknown) {
			t.Errorf("Resolve(%.40q): %v; want %s", in, err, want)
		}
	}
}

func TestRouteTrunk(t *testing.T) {
	s := newStore(t)
	for number, want := range map[string]Target{
		"+15550100": {Kind: ToQueue, ID: "support", Name: "Support"},
		"+15550101": {Kind: ToAgent, ID: "alice", Name: "Alice Adams"},
		"+15550277": {Kind: ToRoom, ID: "7001", Name: "Room 7001"},
		"7123":      {Kind: ToRoom, ID: "7123", Name: "Room 7123"},
		"1002":      {Kind: ToAgent, ID: "bob", Name: "bob"},
		"600":       {Kind: ToQueue, ID: "support", Name: "Support"},
	} {
		got, err := s.RouteTrunk(number)
		if err != nil || got != want {
			t.Errorf("RouteTrunk(%q) = %+v, %v; want %+v", number, got, err, want)
		}
	}
}

// TestTrunkCallsStayInTheHouse: what an agent may dial out, a carrier's caller
// must not, whatever the routes say.
func TestTrunkCallsStayInTheHouse(t *testing.T) {
	cfg := testConfig()
	cfg.Routes = append(cfg.Routes, Route{"+.", "dialled"}, Route{"0.", "dialled"}, Route{"a.", "dialled"})
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]string{
		"+4930123": `unknown number "+4930123"`,
		"0123":     `unknown number "0123"`,
		"alice":    `unknown number "alice"`,
		"1999":     `unknown number "1999"`,
		"999":      `unknown route for "999"`,
		"":         `unknown route for ""`,
	} {
		got, err := s.RouteTrunk(number)
		if err == nil || err.Error() != want || !errors.Is(err, ErrUnknown) {
			t.Errorf("RouteTrunk(%q) = %+v, %v; want %s", number, got, err, want)
		}
	}
}

func TestTrunkOf(t *testing.T) {
	s := newStore(t)
	for addr, want := range map[string]string{
		"192.0.2.10":        "carrier",
		"::ffff:192.0.2.10": "carrier",
		"192.0.2.11":        "",
		"198.51.100.7":      "carrier", // not the shorter prefix that comes later
		"198.51.101.7":      "other",
		"198.51.100.200":    "other", // the longer prefix
		"2001:db8::1":       "other",
		"2001:db8::1%eth0":  "other",
		"fe80::1":           "",
	} {
		id, ok := s.TrunkOf(netip.MustParseAddr(addr))
		if id != want || ok != (want != "") {
			t.Errorf("TrunkOf(%s) = %q, %v; want %q", addr, id, ok, want)
		}
	}
	if id, ok := s.TrunkOf(netip.Addr{}); ok {
		t.Errorf("no address belongs to %q", id)
	}
}

func TestPattern(t *testing.T) {
	for _, c := range []struct{ pattern, fits, not string }{
		{"7xxx", "7000 7999", "700 70000 7a00 8000 7xxx"},
		{"+.", "+1 +49301234 +x", "+ 1+ 49"},
		{".", "1 abc ...", ""},
		{"..", "12 123", "1"},
		{"0x.", "010 01234", "01 0a1"},
		{".9", "19 99 1299", "9 91"},
		{"1.2.3", "1a2b3 1222333 1a2a2b3", "123 12b3 1a2b33x"},
		{"*21", "*21", "21 *2 *211"},
		{"x", "0 9", "a / : 00"},
	} {
		p, err := ParsePattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range strings.Fields(c.fits) {
			if !p.Match(number) {
				t.Errorf("%s does not fit %s", c.pattern, number)
			}
		}
		for _, number := range append(strings.Fields(c.not), "") {
			if p.Match(number) {
				t.Errorf("%s fits %q", c.pattern, number)
			}
		}
	}
	if (Pattern{}).Match("") {
		t.Error("the zero pattern fits")
	}
	for _, bad := range []string{"", "7 xx", "7\x00", "7é", strings.Repeat("x", 129)} {
		if _, err := ParsePattern(bad); err == nil {
			t.Errorf("ParsePattern(%q) is fine", bad)
		}
	}
}

// TestPatternTakesNoTimeToSpeakOf: a number made to be tried in every way at
// once is still decided quickly.
func TestPatternTakesNoTimeToSpeakOf(t *testing.T) {
	p, err := ParsePattern(strings.Repeat(".a", 60))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if p.Match(strings.Repeat("a", 127) + "b") {
		t.Error("it fits")
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("%v for one number", d)
	}
}

// fits is the pattern's meaning, written as plainly as can be.
func fits(pattern, number string) bool {
	switch {
	case pattern == "":
		return number == ""
	case number == "":
		return false
	case pattern[0] == '.':
		return fits(pattern[1:], number[1:]) || fits(pattern, number[1:])
	case pattern[0] == 'x':
		return number[0] >= '0' && number[0] <= '9' && fits(pattern[1:], number[1:])
	}
	return pattern[0] == number[0] && fits(pattern[1:], number[1:])
}

func FuzzPattern(f *testing.F) {
	f.Add("7xxx", "7001")
	f.Add("1.2.3", "1a2a2b3")
	f.Add("..x.", "1234")
	f.Fuzz(func(t *testing.T, pattern, number string) {
		if len(pattern) > 12 || len(number) > 16 {
			return
		}
		p, err := ParsePattern(pattern)
		if err != nil {
			return
		}
		if got, want := p.Match(number), fits(pattern, number); got != want {
			t.Errorf("%q fits %q: %v, want %v", pattern, number, got, want)
		}
	})
}

func TestHA1(t *testing.T) {
	s := newStore(t)
	for _, c := range []struct {
		user, realm string
		sha         bool
		text, id    string
	}{
		{"alice", "example.com", false, "alice:example.com:s3cret", "alice"},
		{"1001", "example.com", false, "1001:example.com:s3cret", "alice"},
		{"alice", "r", true, "alice:r:s3cret", "alice"},
		{"1001", "r", true, "1001:r:s3cret", "alice"},
		{"bob", "example.com", false, "bob:example.com:pw", "bob"},
	} {
		want := hexMD5(c.text)
		if c.sha {
			want = hexSHA256(c.text)
		}
		got, id, ok := s.HA1(c.user, c.realm, c.sha)
		if got != want || id != c.id || !ok {
			t.Errorf("HA1(%s, %s, %v) = %s, %s, %v; want %s, %s", c.user, c.realm, c.sha, got, id, ok, want, c.id)
		}
	}
	// RFC 2617 §3.5: the worked example.
	if got := hexMD5("Mufasa:testrealm@host.com:Circle Of Life"); got != "939e7578ed9e3c518a452acee763bce9" {
		t.Errorf("MD5 of the example is %s", got)
	}
	for _, c := range []struct {
		user string
		sha  bool
		why  string
	}{
		{"dave", false, "there is no such agent"},
		{"bob", true, "an MD5 is no SHA-256"},
		{"1002", false, "bob's HA1 was made with his id"},
		{"carol", false, "an agent without a password cannot log in"},
		{"carol", true, "an agent without a password cannot log in"},
		{"", false, "nobody has no name"},
	} {
		if got, _, ok := s.HA1(c.user, "example.com", c.sha); ok || got != "" {
			t.Errorf("HA1(%q, %v) = %q, %v; but %s", c.user, c.sha, got, ok, c.why)
		}
	}
}

func TestLookups(t *testing.T) {
	s := newStore(t)
	if a, ok := s.Agent("alice"); !ok || a.Extension != "1001" {
		t.Errorf("Agent = %+v, %v", a, ok)
	}
	if q, ok := s.Queue("support"); !ok || q.Extension != "600" {
		t.Errorf("Queue = %+v, %v", q, ok)
	}
	if tr, ok := s.Trunk("other"); !ok || tr.URI != "sip:other.example" {
		t.Errorf("Trunk = %+v, %v", tr, ok)
	}
	for _, ok := range []bool{second(s.Agent("x")), second(s.Queue("x")), second(s.Trunk("x")), second(s.AgentByUser("x"))} {
		if ok {
			t.Error("x is found")
		}
	}
	if len(s.Agents()) != 3 || s.Agents()[2].ID != "carol" || len(s.Queues()) != 2 || len(s.Trunks()) != 2 {
		t.Error("a list is not what was configured")
	}
	if got := strings.Join(s.Members("support"), " "); got != "alice bob" {
		t.Errorf("members of support: %s", got)
	}
	if a, ok := s.AgentByUser("1002"); !ok || a.ID != "bob" {
		t.Errorf("AgentByUser(1002) = %+v, %v", a, ok)
	}
}

func second[T any](_ T, ok bool) bool { return ok }

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		spoil func(*Config)
		want  string
	}{
		{func(c *Config) { c.Agents[1].ID = "alice" }, `agent "alice" is there twice`},
		{func(c *Config) { c.Agents[1].ID = "" }, `agent 2: id is missing`},
		{func(c *Config) { c.Agents[1].ID = "b b" }, `agent 2: id "b b": use letters, digits, "-", "_" and "." only`},
		{func(c *Config) { c.Agents[1].ID = strings.Repeat("b", 65) }, `agent 2: id is longer than 64 characters`},
		{func(c *Config) { c.Agents[1].ID = "1001" }, `agent "1001": its id is the extension of agent "alice"`},
		{func(c *Config) { c.Agents[1].Extension = "1001" }, `agent "bob": extension 1001 is that of agent "alice"`},
		{func(c *Config) { c.Agents[1].Extension = "600" }, `agent "bob": extension 600 is that of queue "support"`},
		{func(c *Config) { c.Agents[1].Extension = "6#" }, `agent "bob": extension "6#": use digits (and "*") only`},
		{func(c *Config) { c.Agents[1].Extension = "1+2" }, `agent "bob": extension "1+2": use digits (and "*") only`},
		{func(c *Config) { c.Agents[1].Queues = []string{"x"} }, `agent "bob": unknown queue "x"`},
		{func(c *Config) { c.Queues[1].ID = "support" }, `queue "support" is there twice`},
		{func(c *Config) { c.Queues[1].ID = "" }, `queue 2: id is missing`},
		{func(c *Config) { c.Queues[1].Extension = "600" }, `queue "sales": extension 600 is that of queue "support"`},
		{func(c *Config) { c.Trunks[1].ID = "carrier" }, `trunk "carrier" is there twice`},
		{func(c *Config) { c.Trunks[1].ID = "" }, `trunk 2: id is missing`},
		{func(c *Config) { c.Rooms[0].Pattern = "" }, `room: empty pattern`},
		{func(c *Config) { c.Routes[0].To = "" }, `route: empty pattern`},
		{func(c *Config) { c.Routes[0].Target = "queue:x" }, `route +15550100: unknown queue "x"`},
		{func(c *Config) { c.Routes[0].Target = "room:9" }, `route +15550100: unknown room "9"`},
		{func(c *Config) { c.Routes[0].Target = "tel:+1" }, `route +15550100: target "tel:+1" is none of agent:ID, queue:ID, room:NUMBER and dialled`},
		{func(c *Config) { c.Routes[0].Target = "1001" }, `route +15550100: target "1001" is none of agent:ID, queue:ID, room:NUMBER and dialled`},
		{func(c *Config) { c.Outbound[0].Trunk = "x" }, `outbound: +49.: unknown trunk "x"`},
		{func(c *Config) { c.Outbound[0].Pattern = "" }, `outbound: empty pattern`},
	} {
		cfg := testConfig()
		c.spoil(&cfg)
		_, err := New(cfg)
		if err == nil || !strings.Contains("\n"+err.Error()+"\n", "\n"+c.want+"\n") {
			t.Errorf("got\n%v\nwant a line\n%s", err, c.want)
		}
	}
}

func TestConfigBelongsToTheStore(t *testing.T) {
	cfg := testConfig()
	cfg.Agents[0].Codecs, cfg.Trunks[0].Codecs = []string{"opus"}, []string{"pcma"}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Agents[0].ID = "mallory"
	cfg.Agents[0].Queues[0] = "spoilt"
	cfg.Agents[0].Codecs[0], cfg.Trunks[0].Codecs[0] = "spoilt", "spoilt"
	cfg.Trunks[0].Match[0] = netip.MustParsePrefix("0.0.0.0/0")
	if a, ok := s.Agent("alice"); !ok || a.ID != "alice" || a.Queues[0] != "support" || a.Codecs[0] != "opus" {
		t.Errorf("the caller's slice changed the agent: %+v", a)
	}
	if id, _ := s.TrunkOf(netip.MustParseAddr("8.8.8.8")); id != "" {
		t.Errorf("the caller's slice changed trunk %s", id)
	}
	if tr, _ := s.Trunk(cfg.Trunks[0].ID); len(tr.Codecs) != 1 || tr.Codecs[0] != "pcma" {
		t.Errorf("the caller's slice changed the codecs to %v", tr.Codecs)
	}
}
