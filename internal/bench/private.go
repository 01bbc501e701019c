package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// private is a server of the run's own: another process with a configuration
// for it, on the loopback interface.
type private struct {
	cmd    *exec.Cmd
	dir    string
	sip    string // address:port
	http   string
	exited chan error
}

const (
	readyTime = 20 * time.Second
	endTime   = 15 * time.Second
)

// startPrivate starts it, on one processor if so wished, and waits until it is
// ready.
func startPrivate(ctx context.Context, o Options) (_ *private, err error) {
	s := &private{exited: make(chan error, 1)}
	if s.dir, err = os.MkdirTemp("", "warmline-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if s.sip, s.http, err = freePorts(); err != nil {
		return nil, err
	}
	file := filepath.Join(s.dir, "warmline.yaml")
	if err = os.WriteFile(file, s.config(o), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(o.Program, "serve", "--config", file)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, o.ProgramLog, o.ProgramLog
	cmd.Env = append(os.Environ(), "WARMLINE_LOG_LEVEL=error")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for us; we end it
	start := cmd.Start
	if o.PinServer >= 0 {
		start = func() error { return pinned(o.PinServer, cmd.Start) }
	}
	if err = start(); err != nil {
		return nil, fmt.Errorf("private server: %w", err)
	}
	s.cmd = cmd
	go func() { s.exited <- cmd.Wait() }()
	return s, s.ready(ctx)
}

// config is the server's: rooms for all, one trunk, limits that are not met.
func (s *private) config(o Options) []byte {
	return fmt.Appendf(nil, `
sip: {listen: ["udp://%s"], domain: bench.invalid}
media: {ports: 10000-59999, codecs: [%s]}
http: {listen: "%s"}
rooms: [{pattern: "%s"}]
trunks: [{id: bench, match: [%s], uri: "sip:%s:5060"}]
routes: [{to: "%s", target: dialled}]
timers: {rtp_first: 1h, rtp_trunk: 2h}
limits: {conferences: 20000, legs: 40000, calls_per_second: 2000, worker_use: 1, lateness: 1s}
data: "%s"
`, s.sip, o.Codec, s.http, o.Numbers, o.Local, o.Local, o.Numbers, filepath.Join(s.dir, "data"))
}

// freePorts finds addresses for SIP and HTTP.
func freePorts() (sip, web string, err error) {
	u, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer u.Close()
	t, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer t.Close()
	return u.LocalAddr().String(), t.Addr().String(), nil
}

// ready waits until the server says so.
func (s *private) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.http+"/readyz", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-s.exited:
			s.cmd = nil
			return fmt.Errorf("private server: ended before it was ready: %w", errors.Join(err, errors.New("see its log")))
		case <-ctx.Done():
			return fmt.Errorf("private server: not ready: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends the server, by signals first.
func (s *private) stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		time.Sleep(100 * time.Millisecond) // two signals at once are one
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.exited:
		case <-time.After(endTime):
			_ = s.cmd.Process.Kill()
			<-s.exited
		}
	}
	_ = os.RemoveAll(s.dir)
}
