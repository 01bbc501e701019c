package conference

import (
	"strconv"
	"time"

	"warmline/media"
	"warmline/metrics"
	"warmline/mixer"
	"warmline/sip"
)

// Sources are what a scrape reads besides the Manager itself.
type Sources struct {
	SIP   interface{ Stats() sip.Stats }
	Mixer *mixer.Mixer
}

// Scrape takes the snapshot behind /metrics. It reads what others publish and
// stops nobody.
func (m *Manager) Scrape(src Sources) metrics.Snapshot {
	now := time.Now()
	out := metrics.Snapshot{
		Participants:  make(map[[2]string]int),
		SIPRequests:   make(map[[2]string]uint64),
		SIPResponses:  make(map[[3]string]uint64),
		QueueWaiting:  make(map[string]int),
		Agents:        make(map[string]int),
		Workers:       make(map[string]int),
		Encodes:       make(map[[2]string]uint64),
		Relayed:       make(map[string]uint64),
		Registrations: m.cfg.Directory.Registered(now),
	}
	for _, s := range m.List() {
		out.Conferences++
		for _, p := range s.Participants {
			if p.Status == "left" || p.Status == "failed" {
				continue
			}
			out.Participants[[2]string{p.Role, p.Status}]++
			if p.Quality != nil && p.Quality.PacketsIn > 0 {
				out.Jitter = append(out.Jitter, p.Quality.JitterMS/1000)
			}
		}
	}
	for _, a := range m.cfg.Directory.States(now) {
		out.Agents[string(a.Presence)]++
	}
	for _, q := range m.cfg.Directory.Queues() {
		out.QueueWaiting[q.ID] = m.queues.info(q.ID, now).Waiting
	}
	scrapeSIP(&out, src.SIP.Stats())
	scrapeMedia(&out, src.Mixer.Stats())
	scrapeRTP(&out, m.cfg.Media.Stats())
	return out
}

func scrapeSIP(out *metrics.Snapshot, s sip.Stats) {
	for k, n := range s.Requests {
		out.SIPRequests[[2]string{k.Method, k.Direction}] = n
	}
	for k, n := range s.Responses {
		out.SIPResponses[[3]string{k.Method, strconv.Itoa(k.Code), k.Direction}] = n
	}
	out.SIPDropped = s.Dropped
}

func scrapeMedia(out *metrics.Snapshot, s mixer.Stats) {
	out.LeakedFrames, out.SkippedTicks, out.MediaPriority = s.LeakedFrames, s.SkippedTicks, s.Priority
	out.TickLateness = metrics.Histogram(s.Lateness)
	out.TickDuration = metrics.Histogram(s.Duration)
	out.Batched = s.Carried
	for i, w := range s.Workers {
		out.WorkerUse = append(out.WorkerUse, w.Use)
		out.Workers[s.Priorities[i]]++
	}
}

func scrapeRTP(out *metrics.Snapshot, s media.EngineStats) {
	out.PacketsIn, out.PacketsOut, out.PacketsLost = s.PacketsIn, s.PacketsOut, s.Lost
	out.Steered, out.SteeringDropped = s.Steered, s.Dropped
	out.Encrypted = s.Encrypted
	for _, f := range s.Frames {
		out.Encodes[[2]string{f.Codec, "no"}] = f.Encoded
		out.Encodes[[2]string{f.Codec, "yes"}] = f.Shared
		out.Relayed[f.Codec] = f.Relayed
	}
}
