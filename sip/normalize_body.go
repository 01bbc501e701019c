package sip

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// maxBodyParts bounds the parts of a multipart body.
const maxBodyParts = 16

const typeSDP = "application/sdp"

func unsupportedBody() *refusal {
	return &refusal{status: 415, reason: "Unsupported Media Type",
		headers: []Header{{"Accept", strings.Join(acceptedBodies, ", ")}}}
}

// sdpBody returns the session description of a message: its body, or the part
// of a multipart/mixed body. nil without refusal: there is none, as with an
// empty body or one that the sender marked optional. A body that may not be
// ignored and is not understood is 415 (RFC 5621 §4, §8).
func sdpBody(msg sip.Message) ([]byte, *refusal) {
	body := msg.Body()
	var contentType, disposition string
	if h := msg.GetHeaders("Content-Type"); len(h) > 0 {
		contentType = h[0].Value()
	}
	if h := msg.GetHeaders("Content-Disposition"); len(h) > 0 {
		disposition = h[0].Value()
	}
	if len(body) == 0 {
		return nil, nil
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil && kind == "" {
		return nil, bad("Malformed Content-Type")
	}
	switch {
	case kind == typeSDP:
		return wanted(body, disposition)
	case kind == "multipart/mixed":
		return mixedSDP(body, params["boundary"])
	case optional(disposition):
		return nil, nil
	}
	return nil, unsupportedBody()
}

// wanted takes an SDP body unless its disposition says that it is something
// other than the session's.
func wanted(body []byte, disposition string) ([]byte, *refusal) {
	kind, _, _ := strings.Cut(disposition, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "", "session", "early-session", "render":
		return body, nil
	}
	if optional(disposition) {
		return nil, nil
	}
	return nil, unsupportedBody()
}

// optional reports handling=optional; the default is required (RFC 3261 §20.11).
func optional(disposition string) bool { return handling(disposition) == "optional" }

// handling returns the handling parameter in lower case, "" without one.
func handling(disposition string) string {
	for _, p := range split(disposition, ';') {
		name, value, ok := strings.Cut(p, "=")
		if ok && strings.EqualFold(strings.TrimSpace(name), "handling") {
			return strings.ToLower(strings.Trim(strings.TrimSpace(value), `"`))
		}
	}
	return ""
}

// mixedSDP finds the first SDP part. Another part that says handling=required
// refuses the message. One that says nothing does not, though RFC 5621 §8.2
// makes required the default: carriers attach ISUP and locations without a
// word, and mean them for whoever can read them.
func mixedSDP(body []byte, boundary string) ([]byte, *refusal) {
	if boundary == "" {
		return nil, bad("Missing Boundary")
	}
	var sdp []byte
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := r.NextRawPart()
		if err == io.EOF {
			return sdp, nil
		}
		if err != nil || n == maxBodyParts {
			return nil, bad("Malformed Multipart Body")
		}
		content, err := io.ReadAll(io.LimitReader(part, int64(len(body))))
		if err != nil {
			return nil, bad("Malformed Multipart Body")
		}
		switch taken, refused := partSDP(part.Header, content); {
		case refused != nil:
			return nil, refused
		case sdp == nil:
			sdp = taken
		}
	}
}

func partSDP(header textproto.MIMEHeader, content []byte) ([]byte, *refusal) {
	disposition := header.Get("Content-Disposition")
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case kind == typeSDP && transparent(header.Get("Content-Transfer-Encoding")):
		return wanted(content, disposition)
	case handling(disposition) == "required":
		return nil, unsupportedBody()
	}
	return nil, nil
}

// transparent tells the transfer encodings that change nothing.
func transparent(coding string) bool {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "7bit", "8bit", "binary":
		return true
	}
	return false
}
