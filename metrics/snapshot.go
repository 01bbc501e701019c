package metrics

// Snapshot is what a scrape pulls. Its counters count since the start of the
// process and never fall; its maps may lack keys, which then count as 0.
type Snapshot struct {
	Conferences   int                  // live conferences
	Participants  map[[2]string]int    // role, status
	Registrations int                  // live bindings of phones
	SIPRequests   map[[2]string]uint64 // method, direction ("in", "out")
	SIPResponses  map[[3]string]uint64 // method, code, direction
	SIPDropped    map[string]uint64    // by reason
	LeakedFrames  uint64               // frames with a voice sent to a held party: always 0
	SkippedTicks  uint64               // mixer ticks given up because a worker was late
	TickLateness  Histogram            // seconds a tick began after its time
	TickDuration  Histogram            // seconds a tick took
	Workers       map[string]int       // media workers by priority
	Batched       int                  // media workers whose packets go many at a time
	Steered       int                  // media workers whose legs' packets go by one socket
	WorkerUse     []float64            // of each, the share of its time it was busy, 0 to 1
	Encodes       map[[2]string]uint64 // frames by codec and shared ("yes", "no")
	Encrypted     int                  // legs with SRTP
	Relayed       map[string]uint64    // frames handed on untouched, by codec
	PacketsIn     uint64               // RTP
	PacketsOut    uint64
	PacketsLost   uint64
	Jitter        []float64      // seconds, of each live leg
	QueueWaiting  map[string]int // by queue id
	Agents        map[string]int // by presence
	MediaPriority string         // "realtime", "nice", "plain"

	SteeringDropped uint64 // datagrams that had come, but for which there was no room

	RecordsWritten uint64 // call records
	RecordsDropped uint64
}

// Histogram has one count per bound (seconds, ascending) and one more for what
// lies above the last; the counts are not cumulative.
type Histogram struct {
	Bounds []float64
	Counts []uint64
	Sum    float64 // seconds
}

// cumulative returns the histogram as Prometheus wants it: how many
// observations in all, and how many up to each bound.
func (h Histogram) cumulative() (count uint64, buckets map[float64]uint64) {
	buckets = make(map[float64]uint64, len(h.Bounds))
	for i, n := range h.Counts {
		count += n
		if i < len(h.Bounds) {
			buckets[h.Bounds[i]] = count
		}
	}
	// Bounds without counts (nothing observed yet) still have to be there.
	for i := len(h.Counts); i < len(h.Bounds); i++ {
		buckets[h.Bounds[i]] = count
	}
	return count, buckets
}
