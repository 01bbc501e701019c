package mixer

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func newMixer(t testing.TB, cfg Config) *Mixer {
	t.Helper()
	if cfg.Music == nil {
		cfg.Music = [][]int16{testMusic()}
	}
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestNewRefuses(t *testing.T) {
	for name, cfg := range map[string]Config{
		"workers":     {Workers: -1},
		"empty music": {Music: [][]int16{{1}, {}}},
		"never on":    {Ringback: Cadence{Frequencies: []float64{400}, Off: time.Second}},
		"too long":    {Ringback: Cadence{Frequencies: []float64{400}, On: time.Minute, Off: time.Second}},
		"negative":    {Ringback: Cadence{Frequencies: []float64{400}, On: time.Second, Off: -time.Second}},
		"no tone":     {Ringback: Cadence{On: time.Second}},
		"five tones":  {Ringback: Cadence{Frequencies: []float64{400, 401, 402, 403, 404}, On: time.Second}},
		"inaudible":   {Ringback: Cadence{Frequencies: []float64{4000}, On: time.Second}},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}

// Rooms go to the emptiest worker and the emptiest slot of it, by rooms and
// ports, and what a room that ends leaves free is used again.
func TestRoomsArePlacedOnTheEmptiest(t *testing.T) {
	m := newMixer(t, Config{Workers: 2, Plain: true})
	defer m.Close()
	type place struct {
		w    *worker
		slot int
	}
	used := map[place]*Room{}
	for range 2 * slots {
		r := m.NewRoom()
		used[place{r.worker, r.slot}] = r
	}
	if len(used) != 2*slots {
		t.Fatalf("%d rooms take %d of as many places", 2*slots, len(used))
	}
	for at, r := range used {
		for id := range Port(3) {
			if at.w != m.workers[1] || at.slot != 5 {
				r.Join(id, &peer{}, Row{})
			}
		}
	}
	if r := m.NewRoom(); r.worker != m.workers[1] || r.slot != 5 {
		t.Errorf("the next room goes to slot %d", r.slot)
	}
	at := place{m.workers[0], 11}
	used[at].Close(nil)
	used[place{m.workers[0], 12}].Leave(0, nil)
	if r := m.NewRoom(); r.worker != at.w || r.slot != at.slot {
		t.Errorf("the place of a room that ended is not taken, but slot %d", r.slot)
	}
}

// due is when the next slot in use begins.
func (r *rig) due() int64 {
	slot, _ := r.w.next(r.w.slot)
	return slot * slotTime
}

// runUntil drives the worker's loop step by step: time stands still but for
// sleeps, which end as late as oversleep says, and delays put in by the test.
func (r *rig) runUntil(end int64) (slept int) {
	for r.now < end {
		r.w.admit()
		slot, begun := r.w.upcoming()
		if !begun {
			r.now = slot*slotTime + r.oversleep
			slept++
			continue
		}
		r.w.runSlot(slot)
	}
	return slept
}

func TestLateTicksRunOrAreGivenUp(t *testing.T) {
	ms := int64(time.Millisecond)
	for _, c := range []struct {
		delay   int64
		skipped uint64
		late    int64 // of the first tick after the delay
	}{
		{0, 0, 0},
		{5 * ms, 0, 5 * ms},
		{10 * ms, 0, 10 * ms},
		{10*ms + 1, 1, 0},
		{25 * ms, 1, 5 * ms}, // one gone, the next one late but in time
		{35 * ms, 2, 0},      // the second one is too late as well
		{65 * ms, 3, 5 * ms}, // a pause, however long, is not lateness without a break
		{1005 * ms, 50, 5 * ms},
		{1000 * ms, 50, 0},   // the 51st is due at the end of the delay
		{1005*ms + 1, 51, 0}, // 5 ms is late enough to wait for the next
	} {
		r := newRig(t)
		room := r.m.NewRoom()
		p := &peer{}
		room.Join(0, p, Row{})
		r.runUntil(200 * ms)
		due := r.due()
		before := len(p.times)
		r.now = due + c.delay
		r.runUntil(due + c.delay + 200*ms)
		s := r.m.Stats()
		if s.SkippedTicks != c.skipped {
			t.Errorf("delay %v: %d ticks given up, want %d", time.Duration(c.delay), s.SkippedTicks, c.skipped)
		}
		first := p.times[before]
		if late := (first - due) % int64(FrameDuration); late != c.late {
			t.Errorf("delay %v: goes on %v late, want %v", time.Duration(c.delay), time.Duration(late), time.Duration(c.late))
		}
		// Nothing is made up for: the ticks after the first are on time, a frame apart.
		for _, at := range p.times[before+1:] {
			if (at-due)%int64(FrameDuration) != 0 {
				t.Errorf("delay %v: a later tick at %v", time.Duration(c.delay), time.Duration(at-due))
			}
		}
		if s.Ticks != uint64(len(p.times)) {
			t.Errorf("%d ticks counted, %d seen", s.Ticks, len(p.times))
		}
	}
}

// Where each sleep ends late, turns are late, but none is given up: the worker has
// time, and would not be woken any earlier for it.
func TestSleepsThatEndLate(t *testing.T) {
	ms := int64(time.Millisecond)
	for _, c := range []struct {
		late, once int64 // how late sleeps end, and a first one
		rooms      int
		skipped    uint64
	}{
		{ms + 1, 0, 1, 0},
		{2 * ms, 0, 1, 0},
		{2 * ms, 0, slots, 0},
		{allowance, 0, 1, 0},
		{tolerable + 1, allowance + 1, 1, 1},
	} {
		r := newRig(t)
		for range c.rooms {
			r.m.NewRoom().Join(0, &peer{}, Row{})
		}
		r.runUntil(200 * ms)
		r.now = max(r.now, r.due()+c.once)
		r.oversleep = c.late
		r.runUntil(r.now + 1000*ms)
		if s := r.m.Stats(); s.SkippedTicks != c.skipped {
			t.Errorf("%d rooms, sleeps end %v late, one %v: %d turns are given up, want %d", c.rooms,
				time.Duration(c.late), time.Duration(c.once), s.SkippedTicks, c.skipped)
		}
	}
}

// A part of a large room's tick that is given up counts as much as a whole one,
// and one that is late is late for those who are in it.
func TestPartsOfTicksThatAreLate(t *testing.T) {
	ms := int64(time.Millisecond)
	for _, c := range []struct {
		delay, late int64
		skipped     uint64
	}{{0, 0, 0}, {4 * ms, 4 * ms, 0}, {11 * ms, 2 * allowance, 1}} {
		r := newRig(t)
		room, _ := switchedRoom(r, 3*sliceSize)
		r.runUntil(r.now + int64(FrameDuration))
		first := r.due()
		for r.w.slot*slotTime <= first {
			r.runUntil(r.now + 1)
		}
		if room.large.stage != serving {
			t.Fatal("void: the tick is not in between two parts")
		}
		r.w.stats.window.begin(r.now, 0)
		r.now += c.delay
		r.runUntil(r.now + int64(FrameDuration)/2)
		if got := r.m.Stats().SkippedTicks; got != c.skipped {
			t.Errorf("delay %v: %d given up, want %d", time.Duration(c.delay), got, c.skipped)
		}
		if got := r.w.stats.window.latest; got != c.late {
			t.Errorf("delay %v: admission is told of %v, want %v", time.Duration(c.delay), time.Duration(got), time.Duration(c.late))
		}
	}
}

// A change posted before a tick that is given up is heard, whole, in the next.
func TestSkippedTickKeepsChanges(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	p := &peer{}
	room.Join(0, p, Row{})
	room.Join(1, &peer{voice: constant(500)}, Row{Voice: 1})
	r.runUntil(100 * int64(time.Millisecond))
	room.Set([]Change{{0, Row{Hears: 1}}})
	r.now = r.due() + allowance + 1
	r.runUntil(r.now + 2*int64(FrameDuration))
	if got := r.m.Stats().SkippedTicks; got != 2 {
		t.Fatalf("%d ticks given up", got)
	}
	i := slices.IndexFunc(p.heard, func(v int16) bool { return v != 0 })
	if i < 0 || i%FrameSamples > 2 || p.heard[i] > 50 {
		t.Errorf("the voice does not fade in from the frame's start: sample %d is the first", i)
	}
}

func TestWorkerSleepsToSlotsInUseOnly(t *testing.T) {
	r := newRig(t)
	for range 3 {
		r.m.NewRoom()
	}
	if slept := r.runUntil(int64(time.Second)); slept < 149 || slept > 151 {
		t.Errorf("three rooms make %d wake-ups a second, want 150", slept)
	}
}

// While a large room's slices are under way the worker wakes for every slot,
// and other rooms have theirs in between.
func TestWorkerWakesForSlices(t *testing.T) {
	r := newRig(t)
	large, small := r.m.NewRoom(), r.m.NewRoom()
	small.slot = (large.slot + 1) % slots // not yet admitted: put where the slices go on
	peers := make([]*peer, 250)
	for i := range peers {
		peers[i] = &peer{}
		large.Join(Port(i), peers[i], Row{})
	}
	between := &peer{}
	small.Join(0, between, Row{})
	if slept := r.runUntil(int64(time.Second)); slept < 248 || slept > 252 {
		t.Errorf("five slots in use make %d wake-ups a second, want 250", slept)
	}
	first := peers[0].times[5]
	for i, p := range peers {
		if want := first + int64(i/sliceSize)*slotTime; p.times[5] != want {
			t.Fatalf("port %d is served at %d, want %d", i, p.times[5], want)
		}
	}
	if between.times[5] != first+slotTime {
		t.Errorf("the room in the next slot is served at %d, want %d", between.times[5], first+slotTime)
	}
}

func TestLatenessAndDurationAreMeasured(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	room.Join(0, &peer{}, Row{})
	r.tick(3)
	for _, late := range []int64{int64(700 * time.Microsecond), allowance} {
		r.now = r.due() + late
		slot, _ := r.w.next(r.w.slot)
		r.w.runSlot(slot)
	}
	s := r.m.Stats()
	if got := s.Lateness.Counts[0]; got != 3 {
		t.Errorf("%d ticks on time, want 3", got)
	}
	for i, bound := range s.Lateness.Bounds {
		if bound == 0.001 && s.Lateness.Counts[i] != 1 {
			t.Errorf("0.7 ms is not counted below a millisecond: %v", s.Lateness.Counts)
		}
		if bound == 0.01 && s.Lateness.Counts[i] != 1 {
			t.Errorf("10 ms is not counted up to 10 ms: %v", s.Lateness.Counts)
		}
	}
	if s.Lateness.Sum < 0.0106 || s.Lateness.Sum > 0.0108 {
		t.Errorf("lateness sums to %v s, want 0.0107", s.Lateness.Sum)
	}
	if len(s.Duration.Counts) != len(s.Duration.Bounds)+1 || s.Duration.Counts[0] != 3*slots+2 {
		t.Errorf("duration of slots: %v", s.Duration.Counts)
	}
}

// An hour in virtual time: every tick, none late, none too many, and Pull,
// Push and the clock stay together.
func TestVirtualHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMixer(t, Config{Workers: 2, Plain: true})
		m.Start()
		p := &hourPeer{}
		room := m.NewRoom()
		room.Join(0, p, Row{Treatment: Music})
		time.Sleep(time.Hour)
		m.Close()
		const frames = uint64(time.Hour / FrameDuration)
		s := m.Stats()
		if s.Ticks < frames-1 || s.Ticks > frames || s.SkippedTicks != 0 {
			t.Errorf("%d ticks in an hour, %d given up; want %d and 0", s.Ticks, s.SkippedTicks, frames)
		}
		if len(s.Priorities) != len(s.Workers) || s.Priorities[0] != "plain" {
			t.Errorf("%d workers have priorities %v", len(s.Workers), s.Priorities)
		}
		if s.Priority != "plain" || s.Lateness.Sum != 0 {
			t.Errorf("priority %s, %v s late in all", s.Priority, s.Lateness.Sum)
		}
		if p.pushed != s.Ticks || p.pulled != s.Ticks || p.uneven != 0 {
			t.Errorf("%d pulls, %d pushes, %d of them not a frame after the last", p.pulled, p.pushed, p.uneven)
		}
	})
}

