package media

import (
	"math"
	"sync/atomic"
	"time"

	"warmline/media/quality"
)

// atomicFloat is a number one goroutine writes and others read.
type atomicFloat struct{ bits atomic.Uint64 }

func (f *atomicFloat) store(v float64) { f.bits.Store(math.Float64bits(v)) }

func (f *atomicFloat) load() float64 { return math.Float64frombits(f.bits.Load()) }

// farCounters are what the peer's RTCP says of the stream we send.
type farCounters struct {
	reports atomic.Uint64
	lost    atomic.Int64
	loss    atomicFloat  // share of all packets
	recent  atomicFloat  // share of those of the last interval
	jitter  atomic.Int64 // nanoseconds
	// Of the last VoIP metrics; the whole word is 0 while none came.
	scores atomic.Uint64 // presence, then rating, MOS-LQ, MOS-CQ, discard rate, one byte each
	delays atomic.Uint64 // end system and jitter buffer, in ms, 16 bits each
}

// maxFarJitter is more than any network has: beyond, the peer counts in other
// units than we.
const maxFarJitter = 10 * time.Second

// report takes in a block about our stream, of which so many packets were sent.
func (f *farCounters) report(b *receptionBlock, sent uint32, a *agreement) {
	f.reports.Add(1)
	f.lost.Store(int64(max(b.lost, 0)))
	f.recent.store(float64(b.fraction) / 256)
	if sent > 0 {
		f.loss.store(min(float64(max(b.lost, 0))/float64(sent), 1))
	}
	if j := fromClock(int64(b.jitter), a.clock()); j < int64(maxFarJitter) {
		f.jitter.Store(j)
	}
}

// farBuffer is what the peer's jitter buffer is taken to add where it does not
// say: twice the jitter, and no less than two packets.
func farBuffer(jitter time.Duration) time.Duration { return max(2*jitter, 2*packetization) }

// call is the direction to the peer for the E-model.
func (f *farCounters) call(codec quality.Codec, roundTrip time.Duration) quality.Call {
	return quality.Call{
		Codec: codec, Loss: f.loss.load(), BurstRatio: 1,
		Delay: roundTrip/2 + packetization + farBuffer(time.Duration(f.jitter.Load())),
	}
}

// scored is set in scores once metrics came.
const scored = 1 << 32

// extended takes in the peer's VoIP metrics.
func (f *farCounters) extended(m *voipMetrics) {
	f.scores.Store(scored | uint64(m.rating)<<24 | uint64(m.listening)<<16 | uint64(m.conversational)<<8 | uint64(m.discardRate))
	f.delays.Store(uint64(m.endDelay)<<16 | uint64(m.bufferNominal))
}

// show fills in the far end's part of the statistics.
func (f *farCounters) show(st *Stats, codec quality.Codec) {
	st.FarReports = f.reports.Load()
	st.FarLost = uint64(f.lost.Load())
	st.FarLoss, st.FarRecentLoss = f.loss.load(), f.recent.load()
	st.FarJitter = time.Duration(f.jitter.Load())
	if st.FarReports > 0 {
		st.FarMOS = f.call(codec, st.RoundTrip).Conversational()
	}
	word := f.scores.Load()
	if word&scored == 0 {
		return
	}
	st.FarDiscarded = float64(uint8(word)) / 256
	st.FarRating = known(uint8(word>>24), 1, 0, 120)
	st.FarListening = known(uint8(word>>16), 10, 10, 50)
	if mos := known(uint8(word>>8), 10, 10, 50); mos != 0 {
		st.FarMOS = mos
	}
	delays := f.delays.Load()
	st.FarDelay = time.Duration(delays>>16) * time.Millisecond
	st.FarBuffer = time.Duration(uint16(delays)) * time.Millisecond
}

// known is a figure of VoIP metrics in its unit; 0 where it is not available, or
// not of its range.
func known(v uint8, unit float64, least, most uint8) float64 {
	if v < least || v > most {
		return 0
	}
	return float64(v) / unit
}
