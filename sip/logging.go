package sip

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// quietLogger returns a logger for sipgo. sipgo writes whole packets that it
// cannot parse at level ERROR, so a stranger could fill the disk and put
// credentials into the log. What it says is of interest to whoever debugs
// signalling: everything goes down to DEBUG, without packets, short, and no
// more than logBurst lines and logRate a second; how many were left out is
// said with the next one.
func quietLogger(l *slog.Logger) *slog.Logger {
	if l == nil {
		l = slog.New(slog.DiscardHandler)
	}
	return slog.New(&quietHandler{next: l.Handler(), limit: &logLimit{bucket: newBucket(logRate, logBurst)}})
}

const (
	logRate  = 5
	logBurst = 50
	// maxLogText bounds one value of a line.
	maxLogText = 200
)

// logLimit is shared by all loggers derived from one.
type logLimit struct {
	mu      sync.Mutex
	bucket  bucket
	skipped int
}

func (l *logLimit) take(now time.Time) (skipped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.bucket.take(now) {
		l.skipped++
		return 0, false
	}
	skipped, l.skipped = l.skipped, 0
	return skipped, true
}

type quietHandler struct {
	next  slog.Handler
	limit *logLimit
}

// Enabled is that of DEBUG: no record goes out at a higher level.
func (h *quietHandler) Enabled(ctx context.Context, _ slog.Level) bool {
	return h.next.Enabled(ctx, slog.LevelDebug)
}

func (h *quietHandler) Handle(ctx context.Context, r slog.Record) error {
	now := r.Time
	if now.IsZero() {
		now = time.Now()
	}
	skipped, ok := h.limit.take(now)
	if !ok {
		return nil
	}
	text, _ := keyless(r.Message)
	out := slog.NewRecord(r.Time, slog.LevelDebug, clip(scrub(text), maxLogText), r.PC)
	out.AddAttrs(slog.String("level", r.Level.String()))
	r.Attrs(func(a slog.Attr) bool {
		if a, keep := quiet(a); keep {
			out.AddAttrs(a)
		}
		return true
	})
	if skipped > 0 {
		out.AddAttrs(slog.Int("skipped", skipped))
	}
	return h.next.Handle(ctx, out)
}

func (h *quietHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	kept := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		if a, keep := quiet(a); keep {
			kept = append(kept, a)
		}
	}
	return &quietHandler{next: h.next.WithAttrs(kept), limit: h.limit}
}

func (h *quietHandler) WithGroup(name string) slog.Handler {
	return &quietHandler{next: h.next.WithGroup(name), limit: h.limit}
}

// quiet drops raw packets and shortens the rest. Errors are kept by their
// first words alone: sipgo quotes the line it could not parse, which may be an
// Authorization header.
func quiet(a slog.Attr) (slog.Attr, bool) {
	v := a.Value.Resolve()
	switch a.Key {
	case "data", "req", "res", "msg":
		return a, false
	}
	switch v.Kind() {
	case slog.KindString, slog.KindAny:
		return slog.String(a.Key, brief(v.String())), true
	case slog.KindGroup:
		var kept []any
		for _, g := range v.Group() {
			if g, keep := quiet(g); keep {
				kept = append(kept, g)
			}
		}
		return slog.Group(a.Key, kept...), true
	}
	return a, true
}

// brief cuts text before the first quotation or key of SRTP, and to a sane
// length.
func brief(s string) string {
	s, cut := keyless(s)
	if i := strings.IndexAny(s, `"'`); i >= 0 {
		s, cut = s[:i], true
	}
	if cut {
		s += "…"
	}
	return clip(scrub(s), maxLogText)
}

// keyMark is what stands before a key in SDP (RFC 4568 §9.2).
const keyMark = "inline:"

// keyless cuts text before the first key of SRTP. It compares bytes: letters
// may be longer in lower case, which would move the cut.
func keyless(s string) (text string, cut bool) {
	for i := 0; i+len(keyMark) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(keyMark)], keyMark) {
			return s[:i], true
		}
	}
	return s, false
}
