package sip

import (
	"bytes"
)

// verdict is what a look at the raw head of a message says.
type verdict uint8

const (
	pass   verdict = iota // sipgo can parse it; validate goes on from there
	reject                // a request that sipgo would drop in silence: 400
	drop                  // not SIP, or nothing to answer it by
)

// Bounds of a head. sipgo has none on the number of headers.
const (
	maxHead    = 48 << 10
	maxHeaders = 256
)

// head is what inspect finds out about the head of a message. It refers to the
// bytes given and holds none of its own.
type head struct {
	request       bool
	status        int // with reject, and the reason
	reason        string
	size          int  // start line to the empty line, inclusive
	contentLength int  // -1: none
	via, cseq     bool // enough to answer by
	ack           bool // never answered
}

// inspect looks at a message before sipgo does, without allocating: the start
// line, that lines end as they should, that no control character hides in a
// header, and that the body can be delimited. Bare LF and NUL are refused
// because sipgo would carry them through into what it writes, where the next
// hop may take them for the end of a header. whole says that msg is a datagram,
// where the body ends with it.
func inspect(msg []byte, whole bool) (h head, v verdict) {
	h.contentLength = -1
	end := bytes.Index(msg, crlfcrlf)
	if end < 0 || end > maxHead {
		return h, drop
	}
	h.size = end + len(crlfcrlf)
	rest := msg[:end+2]
	line, rest := cutLine(rest)
	v = h.startLine(line)
	if v == drop {
		return h, drop
	}
	if !clean(msg[:h.size]) {
		v = h.refuse("Malformed Line")
	}
	for n := 0; len(rest) > 0; n++ {
		if line, rest = cutLine(rest); n == maxHeaders {
			v = h.refuse("Too Many Headers")
			break
		}
		if r := h.header(line, n == 0); r == reject {
			v = r
		}
	}
	if whole && h.contentLength > len(msg)-h.size {
		v = h.refuse("Body Shorter Than Content-Length") // RFC 3261 §18.3
	}
	if v == reject && (!h.request || !h.via || !h.cseq || h.ack) {
		return h, drop
	}
	return h, v
}

var (
	crlf     = []byte("\r\n")
	crlfcrlf = []byte("\r\n\r\n")
)

func (h *head) refuse(reason string) verdict {
	if h.status == 0 {
		h.status, h.reason = 400, reason
	}
	return reject
}

// cutLine takes a line off the front. Folded lines are separate lines here.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.Index(b, crlf)
	if i < 0 {
		return b, nil
	}
	return b[:i], b[i+2:]
}

// clean reports that every CR is followed by LF, every LF led by CR, and that
// there is no other control character than HT.
func clean(b []byte) bool {
	for i, c := range b {
		switch {
		case c >= 0x20 && c != 0x7f, c == '\t':
		case c == '\r' && i+1 < len(b) && b[i+1] == '\n':
		case c == '\n' && i > 0 && b[i-1] == '\r':
		default:
			return false
		}
	}
	return true
}

// startLine judges the first line. What is neither a request nor a response is
// dropped; a request line that is almost one is refused.
func (h *head) startLine(line []byte) verdict {
	if bytes.HasPrefix(line, []byte("SIP/")) {
		// A response cannot be refused: it is one sipgo parses, or it is dropped.
		if len(line) >= 12 && line[7] == ' ' && digits(line[8:11]) && line[11] == ' ' {
			return pass
		}
		return drop
	}
	sp := bytes.IndexByte(line, ' ')
	last := bytes.LastIndex(line, []byte(" SIP/"))
	if sp <= 0 || sp > 64 || last < sp || !tokenBytes(line[:sp]) {
		return drop
	}
	h.request, h.ack = true, string(line[:sp]) == "ACK"
	version := line[last+1:]
	if trailing := bytes.TrimRight(version, " \t"); len(trailing) != len(version) {
		return h.refuse("Malformed Request-Line")
	}
	if len(version) < 7 || version[5] != '.' || !digits(version[4:5]) || !digits(version[6:]) {
		return h.refuse("Malformed Request-Line")
	}
	if last <= sp {
		return h.refuse("Malformed Request-URI")
	}
	return h.uri(line[sp+1 : last])
}

