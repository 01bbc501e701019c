package media

import (
	"sync/atomic"
	"time"

	"warmline/media/quality"
	"warmline/mixer"
)

// counters are what the worker tells the rest of the program. It alone writes
// them.
type counters struct {
	// What each frame changes is together.
	now                   gauge // the worker's clock when it last looked
	audioAt               gauge // when the last audio packet came, or the agreement
	packetsIn, packetsOut atomic.Uint64
	lost                  gauge
	jitter                gauge // nanoseconds
	delay                 gauge // nanoseconds audio waits in the jitter buffer
	concealed             gauge // nanoseconds the playout made up
	frames                [mixer.MaxCodecs]frameCounters

	started           atomic.Bool
	discarded, unsent atomic.Uint64
	late              atomic.Uint64 // of the discarded: came after they were to be played
	byes              atomic.Uint64 // RTCP's, of the peer
	bursts            atomicFloat   // BurstR of what is missing, as of the last report
	roundTrip         atomic.Int64  // nanoseconds
	far               farCounters
	remote            addrCell
}

// gauge is a number that the worker sets and others read.
type gauge struct{ v atomic.Int64 }

// set leaves a value alone that is right already: an atomic store has the
// processor wait for all that was stored before.
func (g *gauge) set(v int64) {
	if g.v.Load() != v {
		g.v.Store(v)
	}
}

func (g *gauge) get() int64 { return g.v.Load() }

// frameCounters are what became of the frames sent in one codec.
type frameCounters struct {
	encoded atomic.Uint64 // by an encoder of the session's own
	shared  atomic.Uint64 // copied from what was encoded once for several
	relayed atomic.Uint64 // handed on undecoded
}

// of are the counters of a codec.
func (c *counters) of(k *codec) *frameCounters { return &c.frames[k.number()] }

// packetization is how long the speaker's packets take to fill.
const packetization = 20 * time.Millisecond

// buffered is how long the audio waits in the jitter buffer.
func (c *counters) buffered() time.Duration {
	return time.Duration(c.delay.get())
}

// call is the direction from the peer for the E-model. What came too late is as
// good as lost.
func (c *counters) call(codec quality.Codec) quality.Call {
	lost := uint64(c.lost.get())
	missing, expected := lost+c.late.Load(), lost+c.packetsIn.Load()
	return quality.Call{
		Codec: codec, Loss: float64(missing) / float64(max(expected, 1)), BurstRatio: c.bursts.load(),
		Delay: time.Duration(c.roundTrip.Load())/2 + c.buffered() + packetization,
	}
}
