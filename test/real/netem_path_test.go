//go:build real

package real

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// path is one room: a talker, the network between it and the server, and a
// listener whose network does nothing.
//
//	talker ─▶ [netem] ─▶ network ─▶ entry ─▶ server ─▶ listener
//
// The network notes what comes when, and hands it on: at once where the
// kernel's netem stands before it, else when its own fates say so.
type path struct {
	network
	class    int
	fate     []int64 // of each packet; nil: netem decides
	talker   *net.UDPConn
	entry    *net.UDPConn // the talker's address, as the server sees it
	listener *net.UDPConn
	toEntry  netip.AddrPort // where the server wants the talker's packets,
	toEar    netip.AddrPort // and where the listener's

	// By packet, and after the run by packet of speech:
	sent   []int64 // ns of the wall clock
	passed []int64 // when it left for the server; 0: lost

	mu    sync.Mutex
	heard []arrival
}

// arrival is a packet of the server's.
type arrival struct {
	at      int64 // ns of the wall clock, by the kernel
	ts      uint32
	payload []byte
}

const (
	packetTime = 20 * time.Millisecond
	leadIn     = 250 // packets of silence before the speech, as phones send from the start of a call,
	leadOut    = 50  // and after it
)

// openPath opens the sockets of a room.
func openPath(t *testing.T, w network, class int) *path {
	t.Helper()
	p := &path{network: w, class: class}
	for _, conn := range []**net.UDPConn{&p.talker, &p.entry, &p.listener} {
		ip := net.ParseIP(trunkAddr)
		if conn == &p.talker {
			ip = net.IPv4(127, 0, 0, 1)
		}
		var err error
		if *conn, err = net.ListenUDP("udp4", &net.UDPAddr{IP: ip}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = (*conn).Close() })
	}
	setOption(t, p.talker, unix.SO_PRIORITY, class)
	setOption(t, p.listener, unix.SO_TIMESTAMPNS, 1)
	return p
}

func setOption(t *testing.T, conn *net.UDPConn, option, value int) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err == nil {
		if e := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, value) }); e != nil {
			err = e
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// meet waits for the server's first packets, which say where it wants ours, and
// starts to listen.
func (p *path) meet(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	buf := make([]byte, 2048)
	for _, leg := range []struct {
		conn *net.UDPConn
		to   *netip.AddrPort
	}{{p.entry, &p.toEntry}, {p.listener, &p.toEar}} {
		_ = leg.conn.SetReadDeadline(deadline)
		_, from, err := leg.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			t.Fatalf("the server sends nothing: %v", err)
		}
		*leg.to = from
		_ = leg.conn.SetReadDeadline(time.Time{})
	}
	go p.listen()
}

// listen keeps all that comes, until the socket is closed.
func (p *path) listen() {
	buf, oob := make([]byte, 2048), make([]byte, 128)
	for {
		n, m, _, _, err := p.listener.ReadMsgUDPAddrPort(buf, oob)
		if err != nil {
			return
		}
		if n < 12 || buf[0] != 0x80 || buf[1]&0x7f != 0 {
			continue
		}
		a := arrival{stamp(oob[:m]), binary.BigEndian.Uint32(buf[4:]), slices.Clone(buf[12:n])}
		p.mu.Lock()
		p.heard = append(p.heard, a)
		p.mu.Unlock()
	}
}

// stamp is when the kernel got a packet.
func stamp(oob []byte) int64 {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(messages) == 0 || len(messages[0].Data) < 16 {
		return time.Now().UnixNano()
	}
	d := messages[0].Data
	return int64(binary.NativeEndian.Uint64(d))*1e9 + int64(binary.NativeEndian.Uint64(d[8:]))
}

// carrier speaks for all talkers and is the network, in one thread of real-time
// priority.
type carrier struct {
	paths  []*path
	sound  []byte // PCMU, sent by everybody
	frames int
	fd     int // the network's near end
	near   netip.AddrPort
	held   departures
	thread int
	late   []int64 // how late each of the talkers' packets was, ns
	packet [12 + 160]byte
}

// departure is a packet held by the network.
type departure struct {
	at   int64
	path int
	seq  int
}

// departures are a heap, the earliest on top.
type departures []departure

func (d departures) Len() int           { return len(d) }
func (d departures) Less(i, j int) bool { return d[i].at < d[j].at }
func (d departures) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *departures) Push(x any)        { *d = append(*d, x.(departure)) }
func (d *departures) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

