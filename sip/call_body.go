package sip

import (
	"bytes"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// contentType is the media type of a message, in lower case and without
// parameters.
func contentType(msg sip.Message) string {
	for _, h := range msg.GetHeaders("Content-Type") {
		t, _, _ := strings.Cut(h.Value(), ";")
		return scrub(strings.ToLower(strings.TrimSpace(t)))
	}
	return ""
}

// sessionOf is a copy of the session description of a message that has passed
// validation; nil when there is none.
func sessionOf(msg sip.Message) []byte {
	body, _ := sdpBody(msg)
	return bytes.Clone(body)
}

// setSession puts a session description into a message.
func setSession(msg sip.Message, body []byte) {
	if len(body) > 0 {
		setBody(msg, typeSDP, body)
		return
	}
	msg.SetBody(nil)
}

func setBody(msg sip.Message, kind string, body []byte) {
	t := sip.ContentTypeHeader(scrub(kind))
	msg.AppendHeader(&t)
	msg.SetBody(body)
}

// reasonOf is the Reason header of a request, for people (RFC 3326).
func reasonOf(msg sip.Message) string {
	for _, h := range msg.GetHeaders("Reason") {
		return clip(scrub(h.Value()), maxText)
	}
	return ""
}
