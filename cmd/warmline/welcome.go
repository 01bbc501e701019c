package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"text/tabwriter"

	"warmline/internal/config"
)

// welcome tells how to log a phone in after the first configuration was
// written. It is the only time the key of the API is shown.
func welcome(w io.Writer, first *config.First, cfg *config.Config, local []netip.Addr) {
	fmt.Fprintf(w, "Wrote %s: three agents, a queue and meet-me rooms. Only you can read it.\n", first.File)
	fmt.Fprintf(w, "\nLog a softphone in as one of these, and another as the next:\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  USER\tPASSWORD\tEXTENSION\tNAME")
	for _, a := range first.Agents {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", a.ID, a.Password, a.Extension, a.Name)
	}
	t.Flush()
	fmt.Fprintln(w, "\nServer (domain, registrar and proxy are the same):")
	for _, l := range config.Expand(cfg.SIP.Listen, local) {
		fmt.Fprintf(w, "  %s over %s\n", l.Addr, l.Scheme)
	}
	fmt.Fprintln(w, "\nThen dial an extension, 600 for the queue, or 7000 for a meet-me room.")
	fmt.Fprintf(w, "\nKey of the API, shown this once:\n  %s\n", first.APIKey)
	fmt.Fprintf(w, "  warmline status --url http://%s --key %s\n\n", cfg.HTTP.Listen, first.APIKey)
}

// localAddrs are the machine's addresses that a phone may be given, those that
// others can reach first.
func localAddrs() []netip.Addr {
	ifaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var reachable, loopback []netip.Addr
	for _, a := range ifaces {
		prefix, err := netip.ParsePrefix(a.String())
		addr := prefix.Addr().Unmap()
		switch {
		case err != nil || addr.IsLinkLocalUnicast():
		case addr.IsLoopback():
			loopback = append(loopback, addr)
		default:
			reachable = append(reachable, addr)
		}
	}
	return append(reachable, loopback...)
}
