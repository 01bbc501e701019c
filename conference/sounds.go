package conference

import (
	"bytes"
	_ "embed"
	"sync"

	"warmline/mixer"
	"warmline/transfer"
)

//go:embed sounds/announcement.wav
var announcementWAV []byte

// builtinAnnouncement tells a customer that nobody can serve it.
var builtinAnnouncement = sync.OnceValue(func() []int16 {
	clip, err := mixer.LoadWAV(bytes.NewReader(announcementWAV))
	if err != nil {
		panic("the built-in announcement is broken: " + err.Error())
	}
	return clip
})

// clip is one of the short tones played to a party.
type clip uint8

const (
	errorClip        clip = iota // the target failed
	customerGoneClip             // the customer hung up
	confirmClip                  // a feature code was done
	refuseClip                   // it was not
	promptClip                   // type the target now
)

func clipOf(s transfer.Sound) clip {
	if s == transfer.CustomerGone {
		return customerGoneClip
	}
	return errorClip
}

func (c clip) sound() *mixer.Clip {
	switch c {
	case customerGoneClip:
		return mixer.CustomerGoneTone()
	case confirmClip:
		return mixer.ConfirmTone()
	case refuseClip:
		return mixer.RefuseTone()
	case promptClip:
		return mixer.PromptTone()
	default:
		return mixer.ErrorTone()
	}
}

// play plays a tone to the leg over what it hears.
func (l *leg) play(c clip) {
	if l.joined {
		l.c.room.Play(l.port, c.sound(), nil)
	}
}
