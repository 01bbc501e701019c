package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// probe looks at the server's process from outside.
type probe struct {
	pid       int
	metrics   string
	patience  time.Duration // for memory to settle
	first     memory        // the baseline
	firstLegs int           // that were there
}

// sight is one look.
type sight struct {
	at      time.Time
	cpu     int64 // ns; -1: not seen
	rss     int64
	threads int
	system  times
	metrics map[string]float64
}

const (
	clockTick         = int64(10 * time.Millisecond) // of /proc/PID/stat on all Linux systems
	scrapeTime        = 5 * time.Second
	maxScrape         = 8 << 20
	metricLate        = "warmline_mix_tick_lateness_seconds"
	metricSkipped     = "warmline_mix_ticks_skipped_total"
	metricLeaked      = "warmline_leaked_frames_total"
	metricRoutine     = "go_goroutines"
	metricHeap        = "go_memstats_heap_alloc_bytes"
	metricCollections = "go_gc_duration_seconds_count"
	metricIdle        = "go_memstats_heap_idle_bytes"
	metricReleased    = "go_memstats_heap_released_bytes"
	metricEncodes     = "warmline_media_encodes_total"
	metricRelayed     = "warmline_media_relayed_frames_total"
)

// check says what of the server cannot be looked at, although it is asked for.
func (p *probe) check() error {
	if p.pid > 0 && p.process().cpu < 0 {
		return fmt.Errorf("bench: process %d cannot be looked at", p.pid)
	}
	if p.metrics == "" {
		return nil
	}
	m, err := scrape(p.metrics)
	if err != nil {
		return fmt.Errorf("bench: metrics: %w", err)
	}
	if _, known := m[metricRoutine]; !known {
		return fmt.Errorf("bench: no metrics of a server at %s", p.metrics)
	}
	return nil
}

// process reads what the system knows of the process. It costs the server
// nothing.
func (p *probe) process() sight {
	s := sight{at: time.Now(), cpu: -1, system: processorTimes()}
	if p.pid > 0 {
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid)); err == nil {
			s.parse(string(text))
		}
	}
	return s
}

// scrape reads the metrics, nil when there are none. It costs the server time,
// and is for before and after a window.
func (p *probe) scrape() map[string]float64 {
	if p.metrics == "" {
		return nil
	}
	m, err := scrape(p.metrics)
	if err != nil {
		return nil
	}
	return m
}

// parse reads a line of /proc/PID/stat. The name in it may hold anything.
func (s *sight) parse(line string) {
	fields := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	if len(fields) < 22 {
		return
	}
	number := func(i int) int64 { n, _ := strconv.ParseInt(fields[i], 10, 64); return n }
	s.cpu = (number(11) + number(12)) * clockTick
	s.threads = int(number(17))
	s.rss = number(21) * int64(os.Getpagesize())
}

// scrape reads metrics.
func scrape(url string) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	return samples(io.LimitReader(resp.Body, maxScrape)), nil
}

// samples reads the text format as far as it is needed: a value by its name and
// labels, as they are written.
func samples(r io.Reader) map[string]float64 {
	all := make(map[string]float64)
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line := lines.Text()
		end := strings.LastIndexByte(line, ' ')
		if end < 0 || line[0] == '#' {
			continue
		}
		if v, err := strconv.ParseFloat(line[end+1:], 64); err == nil {
			all[line[:end]] = v
		}
	}
	return all
}

// sum adds up a metric over all of its labels that have the given one; "": all.
func (s sight) sum(name, label string) (sum float64) {
	for sample, v := range s.metrics {
		if labels, ok := strings.CutPrefix(sample, name+"{"); ok && strings.Contains(labels, label) {
			sum += v
		}
	}
	return sum
}

// seen says whether the process could be looked at, and not its metrics alone.
func (f *ServerFigures) seen() bool { return f != nil && f.RSS > 0 }

// heldCost compares the measurements without and with so many legs on hold; nil
// when there was nothing to see.
func heldCost(without, with *ServerFigures, legs int) *HeldFigures {
	if !without.seen() || !with.seen() || legs == 0 {
		return nil
	}
	each := 1 / float64(legs)
	return &HeldFigures{
		PerLegFrame: (with.CPU - without.CPU) / 100 * float64(frameTime) / 1e3 * each,
		PerLegRSS:   float64(with.RSS-without.RSS) * each,
		PerLegHeap:  float64(with.Heap-without.Heap) * each,
	}
}

// figures compares two looks, and the second with the baseline of memory; nil when
// there was nothing to see.
func (p *probe) figures(before, after sight, legs int) *ServerFigures {
	if after.cpu < 0 && after.metrics == nil {
		return nil
	}
	f := &ServerFigures{RSS: after.rss, Threads: after.threads}
	others := float64(legs - p.firstLegs)
	if after.cpu >= 0 && before.cpu >= 0 {
		took := after.at.Sub(before.at)
		f.CPU = 100 * float64(after.cpu-before.cpu) / float64(took)
		f.PerLegFrame = float64(after.cpu-before.cpu) / 1e3 / (float64(took) / float64(frameTime) * float64(legs))
		f.PerLegRSS = float64(p.first.added(after)) / others
	}
	if after.metrics != nil {
		grown := func(name string) float64 { return after.metrics[name] - before.metrics[name] }
		f.Goroutines = int(after.metrics[metricRoutine])
		f.Heap = int64(after.metrics[metricHeap])
		f.PerLegHeap = float64(f.Heap-p.first.heap) / others
		if ticks := grown(metricLate + "_count"); ticks > 0 {
			f.TickLate = 1e3 * grown(metricLate+"_sum") / ticks
		}
		f.TicksSkipped, f.Leaked = grown(metricSkipped), grown(metricLeaked)
		labelled := func(name, label string) float64 { return after.sum(name, label) - before.sum(name, label) }
		f.Encoded, f.Shared = labelled(metricEncodes, `shared="no"`), labelled(metricEncodes, `shared="yes"`)
		f.Relayed = labelled(metricRelayed, "")
	}
	return f
}
