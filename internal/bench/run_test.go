package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"warmline/internal/config"
	"warmline/internal/server"
)

// usual are options of a small run.
func usual() Options {
	return Options{
		Local: "127.0.0.2", Numbers: "7xxx", Rooms: 2, Size: 3, Listeners: "silent", Signal: "tones", Codec: "pcmu", Phase: "spread",
		Seed: 1, Rate: 100, WarmUp: 300 * time.Millisecond, Duration: minDuration, Pin: -1, PinServer: -1, patience: 50 * time.Millisecond,
	}
}

// startServer runs a server in this process and gives options for it.
func startServer(t *testing.T, codec string) Options {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse([]byte(`
sip: {listen: ["udp://`+conn.LocalAddr().String()+`"], domain: bench.invalid}
media: {ports: 10000-19999, codecs: [`+codec+`]}
rooms: [{pattern: "7xxx"}]
trunks: [{id: bench, match: [127.0.0.2], uri: "sip:127.0.0.2:5060"}]
routes: [{to: "7xxx", target: dialled}]
data: "`+t.TempDir()+`"
`), "test", config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Start(cfg, server.Options{UDP: []net.PacketConn{conn}, HTTP: web})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		s.Stop(ctx)
	})
	o := usual()
	o.Codec, o.Target, o.ServerPID = codec, "sip:"+conn.LocalAddr().String(), os.Getpid()
	o.Metrics = "http://" + web.Addr().String() + "/metrics"
	return o
}

// twoInPhrases are rooms of two that talk with pauses, in which the server can
// begin to hand packets on; it is given some.
func twoInPhrases(o *Options) {
	o.Rooms, o.Size, o.Signal, o.WarmUp = 3, 2, "phrases", 4*time.Second
}

// TestRunAgainstAServer: everybody is heard by the others of their room and by
// nobody else. How fast is for the machine to say, not for a test.
func TestRunAgainstAServer(t *testing.T) {
	for _, c := range []struct {
		name   string
		codec  string
		change func(*Options)
		pairs  int    // per window listened to
		way    string // how frames are made, many of them
		selves int
	}{
		{"all talk", "pcmu", func(*Options) {}, 12, "encoded", 6},
		{"one talks, the others are quiet", "pcma", func(o *Options) { o.Talkers, o.Listeners, o.Phase = 1, "quiet", "aligned" }, 4, "encoded", 2},
		{"two talk in phrases", "pcmu", func(o *Options) { o.Talkers, o.Signal, o.Phase = 2, "phrases", "random" }, 8, "encoded", 4},
		{"one talks to many", "pcmu", func(o *Options) { o.Rooms, o.Size, o.Talkers = 1, 6, 1 }, 5, "shared", 1},
		{"two, G.722", "g722", twoInPhrases, 6, "relayed", 6},
		{"two, Opus, speech", "opus", func(o *Options) { twoInPhrases(o); o.Rooms, o.Signal = 1, "speech" }, 2, "relayed", 2},
		{"two of three, G.722", "g722", func(o *Options) { o.Talkers = 2 }, 8, "encoded", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := startServer(t, c.codec)
			c.change(&o)
			r, err := Run(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			m := r.Measurements[0]
			n := o.Rooms * o.Size
			if m.Calls.Answered != n || m.LegCount != n || len(m.Legs) != n || len(m.Calls.Errors) > 0 {
				t.Errorf("calls: %+v, %d legs", m.Calls, len(m.Legs))
			}
			if m.Delivery.Share < 90 {
				t.Errorf("delivery: %+v", m.Delivery)
			}
			if h := m.Heard; h.LegsListened != n || h.Pairs != c.pairs || h.Heard != c.pairs || h.Selves != c.selves || h.HeardThemselves != 0 {
				t.Errorf("heard: %+v, want %d pairs", h, c.pairs)
			}
			if d := m.Delay; d.Markers+d.Spoiled != c.pairs || d.Found == 0 && d.Markers > 0 || d.Min < 0 {
				t.Errorf("delay: %+v", d)
			}
			s := m.Server
			if s == nil || s.RSS == 0 || s.Goroutines == 0 || s.Leaked != 0 {
				t.Fatalf("server: %+v", s)
			}
			ways := map[string]float64{"encoded": s.Encoded, "shared": s.Shared, "relayed": s.Relayed}
			if ways[c.way] < 100 { // of 250 at least, if the machine has the time
				t.Errorf("frames are not %s: %v", c.way, ways)
			}
			written(t, r)
		})
	}
}

