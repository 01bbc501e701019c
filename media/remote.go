package media

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// discardPort stands for "not known yet" in SDP (RFC 863, as ICE uses it).
const discardPort = 9

// direction is who sends, seen from the side that wrote the description.
type direction struct{ send, recv bool }

func (d direction) String() string {
	switch d {
	case direction{true, false}:
		return "sendonly"
	case direction{false, true}:
		return "recvonly"
	case direction{}:
		return "inactive"
	}
	return "sendrecv"
}

// directions are the attributes of RFC 3264 §5.1.
var directions = map[string]direction{
	"sendrecv": {true, true},
	"sendonly": {true, false},
	"recvonly": {false, true},
	"inactive": {},
}

// remoteAudio is an audio line of the peer's that we can take.
type remoteAudio struct {
	line    int // index among the m= lines
	addr    netip.AddrPort
	rtcp    netip.AddrPort
	dir     direction
	formats []format
	mux     bool
	xr      bool         // it speaks of VoIP metrics
	crypto  []cryptoLine // that may be used; none without SRTP
	// packetTime is how much it wants in a packet, ms.
	packetTime int
}

// format is one payload type the peer listed.
type format struct {
	payloadType uint8
	kind        kind // kindUnknown: nothing of ours
	fmtp        string
}

// codec is the codec of ours that f is, or nil.
func (f format) codec(ours []*codec) *codec {
	if c := f.kind.codec(); slices.Contains(ours, c) {
		return c
	}
	return nil
}

// kindOf is what an encoding is, by what a=rtpmap says of it in lower case.
// Peers offer telephone-event once per clock rate.
func kindOf(encoding string, clock int, channels string) kind {
	mono := channels == "" || channels == "1"
	switch {
	case encoding == "telephone-event" && mono:
		if clock == kindEvent.clock() {
			return kindEvent
		}
		if clock == kindEventWide.clock() {
			return kindEventWide
		}
	case encoding == "opus" && clock == codecOpus.clock:
		return kindOpus // with one channel or none said it is the same
	case encoding == "g722" && (clock == codecG722.clock || clock == codecG722.rate) && mono:
		return kindG722 // some give the rate of the samples
	case encoding == "pcmu" && clock == clockRate && mono:
		return kindPCMU
	case encoding == "pcma" && clock == clockRate && mono:
		return kindPCMA
	}
	return kindUnknown
}

// terms are what we can take.
type terms struct {
	codecs []*codec
	local  netip.Addr // our side's
	srtp   SRTPPolicy
}

// findAudio returns the audio line at index prefer, if it is one we can take:
// an established stream stays where it is (-1: no preference). Else it is the
// first we can take, but an encrypted one before a plain one: some peers offer
// the choice as two lines.
func findAudio(desc *sdp.SessionDescription, prefer int, t terms) (*remoteAudio, *NegotiationError) {
	var found *remoteAudio
	var reason *NegotiationError
	for i, m := range desc.MediaDescriptions {
		if m.MediaName.Media != "audio" {
			continue
		}
		r, err := readAudio(desc, i, t)
		switch {
		case err != nil && reason == nil:
			reason = err
		case err != nil:
		case i == prefer:
			return r, nil
		case found == nil || len(found.crypto) == 0 && len(r.crypto) > 0:
			found = r
		}
	}
	if found != nil {
		return found, nil
	}
	if reason == nil {
		reason = refused("no audio")
	}
	return nil, reason
}

// answeringAudio is the line of an answer that answers ours, which has the same
// place (RFC 3264 §6). Whatever the others say was not offered.
func answeringAudio(desc *sdp.SessionDescription, line int, t terms) (*remoteAudio, *NegotiationError) {
	if line >= len(desc.MediaDescriptions) || desc.MediaDescriptions[line].MediaName.Media != "audio" {
		return nil, refused("no audio in the place of ours")
	}
	return readAudio(desc, line, t)
}

// readAudio reads m= line i, which says audio.
func readAudio(desc *sdp.SessionDescription, i int, t terms) (*remoteAudio, *NegotiationError) {
	m := desc.MediaDescriptions[i]
	if m.MediaName.Port.Value == 0 {
		return nil, refused("the audio line is switched off")
	}
	crypto, err := acceptCrypto(m, t.srtp)
	if err != nil {
		return nil, err
	}
	c := m.ConnectionInformation
	if c == nil {
		c = desc.ConnectionInformation
	}
	ip, err := connectionAddress(c)
	if err != nil {
		return nil, err
	}
	if ip.Is4() != t.local.Is4() {
		return nil, refused("c= is of the other IP version")
	}
	r := &remoteAudio{
		line:    i,
		addr:    netip.AddrPortFrom(ip, uint16(m.MediaName.Port.Value)),
		dir:     readDirection(desc, m),
		formats: readFormats(m),
		crypto:  crypto,
		xr:      readXR(desc, m),

		packetTime: packetTime(m),
	}
	if longest, ok := milliseconds(m, "maxptime"); ok {
		dropSteady(r.formats, longest)
	}
	_, r.mux = attribute(m.Attributes, "rtcp-mux")
	r.rtcp = rtcpAddress(m, r.addr, r.mux)
	for _, f := range r.formats {
		if f.codec(t.codecs) != nil {
			return r, nil
		}
	}
	return nil, refused("no codec in common")
}

// dropSteady takes the codecs out whose packets are longer than the peer takes.
func dropSteady(list []format, longest int) {
	for i := range list {
		if c := list[i].kind.codec(); c != nil && c.packetTime(longest) > longest {
			list[i].kind = kindUnknown
		}
	}
}

