package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"crypto/sha256"
	"encoding/hex"

	"warmline/directory"

	"github.com/google/go-cmp/cmp"
)

// parse fails the test if there is a mistake.
func parse(t *testing.T, text string, o Options) *Config {
	t.Helper()
	if o.Env == nil {
		o.Env = noEnv
	}
	c, err := Parse([]byte(text), "dir/c.yaml", o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func vars(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

func TestNothingIsTheDefault(t *testing.T) {
	want := Default()
	want.Data = "dir/warmline-data"
	for _, text := range []string{"", "\n", "# only a comment\n", "---\n", "{}\n", "sip:\nagents:\nhttp:\n  listen:\ndata:\n"} {
		got := parse(t, text, Options{})
		if diff := cmp.Diff(want, got, equateAddrs); diff != "" {
			t.Errorf("%q: default (-) and loaded (+) differ:\n%s", text, diff)
		}
	}
}

func TestEveryKindOfValue(t *testing.T) {
	c := parse(t, `
sip:
  listen:
    - udp://127.0.0.1:5060
    - "tcp://[::1]:0"
  domain: calls.example.com
  advertise: 203.0.113.10
media: {ports: 20000-20100, codecs: [opus, pcma], workers: 3, opus: {bitrate: 16000, complexity: 1}}
http:
  listen: localhost:9090
  api_keys:
    - {name: ops, role: operator, key_sha256: 5E884898DA28047151D0E56F8DC6292773603D0D6AABBDD62A11EF721D1542D8}
agents:
  - {id: alice, name: "Alice: Adams", extension: 0012, password: 1234, queues: [support], call_waiting: true}
  - {id: bob, extension: "1002", ha1: 0123456789ABCDEF0123456789abcdef, remove_customer: true, codecs: [g722, pcmu], srtp: off}
queues:
  - {id: support, strategy: round_robin, ring: 1m30s, max_wait: 5m}
rooms: [{pattern: 7xxx}]
trunks:
  - id: carrier
    match: [192.0.2.10, 198.51.100.0/24, "2001:db8::/32"]
    uri: sip:[2001:db8::1]:5080;transport=tcp
    username: me
    password: 'it''s'
    register: true
    signal_hold: true
    codecs: [pcma]
    srtp: required
routes: [{to: +15550100, target: "queue:support"}, {to: 7xxx, target: dialled}]
outbound: [{pattern: +., trunk: carrier}]
features: {cancel: "", leave: "*0#"}
transfer: {stranded: recall, auto_unhold: false}
limits: {legs: 10, worker_use: 0.5, lateness: 2500us}
`, Options{})
	for _, check := range []struct {
		what      string
		got, want any
	}{
		{"sip.listen", fmt.Sprint(c.SIP.Listen), "[udp://127.0.0.1:5060 tcp://[::1]:0]"},
		{"sip.advertise", c.SIP.Advertise, netip.MustParseAddr("203.0.113.10")},
		{"media.ports", c.Media.Ports, Ports{20000, 20100}},
		{"media.codecs", fmt.Sprint(c.Media.Codecs), "[opus pcma]"},
		{"media.workers", c.Media.Workers, 3},
		{"media.opus", c.Media.Opus, Opus{Bitrate: 16000, Complexity: 1}},
		{"codecs of agents", fmt.Sprint(c.Agents[0].Codecs == nil, c.Agents[1].Codecs), "true [g722 pcmu]"},
		{"srtp of agents", c.Agents[0].SRTP + c.Agents[1].SRTP, "off"},
		{"codecs and srtp of trunks", fmt.Sprint(c.Directory().Trunks[0].Audio), "{[pcma] required}"},
		{"codecs and srtp for the directory", fmt.Sprint(c.Directory().Agents[1].Audio), "{[g722 pcmu] off}"},
		{"http.listen", c.HTTP.Listen, netip.MustParseAddrPort("127.0.0.1:9090")},
		{"key_sha256", c.HTTP.APIKeys[0].KeySHA256, "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"},
		{"name", c.Agents[0].Name, "Alice: Adams"},
		{"extension", c.Agents[0].Extension, "0012"},
		{"password", string(c.Agents[0].Password), "1234"},
		{"call_waiting", c.Agents[0].CallWaiting && !c.Agents[1].CallWaiting, true},
		{"remove_customer", c.Agents[1].RemoveCustomer && !c.Agents[0].RemoveCustomer, true},
		{"queue", c.Queues[0], Queue{ID: "support", Strategy: "round_robin", Ring: 90 * time.Second, Search: 2 * time.Minute, MaxWait: 5 * time.Minute}},
		{"match", fmt.Sprint(c.Trunks[0].Match), "[192.0.2.10/32 198.51.100.0/24 2001:db8::/32]"},
		{"trunk password", string(c.Trunks[0].Password), "it's"},
		{"route", c.Routes[0].To, "+15550100"},
		{"outbound", c.Outbound[0], Outbound{"+.", "carrier"}},
		{"features", c.Features.Cancel + c.Features.Leave + c.Features.Merge, "*0#*3"},
		{"auto_unhold", c.Transfer.AutoUnhold, false},
		{"default_queue", c.Transfer.DefaultQueue, "support"},
		{"stranded", c.Transfer.Stranded, "recall"},
		{"legs", c.Limits.Legs, 10},
		{"conferences", c.Limits.Conferences, 5000},
		{"worker_use", c.Limits.WorkerUse, 0.5},
		{"lateness", c.Limits.Lateness, 2500 * time.Microsecond},
	} {
		if check.got != check.want {
			t.Errorf("%s is %v, want %v", check.what, check.got, check.want)
		}
	}
	if _, err := directory.New(c.Directory()); err != nil {
		t.Errorf("the directory refuses it: %v", err)
	}
}

func TestOverrides(t *testing.T) {
	file := "timers: {wrap_up: 1s, session: 91s, rtp_first: 2s}\nhttp: {listen: 127.0.0.1:1}\n"
	c := parse(t, file, Options{
		Env: vars(map[string]string{
			"WARMLINE_TIMERS_WRAP_UP": "5s", "WARMLINE_TIMERS_SESSION": "5m", "WARMLINE_HTTP_LISTEN": "",
			"WARMLINE_SIP_LISTEN":  "udp://127.0.0.1:5070, tcp://127.0.0.1:5070",
			"WARMLINE_DATA":        "here",
			"WARMLINE_UNKNOWN_KEY": "is no business of ours",
		}),
		Flags: []Override{{"timers.session", "10m", "--set"}, {"transfer.auto_unhold", "false", "--set"}},
	})
	got := fmt.Sprint(c.Timers.RTPFirst, c.Timers.WrapUp, c.Timers.Session, c.HTTP.Listen, c.SIP.Listen, " ", c.Data, " ", c.Transfer.AutoUnhold)
	want := "2s 5s 10m0s 127.0.0.1:1 [udp://127.0.0.1:5070 tcp://127.0.0.1:5070] here false"
	if got != want {
		t.Errorf("file, variable, flag:\n%s, want\n%s", got, want)
	}
}

func TestNamesOfVariables(t *testing.T) {
	var names []string
	for _, path := range Overridable() {
		names = append(names, Variable(path))
	}
	for _, want := range []string{
		"WARMLINE_SIP_LISTEN", "WARMLINE_SIP_TLS_CERT", "WARMLINE_HTTP_LISTEN", "WARMLINE_MEDIA_CODECS", "WARMLINE_DATA",
		"WARMLINE_MEDIA_WORKERS", "WARMLINE_MEDIA_OPUS_BITRATE",
		"WARMLINE_DRAIN_TIMEOUT", "WARMLINE_TRANSFER_DEFAULT_QUEUE", "WARMLINE_LIMITS_REGISTRATIONS_PER_MINUTE_PER_IP",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%s overrides nothing", want)
		}
	}
	slices.Sort(names)
	if n := len(slices.Compact(slices.Clone(names))); n != len(names) {
		t.Errorf("two keys share a variable: %v", names)
	}
	if slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, "AGENTS") || strings.Contains(n, "API_KEYS") }) {
		t.Errorf("a list of mappings can be overridden: %v", names)
	}
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "pw", "from the file\r\nsecond line\n")
	write(t, dir, "empty", "\n")
	file := write(t, dir, "c.yaml", `
agents:
  - {id: a, password: "${PW}"}
  - {id: b, password: "file:pw"}
  - {id: c, password: "file:`+filepath.Join(dir, "pw")+`"}
  - {id: d, password: "$PW {literal}"}
`)
	c, err := Load(file, Options{Env: vars(map[string]string{"PW": "from the environment"})})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"from the environment", "from the file", "from the file", "$PW {literal}"} {
		if got := string(c.Agents[i].Password); got != want {
			t.Errorf("agent %d: %q, want %q", i, got, want)
		}
	}
	for _, name := range []string{"empty", "c.yaml.missing"} {
		bad := write(t, dir, "bad.yaml", `agents: [{id: a, password: "file:`+name+`"}]`)
		if _, err := Load(bad, Options{Env: noEnv}); err == nil {
			t.Errorf("a password from file %s is fine", name)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	a := Agent{ID: "alice", Password: "s3cret"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("agent", "password", a.Password, "agent", a)
	asJSON, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(a), fmt.Sprintf("%v %+v %#v %s %q", a, a, a, a.Password, a.Password), log.String(), string(asJSON),
	} {
		if strings.Contains(text, "s3cret") || !strings.Contains(text, redacted) {
			t.Errorf("the secret is shown, or nothing in its place: %s", text)
		}
	}
	if got := fmt.Sprint(Secret("")); got != "" {
		t.Errorf("no secret prints as %q", got)
	}
}

func TestRelativePaths(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "hold.wav", "RIFF\x24\x00\x00\x00WAVEfmt ")
	write(t, dir, "song.mp3", "ID3 and so on, long enough")
	file := write(t, dir, "c.yaml", "data: d\nqueues: [{id: q, music: hold.wav}, {id: r, music: "+filepath.Join(dir, "hold.wav")+"}]\n")
	c, err := Load(file, Options{Env: noEnv})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{string(c.Data), string(c.Queues[0].Music), string(c.Queues[1].Music)}
	want := []string{filepath.Join(dir, "d"), filepath.Join(dir, "hold.wav"), filepath.Join(dir, "hold.wav")}
	if !slices.Equal(got, want) {
		t.Errorf("paths %v, want %v", got, want)
	}
	// A flag is given where the shell stands, not where the file does.
	if c, err = Load(file, Options{Env: noEnv, Flags: []Override{{"data", "d2", "--data"}}}); err != nil || c.Data != "d2" {
		t.Errorf("data %q, %v; want d2", c.Data, err)
	}
	bad := write(t, dir, "bad.yaml", "queues: [{id: q, music: song.mp3}]\n")
	mp3 := filepath.Join(dir, "song.mp3")
	if _, err := Load(bad, Options{Env: noEnv}); err == nil || err.Error() != bad+":1:25: queues[0].music: file "+mp3+": no WAV file" {
		t.Errorf("an MP3: %v", err)
	}
}

