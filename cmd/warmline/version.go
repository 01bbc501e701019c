package main

import (
	"fmt"
	"runtime/debug"
)

// versionCmd shows what is running.
type versionCmd struct{}

// Run prints version, commit and Go version in one line.
func (versionCmd) Run(s *streams) error {
	b := readBuild()
	fmt.Fprintf(s.out, "warmline %s, commit %s, %s\n", b.version, b.commit, b.goVersion)
	return nil
}

// build is what the binary knows of where it comes from.
type build struct{ version, commit, goVersion string }

// readBuild reads what the go command stamped into the binary; a build outside
// a repository has no commit.
func readBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{"unknown", "unknown", "unknown"}
	}
	b := build{version: info.Main.Version, commit: "unknown", goVersion: info.GoVersion}
	if b.version == "" {
		b.version = "(devel)"
	}
	dirty := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = " (modified)"
			}
		}
	}
	b.commit += dirty
	return b
}
