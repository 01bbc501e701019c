package metrics

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// readmeRow is the README's line about a family.
func readmeRow(f family) string {
	labels := "–"
	if len(f.labels) > 0 {
		labels = "`" + strings.Join(f.labels, "`, `") + "`"
	}
	return "| `" + f.name + "` | " + f.kind + " | " + labels + " | " + f.help + " |"
}

// shape is what a scrape shows of a family.
type shape struct {
	Kind   string
	Labels []string
	Help   string
}

// gathered returns the shapes of the warmline_ families of a scrape.
func gathered(t *testing.T, m *Metrics) map[string]shape {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]shape{}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "warmline_") {
			continue
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		slices.Sort(labels)
		got[f.GetName()] = shape{strings.ToLower(f.GetType().String()), labels, f.GetHelp()}
	}
	return got
}

func TestEveryNameExistsFromTheStart(t *testing.T) {
	want := map[string]shape{}
	for _, f := range catalogue {
		labels := slices.Clone(f.labels)
		slices.Sort(labels)
		want[f.name] = shape{f.kind, labels, f.help}
	}
	for name, queues := range map[string][]string{"no queue": nil, "a queue": {"support"}} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, gathered(t, New(nil, queues, "v1", "abc"))); diff != "" {
				t.Errorf("a new server's scrape differs from the catalogue (-want +got):\n%s", diff)
			}
		})
	}
}

// The names other programs rely on; they never change.
func TestNamesAreStable(t *testing.T) {
	stable := strings.Fields(`
		warmline_conferences warmline_participants warmline_registrations
		warmline_sip_requests_total warmline_sip_responses_total
		warmline_call_setup_seconds warmline_verbs_total warmline_consults_total
		warmline_hold_seconds warmline_customer_alone_seconds_total
		warmline_leaked_frames_total warmline_mix_tick_lateness_seconds
		warmline_mix_tick_duration_seconds warmline_rtp_packets_total
		warmline_rtp_lost_packets_total warmline_rtp_jitter_seconds
		warmline_rtp_timeouts_total warmline_queue_waiting
		warmline_queue_wait_seconds warmline_queue_abandoned_total
		warmline_agents warmline_build_info`)
	got := gathered(t, New(nil, nil, "", ""))
	for _, name := range stable {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestReadmeIsTheCatalogue(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile("(?m)^\\| `.*$").FindAllString(string(text), -1)
	var want []string
	for _, f := range catalogue {
		want = append(want, readmeRow(f))
	}
	for _, l := range labelValues {
		want = append(want, "| `"+l.label+"` | "+strings.Join(l.values, ", ")+" |")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("README.md differs from the catalogue (-want +got):\n%s", diff)
	}
}

func TestLint(t *testing.T) {
	m := New(busy, []string{"support"}, "v1", "abc")
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// busy is a snapshot with a value everywhere, some of them outside of their
// closed sets.
func busy() Snapshot {
	return Snapshot{
		Conferences:   3,
		Participants:  map[[2]string]int{{"agent", "live"}: 4, {"robot", "live"}: 1, {"ghost", "live"}: 2},
		Registrations: 5,
		SIPRequests: map[[2]string]uint64{
			{"INVITE", "in"}: 7, {"EVIL1", "in"}: 1, {"EVIL2", "in"}: 2, {"BYE", "sideways"}: 1,
		},
		SIPResponses: map[[3]string]uint64{
			{"INVITE", "486", "out"}: 2, {"INVITE", "477", "in"}: 1, {"INVITE", "478", "in"}: 1,
			{"INVITE", "banana", "in"}: 1, {"INVITE", "999", "in"}: 1,
		},
		SIPDropped:    map[string]uint64{"shape": 8, "mood": 2, "whim": 1},
		LeakedFrames:  0,
		SkippedTicks:  6,
		TickLateness:  Histogram{Bounds: []float64{0.001, 0.005}, Counts: []uint64{10, 3, 1}, Sum: 0.02},
		TickDuration:  Histogram{Bounds: []float64{0.001, 0.005}},
		PacketsIn:     100,
		PacketsOut:    200,
		PacketsLost:   9,
		Jitter:        []float64{0.004, 0.001, 0.002, 0.003, 0.100},
		QueueWaiting:  map[string]int{"support": 2, "gone": 1},
		Agents:        map[string]int{"available": 3, "daydreaming": 1},
		MediaPriority: "nice",
		Workers:       map[string]int{"realtime": 3, "nice": 1, "royal": 1},
		Batched:       2,
		WorkerUse:     []float64{0.25, 0.75},
		Encrypted:     2,
		Encodes:       map[[2]string]uint64{{"opus", "yes"}: 10, {"opus", "no"}: 20, {"speex", "no"}: 1, {"gsm", "maybe"}: 2},
		Relayed:       map[string]uint64{"g722": 30, "speex": 1},
	}
}

// scrape returns the samples of /metrics: "name{labels}" to value.
func scrape(t *testing.T, m *Metrics) map[string]string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if rec.Code != http.StatusOK {
		t.Fatalf("status %d: %s", rec.Code, rec.Body)
	}
	samples := map[string]string{}
	for line := range strings.Lines(rec.Body.String()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "} "); ok {
			samples[name+"}"] = value
		} else if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			samples[name] = value
		}
	}
	return samples
}

