package metrics

import "github.com/prometheus/client_golang/prometheus"

// family is one metric's entry in the catalogue.
type family struct {
	name   string
	kind   string // "counter", "gauge", "histogram"
	labels []string
	help   string
}

// desc is the family's description for constant metrics.
func (f family) desc() *prometheus.Desc {
	return prometheus.NewDesc(f.name, f.help, f.labels, nil)
}

// The catalogue: every metric of the server, beside those of the Go runtime
// and of the process.
var (
	famBuild = family{"warmline_build_info", "gauge", []string{"version", "commit", "go"},
		"Always 1; its labels tell which build runs."}
	famConferences = family{"warmline_conferences", "gauge", nil,
		"Live conferences."}
	famParticipants = family{"warmline_participants", "gauge", []string{"role", "status"},
		"Participants of the live conferences, those who left not counted."}
	famRegistrations = family{"warmline_registrations", "gauge", nil,
		"Registered phones (live bindings)."}
	famSIPRequests = family{"warmline_sip_requests_total", "counter", []string{"method", "direction"},
		"SIP requests received (in) and sent (out)."}
	famSIPResponses = family{"warmline_sip_responses_total", "counter", []string{"method", "code", "direction"},
		"SIP responses received (in) and sent (out), by the method they answer; unusual codes are counted by class."}
	famSIPDropped = family{"warmline_sip_dropped_total", "counter", []string{"reason"},
		"Datagrams, messages and connections dropped without an answer."}
	famSetup = family{"warmline_call_setup_seconds", "histogram", nil,
		"Time from an INVITE to its answer."}
	famVerbs = family{"warmline_verbs_total", "counter", []string{"verb", "surface", "result"},
		"Verbs given by people and programs; result is ok or the reason of the refusal."}
	famConsults = family{"warmline_consults_total", "counter", []string{"outcome"},
		"Consults by how they ended."}
	famHold = family{"warmline_hold_seconds", "histogram", []string{"role", "cause"},
		"Length of holds."}
	famAlone = family{"warmline_customer_alone_seconds_total", "counter", []string{"sound"},
		"Time customers spent with nobody to talk to, with sound and (must stay 0) without."}
	famLeaked = family{"warmline_leaked_frames_total", "counter", nil,
		"Frames with a voice that reached a held party; must stay 0."}
	famLateness = family{"warmline_mix_tick_lateness_seconds", "histogram", nil,
		"How late the mixer's ticks began."}
	famDuration = family{"warmline_mix_tick_duration_seconds", "histogram", nil,
		"How long the mixer's ticks took."}
	famSkipped = family{"warmline_mix_ticks_skipped_total", "counter", nil,
		"Mixer ticks given up because the worker was too late."}
	famPriority = family{"warmline_media_priority", "gauge", []string{"priority"},
		"1 for the scheduling priority the media workers got."}
	famWorkers = family{"warmline_media_workers", "gauge", []string{"priority"},
		"Media workers by the scheduling priority they got."}
	famBatched = family{"warmline_media_batched_workers", "gauge", nil,
		"Media workers whose packets go many with one system call; the others make one for each."}
	famSteered = family{"warmline_media_steered_workers", "gauge", nil,
		"Media workers that have the packets of all IPv4 legs go by one socket; the legs of the others have one each."}
	famSteeringDropped = family{"warmline_media_steering_dropped_total", "counter", nil,
		"Datagrams to legs that such a worker has, but for which there was no room."}
	famUse = family{"warmline_media_worker_use", "gauge", []string{"worker"},
		"Share of its time that a media worker is busy, 0 to 1."}
	famEncodes = family{"warmline_media_encodes_total", "counter", []string{"codec", "shared"},
		"Frames encoded for a leg alone, and frames sent that were encoded once for several legs (shared)."}
	famRelayed = family{"warmline_media_relayed_frames_total", "counter", []string{"codec"},
		"Frames handed on as they came, neither decoded nor encoded."}
	famEncrypted = family{"warmline_media_encrypted_legs", "gauge", nil,
		"Legs whose audio is encrypted (SRTP)."}
	famRefused = family{"warmline_calls_refused_total", "counter", []string{"reason"},
		"Calls refused with 503: the media workers have no more time, a limit is reached, or the server is shutting down."}
	famPackets = family{"warmline_rtp_packets_total", "counter", []string{"direction"},
		"RTP packets received (in) and sent (out)."}
	famLost = family{"warmline_rtp_lost_packets_total", "counter", nil,
		"RTP packets that never came."}
	famJitter = family{"warmline_rtp_jitter_seconds", "gauge", []string{"stat"},
		"RFC 3550 interarrival jitter over the live legs of this moment."}
	famLegJitter = family{"warmline_rtp_leg_jitter_seconds", "histogram", []string{"role", "codec"},
		"RFC 3550 interarrival jitter of legs at their end."}
	famLegLoss = family{"warmline_rtp_leg_loss_ratio", "histogram", []string{"role", "codec"},
		"Share of RTP packets that never came, of legs at their end, 0 to 1."}
	famRoundTrip = family{"warmline_rtp_round_trip_seconds", "histogram", []string{"role", "codec"},
		"Round trip by RTCP of legs at their end, where it is known."}
	famConcealed = family{"warmline_rtp_concealed_seconds_total", "counter", []string{"role", "codec"},
		"Audio made up in place of packets that were missing, of legs that ended."}
	famMOS = family{"warmline_rtp_mos", "histogram", []string{"role", "codec"},
		"E-model estimate of what was heard of legs, at their end; wideband codecs have a scale of their own."}
	famTimeouts = family{"warmline_rtp_timeouts_total", "counter", []string{"role"},
		"Legs that stopped sending audio."}
	famWaiting = family{"warmline_queue_waiting", "gauge", []string{"queue"},
		"Contacts waiting."}
	famWait = family{"warmline_queue_wait_seconds", "histogram", []string{"queue"},
		"How long contacts waited until they were served."}
	famAbandoned = family{"warmline_queue_abandoned_total", "counter", []string{"queue"},
		"Contacts that gave up waiting."}
	famAgents = family{"warmline_agents", "gauge", []string{"presence"},
		"Agents by presence."}
	famRecords = family{"warmline_records_written_total", "counter", nil,
		"Call records written."}
	famRecordsDropped = family{"warmline_records_dropped_total", "counter", nil,
		"Call records lost since the disk failed or was too slow; must stay 0."}
	famHTTP = family{"warmline_http_requests_total", "counter", []string{"method", "code"},
		"HTTP requests answered; event streams count when they end."}
	famStreams = family{"warmline_event_streams", "gauge", nil,
		"Open event streams (SSE and WebSocket)."}
	famDropped = family{"warmline_event_streams_dropped_total", "counter", nil,
		"Event streams ended because their client did not keep up."}
)

