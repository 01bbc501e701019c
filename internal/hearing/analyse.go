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
	// Match is how much of the utterance was found when it is looked for piece
	// by piece, as a share of its energy: 1 for a clear voice, 0 for an absent
	// one.
	Match float64
	Delay int // in samples; meaningful for a voice that is there
}

// Clear and Absent are the levels beyond which a voice counts as heard, and as
// not heard, in dB relative to the voice as spoken. A voice that a jitter buffer
// has stretched does not cancel out whole, and what is left of it is a little
// like another: down to some -50 dB nothing can be said.
const (
	Clear  = -10.0
	Absent = -44.0
)

// Clear reports whether the voice was heard well, most of it at least.
func (h Heard) Clear() bool { return h.Level >= Clear && h.Match >= 0.7 }

// Absent reports whether no trace of the voice was found.
func (h Heard) Absent() bool { return h.Level <= Absent }

// Sound says what one frame of a recording is made of.
type Sound struct {
	Voices []string // those heard clearly, sorted
	Music  bool
	Tone   bool    // a ringing, hold or feedback tone
	Other  bool    // sound of no known origin
	Level  float64 // of the whole frame, dB below full scale

	vague bool // a voice is there whose sound here does not fit: concealed, or cut by a jitter buffer
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
//
// Each is looked for twice: piece by piece, which follows a voice through the
// moves of a jitter buffer and the holes of a bad line, and as a whole, which
// finds the faintest trace of it.
func (h *Hearing) takeVoices(rest []float64, said []Utterance) {
	type candidate struct {
		index     int
		sound     []float64
		fragments []fragment
		share     float64
	}
	candidates := make([]candidate, len(said))
	for i, u := range said {
		c := candidate{index: i, sound: floats(u.Samples)}
		c.fragments = trace(rest, c.sound, u.At-early, u.At+maxDelay)
		c.share, _, _ = found(c.sound, c.fragments)
		candidates[i] = c
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(b.share, a.share) })
	var taken []Utterance
	for _, c := range candidates {
		u := said[c.index]
		// Only the surroundings: what lies elsewhere does not matter.
		near, start := window(rest, u.At-early, u.At+maxDelay+len(c.sound))
		whole := find(near, c.sound, 0, early+maxDelay)
		if c.share < 0.9 && slices.ContainsFunc(taken, func(t Utterance) bool { return overlap(t, u) }) {
			// It may have been covered by one that is gone now.
			c.fragments = trace(rest, c.sound, u.At-early, u.At+maxDelay)
		}
		share, gain, lag := found(c.sound, c.fragments)
		if share < 0.1 {
			gain, lag = 0, start+whole.lag // by chance
		}
		heard := Heard{Utterance: u, Level: dB(max(whole.gain, gain)), Match: share, Delay: lag - u.At}
		h.Utterances[c.index] = heard
		if share >= 0.1 {
			take(rest, c.sound, c.fragments, gain)
			taken = append(taken, u)
		}
		if heard.Clear() {
			h.mark(u.Voice, c.fragments, lag)
		}
	}
}

// overlap reports whether two utterances may be in the same part of a recording.
func overlap(a, b Utterance) bool {
	return a.At-early < b.At+len(b.Samples)+maxDelay && b.At-early < a.At+len(a.Samples)+maxDelay
}

// mark enters a clearly heard voice into the frames in which it speaks up.
func (h *Hearing) mark(voice string, fragments []fragment, lag int) {
	for _, f := range fragments {
		at := lag
		if f.found {
			at = f.lag
		}
		for i := (at + f.from) / Frame; i <= (at+f.to)/Frame && i < len(h.Frames); i++ {
			if i < 0 {
				continue
			}
			s := &h.Frames[i]
			s.vague = s.vague || !f.found
			if !slices.Contains(s.Voices, voice) {
				s.Voices = append(s.Voices, voice)
				slices.Sort(s.Voices)
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
