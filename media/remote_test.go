package media

import (
	"errors"
	"strings"
	"testing"
)

func TestRefusedOffers(t *testing.T) {
	tests := []struct {
		name   string
		offer  string
		status int
		reason string
	}{
		{"empty", "", 400, "empty"},
		{"not SDP", "hello", 400, "not a session description"},
		{"other version", "v=1\r\n", 400, "v=0"},
		{"NUL inside", "v=0\r\ns=\x00\r\n", 400, "not a session description"},
		{"bad port", offerOf(ip, "audio x RTP/AVP 0"), 400, "bad port"},
		{"port out of range", offerOf(ip, "audio 70000 RTP/AVP 0"), 400, "bad port"},
		{"m= line cut off", offerOf(ip, "audio 4000"), 400, "incomplete m="},
		{"no c= at all", "v=0\r\nm=audio 4000 RTP/AVP 0\r\n", 400, "no c="},
		{"no media", "v=0\r\ns=-\r\nt=0 0\r\n", 488, "no audio"},
		{"T.38 only", offerOf(ip, "image 4000 udptl t38"), 488, "no audio"},
		{"video only", offerOf(ip, "video 4000 RTP/AVP 96"), 488, "no audio"},
		{"SRTP only", offerOf(ip, "audio 4000 RTP/SAVP 0"), 488, "RTP/AVP"},
		{"no codec in common", offerOf(ip, "audio 4000 RTP/AVP 18 9 101", "rtpmap:101 telephone-event/8000"), 488, "codec"},
		{"a G.711 of another clock", offerOf(ip, "audio 4000 RTP/AVP 96", "rtpmap:96 PCMU/16000"), 488, "codec"},
		{"switched off", offerOf(ip, "audio 0 RTP/AVP 0"), 488, "switched off"},
		{"hostname", offerOf("media.example.com", "audio 4000 RTP/AVP 0"), 488, `"media.example.com", not an IP`},
		{"multicast", offerOf("239.1.2.3", "audio 4000 RTP/AVP 0"), 488, "unicast"},
		{"broadcast", offerOf("255.255.255.255", "audio 4000 RTP/AVP 0"), 488, "unicast"},
		{"the other IP version", "v=0\r\nc=IN IP6 2001:db8::1\r\nm=audio 4000 RTP/AVP 0\r\n", 488, "IP version"},
		{"too many media", offerOf(ip, "audio 4000 RTP/AVP 0") + strings.Repeat("m=video 0 RTP/AVP 9\r\n", maxMediaLines), 488, "too many"},
		{"too long", offerOf(ip, "audio 4000 RTP/AVP 0") + strings.Repeat("a=x\r\n", maxDescription/5), 488, "too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			_, err := b.s.Answer([]byte(tt.offer))
			bad, ok := errors.AsType[*NegotiationError](err)
			if !ok || bad.Status != tt.status || !strings.Contains(bad.Reason, tt.reason) {
				t.Errorf("got %v (%+v), want %d with %q", err, bad, tt.status, tt.reason)
			}
			b.s.Commit()
			if b.s.Agreed() {
				t.Error("agreed all the same")
			}
		})
	}
}

// What peers write is not always what the grammar says.
func TestLenientParsing(t *testing.T) {
	const want = "198.51.100.7:4000"
	tests := []struct{ name, offer string }{
		{"bare LF, no end of line", "v=0\no=x 1 1 IN IP4 1.1.1.1\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\nm=audio 4000 RTP/AVP 0"},
		{"lines out of order", "v=0\r\ns=-\r\na=sendrecv\r\nt=0 0\r\nc=IN IP4 198.51.100.7\r\no=x 1 1 IN IP4 1.1.1.1\r\nm=audio 4000 RTP/AVP 0\r\n"},
		{"no o=, s= and t=", "v=0\r\nc=IN IP4 198.51.100.7\r\nm=audio 4000 RTP/AVP 0\r\n"},
		{"odd session id and bandwidth", "v=0\r\no=- abc 18446744073709551999 IN IP4 x\r\ns=\r\nb=XX:1.5\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nb=AS:64.5\r\n"},
		{"bad URI and key", "v=0\r\nu=%zz\r\nk=\r\nc=IN IP4 198.51.100.7\r\nm=audio 4000 RTP/AVP 0\r\n"},
		{"c= in the medium overrides", "v=0\r\nc=IN IP4 192.0.2.99\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.7\r\n"},
		{"hostname for the session, address for the medium", "v=0\r\nc=IN IP4 pbx.example\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.7\r\n"},
		{"trailing blanks and empty lines", "v=0\r\n\r\n \t\r\nc=IN IP4 198.51.100.7 \r\nm=audio 4000 RTP/AVP 0 \r\n\r\n"},
		{"port count", "v=0\r\nc=IN IP4 198.51.100.7\r\nm=audio 4000/1 RTP/AVP 0\r\n"},
		{"junk formats", "v=0\r\nc=IN IP4 198.51.100.7\r\nm=audio 4000 RTP/AVP 300 x 0 -1\r\na=rtpmap:\r\na=rtpmap:0\r\na=rtpmap:x y/z\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			b.agree(tt.offer)
			if got := b.s.agreed.remote.String(); got != want {
				t.Errorf("remote %s, want %s", got, want)
			}
		})
	}
}

