package mixer

import (
	"fmt"
	"testing"
)

// deafRoom is a room of peers that keep nothing, by their rows.
func deafRoom(r *rig, n, talkers int, row func(int) Row) *Room {
	room := r.m.NewRoom()
	for i := range n {
		p := &peer{deaf: true}
		if i < talkers {
			p.voice = constant(int16(100 + i))
		}
		room.Join(Port(i), p, row(i))
	}
	r.tick(10)
	return room
}

func BenchmarkWheel(b *testing.B) {
	var w wheel
	turns := make([]turn, 1000)
	for i := range turns {
		turns[i] = turn{due: int64(i % slots), kind: turnOutput}
		w.add(&turns[i])
	}
	slot := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		t := w.take(slot)
		for ; t == nil; t = w.take(slot) {
			slot++
		}
		t.due += slots
		w.add(t)
	}
}

func BenchmarkInput(b *testing.B) {
	r := newRig(b)
	p := deafRoom(r, 2, 2, hearAll).members[0]
	b.ReportAllocs()
	for b.Loop() {
		r.w.step++
		p.move(r.now, r.w.step)
	}
}

func BenchmarkOutput(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
		row  Row
	}{
		{"sole voice", 2, hearAll(0)},
		{"two voices", 3, hearAll(0)},
		{"three voices", 4, hearAll(0)},
		{"treated", 2, Row{Treatment: HoldTone}},
		{"radio", 2, Row{Treatment: Music}},
		{"nobody", 2, Row{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := newRig(b)
			room := deafRoom(r, c.n, c.n, hearAll)
			room.Set([]Change{{0, c.row}})
			r.tick(10)
			frame := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				frame++
				for _, o := range room.members[1:] { // as if it had moved on
					o.moved = r.w.step + 1
				}
				r.w.step++
				room.members[0].served = r.w.step - 1
				r.w.serve(room.members[0], frame, r.now)
			}
		})
	}
}

func BenchmarkLargeListener(b *testing.B) {
	for _, own := range []bool{false, true} {
		b.Run(fmt.Sprintf("own=%v", own), func(b *testing.B) {
			r := newRig(b)
			room := deafRoom(r, 40, 3, func(int) Row { return Row{Voice: 1, Hears: 1} })
			var p *port
			for _, m := range room.members {
				if m.own() == own {
					p = m
				}
			}
			f := &r.w.scratch.frame
			b.ReportAllocs()
			for b.Loop() {
				*f = Frame{}
				room.render(&r.w.scratch, f, p, 0)
			}
		})
	}
}

func BenchmarkStage(b *testing.B) {
	r := newRig(b)
	room := deafRoom(r, 100, 100, func(int) Row { return Row{Voice: 1, Hears: 1} })
	l := room.large
	b.ReportAllocs()
	for b.Loop() {
		l.talkers = l.talkers[:0]
		for _, p := range room.members {
			p.loud.was = p.loud.heard()
			l.talkers = append(l.talkers, p)
		}
		l.choose()
	}
}