func newCarrier(t *testing.T, paths []*path, speech []byte) *carrier {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		t.Cleanup(func() { _ = unix.Close(fd) })
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	sound := slices.Concat(bytes.Repeat([]byte{0xff}, leadIn*160), speech, bytes.Repeat([]byte{0xff}, leadOut*160))
	c := &carrier{paths: paths, sound: sound, frames: len(sound) / 160, fd: fd,
		near: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(name.(*unix.SockaddrInet4).Port))}
	for _, p := range paths {
		p.sent, p.passed = make([]int64, c.frames), make([]int64, c.frames)
	}
	return c
}

// run says everything once. Packet n of the timetable is number n/len(paths) of
// path n%len(paths): the talkers' phases are spread over the 20 ms.
func (c *carrier) run() {
	start := time.Now().Add(packetTime)
	total := c.frames * len(c.paths)
	due := func(n int) time.Time {
		return start.Add(time.Duration(int64(n) * int64(packetTime) / int64(len(c.paths))))
	}
	end := due(total).Add(time.Second) // for what is still on its way
	for n := 0; ; {
		c.hold()
		for now := time.Now(); n < total && !now.Before(due(n)); n++ {
			c.late = append(c.late, int64(now.Sub(due(n))))
			c.say(n%len(c.paths), n/len(c.paths))
		}
		c.take()
		c.deliver()
		next := end
		if n < total {
			next = due(n)
		}
		if len(c.held) > 0 && c.held[0].at < next.UnixNano() {
			next = time.Unix(0, c.held[0].at)
		}
		if !time.Now().Before(end) {
			break
		}
		c.wait(time.Until(next))
	}
	for _, p := range c.paths {
		p.sent, p.passed = p.sent[leadIn:c.frames-leadOut], p.passed[leadIn:c.frames-leadOut]
	}
}

// hold raises the present thread, if it is a new one. Without the right to do
// so all goes on as well as it can.
func (c *carrier) hold() {
	if id := unix.Gettid(); id != c.thread {
		c.thread = id
		_ = unix.SchedSetAttr(id, &unix.SchedAttr{
			Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Flags: unix.SCHED_FLAG_RESET_ON_FORK, Priority: 20,
		}, 0)
	}
}

// release lowers it again.
func (c *carrier) release() {
	_ = unix.SchedSetAttr(c.thread, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0)
}

// wait sleeps for so long, or until a packet comes.
func (c *carrier) wait(d time.Duration) {
	ts := unix.NsecToTimespec(int64(max(d, 0)))
	_, _ = unix.Ppoll([]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}}, &ts, nil)
}

// say sends one packet of a talker, and one of silence of the listener.
func (c *carrier) say(i, seq int) {
	p := c.paths[i]
	p.sent[seq] = time.Now().UnixNano()
	_, _ = p.talker.WriteToUDPAddrPort(c.fill(i, seq), c.near)
	packet := c.fill(i|1<<15, seq)
	for k := range packet[12:] {
		packet[12+k] = 0xff
	}
	_, _ = p.listener.WriteToUDPAddrPort(packet, p.toEar)
}

// fill writes a packet of a talker.
func (c *carrier) fill(ssrc, seq int) []byte {
	c.packet[0] = 0x80
	binary.BigEndian.PutUint16(c.packet[2:], uint16(seq))
	binary.BigEndian.PutUint32(c.packet[4:], uint32(seq*160))
	binary.BigEndian.PutUint32(c.packet[8:], uint32(ssrc))
	copy(c.packet[12:], c.sound[seq*160:][:160])
	return c.packet[:]
}

// take reads what has come to the network.
func (c *carrier) take() {
	var buf [2048]byte
	for {
		n, _, err := unix.Recvfrom(c.fd, buf[:], 0)
		if err != nil || n < 12 {
			return
		}
		d := departure{path: int(binary.BigEndian.Uint32(buf[8:])), seq: int(binary.BigEndian.Uint16(buf[2:]))}
		if p := c.paths[d.path]; p.fate != nil {
			if p.fate[d.seq] == lost {
				continue
			}
			d.at = p.sent[d.seq] + p.fate[d.seq]
		}
		heap.Push(&c.held, d)
	}
}

// deliver hands on what is due.
func (c *carrier) deliver() {
	for len(c.held) > 0 {
		now := time.Now().UnixNano()
		if c.held[0].at > now {
			return
		}
		d := heap.Pop(&c.held).(departure)
		p := c.paths[d.path]
		p.passed[d.seq] = now
		_, _ = p.entry.WriteToUDPAddrPort(c.fill(d.path, d.seq), p.toEntry)
	}
}
