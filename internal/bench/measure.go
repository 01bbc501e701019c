package bench

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// grace is how long after a window what was sent in it may still come.
const grace = 300 * time.Millisecond

// maxRecordings bounds the cycles recorded of all legs together; each leg gets
// one at least. Judging them takes the time.
const maxRecordings = 6000

// measure watches a fleet for the options' duration.
func (f *fleet) measure(ctx context.Context, s *probe) (*Measurement, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no collection in the window
	w := f.openWindow()
	runtime.GC()
	defer f.driver.open.Store(nil)
	if err := wait(ctx, time.Until(time.Unix(0, w.from))); err != nil {
		return nil, err
	}
	own, before := cpuTime(), s.look()
	f.driver.open.Store(w)
	if err := wait(ctx, time.Until(time.Unix(0, w.to))); err != nil {
		return nil, err
	}
	own, after := cpuTime()-own, s.look()
	if err := wait(ctx, grace); err != nil {
		return nil, err
	}
	f.driver.open.Store(nil)
	f.driver.settle()
	m := f.judge(w)
	m.Generator.CPU = 100 * float64(own) / float64(w.to-w.from)
	m.Server = s.figures(before, after, len(f.legs))
	m.Calls = f.callFigures()
	f.forget()
	return m, nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(max(0, d)):
		return nil
	}
}

// openWindow makes room for what will be kept, and a window that begins with a
// cycle. The driver does not see it yet.
func (f *fleet) openWindow() *window {
	d := f.driver
	cycles := max(1, (int(f.opts.Duration/(20*time.Millisecond))-afterCycle)/cycleFrames)
	each := min(cycles, max(1, maxRecordings/max(1, len(f.legs))))
	for _, l := range f.legs {
		l.heard = false
		l.kept = &kept{
			packets:  make([]arrival, 0, perLeg(f.opts.Duration)),
			marks:    make([]mark, 0, cycles+1),
			recorded: make([]received, 0, each*cycleFrames+afterCycle),
			payloads: make([]byte, 0, (each*cycleFrames+afterCycle)*maxPayload/2),
		}
	}
	// A cycle that begins soon.
	frame := (d.now() + int64(time.Second)) / frameTime
	_, cycle := chirpCycle(0, f.opts.Talkers)
	cycle *= cycleFrames
	frame += int64(cycle) - frame%int64(cycle)
	w := &window{frame: frame, from: d.wall + frame*frameTime}
	w.to = w.from + int64(f.opts.Duration)
	for _, l := range f.legs {
		// Rooms are recorded at different times, so that all of the window is looked at.
		first := l.room % (cycles - each + 1)
		l.kept.recordFrom = w.from + int64(first*cycleFrames)*frameTime
	}
	return w
}

// forget drops what was kept.
func (f *fleet) forget() {
	for _, l := range f.legs {
		l.kept = nil
	}
}

// callFigures are of all calls so far.
func (f *fleet) callFigures() CallFigures {
	f.mu.Lock()
	defer f.mu.Unlock()
	times := sorted(f.setup)
	c := CallFigures{Placed: len(f.calls), Answered: len(times), SetupP50: quantile(times, 0.5), SetupP99: quantile(times, 0.99), Errors: map[string]int{}}
	for why, n := range f.broken {
		c.Errors[why] = n
	}
	return c
}
