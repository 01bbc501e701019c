package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"warmline/internal/config"
)

// process runs supervise in a synctest bubble with a server of the test's.
type process struct {
	signals chan os.Signal
	log     strings.Builder
	result  chan error
}

func start(load func() (*config.Config, error), server runner) *process {
	p := &process{signals: make(chan os.Signal, 4), result: make(chan error, 1)}
	log := slog.New(slog.NewTextHandler(&p.log, nil))
	go func() { p.result <- supervise(p.signals, config.Default(), log, load, server) }()
	return p
}

// sends delivers a signal and waits until all there is to do is done.
func (p *process) sends(sig os.Signal) {
	p.signals <- sig
	synctest.Wait()
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestFirstSignalDrains(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		synctest.Test(t, func(t *testing.T) {
			lastCall := make(chan struct{})
			drained := false
			p := start(nil, func(ctx context.Context, _ *config.Config, _ *slog.Logger, drain <-chan struct{}, _ <-chan *config.Config) error {
				<-drain
				drained = true
				<-lastCall
				return ctx.Err()
			})
			synctest.Wait()
			if drained {
				t.Error("it drains without a signal")
			}
			p.sends(sig)
			if !drained || !strings.Contains(p.log.String(), "draining") {
				t.Errorf("%v: draining %v, logged %q", sig, drained, p.log.String())
			}
			close(lastCall)
			if err := <-p.result; err != nil {
				t.Errorf("after the last call: %v, want a clean end", err)
			}
		})
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(nil, func(ctx context.Context, _ *config.Config, _ *slog.Logger, _ <-chan struct{}, _ <-chan *config.Config) error {
			<-ctx.Done() // calls go on for ever
			return ctx.Err()
		})
		p.sends(syscall.SIGTERM)
		if len(p.result) > 0 {
			t.Fatal("the first signal ended it")
		}
		p.sends(syscall.SIGINT)
		if err := <-p.result; err != nil {
			t.Errorf("%v, want a clean end", err)
		}
	})
}

func TestServersErrorIsTheCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		boom := errors.New("address in use")
		p := start(nil, func(context.Context, *config.Config, *slog.Logger, <-chan struct{}, <-chan *config.Config) error {
			return boom
		})
		if err := <-p.result; !errors.Is(err, boom) {
			t.Errorf("%v, want %v", err, boom)
		}
	})
}

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next, bad := config.Default(), error(nil)
		load := func() (*config.Config, error) { return next, bad }
		var taken []*config.Config
		stop := make(chan struct{})
		busy := make(chan struct{})
		p := start(load, func(_ context.Context, _ *config.Config, _ *slog.Logger, drain <-chan struct{}, reload <-chan *config.Config) error {
			for {
				select {
				case cfg := <-reload:
					taken = append(taken, cfg)
					<-busy
				case <-stop:
					if closed(drain) {
						return errors.New("SIGHUP drained it")
					}
					return nil
				}
			}
		})
		first := next
		p.sends(syscall.SIGHUP)

		// A server busy with one gets the last of those that came meanwhile.
		next = config.Default()
		p.sends(syscall.SIGHUP)
		next = config.Default()
		last := next
		p.sends(syscall.SIGHUP)
		busy <- struct{}{}
		synctest.Wait()
		if len(taken) != 2 || taken[0] != first || taken[1] != last {
			t.Errorf("%d configurations taken over, want the first and the last", len(taken))
		}
		busy <- struct{}{}

		// A bad one never reaches it; each mistake is a line.
		bad = config.Errors{{Msg: "mistake one"}, {Msg: "mistake two"}}
		p.sends(syscall.SIGHUP)
		bad = errors.New("disk on fire")
		p.sends(syscall.SIGHUP)
		if len(taken) != 2 {
			t.Error("a bad configuration was taken over")
		}
		for _, want := range []string{"mistake one", "mistake two", "disk on fire"} {
			if !strings.Contains(p.log.String(), want) {
				t.Errorf("%q was not logged", want)
			}
		}
		close(stop)
		if err := <-p.result; err != nil {
			t.Error(err)
		}
	})
}

