package sip

import (
	"net/netip"
	"time"
)

// After maxFailures wrong answers for one name from one address within
// failureWindow that pair is refused for lockout. Keyed by both, a stranger
// cannot lock an agent out of the agent's own address.
const (
	maxFailures   = 10
	failureWindow = 5 * time.Minute
	lockout       = 5 * time.Minute

	// maxAddrFailures does the same for an address that tries many names.
	maxAddrFailures = 100

	// failureEntries bounds the table; beyond it the oldest go.
	failureEntries = 1 << 14
)

// failureKey is a user name and an address prefix; the empty name counts all
// names of the address.
type failureKey struct {
	name string
	addr netip.Prefix
}

type failure struct {
	n     int
	until time.Time // end of the window, or of the lock-out
}

type failures map[failureKey]failure

func newFailures() failures { return make(failures) }

// maxNameKey cuts the names kept as keys: no user has a longer one.
const maxNameKey = 64

func keysOf(name string, src netip.Addr) [2]failureKey {
	if len(name) > maxNameKey {
		name = name[:maxNameKey]
	}
	p := prefixOf(src)
	return [2]failureKey{{name, p}, {"", p}}
}

func (a *authenticator) locked(name string, src netip.Addr, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, k := range keysOf(name, src) {
		if f, ok := a.failures[k]; ok && now.Before(f.until) && f.n >= failureLimit(i) {
			return true
		}
	}
	return false
}

func failureLimit(i int) int {
	if i == 0 {
		return maxFailures
	}
	return maxAddrFailures
}

func (a *authenticator) failed(name string, src netip.Addr, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, k := range keysOf(name, src) {
		f := a.failures[k]
		if !now.Before(f.until) {
			f = failure{until: now.Add(failureWindow)}
		}
		if f.n++; f.n == failureLimit(i) {
			f.until = now.Add(lockout)
		}
		if f.n == 1 {
			a.failures.room(now)
		}
		a.failures[k] = f
	}
}

// forgive drops the count of a user who knows the password after all; that of
// the address stays, or one good account would cover guesses at others.
func (a *authenticator) forgive(name string, src netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.failures, keysOf(name, src)[0])
}

// room makes a place in a full table: it drops what has expired among a few
// entries (map order is random), or else the one of them that ends first.
func (f failures) room(now time.Time) {
	if len(f) < failureEntries {
		return
	}
	const sample = 16
	var (
		victim failureKey
		end    time.Time
		seen   int
	)
	for k, v := range f {
		if !now.Before(v.until) {
			delete(f, k)
			return
		}
		if seen == 0 || v.until.Before(end) {
			victim, end = k, v.until
		}
		if seen++; seen == sample {
			break
		}
	}
	delete(f, victim)
}
