package jitter

// oracle has the concealment of a Playout, but was told the delay in advance: it
// keeps that, and what is later is lost. So it shows what there is to be had of a
// network at that delay.
type oracle struct {
	Playout
	told naive
}

func newOracle(delay float64) *oracle {
	o := &oracle{told: naive{delay: delay}}
	o.Reset(g711)
	o.store.use(new(Depth))
	return o
}

func (o *oracle) Put(v Packet) bool {
	if !o.running {
		o.running = true
		o.time.begin(v.TS)
		o.play = firstTime + uint32(int(8*(float64(o.told.tick(v.At))/1e6-o.told.delay)))
	}
	pos := o.time.position(v.TS)
	if o.until(pos) < 0 {
		return false
	}
	o.store.write(pos, v.Payload, o.format.Table)
	return true
}

func (o *oracle) Next(int64) bool {
	dst := o.frame[:o.size]
	o.made = true
	o.render(dst)
	if o.conceal.lost == 0 {
		o.ground.hear(amplitude(dst))
	}
	return true
}

func (o *oracle) Slack() (int64, bool) { return 0, false }

// hears has it hear a signal.
func (o *oracle) hears(signal []int16, w network) heard {
	return listen(signal, w, o, newReader(o.told.phase(), false))
}