type hourPeer struct {
	pulled, pushed, uneven uint64
	last                   int64
}

func (p *hourPeer) Next(int64) bool {
	p.pulled++
	return false
}
func (p *hourPeer) Samples(int) []int16 { return nil }
func (p *hourPeer) Rate() int           { return Narrow }
func (p *hourPeer) Push(now int64, _ *Frame) {
	if p.pushed > 0 && now-p.last != int64(FrameDuration) {
		p.uneven++
	}
	p.pushed++
	p.last = now
}

// slowPeer holds its worker up, as a thread that is not scheduled is held up.
type slowPeer struct {
	peer
	delay time.Duration
}

func (p *slowPeer) Next(now int64) bool {
	time.Sleep(p.delay)
	p.delay = 0
	return p.peer.Next(now)
}

func TestHeldUpWorkerGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMixer(t, Config{Workers: 1, Plain: true})
		m.Start()
		room := m.NewRoom()
		p := &slowPeer{delay: 77 * time.Millisecond}
		room.Join(0, p, Row{})
		time.Sleep(time.Second + time.Millisecond)
		m.Close()
		s := m.Stats()
		// The first tick takes 77 ms. Those due 20, 40 and 60 ms after it are more
		// than 10 ms late by then.
		if s.SkippedTicks != 3 || s.Ticks+s.SkippedTicks < 49 || s.Ticks+s.SkippedTicks > 50 {
			t.Errorf("%d ticks, %d given up", s.Ticks, s.SkippedTicks)
		}
	})
}

