package main

import (
	"context"
	"log/slog"
	"time"

	"warmline/internal/config"
	"warmline/internal/server"
)

// goodbye is how long the BYEs of a server that ends may take.
const goodbye = 3 * time.Second

// runServer is a runner: it starts a server and sees it through reloads to its
// end.
func runServer(ctx context.Context, cfg *config.Config, log *slog.Logger, drain <-chan struct{}, reload <-chan *config.Config) error {
	v := readBuild()
	s, err := server.Start(cfg, server.Options{Log: log, Version: v.version, Commit: v.commit})
	if err != nil {
		return err
	}
	log.Info("ready", "sip", cfg.SIP.Listen, "http", s.HTTPAddr().String(), "version", v.version)
	defer func() {
		bye, cancel := context.WithTimeout(context.Background(), goodbye)
		defer cancel()
		s.Stop(bye)
		log.Info("stopped")
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.Fatal():
			return err
		case next := <-reload:
			cfg = takeOver(s, log, cfg, next)
		case <-drain:
			patience, cancel := context.WithTimeout(ctx, cfg.DrainTimeout)
			defer cancel()
			if err := s.Drain(patience); err != nil && ctx.Err() == nil {
				log.Warn("calls are still live after the drain time-out; ending them", "after", cfg.DrainTimeout)
			}
			return ctx.Err()
		}
	}
}

// takeOver has the server take over a configuration, and returns the one in
// force afterwards.
func takeOver(s *server.Server, log *slog.Logger, old, cfg *config.Config) *config.Config {
	restart, err := s.Reload(cfg)
	if err != nil {
		log.Error("configuration refused, the running one is kept", "err", err)
		return old
	}
	log.Info("configuration reloaded", "agents", len(cfg.Agents), "queues", len(cfg.Queues), "trunks", len(cfg.Trunks))
	if len(restart) > 0 {
		log.Warn("some changes need a restart", "keys", restart)
	}
	return cfg
}
