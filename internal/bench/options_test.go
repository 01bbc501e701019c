package bench

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestOptionsThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		text   string // of the error; "": none
		change func(*Options)
	}{
		{"", func(*Options) {}},
		{"at least one room", func(o *Options) { o.Rooms = 0 }},
		{"no more talkers", func(o *Options) { o.Talkers = 4 }},
		{"at most 32 talkers", func(o *Options) { o.Size = 33 }},
		{"", func(o *Options) { o.Size, o.Talkers = 1000, 3 }},
		{"at most 12000 legs", func(o *Options) { o.Size, o.Talkers, o.Rooms = 1000, 3, 13 }},
		{"at most 12000 legs", func(o *Options) { o.Numbers, o.Held = "7xxxxx", 11_995 }},
		{"as many legs on hold", func(o *Options) { o.Held = -1 }},
		{"", func(o *Options) { o.Numbers, o.Held = "7xxxxx", 10_000 }},
		{"not enough x for 1001 rooms", func(o *Options) { o.Held = 999 }},
		{"not for a search", func(o *Options) { o.FindLimit, o.Step, o.MaxRooms, o.Held = true, 1, 3, 1 }},
		{"the most rooms", func(o *Options) { o.FindLimit, o.Step, o.MaxRooms = true, 1, 1 }},
		{"steps", func(o *Options) { o.FindLimit, o.MaxRooms = true, 900 }},
		{"steps", func(o *Options) { o.FindLimit, o.MaxRooms, o.Step = true, 900, 1 }},
		{"a duration", func(o *Options) { o.Duration = time.Second }},
		{"a duration", func(o *Options) { o.Duration = time.Hour }},
		{"a warm-up", func(o *Options) { o.WarmUp = time.Hour }},
		{"a rate", func(o *Options) { o.Rate = 0 }},
		{"a rate", func(o *Options) { o.Rate = math.NaN() }},
		{"per cent", func(o *Options) { o.OnTime = math.NaN() }},
		{"per cent", func(o *Options) { o.Delivered = math.NaN() }},
		{"per cent", func(o *Options) { o.Delivered = -1 }},
		{"of a server of your own", func(o *Options) { o.Target, o.ServerPID = "", 1 }},
		{"of a server of your own", func(o *Options) { o.Target, o.Metrics = "", "http://127.0.0.1/" }},
		{"of a private server", func(o *Options) { o.PinServer = 0 }},
		{"", func(o *Options) { o.Target, o.PinServer = "", 0 }},
		{"no process", func(o *Options) { o.ServerPID = -1 }},
		{"local address", func(o *Options) { o.Target, o.Local = "", "here" }},
		{"too many packets", func(o *Options) { o.Rooms, o.Duration = 900, 10*time.Minute }},
		{"not enough x", func(o *Options) { o.Rooms = 1001 }},
		{"codec", func(o *Options) { o.Codec = "gsm" }},
		{"requirement", func(o *Options) { o.Require = "beauty=1" }},
		{"not this machine", func(o *Options) { o.Target = "sip:192.0.2.1:5060" }},
		{"write sip:", func(o *Options) { o.Target = "sip:example.com" }},
		{"local address", func(o *Options) { o.Local = "here" }},
		{"IPv4", func(o *Options) { o.Target = "sip:[::1]:5060" }},
	} {
		o := usual()
		o.Target = "sip:127.0.0.1:5060"
		c.change(&o)
		o = o.withDefaults()
		_, err := codecNamed(o.Codec)
		if err == nil {
			err = o.check()
		}
		if c.text == "" && err != nil || c.text != "" && (err == nil || !strings.Contains(err.Error(), c.text)) {
			t.Errorf("%+v: %v, want %q", o, err, c.text)
		}
	}
}

// TestRunRefusesBeforeItStarts: nothing is sent to a machine that is not ours.
func TestRunRefusesBeforeItStarts(t *testing.T) {
	o := usual()
	o.Target = "sip:192.0.2.1:5060"
	if r, err := Run(context.Background(), o); err == nil || r != nil {
		t.Errorf("%+v, %v", r, err)
	}
	o.Codec = "gsm"
	if _, err := Run(context.Background(), o); err == nil {
		t.Error("an unknown codec was taken")
	}
}

