package server

import (
	"log/slog"
	"os"
	"path/filepath"

	"warmline/internal/config"
	"warmline/transfer"
)

// maxTraces bounds the traces that one run of the server keeps: a mistake that
// every call meets must not fill the disk.
const maxTraces = 100

// keepTrace writes down the inputs of calls that broke a rule, so that what
// happened can be stepped again. The rest go to whoever asked for them.
func (s *Server) keepTrace(cfg *config.Config, opts Options) func(string, transfer.Trace, bool) {
	dir := filepath.Join(string(cfg.Data), "traces")
	return func(conference string, trace transfer.Trace, broken bool) {
		if opts.Trace != nil {
			opts.Trace(conference, trace)
		}
		if !broken || cfg.Data == "" || s.traces.Add(1) > maxTraces {
			return
		}
		file := filepath.Join(dir, conference+".jsonl")
		if err := writeTrace(dir, file, trace); err != nil {
			s.log.Error("cannot keep the trace of a call that broke a rule", "conference", conference, "err", err)
			return
		}
		s.log.Error("the trace of a call that broke a rule is kept", "conference", conference, slog.String("file", file))
	}
}

func writeTrace(dir, file string, trace transfer.Trace) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := trace.Encode(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
