package media

import (
	"errors"
	"math/rand/v2"
	"time"
)

// ErrNoPort says that every port pair of the range is in use or rests.
var ErrNoPort = errors.New("media: no free RTP port")

// portPool hands out the even ports of a range, the one that has rested
// longest first, so that late packets of an ended call find nobody. The
// engine's lock guards it.
type portPool struct {
	rest time.Duration
	free []restingPort // in the order of their release
}

type restingPort struct {
	port  uint16
	until time.Time // not before; zero: never used
}

// newPortPool has the pairs in random order: guessing the port of the next call
// shall not be easy.
func newPortPool(lowest, highest int, rest time.Duration) *portPool {
	p := &portPool{rest: rest}
	for port := lowest + lowest%2; port+1 <= highest; port += 2 {
		p.free = append(p.free, restingPort{port: uint16(port)})
	}
	rand.Shuffle(len(p.free), func(i, j int) { p.free[i], p.free[j] = p.free[j], p.free[i] })
	return p
}

// take returns a port that has rested.
func (p *portPool) take(now time.Time) (uint16, bool) {
	if len(p.free) == 0 || p.free[0].until.After(now) {
		return 0, false
	}
	port := p.free[0].port
	p.free = p.free[1:]
	return port, true
}

// put lets a port rest.
func (p *portPool) put(port uint16, now time.Time) {
	p.free = append(p.free, restingPort{port, now.Add(p.rest)})
}

// ready counts the ports that could be taken now.
func (p *portPool) ready(now time.Time) int {
	for i, r := range p.free {
		if r.until.After(now) {
			return i
		}
	}
	return len(p.free)
}
