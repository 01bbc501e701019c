package demo

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zaf/g711"

	"warmline/internal/hearing"
	"warmline/mixer"
)

// A stage is the story as a perfect server would have it heard, without a
// server: tests spoil it in one place and see whether that is noticed.
type stage struct {
	marks  []mark
	said   []spoken
	tracks []*track
	spoil  func(listener string, step int, u spoken) (gain float64) // of a voice
	music  func(listener string, step int) bool
}

// delay from mouth to ear.
const delay = 87 * time.Millisecond

func newStage(t testing.TB) *stage {
	t.Helper()
	lines, err := readDialogue()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{
		spoil: func(listener string, step int, u spoken) float64 {
			for _, v := range expected[step-1][listener].voices {
				if v == u.speaker && !u.aside {
					return 1
				}
			}
			return 0
		},
		music: func(listener string, step int) bool { return expected[step-1][listener].music },
	}
	now := 2 * time.Second
	for step := 1; step <= len(expected); step++ {
		m := mark{number: step, title: []string{"Call", "Consult", "Talk it over", "Swap back", "Merge", "Leave"}[step-1], how: "keys *3", began: now, span: span{from: now + 100*time.Millisecond}}
		if step == 1 {
			m.began, m.how = 0, "over the trunk"
		}
		now += 500 * time.Millisecond
		first := now
		for _, l := range lines {
			switch {
			case l.step != step:
			case l.aside:
				s.said = append(s.said, spoken{l, first})
			default:
				s.said = append(s.said, spoken{l, now})
				now += time.Duration(len(l.samples))*time.Second/8000 + 300*time.Millisecond
			}
		}
		if step == 2 {
			now += 4 * time.Second
		}
		m.to = now
		s.marks = append(s.marks, m)
	}
	return s
}

// play makes the recordings and has them listened to; of these listeners, or of
// all.
func (s *stage) play(only ...string) *stage {
	end := s.marks[len(s.marks)-1].to
	music := mixer.DefaultMusic()
	for _, p := range []*person{
		{id: customer, name: "Customer", lived: span{1800 * time.Millisecond, end}},
		{id: alice, name: "Alice", lived: span{1900 * time.Millisecond, s.marks[5].from}},
		{id: bob, name: "Bob", lived: span{s.marks[2].from, end}},
	} {
		if len(only) > 0 && !slices.Contains(only, p.id) {
			continue
		}
		sound := make([]float64, at(end))
		tr := &track{person: p}
		for _, m := range s.marks {
			if s.music(p.id, m.number) {
				for i := at(m.from); i < at(m.to); i++ {
					sound[i] += float64(music[(i+777)%len(music)])
				}
			}
			if expected[m.number-1][p.id].tone {
				for i := at(m.from + delay); i < at(m.from+time.Second); i++ {
					sound[i] += 1500 * math.Sin(float64(i)*2*math.Pi*440/8000)
				}
			}
			for _, u := range s.said {
				if u.step != m.number {
					continue
				}
				if gain := s.spoil(p.id, m.number, u); gain != 0 {
					for i, v := range u.samples {
						if k := at(u.at+delay) + i; k < len(sound) {
							sound[k] += gain * float64(v)
						}
					}
				}
			}
		}
		for _, v := range sound {
			tr.samples = append(tr.samples, g711.DecodeUlawFrame(g711.EncodeUlawFrame(int16(max(-32768, min(v, 32767))))))
		}
		s.tracks = append(s.tracks, tr)
	}
	for _, tr := range s.tracks {
		switch tr.person.id {
		case customer:
			tr.held = []span{{s.marks[1].from, s.marks[3].from}}
		case bob:
			tr.held = []span{{s.marks[3].from, s.marks[4].from}}
		}
	}
	listen(s.tracks, s.said, music)
	return s
}

