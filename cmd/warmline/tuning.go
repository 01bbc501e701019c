package main

import (
	"bytes"
	"io/fs"
	"math"
	"path"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"warmline/internal/config"
	"warmline/internal/server"
)

// Garbage is made by signalling alone, a few megabytes a second at a hundred calls
// a second: media frames allocate nothing. So to collect it when there is a quarter
// as much of it as is alive takes a collection every second or two at the busiest.
// What is waited for longer would be part of what a call takes, and more than that:
// what is kept lies between what is not, whose places stay empty.
const (
	collectPercent = 25
	memoryShare    = 0.7 // of the machine's or the container's
)

// tuning is how the Go runtime is set; zero leaves a setting as it is.
type tuning struct {
	processors     int
	collectPercent int
	memoryLimit    int64 // bytes
	tidy           bool  // collect when it is quiet
}

// tune finds the settings that suit a server, but for those that the
// environment (GOMAXPROCS, GOGC, GOMEMLIMIT) makes already. root is the root of
// the file system.
func tune(cfg *config.Config, getenv func(string) string, root fs.FS) tuning {
	var t tuning
	if getenv("GOMAXPROCS") == "" {
		t.processors = server.Processors(cfg)
	}
	if getenv("GOGC") == "" {
		t.collectPercent, t.tidy = collectPercent, true
	}
	if getenv("GOMEMLIMIT") == "" {
		t.memoryLimit = int64(memoryShare * float64(availableMemory(root)))
	}
	return t
}

// apply has to come before the server starts; stop when it is over.
func (t tuning) apply() (stop func()) {
	if t.processors > 0 {
		runtime.GOMAXPROCS(t.processors)
	}
	if t.collectPercent > 0 {
		debug.SetGCPercent(t.collectPercent)
	}
	if t.memoryLimit > 0 {
		debug.SetMemoryLimit(t.memoryLimit)
	}
	over := make(chan struct{})
	if t.tidy {
		go newTidier().run(over)
	}
	return func() { close(over) }
}

// availableMemory is how many bytes the machine and the container let us use;
// 0: unknown.
func availableMemory(root fs.FS) int64 {
	least := int64(math.MaxInt64)
	info, _ := fs.ReadFile(root, "proc/meminfo")
	for line := range strings.Lines(string(info)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "MemTotal:" {
			least = atMost(least, fields[1], 1024)
		}
	}
	for _, file := range limitFiles(root) {
		limit, _ := fs.ReadFile(root, file)
		least = atMost(least, string(bytes.TrimSpace(limit)), 1)
	}
	if least == math.MaxInt64 {
		return 0
	}
	return least
}

// The files that have the limit of a control group, under where those of version 1
// for memory, and of version 2, are.
const (
	groupsV1, limitV1 = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
	groupsV2, limitV2 = "sys/fs/cgroup", "memory.max" // "max": no limit
)

// limitFiles are those of our control group and of all it is in. In a container
// the group is most often the root.
func limitFiles(root fs.FS) []string {
	files := []string{groupsV1 + "/" + limitV1, groupsV2 + "/" + limitV2}
	own, _ := fs.ReadFile(root, "proc/self/cgroup")
	for line := range strings.Lines(string(own)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		// A rooted path does not lead out of it.
		for group := path.Clean("/" + fields[2]); group != "/"; group = path.Dir(group) {
			switch fields[1] {
			case "":
				files = append(files, groupsV2+group+"/"+limitV2)
			case "memory":
				files = append(files, groupsV1+group+"/"+limitV1)
			}
		}
	}
	return files
}

// atMost is the lesser of least and the number in text, in units.
func atMost(least int64, text string, unit int64) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/unit {
		return least
	}
	return min(least, n*unit)
}
