package bench

import (
	"context"
	"fmt"
	"runtime"
)

// Run measures a server as the options say. The report is there, as far as it
// got, also with an error.
func Run(ctx context.Context, o Options) (*Report, error) {
	private := o.Target == ""
	o = o.withDefaults()
	c, err := codecNamed(o.Codec)
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return nil, err
	}
	if err := allowFiles(o.files()); err != nil {
		return nil, err
	}
	r := &Report{Machine: machine(), Settings: o.settings()}
	defer func() { r.Machine.LoadEnd = loadAverage() }()
	if private {
		s, err := startPrivate(ctx, o)
		if err != nil {
			return r, err
		}
		defer s.stop()
		o.Target, o.ServerPID, o.Metrics = "sip:"+s.sip, s.cmd.Process.Pid, "http://"+s.http+"/metrics"
	}
	if err := o.drive(ctx, c, r); err != nil {
		return r, err
	}
	wanted, err := parseRequirements(o.Require)
	if err != nil {
		return r, err
	}
	return r, r.require(wanted)
}

// drive places calls and measures.
func (o Options) drive(ctx context.Context, c codec, r *Report) error {
	target, local, err := o.addresses()
	if err != nil {
		return err
	}
	p := &probe{pid: o.ServerPID, metrics: o.Metrics, patience: o.patience}
	if err := p.check(); err != nil {
		return err
	}
	if o.Pin >= 0 {
		if err := pinSelf(o.Pin); err != nil {
			return err
		}
	}
	// The driver keeps a processor while it sleeps; SIP needs another.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.GOMAXPROCS(0))))
	d := newDriver(c, o.MaxRooms*o.Size)
	f, err := newFleet(o, d, target, local)
	if err != nil {
		return err
	}
	go d.run()
	defer func() {
		f.hangup()
		d.stop()
		f.close()
	}()
	if err := f.baseline(ctx, p); err != nil {
		return err
	}
	if o.FindLimit {
		return f.search(ctx, p, r)
	}
	m, err := f.step(ctx, p, o.Rooms)
	if m != nil {
		r.Measurements = append(r.Measurements, *m)
	}
	if err != nil || o.Held == 0 {
		return err
	}
	return f.stepHeld(ctx, p, r)
}

// stepHeld adds the legs on hold and measures once more: what that costs the
// server beyond the measurement before is theirs.
func (f *fleet) stepHeld(ctx context.Context, p *probe, r *Report) error {
	fmt.Fprintf(f.opts.Progress, "placing calls: %d on hold\n", f.opts.Held)
	if err := f.hold(ctx, f.opts.Held); err != nil {
		return err
	}
	m, err := f.step(ctx, p, f.opts.Rooms)
	if m != nil {
		m.HeldCost = heldCost(r.Measurements[len(r.Measurements)-1].Server, m.Server, m.Held)
		r.Measurements = append(r.Measurements, *m)
	}
	return err
}

// step grows the fleet and measures it.
func (f *fleet) step(ctx context.Context, p *probe, rooms int) (*Measurement, error) {
	if rooms > f.rooms() {
		fmt.Fprintf(f.opts.Progress, "placing calls: %d rooms of %d\n", rooms, f.opts.Size)
		if err := f.grow(ctx, rooms); err != nil {
			return nil, err
		}
	}
	if err := wait(ctx, f.opts.WarmUp); err != nil {
		return nil, err
	}
	fmt.Fprintf(f.opts.Progress, "measuring for %v\n", f.opts.Duration)
	m, err := f.measure(ctx, p)
	if err != nil {
		return nil, err
	}
	return m, f.failures()
}

// search raises the number of rooms until quality falls.
func (f *fleet) search(ctx context.Context, p *probe, r *Report) error {
	r.Limit = new(Limit)
	for rooms := f.opts.Rooms; ; rooms = min(rooms+f.opts.Step, f.opts.MaxRooms) {
		reason, err := f.try(ctx, p, r, rooms)
		if err != nil {
			return err
		}
		if reason != "" {
			r.Limit.Reason = fmt.Sprintf("%d rooms: %s", rooms, reason)
			return nil
		}
		r.Limit.Rooms, r.Limit.Legs = rooms, rooms*f.opts.Size
		if rooms == f.opts.MaxRooms {
			r.Limit.Reason = "the most rooms were reached"
			return nil
		}
	}
}

// try measures one number of rooms, more than once if need be. The reason is why
// it is too many.
func (f *fleet) try(ctx context.Context, p *probe, r *Report, rooms int) (reason string, err error) {
	for range f.opts.Tries {
		m, err := f.step(ctx, p, rooms)
		if m != nil {
			r.Measurements = append(r.Measurements, *m)
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			return err.Error(), nil // calls refused or lost: no more can be had
		}
		if reason = f.opts.tooMany(m); reason == "" {
			return "", nil
		}
		fmt.Fprintf(f.opts.Progress, "%d rooms: %s\n", rooms, reason)
	}
	return reason, nil
}

// tooMany is why a measurement is not good enough; "" when it is. Who heard whom
// counts as far as somebody was listened to, leaked frames where they are told.
func (o Options) tooMany(m *Measurement) string {
	h := m.Heard
	switch {
	case m.Delivery.Share < o.Delivered:
		return fmt.Sprintf("%.3f %% of packets came, %g %% are wanted%s", m.Delivery.Share, o.Delivered, m.excuse())
	case m.Lateness.OnTime < o.OnTime:
		return fmt.Sprintf("%.3f %% of packets were on time, %g %% are wanted%s", m.Lateness.OnTime, o.OnTime, m.excuse())
	case h.HeardThemselves > 0:
		return fmt.Sprintf("%d of %d heard themselves, nobody should%s", h.HeardThemselves, h.Selves, m.excuse())
	case h.Heard < h.Pairs:
		return fmt.Sprintf("%d of %d pairs heard each other, all should%s", h.Heard, h.Pairs, m.excuse())
	case m.Server != nil && m.Server.Leaked > 0:
		return fmt.Sprintf("%.0f frames leaked to legs on hold", m.Server.Leaked)
	}
	return ""
}

// excuse says whose fault it may be.
func (m *Measurement) excuse() string {
	if m.Generator.late() {
		return " (the generator was late itself)"
	}
	return ""
}

func (o Options) settings() Settings {
	target := o.Target
	if target == "" {
		target = "private"
	}
	return Settings{
		Target: target, Codec: o.Codec, Held: o.Held, Size: o.Size, Talkers: o.Talkers, Listeners: o.Listeners, Signal: o.Signal, Phase: o.Phase, Seed: o.Seed,
		Rate: o.Rate, WarmUp: o.WarmUp.Seconds(), Duration: o.Duration.Seconds(), Pin: o.Pin, PinServer: o.PinServer,
	}
}