// written wants a report to be valid JSON that says the same when read, and a
// text of some lines.
func written(t *testing.T, r *Report) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again Report
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if got, want := again.Measurements[0].Legs, r.Measurements[0].Legs; len(got) != len(want) || !reflect.DeepEqual(got[0], want[0]) {
		t.Errorf("legs read again: %+v, want %+v", got, want)
	}
	var b bytes.Buffer
	if err := r.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"delivery", "lateness", "delay", "heard", "server", "generator", "worst leg"} {
		if !strings.Contains(b.String(), "\n  "+word) {
			t.Errorf("no line %q in\n%s", word, b.String())
		}
	}
}

// TestSearch: the search ends at the most rooms, or where what is wanted cannot
// be had.
func TestSearch(t *testing.T) {
	o := startServer(t, "pcmu")
	o.FindLimit, o.Rooms, o.Size, o.Step, o.MaxRooms, o.Tries = true, 1, 2, 7, 2, 1 // less than a step further
	o.Require = "legs=4"
	r, err := Run(context.Background(), o)
	if err != nil || r.Limit.Rooms != 2 || r.Limit.Legs != 4 || len(r.Measurements) != 2 {
		t.Errorf("limit %+v after %d measurements, %v", r.Limit, len(r.Measurements), err)
	}
	o.OnTime, o.Require = 101, "" // more than everything
	r, err = Run(context.Background(), o)
	if err != nil || r.Limit.Rooms != 0 || len(r.Measurements) != 1 || !strings.Contains(r.Limit.Reason, "on time") {
		t.Errorf("limit %+v after %d measurements, %v", r.Limit, len(r.Measurements), err)
	}
}

// TestHeldLegs: the live legs go on as before while others are on hold, to whom
// nothing is sent; what those cost is told.
func TestHeldLegs(t *testing.T) {
	o := startServer(t, "pcmu")
	o.Rooms, o.Size, o.Held = 1, 2, 40
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Measurements) != 2 || r.Measurements[0].Held != 0 || r.Measurements[0].HeldCost != nil {
		t.Fatalf("%d measurements: %+v", len(r.Measurements), r.Measurements)
	}
	m := r.Measurements[1]
	if m.Held != 40 || m.LegCount != 2 || m.Calls.Answered != 42 || m.HeldCost == nil || m.HeldCost.PerLegHeap == 0 {
		t.Errorf("%d held, %d legs, calls %+v, cost %+v", m.Held, m.LegCount, m.Calls, m.HeldCost)
	}
	if h := m.Heard; h.Pairs != 2 || h.Heard != 2 {
		t.Errorf("heard: %+v", h)
	}
	// Two legs for three seconds or so; forty more would be 6,000 frames.
	if s := m.Server; s.Encoded+s.Shared+s.Relayed > 1000 {
		t.Errorf("%+v", s)
	}
	var b bytes.Buffer
	_ = r.Print(&b)
	if text := b.String(); !strings.Contains(text, "1 rooms, 2 legs, and 40 on hold\n") || !strings.Contains(text, "\n  on hold ") {
		t.Error(text)
	}
}

// TestAlone: who is alone in a room hears music, and is not judged by it.
func TestAlone(t *testing.T) {
	o := startServer(t, "pcma")
	o.Rooms, o.Size = 2, 1
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	m := r.Measurements[0]
	if m.Heard != (Heard{}) || m.Delay.Markers != 0 || m.Delivery.Share < 90 || m.Server.Shared < 100 {
		t.Errorf("heard %+v, delay %+v, delivery %+v, server %+v", m.Heard, m.Delay, m.Delivery, m.Server)
	}
}

// TestRefusedCalls: a server that does not know us is an error, and takes no
// longer than it must.
func TestRefusedCalls(t *testing.T) {
	o := startServer(t, "pcmu")
	o.Numbers = "8xxx"
	r, err := Run(context.Background(), o)
	if err == nil || !strings.Contains(err.Error(), "2 calls: 404") || len(r.Measurements) != 0 {
		t.Errorf("report %+v, %v", r, err)
	}
}

// TestRunEndsWithItsContext: an interrupted run hangs up and returns.
func TestRunEndsWithItsContext(t *testing.T) {
	o := startServer(t, "pcmu")
	o.Duration = time.Minute
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := Run(ctx, o); err != context.DeadlineExceeded {
		t.Errorf("ended with %v", err)
	}
}
