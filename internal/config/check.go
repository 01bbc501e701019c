package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// check finds what the single values do not show: what is missing, there twice,
// or refers to what is not there. It also fills in what other keys decide.
func (d *decoder) check(c *Config) {
	d.checkSIP(c)
	d.checkMedia(c)
	d.checkKeys(c)
	n := newNames()
	d.checkQueues(c, n)
	d.checkAgents(c, n)
	d.checkRooms(c)
	d.checkTrunks(c, n)
	d.checkOutbound(c, n)
	d.checkRoutes(c, n)
	d.checkFeatures(c)
	d.checkTransfer(c, n)
	if c.Data == "" {
		d.wrong("data", "a directory is needed; the default is warmline-data")
	}
}

// wrong reports a mistake at the key, or where the key should stand. What
// follows from a value that could not be read is left out.
func (d *decoder) wrong(path, format string, args ...any) {
	var pos Pos
	for at := path; ; at = parent(at) {
		if d.bad[at] {
			return
		}
		if pos == (Pos{}) {
			pos = d.pos[at]
		}
		if at == "" {
			break
		}
	}
	d.fail(pos, path, format, args...)
}

// parent is the path without its last key or index; "" is the whole file's.
func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

// where names the line a value was given in, for messages about another.
func (d *decoder) where(path string) string {
	pos := d.pos[path]
	if pos.Line == 0 {
		return cmp.Or(pos.Source, "the defaults")
	}
	return fmt.Sprintf("line %d", pos.Line)
}

func (d *decoder) checkSIP(c *Config) {
	if len(c.SIP.Listen) == 0 {
		d.wrong("sip.listen", "at least one listener is needed, such as udp://0.0.0.0:5060")
	}
	for i, l := range c.SIP.Listen {
		if j := slices.Index(c.SIP.Listen, l); j < i && l.Addr.Port() != 0 {
			d.wrong(item("sip.listen", i), "%v is there twice", l)
		}
	}
	if !isHost(c.SIP.Domain) {
		d.wrong("sip.domain", "%q is no host name; write as calls.example.com", c.SIP.Domain)
	}
	if c.SIP.Advertise.IsUnspecified() || c.SIP.Advertise.IsMulticast() {
		d.wrong("sip.advertise", "%v cannot be reached by anybody; give the public address", c.SIP.Advertise)
	}
	if len(c.SIP.Digest) == 0 {
		d.wrong("sip.digest", "at least one is needed: md5 or sha-256")
	}
	for i, alg := range c.SIP.Digest {
		if slices.Index(c.SIP.Digest, alg) < i {
			d.wrong(item("sip.digest", i), "%s is there twice", alg)
		}
	}
	if c.SIP.TLS != (TLS{}) {
		d.wrong("sip.tls", "TLS is not available yet, and nothing would be encrypted; leave it out")
	}
}

// isHost reports whether s is empty, an address or a plausible host name.
func isHost(s string) bool {
	if len(s) > 253 {
		return false
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	for _, r := range s {
		if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '.') {
			return false
		}
	}
	return !strings.HasPrefix(s, ".") && !strings.HasPrefix(s, "-") && !strings.Contains(s, "..")
}

// What is beyond any use.
const (
	maxWorkers    = 256
	maxBitrate    = 128_000 // one channel, wideband
	maxComplexity = 10
)

func (d *decoder) checkMedia(c *Config) {
	if len(c.Media.Codecs) == 0 {
		d.wrong("media.codecs", "at least one is needed: %s", strings.Join(knownCodecs, ", "))
	}
	d.checkCodecs("media.codecs", c.Media.Codecs)
	for _, limit := range []struct {
		path        string
		value, most int
	}{
		{"media.workers", c.Media.Workers, maxWorkers},
		{"media.opus.bitrate", c.Media.Opus.Bitrate, maxBitrate},
		{"media.opus.complexity", c.Media.Opus.Complexity, maxComplexity},
	} {
		if limit.value > limit.most {
			d.wrong(limit.path, "%d is too many; %d is the most", limit.value, limit.most)
		}
	}
}

