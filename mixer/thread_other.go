//go:build !linux

package mixer

import (
	"errors"
	"runtime"
	"time"
)

// takeThread locks the goroutine to its thread. Priorities and absolute sleeps
// are for Linux only.
func takeThread(clock func() int64, _ bool) (p priority, sleep func(until int64), err error) {
	runtime.LockOSThread()
	return plainPriority, func(until int64) {
		time.Sleep(time.Duration(until - clock()))
	}, errors.ErrUnsupported
}
