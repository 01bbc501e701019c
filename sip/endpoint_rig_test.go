package sip

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"warmline/internal/testnet"
)

// The rig is an endpoint on a network in memory, peers that are scripts, and a
// clock that jumps: all tests of the package that speak SIP run on it, inside a
// synctest bubble.

var (
	ourAddr   = netip.MustParseAddrPort("203.0.113.1:5060")
	trunkAddr = netip.MustParseAddrPort("198.51.100.7:5060")
	phoneAddr = netip.MustParseAddrPort("192.0.2.33:49152")
)

const (
	offerSDP  = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
	answerSDP = "v=0\r\no=- 2 1 IN IP4 203.0.113.1\r\ns=-\r\nc=IN IP4 203.0.113.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n"
)

type rig struct {
	t   testing.TB
	net *testnet.Network
	ep  *Endpoint

	mu      sync.Mutex
	invites []Invite
	calls   []*Call
	events  []Event
	closed  []Flow

	panics     int // that the endpoint survived
	allowPanic bool
	onInvite   func(*Call, Invite) // nil: attach and do nothing
	onEvent    func(*Call, Event)
	known      func(string) bool
	register   func(Registration) RegisterResult
	ha1        func(user, realm string, alg Algorithm) (string, string, bool)
}

// bubble runs a test with a rig in a synctest bubble.
func bubble(t *testing.T, f func(*testing.T, *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newRig(t)) })
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, net: testnet.New(1)}
	pc, err := r.net.ListenPacket(ourAddr.String())
	if err != nil {
		t.Fatal(err)
	}
	l, err := r.net.Listen(ourAddr.String())
	if err != nil {
		t.Fatal(err)
	}
	r.ep, err = New(Config{
		UDP: []net.PacketConn{pc}, TCP: []net.Listener{l},
		Dial:    r.net.DialFrom(ourAddr.Addr()),
		Handler: r, Credentials: r, Domain: "example.test",
		Trunk:  func(a netip.Addr) (string, bool) { return "carrier", a == trunkAddr.Addr() },
		Limits: Limits{CallsPerSecond: 1 << 20},
		Logger: slog.New(alarm{r}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ep.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.ep.Close)
	return r
}

// alarm is a log handler that counts survived panics and fails the test on
// those it did not ask for.
type alarm struct{ r *rig }

func (a alarm) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (a alarm) WithAttrs([]slog.Attr) slog.Handler           { return a }
func (a alarm) WithGroup(string) slog.Handler                { return a }
func (a alarm) Handle(_ context.Context, rec slog.Record) error {
	if rec.Message != "sip: panic" {
		return nil
	}
	a.r.mu.Lock()
	defer a.r.mu.Unlock()
	a.r.panics++
	if !a.r.allowPanic {
		rec.Attrs(func(at slog.Attr) bool { a.r.t.Errorf("%s: %v", at.Key, at.Value); return true })
	}
	return nil
}

func (r *rig) Invite(c *Call, inv Invite) {
	r.mu.Lock()
	r.invites = append(r.invites, inv)
	r.calls = append(r.calls, c)
	f := r.onInvite
	r.mu.Unlock()
	c.Attach(r.sink(c))
	if f != nil {
		f(c, inv)
	}
}

// sink records events and hands them to the test.
func (r *rig) sink(c *Call) func(Event) {
	return func(ev Event) {
		r.mu.Lock()
		r.events = append(r.events, ev)
		f := r.onEvent
		r.mu.Unlock()
		if f != nil {
			f(c, ev)
		}
	}
}

func (r *rig) Register(reg Registration) RegisterResult {
	if r.register != nil {
		return r.register(reg)
	}
	return RegisterResult{Status: 200, Contacts: reg.Contacts}
}

func (r *rig) FlowClosed(f Flow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = append(r.closed, f)
}

func (r *rig) Known(user string) bool { return r.known != nil && r.known(user) }

func (r *rig) HA1(user, realm string, alg Algorithm) (string, string, bool) {
	if r.ha1 == nil {
		return "", "", false
	}
	return r.ha1(user, realm, alg)
}

// call is the only call so far.
func (r *rig) call() *Call {
	r.t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.calls) != 1 {
		r.t.Fatalf("%d calls, want 1", len(r.calls))
	}
	return r.calls[0]
}

// dial starts a call that records its events.
func (r *rig) dial(req DialRequest) *Call {
	var c *Call
	ready := make(chan struct{})
	c = r.ep.Dial(req, func(ev Event) {
		<-ready
		r.sink(c)(ev)
	})
	close(ready)
	return c
}

