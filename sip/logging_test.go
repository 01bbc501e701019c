package sip

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// logged runs f with a quiet logger and returns the lines that came out.
func logged(t *testing.T, level slog.Level, f func(*slog.Logger)) []map[string]any {
	t.Helper()
	var buf bytes.Buffer
	f(quietLogger(slog.New(slog.NewJSONHandler(&buf, &slog.HandlerOptions{Level: level}))))
	var lines []map[string]any
	for l := range strings.Lines(buf.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			t.Fatalf("%v in %q", err, l)
		}
		lines = append(lines, m)
	}
	return lines
}

func TestQuietLogger(t *testing.T) {
	const packet = "REGISTER sip:x SIP/2.0\r\nAuthorization: Digest response=\"cafe\"\r\n\r\n"
	lines := logged(t, slog.LevelDebug, func(l *slog.Logger) {
		l = l.With("caller", "Transport<UDP>", "data", packet).WithGroup("g")
		l.Error("failed to parse INLINE:cafe", "data", packet, "req", packet,
			"error", errors.New(`field name with no value in header: "Authorization Digest response=cafe"`),
			"sdp", "bad line a=crypto:1 AES_CM_128_HMAC_SHA1_80 InLine:cafe",
			"long", strings.Repeat("y", 5000), "n", 7, "dirty", "a\r\nb",
			slog.Group("in", slog.String("data", packet), slog.String("kept", "z")))
	})
	if len(lines) != 1 {
		t.Fatalf("%d lines", len(lines))
	}
	text, _ := json.Marshal(lines[0])
	if s := string(text); strings.Contains(s, "cafe") || strings.Contains(s, "REGISTER") || len(s) > 1000 {
		t.Errorf("leaks or is long: %s", s)
	}
	group := lines[0]["g"].(map[string]any)
	if lines[0]["caller"] != "Transport<UDP>" || group["n"] != 7.0 || group["dirty"] != "a  b" ||
		!strings.HasPrefix(group["error"].(string), "field name with no value") ||
		group["in"].(map[string]any)["kept"] != "z" || group["level"] != "ERROR" {
		t.Errorf("lost too much: %s", text)
	}
}

// TestQuietLoggerIsQuiet: an ERROR of sipgo, which any stranger can cause, is
// not an error of the server.
func TestQuietLoggerIsQuiet(t *testing.T) {
	if lines := logged(t, slog.LevelInfo, func(l *slog.Logger) { l.Error("failed to parse") }); len(lines) != 0 {
		t.Errorf("at INFO: %v", lines)
	}
	quietLogger(nil).Error("nowhere")
}

func TestQuietLoggerRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := logged(t, slog.LevelDebug, func(l *slog.Logger) {
			other := l.With("a", 1) // shares the limit
			for range 500 {
				l.Error("x")
				other.Error("y")
			}
			time.Sleep(time.Second)
			l.Error("z")
		})
		if len(lines) != logBurst+1 {
			t.Fatalf("%d lines", len(lines))
		}
		if last := lines[logBurst]; last["skipped"] != 1000.0-logBurst || last["msg"] != "z" {
			t.Errorf("last line %v", last)
		}
	})
}

// TestBriefCutsKeys: nothing of a key is left, whatever stands before it.
func TestBriefCutsKeys(t *testing.T) {
	const key = "SECRETSECRETSECRETSECRETSECRETSECRETSECR"
	for before, want := range map[string]string{
		"":                             "…",
		"a=crypto:1 AES_256_CM ":       "a=crypto:1 AES_256_CM …",
		strings.Repeat("Ⱥ", 40):        strings.Repeat("Ⱥ", 40) + "…",      // longer in lower case
		strings.Repeat("\u2126", 20):   strings.Repeat("\u2126", 20) + "…", // shorter
		"\xff\xfe in":                  "   in…",
		"inline, in line ":             "inline, in line …",
		`bad line "a=crypto:1 AES_CM `: "bad line …",
	} {
		for _, mark := range []string{"inline:", "INLINE:", "iNlInE:"} {
			if got := brief(before + mark + key); got != want {
				t.Errorf("%q: %q, want %q", before+mark, got, want)
			}
		}
	}
	const plain = "no key here: inline"
	if got := brief(plain); got != plain {
		t.Errorf("%q", got)
	}
}

// FuzzBrief: what stands behind the mark of a key never comes out, and a line
// stays short.
func FuzzBrief(f *testing.F) {
	f.Add("a=crypto:1 AES_CM_128_HMAC_SHA1_80 ", "|2^20", uint8(0))
	f.Add(strings.Repeat("Ⱥ", 40), "", uint8(255))
	f.Add("\xe2\x84", "inline:", uint8(21))
	f.Fuzz(func(t *testing.T, before, after string, upper uint8) {
		const key = "kEyKeY"
		if strings.Contains(before, key) {
			t.Skip()
		}
		mark := []byte(keyMark)
		for i := range mark {
			if mark[i] != ':' && upper>>i&1 == 1 {
				mark[i] -= 'a' - 'A'
			}
		}
		got := brief(before + string(mark) + key + after)
		if strings.Contains(got, key) || len(got) > maxLogText {
			t.Errorf("%q", got)
		}
	})
}
