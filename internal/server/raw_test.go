package server_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"warmline/directory"
)

// raw is a peer that speaks SIP by hand: for what no decent phone does.
type raw struct {
	st     *stage
	addr   netip.AddrPort
	conn   net.PacketConn
	inbox  chan message
	branch int

	// The dialog, once there is one.
	callID, local, remote, target string // local and remote: From and To of our requests
	seq                           int
	seen                          map[string]bool
}

// message is a SIP message in its parts.
type message struct {
	first  string
	fields map[string]string // by lower-case name, the first of each
	body   string
}

func (m message) is(what string) bool {
	return strings.HasPrefix(m.first, what+" ") || strings.HasPrefix(m.first, "SIP/2.0 "+what+" ")
}

func (st *stage) newRaw(host string) *raw {
	st.Helper()
	addr := netip.AddrPortFrom(netip.MustParseAddr(host), 5060)
	conn, err := st.net.ListenPacket(addr.String())
	if err != nil {
		st.Fatal(err)
	}
	r := &raw{st: st, addr: addr, conn: conn, inbox: make(chan message, 1000), seen: make(map[string]bool)}
	go r.read()
	st.closers = append(st.closers, func() { conn.Close() })
	return r
}

func (r *raw) read() {
	buf := make([]byte, 65536)
	for {
		n, _, err := r.conn.ReadFrom(buf)
		if err != nil {
			close(r.inbox)
			return
		}
		head, body, _ := strings.Cut(string(buf[:n]), "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		m := message{first: lines[0], fields: make(map[string]string), body: body}
		for _, l := range lines[1:] {
			name, value, _ := strings.Cut(l, ":")
			if name = strings.ToLower(name); m.fields[name] == "" {
				m.fields[name] = strings.TrimSpace(value)
			}
		}
		r.inbox <- m
	}
}

// gets waits for a request or a status, and passes over what is before it and
// what it has had already.
func (r *raw) gets(what string) message {
	r.st.Helper()
	limit := time.After(3 * time.Second)
	for {
		select {
		case m := <-r.inbox:
			key := m.first + m.fields["cseq"] + m.fields["via"]
			if !m.is(what) || r.seen[key] {
				continue
			}
			r.seen[key] = true
			return m
		case <-limit:
			r.st.Fatalf("the peer gets no %s", what)
		}
	}
}

func (r *raw) send(first string, fields []string, contentType, body string) {
	r.st.Helper()
	if body != "" {
		fields = append(fields, "Content-Type: "+contentType)
	}
	fields = append(fields, fmt.Sprintf("Content-Length: %d", len(body)))
	text := first + "\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n" + body
	if _, err := r.conn.WriteTo([]byte(text), net.UDPAddrFromAddrPort(serverAddr)); err != nil {
		r.st.Fatal(err)
	}
}

// request sends a request of the dialog, or a first INVITE.
func (r *raw) request(method, contentType, body string) {
	r.st.Helper()
	r.branch++
	if method != "ACK" {
		r.seq++
	}
	r.send(method+" "+r.target+" SIP/2.0", []string{
		fmt.Sprintf("Via: SIP/2.0/UDP %v;branch=z9hG4bKraw%d", r.addr, r.branch),
		"From: " + r.local, "To: " + r.remote, "Call-ID: " + r.callID,
		fmt.Sprintf("CSeq: %d %s", r.seq, method), "Max-Forwards: 70", fmt.Sprintf("Contact: <sip:raw@%v>", r.addr),
	}, contentType, body)
}

// calls sends an INVITE to a number, as a trunk's caller.
func (r *raw) calls(number, body string) {
	r.st.Helper()
	r.callID = "raw-" + number + "-" + r.addr.String()
	r.target = fmt.Sprintf("sip:%s@%v", number, serverAddr)
	r.local, r.remote = fmt.Sprintf("<sip:raw@%v>;tag=raw", r.addr), "<"+r.target+">"
	r.request("INVITE", "application/sdp", body)
}

// answered waits for the 200 of the INVITE sent last and takes the dialog over.
func (r *raw) answered() message {
	r.st.Helper()
	m := r.gets("200")
	r.remote = m.fields["to"]
	_, r.target, _ = strings.Cut(m.fields["contact"], "<")
	r.target, _, _ = strings.Cut(r.target, ">")
	return m
}

// reply answers a request.
func (r *raw) reply(m message, status, body string) {
	r.st.Helper()
	to := m.fields["to"]
	if !strings.Contains(to, ";tag=") {
		to += ";tag=raw"
	}
	r.send("SIP/2.0 "+status, []string{
		"Via: " + m.fields["via"], "From: " + m.fields["from"], "To: " + to, "Call-ID: " + m.fields["call-id"],
		"CSeq: " + m.fields["cseq"], fmt.Sprintf("Contact: <sip:raw@%v>", r.addr),
	}, "application/sdp", body)
}

// takes answers the INVITE of a call to the peer.
func (r *raw) takes(m message) {
	r.st.Helper()
	r.reply(m, "200 OK", r.sdp("sendrecv", r.addr.Addr().String()))
	r.gets("ACK")
	r.callID, r.local, r.remote = m.fields["call-id"], m.fields["to"]+";tag=raw", m.fields["from"]
	_, r.target, _ = strings.Cut(m.fields["contact"], "<")
	r.target, _, _ = strings.Cut(r.target, ">")
}

// isPhoneOf binds the peer as an agent's phone.
func (r *raw) isPhoneOf(agent string) {
	r.st.Helper()
	_, err := r.st.srv.Directory().Bind(agent, []directory.Binding{{
		URI: fmt.Sprintf("sip:%s@%v", agent, r.addr), Transport: "udp", Local: serverAddr, Remote: r.addr,
		CallID: "raw-register-" + r.addr.String(), CSeq: 1, Expires: time.Now().Add(time.Hour),
	}}, false, time.Now())
	if err != nil {
		r.st.Fatal(err)
	}
}

// sdp is a description with a direction and an address.
func (r *raw) sdp(direction, addr string) string {
	return fmt.Sprintf("v=0\r\no=raw 1 %d IN IP4 %v\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"+
		"m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=%s\r\n", r.seq+1, r.addr.Addr(), addr, direction)
}