func (r *rig) dialTrunk() *Call {
	return r.dial(DialRequest{
		Targets: []Target{{URI: "sip:+4930123@" + trunkAddr.String()}},
		From:    Party{Name: "Ann", User: "100"}, To: Party{User: "+4930123"},
		Body: []byte(offerSDP),
	})
}

// want checks all events since the last want.
func (r *rig) want(kinds ...EventKind) []Event {
	r.t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.events
	r.events = nil
	var have []EventKind
	for _, ev := range got {
		have = append(have, ev.Kind)
	}
	if !slices.Equal(have, kinds) {
		r.t.Fatalf("events %v, want %v: %+v", have, kinds, got)
	}
	return got
}

// quiet reports that no event has come since the last want.
func (r *rig) quiet() bool {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events) == 0
}

// peer is a scripted user agent on a datagram socket.
type peer struct {
	r    *rig
	addr netip.AddrPort
	in   chan sip.Message
	// write sends to the endpoint.
	write func([]byte) error
}

func (r *rig) peer(addr netip.AddrPort) *peer {
	r.t.Helper()
	conn, err := r.net.ListenPacket(addr.String())
	if err != nil {
		r.t.Fatal(err)
	}
	p := &peer{r: r, addr: addr, in: make(chan sip.Message, 4096)}
	p.write = func(b []byte) error {
		_, err := conn.WriteTo(b, net.UDPAddrFromAddrPort(ourAddr))
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for {
			n, _, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			msg, err := sip.ParseMessage(slices.Clone(buf[:n]))
			if err != nil {
				r.t.Errorf("endpoint sent nonsense: %v\n%s", err, buf[:n])
				continue
			}
			p.in <- msg
		}
	}()
	r.t.Cleanup(func() { conn.Close(); <-done })
	return p
}

func (p *peer) send(text string) {
	p.r.t.Helper()
	if err := p.write([]byte(text)); err != nil {
		p.r.t.Fatal(err)
	}
}

// next is the next message of the endpoint.
func (p *peer) next() sip.Message {
	p.r.t.Helper()
	select {
	case m := <-p.in:
		return m
	case <-time.After(2 * time.Minute):
		p.r.t.Fatal("nothing came in two minutes")
		return nil
	}
}

// response is the next message, which must be a response of this status;
// 100 Trying is passed over unless asked for.
func (p *peer) response(status int) *sip.Response {
	p.r.t.Helper()
	for {
		m := p.next()
		res, ok := m.(*sip.Response)
		if ok && res.StatusCode == 100 && status != 100 {
			continue
		}
		if !ok || res.StatusCode != status {
			p.r.t.Fatalf("got %s, want response %d", startLine(m), status)
		}
		return res
	}
}

// request is the next message, which must be a request of this method.
func (p *peer) request(method sip.RequestMethod) *sip.Request {
	p.r.t.Helper()
	m := p.next()
	req, ok := m.(*sip.Request)
	if !ok || req.Method != method {
		p.r.t.Fatalf("got %s, want request %s", startLine(m), method)
	}
	return req
}

// silent checks that nothing comes for a while.
func (p *peer) silent(d time.Duration) {
	p.r.t.Helper()
	select {
	case m := <-p.in:
		p.r.t.Fatalf("got %s, want nothing", startLine(m))
	case <-time.After(d):
	}
}

// drain drops what has come.
func (p *peer) drain() {
	synctest.Wait()
	for len(p.in) > 0 {
		<-p.in
	}
}

func startLine(m sip.Message) string {
	line, _, _ := strings.Cut(m.String(), "\r\n")
	return line
}

// leg is one side of a dialog as a script keeps it.
type leg struct {
	p                *peer
	callID, tag, to  string // to: the endpoint's tag
	seq              uint32
	uri, from, toURI string
	branch           string // of the last request
	count            int
	ackedSeq         uint32
}

// leg starts a script in which the peer calls the endpoint.
func (p *peer) leg(name string) *leg {
	return &leg{
		p: p, callID: name + "@peer", tag: "tag-" + name, seq: 1,
		uri: "sip:200@203.0.113.1", from: "sip:+491701234@" + p.addr.String(), toURI: "sip:200@203.0.113.1",
	}
}