// TestPlainValuesWithColons writes values with colons in every style of YAML.
func TestPlainValuesWithColons(t *testing.T) {
	for _, text := range []string{
		"sip:\n  listen:\n    - udp://127.0.0.1:5060\n    - tcp://127.0.0.1:5061\n",
		"sip:\n  listen: [udp://127.0.0.1:5060, tcp://127.0.0.1:5061]\n",
		"sip: {listen: [udp://127.0.0.1:5060, tcp://127.0.0.1:5061]}\n",
		"sip: {listen: [udp://127.0.0.1:5060, tcp://127.0.0.1:5061], domain: a.example}\n",
		"{sip: {listen: [udp://127.0.0.1:5060,\n  tcp://127.0.0.1:5061]}}\n",
		`sip: {listen: ["udp://127.0.0.1:5060", 'tcp://127.0.0.1:5061']}`,
	} {
		c, err := Parse([]byte(text), "c.yaml", Options{Env: noEnv})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := fmt.Sprint(c.SIP.Listen); got != "[udp://127.0.0.1:5060 tcp://127.0.0.1:5061]" {
			t.Errorf("%q: %s", text, got)
		}
	}
	for _, text := range []string{
		"sip: {listen: [udp://127.0.0.1: 5060]}", "sip: {listen: [{udp: 5060}]}", "sip: {listen: [udp :5060]}",
		`sip: {listen: ["udp://127.0.0.1":5060]}`, `sip: {listen: [udp://127.0.0.1:"5060"]}`,
	} {
		if _, err := Parse([]byte(text), "c.yaml", Options{Env: noEnv}); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestExpand(t *testing.T) {
	local := []netip.Addr{netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("2001:db8::2")}
	var listen []Listen
	for _, text := range []string{"udp://127.0.0.1:5060", "udp://0.0.0.0:5060", "tcp://10.0.0.1:5060", "tcp://[::]:5061"} {
		l, err := parseListen(text)
		if err != nil {
			t.Fatal(err)
		}
		listen = append(listen, l)
	}
	want := "[udp://127.0.0.1:5060 udp://192.0.2.2:5060 tcp://10.0.0.1:5060 tcp://[2001:db8::2]:5061]"
	if got := fmt.Sprint(Expand(listen, local)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, err := json.Marshal(listen[1:2]); err != nil || string(got) != `["udp://0.0.0.0:5060"]` {
		t.Errorf("in a log: %s, %v", got, err)
	}
}

func TestFirstRun(t *testing.T) {
	dir := t.TempDir()
	first, err := FirstRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(first.File)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v: want 0600", info.Mode().Perm(), err)
	}
	c, err := Load(first.File, Options{Env: noEnv})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Agents) != 3 || len(c.Queues) != 1 || len(c.Rooms) != 1 || !c.HTTP.Listen.Addr().IsLoopback() {
		t.Errorf("%d agents, %d queues, %d rooms, HTTP on %v", len(c.Agents), len(c.Queues), len(c.Rooms), c.HTTP.Listen)
	}
	passwords := map[string]bool{}
	for i, a := range c.Agents {
		told := first.Agents[i]
		if told.ID != a.ID || told.Extension != a.Extension || told.Name != a.Name || told.Password != string(a.Password) {
			t.Errorf("told %+v, wrote %+v", told, a)
		}
		if len(a.Password) != 16 || !slices.Equal(a.Queues, []string{"support"}) {
			t.Errorf("agent %s: a password of %d characters, queues %v", a.ID, len(a.Password), a.Queues)
		}
		passwords[told.Password] = true
	}
	if len(passwords) != 3 {
		t.Errorf("%d different passwords, want 3", len(passwords))
	}
	sum := sha256.Sum256([]byte(first.APIKey))
	if k := c.HTTP.APIKeys[0]; k.KeySHA256 != hex.EncodeToString(sum[:]) || k.Role != "operator" || len(first.APIKey) != 32 {
		t.Errorf("key %q is not that of %+v", first.APIKey, k)
	}
	text, err := os.ReadFile(first.File)
	if err != nil || strings.Contains(string(text), first.APIKey) {
		t.Errorf("the key of the API is in the file (%v)", err)
	}

	// A second run changes nothing.
	if _, err := FirstRun(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second first run: %v, want ErrExist", err)
	}
	if again, err := os.ReadFile(first.File); err != nil || string(again) != string(text) {
		t.Errorf("the file was overwritten (%v)", err)
	}
	if _, err := FirstRun(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a missing directory: %v, want ErrNotExist", err)
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// FuzzParse: whatever the file holds, it is either a configuration the
// directory takes, or Errors with a place each.
func FuzzParse(f *testing.F) {
	example, err := os.ReadFile(sample)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	f.Add(firstText)
	for _, table := range [][]mistake{shapeMistakes, valueMistakes, peopleMistakes, numberMistakes, featureMistakes} {
		for _, m := range table {
			f.Add(m.file)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "file:") || strings.Contains(text, "music") {
			return // would read whatever file the fuzzer names
		}
		c, err := Parse([]byte(text), "c.yaml", Options{Env: noEnv})
		if err != nil {
			all, ok := errors.AsType[Errors](err)
			if !ok || len(all) == 0 || c != nil {
				t.Fatalf("%T %v", err, err)
			}
			for _, e := range all {
				if e.Pos.Line < 1 || e.Pos.Col < 1 || e.Msg == "" || strings.Contains(e.Error(), "\n") {
					t.Errorf("%q has no place or is no line", e)
				}
			}
			return
		}
		if _, err := directory.New(c.Directory()); err != nil {
			t.Errorf("the directory refuses what the check accepts: %v", err)
		}
	})
}