func expect(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s = %q, want %q", name, got[name], want[name])
		}
	}
}

func TestPulledValues(t *testing.T) {
	expect(t, scrape(t, New(busy, []string{"support", "sales"}, "v1", "abc")), map[string]string{
		`warmline_conferences`:                                                      "3",
		`warmline_registrations`:                                                    "5",
		`warmline_participants{role="agent",status="live"}`:                         "4",
		`warmline_participants{role="other",status="live"}`:                         "3",
		`warmline_participants{role="customer",status="held"}`:                      "0",
		`warmline_sip_requests_total{direction="in",method="INVITE"}`:               "7",
		`warmline_sip_requests_total{direction="in",method="other"}`:                "3",
		`warmline_sip_requests_total{direction="other",method="BYE"}`:               "1",
		`warmline_sip_requests_total{direction="out",method="REGISTER"}`:            "0",
		`warmline_sip_responses_total{code="486",direction="out",method="INVITE"}`:  "2",
		`warmline_sip_responses_total{code="4xx",direction="in",method="INVITE"}`:   "2",
		`warmline_sip_responses_total{code="other",direction="in",method="INVITE"}`: "2",
		`warmline_sip_responses_total{code="200",direction="in",method="BYE"}`:      "0",
		`warmline_sip_dropped_total{reason="shape"}`:                                "8",
		`warmline_sip_dropped_total{reason="timeout"}`:                              "0",
		`warmline_sip_dropped_total{reason="other"}`:                                "3",
		`warmline_leaked_frames_total`:                                              "0",
		`warmline_mix_ticks_skipped_total`:                                          "6",
		`warmline_mix_tick_lateness_seconds_bucket{le="0.001"}`:                     "10",
		`warmline_mix_tick_lateness_seconds_bucket{le="0.005"}`:                     "13",
		`warmline_mix_tick_lateness_seconds_bucket{le="+Inf"}`:                      "14",
		`warmline_mix_tick_lateness_seconds_sum`:                                    "0.02",
		`warmline_mix_tick_lateness_seconds_count`:                                  "14",
		`warmline_mix_tick_duration_seconds_bucket{le="0.005"}`:                     "0",
		`warmline_mix_tick_duration_seconds_count`:                                  "0",
		`warmline_rtp_packets_total{direction="in"}`:                                "100",
		`warmline_rtp_packets_total{direction="out"}`:                               "200",
		`warmline_rtp_lost_packets_total`:                                           "9",
		`warmline_rtp_jitter_seconds{stat="p50"}`:                                   "0.003",
		`warmline_rtp_jitter_seconds{stat="p95"}`:                                   "0.1",
		`warmline_rtp_jitter_seconds{stat="max"}`:                                   "0.1",
		`warmline_queue_waiting{queue="support"}`:                                   "2",
		`warmline_queue_waiting{queue="sales"}`:                                     "0",
		`warmline_queue_waiting{queue="other"}`:                                     "1",
		`warmline_agents{presence="available"}`:                                     "3",
		`warmline_agents{presence="offline"}`:                                       "0",
		`warmline_agents{presence="other"}`:                                         "1",
		`warmline_media_priority{priority="nice"}`:                                  "1",
		`warmline_media_priority{priority="realtime"}`:                              "0",
		`warmline_media_workers{priority="realtime"}`:                               "3",
		`warmline_media_workers{priority="plain"}`:                                  "0",
		`warmline_media_workers{priority="other"}`:                                  "1",
		`warmline_media_batched_workers`:                                            "2",
		`warmline_media_worker_use{worker="0"}`:                                     "0.25",
		`warmline_media_worker_use{worker="1"}`:                                     "0.75",
		`warmline_media_encrypted_legs`:                                             "2",
		`warmline_media_encodes_total{codec="opus",shared="yes"}`:                   "10",
		`warmline_media_encodes_total{codec="opus",shared="no"}`:                    "20",
		`warmline_media_encodes_total{codec="pcmu",shared="no"}`:                    "0",
		`warmline_media_encodes_total{codec="other",shared="no"}`:                   "1",
		`warmline_media_encodes_total{codec="other",shared="other"}`:                "2",
		`warmline_media_relayed_frames_total{codec="g722"}`:                         "30",
		`warmline_media_relayed_frames_total{codec="other"}`:                        "1",
		`warmline_build_info{commit="abc",go="` + goVersion(t) + `",version="v1"}`:  "1",
	})
}

