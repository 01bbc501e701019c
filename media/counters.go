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
	packetsIn, packetsOut atomic.Uint64
	lost                  atomic.Uint64
	discarded, unsent     atomic.Uint64
	late                  atomic.Uint64 // of the discarded: came after they were to be played
	byes                  atomic.Uint64 // RTCP's, of the peer
	bursts                atomicFloat   // BurstR of what is missing, as of the last report
	jitter                atomic.Int64  // nanoseconds
	delay                 atomic.Int64  // nanoseconds audio waits in the jitter buffer
	frames                [mixer.MaxCodecs]frameCounters
	concealed             atomic.Int64 // nanoseconds the playout made up
	roundTrip             atomic.Int64 // nanoseconds
	now                   atomic.Int64 // the worker's clock when it last looked
	audioAt               atomic.Int64 // when the last audio packet came, or the agreement
	started               atomic.Bool
	far                   farCounters
	remote                addrCell
}

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
	return time.Duration(c.delay.Load())
}

// call is the direction from the peer for the E-model. What came too late is as
// good as lost.
func (c *counters) call(codec quality.Codec) quality.Call {
	lost := c.lost.Load()
	missing, expected := lost+c.late.Load(), lost+c.packetsIn.Load()
	return quality.Call{
		Codec: codec, Loss: float64(missing) / float64(max(expected, 1)), BurstRatio: c.bursts.load(),
		Delay: time.Duration(c.roundTrip.Load())/2 + c.buffered() + packetization,
	}
}
