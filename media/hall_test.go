package media

import (
	"testing"
	"testing/synctest"
	"time"

	"warmline/internal/speech"
	"warmline/mixer"
)

// hall is rooms of a real mixer, in virtual time, with phones in them.
type hall struct {
	*testing.T
	net    *fakeNetwork
	engine *Engine
	mixer  *mixer.Mixer
	room   *mixer.Room
	phones []*phone
}

// inHall runs a test with a hall.
func inHall(t *testing.T, run func(t *testing.T, h *hall)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &hall{T: t, net: newFakeNetwork()}
		var err error
		h.engine, err = New(Config{Network: h.net, Addr: ourAddr, PortMin: 20000, PortMax: 29999})
		if err != nil {
			t.Fatal(err)
		}
		h.mixer, err = mixer.New(mixer.Config{Workers: 1, Plain: true, Music: [][]int16{speech.Swelling(300, mixer.Narrow), voiceOf(t, "bob", mixer.Narrow)}})
		if err != nil {
			t.Fatal(err)
		}
		h.mixer.Start()
		h.room = h.mixer.NewRoom()
		defer func() {
			h.mixer.Close()
			for _, p := range h.phones {
				p.s.Close()
			}
			h.engine.Close()
		}()
		time.Sleep(317 * time.Microsecond) // else phones and worker would act at the very same instants, in any order
		run(t, h)
	})
}

// phone makes a phone that is in no room yet.
func (h *hall) phone(codec string, set func(*phone)) *phone {
	h.Helper()
	p := newPhone(h, h.engine, h.net, len(h.phones), codecNamed(codec), set)
	h.phones = append(h.phones, p)
	return p
}

// join puts a phone into the room, where everybody hears everybody else.
func (h *hall) join(codec, voice string, set func(*phone)) *phone {
	h.Helper()
	p := h.phone(codec, set)
	if voice != "" {
		p.says = voiceOf(h, voice, p.codec.rate)
	}
	id := mixer.Port(len(h.phones) - 1)
	h.room.Join(id, p.s, own(id))
	return p
}

// own is the row of a port with a voice of its own that hears all others.
func own(id mixer.Port) mixer.Row { return mixer.Row{Voice: 1 << id, Hears: ^(uint64(1) << id)} }

// run lets frames pass. The phones send one after the other, evenly spread.
func (h *hall) run(frames int) {
	h.Helper()
	for range frames {
		for _, p := range h.phones {
			time.Sleep(frameNanos / time.Duration(len(h.phones)))
			p.frame()
		}
	}
}
