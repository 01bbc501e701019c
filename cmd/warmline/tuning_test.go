package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
	"testing/fstest"

	"warmline/internal/config"
	"warmline/internal/server"
)

func files(contents map[string]string) fstest.MapFS {
	root := fstest.MapFS{}
	for name, text := range contents {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

// The environment wins, setting by setting.
func TestTuningLeavesWhatTheEnvironmentSets(t *testing.T) {
	root := files(map[string]string{"proc/meminfo": "MemTotal: 1000000 kB\n"})
	all := tuning{processors: server.Processors(config.Default()), collectPercent: collectPercent, memoryLimit: 716_800_000, tidy: true}
	for _, c := range []struct {
		set  string
		want tuning
	}{
		{"", all},
		{"GOMAXPROCS", tuning{0, all.collectPercent, all.memoryLimit, true}},
		{"GOGC", tuning{all.processors, 0, all.memoryLimit, false}},
		{"GOMEMLIMIT", tuning{all.processors, all.collectPercent, 0, true}},
	} {
		got := tune(config.Default(), func(name string) string {
			if name == c.set {
				return "1"
			}
			return ""
		}, root)
		if got != c.want {
			t.Errorf("with %q set: %+v, want %+v", c.set, got, c.want)
		}
	}
}

// Each worker holds on to a processor.
func TestTuningCountsTheWorkers(t *testing.T) {
	none := func(string) string { return "" }
	one, three := config.Default(), config.Default()
	one.Media.Workers, three.Media.Workers = 1, 3
	if a, b := tune(one, none, files(nil)), tune(three, none, files(nil)); b.processors != a.processors+2 {
		t.Errorf("%d processors with one worker, %d with three", a.processors, b.processors)
	}
}

func TestAvailableMemory(t *testing.T) {
	const (
		v1, v2 = "sys/fs/cgroup/memory/memory.limit_in_bytes", "sys/fs/cgroup/memory.max"
		own    = "proc/self/cgroup"
		unit   = "sys/fs/cgroup/system.slice/warmline.service/memory.max"
		slice  = "sys/fs/cgroup/system.slice/memory.max"
		oldOwn = "sys/fs/cgroup/memory/system.slice/warmline.service/memory.limit_in_bytes"
		groups = "0::/system.slice/warmline.service\n"
		old    = "5:cpu,cpuacct:/system.slice/none\n4:memory:/system.slice/warmline.service\n1:name=systemd:/x\n"
		info   = "proc/meminfo"
		some   = "MemFree:  7 kB\nMemTotal:       4096 kB\nHugePages_Total: 0\n"
	)
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"no such system", nil, 0},
		{"nonsense", map[string]string{info: "MemTotal: many kB\n", v2: "-1"}, 0},
		{"machine", map[string]string{info: some}, 4 << 20},
		{"no limit", map[string]string{info: some, v2: "max\n"}, 4 << 20},
		{"a limit", map[string]string{info: some, v2: "1048576\n"}, 1 << 20},
		{"an old limit", map[string]string{info: some, v1: "1048576\n"}, 1 << 20},
		{"of the unit", map[string]string{info: some, own: groups, unit: "2097152\n", slice: "max\n"}, 2 << 20},
		{"of its slice", map[string]string{info: some, own: groups, unit: "max\n", slice: "3145728\n"}, 3 << 20},
		{"of all of them the least", map[string]string{info: some, own: groups, unit: "2097152\n", slice: "3145728\n", v2: "1048576"}, 1 << 20},
		{"of the unit, the old way", map[string]string{info: some, own: old, oldOwn: "2097152\n"}, 2 << 20},
		{"of another's tree", map[string]string{info: some, own: "0::/../../x\n", "x/memory.max": "1", v2: "2097152"}, 2 << 20},
		{"groups of nonsense", map[string]string{info: some, own: "0\n::\n0::\n0::relative\n", v2: "2097152"}, 2 << 20},
		{"no old limit", map[string]string{info: some, v1: "9223372036854771712\n"}, 4 << 20},
	} {
		if got := availableMemory(files(c.files)); got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.want)
		}
	}
}

func TestTuningIsApplied(t *testing.T) {
	processors, percent, limit := runtime.GOMAXPROCS(0), debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	defer tuning{processors, percent, limit, false}.apply()()
	defer tuning{processors + 3, 250, 1 << 40, true}.apply()()
	tuning{}.apply()() // changes nothing
	if got := runtime.GOMAXPROCS(0); got != processors+3 {
		t.Errorf("GOMAXPROCS is %d, want %d", got, processors+3)
	}
	if got := debug.SetGCPercent(250); got != 250 {
		t.Errorf("GOGC is %d, want 250", got)
	}
	if got := debug.SetMemoryLimit(math.MinInt64); got != 1<<40 {
		t.Errorf("GOMEMLIMIT is %d, want %d", got, int64(1)<<40)
	}
}
