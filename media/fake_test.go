package media

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pion/sdp/v3"

	"warmline/mixer"
)

// fakeNetwork joins sockets in memory: what is written can be read at once.
type fakeNetwork struct {
	mu      sync.Mutex
	sockets map[netip.AddrPort]*fakeSocket
	busy    map[netip.AddrPort]bool // somebody else's
	tap     func(p []byte)          // sees all that is written
	stamps  bool                    // sockets know when datagrams came
}

type fakeDatagram struct {
	from    netip.AddrPort
	at      int64
	payload []byte
}

type fakeSocket struct {
	net    *fakeNetwork
	local  netip.AddrPort
	peer   netip.AddrPort
	queue  []fakeDatagram
	closed bool
}

func newFakeNetwork() *fakeNetwork {
	return &fakeNetwork{sockets: map[netip.AddrPort]*fakeSocket{}, busy: map[netip.AddrPort]bool{}}
}

func (n *fakeNetwork) Listen(addr netip.AddrPort) (Socket, error) { return n.listen(addr) }

func (n *fakeNetwork) listen(addr netip.AddrPort) (*fakeSocket, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sockets[addr] != nil || n.busy[addr] {
		return nil, syscall.EADDRINUSE
	}
	s := &fakeSocket{net: n, local: addr}
	n.sockets[addr] = s
	return s, nil
}

func (s *fakeSocket) TryRead(p []byte) (int, netip.AddrPort, int64, bool) {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if len(s.queue) == 0 {
		return 0, netip.AddrPort{}, 0, false
	}
	d := s.queue[0]
	s.queue = s.queue[1:]
	return copy(p, d.payload), d.from, d.at, true
}

func (s *fakeSocket) TryWrite(p []byte, to netip.AddrPort) error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if s.closed {
		return errors.New("closed")
	}
	if s.net.tap != nil {
		s.net.tap(p)
	}
	if r := s.net.sockets[to]; r != nil && (!r.peer.IsValid() || r.peer == s.local) {
		d := fakeDatagram{from: s.local, payload: append([]byte(nil), p...)}
		if s.net.stamps {
			d.at = time.Now().UnixNano()
		}
		r.queue = append(r.queue, d)
	}
	return nil
}

func (s *fakeSocket) Connect(to netip.AddrPort) error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	s.peer = to
	return nil
}

func (s *fakeSocket) LocalAddr() netip.AddrPort { return s.local }

func (s *fakeSocket) Close() error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	s.closed = true
	delete(s.net.sockets, s.local)
	return nil
}

// read takes the next datagram as an RTP packet.
func (s *fakeSocket) read(t testing.TB) (rtpHeader, []byte, bool) {
	t.Helper()
	buf := make([]byte, datagramSize)
	n, _, _, ok := s.TryRead(buf)
	if !ok {
		return rtpHeader{}, nil, false
	}
	h, payload, ok := parseRTP(buf[:n])
	if !ok {
		t.Fatalf("not RTP: %x", buf[:n])
	}
	return h, payload, true
}

// The addresses of most tests: ours, a public peer's, and a stranger's.
var (
	ourAddr      = netip.MustParseAddr("192.0.2.1")
	peerAddr     = netip.MustParseAddrPort("198.51.100.7:4000")
	strangerAddr = netip.MustParseAddrPort("203.0.113.66:6666")
	privateAddr  = netip.MustParseAddrPort("192.168.1.20:4000")
)

// bench is a session on a fake network with a worker's clock, and its peer's
// sockets.
type bench struct {
	testing.TB
	net    *fakeNetwork
	engine *Engine
	s      *Session
	now    int64
	peer   *fakeSocket
	ctl    *fakeSocket // the peer's RTCP
	stream stream
	frame  [frameSamples]int16
}

// stream is the peer's outgoing RTP.
type stream struct {
	ssrc uint32
	seq  uint16
	ts   uint32
}

