//go:build real

package real

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// phone is a baresip that registers as an agent, takes every call, sends a
// steady tone and records what it hears.
type phone struct {
	t    *testing.T
	ctrl net.Conn
	dir  string
}

const baresipConfig = `
poll_method epoll
sip_listen %s:%d
net_interface wl0
call_local_timeout 120
call_max_calls 4
audio_player aubridge,nil
audio_source ausine,%d
ausrc_srate 48000
ausrc_channels 2
audio_alert aubridge,nil
audio_buffer 20-160
rtp_ports %d-%d
module_path %s
module g711.so
module ausine.so
module aubridge.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:%d
snd_path %s
`

func startPhone(t *testing.T, s *server, agent string, hz, rtpPort int) *phone {
	t.Helper()
	p := &phone{t: t, dir: t.TempDir()}
	ctrlPort, sipPort := freePort(t), freePort(t)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config", fmt.Sprintf(baresipConfig, serverAddr, sipPort, hz, rtpPort, rtpPort+98, modulePath(t), ctrlPort, p.dir))
	write("contacts", "")
	write("accounts", fmt.Sprintf("<sip:%s@%s:%d>;auth_user=%s;auth_pass=%s-secret;answermode=auto;audio_codecs=pcmu;regint=60\n",
		agent, serverAddr, s.sipPort, agent, agent))
	cmd := exec.Command("baresip", "-f", p.dir)
	out, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			b, _ := os.ReadFile(filepath.Join(p.dir, "log"))
			t.Logf("%s's baresip:\n%s", agent, tail(string(b), 4000))
		}
	})
	for deadline := time.Now().Add(10 * time.Second); p.ctrl == nil; time.Sleep(50 * time.Millisecond) {
		if p.ctrl, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ctrlPort)); err != nil && time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = p.ctrl.Close() })
	go func() { // what it reports is not needed, but must be read
		buf := make([]byte, 4096)
		for {
			if _, err := p.ctrl.Read(buf); err != nil {
				return
			}
		}
	}()
	return p
}

func modulePath(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("dpkg", "-L", "baresip-core").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); strings.HasSuffix(line, "/modules") {
			return line
		}
	}
	t.Fatal("baresip has no modules")
	return ""
}

// do gives baresip a command over its control connection (a netstring).
func (p *phone) do(command, params string) {
	p.t.Helper()
	b, err := json.Marshal(map[string]string{"command": command, "params": params})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(p.ctrl, "%d:%s,", len(b), b); err != nil {
		p.t.Fatal(err)
	}
}

// hangUp ends the call.
func (p *phone) hangUp() { p.do("hangup", "") }

// keys presses keys one by one, as a person would.
func (p *phone) keys(keys string) {
	p.t.Helper()
	for _, k := range keys {
		p.do("sndcode", string(k))
		time.Sleep(250 * time.Millisecond)
	}
}

// heard is what the phone has recorded so far: 8 kHz mono samples of its
// newest recording of decoded audio.
func (p *phone) heard() []int16 {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	if err != nil || len(files) == 0 {
		p.t.Fatalf("no recording: %v", err)
	}
	b, err := os.ReadFile(files[len(files)-1])
	if err != nil {
		p.t.Fatal(err)
	}
	if len(b) < 44 {
		return nil
	}
	b = b[44:] // the canonical header; its length is not written before the end
	samples := make([]int16, len(b)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return samples
}

// registered waits until the directory sees the agents' phones.
func (s *server) registered(n int) {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if s.metric("warmline_registrations") == float64(n) {
			return
		}
	}
	s.t.Fatalf("%d registrations, not %d", int(s.metric("warmline_registrations")), n)
}

func itoa(i int) string { return strconv.Itoa(i) }