// Without rooms the workers park: virtual time has nothing to stop for.
func TestIdleMixerSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMixer(t, Config{Workers: 4, Plain: true})
		for _, w := range m.workers {
			w.sleep = func(int64) { t.Error("a worker without rooms wakes up") }
		}
		m.Start()
		time.Sleep(1000 * time.Hour)
		m.Close()
		m.Close()
		m.Start() // after Close: does nothing
		if got := m.Stats().Ticks; got != 0 {
			t.Errorf("%d ticks", got)
		}
	})
}

// A worker that was parked takes up the timetable where it is, not where it left
// it: the time without rooms is no lateness.
func TestParkedWorkerWakesOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMixer(t, Config{Workers: 1, Plain: true})
		m.Start()
		for range 3 {
			time.Sleep(time.Hour + 3*time.Millisecond)
			p := &peer{}
			room := m.NewRoom()
			room.Join(0, p, Row{})
			time.Sleep(10*FrameDuration + FrameDuration/2)
			released := make(chan struct{})
			room.Close(func() { close(released) })
			<-released
			if n := len(p.times); n < 10 || n > 11 {
				t.Errorf("%d frames in ten and a half frames' time", n)
			}
		}
		m.Close()
		if s := m.Stats(); s.SkippedTicks != 0 || s.Lateness.Sum != 0 {
			t.Errorf("%d ticks given up, %v s late in all", s.SkippedTicks, s.Lateness.Sum)
		}
	})
}

