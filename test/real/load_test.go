//go:build real

package real

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"warmline/internal/steer"
)

// generous are limits that a load test does not meet.
const generous = `limits: {conferences: 20000, legs: 40000, calls_per_second: 2000, worker_use: 1, lateness: 1s}`

// TestLoadOfCalls: many short calls at a high rate, none failed, and nothing
// left behind. CALLS and RATE set another size.
func TestLoadOfCalls(t *testing.T) {
	calls, rate := envInt("CALLS", 2000), envInt("RATE", 200)
	s := startServer(t, generous)
	s.load(t, 1500, rate) // fills what is bounded: replay rings, tables of sources
	time.Sleep(40 * time.Second)
	s.collect()
	before := s.footprint()
	started := time.Now()
	s.load(t, calls, rate)
	t.Logf("%d calls at %d/s, none failed, in %v", calls, rate, time.Since(started).Round(time.Millisecond))
	time.Sleep(40 * time.Second) // RFC 3261 transactions live 32 s
	s.collect()
	after := s.footprint()
	t.Logf("before: %v", before)
	t.Logf("40 s after: %v", after)
	if after.conferences != 0 || after.goroutines > before.goroutines+20 || after.heap > before.heap+8<<20 {
		t.Error("not back at the baseline")
	}
}

// load places short calls to meet-me rooms and wants each of them to succeed.
func (s *server) load(t *testing.T, calls, rate int) {
	t.Helper()
	dir := t.TempDir()
	var numbers strings.Builder
	numbers.WriteString("SEQUENTIAL\n")
	for i := range 400 {
		fmt.Fprintf(&numbers, "7%03d\n", i)
	}
	inf := filepath.Join(dir, "numbers.csv")
	if err := os.WriteFile(inf, []byte(numbers.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	scenario, err := os.ReadFile("scenarios/load.xml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "load.xml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(scenario), "[service]", "[field0]")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sipp", fmt.Sprintf("%s:%d", serverAddr, s.sipPort), "-sf", file, "-inf", inf,
		"-i", trunkAddr, "-m", itoa(calls), "-r", itoa(rate), "-l", "4000", "-d", "1000",
		"-nostdin", "-trace_screen", "-screen_file", filepath.Join(dir, "screen.log"), "-timeout", "300s")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	screen, _ := os.ReadFile(filepath.Join(dir, "screen.log"))
	if err != nil {
		t.Fatalf("sipp: %v\n%s\n%s", err, tail(string(out), 2000), tail(string(screen), 5000))
	}
}

// collect waits for a garbage collection: until then the heap counts what
// nobody holds any more. Scrapes make the garbage that brings it about.
func (s *server) collect() {
	const cycles = "go_gc_duration_seconds_count"
	for range 2 { // what one finds unreachable while it runs, the next one frees
		start := s.metric(cycles)
		for deadline := time.Now().Add(time.Minute); s.metric(cycles) == start && time.Now().Before(deadline); {
		}
	}
}

type footprint struct{ conferences, goroutines, heap float64 }

func (f footprint) String() string {
	return fmt.Sprintf("%.0f conferences, %.0f goroutines, %.1f MB heap", f.conferences, f.goroutines, f.heap/1e6)
}

func (s *server) footprint() footprint {
	return footprint{
		conferences: s.metric("warmline_conferences"),
		goroutines:  s.metric("go_goroutines"),
		heap:        s.metric("go_memstats_heap_alloc_bytes"),
	}
}

func envInt(name string, def int) int {
	if v := os.Getenv(name); v != "" {
		var n int
		if _, err := fmt.Sscan(v, &n); err == nil && n > 0 {
			return n
		}
	}
	return def
}

// talker is one leg of the media load: a socket that sends a tone and measures
// which tones come back.
type talker struct {
	conn   *net.UDPConn
	hz     float64
	mu     sync.Mutex
	remote netip.AddrPort
	heard  []int16
	got    int
}

var roomHz = [3]float64{450, 850, 1450}

// TestThreePartyConferences: many conferences of three at once; everybody is
// heard by everybody else and nobody hears themselves. ROOMS sets the number.
func TestThreePartyConferences(t *testing.T) {
	rooms := envInt("ROOMS", 30)
	s := startServer(t, generous)
	if got, missing := s.metric("warmline_media_steered_workers"), steer.Missing(); (got > 0) != (missing == "") {
		t.Errorf("%v workers are steered, %q is missing for it", got, missing)
	}
	talkers := make([]*talker, 3*rooms)
	var numbers strings.Builder
	numbers.WriteString("SEQUENTIAL\n")
	for i := range talkers {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(trunkAddr)})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		talkers[i] = &talker{conn: conn, hz: roomHz[i%3]}
		fmt.Fprintf(&numbers, "7%03d;%d\n", i/3, conn.LocalAddr().(*net.UDPAddr).Port)
	}
	dir := t.TempDir()
	inf := filepath.Join(dir, "legs.csv")
	if err := os.WriteFile(inf, []byte(numbers.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	scenario, err := os.ReadFile("scenarios/load.xml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("[service]", "[field0]", "[media_port]", "[field1]").Replace(string(scenario))
	file := filepath.Join(dir, "load.xml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const talk = 12 * time.Second
	cmd := exec.Command("sipp", fmt.Sprintf("%s:%d", serverAddr, s.sipPort), "-sf", file, "-inf", inf,
		"-i", trunkAddr, "-m", itoa(len(talkers)), "-r", "150", "-l", "4000",
		"-d", itoa(int(talk.Milliseconds())+1000*len(talkers)/150), "-nostdin", "-timeout", "120s")
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var running sync.WaitGroup
	for _, tk := range talkers {
		running.Go(tk.receive)
	}
	running.Go(func() { sendAll(talkers, stop) })
	time.Sleep(time.Duration(len(talkers))*time.Second/150 + 3*time.Second)
	for _, tk := range talkers {
		tk.reset()
	}
	cpu, from := s.cpu(), time.Now()
	time.Sleep(5 * time.Second)
	used, took := s.cpu()-cpu, time.Since(from)
	judge(t, talkers, took)
	t.Logf("%d rooms of 3: %.1f %% of a core, %.1f µs of CPU per leg and frame", rooms,
		100*used.Seconds()/took.Seconds(), used.Seconds()*1e6/(took.Seconds()*50*float64(len(talkers))))
	if err := cmd.Wait(); err != nil {
		t.Errorf("sipp: %v", err)
	}
	close(stop)
	for _, tk := range talkers {
		_ = tk.conn.Close()
	}
	running.Wait()
	if leaked := s.metric("warmline_leaked_frames_total"); leaked != 0 {
		t.Errorf("%v frames leaked", leaked)
	}
}

// judge wants every pair heard and nobody to hear themselves.
func judge(t *testing.T, talkers []*talker, took time.Duration) {
	t.Helper()
	pairs, selves, packets := 0, 0, 0
	for i, tk := range talkers {
		heard, got := tk.recording()
		packets += got
		for j, hz := range roomHz {
			l := level(heard, hz)
			switch {
			case j == i%3 && l > -45:
				selves++
				t.Errorf("leg %d hears itself at %.1f dBFS", i, l)
			case j != i%3 && l < -30:
				t.Errorf("leg %d does not hear %g Hz: %.1f dBFS", i, hz, l)
			case j != i%3:
				pairs++
			}
		}
	}
	t.Logf("%d of %d pairs heard, %d hear themselves, %.2f %% of packets came", pairs, 2*len(talkers), selves,
		100*float64(packets)/(took.Seconds()*50*float64(len(talkers))))
}

func (tk *talker) receive() {
	buf := make([]byte, 2048)
	for {
		n, from, err := tk.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if n < 12 || buf[1]&0x7f != 0 {
			continue
		}
		tk.mu.Lock()
		tk.remote = from
		tk.got++
		if len(tk.heard) < 5*8000 {
			for _, b := range buf[12:n] {
				tk.heard = append(tk.heard, ulawDecode(b))
			}
		}
		tk.mu.Unlock()
	}
}

func (tk *talker) reset() {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	tk.heard, tk.got = tk.heard[:0], 0
}

func (tk *talker) recording() ([]int16, int) {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	return append([]int16(nil), tk.heard...), tk.got
}

// sendAll sends every talker's tone, a frame each 20 ms, from one goroutine.
func sendAll(talkers []*talker, stop chan struct{}) {
	packet := make([]byte, 12+160)
	packet[0] = 0x80
	var frames [3][8000]byte // a second of each tone: a whole number of periods
	for k, hz := range roomHz {
		for i := range frames[k] {
			frames[k][i] = ulawEncode(int16(6000 * math.Sin(2*math.Pi*hz*float64(i)/8000)))
		}
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := uint32(0); ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		binary.BigEndian.PutUint16(packet[2:], uint16(n))
		binary.BigEndian.PutUint32(packet[4:], n*160)
		for i, tk := range talkers {
			tk.mu.Lock()
			to := tk.remote
			tk.mu.Unlock()
			if !to.IsValid() {
				continue
			}
			binary.BigEndian.PutUint32(packet[8:], uint32(i+1))
			at := int(n*160) % 8000
			copy(packet[12:], frames[i%3][at:at+160])
			_, _ = tk.conn.WriteToUDPAddrPort(packet, to)
		}
	}
}

// cpu is the server's user and system time so far.
func (s *server) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	fields := strings.Fields(string(b)[strings.LastIndexByte(string(b), ')')+2:])
	var user, system int64
	fmt.Sscan(fields[11], &user)
	fmt.Sscan(fields[12], &system)
	return time.Duration(user+system) * 10 * time.Millisecond // clock ticks of 100 Hz
}