// acceptCrypto holds an audio line to the policy, and returns the keys it
// offers or answers. A line RTP/SAVP is encrypted or nothing; on a plain one
// a=crypto is a wish (RFC 8643).
func acceptCrypto(m *sdp.MediaDescription, policy SRTPPolicy) ([]cryptoLine, *NegotiationError) {
	if !isProfile(m.MediaName.Protos) {
		return nil, refused("no audio over RTP/AVP or RTP/SAVP")
	}
	insists := strings.HasPrefix(m.MediaName.Protos[1], "SAVP")
	if policy == SRTPOff {
		if insists {
			return nil, refused("encrypted audio only, and not RTP/AVP: SRTP is off here")
		}
		return nil, nil
	}
	crypto := readCrypto(m)
	switch {
	case len(crypto) > 0:
		return crypto, nil
	case insists:
		return nil, refused("RTP/SAVP without an a=crypto that can be used")
	case policy == SRTPRequired:
		return nil, refused("SRTP is required here, and there is no a=crypto that can be used")
	}
	return nil, nil
}

// xrMetrics is the report block of RFC 3611 §4.7, as §5.1 names it.
const xrMetrics = "voip-metrics"

// readXR says whether the peer wants VoIP metrics, for this medium or all.
func readXR(desc *sdp.SessionDescription, m *sdp.MediaDescription) bool {
	for _, list := range [][]sdp.Attribute{m.Attributes, desc.Attributes} {
		if value, ok := attribute(list, "rtcp-xr"); ok {
			return slices.Contains(strings.Fields(strings.ToLower(value)), xrMetrics)
		}
	}
	return false
}

// readDirection prefers the medium's direction to the session's.
func readDirection(desc *sdp.SessionDescription, m *sdp.MediaDescription) direction {
	for _, list := range [][]sdp.Attribute{m.Attributes, desc.Attributes} {
		for _, a := range list {
			if d, ok := directions[strings.ToLower(a.Key)]; ok {
				return d
			}
		}
	}
	return directions["sendrecv"]
}

// readFormats pairs the payload types of the m= line with their a=rtpmap, in
// the line's order; static ones need none (RFC 3551 §6).
func readFormats(m *sdp.MediaDescription) []format {
	var list []format
	for _, text := range m.MediaName.Formats {
		pt, err := strconv.ParseUint(text, 10, 7)
		if err != nil {
			continue
		}
		f := format{payloadType: uint8(pt)}
		for _, c := range codecs {
			if c.payloadType == f.payloadType && !c.dynamic {
				f.kind = c.kind
			}
		}
		list = append(list, f)
	}
	for _, a := range m.Attributes {
		switch {
		case strings.EqualFold(a.Key, "rtpmap"):
			applyMap(list, a.Value)
		case strings.EqualFold(a.Key, "fmtp"):
			pt, rest, _ := strings.Cut(strings.TrimSpace(a.Value), " ")
			each(list, pt, func(f *format) { f.fmtp = rest })
		}
	}
	return list
}

// each calls do for the formats of the payload type written.
func each(list []format, text string, do func(*format)) {
	pt, err := strconv.ParseUint(text, 10, 7)
	if err != nil {
		return
	}
	for i := range list {
		if list[i].payloadType == uint8(pt) {
			do(&list[i])
		}
	}
}

// applyMap reads "101 telephone-event/8000" or "0 PCMU/8000/1" into the format
// it is about.
func applyMap(list []format, value string) {
	fields := strings.Fields(value)
	if len(fields) < 2 {
		return
	}
	encoding, rest, _ := strings.Cut(strings.ToLower(fields[1]), "/")
	rate, channels, _ := strings.Cut(rest, "/")
	clock, _ := strconv.Atoi(rate) // 0 is nothing of ours
	each(list, fields[0], func(f *format) { f.kind = kindOf(encoding, clock, channels) })
}

// packetTime is how much the peer wants in a packet: its ptime, no more than
// its maxptime, in steps of 10 ms.
func packetTime(m *sdp.MediaDescription) int {
	ms := 20
	if n, ok := milliseconds(m, "ptime"); ok {
		ms = n
	}
	if n, ok := milliseconds(m, "maxptime"); ok {
		ms = min(ms, n)
	}
	return min(max(ms/10*10, 10), maxPacketTime)
}

// milliseconds is the value of an attribute that is a positive time.
func milliseconds(m *sdp.MediaDescription, key string) (int, bool) {
	v, _ := attribute(m.Attributes, key)
	n, err := strconv.Atoi(v)
	return n, err == nil && n > 0
}

// rtcpAddress is the address for RTCP: a=rtcp (RFC 3605), else the next port.
func rtcpAddress(m *sdp.MediaDescription, rtp netip.AddrPort, mux bool) netip.AddrPort {
	if mux {
		return rtp
	}
	next := netip.AddrPortFrom(rtp.Addr(), rtp.Port()+1)
	value, ok := attribute(m.Attributes, "rtcp")
	if !ok {
		return next
	}
	fields := strings.Fields(value)
	if len(fields) == 0 {
		return next
	}
	port, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil || port == 0 {
		return next
	}
	ip := rtp.Addr()
	if len(fields) >= 4 {
		if a, err := netip.ParseAddr(fields[3]); err == nil && a.Is4() == ip.Is4() && !a.IsMulticast() {
			ip = a.WithZone("")
		}
	}
	return netip.AddrPortFrom(ip, uint16(port))
}
