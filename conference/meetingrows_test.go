package conference

import (
	"testing"

	"warmline/mixer"
)

// Who hears what in a room, by what everybody is: l(ive), m(uted) or h(eld). Who
// hears a voice gets no sound besides it.
func TestMeetingRows(t *testing.T) {
	const live, muted, held, noise = "live", "muted", "held", "noise"
	rows := map[string]mixer.Row{
		"alone":    {Voice: 1, Hears: 1, Treatment: mixer.Music},
		"waits":    {Hears: 1, Treatment: mixer.Music}, // muted as well
		held:       {Treatment: mixer.Music, Held: true},
		live:       {Voice: 1, Hears: 1},
		muted:      {Hears: 1},
		noise:      {Voice: 1, Hears: 1, Treatment: mixer.ComfortNoise},
		"no sound": {Hears: 1, Treatment: mixer.ComfortNoise},
	}
	for people, want := range map[string][]string{
		"l":    {"alone"},
		"m":    {"waits"},
		"h":    {held},
		"ll":   {live, live},
		"lm":   {noise, muted},
		"mm":   {"no sound", "no sound"},
		"lh":   {noise, held},
		"hh":   {held, held},
		"lll":  {live, live, live},
		"lmm":  {noise, muted, muted},
		"llm":  {live, live, muted},
		"lmhl": {live, muted, held, live},
	} {
		c := new(Conference)
		s := newMeeting(c)
		for _, kind := range people {
			p := &participant{muted: kind == 'm', remoteHold: kind == 'h'}
			p.leg = &leg{c: c, who: p, up: true}
			c.people = append(c.people, p)
		}
		// Not there any more, or not yet: they count for nothing.
		gone := &participant{}
		gone.leg = &leg{c: c, who: gone, up: true, hungUp: true}
		c.people = append(c.people, gone, &participant{})
		for i, name := range want {
			if got := s.row(c.people[i].leg); got != rows[name] {
				t.Errorf("%s: number %d has %+v, want %s", people, i, got, name)
			}
		}
	}
}
