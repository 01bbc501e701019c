package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeGo stands in for the go command: it lists one file of fuzz targets, and
// says of each target what its name calls for.
const fakeGo = `#!/bin/sh
if [ "$1" = list ]; then echo "mod/pkg $FILES"; exit; fi
case "$*" in
*FuzzGood*) echo PASS ;;
*FuzzTimeUp*) printf -- '--- FAIL: FuzzTimeUp (3.23s)\n    context deadline exceeded\nFAIL\n'; exit 1 ;;
*FuzzInput*) printf -- '--- FAIL: FuzzInput (1.00s)\n    --- FAIL: FuzzInput (0.00s)\n        a_test.go:9: context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzInput/1\nFAIL\n'; exit 1 ;;
*FuzzBuild*) echo 'pkg/a_test.go:3:1: syntax error'; exit 2 ;;
esac
`

// TestFuzzScriptRunsEveryTarget holds scripts/fuzz to its word: each target has
// its turn, the deadline of the go command itself fails nothing, and everything
// else does.
func TestFuzzScriptRunsEveryTarget(t *testing.T) {
	dir := t.TempDir()
	goCommand, targets := filepath.Join(dir, "go"), filepath.Join(dir, "a_test.go")
	if err := os.WriteFile(goCommand, []byte(fakeGo), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		names  []string
		failed string // what the script says at the end
	}{
		{[]string{"FuzzGood", "FuzzTimeUp", "FuzzGood2"}, ""},
		{[]string{"FuzzInput", "FuzzBuild", "FuzzGood"}, "failed:\nmod/pkg FuzzInput\nmod/pkg FuzzBuild\n"},
	} {
		var text strings.Builder
		for _, n := range c.names {
			text.WriteString("func " + n + "(f *testing.F) {\n")
		}
		if err := os.WriteFile(targets, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", filepath.Join(root, "scripts", "fuzz"), goCommand, "1s")
		cmd.Env = append(os.Environ(), "FILES="+targets)
		out, err := cmd.CombinedOutput()
		if (err != nil) != (c.failed != "") || !strings.HasSuffix(string(out), c.failed) {
			t.Errorf("%v: %v, want failures %q:\n%s", c.names, err, c.failed, out)
		}
		for _, n := range c.names {
			if !strings.Contains(string(out), "== mod/pkg "+n+", 1s\n") {
				t.Errorf("%v: %s had no turn:\n%s", c.names, n, out)
			}
		}
	}
}