// header notes the headers that decide about framing and answering.
func (h *head) header(line []byte, first bool) verdict {
	if len(line) == 0 {
		return pass
	}
	if line[0] == ' ' || line[0] == '\t' {
		if first {
			return h.refuse("Malformed Line") // nothing to continue
		}
		return pass
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return h.refuse("Malformed Header")
	}
	name := bytes.TrimRight(line[:colon], " \t")
	if !tokenBytes(name) {
		return h.refuse("Malformed Header")
	}
	value := bytes.Trim(line[colon+1:], " \t")
	switch {
	case named(name, "via", 'v'):
		h.via = h.via || bytes.IndexByte(value, '/') > 0
	case named(name, "cseq", 0):
		h.cseq = true
		if !cseqShaped(value) {
			return h.refuse("Malformed CSeq")
		}
	case named(name, "content-length", 'l'):
		n, ok := number10(value)
		if !ok {
			return h.refuse("Malformed Content-Length")
		}
		if h.contentLength >= 0 {
			return h.refuse("Repeated Content-Length")
		}
		h.contentLength = n
	}
	return pass
}

// named compares a header name with a long form, given in lower case, and its
// letter.
func named(name []byte, long string, letter byte) bool {
	if len(name) == 1 {
		return letter != 0 && name[0]|0x20 == letter
	}
	if len(name) != len(long) {
		return false
	}
	for i := range len(long) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != long[i] {
			return false
		}
	}
	return true
}

// cseqShaped checks what can be seen of a CSeq on its first line: a number
// below 2^31 (RFC 3261 §8.1.1.5), alone when the line is folded behind it.
func cseqShaped(v []byte) bool {
	if len(v) == 0 {
		return true // folded: the parser sees the rest
	}
	end := bytes.IndexAny(v, " \t")
	if end < 0 {
		end = len(v)
	}
	_, ok := number10(v[:end])
	return ok
}

// number10 parses a number below 2^31.
func number10(v []byte) (int, bool) {
	if len(v) == 0 || len(v) > 10 || !digits(v) {
		return 0, false
	}
	n := 0
	for _, c := range v {
		n = n*10 + int(c-'0')
	}
	return n, n < 1<<31
}

func digits(v []byte) bool {
	for _, c := range v {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(v) > 0
}

func tokenBytes(v []byte) bool {
	for _, c := range v {
		if !tokenByte(c) {
			return false
		}
	}
	return len(v) > 0
}

// uri refuses the Request-URIs that sipgo cannot parse and drops the message
// for. It is no parser of URIs: checkURI has the last word.
func (h *head) uri(uri []byte) verdict {
	colon := bytes.IndexByte(uri, ':')
	if colon <= 0 || bytes.ContainsAny(uri, " \t<>\"") {
		return h.refuse("Malformed Request-URI")
	}
	scheme := uri[:colon]
	if named(scheme, "sip", 0) || named(scheme, "sips", 0) {
		if !hostShaped(uri[colon+1:]) {
			return h.refuse("Malformed Request-URI")
		}
		return pass
	}
	for _, c := range scheme {
		if c |= 0x20; c < 'a' || c > 'z' { // digits and dots are legal there
			v := h.refuse("Unsupported URI Scheme")
			h.status = 416
			return v
		}
	}
	return pass
}

// hostShaped looks at what follows the scheme: after the user, a host, and a
// port that is one.
func hostShaped(host []byte) bool {
	if at := bytes.IndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	if end := bytes.IndexAny(host, ";?"); end >= 0 {
		host = host[:end]
	}
	if len(host) > 0 && host[0] == '[' {
		end := bytes.IndexByte(host, ']')
		if end < 0 || end > 41 {
			return false
		}
		host = host[end+1:]
		return len(host) == 0 || host[0] == ':' && portShaped(host[1:])
	}
	if colon := bytes.IndexByte(host, ':'); colon >= 0 {
		return colon > 0 && portShaped(host[colon+1:])
	}
	return len(host) > 0
}

func portShaped(v []byte) bool {
	n, ok := number10(v)
	return ok && n <= 65535
}
