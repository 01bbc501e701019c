package config

import (
	"fmt"
	"strconv"
	"strings"

	"warmline/directory"
)

func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

func (d *decoder) checkPattern(path, text string) bool {
	if _, err := directory.ParsePattern(text); err != nil {
		d.wrong(path, "%v; x stands for a digit, . for one or more of anything", err)
		return false
	}
	return true
}

func (d *decoder) checkRooms(c *Config) {
	patterns := seen{}
	for i, r := range c.Rooms {
		at := item("rooms", i) + ".pattern"
		if d.checkPattern(at, r.Pattern) {
			d.unique(patterns, at, r.Pattern, "pattern")
		}
	}
}

func (d *decoder) checkOutbound(c *Config, n *names) {
	patterns := seen{}
	for i, o := range c.Outbound {
		at := item("outbound", i)
		if d.checkPattern(at+".pattern", o.Pattern) {
			d.unique(patterns, at+".pattern", o.Pattern, "pattern")
		}
		switch {
		case o.Trunk == "":
			d.wrong(at+".trunk", "a trunk is needed%s", n.near(n.trunks, ""))
		case !n.has(n.trunks, o.Trunk):
			d.wrong(at+".trunk", "there is no trunk %q%s", o.Trunk, n.near(n.trunks, o.Trunk))
		case d.trunkWithoutURI(c, o.Trunk):
			d.wrong(at+".trunk", "trunk %q has no uri to send calls to", o.Trunk)
		}
	}
}

func (d *decoder) trunkWithoutURI(c *Config, id string) bool {
	for _, t := range c.Trunks {
		if t.ID == id {
			return t.URI == ""
		}
	}
	return false
}

func (d *decoder) checkRoutes(c *Config, n *names) {
	patterns := seen{}
	for i, r := range c.Routes {
		at := item("routes", i)
		if d.checkPattern(at+".to", r.To) {
			// The first match wins, so the second would never be used.
			d.unique(patterns, at+".to", r.To, "pattern")
		}
		if why := d.badTarget(c, n, r.Target); why != "" {
			d.wrong(at+".target", "%s", why)
		}
	}
}

func (d *decoder) badTarget(c *Config, n *names, target string) string {
	if target == directory.Dialled {
		return ""
	}
	const forms = "write agent:ID, queue:ID, room:NUMBER or " + directory.Dialled
	kind, name, ok := strings.Cut(target, ":")
	switch {
	case target == "":
		return "a target is needed; " + forms
	case !ok:
		return fmt.Sprintf("%q is no target; %s", target, forms)
	case kind == "agent" && !n.has(n.agents, name):
		return fmt.Sprintf("there is no agent %q%s", name, n.near(n.agents, name))
	case kind == "queue" && !n.has(n.queues, name):
		return fmt.Sprintf("there is no queue %q%s", name, n.near(n.queues, name))
	case kind == "room" && !inRooms(c, name):
		return fmt.Sprintf("no pattern of rooms fits %q", name)
	case kind == "tel":
		return "a trunk's call cannot be sent out again; " + forms
	case kind != "agent" && kind != "queue" && kind != "room":
		return fmt.Sprintf("%q is no kind of target; %s", kind, forms)
	}
	return ""
}

func inRooms(c *Config, number string) bool {
	for _, r := range c.Rooms {
		if p, err := directory.ParsePattern(r.Pattern); err == nil && p.Match(number) {
			return true
		}
	}
	return false
}