// knownCodecs are the names a list of codecs may hold.
var knownCodecs = []string{"opus", "g722", "pcmu", "pcma"}

func (d *decoder) checkCodecs(path string, list []string) {
	for i, codec := range list {
		at := item(path, i)
		switch {
		case !slices.Contains(knownCodecs, codec):
			d.wrong(at, "codec %q is unknown%s", codec, didYouMean(codec, knownCodecs))
		case slices.Index(list, codec) < i:
			d.wrong(at, "%s is there twice", codec)
		}
	}
}

// checkOwnCodecs checks the list of an agent or trunk, which may be left out
// but not be empty: nobody could be spoken to.
func (d *decoder) checkOwnCodecs(at string, list []string) {
	if list != nil && len(list) == 0 {
		d.wrong(at+".codecs", "at least one is needed; leave the key out for those of media.codecs")
	}
	d.checkCodecs(at+".codecs", list)
}

func (d *decoder) checkKeys(c *Config) {
	names, keys := seen{}, seen{}
	for i := range c.HTTP.APIKeys {
		k := &c.HTTP.APIKeys[i]
		at := item("http.api_keys", i)
		if k.Name == "" {
			d.wrong(at+".name", "a name is needed: it stands in logs instead of the key")
		} else {
			d.unique(names, at+".name", k.Name, "name")
		}
		if k.Role == "" {
			d.wrong(at+".role", "a role is needed: operator, supervisor or viewer")
		}
		k.KeySHA256 = strings.ToLower(k.KeySHA256)
		if !isHex(k.KeySHA256, 64) {
			d.wrong(at+".key_sha256", "64 hex digits are expected: the SHA-256 of the key, as by printf %%s KEY | sha256sum")
		} else {
			d.unique(keys, at+".key_sha256", k.KeySHA256, "key")
		}
	}
}

func isHex(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}

// codeDigits are the keys of a phone.
const codeDigits = "0123456789*#ABCD"

// checkFeatures holds the codes apart: a code that begins another would leave
// the longer one out of reach, or the shorter one waiting for a pause.
func (d *decoder) checkFeatures(c *Config) {
	f := &c.Features
	codes := []struct{ key, code string }{
		{"cancel", f.Cancel}, {"leave", f.Leave}, {"merge", f.Merge}, {"swap", f.Swap},
		{"resume", f.Resume}, {"hold", f.Hold}, {"consult", f.Consult}, {"remove", f.Remove},
	}
	for i, a := range codes {
		at := "features." + a.key
		switch {
		case a.code == "":
			continue
		case strings.Trim(a.code, codeDigits) != "":
			d.wrong(at, "%q: a code is made of 0-9, *, # and A-D", a.code)
		case !strings.HasPrefix(a.code, "*") || len(a.code) < 2 || len(a.code) > 8:
			d.wrong(at, "%q: a code is * and 1 to 7 more, so that digits for a menu still get through", a.code)
		case strings.HasPrefix(a.code, "**"):
			d.wrong(at, "%q: ** sends a star to the other side and cannot begin a code", a.code)
		}
		for _, b := range codes[:i] {
			switch {
			case b.code == "":
			case a.code == b.code:
				d.wrong(at, "%q is also the code of %s", a.code, b.key)
			case strings.HasPrefix(a.code, b.code):
				d.wrong(at, "%q begins with %q, the code of %s; one could not be told from the other", a.code, b.code, b.key)
			case strings.HasPrefix(b.code, a.code):
				d.wrong(at, "%q begins %q, the code of %s; one could not be told from the other", a.code, b.code, b.key)
			}
		}
	}
}

func (d *decoder) checkTransfer(c *Config, n *names) {
	t := &c.Transfer
	switch {
	case t.DefaultQueue == "" && len(c.Queues) > 0:
		t.DefaultQueue = c.Queues[0].ID
	case t.DefaultQueue != "" && !n.has(n.queues, t.DefaultQueue):
		d.wrong("transfer.default_queue", "there is no queue %q%s", t.DefaultQueue, n.near(n.queues, t.DefaultQueue))
	}
}

func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
