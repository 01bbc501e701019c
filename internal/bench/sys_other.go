//go:build !linux

package bench

import (
	"errors"
	"net/netip"
	"runtime"
	"time"
)

// Measuring needs the kernel's time stamps and real-time threads as Linux has
// them; elsewhere it is refused.
var errSystem = errors.New("bench: runs on Linux only")

type socket struct{}

func openSocket(netip.AddrPort, bool) (socket, error) { return socket{}, errSystem }
func inUse(error) bool                                { return false }
func (socket) connect(netip.AddrPort) error           { return errSystem }
func (socket) close()                                 {}
func (socket) send([]byte) bool                       { return false }

type post struct{ out [rtpHeader + maxPayload]byte }

func newPost() *post                          { return &post{} }
func (*post) send(*leg, []byte, bool)         {}
func (*post) flush()                          {}
func (*post) fetch([]*leg) int                { return 0 }
func (*post) read(*leg) ([]byte, int64, bool) { return nil, 0, false }
func (*post) close()                          {}
func newAlarm(time.Time) (*alarm, error)      { return nil, errSystem }
func (*alarm) sleep(int64)                    {}
func pinSelf(int) error                       { return errSystem }
func pinned(int, func() error) error          { return errSystem }
func allowFiles(int) error                    { return errSystem }
func cpuTime() int64                          { return 0 }
func kernel() string                          { return runtime.GOOS }

func raise() string { return "" }

type alarm struct{}
