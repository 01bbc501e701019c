package main

import (
	"io"
	"log/slog"
	"os"
)

// logFlags choose what is logged and how.
type logFlags struct {
	LogLevel  slog.Level `default:"info" env:"WARMLINE_LOG_LEVEL" placeholder:"LEVEL" help:"debug, info, warn or error."`
	LogFormat string     `default:"auto" enum:"auto,text,json" env:"WARMLINE_LOG_FORMAT" placeholder:"FORMAT" help:"text, json, or auto: text on a terminal, json otherwise."`
}

// logger writes to w.
func (f *logFlags) logger(w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: f.LogLevel}
	if f.LogFormat == "text" || f.LogFormat != "json" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

// isTerminal reports whether w is a character device, which a terminal is and a
// file or pipe is not.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
