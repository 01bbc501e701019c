package sip

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// maxVias bounds the Vias copied into a stateless answer.
const maxVias = 16

// refuse makes the answer to a request that sipgo cannot parse, without keeping
// anything (RFC 3261 §8.2.7): Via, From, To, Call-ID and CSeq as they came, a
// To tag that is the same for every copy of the request, and where it came from.
// to is where a datagram with it goes. nil when the request lacks what an answer
// needs.
func refuse(msg []byte, h head, src netip.AddrPort) (answer []byte, to netip.AddrPort) {
	if !h.request || h.size == 0 {
		return nil, src
	}
	var out bytes.Buffer
	out.WriteString("SIP/2.0 " + strconv.Itoa(h.status) + " " + h.reason + "\r\n")
	var vias, cseqs, tos int
	to = src
	_, rest := cutLine(msg[:h.size-2])
	for len(rest) > 0 {
		var field []byte
		field, rest = cutField(rest)
		name, value, ok := bytes.Cut(field, []byte(":"))
		name, value = bytes.TrimSpace(name), tidy(value)
		if !ok || len(value) == 0 {
			continue
		}
		switch {
		case named(name, "via", 'v'):
			switch vias++; {
			case vias > maxVias:
				return nil, src
			case vias == 1:
				to = writeTopVia(&out, value, src)
			default:
				writeField(&out, "Via", value)
			}
		case named(name, "to", 't'):
			if tos++; tos == 1 {
				writeTo(&out, value, msg[:h.size])
			}
		case named(name, "from", 'f'):
			writeField(&out, "From", value)
		case named(name, "call-id", 'i'):
			writeField(&out, "Call-ID", value)
		case named(name, "cseq", 0):
			cseqs++
			writeField(&out, "CSeq", value)
		}
	}
	if vias == 0 || cseqs != 1 {
		return nil, src
	}
	out.WriteString("Content-Length: 0\r\n\r\n")
	return out.Bytes(), to
}

// cutField takes a header with its folded lines off the front.
func cutField(b []byte) (field, rest []byte) {
	end := 0
	for {
		i := bytes.Index(b[end:], crlf)
		if i < 0 {
			return b, nil
		}
		end += i
		next := end + len(crlf)
		if next >= len(b) || b[next] != ' ' && b[next] != '\t' {
			return b[:end], b[next:]
		}
		end = next
	}
}

// tidy unfolds a value and takes control characters out of it: it is about to
// be written.
func tidy(v []byte) []byte {
	return bytes.TrimSpace(bytes.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, v))
}

func writeField(out *bytes.Buffer, name string, value []byte) {
	out.WriteString(name + ": ")
	out.Write(value)
	out.WriteString("\r\n")
}

// writeTopVia writes the first Via with received, and the port where asked for
// (RFC 3261 §18.2.1, RFC 3581 §4). A datagram goes back to the address it came
// from; to the port it came from with rport, else to that of the sent-by
// (§18.2.2).
func writeTopVia(out *bytes.Buffer, value []byte, src netip.AddrPort) (to netip.AddrPort) {
	text, more := string(value), ""
	if i := comma(text); i >= 0 {
		text, more = text[:i], text[i:]
	}
	parts := split(squeeze(text), ';')
	to = netip.AddrPortFrom(src.Addr(), sentByPort(parts))
	for i, p := range parts {
		if len(p) == len("rport") && named([]byte(p), "rport", 0) {
			parts[i] = "rport=" + strconv.Itoa(int(src.Port()))
			to = src
		}
	}
	out.WriteString("Via: " + strings.Join(parts, ";") + ";received=" + src.Addr().String() + more + "\r\n")
	return to
}

// sentByPort is the port of a Via split at its semicolons.
func sentByPort(parts []string) uint16 {
	if len(parts) > 0 {
		host := parts[0][strings.LastIndexByte(parts[0], ' ')+1:]
		if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
			if n, ok := number10([]byte(host[i+1:])); ok && n > 0 && n <= 65535 {
				return uint16(n)
			}
		}
	}
	return 5060
}

// writeTo writes a To with a tag. Made from the request, the tag is the same in
// the answer to a retransmission (RFC 3261 §8.2.7).
func writeTo(out *bytes.Buffer, value, request []byte) {
	for _, p := range split(string(value), ';')[1:] {
		if len(p) > 4 && named([]byte(p[:3]), "tag", 0) {
			writeField(out, "To", value)
			return
		}
	}
	sum := sha256.Sum256(request)
	writeField(out, "To", append(bytes.TrimRight(value, "; "), ";tag="+hex.EncodeToString(sum[:8])...))
}
