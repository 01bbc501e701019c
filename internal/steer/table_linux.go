package steer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// ports is how many there are.
const ports = 1 << 16

// Table says which lane has the datagrams of which port. The kernel reads it for
// every datagram that comes to this network namespace for a socket that is not
// connected. All methods may be called by any goroutine, those about one port by
// one at a time.
type Table struct {
	rows    []row // shared with the kernel
	memory  []byte
	rowsMap *ebpf.Map
	sockets *ebpf.Map
	program *ebpf.Program
	hook    link.Link

	dropped atomic.Uint64

	mu    sync.Mutex
	taken []bool // lanes in use
}

// row is what the program knows of a port. Words of 8 bytes are read and written
// as one.
type row struct {
	local  uint64 // 1 + the lane in the lower half, the local address in the upper; 0: nobody's
	peer   uint64 // the only one to be heard, address in the lower half, port in the upper; 0: anybody
	window uint64 // the program's: the time that count is of
	count  uint64
}

// NewTable attaches the program to the calling thread's network namespace, for
// so many lanes. It fails where the system does not permit it.
func NewTable(lanes int) (*Table, error) {
	t := &Table{taken: make([]bool, lanes)}
	if err := t.open(); err != nil {
		t.Close()
		return nil, failed(err)
	}
	return t, nil
}

// failed says what would be right, if the system said no.
func failed(err error) error {
	if m := Missing(); m != "" {
		return fmt.Errorf("steer: it takes %s: %w", m, err)
	}
	return fmt.Errorf("steer: %w", err)
}

func (t *Table) open() (err error) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return errors.New("the rows are laid out for processors that have the low byte first")
	}
	size := ports * int(unsafe.Sizeof(row{}))
	t.rowsMap, err = ebpf.NewMap(&ebpf.MapSpec{
		Name: "ports", Type: ebpf.Array, KeySize: 4, ValueSize: uint32(unsafe.Sizeof(row{})),
		MaxEntries: ports, Flags: unix.BPF_F_MMAPABLE,
	})
	if err != nil {
		return err
	}
	t.memory, err = unix.Mmap(t.rowsMap.FD(), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mapping the ports: %w", err)
	}
	t.rows = unsafe.Slice((*row)(unsafe.Pointer(unsafe.SliceData(t.memory))), ports)
	t.sockets, err = ebpf.NewMap(&ebpf.MapSpec{
		Name: "lanes", Type: ebpf.SockMap, KeySize: 4, ValueSize: 8, MaxEntries: uint32(len(t.taken)),
	})
	if err != nil {
		return err
	}
	t.program, err = ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "steer", Type: ebpf.SkLookup, AttachType: ebpf.AttachSkLookup,
		Instructions: program(t.rowsMap, t.sockets), License: "Dual MIT/GPL",
	})
	if err != nil {
		return err
	}
	return t.attach()
}

// attach hooks the program into the thread's namespace, until it is closed.
func (t *Table) attach() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ns, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("the network namespace: %w", err)
	}
	defer unix.Close(ns)
	t.hook, err = link.AttachNetNs(ns, t.program)
	return err
}

// Close lets every port's own socket have its datagrams again. Lanes must be
// closed before.
func (t *Table) Close() {
	if t.hook != nil {
		t.hook.Close()
	}
	if t.program != nil {
		t.program.Close()
	}
	if t.sockets != nil {
		t.sockets.Close()
	}
	if t.memory != nil {
		unix.Munmap(t.memory)
		t.memory, t.rows = nil, nil
	}
	if t.rowsMap != nil {
		t.rowsMap.Close()
	}
}

// Lanes counts the lanes that are open.
func (t *Table) Lanes() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range t.taken {
		if b {
			n++
		}
	}
	return n
}

// Dropped counts the datagrams for which a lane had no room: too many waited, for
// one port or for all, or they were longer than any that is of use.
func (t *Table) Dropped() uint64 { return t.dropped.Load() }

// take gives a lane's socket a number.
func (t *Table) take(socket int) (lane int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, b := range t.taken {
		if b {
			continue
		}
		if err := t.sockets.Put(uint32(i), uint64(socket)); err != nil {
			return 0, fmt.Errorf("a lane's socket: %w", err)
		}
		t.taken[i] = true
		return i, nil
	}
	return 0, errors.New("all lanes are in use")
}

// giveBack ends that.
func (t *Table) giveBack(lane int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = t.sockets.Delete(uint32(lane)) // the kernel does it with the socket
	t.taken[lane] = false
}

// steer has a lane get what comes for a local address, from anybody.
func (t *Table) steer(local netip.AddrPort, lane int) {
	r := &t.rows[local.Port()]
	atomic.StoreUint64(&r.peer, 0)
	atomic.StoreUint64(&r.local, uint64(lane+1)|uint64(word(local.Addr()))<<32)
}

// only has the program turn everybody away but a port's peer, as for a socket
// that is connected; the zero value lets all in again.
func (t *Table) only(port uint16, peer netip.AddrPort) {
	var v uint64
	if peer.IsValid() {
		v = uint64(word(peer.Addr())) | uint64(swap(peer.Port()))<<32
	}
	atomic.StoreUint64(&t.rows[port].peer, v)
}

// stop has a port's own socket get all again.
func (t *Table) stop(port uint16) { atomic.StoreUint64(&t.rows[port].local, 0) }

// word is an IPv4 address as the kernel has it in memory.
func word(a netip.Addr) uint32 {
	b := a.As4()
	return *(*uint32)(unsafe.Pointer(&b))
}

// swap is a port in the order of the network.
func swap(port uint16) uint16 {
	b := [2]byte{byte(port >> 8), byte(port)}
	return *(*uint16)(unsafe.Pointer(&b))
}
