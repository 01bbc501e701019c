package mixer

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// Each worker says once what it got, whatever that is.
func TestPriorityIsLogged(t *testing.T) {
	for _, plain := range []bool{true, false} {
		var log bytes.Buffer
		m, err := New(Config{Workers: 2, Plain: plain, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		m.Start()
		m.Close()
		for _, want := range []string{`"worker":0,"priority":"`, `"worker":1,"priority":"`} {
			if n := strings.Count(log.String(), `"level":"INFO","msg":"media worker runs",`+want+m.Stats().Priorities[0]); n != 1 {
				t.Errorf("%d lines with %s: %s", n, want, log.String())
			}
		}
	}
}