func newBench(t testing.TB, cfg SessionConfig) *bench {
	t.Helper()
	b := &bench{TB: t, net: newFakeNetwork(), now: 1_000_000_000, stream: stream{ssrc: 0xfeed, seq: 65530, ts: 0xffffff00}}
	e, err := New(Config{Network: b.net, Addr: ourAddr, PortMin: 20000, PortMax: 20099})
	if err != nil {
		t.Fatal(err)
	}
	b.engine = e
	t.Cleanup(e.Close)
	if b.s, err = e.NewSession(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.s.Close)
	b.peer, b.ctl = b.socket(peerAddr), b.socket(netip.AddrPortFrom(peerAddr.Addr(), peerAddr.Port()+1))
	return b
}

func (b *bench) socket(addr netip.AddrPort) *fakeSocket {
	b.Helper()
	s, err := b.net.listen(addr)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// rtpAddr is where the session's RTP is.
func (b *bench) rtpAddr() netip.AddrPort { return b.s.rtp.LocalAddr() }

// agree has the session answer an offer and puts it in force.
func (b *bench) agree(offer string) *sdp.SessionDescription {
	b.Helper()
	answer, err := b.s.Answer([]byte(offer))
	if err != nil {
		b.Fatalf("Answer: %v", err)
	}
	b.s.Commit()
	return read(b, answer)
}

// pull moves a session on by a frame and copies what its peer said.
func pull(s *Session, now int64, heard []int16) bool {
	ok := s.Next(now)
	copy(heard, s.Samples(mixer.Narrow))
	return ok
}

// tick lets 20 ms pass as the worker does it, and returns what was heard.
func (b *bench) tick() ([]int16, bool) {
	b.now += frameNanos
	heard := make([]int16, frameSamples)
	ok := pull(b.s, b.now, heard)
	frame := slices.Repeat(b.frame[:], b.s.Rate()/mixer.Narrow)
	b.s.Push(b.now, mixer.NewFrame(frame))
	return heard, ok
}

// send sends a packet of the peer's stream from a socket, and moves on.
func (b *bench) send(from *fakeSocket, payloadType uint8, payload []byte) {
	b.sendAs(from, &b.stream, payloadType, payload)
	b.stream.ts += uint32(len(payload))
}

// sendAs sends a packet of any stream, without moving its clock on.
func (b *bench) sendAs(from *fakeSocket, st *stream, payloadType uint8, payload []byte) {
	p := make([]byte, rtpHeaderSize, rtpHeaderSize+len(payload))
	putRTP(p, rtpHeader{payloadType: payloadType, seq: st.seq, ts: st.ts, ssrc: st.ssrc})
	st.seq++
	from.TryWrite(append(p, payload...), b.rtpAddr())
}

// level is a payload of constant loudness, so that it can be told in a frame.
func level(v int16, n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = pcmu.encode[uint16(v)>>2]
	}
	return p
}

// near says whether a frame's samples are all about v.
func near(frame []int16, v int16) bool {
	for _, s := range frame {
		if math.Abs(float64(s)-float64(v)) > math.Abs(float64(v))/20+8 {
			return false
		}
	}
	return true
}

// offerOf makes a peer's offer: c= address, m= line without "m=", attributes.
func offerOf(c, m string, attributes ...string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "v=0\r\no=peer 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=%s\r\n", c, c, m)
	for _, a := range attributes {
		s.WriteString("a=" + a + "\r\n")
	}
	return s.String()
}

// plainOffer is what most phones send.
func plainOffer(attributes ...string) string {
	return offerOf(peerAddr.Addr().String(), fmt.Sprintf("audio %d RTP/AVP 0 8 101", peerAddr.Port()),
		append([]string{"rtpmap:101 telephone-event/8000"}, attributes...)...)
}

// read parses a description of ours strictly.
func read(t testing.TB, body []byte) *sdp.SessionDescription {
	t.Helper()
	d := new(sdp.SessionDescription)
	if err := d.Unmarshal(body); err != nil {
		t.Fatalf("our description: %v\n%s", err, body)
	}
	return d
}

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }

// oneSession is the first session of an engine of its own.
func oneSession(t testing.TB, cfg Config) *Session {
	t.Helper()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	s, err := e.NewSession(SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