// goVersion is what the scrape of the Go collector says runs.
func goVersion(t *testing.T) string {
	t.Helper()
	for name := range scrape(t, New(nil, nil, "", "")) {
		if v, ok := strings.CutPrefix(name, `go_info{version="`); ok {
			return strings.TrimSuffix(v, `"}`)
		}
	}
	t.Fatal("no go_info: the Go collector is missing")
	return ""
}

func TestLiveHeap(t *testing.T) {
	runtime.GC()
	live, err := strconv.ParseFloat(scrape(t, New(nil, nil, "", ""))["go_gc_heap_live_bytes"], 64)
	if err != nil || live < 100_000 {
		t.Errorf("%v bytes alive: %v", live, err)
	}
}

func TestPushedValues(t *testing.T) {
	m := New(nil, []string{"support"}, "v1", "abc")
	m.Verb("merge", "dtmf", "ok")
	m.Verb("merge", "dtmf", "nothing_held")
	m.Verb("sing", "telepathy", "+15550100")
	m.Consult("merged")
	m.Consult("+15550100")
	m.Hold("customer", "consult", 90*time.Second)
	m.Hold("customer", "consult", -time.Second)
	m.CustomerAlone(true, 1500*time.Millisecond)
	m.CustomerAlone(false, -time.Hour)
	m.CallSetup(4 * time.Second)
	m.RTPTimeout("agent")
	m.RTPTimeout("10.0.0.1")
	m.CallRefused("limit")
	m.CallRefused("a bad mood")
	m.LegEnded("agent", "opus", Leg{Jitter: 4 * time.Millisecond, Loss: 0.015, RoundTrip: 80 * time.Millisecond, Concealed: 1500 * time.Millisecond, MOS: 4.25})
	m.LegEnded("agent", "opus", Leg{Concealed: -time.Second, MOS: 3.5}) // no round trip known
	m.LegEnded("agent", "opus", Leg{})                                  // nothing heard
	m.LegEnded("robot", "speex", Leg{MOS: 1})
	m.QueueWait("support", 7*time.Second)
	m.QueueWait("nosuch", 7*time.Second)
	m.QueueAbandoned("support")
	m.HTTPRequest("POST", 409)
	m.HTTPRequest("BREW", 1999)
	endFirst, endSecond := m.EventStream(), m.EventStream()
	m.EventStream()
	endFirst(true)
	endSecond(false)
	expect(t, scrape(t, m), map[string]string{
		`warmline_verbs_total{result="ok",surface="dtmf",verb="merge"}`:                "1",
		`warmline_verbs_total{result="nothing_held",surface="dtmf",verb="merge"}`:      "1",
		`warmline_verbs_total{result="other",surface="other",verb="other"}`:            "1",
		`warmline_verbs_total{result="stale",surface="http",verb="swap"}`:              "0",
		`warmline_consults_total{outcome="merged"}`:                                    "1",
		`warmline_consults_total{outcome="other"}`:                                     "1",
		`warmline_consults_total{outcome="no_answer"}`:                                 "0",
		`warmline_hold_seconds_sum{cause="consult",role="customer"}`:                   "90",
		`warmline_hold_seconds_count{cause="consult",role="customer"}`:                 "2",
		`warmline_hold_seconds_count{cause="remote",role="agent"}`:                     "0",
		`warmline_customer_alone_seconds_total{sound="yes"}`:                           "1.5",
		`warmline_customer_alone_seconds_total{sound="no"}`:                            "0",
		`warmline_call_setup_seconds_bucket{le="3"}`:                                   "0",
		`warmline_call_setup_seconds_bucket{le="5"}`:                                   "1",
		`warmline_rtp_timeouts_total{role="agent"}`:                                    "1",
		`warmline_rtp_timeouts_total{role="other"}`:                                    "1",
		`warmline_calls_refused_total{reason="limit"}`:                                 "1",
		`warmline_calls_refused_total{reason="overload"}`:                              "0",
		`warmline_calls_refused_total{reason="other"}`:                                 "1",
		`warmline_rtp_mos_count{codec="opus",role="agent"}`:                            "2",
		`warmline_rtp_mos_bucket{codec="opus",role="agent",le="4.2"}`:                  "1",
		`warmline_rtp_mos_count{codec="pcmu",role="customer"}`:                         "0",
		`warmline_rtp_mos_count{codec="other",role="other"}`:                           "1",
		`warmline_rtp_round_trip_seconds_count{codec="opus",role="agent"}`:             "1",
		`warmline_rtp_round_trip_seconds_sum{codec="opus",role="agent"}`:               "0.08",
		`warmline_rtp_leg_jitter_seconds_bucket{codec="opus",role="agent",le="0.002"}`: "1",
		`warmline_rtp_leg_jitter_seconds_sum{codec="opus",role="agent"}`:               "0.004",
		`warmline_rtp_leg_loss_ratio_bucket{codec="opus",role="agent",le="0"}`:         "1",
		`warmline_rtp_leg_loss_ratio_bucket{codec="opus",role="agent",le="0.01"}`:      "1",
		`warmline_rtp_leg_loss_ratio_bucket{codec="opus",role="agent",le="0.02"}`:      "2",
		`warmline_rtp_leg_loss_ratio_sum{codec="opus",role="agent"}`:                   "0.015",
		`warmline_rtp_concealed_seconds_total{codec="opus",role="agent"}`:              "1.5",
		`warmline_queue_wait_seconds_sum{queue="support"}`:                             "7",
		`warmline_queue_wait_seconds_sum{queue="other"}`:                               "7",
		`warmline_queue_abandoned_total{queue="support"}`:                              "1",
		`warmline_http_requests_total{code="409",method="POST"}`:                       "1",
		`warmline_http_requests_total{code="other",method="other"}`:                    "1",
		`warmline_event_streams`:                                                       "1",
		`warmline_event_streams_dropped_total`:                                         "1",
	})
}