// headers are those every request of the leg has.
func (l *leg) headers(method string, seq uint32) string {
	to := "<" + l.toURI + ">"
	if l.to != "" {
		to += ";tag=" + l.to
	}
	return fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: \"Caller\" <%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:peer@%s>\r\n",
		l.p.addr, l.branch, l.from, l.tag, to, l.callID, seq, method, l.p.addr)
}

// text builds a request with a new branch.
func (l *leg) text(method string, seq uint32, body string, extra ...string) string {
	l.count++
	l.branch = fmt.Sprintf("z9hG4bK-%s-%s-%d", l.callID, method, l.count)
	return l.again(method, seq, body, extra...)
}

// again builds it with the branch of the one before.
func (l *leg) again(method string, seq uint32, body string, extra ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\n%s", method, l.uri, l.headers(method, seq))
	for _, h := range extra {
		b.WriteString(h + "\r\n")
	}
	if body != "" && !strings.Contains(b.String(), "Content-Type:") {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

// send sends a request in the next place of the dialog's order.
func (l *leg) send(method, body string, extra ...string) {
	l.p.r.t.Helper()
	l.seq++
	l.p.send(l.text(method, l.seq, body, extra...))
}

func (l *leg) invite(body string, extra ...string) {
	l.p.r.t.Helper()
	l.seq++
	l.ackedSeq = l.seq
	l.p.send(l.text("INVITE", l.seq, body, extra...))
}

func (l *leg) ack(body string) {
	l.p.r.t.Helper()
	l.p.send(l.text("ACK", l.ackedSeq, body))
}

// learn takes the endpoint's tag and Contact.
func (l *leg) learn(res *sip.Response) {
	l.to, _ = res.To().Params.Get("tag")
	if c := res.Contact(); c != nil {
		l.uri = c.Address.String()
	}
}

// established is a call that the trunk made and the endpoint answered.
func (r *rig) established(p *peer) (*Call, *leg) {
	r.t.Helper()
	l := p.leg("call")
	l.invite(offerSDP)
	c := r.call()
	c.Answer([]byte(answerSDP))
	l.learn(p.response(200))
	l.ack("")
	r.want(Acked)
	return c, l
}

// reply answers a request of the endpoint. tag is put into To when it has none.
func (p *peer) reply(req *sip.Request, status int, tag, body string, extra ...string) {
	p.r.t.Helper()
	p.send(p.replyText(req, status, tag, body, extra...))
}

func (p *peer) replyText(req *sip.Request, status int, tag, body string, extra ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", status, phrase(status))
	for _, h := range req.GetHeaders("Via") {
		b.WriteString(h.String() + "\r\n")
	}
	to := req.To().Value()
	if tag != "" && tagOf(req.To().Params) == "" {
		to += ";tag=" + tag
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", req.From().Value(), to, req.CallID().Value(), req.CSeq().Value())
	hasContact := false
	for _, h := range extra {
		b.WriteString(h + "\r\n")
		hasContact = hasContact || strings.HasPrefix(h, "Contact:")
	}
	if !hasContact && req.Method == sip.INVITE && status < 300 {
		fmt.Fprintf(&b, "Contact: <sip:callee@%s>\r\n", p.addr)
	}
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

// calledLeg is the script of a peer that was called by invite and answers with
// tag.
func (p *peer) calledLeg(invite *sip.Request, tag string) *leg {
	return &leg{
		p: p, callID: invite.CallID().Value(), tag: tag, to: tagOf(invite.From().Params), seq: 100,
		uri: invite.Contact().Address.String(), from: invite.To().Address.String(), toURI: invite.From().Address.String(),
	}
}

// answered is a call that the endpoint made and the trunk answered.
func (r *rig) answered(p *peer) (*Call, *leg) {
	r.t.Helper()
	c := r.dialTrunk()
	inv := p.request(sip.INVITE)
	p.reply(inv, 200, "callee", answerSDP)
	p.request(sip.ACK)
	r.want(Answered)
	return c, p.calledLeg(inv, "callee")
}

// record is a log that remembers its messages.
type record struct {
	mu       sync.Mutex
	messages []string
}

func (l *record) logger() *slog.Logger { return slog.New(recorder{l}) }

func (l *record) has(message string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.messages, message)
}

type recorder struct{ l *record }

func (recorder) Enabled(context.Context, slog.Level) bool { return true }
func (h recorder) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h recorder) WithGroup(string) slog.Handler          { return h }
func (h recorder) Handle(_ context.Context, rec slog.Record) error {
	h.l.mu.Lock()
	defer h.l.mu.Unlock()
	h.l.messages = append(h.l.messages, rec.Message)
	return nil
}
