package media

import (
	"errors"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
)

// seedDescriptions are descriptions as phones and carriers write them, and some
// nobody should.
var seedDescriptions = []string{
	plainOffer(),
	plainOffer("sendonly", "rtcp-mux", "ptime:30", "maxptime:60", "rtcp:4005 IN IP4 198.51.100.8"),
	offerOf("0.0.0.0", "audio 4000 RTP/AVP 0"),
	offerOf(ip, "audio 4000 RTP/AVP 111 0 110", "rtpmap:111 opus/48000/2", "rtpmap:110 telephone-event/48000"),
	offerOf(ip, "audio 4000 RTP/AVP 96 9 97", "rtpmap:96 opus/48000/2", "fmtp:96 useinbandfec=1; maxaveragebitrate=99999999", "rtpmap:97 telephone-event/8000"),
	offerOf(ip, "image 4000 udptl t38") + "m=audio 4002 RTP/AVPF 8\na=inactive",
	"v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio 9 RTP/SAVP 0\r\na=crypto:1 x inline:y\r\n",
	"v=0\nm=audio 4000 RTP/AVP 0\nc=IN IP4 1.2.3.4/127\na=\na=:\n",
	"v=0\nc=\nm=audio 1 1 1\n",
	"v=0\nc=IN IP4\nm=audio 1 RTP/AVP 0\n",
}

// checkDescription holds what is true of every description we send.
func checkDescription(t *testing.T, ours []byte, theirs *sdp.SessionDescription) {
	t.Helper()
	media, audio := 0, 0
	for line := range strings.Lines(string(ours)) {
		if !strings.HasSuffix(line, "\r\n") || len(line) < 4 || line[1] != '=' {
			t.Fatalf("line %q in\n%s", line, ours)
		}
		if !strings.HasPrefix(line, "m=") {
			continue
		}
		media++
		if fields := strings.Fields(line); fields[1] != "0" {
			if audio++; fields[0] != "m=audio" {
				t.Errorf("%q accepted", line)
			}
		}
	}
	if audio != 1 || media != len(theirs.MediaDescriptions) {
		t.Errorf("%d media, %d accepted, answering %d:\n%s", media, audio, len(theirs.MediaDescriptions), ours)
	}
}

// fuzzBench is a session that takes all there is.
func fuzzBench(f *testing.F) *bench {
	for _, m := range []string{savp, avp} {
		_, line := cryptoOf(f, 1, cm80)
		f.Add([]byte(offerOf(ip, m, line, "rtcp-mux", "rtcp-xr:voip-metrics")))
	}
	return newBench(f, SessionConfig{Codecs: []string{"opus", "g722", "pcmu", "pcma"}, SRTP: SRTPOptional})
}

// FuzzOffer: no offer panics; each is refused with a status, or answered by a
// description that fits it.
func FuzzOffer(f *testing.F) {
	for _, d := range seedDescriptions {
		f.Add([]byte(d))
	}
	b := fuzzBench(f)
	f.Fuzz(func(t *testing.T, offer []byte) {
		answer, err := b.s.Answer(offer)
		if err != nil {
			if bad, ok := errors.AsType[*NegotiationError](err); !ok || bad.Status != 400 && bad.Status != 488 || bad.Reason == "" {
				t.Errorf("refused with %#v", err)
			}
			return
		}
		theirs, _ := parseDescription(offer)
		checkDescription(t, answer, theirs)
		b.s.Commit()
		a := b.s.agreed
		if a.codec == nil || a.packetTime < 10 || a.packetTime > maxPacketTime || a.in[a.audioType] == kindUnknown || !a.remote.Addr().Is4() {
			t.Errorf("%+v", a)
		}
		if (a.seal == nil) != (a.open == nil) || (a.seal != nil) != strings.Contains(string(answer), "\r\na=crypto:") {
			t.Errorf("seal %v, open %v, answer\n%s", a.seal, a.open, answer)
		}
		b.tick()
		if _, err := b.s.Offer(); err != nil {
			t.Errorf("our next offer: %v", err)
		}
	})
}

// FuzzAnswer: the same for answers to our offer.
func FuzzAnswer(f *testing.F) {
	for _, d := range seedDescriptions {
		f.Add([]byte(d))
	}
	b := fuzzBench(f)
	f.Fuzz(func(t *testing.T, answer []byte) {
		if _, err := b.s.Offer(); err != nil {
			t.Fatal(err)
		}
		if err := b.s.Accept(answer); err != nil {
			if bad, ok := errors.AsType[*NegotiationError](err); !ok || bad.Status == 0 {
				t.Errorf("refused with %#v", err)
			}
			return
		}
		b.s.Commit()
		if a := b.s.agreed; a.codec == nil || len(a.layout) != 1 {
			t.Errorf("%+v", a)
		}
		b.tick()
	})
}