// What a hostile peer can choose must not add series without bound.
func TestLabelsAreBounded(t *testing.T) {
	hostile := func() Snapshot {
		s := Snapshot{
			SIPRequests:  map[[2]string]uint64{},
			SIPResponses: map[[3]string]uint64{},
			SIPDropped:   map[string]uint64{},
			QueueWaiting: map[string]int{},
			Encodes:      map[[2]string]uint64{},
			Relayed:      map[string]uint64{},
			Workers:      map[string]int{},
		}
		for i := range 20_000 {
			junk := time.Duration(i).String()
			s.SIPRequests[[2]string{junk, junk}] = 1
			s.SIPResponses[[3]string{junk, junk, junk}] = 1
			s.SIPResponses[[3]string{"INVITE", junk, "in"}] = 1
			s.SIPDropped[junk] = 1
			s.QueueWaiting[junk] = 1
			s.Encodes[[2]string{junk, junk}] = 1
			s.Relayed[junk] = 1
			s.Workers[junk] = 1
			s.WorkerUse = append(s.WorkerUse, 1)
		}
		return s
	}
	calm, stormy := New(nil, []string{"a"}, "", ""), New(hostile, []string{"a"}, "", "")
	for i := range 20_000 {
		junk := time.Duration(i).String()
		stormy.Verb(junk, junk, junk)
		stormy.Hold(junk, junk, time.Second)
		stormy.QueueWait(junk, time.Second)
		stormy.RTPTimeout(junk)
		stormy.CallRefused(junk)
		stormy.LegEnded(junk, junk, Leg{RoundTrip: 1, MOS: 3})
		stormy.Consult(junk)
		stormy.HTTPRequest(junk, i)
	}
	before, after := len(scrape(t, calm)), len(scrape(t, stormy))
	if after > before+700 { // at most one "other" per family, the histograms' buckets, and the HTTP statuses
		t.Errorf("%d samples after junk, %d before", after, before)
	}
}

