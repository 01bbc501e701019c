package media

import (
	"mime"
	"strconv"
	"strings"
)

// maxInfoBody bounds what is read of an INFO body: a digit takes 30 bytes.
const maxInfoBody = 1024

// ParseInfo reads the DTMF digit of a SIP INFO body: application/dtmf-relay
// ("Signal=5" and "Duration=160" on lines of their own) or application/dtmf
// (the digit alone, which some write in the form of the former). Event codes 10
// to 15 stand for * # A B C D. ok is false for any other type or content.
func ParseInfo(contentType string, body []byte) (digit byte, ok bool) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || len(body) > maxInfoBody {
		return 0, false
	}
	text := string(body)
	switch kind {
	case "application/dtmf-relay":
		text, ok = infoSignal(text)
		if !ok {
			return 0, false
		}
	case "application/dtmf":
		if signal, ok := infoSignal(text); ok {
			text = signal
		}
	default:
		return 0, false
	}
	return infoDigit(strings.TrimSpace(text))
}

// infoSignal finds the value of the Signal line.
func infoSignal(text string) (string, bool) {
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		name, value, ok := strings.Cut(line, "=")
		if ok && strings.EqualFold(strings.TrimSpace(name), "signal") {
			return value, true
		}
	}
	return "", false
}

// infoDigit reads "5", "#", "d", or an event code of two digits.
func infoDigit(text string) (byte, bool) {
	if len(text) == 1 {
		d := strings.ToUpper(text)[0]
		return d, eventOf(d) >= 0
	}
	if code, err := strconv.ParseUint(text, 10, 8); err == nil && len(text) == 2 && code >= 10 && int(code) < len(digitsByEvent) {
		return digitsByEvent[code], true
	}
	return 0, false
}