// TestRealSignal sends the process the signals it is run with.
func TestRealSignal(t *testing.T) {
	err := serve(config.Default(), slog.New(slog.DiscardHandler),
		func() (*config.Config, error) { return config.Default(), nil },
		func(ctx context.Context, _ *config.Config, _ *slog.Logger, drain <-chan struct{}, reload <-chan *config.Config) error {
			self, err := os.FindProcess(os.Getpid())
			if err != nil {
				return err
			}
			if err := self.Signal(syscall.SIGHUP); err != nil {
				return err
			}
			<-reload
			if err := self.Signal(syscall.SIGTERM); err != nil {
				return err
			}
			<-drain
			if err := self.Signal(syscall.SIGTERM); err != nil {
				return err
			}
			<-ctx.Done()
			return nil
		})
	if err != nil {
		t.Error(err)
	}
}

func TestServeWithoutAConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	var got *config.Config
	server := func(_ context.Context, cfg *config.Config, _ *slog.Logger, _ <-chan struct{}, _ <-chan *config.Config) error {
		got = cfg
		return nil
	}
	var out strings.Builder
	c := serveCmd{configFlags: configFlags{HTTPListen: "127.0.0.1:18080"}}
	if err := c.Run(&streams{&out, io.Discard}, server); err != nil {
		t.Fatal(err)
	}
	if got == nil || len(got.Agents) != 3 || got.HTTP.Listen.Port() != 18080 {
		t.Fatalf("served %+v", got)
	}
	for _, a := range got.Agents {
		for _, want := range []string{a.ID, a.Extension, a.Name, string(a.Password)} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q is not told:\n%s", want, out.String())
			}
		}
	}
	for _, want := range []string{"Wrote warmline.yaml", "127.0.0.1:5060 over udp", "127.0.0.1:5060 over tcp", "--url http://127.0.0.1:18080 --key "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not told:\n%s", want, out.String())
		}
	}

	// The second time there is one, and nothing to tell.
	first := got.Agents[0].Password
	out.Reset()
	if err := c.Run(&streams{&out, io.Discard}, server); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 0 || got.Agents[0].Password != first {
		t.Errorf("the second run told %q, or has another password", out.String())
	}
}

func TestTheKeyIsToldEvenWhenAFlagIsWrong(t *testing.T) {
	t.Chdir(t.TempDir())
	var out strings.Builder
	c := serveCmd{configFlags: configFlags{HTTPListen: "nowhere"}}
	if err := c.Run(&streams{&out, io.Discard}, nil); err == nil {
		t.Error("it serves nowhere")
	}
	if !strings.Contains(out.String(), "Key of the API") {
		t.Errorf("the key was not told: %q", out.String())
	}
}

func TestServeWhereNothingCanBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Remove(mustGetwd(t)); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := warmline("serve"); status != 1 || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, %q; want 1 and one line", status, stderr)
	}
}

func mustGetwd(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLogger(t *testing.T) {
	for _, c := range []struct {
		flags logFlags
		json  bool
		debug bool
	}{
		{logFlags{LogFormat: "auto"}, true, false}, // a buffer is no terminal
		{logFlags{LogFormat: "json", LogLevel: slog.LevelDebug}, true, true},
		{logFlags{LogFormat: "text"}, false, false},
	} {
		var b strings.Builder
		log := c.flags.logger(&b)
		log.Info("ready", "n", 1)
		if got := json.Valid([]byte(b.String())); got != c.json {
			t.Errorf("%+v: JSON %v: %s", c.flags, got, b.String())
		}
		if !c.json && !strings.Contains(b.String(), "msg=ready") {
			t.Errorf("%+v: %s", c.flags, b.String())
		}
		if got := log.Enabled(t.Context(), slog.LevelDebug); got != c.debug {
			t.Errorf("%+v: debug %v", c.flags, got)
		}
	}
	file, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if isTerminal(file) {
		t.Error("a file is a terminal")
	}
}

func TestLocalAddrsEndWithLoopback(t *testing.T) {
	addrs := localAddrs()
	loopback := false
	for _, a := range addrs {
		if loopback && !a.IsLoopback() {
			t.Errorf("%v stands after a loopback address: %v", a, addrs)
		}
		loopback = loopback || a.IsLoopback()
	}
	if !loopback && len(addrs) > 0 {
		t.Logf("no loopback address among %v", addrs)
	}
	for _, a := range addrs {
		if a == (netip.Addr{}) {
			t.Errorf("no address among %v", addrs)
		}
	}
}
