package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// mistake is a file and every line that is said about it.
type mistake struct {
	name string
	file string
	want string
}

// complain parses the text as c.yaml and returns the mistakes found, in lines.
func complain(t *testing.T, text string, o Options) string {
	t.Helper()
	if o.Env == nil {
		o.Env = noEnv
	}
	c, err := Parse([]byte(text), "c.yaml", o)
	if err == nil {
		return ""
	}
	all, ok := errors.AsType[Errors](err)
	if !ok || len(all) == 0 || c != nil {
		t.Fatalf("%T %v with %v: want Errors alone", err, err, c)
	}
	var lines []string
	for _, e := range all {
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}

// lines is text without the blanks that make a table of it readable.
func lines(text string) string {
	var all []string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		all = append(all, strings.TrimSpace(line))
	}
	return strings.Join(all, "\n")
}

func TestMistakes(t *testing.T) {
	for _, table := range [][]mistake{shapeMistakes, valueMistakes, peopleMistakes, numberMistakes, featureMistakes} {
		for _, m := range table {
			t.Run(m.name, func(t *testing.T) {
				if got, want := complain(t, strings.TrimPrefix(m.file, "\n"), Options{}), lines(m.want); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

var shapeMistakes = []mistake{
	{"unknown key", `
htp: {}
sip:
  lisen: []
  colour: red
`, `
		c.yaml:1:1: unknown key "htp"; did you mean "http"?
		c.yaml:3:3: sip: unknown key "lisen"; did you mean "listen"?
		c.yaml:4:3: sip: unknown key "colour"; there is listen, domain, advertise, digest and tls`},
	{"unknown key in a list", `
agents:
  - {id: alice, password: x}
  - {id: bob, password: x, extenson: "1"}
`, `c.yaml:3:28: agents[1]: unknown key "extenson"; did you mean "extension"?`},
	{"key twice", `
data: a
data: b
`, `c.yaml:2:1: mapping key "data" already defined at [1:1]`},
	{"no YAML", `
sip: {listen: [
`, `c.yaml:1:15: sequence end token ']' not found`},
	{"tabs", "sip:\n\tlisten: []\n", `c.yaml:2:1: found character '\t' that cannot start any token`},
	{"two documents", `
data: a
---
data: b
`, `c.yaml:3:5: a second document begins here; the file must hold one`},
	{"anchors", `
sip: &s {domain: a}
transfer: *s
`, `
		c.yaml:1:6: sip: anchors, aliases and tags are not supported; write the value out
		c.yaml:2:11: transfer: anchors, aliases and tags are not supported; write the value out`},
	{"wrong shapes", `
sip: [a]
media: 5
http:
  listen: {a: b}
agents: {id: alice}
queues:
  - support
  -
rooms: 7xxx
data: [a, b]
`, `
		c.yaml:1:6: sip: keys and values are expected, not a list
		c.yaml:2:8: media: keys and values are expected, not a single value
		c.yaml:4:11: http.listen: a single value is expected, not a mapping
		c.yaml:5:9: agents: a list is expected, not a mapping
		c.yaml:7:5: queues[0]: keys and values are expected, not a single value
		c.yaml:8:4: queues[1]: the item is empty
		c.yaml:9:8: rooms: a list is expected, not a single value
		c.yaml:10:7: data: a single value is expected, not a list`},
	{"whole file is a list", `
- a
`, `c.yaml:1:1: keys and values are expected, not a list`},
	{"whole file is a word", `hello`, `c.yaml:1:1: keys and values are expected, not a single value`},
	{"a key that is a mapping", `
{a: b}: c
`, `c.yaml:1:7: found an invalid key for this map`},
}

var valueMistakes = []mistake{
	{"listeners", `
sip:
  listen:
    - udp:127.0.0.1:5060
    - tls://0.0.0.0:5061
    - ws://0.0.0.0:80
    - wss://0.0.0.0:443
    - sctp://0.0.0.0:5060
    - udp://example.com:5060
    - udp://127.0.0.1
    - udp://127.0.0.1:70000
    - udp://127.0.0.1:5060
    - udp://127.0.0.1:5060
`, `
		c.yaml:3:7: sip.listen[0]: "udp:127.0.0.1:5060" is no listener; write udp://ADDRESS:PORT or tcp://ADDRESS:PORT
		c.yaml:4:7: sip.listen[1]: tls:// is not available yet; use udp:// or tcp://
		c.yaml:5:7: sip.listen[2]: ws:// is not available yet; use udp:// or tcp://
		c.yaml:6:7: sip.listen[3]: wss:// is not available yet; use udp:// or tcp://
		c.yaml:7:7: sip.listen[4]: "sctp" is no transport; use udp:// or tcp://
		c.yaml:8:7: sip.listen[5]: "example.com:5060" is no address and port; write as 127.0.0.1:8080 or 0.0.0.0:8080
		c.yaml:9:7: sip.listen[6]: "127.0.0.1" is no address and port; write as 127.0.0.1:8080 or 0.0.0.0:8080
		c.yaml:10:7: sip.listen[7]: "127.0.0.1:70000" is no address and port; write as 127.0.0.1:8080 or 0.0.0.0:8080
		c.yaml:12:7: sip.listen[9]: udp://127.0.0.1:5060 is there twice`},
	{"nothing to listen on", `
sip:
  listen: []
`, `c.yaml:2:11: sip.listen: at least one listener is needed, such as udp://0.0.0.0:5060`},
	{"sip", `
sip:
  domain: "sip:example.com"
  advertise: 0.0.0.0
  tls: {cert: a.pem}
`, `
		c.yaml:2:11: sip.domain: "sip:example.com" is no host name; write as calls.example.com
		c.yaml:3:14: sip.advertise: 0.0.0.0 cannot be reached by anybody; give the public address
		c.yaml:4:9: sip.tls: TLS is not available yet, and nothing would be encrypted; leave it out`},
	{"digest", `
sip: {digest: [md5, sha256, SHA-1, md5], domain: a}
agents: [{id: a, ha1: 0123456789abcdef0123456789abcdef}]
`, `
		c.yaml:1:21: sip.digest[1]: "sha256" is unknown; did you mean "sha-256"?
		c.yaml:1:29: sip.digest[2]: "SHA-1" is unknown; use one of md5, sha-256
		c.yaml:1:36: sip.digest[3]: md5 is there twice`},
	{"no digest", `
sip: {digest: []}
`, `c.yaml:1:15: sip.digest: at least one is needed: md5 or sha-256`},
	{"ha1 without MD5", `
sip: {digest: [sha-256], domain: a}
agents: [{id: a, ha1: 0123456789abcdef0123456789abcdef}]
`, `c.yaml:2:23: agents[0].ha1: ha1 serves md5 only; add it to sip.digest`},
	{"advertise is an address", `
sip: {advertise: calls.example.com}
`, `c.yaml:1:18: sip.advertise: "calls.example.com" is no IP address; write as 203.0.113.10`},
	{"ports", `
media: {ports: 10000}
`, `c.yaml:1:16: media.ports: "10000" is no range of ports; write as 10000-19999`},
	{"ports reversed", `
media: {ports: 20000-10000}
`, `c.yaml:1:16: media.ports: "20000-10000" holds no pair of ports; the second number must be above the first`},
	{"low ports", `
media: {ports: 80-90}
`, `c.yaml:1:16: media.ports: ports begin at 1024, not 80`},
	{"codecs", `
media: {codecs: [pcmu, opsu, pmca, PCMU, pcmu, speex, opus, g722]}
`, `
		c.yaml:1:24: media.codecs[1]: codec "opsu" is unknown; did you mean "opus"?
		c.yaml:1:30: media.codecs[2]: codec "pmca" is unknown; did you mean "pcma"?
		c.yaml:1:36: media.codecs[3]: codec "PCMU" is unknown; did you mean "pcmu"?
		c.yaml:1:42: media.codecs[4]: pcmu is there twice
		c.yaml:1:48: media.codecs[5]: codec "speex" is unknown; there is opus, g722, pcmu and pcma`},
	{"own codecs", `
agents:
  - {id: a, password: x, codecs: [g722, g72, g722]}
  - {id: b, password: x, codecs: []}
  - {id: c, password: x, codecs: opus}
trunks:
  - {id: t, uri: "sip:x.example", codecs: [g711a]}
`, `
		c.yaml:2:41: agents[0].codecs[1]: codec "g72" is unknown; did you mean "g722"?
		c.yaml:2:46: agents[0].codecs[2]: g722 is there twice
		c.yaml:3:34: agents[1].codecs: at least one is needed; leave the key out for those of media.codecs
		c.yaml:4:34: agents[2].codecs: a list is expected, not a single value
		c.yaml:6:44: trunks[0].codecs[0]: codec "g711a" is unknown; there is opus, g722, pcmu and pcma`},
	{"srtp", `
agents:
  - {id: a, password: x, srtp: require}
  - {id: b, password: x, srtp: ""}
trunks:
  - {id: t, uri: "sip:x.example", srtp: yes}
`, `
		c.yaml:2:32: agents[0].srtp: "require" is unknown; did you mean "required"?
		c.yaml:3:32: agents[1].srtp: "" is unknown; use one of off, optional, required
		c.yaml:5:41: trunks[0].srtp: "yes" is unknown; use one of off, optional, required`},
	{"workers and Opus", `
media:
  workers: -1
  opus: {bitrate: 24, complexity: 11}
`, `
		c.yaml:2:12: media.workers: -1 is too few; 0 is the least
		c.yaml:3:19: media.opus.bitrate: 24 is too few; 6000 is the least
		c.yaml:3:35: media.opus.complexity: 11 is too many; 10 is the most`},
	{"too much of it", `
media: {workers: 1000, opus: {bitrate: 510000, complexity: -1}}
`, `
		c.yaml:1:18: media.workers: 1000 is too many; 256 is the most
		c.yaml:1:40: media.opus.bitrate: 510000 is too many; 128000 is the most
		c.yaml:1:60: media.opus.complexity: -1 is too few; 1 is the least`},
	{"no codec", `
media: {codecs: []}
`, `c.yaml:1:17: media.codecs: at least one is needed: opus, g722, pcmu, pcma`},
	{"durations", `
timers:
  wrap_up: 10
  rtp_first: ten seconds
  rtp_agent: -5s
  session: 30s
  rtp_held: 9999h
`, `
		c.yaml:2:12: timers.wrap_up: "10" lacks a unit; did you mean 10s?
		c.yaml:3:14: timers.rtp_first: "ten seconds" is no duration; write as 500ms, 20s, 5m or 1h30m
		c.yaml:4:14: timers.rtp_agent: -5s is too short; 1s is the least
		c.yaml:5:12: timers.session: 30s is too short; 90s is the least
		c.yaml:6:13: timers.rtp_held: 9999h0m0s is too long; 168h0m0s is the most`},
	{"numbers", `
limits:
  legs: many
  conferences: 0
`, `
		c.yaml:2:9: limits.legs: "many" is no whole number
		c.yaml:3:16: limits.conferences: 0 is too few; 1 is the least`},
	{"shares", `
limits:
  worker_use: 85%
  lateness: 5
`, `
		c.yaml:2:15: limits.worker_use: "85%" is no number; write as 0.85
		c.yaml:3:13: limits.lateness: "5" lacks a unit; did you mean 5s?`},
	{"no number", "limits: {worker_use: .nan}", `
		c.yaml:1:22: limits.worker_use: ".nan" is no number; write as 0.85`},
	{"a share too small", "limits: {worker_use: 0, lateness: 0s}", `
		c.yaml:1:22: limits.worker_use: 0 is too little; 0.1 is the least
		c.yaml:1:35: limits.lateness: 0s is too short; 1ms is the least`},
	{"a share too great", "limits: {worker_use: 85}", `
		c.yaml:1:22: limits.worker_use: 85 is too much; 1 is the most`},
	{"words", `
transfer:
  stranded: requue
  auto_unhold: yes
queues:
  - {id: q, strategy: loudest}
`, `
		c.yaml:2:13: transfer.stranded: "requue" is unknown; did you mean "requeue"?
		c.yaml:3:16: transfer.auto_unhold: "yes" is neither true nor false
		c.yaml:5:23: queues[0].strategy: "loudest" is unknown; use one of longest_idle, round_robin`},
	{"API keys", `
http:
  api_keys:
    - {name: a, role: admin, key_sha256: 5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8}
    - {name: a, role: viewer, key_sha256: secret}
    - {name: c, role: viewer, key_sha256: 5E884898DA28047151D0E56F8DC6292773603D0D6AABBDD62A11EF721D1542D8}
    - {}
`, `
		c.yaml:3:23: http.api_keys[0].role: "admin" is unknown; use one of operator, supervisor, viewer
		c.yaml:4:14: http.api_keys[1].name: name "a" is taken by http.api_keys[0] (line 3)
		c.yaml:4:43: http.api_keys[1].key_sha256: 64 hex digits are expected: the SHA-256 of the key, as by printf %s KEY | sha256sum
		c.yaml:5:43: http.api_keys[2].key_sha256: key "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8" is taken by http.api_keys[0] (line 3)
		c.yaml:6:7: http.api_keys[3].name: a name is needed: it stands in logs instead of the key
		c.yaml:6:7: http.api_keys[3].role: a role is needed: operator, supervisor or viewer
		c.yaml:6:7: http.api_keys[3].key_sha256: 64 hex digits are expected: the SHA-256 of the key, as by printf %s KEY | sha256sum`},
	{"no directory", `
data: ""
`, `c.yaml:1:7: data: a directory is needed; the default is warmline-data`},
}

var peopleMistakes = []mistake{
	{"ids", `
agents:
  - {password: x}
  - {id: "a b", password: x}
  - {id: alice, password: x}
  - {id: alice, password: x}
`, `
		c.yaml:2:6: agents[0].id: id is missing
		c.yaml:3:10: agents[1].id: id "a b": use letters, digits, "-", "_" and "." only
		c.yaml:5:10: agents[3].id: id "alice" is taken by agents[2] (line 4)`},
	{"extensions", `
queues:
  - {id: support, extension: "600"}
agents:
  - {id: alice, extension: "1001", password: x}
  - {id: bob, extension: "1001", password: x}
  - {id: carol, extension: "600", password: x}
  - {id: dave, extension: "12#", password: x}
  - {id: "1001", password: x}
`, `
		c.yaml:5:26: agents[1].extension: extension "1001" is taken by agents[0] (line 4)
		c.yaml:6:28: agents[2].extension: extension "600" is taken by queues[0] (line 2)
		c.yaml:7:27: agents[3].extension: extension "12#": use digits (and "*") only
		c.yaml:8:10: agents[4].id: login "1001" is taken by agents[0] (line 4)`},
	{"passwords", `
agents:
  - {id: a}
  - {id: b, password: x, ha1: 0123456789abcdef0123456789abcdef}
  - {id: c, ha1: secret}
  - {id: d, ha1: 0123456789abcdef0123456789abcdef}
  - {id: e, password: "${WARMLINE_TEST_UNSET}"}
  - {id: f, password: "file:/nonexistent/secret"}
  - {id: g, password: "${oops"}
`, `
		c.yaml:2:6: agents[0]: a password (or ha1) is needed: without one its phone cannot log in
		c.yaml:3:31: agents[1].ha1: give password or ha1, not both
		c.yaml:4:18: agents[2].ha1: 32 hex digits are expected: the MD5 of ID:DOMAIN:PASSWORD
		c.yaml:5:18: agents[3].ha1: ha1 holds for one domain only; set sip.domain to it
		c.yaml:6:23: agents[4].password: environment variable WARMLINE_TEST_UNSET is not set
		c.yaml:7:23: agents[5].password: file /nonexistent/secret: no such file or directory
		c.yaml:8:23: agents[6].password: a secret from the environment is written ${NAME}`},
	{"queues of agents", `
queues: [{id: support}, {id: sales}]
agents:
  - {id: a, password: x, queues: [suport, help, sales, sales]}
`, `
		c.yaml:3:35: agents[0].queues[0]: there is no queue "suport"; did you mean "support"?
		c.yaml:3:43: agents[0].queues[1]: there is no queue "help"; there is sales and support
		c.yaml:3:56: agents[0].queues[3]: queue "sales" is there twice`},
	{"no queues at all", `
agents: [{id: a, password: x, queues: [support]}]
`, `c.yaml:1:40: agents[0].queues[0]: there is no queue "support"`},
	{"queues", `
queues:
  - {id: a, music: /nonexistent.wav}
  - {id: b, music: c.yaml-is-not-here, ring: 20s, search: 10s}
  - {id: c, ring: 0s}
`, `
		c.yaml:2:20: queues[0].music: file /nonexistent.wav: no such file or directory
		c.yaml:3:20: queues[1].music: file c.yaml-is-not-here: no such file or directory
		c.yaml:3:59: queues[1].search: 10s is less than one phone may ring (20s)
		c.yaml:4:19: queues[2].ring: 0s is too short; 1s is the least`},
	{"default queue", `
queues: [{id: support}]
transfer: {default_queue: suport}
`, `c.yaml:2:27: transfer.default_queue: there is no queue "suport"; did you mean "support"?`},
}

var numberMistakes = []mistake{
	{"trunks", `
trunks:
  - {id: a, match: [192.0.2.10, carrier.example, 198.51.100.1/24]}
  - {id: b, match: [192.0.2.10]}
  - {id: c}
  - {id: a, uri: "sip:x.example"}
  - {id: d, uri: "http://x.example"}
  - {id: e, uri: "sips:x.example"}
  - {id: f, uri: "sip:me@x.example"}
  - {id: g, uri: "sip:x.example:99999"}
  - {id: h, uri: "sip:x.example;transport=tls"}
  - {id: i, uri: "sip:"}
  - {id: j, uri: "sip:x.example", register: true, username: me}
`, `
		c.yaml:2:33: trunks[0].match[1]: "carrier.example" is no address or network; write as 192.0.2.10 or 198.51.100.0/24
		c.yaml:2:50: trunks[0].match[2]: "198.51.100.1/24" has bits set beyond its length; did you mean 198.51.100.0/24?
		c.yaml:3:21: trunks[1].match[0]: 192.0.2.10/32 is matched by trunks[0] already (line 2)
		c.yaml:4:6: trunks[2]: match (for calls in) or uri (for calls out) is needed
		c.yaml:5:10: trunks[3].id: id "a" is taken by trunks[0] (line 2)
		c.yaml:6:18: trunks[4].uri: "http://x.example": not a sip: URI; write as sip:sip.carrier.example:5060
		c.yaml:7:18: trunks[5].uri: "sips:x.example": sips is not available yet; write as sip:sip.carrier.example:5060
		c.yaml:8:18: trunks[6].uri: "sip:me@x.example": it names a user; the number dialled goes there; write as sip:sip.carrier.example:5060
		c.yaml:9:18: trunks[7].uri: "sip:x.example:99999": no such port; write as sip:sip.carrier.example:5060
		c.yaml:10:18: trunks[8].uri: "sip:x.example;transport=tls": only ;transport=udp and ;transport=tcp may follow the host; write as sip:sip.carrier.example:5060
		c.yaml:11:18: trunks[9].uri: "sip:": no host and port; write as sip:sip.carrier.example:5060
		c.yaml:12:45: trunks[10].register: to register, uri, username and password are needed`},
	{"rooms", `
rooms: [{pattern: "7xxx"}, {pattern: "7xxx"}, {pattern: "7 xx"}, {}]
`, `
		c.yaml:1:38: rooms[1].pattern: pattern "7xxx" is taken by rooms[0] (line 1)
		c.yaml:1:57: rooms[2].pattern: pattern "7 xx": character ' ' is in no number; x stands for a digit, . for one or more of anything
		c.yaml:1:66: rooms[3].pattern: empty pattern; x stands for a digit, . for one or more of anything`},
	{"routes", `
queues: [{id: support}]
agents: [{id: alice, password: x}]
rooms: [{pattern: "7xxx"}]
routes:
  - {to: "1", target: "queue:suport"}
  - {to: "2", target: "agent:alica"}
  - {to: "3", target: "room:8000"}
  - {to: "4", target: "tel:+15550100"}
  - {to: "5", target: "1001"}
  - {to: "6", target: "ivr:main"}
  - {to: "7"}
  - {to: "1", target: dialled}
  - {target: dialled}
`, `
		c.yaml:5:23: routes[0].target: there is no queue "suport"; did you mean "support"?
		c.yaml:6:23: routes[1].target: there is no agent "alica"; did you mean "alice"?
		c.yaml:7:23: routes[2].target: no pattern of rooms fits "8000"
		c.yaml:8:23: routes[3].target: a trunk's call cannot be sent out again; write agent:ID, queue:ID, room:NUMBER or dialled
		c.yaml:9:23: routes[4].target: "1001" is no target; write agent:ID, queue:ID, room:NUMBER or dialled
		c.yaml:10:23: routes[5].target: "ivr" is no kind of target; write agent:ID, queue:ID, room:NUMBER or dialled
		c.yaml:11:6: routes[6].target: a target is needed; write agent:ID, queue:ID, room:NUMBER or dialled
		c.yaml:12:10: routes[7].to: pattern "1" is taken by routes[0] (line 5)
		c.yaml:13:6: routes[8].to: empty pattern; x stands for a digit, . for one or more of anything`},
	{"outbound", `
trunks: [{id: in, match: [192.0.2.10]}, {id: out, uri: "sip:x.example"}]
outbound:
  - {pattern: "+.", trunk: uot}
  - {pattern: "0.", trunk: in}
  - {pattern: "1."}
  - {pattern: "0.", trunk: out}
`, `
		c.yaml:3:28: outbound[0].trunk: there is no trunk "uot"; did you mean "out"?
		c.yaml:4:28: outbound[1].trunk: trunk "in" has no uri to send calls to
		c.yaml:5:6: outbound[2].trunk: a trunk is needed; there is in and out
		c.yaml:6:15: outbound[3].pattern: pattern "0." is taken by outbound[1] (line 4)`},
}

func TestDays(t *testing.T) {
	for text, want := range map[string]Days{"0": 0, "0d": 0, "1d": 1, "30d": 30, "36500d": 36_500} {
		c, err := Parse([]byte("records: {keep: "+text+"}"), "c.yaml", Options{Env: noEnv})
		if err != nil || c.Records.Keep != want {
			t.Errorf("%s: %v, %v", text, c, err)
		}
	}
	for text, want := range map[string]string{
		"30":     `"30" lacks a unit; did you mean 30d?`,
		"720h":   `"720h" is no number of days; write as 30d, or 0 for ever`,
		"-1d":    `"-1d" is no number of days; write as 30d, or 0 for ever`,
		"1.5d":   `"1.5d" is no number of days; write as 30d, or 0 for ever`,
		"d":      `"d" is no number of days; write as 30d, or 0 for ever`,
		"36501d": `36501d is too long; 36500d is the most, and 0 is for ever`,
	} {
		got := complain(t, "records: {keep: "+text+"}", Options{})
		if want := "c.yaml:1:17: records.keep: " + want; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := Days(36_500).Duration(); got != 36_500*24*time.Hour || got < 0 || Days(7).String() != "7d" {
		t.Errorf("100 years are %v, a week is %v", got, Days(7))
	}
}

var featureMistakes = []mistake{
	{"codes", `
features:
  cancel: "*1"
  leave: "*1"
  merge: "*12"
  swap: "*"
  resume: "5"
  hold: "**6"
  consult: "*E"
  remove: "*1234567890"
`, `
		c.yaml:3:10: features.leave: "*1" is also the code of cancel
		c.yaml:4:10: features.merge: "*12" begins with "*1", the code of cancel; one could not be told from the other
		c.yaml:4:10: features.merge: "*12" begins with "*1", the code of leave; one could not be told from the other
		c.yaml:5:9: features.swap: "*": a code is * and 1 to 7 more, so that digits for a menu still get through
		c.yaml:5:9: features.swap: "*" begins "*1", the code of cancel; one could not be told from the other
		c.yaml:5:9: features.swap: "*" begins "*1", the code of leave; one could not be told from the other
		c.yaml:5:9: features.swap: "*" begins "*12", the code of merge; one could not be told from the other
		c.yaml:6:11: features.resume: "5": a code is * and 1 to 7 more, so that digits for a menu still get through
		c.yaml:7:9: features.hold: "**6": ** sends a star to the other side and cannot begin a code
		c.yaml:7:9: features.hold: "**6" begins with "*", the code of swap; one could not be told from the other
		c.yaml:8:12: features.consult: "*E": a code is made of 0-9, *, # and A-D
		c.yaml:8:12: features.consult: "*E" begins with "*", the code of swap; one could not be told from the other
		c.yaml:9:11: features.remove: "*1234567890": a code is * and 1 to 7 more, so that digits for a menu still get through
		c.yaml:9:11: features.remove: "*1234567890" begins with "*1", the code of cancel; one could not be told from the other
		c.yaml:9:11: features.remove: "*1234567890" begins with "*1", the code of leave; one could not be told from the other
		c.yaml:9:11: features.remove: "*1234567890" begins with "*12", the code of merge; one could not be told from the other
		c.yaml:9:11: features.remove: "*1234567890" begins with "*", the code of swap; one could not be told from the other`},
	{"a code that clashes with a default", `
features: {leave: "*33"}
`, `c.yaml:1:12: features.merge: "*3" begins "*33", the code of leave; one could not be told from the other`},
}

func TestMistakesFromOutside(t *testing.T) {
	env := map[string]string{
		"WARMLINE_HTTP_LISTEN":    "8080",
		"WARMLINE_SIP_LISTEN":     "udp://127.0.0.1:5060, quic://127.0.0.1:5060",
		"WARMLINE_TIMERS_WRAP_UP": "",
	}
	got := complain(t, "data: ''\n", Options{
		Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Flags: []Override{
			{"timers.session", "1s", "--set timers.session"},
			{"timers.sesion", "1h", "--set timers.sesion"},
			{"agents", "x", "--set agents"},
			{"media.codecs", "pcmu,speex", "--set media.codecs"},
		},
	})
	want := lines(`
		WARMLINE_SIP_LISTEN: sip.listen: "quic" is no transport; use udp:// or tcp://
		WARMLINE_HTTP_LISTEN: http.listen: "8080" is no address and port; write as 127.0.0.1:8080 or 0.0.0.0:8080
		--set timers.session: timers.session: 1s is too short; 90s is the least
		--set timers.sesion: no key "timers.sesion" can be set from outside the file; did you mean "timers.session"?
		--set agents: no key "agents" can be set from outside the file
		--set media.codecs: media.codecs[1]: codec "speex" is unknown; there is opus, g722, pcmu and pcma
		c.yaml:1:7: data: a directory is needed; the default is warmline-data`)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big.yaml")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing.yaml")
	for file, want := range map[string]string{
		missing: missing + ": no such file or directory",
		dir:     dir + ": is a directory",
		big:     big + ": longer than 4194304 bytes",
	} {
		if _, err := Load(file, Options{}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestErrorsInOneLine(t *testing.T) {
	one := &Error{Pos: Pos{"f", 1, 2}, Path: "a.b", Msg: "wrong"}
	for _, c := range []struct {
		errs Errors
		want string
	}{
		{nil, "no error"},
		{Errors{one}, "f:1:2: a.b: wrong"},
		{Errors{one, one, one}, "f:1:2: a.b: wrong (and 2 more)"},
	} {
		if got := c.errs.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"listen", "domain", "advertise", "tls"}
	for word, want := range map[string]string{
		"lisen": "listen", "LISTEN": "listen", "litsen": "listen", "advertize": "advertise",
		"tsl": "tls", "tlss": "tls", "port": "", "": "", "x": "", strings.Repeat("x", 1000): "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("nearest(%.20q) = %q, want %q", word, got, want)
		}
	}
	if !slices.Equal([]int{distance("", "abc"), distance("abc", "acb"), distance("kitten", "sitting")}, []int{3, 1, 3}) {
		t.Error("a distance is wrong")
	}
}