// catalogue lists the families in the order of README.md.
var catalogue = []family{
	famBuild, famConferences, famParticipants, famRegistrations,
	famSIPRequests, famSIPResponses, famSIPDropped, famSetup,
	famVerbs, famConsults, famHold, famAlone,
	famLeaked, famLateness, famDuration, famSkipped, famPriority,
	famWorkers, famBatched, famSteered, famSteeringDropped, famUse, famEncodes, famRelayed, famEncrypted, famRefused,
	famPackets, famLost, famJitter, famLegJitter, famLegLoss, famRoundTrip, famConcealed, famMOS, famTimeouts,
	famWaiting, famWait, famAbandoned, famAgents,
	famRecords, famRecordsDropped,
	famHTTP, famStreams, famDropped,
}

// Buckets, in seconds but for loss and the MOS. A call is set up within a minute or not at
// all; people hold and wait from a breath to an hour.
var (
	setupBuckets  = []float64{0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 12, 20, 30, 45, 60}
	holdBuckets   = []float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600}
	jitterBuckets = []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2}
	lossBuckets   = []float64{0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2}
	tripBuckets   = []float64{0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1}
	mosBuckets    = []float64{1.5, 2, 2.5, 3, 3.3, 3.6, 3.8, 4, 4.2, 4.3, 4.4}
	waitBuckets   = []float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600}
)
