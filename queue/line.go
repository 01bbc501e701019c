package queue

import (
	"slices"
	"time"
)

// before orders contacts over all queues: those that came back first, then by
// arrival.
func (c *contact) before(d *contact) int {
	switch {
	case c.front != d.front && c.front, c.front == d.front && c.turn < d.turn:
		return -1
	case c == d:
		return 0
	}
	return 1
}

func (q *queue) insert(c *contact) {
	at, _ := slices.BinarySearchFunc(q.line, c, (*contact).before)
	q.line = slices.Insert(q.line, at, c)
}

func (q *queue) remove(c *contact) {
	if at := slices.Index(q.line, c); at >= 0 {
		q.line = slices.Delete(q.line, at, at+1)
	}
}

// tellPositions tells every contact whose number in line has changed.
func (m *Machine) tellPositions() {
	for _, q := range m.queues {
		for i, c := range q.line {
			if c.told != i+1 {
				c.told = i + 1
				m.emit(Effect{Act: Position, Contact: c.id, N: i + 1})
			}
		}
	}
}

// remembered is over how many waits the expected one is averaged.
const remembered = 16

func (q *queue) served(waited time.Duration) {
	if waited <= 0 {
		return
	}
	if len(q.waits) == remembered {
		q.waits = slices.Delete(q.waits, 0, 1)
	}
	q.waits = append(q.waits, waited)
}
