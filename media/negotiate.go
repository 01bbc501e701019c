package media

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"warmline/media/srtp"
)

// The payload types of comfort noise: that of RFC 3389 and its predecessor.
// They are understood without being negotiated, because gateways send them so.
const (
	comfortNoise    = 13
	comfortNoiseOld = 19
)

// noEvents is the event type of a peer that did not agree to RFC 4733.
const noEvents = -1

// agreement is what one exchange settled. It never changes once it is made, so
// that the worker can be handed it by an atomic pointer. What each packet needs
// comes first: the processor reads it in one go.
type agreement struct {
	codec     *codec
	audioType uint8     // the peer's number, for sending
	silenced  bool      // c=0.0.0.0: nothing may be sent, RTCP neither
	mux       bool      // RTCP on the RTP port
	xr        bool      // the peer wants VoIP metrics (RFC 3611 §4.7)
	dir       direction // ours
	eventType int       // the peer's number, or noEvents

	// SRTP; nil: plain RTP. The same key in the next agreement is the same
	// transform, which goes on counting. former opens what was still under way
	// when the peer changed its key, or gave encryption up.
	seal   *srtp.Sealer
	open   *srtp.Opener
	former *srtp.Opener

	equipment
	in         [128]kind // our numbers, for receiving: any of these may come at any time
	opus       opusWish  // what the peer wants of our Opus
	eventClock int       // of the durations of events sent; 0 without events
	packetTime int       // of a packet sent, ms
	remote     netip.AddrPort
	remoteRTCP netip.AddrPort

	secured *secured     // the keys of seal and open, nil without
	layout  []layoutLine // all m= lines of the session
	line    int          // ours among them
	local   numbers      // ours, for later offers
}

// layoutLine remembers an m= line for later offers, which must keep the number
// and order of lines (RFC 3264 §8).
type layoutLine struct {
	media   string
	protos  []string
	formats []string
}

func layoutOf(desc *sdp.SessionDescription) []layoutLine {
	lines := make([]layoutLine, len(desc.MediaDescriptions))
	for i, m := range desc.MediaDescriptions {
		lines[i] = layoutLine{m.MediaName.Media, m.MediaName.Protos, m.MediaName.Formats}
	}
	return lines
}

// held says whether the peer has us on hold.
func (a *agreement) held() bool { return !a.dir.send }

// newAgreement combines what both sides said, apart from the codec.
func newAgreement(r *remoteAudio, local numbers) *agreement {
	a := &agreement{
		eventType:  noEvents,
		remote:     r.addr,
		remoteRTCP: r.rtcp,
		silenced:   r.addr.Addr().IsUnspecified(),
		mux:        r.mux,
		xr:         r.xr,
		line:       r.line,
		local:      local,
	}
	// We always want both directions: ours is what the peer leaves of them.
	a.dir = direction{send: r.dir.recv && !a.silenced, recv: r.dir.send}
	a.in[comfortNoise], a.in[comfortNoiseOld] = kindComfort, kindComfort
	return a
}

// secure has the agreement's packets encrypted by s. A peer that speaks of keys
// of which none can be used (nil) expects no plain packets.
func (a *agreement) secure(s *secured) *NegotiationError {
	if s == nil {
		return refused("no a=crypto that can be used")
	}
	a.secured, a.seal, a.open = s, s.seal, s.open
	return nil
}

// succeed keeps the peer's key in force, if the agreement is for another or none.
func (a *agreement) succeed(inForce *secured) {
	if inForce != nil && inForce.open != a.open {
		a.former = inForce.open
	}
}

// use makes f, of codec c, the format the session sends, and the peer's events
// that fit it the ones for digits.
func (a *agreement) use(c *codec, f format, r *remoteAudio) {
	a.codec, a.audioType = c, f.payloadType
	a.packetTime = c.packetTime(r.packetTime)
	if c == codecOpus {
		a.opus = parseOpus(f.fmtp)
	}
	for _, k := range eventsFor(c.clock) {
		for _, f := range r.formats {
			if f.kind == k && a.eventType == noEvents {
				a.eventType, a.eventClock = int(f.payloadType), k.clock()
			}
		}
	}
}

// listen has payload type pt carry k, unless it carries something else.
func (a *agreement) listen(pt uint8, k kind) {
	if old := a.in[pt]; old == kindUnknown || old == kindComfort {
		a.in[pt] = k
	}
}

// listenAll has the peer's own numbers carry what it says they do, as far as that
// is one of ours.
func (a *agreement) listenAll(r *remoteAudio, ours []*codec) {
	for _, f := range r.formats {
		if f.codec(ours) != nil || f.kind.isEvent() {
			a.listen(f.payloadType, f.kind)
		}
	}
}