func TestPerfectStory(t *testing.T) {
	s := newStage(t).play()
	findings := judge(s.marks, s.tracks)
	var b bytes.Buffer
	report(&b, s.marks, s.tracks, findings)
	if failed(findings) > 0 || len(findings) < 50 || !strings.Contains(b.String(), "All ") {
		t.Errorf("%d findings\n%s", len(findings), b.String())
	}
	picture := draw(s.marks, s.tracks, findings)
	wellFormed(t, picture)
	for _, word := range []string{"Customer", "Alice", "Bob", "ON HOLD", "music", "Swap back", "checks of the audio hold"} {
		if !bytes.Contains(picture, []byte(word)) {
			t.Errorf("the picture does not say %q", word)
		}
	}
	if file := os.Getenv("DEMO_PICTURE"); file != "" {
		if err := os.WriteFile(file, picture, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
	}
}

// Each of these mistakes of a server must be found in what the one concerned
// hears, at its place and nowhere else.
func TestMistakesAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		spoil    func(*stage)
		step     int
		listener string
		says     string
	}{
		"the customer hears the consult, faintly": {leak(customer, 3, bob, 0.01), 3, customer, "does not hear bob"},
		"the customer hears the consult":          {leak(customer, 3, alice, 1), 3, customer, "does not hear alice"},
		"a held customer is heard":                {leak(alice, 3, customer, 1), 3, alice, "does not hear customer"},
		"a held agent is heard":                   {leak(customer, 4, bob, 0.5), 4, customer, "does not hear bob"},
		"a held agent hears the customer":         {leak(bob, 4, customer, 1), 4, bob, "does not hear customer"},
		"bob's voice does not reach alice":        {leak(alice, 5, bob, 0), 5, alice, "hears bob"},
		"bob is hardly to be heard":               {leak(customer, 6, bob, 0.1), 6, customer, "hears bob"},
		"an echo":                                 {leak(bob, 6, bob, 0.05), 6, bob, "own voice"},
		"no music on hold": {func(s *stage) {
			s.music = func(l string, step int) bool { return l == customer && step == 2 }
		}, 3, customer, "hears the music"},
		"music goes on": {func(s *stage) {
			s.music = func(l string, step int) bool { return l == customer && step >= 2 && step <= 4 }
		}, 4, customer, "hears no music"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			c.spoil(s)
			findings := judge(s.marks, s.play(c.listener).tracks)
			n := 0
			for _, f := range findings {
				if f.ok {
					continue
				}
				if n++; f.step != c.step || f.listener != c.listener || !strings.Contains(f.what, c.says) {
					t.Errorf("found besides: step %d, %s: %s", f.step, f.listener, f.what)
				}
			}
			if n == 0 {
				t.Error("not found")
			}
			var b bytes.Buffer
			if report(&b, s.marks, s.tracks, findings); !strings.Contains(b.String(), "WRONG") {
				t.Error("the report says nothing")
			}
		})
	}
}

// leak changes at which gain a listener hears a speaker in a step.
func leak(listener string, step int, speaker string, gain float64) func(*stage) {
	return func(s *stage) {
		honest := s.spoil
		s.spoil = func(l string, n int, u spoken) float64 {
			if l == listener && n == step && u.speaker == speaker {
				return gain
			}
			return honest(l, n, u)
		}
	}
}

func TestDialogue(t *testing.T) {
	lines, err := readDialogue()
	if err != nil {
		t.Fatal(err)
	}
	asides, total := 0, time.Duration(0)
	for _, l := range lines {
		d := time.Duration(len(l.samples)) * time.Second / hearing.Rate
		if d < time.Second || d > 5*time.Second {
			t.Errorf("%q takes %v", l.text, d)
		}
		listeners := 0
		for id, w := range expected[l.step-1] {
			for _, v := range w.voices {
				if v == l.speaker && !l.aside && id != l.speaker {
					listeners++
				}
			}
		}
		if l.aside {
			asides++
		} else {
			total += d
			if listeners == 0 {
				t.Errorf("step %d: nobody is to hear %q", l.step, l.text)
			}
		}
	}
	if asides < 2 || total > 45*time.Second {
		t.Errorf("%d asides, %v of talk", asides, total)
	}
	for _, bad := range []string{"x alice hello", "7 alice hello", "0 bob hello", "1 bob"} {
		if _, err := parseDialogue(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestRuns(t *testing.T) {
	var frames []hearing.Sound
	for _, r := range "..##.#....#" {
		frames = append(frames, hearing.Sound{Music: r == '#'})
	}
	got := runs(frames, 1, func(s hearing.Sound) bool { return s.Music })
	if len(got) != 2 || got[0] != [2]int{2, 6} || got[1] != [2]int{10, 11} {
		t.Errorf("got %v", got)
	}
}
