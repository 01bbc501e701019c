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