// answerTo settles an offer: our most preferred codec among the peer's, its
// payload types for both ways (RFC 3264 §6.1). The others are not in our
// answer, and a peer that sends one nevertheless is understood only where that
// costs nothing: in G.711, and in the codec before (nil: there was none), of which
// something may be under way.
func answerTo(r *remoteAudio, ours []*codec, local numbers, before *codec) *agreement {
	a := newAgreement(r, local.after(r.formats))
	for _, c := range ours {
		for _, f := range r.formats {
			if f.codec(ours) == c && a.codec == nil {
				a.use(c, f, r)
			}
		}
	}
	a.listen(a.audioType, a.codec.kind)
	a.listenAll(r, slices.DeleteFunc(slices.Clone(ours), func(c *codec) bool {
		return c != a.codec && c != before && c.newDecoder != nil
	}))
	return a
}

// answeredBy settles an answer to our offer of the given codecs with our
// numbers: the peer's first codec and its numbers when sending (RFC 3264 §7),
// ours when receiving.
func answeredBy(r *remoteAudio, ours []*codec, local numbers) *agreement {
	a := newAgreement(r, local)
	for _, f := range r.formats {
		c := f.codec(ours)
		if c != nil && a.codec == nil {
			a.use(c, f, r)
		}
		if c != nil || f.kind.isEvent() {
			a.listen(local[f.kind], f.kind)
		}
	}
	a.listenAll(r, ours) // some send with the numbers of their own answer
	return a
}

// localAudio is what our own audio line says.
type localAudio struct {
	protos  []string
	port    int
	formats []localFormat
	dir     direction
	mux     bool
	xr      bool
	crypto  []string // values of a=crypto
}

type localFormat struct {
	payloadType uint8
	kind        kind
}

// describe returns what stands after the payload type in
// a=rtpmap and a=fmtp.
func (f localFormat) describe() (rtpmap, fmtp string) {
	if c := f.kind.codec(); c != nil {
		return c.rtpmap(), c.fmtp
	}
	return "telephone-event/" + strconv.Itoa(f.kind.clock()), "0-15"
}

// mediaDescription makes the m= line and its attributes.
func (l *localAudio) mediaDescription() *sdp.MediaDescription {
	m := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media: "audio", Port: sdp.RangedPort{Value: l.port}, Protos: l.protos,
	}}
	for _, f := range l.formats {
		pt := strconv.Itoa(int(f.payloadType))
		rtpmap, fmtp := f.describe()
		m.MediaName.Formats = append(m.MediaName.Formats, pt)
		m.Attributes = append(m.Attributes, sdp.NewAttribute("rtpmap", pt+" "+rtpmap))
		if fmtp != "" {
			m.Attributes = append(m.Attributes, sdp.NewAttribute("fmtp", pt+" "+fmtp))
		}
	}
	m.Attributes = append(m.Attributes, sdp.NewAttribute("ptime", "20"))
	if l.mux {
		m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute("rtcp-mux"))
	}
	if l.xr {
		m.Attributes = append(m.Attributes, sdp.NewAttribute("rtcp-xr", xrMetrics))
	}
	for _, value := range l.crypto {
		m.Attributes = append(m.Attributes, sdp.NewAttribute("crypto", value))
	}
	m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute(l.dir.String()))
	return m
}

// rejectedLine is the m= line that refuses a medium (RFC 3264 §6).
func rejectedLine(l layoutLine) *sdp.MediaDescription {
	return &sdp.MediaDescription{MediaName: sdp.MediaName{Media: l.media, Protos: l.protos, Formats: l.formats}}
}

// origin is our o= line and what it was last used for.
type origin struct {
	id      uint64
	version uint64
	addr    netip.Addr
	last    string // the description sent last, with version 0
}

// describe puts media into a whole description. The version rises when the text
// differs from the last one sent, whatever became of that (RFC 3264 §8).
func (o *origin) describe(media []*sdp.MediaDescription) []byte {
	family := "IP4"
	if o.addr.Is6() {
		family = "IP6"
	}
	desc := sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: o.id, NetworkType: "IN", AddressType: family, UnicastAddress: o.addr.String(),
		},
		SessionName: "-",
		ConnectionInformation: &sdp.ConnectionInformation{
			NetworkType: "IN", AddressType: family, Address: &sdp.Address{Address: o.addr.String()},
		},
		TimeDescriptions:  []sdp.TimeDescription{{}},
		MediaDescriptions: media,
	}
	if text := marshal(&desc); text != o.last {
		o.last = text
		o.version++
	}
	desc.Origin.SessionVersion = o.version
	return []byte(marshal(&desc))
}

func marshal(desc *sdp.SessionDescription) string {
	text, err := desc.Marshal()
	if err != nil {
		panic("media: description of our own cannot be written: " + err.Error()) // no input leads here
	}
	return string(text)
}

// protosOf is the protocol of our line in the place of l: that of an
// established one, AVPF answered as AVPF; of a new one what the policy says
// (RFC 8643 §3.1 has optional encryption on a plain line).
func protosOf(l layoutLine, policy SRTPPolicy) []string {
	if isProfile(l.protos) {
		return l.protos
	}
	if policy == SRTPRequired {
		return []string{"RTP", "SAVP"}
	}
	return []string{"RTP", "AVP"}
}

// isProfile says whether we speak the protocol of a line.
func isProfile(protos []string) bool {
	switch strings.Join(protos, "/") {
	case "RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF":
		return true
	}
	return false
}
