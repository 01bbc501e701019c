package hearing

import (
	"cmp"
	"slices"
)

// Utterance is something said by somebody, as it went into the phone.
type Utterance struct {
	Voice   string
	Samples []int16
	At      int // when it was said: the sample of the recording at which it would be heard without delay
}

// Heard is how an utterance came out in a recording.
type Heard struct {
	Utterance
	// Level is that of the voice in the recording relative to the voice as
	// spoken, in dB; for one that is absent, an upper bound.
	Level float64
	// Match is how much of what was to be heard at that time the utterance
	// explains, 0 to 1: near 1 for a clear voice, near 0 for an absent one.
	Match float64
	Delay int // in samples; meaningful for a voice that is there
}

// Clear and Absent are the levels beyond which a voice counts as heard, and as
// not heard, in dB relative to the voice as spoken.
const (
	Clear  = -10.0
	Absent = -50.0
)

// Clear reports whether the voice was heard well.
func (h Heard) Clear() bool { return h.Level >= Clear && h.Match >= 0.5 }

// Absent reports whether no trace of the voice was found.
func (h Heard) Absent() bool { return h.Level <= Absent }

// Sound says what one frame of a recording is made of.
type Sound struct {
	Voices []string // those heard clearly, sorted
	Music  bool
	Tone   bool    // a ringing, hold or feedback tone
	Other  bool    // sound of no known origin
	Level  float64 // of the whole frame, dB below full scale
}

// Hearing is what was found in a recording.
type Hearing struct {
	Utterances []Heard // in the order given
	Frames     []Sound // one per 20 ms
	Rest       []float64
}

// maxDelay is the longest way from mouth to ear that is looked for; early is
// how much before its time an utterance may be found, for clocks that are read
// at different moments.
const (
	maxDelay = 600 * Rate / 1000
	early    = 60 * Rate / 1000
)

// Analyse tells apart what one person heard. said is all that was said by
// anybody, the listener too; music is the hold music, a loop.
func Analyse(recording []int16, said []Utterance, music []int16) *Hearing {
	h := &Hearing{Utterances: make([]Heard, len(said)), Frames: make([]Sound, len(recording)/Frame)}
	rest := floats(recording)
	for i := range h.Frames {
		h.Frames[i].Level = dB(rms(rest[i*Frame : (i+1)*Frame]))
	}
	for i, on := range takeMusic(rest, floats(music)) {
		h.Frames[i].Music = on
	}
	h.takeVoices(rest, said)
	h.classify(rest)
	h.Rest = rest
	return h
}

// takeVoices finds the utterances in rest, the clearest first, each in what the
// clearer ones have left.
func (h *Hearing) takeVoices(rest []float64, said []Utterance) {
	type candidate struct {
		index int
		sound []float64
		match match
	}
	candidates := make([]candidate, len(said))
	for i, u := range said {
		sound := floats(u.Samples)
		candidates[i] = candidate{i, sound, find(rest, sound, u.At-early, u.At+maxDelay)}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(b.match.ncc, a.match.ncc) })
	for _, c := range candidates {
		u := said[c.index]
		// Only the surroundings: what lies elsewhere does not matter.
		near, start := window(rest, u.At-early, u.At+maxDelay+len(c.sound))
		m := find(near, c.sound, 0, early+maxDelay)
		m.lag += start
		h.Utterances[c.index] = Heard{Utterance: u, Level: dB(m.gain), Match: m.ncc, Delay: m.lag - u.At}
		if m.ncc >= 0.2 {
			take(rest, c.sound, m)
		}
		if h.Utterances[c.index].Clear() {
			h.mark(u.Voice, c.sound, m.lag)
		}
	}
}

// mark enters a clearly heard voice into the frames in which it speaks up.
func (h *Hearing) mark(voice string, sound []float64, lag int) {
	for i := range h.Frames {
		part, _ := window(sound, i*Frame-lag, (i+1)*Frame-lag)
		if len(part) < Frame/2 {
			continue
		}
		if s := &h.Frames[i]; !slices.Contains(s.Voices, voice) {
			s.Voices = append(s.Voices, voice)
			slices.Sort(s.Voices)
		}
	}
}

// take removes a sound from rest where it was found. It goes in short pieces,
// each at its own best place nearby: a jitter buffer may have moved by a few
// samples on the way.
func take(rest, sound []float64, m match) {
	const piece, slip = 3 * Frame, 2 * Frame
	shift := 0
	for at := 0; at < len(sound); at += piece {
		part := sound[at:min(at+piece, len(sound))]
		own := energy(part)
		if own == 0 {
			continue
		}
		if moved, ok := follow(rest, part, m.lag+at+shift, slip); ok {
			shift = moved - m.lag - at
		}
		lag := m.lag + at + shift
		g := min(max(dot(part, rest, lag)/own, 0), 2*m.gain)
		for i, v := range part {
			if k := lag + i; k >= 0 && k < len(rest) {
				rest[k] -= g * v
			}
		}
	}
}

// follow looks for part near lag, and reports where it is if that is clear and
// clearly not at lag itself.
func follow(rest, part []float64, lag, slip int) (moved int, ok bool) {
	fit := func(lag int) float64 {
		there, _ := window(rest, lag, lag+len(part))
		e := energy(there) * energy(part)
		if d := dot(part, rest, lag); d > 0 && e > 0 {
			return d * d / e
		}
		return 0
	}
	here := fit(lag)
	if here > 0.998 {
		return lag, false // nothing but the codec's noise is missing
	}
	best := here
	for l := lag - slip; l <= lag+slip; l++ {
		if f := fit(l); f > best {
			best, moved = f, l
		}
	}
	return moved, best > 0.9 && 1-best < (1-here)/2
}
