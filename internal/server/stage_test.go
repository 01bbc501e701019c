package server_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"warmline/conference"
	"warmline/internal/config"
	"warmline/internal/server"
	"warmline/internal/softphone"
	"warmline/internal/testnet"
	"warmline/media"
	"warmline/mixer"
	"warmline/transfer"
)

// stage is a whole server with people on phones around it, on a network in
// memory and in virtual time: nothing is faked between a key pressed on one
// phone and the sound heard on another.
type stage struct {
	*testing.T
	net    *testnet.Network
	srv    *server.Server
	wire   *wire
	people []*person

	carla            *person // the customer, on a trunk
	alice, bob, dave *person // agents, logged in

	closers []func() // at the very end
	phones  softphone.Config

	patience time.Duration // of waits, beyond what they take on a good network

	id      string // the conference looked at; "": the only one there is
	mu      sync.Mutex
	traces  map[string]transfer.Trace
	errors  []string // the server's log from level error on
	ledgers []string // the audibility ledgers of calls that ended
	allowed bool     // errors in the log are part of the test
}

var serverAddr = netip.MustParseAddrPort("10.0.0.1:5060")

// stageConfig is the configuration of all stages; tests add lines to it.
const stageConfig = `
sip: {domain: warmline.test, listen: ["udp://10.0.0.1:5060"]}
media: {ports: 30000-30999}
agents:
  - {id: alice, name: Alice Adams, extension: "1001", password: alice-secret, queues: [support], call_waiting: false}
  - {id: bob, name: Bob Brown, extension: "1002", password: bob-secret, queues: [support]}
  - {id: dave, name: Dave Dunn, extension: "1003", password: dave-secret, queues: [support, sales]}
  - {id: eve, name: Eve Ellis, extension: "1004", password: eve-secret, queues: [night]}
queues:
  - {id: support, name: Support, extension: "600", auto_away: true}
  - {id: sales, name: Sales, extension: "601", max_wait: 30s}
  - {id: night, name: Night, extension: "602"}
rooms: [{pattern: "7xxx"}]
trunks: [{id: carrier, match: [10.9.0.0/16], uri: "sip:10.9.0.2:5060"}]
routes:
  - {to: "100", target: "queue:support"}
  - {to: "101", target: "agent:alice"}
  - {to: "102", target: "queue:sales"}
  - {to: "103", target: "agent:eve"}
  - {to: "7xxx", target: dialled}
outbound: [{pattern: "+.", trunk: carrier}]
`

// options change a stage before it is set.
type options struct {
	config string               // lines of configuration in addition
	change func(*config.Config) // of the configuration
	phones softphone.Config     // SRTP and Codecs of everybody's
	agents []string             // who is logged in; nil: alice, bob and dave
	link   testnet.Link         // of everybody; the zero Link: 5 ms
	seed   uint64
	load   func(*mixer.Room) mixer.Load // of the media workers; nil: their own
	log    slog.Handler                 // hears what the server logs, too; nil: nobody
	record string                       // with -update: the name under which the call's trace is kept for replay by package transfer
}

var update = flag.Bool("update", false, "write testdata/traces/live_*.jsonl anew")

// record keeps the trace of the stage's first call as test data.
func (st *stage) record(name string) {
	if name == "" || !*update {
		return
	}
	trace, ok := st.traces[st.id]
	if !ok {
		st.Fatalf("no trace of %s", st.id)
	}
	var b bytes.Buffer
	err := trace.Encode(&b)
	if err == nil {
		err = os.WriteFile("../../testdata/traces/live_"+name+".jsonl", b.Bytes(), 0o644)
	}
	if err != nil {
		st.Fatal(err)
	}
}

// play runs a test on a stage in a bubble of virtual time. When the test
// returns, the people hang up, and nothing may be left: no call, no goroutine,
// no INVITE without an end.
func play(t *testing.T, o options, f func(st *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		st := setStage(t, o)
		defer st.record(o.record)
		defer st.clear() // also after a Fatal: a bubble must not be left with goroutines
		f(st)
	})
}

func setStage(t *testing.T, o options) *stage {
	t.Helper()
	if o.link == (testnet.Link{}) {
		o.link.Delay = 5 * time.Millisecond
	}
	st := &stage{T: t, net: testnet.New(o.seed + 1), traces: make(map[string]transfer.Trace), phones: o.phones}
	st.net.SetLink(testnet.Link{Delay: o.link.Delay})
	st.wire = watch(st.net)
	st.start(o)
	st.carla = st.newPerson("carla", netip.MustParseAddr("10.9.0.1"), carlaHz, "")
	agents := o.agents
	if agents == nil {
		agents = []string{"alice", "bob", "dave"}
	}
	st.alice = st.newAgent("alice", netip.MustParseAddr("10.0.1.1"), aliceHz)
	st.bob = st.newAgent("bob", netip.MustParseAddr("10.0.1.2"), bobHz)
	st.dave = st.newAgent("dave", netip.MustParseAddr("10.0.1.3"), daveHz)
	for _, p := range []*person{st.alice, st.bob, st.dave} {
		if slices.Contains(agents, p.name) {
			p.logsIn()
			time.Sleep(time.Second) // whoever logs in first is idle longest
		}
	}
	st.net.SetLink(o.link)
	return st
}