// TestWhatCannotBeLookedAt: a figure that is asked for must not be left out in
// silence.
func TestWhatCannotBeLookedAt(t *testing.T) {
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metrics":
			fmt.Fprintln(w, "go_goroutines 7")
		case "/page":
			fmt.Fprintln(w, "<html>")
		default:
			http.NotFound(w, r)
		}
	}))
	defer pages.Close()
	for _, c := range []struct {
		text  string // of the error; "": none
		probe probe
	}{
		{"", probe{}},
		{"", probe{pid: os.Getpid(), metrics: pages.URL + "/metrics"}},
		{"process 4194305", probe{pid: 4_194_305}}, // no system has so many
		{"404", probe{metrics: pages.URL + "/nothing"}},
		{"no metrics of a server", probe{metrics: pages.URL + "/page"}},
		{"unsupported protocol", probe{metrics: "localhost:8080/metrics"}},
	} {
		err := c.probe.check()
		if c.text == "" && err != nil || c.text != "" && (err == nil || !strings.Contains(err.Error(), c.text)) {
			t.Errorf("%+v: %v, want %q", c.probe, err, c.text)
		}
	}
	o := usual()
	o.Target, o.ServerPID = "sip:127.0.0.1:5060", 4_194_305
	if r, err := Run(context.Background(), o); err == nil || len(r.Measurements) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		pattern string
		room    int
		want    string
	}{{"7xxx", 0, "7000"}, {"7xxx", 123, "7123"}, {"x5x", 42, "452"}, {"+15550xx", 7, "+1555007"}} {
		if got := number(c.pattern, c.room); got != c.want {
			t.Errorf("room %d of %s is %s, want %s", c.room, c.pattern, got, c.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	const head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
	for _, c := range []struct{ body, want string }{
		{head + "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 10000 RTP/AVP 0\r\n", "127.0.0.1:10000"},
		{head + "c=IN IP4 127.0.0.9\nt=0 0\nm=audio 10000 RTP/AVP 0 101\nc=IN IP4 127.0.0.1\n", "127.0.0.1:10000"},
		{head + "c=IN IP4 127.0.0.1\r\nm=audio 10000 RTP/AVP 0\r\nm=video 0 RTP/AVP 99\r\nc=IN IP4 127.0.0.2\r\n", "127.0.0.1:10000"},
		{"", ""},
		{head + "c=IN IP4 127.0.0.1\r\nm=audio 0 RTP/AVP 0\r\n", ""},
		{head + "c=IN IP4 127.0.0.1\r\nm=audio 65536 RTP/AVP 0\r\n", ""},
		{head + "c=IN IP4 127.0.0.1\r\nm=audio 10000 RTP/AVP 8\r\n", ""},
		{head + "c=IN IP4 127.0.0.1\r\nm=audio 10000\r\n", ""},
		{head + "c=IN IP4 localhost\r\nm=audio 10000 RTP/AVP 0\r\n", ""},
		{head + "m=audio 10000 RTP/AVP 0\r\n", ""},
		{head + "c=IN IP4 127.0.0.1\r\nm=video 10000 RTP/AVP 0\r\n", ""},
	} {
		at, err := answered([]byte(c.body), codecs[0])
		if (err == nil) != (c.want != "") || err == nil && at.String() != c.want {
			t.Errorf("%q: %v, %v, want %s", c.body, at, err, c.want)
		}
	}
}

// FuzzAnswered: an answer comes from the network.
func FuzzAnswered(f *testing.F) {
	f.Add([]byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 10000 RTP/AVP 0\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		at, err := answered(body, codecs[0])
		if err == nil && (!at.Addr().Is4() || at.Port() == 0) {
			t.Errorf("%v", at)
		}
	})
}

// FuzzTake: so does a packet.
func FuzzTake(f *testing.F) {
	l := new(leg)
	f.Add(l.fill(make([]byte, 200), 0, 160, make([]byte, 160)), int64(5))
	f.Fuzz(func(t *testing.T, p []byte, at int64) {
		l := &leg{kept: &kept{packets: make([]arrival, 0, 2), recorded: make([]received, 0, 2), payloads: make([]byte, 0, 320)}}
		for range 3 {
			l.take(p, at, 0, &window{from: 1, to: 10})
		}
		k := l.kept
		if len(k.packets)+k.spare > 3 || len(k.recorded) > 2 || len(k.payloads) > 320 || at < 1 && len(k.packets) > 0 {
			t.Errorf("%+v", k)
		}
		timeline(codecs[0], k.recorded)
	})
}

func TestRequirements(t *testing.T) {
	m := Measurement{Rooms: 5, LegCount: 15, Delay: Delay{Markers: 200, Found: 198, Share: 99, Mean: 7, P99: 16}, Heard: Heard{Pairs: 4, Heard: 3, Selves: 3}}
	m.Lateness.OnTime, m.Delivery.Share = 99.95, 100
	unfound, silent := m, m
	unfound.Delay = Delay{Markers: 200, Found: 197, Share: 98.5, Mean: 7, P99: 16}
	silent.Delay, silent.Heard = Delay{}, Heard{}
	known := m
	known.Server = &ServerFigures{CPU: 30, PerLegFrame: 6, RSS: 20e6, PerLegRSS: 20_000}
	shrunk := known // what the server gave back of its start is more than what the legs took
	shrunk.Server = &ServerFigures{CPU: 30, PerLegFrame: 6, RSS: 20e6, PerLegRSS: -300}
	remote := m
	remote.Server = &ServerFigures{Goroutines: 30} // its metrics alone could be read
	for _, c := range []struct {
		require string
		m       Measurement
		missed  int
	}{
		{"", m, 0},
		{"on-time=99.9,delivery=100,delay-mean=8,delay-p99=17,self=0,heard=75,legs=15", m, 0},
		{"on-time=99.96", m, 1},
		{"markers=99", m, 0},
		{"markers=99.1", m, 1},
		{"markers=98,delay-mean=8", unfound, 1}, // those that were not found may be late
		{"delay-mean=8,delay-p99=17", silent, 2},
		{"heard=0.1,self=0", silent, 2}, // nobody was listened to
		{"heard=100,delay-mean=6.9,legs=16", m, 3},
		{"cpu=6.5,memory=24000", m, 2}, // not known is not met
		{"cpu=6.5,memory=24000", remote, 2},
		{"cpu=6.5,memory=24000", shrunk, 1},
		{"cpu=6.5,memory=24000", known, 0},
	} {
		all, err := parseRequirements(c.require)
		if err != nil {
			t.Errorf("%s: %v", c.require, err)
		}
		r := &Report{Measurements: []Measurement{c.m}}
		err = r.require(all)
		if len(r.Missed) != c.missed || (err == nil) != (c.missed == 0) {
			t.Errorf("%s: missed %q, %v", c.require, r.Missed, err)
		}
	}
	for _, bad := range []string{"on-time", "on-time=", "on-time=x", "=3", "beauty=1", "on-time=nan", "delay-p99=inf"} {
		if _, err := parseRequirements(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if (&Report{}).require([]requirement{{}}) == nil {
		t.Error("a report without a measurement meets requirements")
	}
}

// TestResult: of a search, the last good measurement counts.
func TestResult(t *testing.T) {
	r := &Report{Measurements: []Measurement{{Rooms: 1}, {Rooms: 2}, {Rooms: 3}}, Limit: &Limit{Rooms: 2}}
	if m := r.result(); m == nil || m.Rooms != 2 {
		t.Errorf("%+v", m)
	}
	r.Limit.Rooms = 0
	if m := r.result(); m != nil {
		t.Errorf("%+v", m)
	}
}

func TestTooMany(t *testing.T) {
	o := Options{OnTime: 99.9, Delivered: 99.9}
	for _, c := range []struct {
		onTime, delivered, own float64
		want                   string
	}{
		{100, 100, 100, ""}, {99.9, 99.9, 50, ""},
		{99.8, 100, 100, "on time"}, {100, 99.8, 100, "came"}, {99.8, 100, 99, "late itself"},
	} {
		m := new(Measurement)
		m.Lateness.OnTime, m.Delivery.Share, m.Generator.OnTime = c.onTime, c.delivered, c.own
		if got := o.tooMany(m); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q", c, got)
		}
	}
	for _, c := range []struct {
		heard  Heard
		server *ServerFigures
		want   string
	}{
		{Heard{}, nil, ""}, // nothing was listened to
		{Heard{Pairs: 6, Heard: 6, Selves: 3}, &ServerFigures{}, ""},
		{Heard{Pairs: 6, Heard: 5, Missed: 1, Selves: 3}, nil, "5 of 6 pairs"},
		{Heard{Pairs: 6, Heard: 5, Off: 1, Selves: 3}, nil, "5 of 6 pairs"},
		{Heard{Pairs: 6, Heard: 6, Selves: 3, HeardThemselves: 1}, nil, "1 of 3 heard themselves"},
		{Heard{Pairs: 6, Heard: 6}, &ServerFigures{Leaked: 2}, "2 frames leaked"},
	} {
		m := &Measurement{Heard: c.heard, Server: c.server}
		m.Lateness.OnTime, m.Delivery.Share, m.Generator.OnTime = 100, 100, 100
		if got := o.tooMany(m); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v, %+v: %q", c.heard, c.server, got)
		}
	}
}

func TestLooks(t *testing.T) {
	var s sight
	s.parse("42 (a) b) c) S 1 42 42 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 11 0 77 999424 100 184467 1 1")
	if s.cpu != 3e9 || s.threads != 11 || s.rss == 0 || s.rss%100 != 0 {
		t.Errorf("%+v", s)
	}
	var none sight
	none.parse("42")
	if none.cpu != 0 || none.rss != 0 || none.threads != 0 {
		t.Errorf("%+v", none)
	}
}

func TestProcessorTimes(t *testing.T) {
	before := parseTimes("cpu  100 0 100 700 100 0 0 0 5 5")
	after := parseTimes("cpu  150 10 110 760 110 5 5 50 99 99")
	if got, want := after.since(before), (System{Busy: 65, Stolen: 25}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, bad := range []string{"", "cpu 1 2", "cpu0 1 2 3 4 5 6 7 8 9"} {
		if got := parseTimes(bad); got != (times{}) {
			t.Errorf("%q: %+v", bad, got)
		}
	}
	if got := (times{}).since(times{}); got != (System{}) {
		t.Errorf("of no time: %+v", got)
	}
}

func TestSamples(t *testing.T) {
	got := samples(strings.NewReader("# HELP a b\na 3\nb{x=\"1\",y=\"2 3\"} 4\nc 1e+06\nd x\n\n"))
	if fmt.Sprint(got) != `map[a:3 b{x="1",y="2 3"}:4 c:1e+06]` {
		t.Errorf("%v", got)
	}
}

func TestServerFigures(t *testing.T) {
	start := time.Unix(100, 0)
	p := &probe{first: memory{rss: 1e6, heap: 1e6}}
	before := sight{at: start, cpu: 1e9, metrics: map[string]float64{metricLate + "_sum": 1, metricLate + "_count": 10, metricSkipped: 5,
		metricEncodes + `{codec="opus",shared="no"}`: 7, metricEncodes + `{codec="opus",shared="yes"}`: 1,
	}}
	after := sight{at: start.Add(10 * time.Second), cpu: 4e9, rss: 3e6, threads: 9, metrics: map[string]float64{
		metricLate + "_sum": 2, metricLate + "_count": 1010, metricSkipped: 7, metricHeap: 2e6, metricRoutine: 30,
		metricEncodes + `{codec="opus",shared="no"}`: 17, metricEncodes + `{codec="opus",shared="yes"}`: 5,
		metricEncodes + `{codec="pcmu",shared="no"}`: 30, metricRelayed + `{codec="opus"}`: 9, metricRelayed + `{codec="g722"}`: 1,
	}}
	got := p.figures(before, after, 100)
	want := ServerFigures{
		CPU: 30, PerLegFrame: 60, RSS: 3e6, PerLegRSS: 20_000, Threads: 9, Goroutines: 30, Heap: 2e6, PerLegHeap: 10_000, TickLate: 1, TicksSkipped: 2,
		Encoded: 40, Shared: 4, Relayed: 10,
	}
	if *got != want {
		t.Errorf("%+v, want %+v", *got, want)
	}
	if p.figures(sight{cpu: -1}, sight{cpu: -1}, 1) != nil {
		t.Error("figures of a server that was not seen")
	}
	if f := p.figures(sight{cpu: -1}, sight{cpu: -1, metrics: after.metrics}, 100); f == nil || f.Goroutines != 30 || f.seen() {
		t.Errorf("of its metrics alone: %+v", f)
	}
}

func TestHeldCost(t *testing.T) {
	without, with := &ServerFigures{CPU: 10, RSS: 40e6, Heap: 10e6}, &ServerFigures{CPU: 15, RSS: 50e6, Heap: 14e6}
	got := heldCost(without, with, 1000)
	if want := (HeldFigures{PerLegFrame: 1, PerLegRSS: 10_000, PerLegHeap: 4000}); got == nil || *got != want {
		t.Errorf("%+v, want %+v", got, want) // 5 % of 20 ms are 1 ms
	}
	if heldCost(nil, with, 1) != nil || heldCost(without, nil, 1) != nil || heldCost(without, with, 0) != nil ||
		heldCost(&ServerFigures{Heap: 10e6}, &ServerFigures{Heap: 14e6}, 1) != nil {
		t.Error("a cost of what was not seen")
	}
}

// TestOfferOnHold: a leg on hold says so, and sends and wants nothing.
func TestOfferOnHold(t *testing.T) {
	at := netip.MustParseAddrPort("127.0.0.2:20000")
	for _, c := range codecs {
		live, held := string(offer(c, at, false)), string(offer(c, at, true))
		if !strings.Contains(live, "\r\na=sendrecv\r\n") || strings.ReplaceAll(live, "a=sendrecv", "a=sendonly") != held {
			t.Errorf("%s\n%s", live, held)
		}
		if !strings.Contains(live, "a=rtpmap:"+strconv.Itoa(int(c.payloadType()))+" "+c.format()+"\r\n") {
			t.Errorf("%s: %s", c.name(), live)
		}
	}
}

// TestFilesAreAllowed: too many open files are refused before anything is
// started, in words that help.
func TestFilesAreAllowed(t *testing.T) {
	if err := allowFiles(64); err != nil {
		t.Error(err)
	}
	if err := allowFiles(1 << 40); err == nil || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("%v", err)
	}
	o := Options{MaxRooms: 10, Size: 3, Held: 70}
	if n := o.files(); n != 400 {
		t.Errorf("%d files for 100 legs", n)
	}
}
