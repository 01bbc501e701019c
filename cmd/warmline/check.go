package main

import (
	"fmt"
	"strings"

	"warmline/internal/config"
)

// checkCmd finds the mistakes in a configuration, without running it.
type checkCmd struct{ configFlags }

// Run prints every mistake in a line of its own.
func (c *checkCmd) Run(s *streams) error {
	cfg, err := c.load()
	if all, ok := err.(config.Errors); ok {
		for _, e := range all {
			fmt.Fprintln(s.err, e)
		}
		return errSaid
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is right: %s\n", c.file(), summary(cfg))
	return nil
}

// summary counts what a configuration holds, so that one read from the wrong
// file is noticed.
func summary(c *config.Config) string {
	var parts []string
	for _, n := range []struct {
		count int
		one   string
	}{
		{len(c.Agents), "agent"}, {len(c.Queues), "queue"}, {len(c.Rooms), "room pattern"},
		{len(c.Trunks), "trunk"}, {len(c.Routes), "route"}, {len(c.HTTP.APIKeys), "API key"},
	} {
		word := n.one
		if n.count != 1 {
			word += "s"
		}
		parts = append(parts, fmt.Sprint(n.count, " ", word))
	}
	return strings.Join(parts, ", ")
}