func (st *stage) start(o options) {
	st.Helper()
	cfg := st.config(o)
	udp, err := st.net.ListenPacket(serverAddr.String())
	if err != nil {
		st.Fatal(err)
	}
	tcp, err := st.net.Listen(serverAddr.String())
	if err != nil {
		st.Fatal(err)
	}
	st.srv, err = server.Start(cfg, server.Options{
		Log: slog.New(st.logbook(o.log)), UDP: []net.PacketConn{udp}, TCP: []net.Listener{tcp},
		Media: testnet.Sockets[media.Socket]{Network: st.net},
		NoAPI: true, Plain: true, Trace: st.keep, Load: o.load,
	})
	if err != nil {
		st.Fatal(err)
	}
}

// config parses the configuration of a stage.
func (st *stage) config(o options) *config.Config {
	st.Helper()
	cfg, err := config.Parse([]byte(stageConfig+o.config), "stage.yaml", config.Options{
		Env: func(string) (string, bool) { return "", false },
	})
	if err != nil {
		st.Fatal(err)
	}
	cfg.Data = ""
	if o.change != nil {
		o.change(cfg)
	}
	return cfg
}

// keep takes the trace of a call that ended, and steps it again.
func (st *stage) keep(conference string, trace transfer.Trace) {
	if err := transfer.Replay(trace); err != nil {
		st.Errorf("the trace of %s does not replay: %v", conference, err)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if _, twice := st.traces[conference]; twice {
		st.Errorf("%s ended twice", conference)
	}
	st.traces[conference] = trace
}

// clear ends everything and wants nothing left.
func (st *stage) clear() {
	st.Helper()
	for _, p := range st.people {
		p.hangsUp()
	}
	// Long enough for every wait of RFC 3261 and every policy to run out.
	for range 150 {
		if len(st.srv.Manager().List()) == 0 {
			break
		}
		time.Sleep(time.Second)
	}
	for _, c := range st.srv.Manager().List() {
		st.Errorf("conference %s is left: %s", c.ID, words(c))
	}
	for _, a := range st.srv.Manager().Agents() {
		if s, _ := st.srv.Directory().State(a.ID, time.Now()); s.Calls != 0 {
			st.Errorf("agent %s is left with %d calls", a.ID, s.Calls)
		}
	}
	for _, q := range st.srv.Manager().Queues() {
		if q.Waiting != 0 {
			st.Errorf("%d are left waiting in %s", q.Waiting, q.ID)
		}
	}
	if n := st.srv.Mixer().Stats().LeakedFrames; n != 0 {
		st.Errorf("%d frames leaked to held parties", n)
	}
	time.Sleep(35 * time.Second) // transactions
	for _, p := range st.people {
		p.phone.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	st.srv.Stop(ctx)
	for _, f := range st.closers {
		f()
	}
	st.wire.check(st.T)
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.allowed {
		for _, e := range st.errors {
			st.Errorf("logged: %s", e)
		}
	}
}

// conf is the conference looked at, live or just ended.
func (st *stage) conf() conference.Snapshot {
	st.Helper()
	if st.id == "" {
		all := st.srv.Manager().List()
		if len(all) != 1 {
			st.Fatalf("%d conferences, want 1", len(all))
		}
		st.id = all[0].ID
	}
	c, ok := st.srv.Manager().Get(st.id)
	if !ok {
		st.Fatalf("conference %s is unknown", st.id)
	}
	return c
}

// words says a conference in a line: "C live, A live, B failed busy". People
// are named by their first letter, a customer C, an external X, a member of a
// room M, a queue that searches Q.
func words(c conference.Snapshot) string {
	var all []string
	for _, p := range c.Participants {
		w := letter(p) + " " + p.Status
		for _, more := range []string{p.ServerHold, p.Reason} {
			if more != "" {
				w += " " + more
			}
		}
		if p.RemoteHold {
			w += " remote"
		}
		if p.Muted {
			w += " muted"
		}
		all = append(all, w)
	}
	return strings.Join(all, ", ")
}

func letter(p conference.Participant) string {
	switch {
	case p.Agent != "":
		return strings.ToUpper(p.Agent[:1])
	case p.Role == "agent":
		return "Q"
	case p.Role == "external":
		return "X"
	case p.Role == "member":
		return "M"
	}
	return "C"
}

// wants waits a moment for the conference to be as said, and no longer.
func (st *stage) wants(want string) conference.Snapshot {
	st.Helper()
	var c conference.Snapshot
	for limit := time.Now().Add(st.patience + 400*time.Millisecond); time.Now().Before(limit); {
		c = st.conf()
		if words(c) == want {
			return c
		}
		time.Sleep(20 * time.Millisecond)
	}
	st.Errorf("the conference is\n\t%s\nwant\n\t%s", words(c), want)
	return c
}

// over wants the conference ended.
func (st *stage) over(want string) {
	st.Helper()
	c := st.wants(want)
	for limit := time.Now().Add(st.patience + time.Second); time.Now().Before(limit); { // the BYEs and their answers
		if c = st.conf(); c.State == "ended" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(time.Millisecond)
	if c.State != "ended" || c.Ended.IsZero() {
		st.Errorf("the conference is %s at %v", c.State, c.Ended)
	}
	if n := len(st.srv.Manager().List()); n != 0 {
		st.Errorf("%d conferences, want none", n)
	}
}

// person of the conference, by the letter of words.
func (st *stage) pid(of string) string {
	st.Helper()
	c := st.conf()
	for _, p := range slices.Backward(c.Participants) {
		if letter(p) == of {
			return p.ID
		}
	}
	st.Fatalf("no %s in %s", of, words(c))
	return ""
}

// verb is a Command with its subject as a letter.
type verb struct {
	do      transfer.Verb
	by      string
	on      string // participant by letter
	target  string
	version uint64
	keep    bool
	ringing bool
}

func (st *stage) try(v verb) (conference.Snapshot, error) {
	st.Helper()
	cmd := conference.Command{
		Conference: st.conf().ID, Verb: v.do, Surface: "http", By: v.by, Target: v.target,
		IfVersion: v.version, KeepCustomer: v.keep, AllowRinging: v.ringing,
	}
	if v.on != "" {
		cmd.Participant = st.pid(v.on)
	}
	return st.srv.Manager().Do(st.Context(), cmd)
}

// do wants a verb done.
func (st *stage) do(v verb) conference.Snapshot {
	st.Helper()
	before := st.conf().Version
	c, err := st.try(v)
	if err != nil {
		st.Fatalf("%v by %q: %v (%s)", v.do, v.by, err, words(c))
	}
	if c.Version <= before {
		st.Errorf("%v by %q: version %d after %d", v.do, v.by, c.Version, before)
	}
	return c
}

// refused wants a verb refused with a reason, and nothing changed by it.
func (st *stage) refused(reason string, v verb) {
	st.Helper()
	before := words(st.conf())
	_, err := st.try(v)
	var r *conference.Refusal
	if !errors.As(err, &r) || r.Reason != reason {
		st.Errorf("%v by %q: %v, want %s", v.do, v.by, err, reason)
	} else if r.Detail == "" {
		st.Errorf("%s is said without words for people", reason)
	}
	if after := words(st.conf()); after != before {
		st.Errorf("refused %v by %q changed\n\t%s\nto\n\t%s", v.do, v.by, before, after)
	}
}

// presence wants an agent's presence.
func (st *stage) presence(agent, want string) {
	st.Helper()
	for _, a := range st.srv.Manager().Agents() {
		if a.ID == agent {
			got := string(a.Presence)
			if a.Reason != "" {
				got += " " + a.Reason
			}
			if got != want {
				st.Errorf("%s is %s, want %s", agent, got, want)
			}
			return
		}
	}
	st.Errorf("no agent %s", agent)
}

// segments wants the stays of agents, as "alice direct, bob consult".
func (st *stage) segments(want string) {
	st.Helper()
	var all []string
	for _, s := range st.conf().Segments {
		all = append(all, s.Agent+" "+s.Via)
	}
	if got := strings.Join(all, ", "); got != want {
		st.Errorf("segments: %s, want %s", got, want)
	}
}

// logbook is the stage's, and another one's beside it.
func (st *stage) logbook(other slog.Handler) slog.Handler {
	if other == nil {
		return logbook{st}
	}
	return slog.NewMultiHandler(logbook{st}, other)
}

// logbook watches the server's log for what must not happen, and keeps the
// ledgers.
type logbook struct{ st *stage }

func (l logbook) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }
func (l logbook) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l logbook) WithGroup(string) slog.Handler                    { return l }
func (l logbook) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	var heard string
	r.Attrs(func(a slog.Attr) bool {
		line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		if a.Key == "heard" {
			heard = a.Value.String()
		}
		return true
	})
	l.st.mu.Lock()
	defer l.st.mu.Unlock()
	if r.Level >= slog.LevelError {
		l.st.errors = append(l.st.errors, line)
	}
	if r.Message == "call over" {
		l.st.ledgers = append(l.st.ledgers, heard)
	}
	return nil
}

func (st *stage) newPerson(name string, addr netip.Addr, hz float64, password string) *person {
	st.Helper()
	p := &person{st: st, name: name, hz: hz, addr: addr}
	p.open(softphone.Config{
		User: name, Name: name, Password: password, SRTP: st.phones.SRTP, Codecs: st.phones.Codecs,
	})
	st.people = append(st.people, p)
	return p
}

func (st *stage) newAgent(id string, addr netip.Addr, hz float64) *person {
	st.Helper()
	return st.newPerson(id, addr, hz, id+"-secret")
}