func TestQueuesFollowAReload(t *testing.T) {
	m := New(nil, []string{"support"}, "", "")
	m.QueueAbandoned("sales") // not configured yet
	m.QueueAbandoned("support")
	m.SetQueues([]string{"sales", "sales"}) // support went away
	m.QueueAbandoned("sales")
	expect(t, scrape(t, m), map[string]string{
		`warmline_queue_abandoned_total{queue="other"}`:    "1",
		`warmline_queue_abandoned_total{queue="sales"}`:    "1",
		`warmline_queue_abandoned_total{queue="support"}`:  "1",
		`warmline_queue_waiting{queue="sales"}`:            "0",
		`warmline_queue_wait_seconds_count{queue="sales"}`: "0",
	})
}

func TestNilCountsNothing(t *testing.T) {
	var m *Metrics
	m.Verb("merge", "http", "ok")
	m.Consult("merged")
	m.Hold("agent", "remote", time.Second)
	m.CustomerAlone(true, time.Second)
	m.CallSetup(time.Second)
	m.RTPTimeout("agent")
	m.CallRefused("limit")
	m.LegEnded("agent", "pcmu", Leg{MOS: 4})
	m.QueueWait("q", time.Second)
	m.QueueAbandoned("q")
	m.SetQueues([]string{"q"})
	m.HTTPRequest("GET", 200)
	m.EventStream()(true)
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if rec.Code != http.StatusNotFound {
		t.Errorf("nil handler: status %d", rec.Code)
	}
}

// Each metric belongs to exactly one collector: the pulled one or a pushed one.
func TestPulledFamiliesAreInTheCatalogue(t *testing.T) {
	names := map[string]bool{}
	for _, f := range catalogue {
		if names[f.name] {
			t.Errorf("%s is in the catalogue twice", f.name)
		}
		names[f.name] = true
	}
	for _, f := range pulledFamilies {
		if !names[f.name] {
			t.Errorf("%s is pulled but not in the catalogue", f.name)
		}
	}
	p := newPulled(busy, func() []string { return []string{"support"} }, []string{"v", "c", "g"})
	if err := prometheus.NewPedanticRegistry().Register(p); err != nil {
		t.Error(err)
	}
}

func TestConcurrentUse(t *testing.T) {
	m := New(busy, []string{"support"}, "", "")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 50 {
				m.SetQueues([]string{time.Duration(i).String()})
				m.QueueWait("support", time.Second)
				m.Verb("swap", "sip", "ok")
			}
		})
		wg.Go(func() {
			rec := httptest.NewRecorder()
			m.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			io.Copy(io.Discard, rec.Body)
		})
	}
	wg.Wait()
	expect(t, scrape(t, m), map[string]string{`warmline_verbs_total{result="ok",surface="sip",verb="swap"}`: "200"})
}

func BenchmarkVerb(b *testing.B) {
	m := New(nil, nil, "", "")
	b.ReportAllocs()
	for b.Loop() {
		m.Verb("merge", "dtmf", "ok")
	}
}

func BenchmarkScrape(b *testing.B) {
	m := New(busy, []string{"support"}, "", "")
	h := m.Handler()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", nil))
	}
}
