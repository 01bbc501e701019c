package mixer_test

import (
	"fmt"
	"sync/atomic"
	"time"

	"warmline/mixer"
)

// phone is a leg that always says the same sample and notes what it hears.
type phone struct {
	says   int16
	frame  [mixer.Wide / 50]int16
	hears  atomic.Int32
	frames atomic.Int32
}

func (p *phone) Next(int64) bool { return true }

func (p *phone) Samples(rate int) []int16 {
	for i := range p.frame {
		p.frame[i] = p.says
	}
	return p.frame[:rate/50]
}

func (p *phone) Rate() int { return mixer.Narrow }

func (p *phone) Push(_ int64, f *mixer.Frame) {
	p.hears.Store(int32(f.Samples()[mixer.FrameSamples-1]))
	p.frames.Add(1)
}

// listen waits for a few frames and tells what is heard.
func (p *phone) listen() int32 {
	for until := p.frames.Load() + 3; p.frames.Load() < until; {
		time.Sleep(time.Millisecond)
	}
	return p.hears.Load()
}

// A consult: the customer is held while the agent talks to a colleague, then
// all three talk. Each change is one step.
func Example() {
	m, err := mixer.New(mixer.Config{Music: [][]int16{make([]int16, 8000)}}) // silent, for the example
	if err != nil {
		panic(err)
	}
	m.Start()
	defer m.Close()

	const customer, agent, colleague = 0, 1, 2
	legs := [3]phone{{says: 1}, {says: 20}, {says: 300}}
	room := m.NewRoom()
	defer room.Close(nil)
	room.Join(customer, &legs[customer], mixer.Row{Treatment: mixer.Music, Held: true})
	room.Join(agent, &legs[agent], mixer.Row{Voice: 1 << agent, Hears: 1 << colleague})
	room.Join(colleague, &legs[colleague], mixer.Row{Voice: 1 << colleague, Hears: 1 << agent})
	fmt.Println("consult:", legs[customer].listen(), legs[agent].listen(), legs[colleague].listen())

	room.Set([]mixer.Change{
		{Port: customer, Row: mixer.Row{Voice: 1 << customer, Hears: 1<<agent | 1<<colleague}},
		{Port: agent, Row: mixer.Row{Voice: 1 << agent, Hears: 1<<customer | 1<<colleague}},
		{Port: colleague, Row: mixer.Row{Voice: 1 << colleague, Hears: 1<<customer | 1<<agent}},
	})
	fmt.Println("merged:", legs[customer].listen(), legs[agent].listen(), legs[colleague].listen())
	// Output:
	// consult: 0 300 20
	// merged: 320 301 21
}
