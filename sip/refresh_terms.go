package sip

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// minSession is the least session interval there is, and the least we take
// (RFC 4028 §4).
const minSession = 90 * time.Second

// statusIntervalTooSmall refuses a session interval (RFC 4028 §6).
const statusIntervalTooSmall = 422

// timerOption is the option tag of session timers.
const timerOption = "timer"

// Who refreshes, as the header says it: relative to the request it is about,
// not to the call.
const (
	refresherUAC = "uac"
	refresherUAS = "uas"
)

// sessionExpires is what a Session-Expires header says.
type sessionExpires struct {
	interval  time.Duration // 0: no header
	refresher string        // refresherUAC, refresherUAS, or "": left open
}

// sessionExpiresOf reads the header of a message; ok is false for one that
// cannot be read.
func sessionExpiresOf(msg sip.Message) (se sessionExpires, ok bool) {
	hs := msg.GetHeaders("Session-Expires")
	if len(hs) == 0 {
		return sessionExpires{}, true
	}
	parts := split(hs[0].Value(), ';')
	if len(parts) == 0 {
		return sessionExpires{}, false
	}
	if se.interval, ok = readSeconds(parts[0]); !ok || se.interval == 0 {
		return sessionExpires{}, false
	}
	for _, p := range parts[1:] {
		name, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "refresher") {
			continue
		}
		switch value = strings.ToLower(strings.TrimSpace(value)); value {
		case refresherUAC, refresherUAS:
			se.refresher = value
		}
	}
	return se, true
}

func (se sessionExpires) header() sip.Header {
	value := strconv.Itoa(seconds(se.interval))
	if se.refresher != "" {
		value += ";refresher=" + se.refresher
	}
	return sip.NewHeader("Session-Expires", value)
}

// minSEOf is the least interval that a message asks for, 0 when it does not
// say.
func minSEOf(msg sip.Message) time.Duration {
	hs := msg.GetHeaders("Min-SE")
	if len(hs) == 0 {
		return 0
	}
	value, _, _ := strings.Cut(hs[0].Value(), ";")
	d, _ := readSeconds(value)
	return d
}

// supportsTimer reports whether the sender of a request knows session timers.
func supportsTimer(req *sip.Request) bool {
	return containsFold(tokens(req, "Supported"), timerOption) || containsFold(tokens(req, "Require"), timerOption)
}

// checkInterval answers 422 to a session interval that is too small (RFC 4028
// §9). Who does not know session timers would not know the status either: the
// header is some proxy's then, and is passed over.
func checkInterval(req *sip.Request) *refusal {
	if req.Method != sip.INVITE && req.Method != sip.UPDATE {
		return nil
	}
	se, ok := sessionExpiresOf(req)
	switch {
	case !ok:
		return bad("Malformed Session-Expires")
	case se.interval > 0 && se.interval < minSession && supportsTimer(req):
		return &refusal{status: statusIntervalTooSmall,
			headers: []Header{{"Min-SE", strconv.Itoa(seconds(minSession))}}}
	}
	return nil
}

// askTimer adds to a request of ours what it proposes; an interval of 0
// proposes nothing and only says that we know session timers.
func askTimer(req *sip.Request, se sessionExpires, least time.Duration) {
	req.AppendHeader(sip.NewHeader("Supported", strings.Join(supported, ", ")))
	if se.interval == 0 {
		return
	}
	req.AppendHeader(se.header())
	req.AppendHeader(sip.NewHeader("Min-SE", strconv.Itoa(seconds(max(least, minSession)))))
}

// retime replaces what a request proposes.
func retime(req *sip.Request, se sessionExpires, least time.Duration) {
	for _, name := range [...]string{"Supported", "Session-Expires", "Min-SE"} {
		for req.RemoveHeader(name) {
		}
	}
	askTimer(req, se, least)
}

// terms are what a session timer comes to.
type terms struct {
	interval time.Duration // 0: no timer
	ours     bool          // we refresh
}

// grant decides the terms of a request's 2xx (RFC 4028 §9, table 2). wish is the
// interval we would have, 0: none of our own accord; least the largest Min-SE
// of the dialog; now what is in force.
//
// The interval of the request is never made longer, and shorter only down to
// its Min-SE. The peer refreshes when it can and the choice is ours: it knows
// best whether it is still there, and a NAT before it stays open. In a dialog
// that has a timer, roles stay.
func grant(req *sip.Request, wish, least time.Duration, now terms) terms {
	asked, _ := sessionExpiresOf(req)
	if asked.interval < minSession {
		asked = sessionExpires{}
	}
	knows := supportsTimer(req)
	granted := terms{interval: asked.interval}
	if wish > 0 {
		wish = max(wish, least, minSession)
	}
	switch {
	case asked.interval == 0 && !knows && now.interval == 0:
		return terms{} // it has never heard of timers
	case asked.interval == 0:
		granted.interval = wish
	case wish > 0:
		granted.interval = min(asked.interval, wish)
	}
	if granted.interval == 0 {
		return terms{}
	}
	switch {
	case asked.refresher != "":
		granted.ours = asked.refresher == refresherUAS
	case !knows:
		granted.ours = true
	default:
		granted.ours = now.interval > 0 && now.ours
	}
	return granted
}
