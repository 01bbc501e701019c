package transfer

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recorded are the scripts whose traces are checked in: the whole story of a
// warm transfer, and lives with lost legs, races and the stranded policy.
var recorded = []string{"hear_09_left", "hear_10_left_held", "lost_media", "strand_recall", "race_cancel_crosses_answer", "gone_ringing_keep", "open_click"}

func record(sc *script) Trace {
	s := New(sc.policy)
	trace := Trace{Policy: sc.policy}
	for _, step := range sc.steps {
		s, _ = Step(s, step.in)
		trace.Append(step.in, s)
	}
	return trace
}

// TestReplayRecorded replays the checked-in traces: today's machine must go
// through the very states that were recorded.
func TestReplayRecorded(t *testing.T) {
	if *update {
		for _, sc := range loadScripts(t) {
			if slices.Contains(recorded, sc.name) {
				var b bytes.Buffer
				if err := record(sc).Encode(&b); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(traceDir, sc.name+".jsonl"), b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(traceDir, "*.jsonl"))
	if err != nil || len(files) < len(recorded) {
		t.Fatalf("%d traces, %v", len(files), err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		trace, err := DecodeTrace(f)
		f.Close()
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := Replay(trace); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestTraceRoundTrip(t *testing.T) {
	for _, sc := range loadScripts(t) {
		trace := record(sc)
		var b bytes.Buffer
		if err := trace.Encode(&b); err != nil {
			t.Fatal(err)
		}
		got, err := DecodeTrace(&b)
		if err != nil {
			t.Fatalf("%s: %v", sc.name, err)
		}
		if got.Policy != trace.Policy || !slices.Equal(got.Steps, trace.Steps) {
			t.Errorf("%s comes back changed", sc.name)
		}
		if err := Replay(got); err != nil {
			t.Errorf("%s: %v", sc.name, err)
		}
	}
}

func TestReplayDiverges(t *testing.T) {
	scripts := loadScripts(t)
	trace := record(scripts[0])
	trace.Steps[1].Digest++
	if err := Replay(trace); !errors.Is(err, ErrDiverged) {
		t.Errorf("a changed digest: %v", err)
	}
	trace = record(scripts[0])
	trace.Steps[0].Input.Role = Agent
	if err := Replay(trace); !errors.Is(err, ErrDiverged) {
		t.Errorf("a changed input: %v", err)
	}
}

func TestDecodeTraceRefuses(t *testing.T) {
	header := `{"trace":1,"stranded":"requeue"}` + "\n"
	for name, text := range map[string]string{
		"empty":            "",
		"no JSON":          "hello",
		"another form":     `{"trace":2,"stranded":"requeue"}`,
		"unknown policy":   `{"trace":1,"stranded":"drop"}`,
		"unknown field":    `{"trace":1,"stranded":"requeue","x":1}`,
		"gap":              header + `{"version":2,"input":"announced","digest":"00"}`,
		"unreadable input": header + `{"version":1,"input":"sing p1","digest":"00"}`,
		"bad digest":       header + `{"version":1,"input":"announced","digest":"xyz"}`,
		"cut off":          header + `{"version":1,`,
	} {
		if _, err := DecodeTrace(strings.NewReader(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// failingWriter fails at once, as a full disk does.
type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestEncodeReportsError(t *testing.T) {
	if err := record(loadScripts(t)[0]).Encode(failingWriter{}); err == nil {
		t.Error("no error")
	}
}
