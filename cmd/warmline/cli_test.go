package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// warmline runs a command line and returns its exit status and what it wrote.
func warmline(args ...string) (status int, stdout, stderr string) {
	var out, err strings.Builder
	status = run(args, &out, &err)
	return status, out.String(), err.String()
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitStatus(t *testing.T) {
	t.Chdir(t.TempDir())
	good := write(t, "good.yaml", "agents: [{id: alice, password: x}]\n")
	bad := write(t, "bad.yaml", "agents: [{id: alice}]\nfoo: 1\n")
	for _, c := range []struct {
		args           string
		status         int
		stdout, stderr string // regular expressions for all of it
	}{
		{"", 1, ``, `warmline: expected one of .*\n`},
		{"srve", 1, ``, `warmline: unexpected argument srve.*\n`},
		{"serve --prot 5060", 1, ``, `warmline: unknown flag --prot.*\n`},
		{"--help", 0, `(?s)Usage: warmline <command>.*serve.*check.*demo.*status.*version.*`, ``},
		{"check --help", 0, `(?s)Usage: warmline check.*--config.*`, ``},
		{"version", 0, `warmline \S+, commit .+, go1\.\S+\n`, ``},
		{"check -c " + good, 0, `good.yaml is right: 1 agent, 0 queues, 0 room patterns, 0 trunks, 0 routes, 0 API keys\n`, ``},
		{"check --config " + bad, 1, ``, `bad.yaml:1:11: agents\[0\]: a password .*\nbad.yaml:2:1: unknown key "foo"; there is .*\n`},
		{"check -config " + good, 0, `good.yaml is right: .*\n`, ``},
		{"check -config=" + good, 0, `good.yaml is right: .*\n`, ``},
		{"check -c" + good, 0, `good.yaml is right: .*\n`, ``},
		{"check -json -c " + good, 1, ``, `warmline: unknown flag --json.*\n`}, // another command's
		{"bench -json -rooms 0", 1, ``, `warmline: bench: at least one room.*\n`},
		{"bench -find-limit --step=0", 1, ``, `warmline: bench: steps.*\n`},
		{"bench -roms 0", 1, ``, `warmline: unknown flag -r.*\n`},
		{"check -help", 0, `(?s)Usage: warmline check.*--config.*`, ``},
		{"check -- -config", 1, ``, `warmline: unexpected argument -config.*\n`},
		{"check", 1, ``, `warmline.yaml: no such file or directory\n`},
		{"check -c good.yaml --set timers.session=1s", 1, ``, `--set timers.session: timers.session: 1s is too short; 90s is the least\n`},
		{"check -c good.yaml --http-listen 80", 1, ``, `--http-listen: http.listen: .*\n`},
		{"check -c good.yaml --sip-listen udp://127.0.0.1:1,tls://127.0.0.1:2", 1, ``, `--sip-listen: sip.listen: tls:// is not available yet; use udp:// or tcp://\n`},
		{"check -c good.yaml --set timers", 1, ``, `warmline: --set timers: write KEY=VALUE\n`},
		{"serve -c missing.yaml", 1, ``, `warmline: missing.yaml: no such file or directory\n`},
		{"serve -c " + bad, 1, ``, `warmline: bad.yaml:1:11: agents\[0\]: .* \(and 1 more\)\n`},
		{"serve -c good.yaml --log-level loud", 1, ``, `warmline: .*--log-level.*\n`},
		{"status --url foo", 1, ``, `warmline: --url foo: write http://ADDRESS:PORT\n`},
	} {
		status, stdout, stderr := warmline(strings.Fields(c.args)...)
		if status != c.status {
			t.Errorf("warmline %s: status %d, want %d", c.args, status, c.status)
		}
		for _, o := range []struct{ name, got, want string }{{"stdout", stdout, c.stdout}, {"stderr", stderr, c.stderr}} {
			if !regexp.MustCompile(`\A` + o.want + `\z`).MatchString(o.got) {
				t.Errorf("warmline %s: %s\n%s\nwant\n%s", c.args, o.name, o.got, o.want)
			}
		}
	}
	if _, err := os.Stat("warmline.yaml"); err == nil {
		t.Error("a named configuration that is missing was written as warmline.yaml")
	}
}

// TestFlagsOverEnvironmentOverFile is the order of what decides a value.
func TestFlagsOverEnvironmentOverFile(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "c.yaml"), "http: {listen: 127.0.0.1:1}\ntimers: {session: 91s, wrap_up: 1s}\n")
	t.Setenv("WARMLINE_TIMERS_SESSION", "92s")
	t.Setenv("WARMLINE_HTTP_LISTEN", "127.0.0.1:2")
	f := configFlags{Config: file, HTTPListen: "127.0.0.1:3", Set: []string{"data=x=y"}}
	cfg, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.HTTP.Listen.Port(); got != 3 {
		t.Errorf("the flag's port is 3, got %d", got)
	}
	if got := cfg.Timers.Session.Seconds(); got != 92 {
		t.Errorf("the variable's session is 92 s, got %v", got)
	}
	if got := cfg.Timers.WrapUp.Seconds(); got != 1 {
		t.Errorf("the file's wrap-up is 1 s, got %v", got)
	}
	if cfg.Data != "x=y" {
		t.Errorf("data is %q, want x=y", cfg.Data)
	}
}

func TestConfigFromTheEnvironment(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "c.yaml"), "agents: [{id: alice, password: x}]\n")
	t.Setenv("WARMLINE_CONFIG", file)
	status, stdout, stderr := warmline("check")
	if status != 0 || !strings.HasPrefix(stdout, file+" is right: 1 agent,") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
}
