package bench

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// offer is the description of one audio stream, which goes both ways or is on
// hold (RFC 3264 §8.4).
func offer(c codec, at netip.AddrPort, onHold bool) []byte {
	direction := "sendrecv"
	if onHold {
		direction = "sendonly"
	}
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\n"+
		"m=audio %[2]d RTP/AVP %[3]d\r\na=rtpmap:%[3]d %[4]s\r\na=ptime:20\r\na=%[5]s\r\n",
		at.Addr(), at.Port(), c.payloadType(), c.format(), direction)
}

// answered reads where the peer wants its media, and whether it took the codec.
func answered(body []byte, c codec) (at netip.AddrPort, err error) {
	var addr netip.Addr
	port, formats, media := 0, []string(nil), 0
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		if a, ok := strings.CutPrefix(line, "c=IN IP4 "); ok && media <= 1 {
			if addr, err = netip.ParseAddr(a); err != nil {
				return at, fmt.Errorf("answer: %w", err)
			}
		}
		if m, ok := strings.CutPrefix(line, "m="); ok {
			if media++; media > 1 {
				continue
			}
			fields := strings.Fields(m)
			if len(fields) < 4 || fields[0] != "audio" {
				return at, fmt.Errorf("answer: %q is not our audio", line)
			}
			port, _ = strconv.Atoi(fields[1])
			formats = fields[3:]
		}
	}
	if !addr.Is4() || port < 1 || port > 65535 || len(formats) == 0 {
		return at, fmt.Errorf("answer: no IPv4 address and port for audio")
	}
	if formats[0] != strconv.Itoa(int(c.payloadType())) {
		return at, fmt.Errorf("answer: format %s, we want %s", formats[0], c.name())
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}
