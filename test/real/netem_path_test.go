//go:build real

package real

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
	"unsafe"

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
	fate     []int64 // of each packet; nil: netem decides
	talker   *net.UDPConn
	entry    *net.UDPConn // the talker, as the server sees it
	listener *net.UDPConn

	// Of the same three, for the carrier.
	talkerFD, entryFD, listenerFD int

	// By packet, and after the run by packet of speech:
	sent   []int64 // ns of the wall clock
	passed []int64 // when it left for the server; 0: lost
}

const (
	packetTime = 20 * time.Millisecond
	leadIn     = 200 // packets of silence before the speech, as phones send from the start of a call,
	leadOut    = 50  // and after it
)

// openPath opens the sockets of a room.
func openPath(t *testing.T, w network, class int) *path {
	t.Helper()
	p := &path{network: w}
	for _, s := range []struct {
		conn **net.UDPConn
		fd   *int
		ip   string
	}{{&p.talker, &p.talkerFD, "127.0.0.1"}, {&p.entry, &p.entryFD, trunkAddr}, {&p.listener, &p.listenerFD, trunkAddr}} {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(s.ip)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		*s.conn, *s.fd = conn, descriptor(t, conn)
	}
	setOption(t, p.talkerFD, unix.SO_PRIORITY, class)
	// What is heard stays in the kernel until all is over: the listener takes no
	// time while others are measured.
	setOption(t, p.listenerFD, unix.SO_RCVBUFFORCE, 8<<20)
	setOption(t, p.listenerFD, unix.SO_TIMESTAMPNS, 1)
	return p
}

func descriptor(t *testing.T, conn *net.UDPConn) (fd int) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err == nil {
		err = raw.Control(func(f uintptr) { fd = int(f) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func setOption(t *testing.T, fd, option, value int) {
	t.Helper()
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, value); err != nil {
		t.Fatal(err)
	}
}

// meet waits for the server's first packets, which say where it wants ours.
func (p *path) meet(t *testing.T) {
	t.Helper()
	buf := make([]byte, 2048)
	for conn, fd := range map[*net.UDPConn]int{p.entry: p.entryFD, p.listener: p.listenerFD} {
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			t.Fatalf("the server sends nothing: %v", err)
		}
		connect(t, fd, from)
	}
}

func connect(t *testing.T, fd int, to netip.AddrPort) {
	t.Helper()
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().Unmap().As4()}); err != nil {
		t.Fatal(err)
	}
}

// arrival is a packet of the server's.
type arrival struct {
	at      int64 // ns of the wall clock, by the kernel
	ts      uint32
	payload []byte
}

// heard is all that came to the listener from a moment on.
func (p *path) heard(from int64) (list []arrival) {
	buf, oob := make([]byte, 2048), make([]byte, 128)
	for {
		n, m, _, _, err := unix.Recvmsg(p.listenerFD, buf, oob, unix.MSG_DONTWAIT)
		if err != nil {
			return list
		}
		at := stamp(oob[:m])
		if n < 12 || buf[0] != 0x80 || buf[1]&0x7f != 0 || at < from {
			continue
		}
		list = append(list, arrival{at, binary.BigEndian.Uint32(buf[4:]), slices.Clone(buf[12:n])})
	}
}

// stamp is when the kernel got a packet; 0 if it does not say.
func stamp(oob []byte) int64 {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(messages) == 0 || len(messages[0].Data) < 16 {
		return 0
	}
	d := messages[0].Data
	return int64(binary.NativeEndian.Uint64(d))*1e9 + int64(binary.NativeEndian.Uint64(d[8:]))
}

// carrier speaks for all talkers and is the network, in one thread of real-time
// priority. It calls the kernel without the runtime's knowledge: to give up the
// processor and get it back would make it wait for threads of common priority.
type carrier struct {
	paths  []*path
	sound  []byte // PCMU, sent by everybody
	frames int
	fd     int // the network's near end
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
	c := &carrier{paths: paths, sound: sound, frames: len(sound) / 160, fd: fd}
	c.late = make([]int64, 0, c.frames*len(paths))
	near := name.(*unix.SockaddrInet4)
	setOption(t, fd, unix.SO_RCVBUFFORCE, 8<<20)
	for _, p := range paths {
		connect(t, p.talkerFD, netip.AddrPortFrom(netip.AddrFrom4(near.Addr), uint16(near.Port)))
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
			Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Flags: unix.SCHED_FLAG_RESET_ON_FORK, Priority: 40,
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
	fds := [1]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}}
	_, _, _ = unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds[0])), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
}

// send hands the packet to a connected socket. One that is not taken is lost.
func (c *carrier) send(fd int) {
	_, _, _ = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&c.packet[0])), uintptr(len(c.packet)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
}

// say sends one packet of a talker, and one of silence of the listener.
func (c *carrier) say(i, seq int) {
	p := c.paths[i]
	c.fill(i, seq)
	p.sent[seq] = time.Now().UnixNano()
	c.send(p.talkerFD)
	for k := range c.packet[12:] {
		c.packet[12+k] = 0xff
	}
	c.send(p.listenerFD)
}

// fill writes a packet of a talker.
func (c *carrier) fill(ssrc, seq int) {
	c.packet[0] = 0x80
	binary.BigEndian.PutUint16(c.packet[2:], uint16(seq))
	binary.BigEndian.PutUint32(c.packet[4:], uint32(seq*160))
	binary.BigEndian.PutUint32(c.packet[8:], uint32(ssrc))
	copy(c.packet[12:], c.sound[seq*160:][:160])
}

// take reads what has come to the network.
func (c *carrier) take() {
	var buf [2048]byte
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(c.fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)),
			unix.MSG_DONTWAIT, 0, 0)
		if errno != 0 || n < 12 {
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
		c.fill(d.path, d.seq)
		c.send(p.entryFD)
	}
}
