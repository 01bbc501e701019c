package bench

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// grace is how long after a window what was sent in it may still come.
const grace = 300 * time.Millisecond

// soon is how far away a window begins, at the least: time to get ready.
const soon = 500 * time.Millisecond

// maxRecordings bounds the cycles recorded of all legs together; each leg gets
// one at least. Keeping and judging them takes memory and time.
const maxRecordings = 3000

// measure watches a fleet for the options' duration.
func (f *fleet) measure(ctx context.Context, p *probe) (*Measurement, error) {
	defer f.forget()
	metrics := p.scrape()
	w := f.openWindow()
	before, after, own, err := f.watch(ctx, p, w)
	if err != nil {
		return nil, err
	}
	before.metrics, after.metrics = metrics, p.scrape()
	m := f.judge(w)
	m.Generator.CPU = 100 * float64(own) / float64(w.to-w.from)
	m.System = after.system.since(before.system)
	m.Server = p.figures(before, after, len(f.legs)+len(f.held))
	m.Calls = f.callFigures()
	return m, nil
}

// watch has the driver keep what comes in a window, and looks at the server at
// its begin and end. own is this process's CPU time, in ns.
func (f *fleet) watch(ctx context.Context, p *probe, w *window) (before, after sight, own int64, err error) {
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no collection in the window
	f.driver.open.Store(w)
	defer f.driver.settle()
	defer f.driver.open.Store(nil)
	if err = wait(ctx, time.Until(time.Unix(0, w.from))); err != nil {
		return
	}
	own, before = cpuTime(), p.process()
	if err = wait(ctx, time.Until(time.Unix(0, w.to))); err != nil {
		return
	}
	own, after = cpuTime()-own, p.process()
	err = wait(ctx, grace)
	return
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
// cycle. The driver does not see the window yet.
func (f *fleet) openWindow() *window {
	d := f.driver
	cycles := max(1, (int(f.opts.Duration/(20*time.Millisecond))-afterCycle)/cycleFrames)
	each := min(cycles, max(1, maxRecordings/max(1, len(f.legs))))
	for _, l := range f.legs {
		l.heard = false
		l.kept = &kept{
			cycles:   each,
			packets:  make([]arrival, 0, perLeg(f.opts.Duration)),
			marks:    make([]mark, 0, cycles+1),
			recorded: make([]received, 0, each*cycleFrames+afterCycle),
			payloads: make([]byte, 0, (each*cycleFrames+afterCycle)*payloadRoom),
		}
		clear(l.kept.packets[:cap(l.kept.packets)]) // touched: no page fault in the window
		clear(l.kept.recorded[:cap(l.kept.recorded)])
		clear(l.kept.payloads[:cap(l.kept.payloads)])
	}
	// Signals begin anew with the window.
	frame := (d.now() + int64(soon)) / frameTime
	d.origin.Store(frame)
	w := &window{from: d.wall + frame*frameTime}
	w.to = w.from + int64(f.opts.Duration)
	for _, l := range f.legs {
		// Rooms are recorded at different times, so that all of the window is listened to.
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