func TestIPv6(t *testing.T) {
	s := oneSession(t, Config{Network: newFakeNetwork(), Addr: mustAddr("2001:db8::1"), PortMin: 20000, PortMax: 20001})
	answer, err := s.Answer([]byte("v=0\r\nc=IN IP6 2001:db8::7\r\nm=audio 4000 RTP/AVP 0\r\na=rtcp:4009 IN IP6 2001:db8::8\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	d := read(t, answer)
	if d.ConnectionInformation.String() != "IN IP6 2001:db8::1" || d.Origin.AddressType != "IP6" {
		t.Errorf("our address: %v, %v", d.ConnectionInformation, d.Origin)
	}
	s.Commit()
	if s.agreed.remote.String() != "[2001:db8::7]:4000" || s.agreed.remoteRTCP.String() != "[2001:db8::8]:4009" {
		t.Errorf("remote %v, RTCP %v", s.agreed.remote, s.agreed.remoteRTCP)
	}
	if _, err := s.Answer([]byte(plainOffer())); err == nil {
		t.Error("an IPv4 address was taken")
	}
}

func TestHoldDirections(t *testing.T) {
	tests := []struct {
		name, offer, want string
		held, listens     bool
	}{
		{"sendrecv", plainOffer("sendrecv"), "sendrecv", false, true},
		{"none", plainOffer(), "sendrecv", false, true},
		{"sendonly", plainOffer("sendonly"), "recvonly", true, true},
		{"recvonly", plainOffer("recvonly"), "sendonly", false, false},
		{"inactive", plainOffer("inactive"), "inactive", true, false},
		{"upper case", plainOffer("SendOnly"), "recvonly", true, true},
		{"session level", strings.Replace(plainOffer(), "t=0 0\r\n", "t=0 0\r\na=sendonly\r\n", 1), "recvonly", true, true},
		{"medium before session", strings.Replace(plainOffer("sendrecv"), "t=0 0\r\n", "t=0 0\r\na=inactive\r\n", 1), "sendrecv", false, true},
		{"last line without an end", strings.TrimSpace(plainOffer("sendonly")), "recvonly", true, true},
		{"zero address", offerOf("0.0.0.0", "audio 4000 RTP/AVP 0"), "recvonly", true, true},
		{"zero address, inactive", offerOf("0.0.0.0", "audio 4000 RTP/AVP 0", "inactive"), "inactive", true, false},
		{"zero address, sendonly", offerOf("0.0.0.0", "audio 4000 RTP/AVP 0", "sendonly"), "recvonly", true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			d := b.agree(tt.offer)
			if got := directionOf(d); got != tt.want {
				t.Errorf("answered %s, want %s", got, tt.want)
			}
			if b.s.RemoteHold() != tt.held {
				t.Errorf("RemoteHold %v", b.s.RemoteHold())
			}
			if b.s.agreed.dir.recv != tt.listens {
				t.Errorf("listens %v", b.s.agreed.dir.recv)
			}
		})
	}
}

func TestRTCPAddress(t *testing.T) {
	tests := []struct{ attribute, want string }{
		{"x", "198.51.100.7:4001"},
		{"rtcp:4444", "198.51.100.7:4444"},
		{"rtcp:4444 IN IP4 198.51.100.8", "198.51.100.8:4444"},
		{"rtcp:4444 IN IP4 host.example", "198.51.100.7:4444"},
		{"rtcp:4444 IN IP6 ::1", "198.51.100.7:4444"},
		{"rtcp:4444 IN IP4 239.0.0.1", "198.51.100.7:4444"},
		{"rtcp:0", "198.51.100.7:4001"},
		{"rtcp:", "198.51.100.7:4001"},
		{"rtcp:99999", "198.51.100.7:4001"},
		{"rtcp-mux", "198.51.100.7:4000"},
	}
	for _, tt := range tests {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer(tt.attribute))
		if got := b.s.agreed.remoteRTCP.String(); got != tt.want {
			t.Errorf("a=%s: %s, want %s", tt.attribute, got, tt.want)
		}
	}
}

func TestPacketTimes(t *testing.T) {
	tests := []struct {
		attributes []string
		want       int // ms
	}{
		{nil, 20},
		{[]string{"ptime:10"}, 10},
		{[]string{"ptime:30"}, 30},
		{[]string{"ptime:40"}, 40},
		{[]string{"ptime:60"}, 60},
		{[]string{"ptime:200"}, 60},
		{[]string{"ptime:5"}, 10},
		{[]string{"ptime:25"}, 20},
		{[]string{"ptime:0"}, 20},
		{[]string{"ptime:-20"}, 20},
		{[]string{"ptime:x"}, 20},
		{[]string{"maxptime:10"}, 10},
		{[]string{"ptime:60", "maxptime:40"}, 40},
		{[]string{"maxptime:150"}, 20},
	}
	for _, tt := range tests {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer(tt.attributes...))
		if got := b.s.agreed.packetTime; got != tt.want {
			t.Errorf("%v: %d ms, want %d", tt.attributes, got, tt.want)
		}
	}
}

func TestPortNine(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(offerOf(ip, "audio 9 RTP/AVP 0"))
	b.tick()
	if remote := b.s.Stats().Remote; remote.IsValid() {
		t.Errorf("sends to %v", remote)
	}
	for range learnPackets {
		b.send(b.peer, 0, level(100, 160))
		b.tick()
	}
	if remote := b.s.Stats().Remote; remote != peerAddr {
		t.Errorf("sends to %v, want %v", remote, peerAddr)
	}
}