// A real worker on a locked thread, with conferences that change their rooms
// all the time from other goroutines. For the race detector, and for the swap
// that must never be seen half done.
func TestRealWorkerUnderControl(t *testing.T) {
	m := newMixer(t, Config{Workers: 2})
	m.Start()
	var conferences sync.WaitGroup
	for range 6 {
		conferences.Go(func() {
			room := m.NewRoom()
			a := &peer{}
			room.Join(customer, &peer{voice: constant(1000)}, hearing(customer, agent))
			room.Join(agent, a, hearing(agent, customer))
			room.Join(colleague, &peer{voice: constant(3000)}, onHold)
			for i := range 60 {
				live, held := customer, colleague
				if i%2 == 0 {
					live, held = held, live
				}
				room.Set([]Change{{held, onHold}, {agent, hearing(agent, live)}, {live, hearing(live, agent)}})
				room.Join(7, &peer{deaf: true}, Row{Hears: 7})
				room.Play(7, ConfirmTone(), nil)
				room.Leave(7, func() {})
				time.Sleep(time.Duration(i%7) * time.Millisecond)
			}
			for m.Stats().Ticks == 0 { // on a machine so busy that none was in time
				time.Sleep(time.Millisecond)
			}
			released := make(chan struct{})
			room.Close(func() { close(released) })
			<-released
			if len(a.heard) > 2*FrameSamples {
				settled := a.heard[FrameSamples:]
				if low, high := slices.Min(settled), slices.Max(settled); low < 999 || high > 3000 {
					t.Errorf("in the swaps the agent heard %d to %d", low, high)
				}
			}
		})
	}
	conferences.Wait()
	s := m.Stats()
	m.Close()
	if s.LeakedFrames != 0 || s.Rooms != 0 || s.Ports != 0 {
		t.Errorf("%+v", s)
	}
	t.Logf("%s: %d ticks, %d given up", s.Priority, s.Ticks, s.SkippedTicks)
}

// A processor is set aside for each worker only on top of all cores.
func TestProcessors(t *testing.T) {
	if n := DefaultWorkers(); n < 1 || n > runtime.NumCPU() || n == runtime.NumCPU() && n > 1 {
		t.Errorf("%d workers for %d cores", n, runtime.NumCPU())
	}
	before := Processors(2)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(before))
	if got := Processors(2); got != before || got < 3 {
		t.Errorf("%d processors, once they are set %d", before, got)
	}
}

// duePeer keeps what it is told the time is.
type duePeer struct {
	peer
	dues []int64
}

func (p *duePeer) Next(due int64) bool {
	p.dues = append(p.dues, due)
	return p.peer.Next(due)
}

// A stream is told when it should have moved on, not when a late worker came:
// else lateness would pass for the network's, and all streams would crowd into
// the slots before the busy ones.
func TestStreamsMoveOnByTheTimetable(t *testing.T) {
	ms := int64(time.Millisecond)
	r := newRig(t)
	room := r.m.NewRoom()
	p := &duePeer{}
	room.Join(0, p, Row{})
	r.runUntil(100 * ms)
	for range 5 {
		r.now = r.due() + 7*ms
		r.runUntil(r.now + 15*ms)
	}
	if len(p.dues) < 10 {
		t.Fatalf("moved on %d times", len(p.dues))
	}
	for i, due := range p.dues[1:] {
		if due-p.dues[i] != int64(FrameDuration) {
			t.Errorf("step %d is %v after the one before", i+1, time.Duration(due-p.dues[i]))
		}
	}
}
