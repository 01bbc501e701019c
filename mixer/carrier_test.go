package mixer

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

// ferry is a carrier for tests, which checks the order of what is asked of it.
type ferry struct {
	t        *testing.T
	room     int // fetches until Run
	aboard   map[Stream]bool
	fetched  map[Stream]bool // since when its Next was called last
	expected map[Stream]bool // since when its Push was
	loaded   int
	waiting  int // pushes since the last Run
	runs     int
	most     int // fetches that one Run carried out
	err      error
	closed   bool
}

func (f *ferry) Board(s Stream) {
	if f.aboard[s] {
		f.t.Error("boards twice")
	}
	f.aboard[s] = true
}

func (f *ferry) Leave(s Stream) {
	if !f.aboard[s] {
		f.t.Error("leaves without being aboard")
	}
	delete(f.aboard, s)
	delete(f.fetched, s)
	delete(f.expected, s)
}

func (f *ferry) Fetch(soon []Stream) int {
	if len(soon) > foresight {
		f.t.Errorf("fetches %d at once", len(soon))
	}
	for i, s := range soon {
		if !f.aboard[s] {
			f.t.Error("fetches for a stream that is not aboard")
		}
		if f.loaded == f.room {
			return i
		}
		f.loaded++
		f.fetched[s] = true
	}
	return len(soon)
}

func (f *ferry) Expect(soon []Stream) {
	if len(soon) > foresight {
		f.t.Errorf("expects %d at once", len(soon))
	}
	for _, s := range soon {
		if !f.aboard[s] {
			f.t.Error("expects a stream that is not aboard")
		}
		f.expected[s] = true
	}
}

func (f *ferry) Hear(soon []Stream) {
	if len(soon) > 2*foresight {
		f.t.Errorf("is to hear %d at once", len(soon))
	}
	for _, s := range soon {
		if !f.aboard[s] {
			f.t.Error("is to hear a stream that is not aboard")
		}
	}
}

func (f *ferry) Run() {
	f.runs++
	f.most = max(f.most, f.loaded)
	f.loaded, f.waiting = 0, 0
}

func (f *ferry) Err() error { return f.err }

func (f *ferry) Close() {
	if len(f.aboard) > 0 {
		f.t.Errorf("closed with %d aboard", len(f.aboard))
	}
	f.closed = true
}

// passenger is a stream that goes by a ferry.
type passenger struct {
	peer
	f                 *ferry
	nexts, unfetched  int
	pushes, surprises int // without a word before
}

func (p *passenger) Next(now int64) bool {
	p.nexts++
	switch {
	case !p.f.fetched[p]:
		p.unfetched++
	case p.f.loaded != 0:
		p.f.t.Error("Next before what was fetched has been read")
	}
	delete(p.f.fetched, p)
	return p.peer.Next(now)
}

func (p *passenger) Push(now int64, f *Frame) {
	p.f.waiting++
	if p.pushes++; !p.f.expected[p] {
		p.surprises++
	}
	delete(p.f.expected, p)
	p.peer.Push(now, f)
}

// ferried is a rig whose worker has a ferry with room for so many fetches.
func ferried(t *testing.T, room int) (*rig, *ferry) {
	f := &ferry{t: t, room: room, aboard: map[Stream]bool{}, fetched: map[Stream]bool{}, expected: map[Stream]bool{}}
	r := newRig(t)
	r.m.carrier = func() (Carrier, error) { return f, nil }
	if err := r.w.embark(); err != nil {
		t.Fatal(err)
	}
	return r, f
}

func TestCarrierFetchesBeforeInputsAndSendsWithTheSlot(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 5, 40} {
		for _, room := range []int{1, 3, 64} {
			r, f := ferried(t, room)
			conf := r.m.NewRoom()
			all := make([]*passenger, size)
			for i := range all {
				all[i] = &passenger{f: f, peer: peer{voice: constant(100)}}
				conf.Join(Port(i), all[i], Row{Voice: 1, Hears: 1})
			}
			r.tick(3)
			for _, p := range all {
				p.unfetched = 0 // in the slot in which it joined the input may come without
			}
			for range 5 {
				for range slots {
					slot := r.frame*slots + r.w.slot%slots
					r.now = slot * slotTime
					r.w.runSlot(slot)
					if f.waiting != 0 || f.loaded != 0 {
						t.Fatalf("%d ports: %d sendings and %d fetches wait after the slot", size, f.waiting, f.loaded)
					}
				}
				r.frame++
			}
			for i, p := range all {
				if p.nexts < 7 || p.unfetched != 0 || len(p.heard) < 7*FrameSamples {
					t.Errorf("%d ports, room for %d: port %d: %d inputs, %d of them not fetched, %d samples heard",
						size, room, i, p.nexts, p.unfetched, len(p.heard))
				}
			}
			if want := min(room, size); f.most > want {
				t.Errorf("%d ports, room for %d: %d fetched at a time", size, room, f.most)
			}
		}
	}
}

