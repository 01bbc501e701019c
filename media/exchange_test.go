package media

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/sdp/v3"
)

// lines are the m= and a= lines of a description of ours, less its port.
func lines(d *sdp.SessionDescription) []string {
	var list []string
	for _, m := range d.MediaDescriptions {
		port := "0"
		if m.MediaName.Port.Value != 0 {
			port = "PORT"
		}
		list = append(list, fmt.Sprintf("m=%s %s %s %s", m.MediaName.Media, port,
			strings.Join(m.MediaName.Protos, "/"), strings.Join(m.MediaName.Formats, " ")))
		for _, a := range m.Attributes {
			list = append(list, "a="+a.String())
		}
	}
	return list
}

// directionOf is the direction of the first medium of a description of ours.
func directionOf(d *sdp.SessionDescription) string {
	for _, a := range d.MediaDescriptions[0].Attributes {
		if _, ok := directions[a.Key]; ok {
			return a.Key
		}
	}
	return ""
}

const ip = "198.51.100.7"

func TestAnswer(t *testing.T) {
	tests := []struct {
		name  string
		offer string
		want  []string
	}{
		{"plain", plainOffer(), []string{
			"m=audio PORT RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000",
			"a=fmtp:101 0-15", "a=ptime:20", "a=sendrecv"}},
		{"static types without rtpmap, theirs first, no events", offerOf(ip, "audio 4000 RTP/AVP 18 8 0"), []string{
			"m=audio PORT RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}},
		{"only our second choice", offerOf(ip, "audio 4000 RTP/AVP 18 8"), []string{
			"m=audio PORT RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=sendrecv"}},
		{"dynamic type for a static codec", offerOf(ip, "audio 4000 RTP/AVP 98", "rtpmap:98 pcma/8000/1"), []string{
			"m=audio PORT RTP/AVP 98", "a=rtpmap:98 PCMA/8000", "a=ptime:20", "a=sendrecv"}},
		{"a static number taken for something else", offerOf(ip, "audio 4000 RTP/AVP 0 8", "rtpmap:0 GSM/8000"), []string{
			"m=audio PORT RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=sendrecv"}},
		{"events at several clocks", offerOf(ip, "audio 4000 RTP/AVP 111 8 110 126 101",
			"rtpmap:111 opus/48000/2", "rtpmap:110 telephone-event/48000", "rtpmap:126 telephone-event/8000",
			"rtpmap:101 telephone-event/16000"), []string{
			"m=audio PORT RTP/AVP 8 126", "a=rtpmap:8 PCMA/8000", "a=rtpmap:126 telephone-event/8000",
			"a=fmtp:126 0-15", "a=ptime:20", "a=sendrecv"}},
		{"events only at a clock that is not the audio's", offerOf(ip, "audio 4000 RTP/AVP 0 101", "rtpmap:101 telephone-event/48000"), []string{
			"m=audio PORT RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}},
		{"rtcp-mux offered", plainOffer("rtcp-mux"), []string{
			"m=audio PORT RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000",
			"a=fmtp:101 0-15", "a=ptime:20", "a=rtcp-mux", "a=sendrecv"}},
		{"crypto on a plain line is a wish", offerOf(ip, "audio 4000 RTP/AVP 0", "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc"), []string{
			"m=audio PORT RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}},
		{"AVPF is answered as AVPF", offerOf(ip, "audio 4000 RTP/AVPF 0"), []string{
			"m=audio PORT RTP/AVPF 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}},
		{"video and T.38 refused in their places", offerOf(ip, "video 5000 RTP/AVP 96") +
			"m=audio 4000 RTP/AVP 8\r\nm=image 6000 udptl t38\r\na=T38FaxVersion:0\r\n", []string{
			"m=video 0 RTP/AVP 96",
			"m=audio PORT RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=sendrecv",
			"m=image 0 udptl t38"}},
		{"the first of two audio lines", offerOf(ip, "audio 4000 RTP/AVP 8") + "m=audio 4002 RTP/AVP 0\r\n", []string{
			"m=audio PORT RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=sendrecv",
			"m=audio 0 RTP/AVP 0"}},
		{"SAVP refused, the plain line after it taken", offerOf(ip, "audio 4000 RTP/SAVP 0", "crypto:1 X inline:y") + "m=audio 4002 RTP/AVP 0\r\n", []string{
			"m=audio 0 RTP/SAVP 0",
			"m=audio PORT RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}},
		{"a stream switched off, another on", offerOf(ip, "audio 0 RTP/AVP 0") + "m=audio 4002 RTP/AVP 0\r\n", []string{
			"m=audio 0 RTP/AVP 0",
			"m=audio PORT RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			answer, err := b.s.Answer([]byte(tt.offer))
			if err != nil {
				t.Fatal(err)
			}
			// Our answers are parsed by nobody's lenient parser: compare text.
			var got []string
			for line := range strings.Lines(string(answer)) {
				line = strings.TrimSpace(line)
				line = strings.Replace(line, fmt.Sprintf("m=audio %d ", b.s.port), "m=audio PORT ", 1)
				if line[0] == 'm' || line[0] == 'a' {
					got = append(got, line)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// Hold by c=0.0.0.0 and resume with the address of before.
func TestLegacyHoldAndResume(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.send(b.peer, 0, level(500, 160))
	b.tick()
	if _, _, ok := b.peer.read(t); !ok {
		t.Fatal("nothing sent before the hold")
	}
	b.agree(offerOf("0.0.0.0", "audio 4000 RTP/AVP 0 8"))
	for range 600 { // past two reports
		b.tick()
	}
	if _, _, ok := b.peer.read(t); ok {
		t.Error("RTP sent during the hold")
	}
	if len(b.ctl.queue) != 0 {
		t.Error("RTCP sent during the hold")
	}
	b.agree(plainOffer())
	b.tick()
	h, _, ok := b.peer.read(t)
	if !ok || !h.marker {
		t.Errorf("after the hold: sent %v, marker %v", ok, h.marker)
	}
}

func TestOffer(t *testing.T) {
	b := newBench(t, SessionConfig{})
	offer, err := b.s.Offer()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"m=audio PORT RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
		"a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20", "a=rtcp-mux", "a=sendrecv"}
	d := read(t, offer)
	if diff := cmp.Diff(want, lines(d)); diff != "" {
		t.Errorf("offer (-want +got):\n%s", diff)
	}
	if d.Origin.SessionVersion != 1 || d.ConnectionInformation.String() != "IN IP4 192.0.2.1" {
		t.Errorf("%v, %v", d.Origin, d.ConnectionInformation)
	}
	if b.s.Agreed() || b.s.Codec() != "" {
		t.Error("agreed before the answer")
	}
}

func TestOfferKeepsThePreference(t *testing.T) {
	s := oneSession(t, Config{Network: newFakeNetwork(), Addr: ourAddr, PortMin: 20000, PortMax: 20001, Codecs: []string{"pcma", "pcmu"}})
	offer, _ := s.Offer()
	if got := lines(read(t, offer))[0]; got != "m=audio PORT RTP/AVP 8 0 101" {
		t.Error(got)
	}
	if _, err := s.Answer([]byte(plainOffer())); err != nil {
		t.Fatal(err)
	}
	if s.Commit(); s.Codec() != "pcma" {
		t.Errorf("codec %s, want our first", s.Codec())
	}
}

func TestAccept(t *testing.T) {
	tests := []struct {
		name, answer string
		codec        string
		audio        uint8
		event        int
		in           map[uint8]kind
	}{
		{"same numbers", plainOffer(), "pcmu", 0, 101, map[uint8]kind{0: kindPCMU, 8: kindPCMA, 101: kindEvent, 13: kindComfort}},
		{"one codec, no events", offerOf(ip, "audio 4000 RTP/AVP 8"), "pcma", 8, noEvents, map[uint8]kind{8: kindPCMA, 101: kindUnknown}},
		{"the peer's first codec", offerOf(ip, "audio 4000 RTP/AVP 8 0"), "pcma", 8, noEvents, nil},
		// Theirs when sending, ours when receiving; a peer that sends with
		// its own number is understood too.
		{"events renumbered", offerOf(ip, "audio 4000 RTP/AVP 0 122", "rtpmap:122 telephone-event/8000"), "pcmu", 0, 122,
			map[uint8]kind{101: kindEvent, 122: kindEvent}},
		{"codec renumbered", offerOf(ip, "audio 4000 RTP/AVP 97 101", "rtpmap:97 PCMA/8000", "rtpmap:101 telephone-event/8000"), "pcma", 97, 101,
			map[uint8]kind{8: kindPCMA, 97: kindPCMA}},
		{"numbers crossed", offerOf(ip, "audio 4000 RTP/AVP 101 96", "rtpmap:101 PCMU/8000", "rtpmap:96 telephone-event/8000"), "pcmu", 101, 96,
			map[uint8]kind{0: kindPCMU, 101: kindEvent, 96: kindEvent}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			if _, err := b.s.Offer(); err != nil {
				t.Fatal(err)
			}
			if err := b.s.Accept([]byte(tt.answer)); err != nil {
				t.Fatal(err)
			}
			if b.s.Agreed() {
				t.Error("agreed before Commit")
			}
			b.s.Commit()
			a := b.s.agreed
			if b.s.Codec() != tt.codec || a.audioType != tt.audio || a.eventType != tt.event {
				t.Errorf("codec %s, type %d, events %d", b.s.Codec(), a.audioType, a.eventType)
			}
			for pt, k := range tt.in {
				if a.in[pt] != k {
					t.Errorf("type %d is %d, want %d", pt, a.in[pt], k)
				}
			}
		})
	}
}

func TestRefusedAnswers(t *testing.T) {
	b := newBench(t, SessionConfig{})
	if err := b.s.Accept([]byte(plainOffer())); err == nil {
		t.Error("an answer without an offer was taken")
	}
	for _, answer := range []string{
		"", "garbage",
		offerOf(ip, "audio 0 RTP/AVP 0"),
		offerOf(ip, "audio 4000 RTP/AVP 9"), // never offered
		offerOf(ip, "audio 4000 RTP/SAVP 0"),
	} {
		b.s.Offer()
		err := b.s.Accept([]byte(answer))
		if _, ok := errors.AsType[*NegotiationError](err); !ok {
			t.Errorf("%q: %v", answer, err)
		}
		if b.s.Commit(); b.s.Agreed() {
			t.Fatalf("%q agreed", answer)
		}
	}
}

// We offer rtcp-mux (RFC 5761 §5.1.1) and keep the port pair for a peer that
// does not answer it, also when it did before.
func TestMuxOffered(t *testing.T) {
	b := newBench(t, SessionConfig{})
	for _, tt := range []struct {
		answer string
		mux    bool
		rtcp   uint16
	}{
		{plainOffer("rtcp-mux"), true, 4000},
		{plainOffer("rtcp-mux", "rtcp:4009"), true, 4000},
		{plainOffer(), false, 4001},
		{plainOffer("rtcp:4009"), false, 4009},
	} {
		offer, err := b.s.Offer()
		if err != nil || !strings.Contains(string(offer), "a=rtcp-mux\r\n") {
			t.Fatalf("%v: offer\n%s", err, offer)
		}
		if err := b.s.Accept([]byte(tt.answer)); err != nil {
			t.Fatal(err)
		}
		if b.s.Commit(); b.s.agreed.mux != tt.mux || b.s.agreed.remoteRTCP.Port() != tt.rtcp {
			t.Errorf("mux %v, RTCP to %v, want %v and port %d", b.s.agreed.mux, b.s.agreed.remoteRTCP, tt.mux, tt.rtcp)
		}
	}
}

// VoIP metrics are agreed on where the peer offers them, and then offered too.
func TestMetricsBlock(t *testing.T) {
	tests := []struct {
		name, offer string
		want        bool
	}{
		{"none", plainOffer(), false},
		{"alone", plainOffer("rtcp-xr:voip-metrics"), true},
		{"among others", plainOffer("rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup VoIP-Metrics"), true},
		{"only others", plainOffer("rtcp-xr:pkt-loss-rle"), false},
		{"empty", plainOffer("rtcp-xr"), false},
		{"for the session", strings.Replace(plainOffer(), "t=0 0\r\n", "t=0 0\r\na=rtcp-xr:voip-metrics\r\n", 1), true},
		{"the medium says otherwise", strings.Replace(plainOffer("rtcp-xr:"), "t=0 0\r\n", "t=0 0\r\na=rtcp-xr:voip-metrics\r\n", 1), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			for _, who := range []string{"answer", "our next offer"} {
				var ours []byte
				var err error
				if who == "answer" {
					ours, err = b.s.Answer([]byte(tt.offer))
				} else {
					ours, err = b.s.Offer()
				}
				if err != nil {
					t.Fatal(err)
				}
				if b.s.Commit(); b.s.agreed.xr != tt.want || strings.Contains(string(ours), "a=rtcp-xr:voip-metrics\r\n") != tt.want {
					t.Errorf("%s: %v\n%s", who, b.s.agreed.xr, ours)
				}
			}
			if err := b.s.Accept([]byte(plainOffer())); err != nil {
				t.Fatal(err)
			}
			if b.s.Commit(); b.s.agreed.xr {
				t.Error("kept although the answer lacks it")
			}
		})
	}
}

// Several answers to one offer: other forks, and 200 after 183.
func TestAcceptAgain(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.s.Offer()
	for i, answer := range []string{
		offerOf("198.51.100.7", "audio 4000 RTP/AVP 0"),
		offerOf("198.51.100.8", "audio 5000 RTP/AVP 8"),
	} {
		if err := b.s.Accept([]byte(answer)); err != nil {
			t.Fatal(err)
		}
		b.s.Commit()
		if want := []string{"pcmu", "pcma"}[i]; b.s.Codec() != want {
			t.Errorf("codec %s, want %s", b.s.Codec(), want)
		}
	}
	b.tick()
	if got := b.s.Stats().Remote.String(); got != "198.51.100.8:5000" {
		t.Errorf("sends to %s", got)
	}
}

func TestRollback(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.tick()
	before := b.s.agreed
	if _, err := b.s.Answer([]byte(offerOf("198.51.100.8", "audio 5000 RTP/AVP 8", "inactive"))); err != nil {
		t.Fatal(err)
	}
	b.tick()
	if b.s.taken != before || b.s.Codec() != "pcmu" || b.s.RemoteHold() {
		t.Error("a pending answer touched the session")
	}
	b.s.Rollback()
	b.s.Commit()
	if b.s.agreed != before {
		t.Error("a rolled back exchange was put in force")
	}

	if _, err := b.s.Offer(); err != nil {
		t.Fatal(err)
	}
	b.s.Rollback()
	if err := b.s.Accept([]byte(plainOffer())); err == nil {
		t.Error("an answer to an offer that was rolled back was taken")
	}
	b.tick()
	if b.s.taken != before {
		t.Error("the session changed")
	}
}

// A refused offer leaves what is pending and in force as it was.
func TestRefusedOfferChangesNothing(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	agreed := b.s.agreed
	version := b.s.origin.version
	if _, err := b.s.Answer([]byte(offerOf(ip, "image 4000 udptl t38"))); err == nil {
		t.Fatal("T.38 was taken")
	}
	if b.s.agreed != agreed || b.s.pending != nil || b.s.origin.version != version {
		t.Error("the refused offer left traces")
	}
	// The way back to audio still works.
	if d := b.agree(plainOffer()); d.Origin.SessionVersion != version {
		t.Errorf("version %d, want %d: nothing changed", d.Origin.SessionVersion, version)
	}
}

func TestSessionVersions(t *testing.T) {
	b := newBench(t, SessionConfig{})
	var id uint64
	check := func(what string, body []byte, err error, version uint64) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		d := read(t, body)
		if id == 0 {
			id = d.Origin.SessionID
		}
		if d.Origin.SessionID != id {
			t.Errorf("%s: session id %d, want %d", what, d.Origin.SessionID, id)
		}
		if d.Origin.SessionVersion != version {
			t.Errorf("%s: version %d, want %d", what, d.Origin.SessionVersion, version)
		}
		b.s.Commit()
	}
	answer := func(what, offer string, version uint64) {
		t.Helper()
		body, err := b.s.Answer([]byte(offer))
		check(what, body, err, version)
	}
	answer("first", plainOffer(), 1)
	answer("refresh", plainOffer(), 1)
	answer("hold", plainOffer("sendonly"), 2)
	answer("hold again", plainOffer("sendonly"), 2)
	answer("resume", plainOffer(), 3)
	answer("other codec", offerOf(ip, "audio 4000 RTP/AVP 8"), 4)
	offer, err := b.s.Offer()
	check("our offer", offer, err, 5)
	b.s.Rollback()
	offer, err = b.s.Offer()
	check("our offer, after a rollback", offer, err, 5)
	offer, err = b.s.Offer()
	check("our offer, repeated", offer, err, 5)
	if id == 0 || id >= 1<<63 {
		t.Errorf("session id %d", id)
	}
}

// An offer of ours within the dialog keeps the lines of the session, their
// order, and the payload types that are in use.
func TestReofferKeepsTheLayout(t *testing.T) {
	b := newBench(t, SessionConfig{})
	if _, err := b.s.Answer([]byte(offerOf(ip, "video 5000 RTP/AVP 96") +
		"m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\na=sendonly\r\n")); err != nil {
		t.Fatal(err)
	}
	b.s.Commit()
	offer, err := b.s.Offer()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"m=video 0 RTP/AVP 96", "m=audio PORT RTP/AVP 0 8 97", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
		"a=rtpmap:97 telephone-event/8000", "a=fmtp:97 0-15", "a=ptime:20", "a=rtcp-mux", "a=sendrecv"}
	if diff := cmp.Diff(want, lines(read(t, offer))); diff != "" {
		t.Errorf("offer (-want +got):\n%s", diff)
	}
	if err := b.s.Accept([]byte(offerOf(ip, "video 0 RTP/AVP 96") + "m=audio 4000 RTP/AVP 8\r\na=sendonly\r\n")); err != nil {
		t.Fatal(err)
	}
	b.s.Commit()
	if !b.s.RemoteHold() || b.s.Codec() != "pcma" || b.s.agreed.line != 1 {
		t.Errorf("hold %v, codec %s, line %d", b.s.RemoteHold(), b.s.Codec(), b.s.agreed.line)
	}
}

// An answer to our line is at its place; what the peer says on another is none.
func TestAnswerOnAnotherLine(t *testing.T) {
	const audio, off, video = "audio 4000 RTP/AVP 0", "audio 0 RTP/AVP 0", "video 5000 RTP/AVP 96"
	for _, tt := range []struct {
		name, offer, first, second string
		ok                         bool
	}{
		{"a second one", "", audio, audio, true},
		{"ours is refused", "", off, audio, false},
		{"other media", "", video, audio, false},
		{"the second is ours", video, "video 0 RTP/AVP 96", audio, true},
		{"the second is ours and refused", video, audio, off, false},
		{"the second is ours and missing", video, audio, "", false},
	} {
		b := newBench(t, SessionConfig{})
		if tt.offer != "" {
			b.agree(offerOf(ip, tt.offer) + "m=" + audio + "\r\n")
		}
		if _, err := b.s.Offer(); err != nil {
			t.Fatal(err)
		}
		answer := offerOf(ip, tt.first)
		if tt.second != "" {
			answer += "m=" + tt.second + "\r\n"
		}
		if err := b.s.Accept([]byte(answer)); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A second audio line that appears first does not take the call over.
func TestEstablishedLineStays(t *testing.T) {
	b := newBench(t, SessionConfig{})
	two := offerOf(ip, "audio 4000 RTP/AVP 9") + "m=audio 4002 RTP/AVP 0\r\n"
	b.agree(two)
	b.agree(offerOf(ip, "audio 4000 RTP/AVP 0") + "m=audio 4002 RTP/AVP 0\r\n")
	if b.s.agreed.line != 1 || b.s.agreed.remote.Port() != 4002 {
		t.Errorf("line %d, %v", b.s.agreed.line, b.s.agreed.remote)
	}
}
