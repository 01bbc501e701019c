package softphone

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"warmline/media"
	"warmline/media/resample"
	"warmline/mixer"
)

// digitLength is how long a key is pressed.
const digitLength = 100 * time.Millisecond

// recordingLimit bounds a recording: what comes after it is heard by nobody.
const recordingLimit = 10 * 60 * mixer.SampleRate

// audio is the mouth and the ear of a call.
type audio struct {
	quit chan struct{}

	mu       sync.Mutex
	queue    []*Playback
	recorded []int16
	began    time.Time
	late     time.Duration // the most that a tick was
}

func newAudio() *audio { return &audio{quit: make(chan struct{})} }

// Playback is something being said.
type Playback struct {
	rest    []int16
	started time.Time
	done    chan struct{}
}

// Done is closed after the last frame, or when the call ends before it.
func (p *Playback) Done() <-chan struct{} { return p.done }

// Started is when the first frame went out; it is meaningful after Done, and
// zero when the call ended before.
func (p *Playback) Started() time.Time { return p.started }

// Play says samples (8 kHz mono), after what is being said already.
func (c *Call) Play(samples []int16) *Playback {
	p := &Playback{rest: samples, done: make(chan struct{})}
	a := c.audio
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-a.quit:
		close(p.done)
	default:
		a.queue = append(a.queue, p)
	}
	return p
}

// Recorded is all that was heard since media was agreed, and when that was.
func (c *Call) Recorded() (samples []int16, began time.Time) {
	a := c.audio
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.recorded), a.began
}

// Digits types keys, one after another, as RFC 4733 events.
func (c *Call) Digits(keys string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || !c.up {
		return fmt.Errorf("softphone: digits %q: the call is not up", keys)
	}
	for _, k := range []byte(keys) {
		if !c.session.SendDigit(k, digitLength) {
			return fmt.Errorf("softphone: cannot send the digit %q", k)
		}
	}
	return nil
}

// HeardDigits are the keys that the peer has typed so far.
func (c *Call) HeardDigits() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.digits)
}

// heard takes a digit from the media engine.
func (c *Call) heard(digit byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.digits) < 1000 {
		c.digits = append(c.digits, digit)
	}
}

// Stats are the call's RTP figures.
func (c *Call) Stats() media.Stats { return c.session.Stats() }

// tooLate is the lateness from which ticks are given up. Less is caught up with:
// the jitter buffer at the other end takes it.
const tooLate = 5 * mixer.FrameDuration

// run is the clock of a call, until stop: one tick each 20 ms by an absolute
// timetable. A tick that comes a little late is told the time it should have
// had, so that a busy machine makes neither gaps nor slips. When the machine has
// stood still, what would have been heard is lost, and what is being said goes
// on where it was.
func (a *audio) run(session *media.Session) {
	a.mu.Lock()
	a.began = time.Now()
	a.mu.Unlock()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var silence, out [mixer.FrameSamples]int16
	var wide [2 * mixer.FrameSamples]int16
	var up resample.Up
	for at := time.Duration(0); ; at += mixer.FrameDuration {
		select {
		case <-a.quit:
			return
		case <-timer.C:
		}
		at += a.skip(time.Since(a.began) - at)
		if session.Next(int64(at)) {
			a.record(session.Samples(mixer.SampleRate))
		} else {
			a.record(silence[:])
		}
		a.next(out[:])
		said := out[:]
		if session.Rate() == mixer.Wide {
			up.Run(wide[:], said)
			said = wide[:]
		}
		session.Push(int64(at), mixer.NewFrame(said))
		timer.Reset(time.Until(a.began.Add(at + mixer.FrameDuration)))
	}
}

// skip gives up the ticks that are too late, and returns how long they are. The
// recording has silence for them.
func (a *audio) skip(late time.Duration) (skipped time.Duration) {
	a.mu.Lock()
	a.late = max(a.late, late)
	a.mu.Unlock()
	if late < tooLate {
		return 0
	}
	for ; skipped+mixer.FrameDuration <= late; skipped += mixer.FrameDuration {
		a.record(make([]int16, mixer.FrameSamples))
	}
	return skipped
}

// Late is the most that the call's clock has been late: a measure of how busy
// the machine is. Beyond 100 ms sound is lost.
func (c *Call) Late() time.Duration {
	c.audio.mu.Lock()
	defer c.audio.mu.Unlock()
	return c.audio.late
}

func (a *audio) record(frame []int16) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.recorded) < recordingLimit {
		a.recorded = append(a.recorded, frame...)
	}
}

// next fills a frame with what is to be said, or with silence.
func (a *audio) next(frame []int16) {
	clear(frame)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.queue) == 0 {
		return
	}
	p := a.queue[0]
	if p.started.IsZero() {
		p.started = time.Now()
	}
	p.rest = p.rest[copy(frame, p.rest):]
	if len(p.rest) == 0 {
		close(p.done)
		a.queue = a.queue[1:]
	}
}

// stop ends the clock and what is still to be said.
func (a *audio) stop() {
	close(a.quit)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.queue {
		close(p.done)
	}
	a.queue = nil
}
