package sip

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strconv"
)

// maxVias bounds the Vias copied into a stateless answer.
const maxVias = 16

// refuse makes the answer to a request that sipgo cannot parse, without keeping
// anything (RFC 3261 §8.2.7): Via, From, To, Call-ID and CSeq as they came, a
// To tag that is the same for every copy of the request, and where it came from.
// nil when the request lacks what an answer needs.
func refuse(msg []byte, h head, src netip.AddrPort) []byte {
	if !h.request || h.size == 0 {
		return nil
	}
	var out bytes.Buffer
	out.WriteString("SIP/2.0 " + strconv.Itoa(h.status) + " " + h.reason + "\r\n")
	var vias, cseq, to int
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
			if vias++; vias > maxVias {
				return nil
			}
			writeVia(&out, value, src, vias == 1)
		case named(name, "to", 't'):
			if to++; to == 1 {
				writeTo(&out, value, msg[:h.size])
			}
		case named(name, "from", 'f'):
			writeField(&out, "From", value)
		case named(name, "call-id", 'i'):
			writeField(&out, "Call-ID", value)
		case named(name, "cseq", 0):
			cseq++
			writeField(&out, "CSeq", value)
		}
	}
	if vias == 0 || cseq != 1 {
		return nil
	}
	out.WriteString("Content-Length: 0\r\n\r\n")
	return out.Bytes()
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

// writeVia writes a Via; the first gets received and the port (RFC 3261
// §18.2.1, RFC 3581 §4).
func writeVia(out *bytes.Buffer, value []byte, src netip.AddrPort, top bool) {
	if !top || !src.IsValid() {
		writeField(out, "Via", value)
		return
	}
	first, more := value, []byte(nil)
	if i := comma(string(value)); i >= 0 {
		first, more = value[:i], value[i:]
	}
	text := string(first)
	out.WriteString("Via: ")
	for i, p := range split(text, ';') {
		if i > 0 {
			out.WriteByte(';')
		}
		if len(p) == len("rport") && named([]byte(p), "rport", 0) {
			out.WriteString("rport=")
			out.WriteString(strconv.Itoa(int(src.Port())))
			continue
		}
		out.WriteString(p)
	}
	out.WriteString(";received=" + src.Addr().String())
	out.Write(more)
	out.WriteString("\r\n")
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
