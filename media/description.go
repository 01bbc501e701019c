package media

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// What an untrusted description may cost us.
const (
	maxDescription = 32 << 10
	maxMediaLines  = 16
	maxFormats     = 64
)

// NegotiationError says why an offer or answer cannot be taken, and the SIP
// status that tells the peer.
type NegotiationError struct {
	Status int // 400, 415 or 488
	Reason string
}

func (e *NegotiationError) Error() string { return e.Reason }

func malformed(reason string) *NegotiationError { return &NegotiationError{400, "SDP: " + reason} }
func refused(reason string) *NegotiationError   { return &NegotiationError{488, "SDP: " + reason} }

// parseDescription reads a session description of any quality. The parser
// behind it is strict about the order of lines and knows a fixed list of media
// and protocols; phones and carriers keep to neither. So it is given only the
// lines that matter here, in order, with one stand-in for every m= line, which
// gets its own name back afterwards.
func parseDescription(body []byte) (*sdp.SessionDescription, *NegotiationError) {
	if len(body) > maxDescription {
		return nil, refused("description too long")
	}
	sections, err := splitSections(string(body))
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	text.WriteString("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\n")
	for i, sec := range sections {
		if i > 0 {
			text.WriteString("m=audio 9 RTP/AVP 0\r\n")
		}
		if sec.connection != "" {
			text.WriteString(sec.connection + "\r\n")
		}
		if i == 0 {
			text.WriteString("t=0 0\r\n")
		}
		for _, a := range sec.attributes {
			text.WriteString(a + "\r\n")
		}
	}
	desc := new(sdp.SessionDescription)
	if err := desc.UnmarshalString(text.String()); err != nil {
		return nil, malformed(err.Error())
	}
	for i, m := range desc.MediaDescriptions {
		m.MediaName = sections[i+1].media
	}
	return desc, nil
}

// section is the session part of a description (the first) or one medium's.
type section struct {
	media      sdp.MediaName
	connection string // the c= line
	attributes []string
}

// splitSections sorts the lines that matter. It takes any line ending and none
// on the last line, and passes over empty lines and types it has no use for.
func splitSections(text string) ([]*section, *NegotiationError) {
	sections := []*section{{}}
	current := sections[0]
	lines := 0
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		line = strings.TrimRight(line, " \t")
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' || strings.ContainsFunc(line, isControl) {
			return nil, malformed("not a session description")
		}
		if lines++; lines == 1 && line != "v=0" {
			return nil, malformed("does not begin with v=0")
		}
		switch line[0] {
		case 'm':
			name, err := parseMediaName(line[2:])
			if err != nil {
				return nil, err
			}
			if len(sections) > maxMediaLines {
				return nil, refused("too many media")
			}
			current = &section{media: name}
			sections = append(sections, current)
		case 'c':
			if current.connection == "" {
				current.connection = line
			}
		case 'a':
			current.attributes = append(current.attributes, line)
		}
	}
	if lines == 0 {
		return nil, malformed("empty")
	}
	return sections, nil
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// parseMediaName reads "audio 49170/2 RTP/AVP 0 8 101".
func parseMediaName(text string) (sdp.MediaName, *NegotiationError) {
	var name sdp.MediaName
	fields := strings.Fields(text)
	if len(fields) < 4 {
		return name, malformed("incomplete m= line")
	}
	port, _, _ := strings.Cut(fields[1], "/")
	value, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return name, malformed("bad port in m= line")
	}
	name.Media = fields[0]
	name.Port.Value = int(value)
	name.Protos = strings.Split(fields[2], "/")
	name.Formats = fields[3:min(len(fields), 3+maxFormats)]
	return name, nil
}

// connectionAddress reads a c= line. The unspecified address is returned as it
// is: it means "send nothing" (RFC 3264 §8.4).
func connectionAddress(c *sdp.ConnectionInformation) (netip.Addr, *NegotiationError) {
	if c == nil || c.Address == nil {
		return netip.Addr{}, malformed("no c= line")
	}
	addr, err := netip.ParseAddr(c.Address.Address)
	if err != nil {
		return netip.Addr{}, refused("c= has " + strconv.Quote(c.Address.Address) + ", not an IP address")
	}
	addr = addr.Unmap().WithZone("")
	if addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}, refused("c= is not a unicast address")
	}
	return addr, nil
}

// attribute finds the first a=key, whatever its case.
func attribute(list []sdp.Attribute, key string) (string, bool) {
	for _, a := range list {
		if strings.EqualFold(a.Key, key) {
			return strings.TrimSpace(a.Value), true
		}
	}
	return "", false
}
