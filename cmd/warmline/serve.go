package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"warmline/internal/config"
)

// serveCmd runs the server until a signal ends it.
type serveCmd struct {
	configFlags
	logFlags
}

// Run serves the configuration; without one it writes a first one and says how
// to log a phone in.
func (c *serveCmd) Run(s *streams, run runner) error {
	var first *config.First
	if c.Config == "" {
		var err error
		if first, err = config.FirstRun("."); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	cfg, err := c.load()
	if first != nil {
		// Also after a mistake in a flag: the key is shown this once.
		shown := cfg
		if err != nil {
			shown = config.Default()
		}
		welcome(s.out, first, shown, localAddrs())
	}
	if err != nil {
		return err
	}
	defer tune(cfg, os.Getenv, os.DirFS("/")).apply()()
	return serve(cfg, c.logger(s.err), c.load, run)
}

// serve runs a server under the process's signals.
func serve(cfg *config.Config, log *slog.Logger, load func() (*config.Config, error), run runner) error {
	// Room for one of each: a signal that finds no room is dropped.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)
	return supervise(signals, cfg, log, load, run)
}

// runner runs a server until ctx ends, which ends it at once, or drain closes
// and the last call is over. Each configuration from reload is taken over; it
// has been checked.
type runner func(ctx context.Context, cfg *config.Config, log *slog.Logger, drain <-chan struct{}, reload <-chan *config.Config) error

// supervise runs a server and turns signals into what it understands: the first
// SIGTERM or SIGINT drains, the second ends at once, SIGHUP reads the
// configuration again and keeps the running one if the new one is bad. It
// returns when the server has.
func supervise(signals <-chan os.Signal, cfg *config.Config, log *slog.Logger, load func() (*config.Config, error), run runner) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	drain := make(chan struct{})
	reload := make(chan *config.Config, 1)
	done := make(chan error, 1)
	go func() { done <- run(ctx, cfg, log, drain, reload) }()
	draining := false
	for {
		select {
		case err := <-done:
			if errors.Is(err, context.Canceled) && ctx.Err() != nil {
				return nil // as asked
			}
			return err
		case sig := <-signals:
			switch {
			case sig == syscall.SIGHUP:
				offer(reload, reread(log, load))
			case !draining:
				log.Info("draining: no new calls; a second signal ends at once", "signal", sig.String())
				draining = true
				close(drain)
			default:
				log.Warn("ending at once", "signal", sig.String())
				cancel()
			}
		}
	}
}

// reread loads the configuration again, and logs each mistake if it is bad.
func reread(log *slog.Logger, load func() (*config.Config, error)) *config.Config {
	cfg, err := load()
	if err == nil {
		return cfg
	}
	all, ok := errors.AsType[config.Errors](err)
	if !ok {
		log.Error("configuration refused, the running one is kept", "err", err)
	}
	for _, e := range all {
		log.Error("configuration refused, the running one is kept", "err", e)
	}
	return nil
}

// offer puts a configuration where the server will find it, in place of one it
// has not taken yet. There is one sender, so it never blocks.
func offer(reload chan *config.Config, cfg *config.Config) {
	if cfg == nil {
		return
	}
	select {
	case <-reload:
	default:
	}
	reload <- cfg
}
