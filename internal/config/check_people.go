package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"warmline/directory"
)

// seen maps a value that must be unique to the path where it was first given.
type seen map[string]string

// names are what other keys may refer to.
type names struct {
	queues, agents, trunks seen
	users                  seen // ids and extensions of agents: what a phone logs in as
	extensions             seen // of agents and queues
}

func newNames() *names {
	return &names{queues: seen{}, agents: seen{}, trunks: seen{}, users: seen{}, extensions: seen{}}
}

func (n *names) has(s seen, name string) bool { _, ok := s[name]; return ok }

// near suggests one of the names there are.
func (n *names) near(s seen, name string) string {
	var known []string
	for k := range s {
		known = append(known, k)
	}
	slices.Sort(known)
	if len(known) > 8 {
		return orNothing(nearest(name, known))
	}
	return didYouMean(name, known)
}

// unique reports a value that was given before and returns whether it is new.
func (d *decoder) unique(s seen, path, value, what string) bool {
	if first, ok := s[value]; ok {
		d.wrong(path, "%s %q is taken by %s (%s)", what, value, owner(first), d.where(first))
		return false
	}
	s[value] = path
	return true
}

// owner is the list item a path lies in: agents[2] of agents[2].extension.
func owner(path string) string {
	return path[:strings.LastIndexByte(path, ']')+1]
}

func (d *decoder) checkID(s seen, path, id string) {
	if err := directory.CheckID(id); err != nil {
		d.wrong(path, "%v", err)
		return
	}
	d.unique(s, path, id, "id")
}

func (d *decoder) checkQueues(c *Config, n *names) {
	for i, q := range c.Queues {
		at := item("queues", i)
		d.checkID(n.queues, at+".id", q.ID)
		d.checkExtension(n, at, q.Extension)
		if q.Music != "" {
			if err := checkWAV(string(q.Music)); err != nil {
				d.wrong(at+".music", "%v", err)
			}
		}
		if q.Search < q.Ring {
			d.wrong(at+".search", "%v is less than one phone may ring (%v)", q.Search, q.Ring)
		}
	}
}

// checkExtension checks one that may be left out.
func (d *decoder) checkExtension(n *names, at, ext string) bool {
	if ext == "" {
		return false
	}
	if err := directory.CheckExtension(ext); err != nil {
		d.wrong(at+".extension", "%v", err)
		return false
	}
	return d.unique(n.extensions, at+".extension", ext, "extension")
}

func (d *decoder) checkAgents(c *Config, n *names) {
	for i, a := range c.Agents {
		at := item("agents", i)
		d.checkID(n.agents, at+".id", a.ID)
		if d.checkExtension(n, at, a.Extension) && a.Extension != a.ID {
			d.unique(n.users, at+".extension", a.Extension, "login")
		}
		// Twice the same id has been said already.
		if a.ID != "" && n.agents[a.ID] == at+".id" {
			d.unique(n.users, at+".id", a.ID, "login")
		}
		d.checkPassword(c, at, a)
		d.checkOwnCodecs(at, a.Codecs)
		for j, q := range a.Queues {
			qat := item(at+".queues", j)
			if !n.has(n.queues, q) {
				d.wrong(qat, "there is no queue %q%s", q, n.near(n.queues, q))
			} else if slices.Index(a.Queues, q) < j {
				d.wrong(qat, "queue %q is there twice", q)
			}
		}
	}
}

func (d *decoder) checkPassword(c *Config, at string, a Agent) {
	switch {
	case d.bad[at+".password"] || d.bad[at+".ha1"]:
	case a.Password == "" && a.HA1 == "":
		d.wrong(at, "a password (or ha1) is needed: without one its phone cannot log in")
	case a.Password != "" && a.HA1 != "":
		d.wrong(at+".ha1", "give password or ha1, not both")
	case a.HA1 != "" && !isHex(strings.ToLower(string(a.HA1)), 32):
		d.wrong(at+".ha1", "32 hex digits are expected: the MD5 of ID:DOMAIN:PASSWORD")
	case a.HA1 != "" && !slices.Contains(c.SIP.Digest, "md5"):
		d.wrong(at+".ha1", "ha1 serves md5 only; add it to sip.digest")
	case a.HA1 != "" && c.SIP.Domain == "":
		d.wrong(at+".ha1", "ha1 holds for one domain only; set sip.domain to it")
	}
}

func (d *decoder) checkTrunks(c *Config, n *names) {
	prefixes := map[netip.Prefix]string{}
	for i, t := range c.Trunks {
		at := item("trunks", i)
		d.checkID(n.trunks, at+".id", t.ID)
		for j, p := range t.Match {
			pat := item(at+".match", j)
			if !p.IsValid() {
				continue // said already
			}
			if first, ok := prefixes[p]; ok {
				d.wrong(pat, "%v is matched by %s already (%s)", p, owner(strings.TrimSuffix(first, "]")), d.where(first))
				continue
			}
			prefixes[p] = pat
		}
		if t.URI == "" && len(t.Match) == 0 {
			d.wrong(at, "match (for calls in) or uri (for calls out) is needed")
		}
		if t.URI != "" {
			if why := badSIPURI(t.URI); why != "" {
				d.wrong(at+".uri", "%q: %s; write as sip:sip.carrier.example:5060", t.URI, why)
			}
		}
		d.checkOwnCodecs(at, t.Codecs)
		if t.Register && (t.URI == "" || t.Username == "" || t.Password == "") {
			d.wrong(at+".register", "to register, uri, username and password are needed")
		}
	}
}

// badSIPURI says why a trunk's URI cannot be used: it names a host, a port
// maybe and a transport, and no user.
func badSIPURI(uri string) string {
	rest, ok := strings.CutPrefix(uri, "sip:")
	if !ok {
		if strings.HasPrefix(uri, "sips:") {
			return "sips is not available yet"
		}
		return "not a sip: URI"
	}
	rest, params, _ := strings.Cut(rest, ";")
	switch params {
	case "", "transport=udp", "transport=tcp":
	default:
		return "only ;transport=udp and ;transport=tcp may follow the host"
	}
	u, err := url.Parse("//" + rest)
	switch {
	case err != nil || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || !isHost(u.Hostname()):
		return "no host and port"
	case u.User != nil:
		return "it names a user; the number dialled goes there"
	case u.Port() != "" && !validPort(u.Port()):
		return "no such port"
	}
	return ""
}
