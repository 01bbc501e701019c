package bench

import (
	"fmt"
	"io"
	"strings"
)

// Print writes a report for people.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	m, s := r.Machine, r.Settings
	fmt.Fprintf(&b, "%s, %d processors, %s, %s; load %.2f at the start, %.2f at the end\n",
		m.CPU, m.Processors, m.Kernel, m.Go, m.LoadStart, m.LoadEnd)
	fmt.Fprintf(&b, "target %s, rooms of %d, %d talking in %s, %s, phases %s, %g s after %g s, processors: server %s, generator %s\n",
		s.Target, s.Size, s.Talkers, s.Signal, s.Codec, s.Phase, s.Duration, s.WarmUp, processor(s.PinServer), processor(s.Pin))
	for i := range r.Measurements {
		r.Measurements[i].print(&b)
	}
	if r.Limit != nil {
		fmt.Fprintf(&b, "\nlimit: %d rooms, %d legs; %s\n", r.Limit.Rooms, r.Limit.Legs, r.Limit.Reason)
	}
	for _, missed := range r.Missed {
		fmt.Fprintf(&b, "\nmissed: %s\n", missed)
	}
	if r.Failure != "" {
		fmt.Fprintf(&b, "\nfailed: %s\n", r.Failure)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func processor(n int) string {
	if n < 0 {
		return "any"
	}
	return fmt.Sprint(n)
}

func (m *Measurement) print(b *strings.Builder) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(b, "  %-10s "+format+"\n", append([]any{name}, args...)...)
	}
	fmt.Fprintf(b, "\n%d rooms, %d legs", m.Rooms, m.LegCount)
	if m.Held > 0 {
		fmt.Fprintf(b, ", and %d on hold", m.Held)
	}
	b.WriteByte('\n')
	line("calls", "%d placed, %d answered; set-up p50 %.1f ms, p99 %.1f ms", m.Calls.Placed, m.Calls.Answered, m.Calls.SetupP50, m.Calls.SetupP99)
	for why, n := range m.Calls.Errors {
		line("", "%d: %s", n, why)
	}
	d := m.Delivery
	line("delivery", "%.3f %% of %d; %d gaps, %d duplicates, %d foreign; worst leg misses %d", d.Share, d.Expected, d.Gaps, d.Duplicates, d.Foreign, d.Worst)
	l := m.Lateness
	line("lateness", "%.3f %% within 5 ms; p50 %.2f, p99 %.2f, p99.9 %.2f, max %.2f ms; grids moved by %.2f ms at most", l.OnTime, l.P50, l.P99, l.P999, l.Max, l.GridMoved)
	y := m.Delay
	line("delay", "mean %.2f, p50 %.2f, p99 %.2f, min %.2f, max %.2f ms; %d of %d markers found", y.Mean, y.P50, y.P99, y.Min, y.Max, y.Found, y.Markers)
	if y.InPauses {
		line("", "it is of pauses: while anybody talks it is not measured")
	}
	h := m.Heard
	if y.Spoiled > 0 {
		line("", "%d markers more were sent late by the generator, and are left out", y.Spoiled)
	}
	if y.Markers > 0 && !y.enough() {
		line("", "%d markers were not found: the delay is of the others alone, and may be more", y.Markers-y.Found)
	}
	line("heard", "%d of %d pairs (%d missed, %d at a wrong level), levels %+.2f dB (%+.2f to %+.2f, told to %g dB); %d of %d heard themselves (loudest %.0f dB); %d legs listened to",
		h.Heard, h.Pairs, h.Missed, h.Off, h.LevelMean, h.LevelLeast, h.LevelMost, h.LevelAccuracy, h.HeardThemselves, h.Selves, h.SelfLevel, h.LegsListened)
	if worst := m.worst(); worst != nil {
		line("worst leg", "room %d leg %d: %d of %d packets, %.2f %% within 5 ms, latest %.2f ms, delay %.2f ms", worst.Room, worst.Index,
			worst.Received, worst.Expected, worst.OnTime, worst.LateMax, worst.Delay)
	}
	m.printServer(line)
	if h := m.HeldCost; h != nil {
		line("on hold", "%.2f µs per leg and frame, %.1f KB resident and %.1f KB of heap per leg: the difference to the measurement before",
			h.PerLegFrame, h.PerLegRSS/1e3, h.PerLegHeap/1e3)
	}
	g := m.Generator
	line("generator", "%.1f %% of a core, %s; %.3f %% within 5 ms; p99 %.2f, p99.9 %.2f, max %.2f ms; %d slots skipped, %d packets not taken",
		g.CPU, g.Priority, g.OnTime, g.P99, g.P999, g.Max, g.Skipped, g.Unsent)
	line("system", "%.0f %% of all processors busy, %.1f %% stolen by the machine below", m.System.Busy, m.System.Stolen)
	if g.late() {
		line("", "the generator was late itself: the server's figures are not the server's alone")
	}
}

// worst is the leg with the fewest packets on time; nil when there is none.
func (m *Measurement) worst() (leg *LegFigures) {
	onTime := func(l *LegFigures) float64 { return l.OnTime * share(l.Received, l.Expected) }
	for i := range m.Legs {
		if leg == nil || onTime(&m.Legs[i]) < onTime(leg) {
			leg = &m.Legs[i]
		}
	}
	return leg
}

func (m *Measurement) printServer(line func(name, format string, args ...any)) {
	s := m.Server
	if s == nil {
		return
	}
	if s.seen() {
		line("server", "%.1f %% of a core, %.2f µs per leg and frame; %d threads; %.1f MB resident, %.1f KB per leg",
			s.CPU, s.PerLegFrame, s.Threads, float64(s.RSS)/1e6, s.PerLegRSS/1e3)
	} else {
		line("server", "its process was not looked at")
	}
	line("", "%d goroutines; heap %.1f MB, %.1f KB per leg", s.Goroutines, float64(s.Heap)/1e6, s.PerLegHeap/1e3)
	line("", "ticks %.3f ms late in the mean, %.0f skipped; %.0f frames leaked", s.TickLate, s.TicksSkipped, s.Leaked)
	line("", "frames encoded %.0f, shared %.0f, relayed %.0f", s.Encoded, s.Shared, s.Relayed)
}
