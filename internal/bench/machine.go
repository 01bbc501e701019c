package bench

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// machine describes this one.
func machine() Machine {
	m := Machine{Kernel: kernel(), Go: runtime.Version(), LoadStart: loadAverage(), CPU: runtime.GOARCH}
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "processor":
			m.Processors++
		case "model name":
			m.CPU = strings.TrimSpace(value)
		}
	}
	if m.Processors == 0 {
		m.Processors = runtime.NumCPU()
	}
	return m
}

// loadAverage is of the last minute; 0 where there is none.
func loadAverage() float64 {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	v, _ := strconv.ParseFloat(first, 64)
	return v
}

// times are what all processors together have done since the start, in ticks.
type times struct{ total, idle, stolen int64 }

// processorTimes reads them; zero where there are none.
func processorTimes() times {
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	return parseTimes(line)
}

// parseTimes reads the first line of /proc/stat: user, nice, system, idle,
// iowait, irq, softirq, steal; what guests use is in user already.
func parseTimes(line string) (t times) {
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return times{}
	}
	for i, f := range fields[1:9] {
		n, _ := strconv.ParseInt(f, 10, 64)
		t.total += n
		switch i {
		case 3, 4:
			t.idle += n
		case 7:
			t.stolen += n
		}
	}
	return t
}

// since is what was done between two looks.
func (t times) since(before times) System {
	all := int(t.total - before.total)
	return System{
		Busy:   share(int(t.total-t.idle-before.total+before.idle), all),
		Stolen: share(int(t.stolen-before.stolen), all),
	}
}