// In a slot with many inputs as many are fetched at a time as there is room for.
func TestCarrierFetchesManyAtATime(t *testing.T) {
	r, f := ferried(t, 64)
	conf := r.m.NewRoom()
	for i := range 200 {
		conf.Join(Port(i), &passenger{f: f}, Row{})
	}
	r.tick(3)
	if f.most != 64 {
		t.Errorf("%d fetched at a time, want 64", f.most)
	}
}

func TestCarrierPutsOffWhoLeaves(t *testing.T) {
	r, f := ferried(t, 64)
	conf := r.m.NewRoom()
	for i := range 6 { // a large room
		conf.Join(Port(i), &passenger{f: f}, Row{})
	}
	r.tick(1)
	for i, want := range []int{5, 4, 3, 2, 1, 0} { // and a small one, and none
		conf.Leave(Port(i), nil)
		r.tick(1)
		if len(f.aboard) != want {
			t.Fatalf("%d aboard after %d have left", len(f.aboard), i+1)
		}
	}
	conf.Join(9, &passenger{f: f}, Row{})
	r.tick(1)
	conf.Close(nil)
	r.tick(2)
	if len(f.aboard) != 0 {
		t.Errorf("%d aboard when the room is closed", len(f.aboard))
	}
}

func TestWorkerEndsItsCarrier(t *testing.T) {
	r, f := ferried(t, 64)
	for range 3 {
		conf := r.m.NewRoom()
		conf.Join(0, &passenger{f: f}, Row{})
	}
	r.tick(2)
	if got := r.m.Stats().Carried; got != 1 {
		t.Errorf("%d workers are carried", got)
	}
	r.w.disembark()
	if !f.closed || len(f.aboard) != 0 || r.m.Stats().Carried != 0 {
		t.Errorf("closed: %v, %d aboard, %d workers carried", f.closed, len(f.aboard), r.m.Stats().Carried)
	}
	r.tick(2) // goes on without
}

// A carrier that fails is told of, once, and not by the worker.
func TestCarrierFails(t *testing.T) {
	r, f := ferried(t, 64)
	var log bytes.Buffer
	r.m.log = slog.New(slog.NewTextHandler(&log, nil))
	r.m.NewRoom().Join(0, &passenger{f: f}, Row{})
	r.tick(2)
	f.err = errors.New("ring broken")
	r.tick(3)
	if got := r.m.Stats().Carried; got != 0 || log.Len() > 0 {
		t.Errorf("%d workers carried, log %q", got, &log)
	}
	r.m.callBack()
	r.m.callBack()
	if got := log.String(); strings.Count(got, "ring broken") != 1 || !strings.Contains(got, "level=ERROR") {
		t.Errorf("log %q", got)
	}
}

// Where there is no carrier to be had, the worker does without.
func TestNoCarrier(t *testing.T) {
	refused := errors.New("not permitted")
	for _, make := range []func() (Carrier, error){
		func() (Carrier, error) { return nil, nil },
		func() (Carrier, error) { return nil, refused },
	} {
		r := newRig(t)
		r.m.carrier = make
		_, want := make()
		if err := r.w.embark(); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		a, b := &peer{voice: constant(100)}, &peer{}
		conf := r.m.NewRoom()
		conf.Join(0, a, Row{Voice: 1, Hears: 2})
		conf.Join(1, b, Row{Voice: 2, Hears: 1})
		r.tick(5)
		if !slices.Contains(b.heard, 100) || r.m.Stats().Carried != 0 {
			t.Error("nothing heard, or carried by nobody")
		}
	}
}
