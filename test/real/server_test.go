//go:build real

package real

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var program string // the server, built once

// The tests run in a network namespace of their own: baresip does not use
// loopback, and nothing they send can leave it.
//
//	namespace: wl0 ── wl1 (veth)
//	  wl0: 10.99.0.1  the server and the phones
//	       10.99.0.2  the carrier
const (
	serverAddr = "10.99.0.1"
	trunkAddr  = "10.99.0.2" // trunks are known by their address
	inside     = "WARMLINE_REAL_INSIDE"
)

const topology = `ip link set lo up &&
ip link add wl0 type veth peer name wl1 &&
ip addr add ` + serverAddr + `/24 dev wl0 && ip addr add ` + trunkAddr + `/24 dev wl0 &&
ip link set wl0 up && ip link set wl1 up && exec "$0" "$@"`

// enterNamespace runs this test binary again inside the namespace.
func enterNamespace() int {
	args := append([]string{"--net", "sh", "-c", topology, os.Args[0]}, os.Args[1:]...)
	cmd := exec.Command("unshare", args...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "in the namespace: %v (making one needs root and iproute2)\n", err)
		return 1
	}
	return 0
}

func TestMain(m *testing.M) {
	if os.Getenv(inside) == "" {
		os.Exit(enterNamespace())
	}
	for _, tool := range []string{"sipp", "baresip"} {
		if _, err := exec.LookPath(tool); err != nil {
			fmt.Fprintf(os.Stderr, "%s is not installed: run scripts/test-tools\n", tool)
			os.Exit(1)
		}
	}
	dir, err := os.MkdirTemp("", "warmline-real-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "warmline")
	build := exec.Command("go", "build", "-o", program, "warmline/cmd/warmline")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// apiKey is of these tests alone.
const apiKey = "real-tier-key"

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// server is a running warmline under test.
type server struct {
	t       *testing.T
	cmd     *exec.Cmd
	sipPort int
	api     string
	mu      sync.Mutex
	log     bytes.Buffer
}

func startServer(t *testing.T, extra string) *server {
	t.Helper()
	s := &server{t: t, sipPort: freePort(t)}
	httpPort := freePort(t)
	s.api = fmt.Sprintf("http://127.0.0.1:%d", httpPort)
	dir := t.TempDir()
	file := filepath.Join(dir, "warmline.yaml")
	cfg := fmt.Sprintf(`
sip: {listen: ["udp://%[6]s:%[1]d", "tcp://%[6]s:%[1]d"], domain: warmline.test}
media: {ports: 30000-39999}
http:
  listen: 127.0.0.1:%[2]d
  api_keys: [{name: test, key_sha256: %[3]s, role: operator}]
agents:
  - {id: alice, name: Alice Adams, extension: "1001", password: alice-secret, queues: [support]}
  - {id: bob, name: Bob Brown, extension: "1002", password: bob-secret, queues: [support]}
queues: [{id: support, name: Support, extension: "600"}]
rooms: [{pattern: "7xxx"}]
trunks: [{id: carrier, match: [%[4]s], uri: "sip:%[4]s:5060"}]
routes:
  - {to: "+15550100", target: "queue:support"}
  - {to: "+15550101", target: "agent:alice"}
  - {to: "7xxx", target: dialled}
data: %[5]s
%[7]s
`, s.sipPort, httpPort, sha256Hex(apiKey), trunkAddr, filepath.Join(dir, "data"), serverAddr, extra)
	if err := os.WriteFile(file, []byte(cfg), 0o600); err != nil {
		t.Fatal(err)
	}
	s.cmd = exec.Command(program, "serve", "--config", file)
	s.cmd.Env = append(os.Environ(), "WARMLINE_LOG_LEVEL="+cmp.Or(os.Getenv("WARMLINE_LOG_LEVEL"), "info"))
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout = s.cmd.Stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	go s.readLog(stderr, ready)
	t.Cleanup(s.stop)
	select {
	case <-ready:
	case <-time.After(10 * time.Second):
		t.Fatalf("the server was not ready in 10 s:\n%s", s.logged())
	}
	return s
}

func (s *server) readLog(r io.Reader, ready chan struct{}) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.Contains(lines.Text(), `"msg":"http"`) {
			continue // this test's own polling
		}
		s.mu.Lock()
		fmt.Fprintln(&s.log, lines.Text())
		s.mu.Unlock()
		if ready != nil && (strings.Contains(lines.Text(), `"msg":"ready"`) || strings.Contains(lines.Text(), "msg=ready")) {
			close(ready)
			ready = nil
		}
	}
}

func (s *server) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// stop ends the server as an operator would, and wants a clean exit.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	time.Sleep(100 * time.Millisecond) // two signals at once are one
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			s.t.Errorf("the server did not stop cleanly: %v", err)
		}
	case <-time.After(15 * time.Second):
		_ = s.cmd.Process.Kill()
		<-done
		s.t.Error("the server did not stop in 15 s")
	}
	if s.t.Failed() {
		s.t.Logf("server log:\n%s", tail(s.logged(), 12000))
	}
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// call does an API request and decodes the answer.
func (s *server) call(method, path string, body any) (int, map[string]any) {
	s.t.Helper()
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, s.api+"/api/v1"+path, r)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apiKey)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	raw, _ := io.ReadAll(res.Body)
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			s.t.Fatalf("%s %s: %v in %q", method, path, err, raw)
		}
	}
	return res.StatusCode, out
}

// verb does a verb of the API and wants it done.
func (s *server) verb(conference, path string, body map[string]any) map[string]any {
	s.t.Helper()
	code, out := s.call("POST", "/conferences/"+conference+path, body)
	if code != 200 {
		s.t.Fatalf("%s %v: %d %v", path, body, code, out)
	}
	return out
}

// participant is one of a conference, by role and agent ("" for any).
func participant(conf map[string]any, role, agent string) map[string]any {
	for _, p := range conf["participants"].([]any) {
		p := p.(map[string]any)
		if p["role"] == role && (agent == "" || p["agent"] == agent) && p["status"] != "left" && p["status"] != "failed" {
			return p
		}
	}
	return nil
}

// conference waits for the one live conference to satisfy the condition.
func (s *server) conference(what string, ok func(map[string]any) bool) map[string]any {
	s.t.Helper()
	var last map[string]any
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		_, list := s.call("GET", "/conferences", nil)
		items, _ := list["items"].([]any)
		for _, c := range items {
			last = c.(map[string]any)
			if ok(last) {
				return last
			}
		}
	}
	s.t.Fatalf("%s: never so; last seen: %v", what, last)
	return nil
}

// status waits until the participants have these statuses, given as
// "role/agent" = status.
func (s *server) statuses(want map[string]string) map[string]any {
	s.t.Helper()
	return s.conference(fmt.Sprint("statuses ", want), func(c map[string]any) bool {
		for who, status := range want {
			role, agent, _ := strings.Cut(who, "/")
			p := participant(c, role, agent)
			if (p == nil) != (status == "") || p != nil && p["status"] != status {
				return false
			}
		}
		return true
	})
}

// metric reads one sample of /metrics.
func (s *server) metric(name string) float64 {
	s.t.Helper()
	res, err := http.Get(s.api + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			var f float64
			if _, err := fmt.Sscan(v, &f); err != nil {
				s.t.Fatal(err)
			}
			return f
		}
	}
	s.t.Fatalf("no metric %s", name)
	return 0
}

// freePort finds a port that is free for UDP and TCP.
func freePort(t *testing.T) int {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenUDP("udp", &net.UDPAddr{Port: port})
		_ = l.Close()
		if err == nil {
			_ = u.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}
