package server_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"

	"warmline/internal/testnet"
)

// wire watches the SIP of the server: what became of every INVITE.
type wire struct {
	mu      sync.Mutex
	seen    map[string]bool // messages, to tell repetitions
	dialogs map[string]*dialog
	log     []string
}

// dialog is the life of one INVITE and what it began, by its Call-ID.
type dialog struct {
	user    string // of the request URI
	ours    bool   // the server sent the INVITE
	to      netip.Addr
	cancels int
	byes    int // different ones
	final   int // first final status of the first INVITE
	cseq    string
}

func watch(n *testnet.Network) *wire {
	w := &wire{seen: make(map[string]bool), dialogs: make(map[string]*dialog)}
	n.Tap(w.see)
	return w
}

func (w *wire) see(d testnet.Datagram) {
	if d.From.Port() != 5060 && d.To.Port() != 5060 || !bytes.Contains(d.Payload, []byte("SIP/2.0")) {
		return
	}
	ours := d.From.Addr() == serverAddr.Addr()
	head, _, _ := strings.Cut(string(d.Payload), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	fields := make(map[string]string)
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		if name = strings.ToLower(name); fields[name] == "" {
			fields[name] = strings.TrimSpace(value)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	key := fmt.Sprint(ours, lines[0], fields["call-id"], fields["cseq"], fields["via"])
	if w.seen[key] {
		return
	}
	w.seen[key] = true
	w.log = append(w.log, fmt.Sprintf("%v > %v %s | %s | %s", d.From, d.To, lines[0], fields["cseq"], fields["call-id"]))
	w.note(ours, d.To.Addr(), strings.Fields(lines[0]), fields)
}

// note needs w.mu.
func (w *wire) note(ours bool, to netip.Addr, first []string, fields map[string]string) {
	id := fields["call-id"]
	x := w.dialogs[id]
	switch first[0] {
	case "INVITE":
		if x == nil {
			user, _, _ := strings.Cut(strings.TrimPrefix(first[1], "sip:"), "@")
			w.dialogs[id] = &dialog{user: user, ours: ours, to: to, cseq: fields["cseq"]}
		} else if x.final == 401 || x.final == 407 {
			x.final, x.cseq = 0, fields["cseq"] // again, with a password
		}
	case "CANCEL":
		if x != nil {
			x.cancels++
		}
	case "BYE":
		if x != nil {
			x.byes++
		}
	case "SIP/2.0":
		status, _ := strconv.Atoi(first[1])
		if x != nil && status >= 200 && x.final == 0 && fields["cseq"] == x.cseq {
			x.final = status
		}
	}
}

// check wants every INVITE ended by a failure, or answered and then ended by a
// BYE, of one side or (when they cross) of both.
func (w *wire) check(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, x := range w.dialogs {
		switch {
		case x.final >= 300 && x.byes > 0:
			t.Errorf("INVITE for %s (%s) failed with %d, and %d BYE", x.user, id, x.final, x.byes)
		case x.final/100 == 2 && (x.byes < 1 || x.byes > 2):
			t.Errorf("INVITE for %s (%s) was answered, and ended by %d BYE", x.user, id, x.byes)
		case x.final == 0 && x.cancels == 0:
			t.Errorf("INVITE for %s (%s) has no end", x.user, id)
		}
	}
	if t.Failed() && testing.Verbose() {
		t.Log("SIP:\n" + strings.Join(w.log, "\n"))
	}
}

// forget leaves the INVITEs to a person out of the check: whoever never heard
// of one could not be sent its end either.
func (w *wire) forget(p *person) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, x := range w.dialogs {
		if x.ours && x.to == p.addr {
			delete(w.dialogs, id)
		}
	}
}

// rung is what became of the INVITEs to a person, in order of their statuses:
// "200", "487 cancelled", "486".
func (w *wire) rung(p *person) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, x := range w.dialogs {
		if !x.ours || x.to != p.addr {
			continue
		}
		s := strconv.Itoa(x.final)
		if x.cancels > 0 {
			s += " cancelled"
		}
		if x.byes > 0 {
			s += " bye"
		}
		all = append(all, s)
	}
	sort.Strings(all)
	return strings.Join(all, ", ")
}
