package media

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"warmline/media/jitter"
)

// wide is a session that may use all codecs, in the field's order for quality.
func wide(t testing.TB) *bench {
	return newBench(t, SessionConfig{Codecs: []string{"opus", "g722", "pcmu", "pcma"}})
}

// audioLines are the m=audio line of a description and the attributes that say
// what its payload types are.
func audioLines(body []byte) (list []string) {
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "m="):
			list = append(list, strings.Join(append(strings.Fields(line)[:1], strings.Fields(line)[3:]...), " "))
		case strings.HasPrefix(line, "a=rtpmap:"), strings.HasPrefix(line, "a=fmtp:"):
			list = append(list, line[2:])
		}
	}
	return list
}

const ourOpus = "fmtp:%d minptime=10;useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000;maxaveragebitrate=64000"

func TestCodecNames(t *testing.T) {
	for _, c := range codecs {
		if codecNamed(c.name) != c || c.kind.codec() != c || c.kind.clock() != c.clock || kindOf(strings.ToLower(c.encoding), c.clock, c.channels) != c.kind {
			t.Errorf("%s is not found by its name, kind and a=rtpmap", c.name)
		}
		if codecNamed(strings.ToUpper(c.name)) != nil {
			t.Errorf("%s in capitals is a name", c.name)
		}
	}
	if got := codecsNamed([]string{"opus", "", "speex", "pcma"}); len(got) != 2 || got[0] != codecOpus || got[1] != pcma {
		t.Errorf("%v", got)
	}
}

func TestKindOf(t *testing.T) {
	tests := []struct {
		rtpmap string
		want   kind
	}{
		{"PCMU/8000", kindPCMU}, {"pcma/8000/1", kindPCMA}, {"PCMU/16000", kindUnknown}, {"PCMU/8000/2", kindUnknown},
		{"G722/8000", kindG722}, {"G722/16000", kindG722}, {"g722/8000/1", kindG722}, {"G722/48000", kindUnknown},
		{"opus/48000/2", kindOpus}, {"OPUS/48000", kindOpus}, {"opus/48000/1", kindOpus}, {"opus/16000", kindUnknown},
		{"telephone-event/8000", kindEvent}, {"telephone-event/48000", kindEventWide}, {"telephone-event/16000", kindUnknown},
		{"CN/8000", kindUnknown}, {"PCMU", kindUnknown}, {"PCMU/", kindUnknown}, {"/8000", kindUnknown}, {"PCMU/8000/", kindPCMU},
	}
	for _, tt := range tests {
		list := []format{{payloadType: 96}}
		if applyMap(list, "96 "+tt.rtpmap); list[0].kind != tt.want {
			t.Errorf("%s is %d, want %d", tt.rtpmap, list[0].kind, tt.want)
		}
	}
}

func TestOfferOfAllCodecs(t *testing.T) {
	b := wide(t)
	offer, err := b.s.Offer()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"m=audio 111 9 0 8 110 101",
		"rtpmap:111 opus/48000/2", fmt.Sprintf(ourOpus, 111),
		"rtpmap:9 G722/8000", "rtpmap:0 PCMU/8000", "rtpmap:8 PCMA/8000",
		"rtpmap:110 telephone-event/48000", "fmtp:110 0-15", "rtpmap:101 telephone-event/8000", "fmtp:101 0-15"}
	if diff := cmp.Diff(want, audioLines(offer)); diff != "" {
		t.Errorf("offer (-want +got):\n%s", diff)
	}
}

func TestAnswerAmongCodecs(t *testing.T) {
	const all = "audio 4000 RTP/AVP 0 8 9 96 97 98"
	maps := []string{"rtpmap:96 opus/48000/2", "fmtp:96 useinbandfec=1;maxaveragebitrate=20000",
		"rtpmap:97 telephone-event/48000", "rtpmap:98 telephone-event/8000"}
	tests := []struct {
		name   string
		codecs []string
		offer  string
		want   []string
		clock  int // of events
	}{
		{"our first", []string{"opus", "pcmu"}, offerOf(ip, all, maps...), []string{
			"m=audio 96 97", "rtpmap:96 opus/48000/2", fmt.Sprintf(ourOpus, 96), "rtpmap:97 telephone-event/48000", "fmtp:97 0-15"}, 48000},
		{"our first, another", []string{"g722", "opus", "pcmu"}, offerOf(ip, all, maps...), []string{
			"m=audio 9 98", "rtpmap:9 G722/8000", "rtpmap:98 telephone-event/8000", "fmtp:98 0-15"}, 8000},
		{"the leg's list alone", []string{"pcma"}, offerOf(ip, all, maps...), []string{
			"m=audio 8 98", "rtpmap:8 PCMA/8000", "rtpmap:98 telephone-event/8000", "fmtp:98 0-15"}, 8000},
		{"the engine's list", nil, offerOf(ip, all, maps...), []string{
			"m=audio 0 98", "rtpmap:0 PCMU/8000", "rtpmap:98 telephone-event/8000", "fmtp:98 0-15"}, 8000},
		{"Opus with events of the other clock only", []string{"opus"}, offerOf(ip, "audio 4000 RTP/AVP 111 101",
			"rtpmap:111 opus/48000", "rtpmap:101 telephone-event/8000"), []string{
			"m=audio 111 101", "rtpmap:111 opus/48000/2", fmt.Sprintf(ourOpus, 111), "rtpmap:101 telephone-event/8000", "fmtp:101 0-15"}, 8000},
		{"G.722 without rtpmap, events of the other clock only", []string{"g722"}, offerOf(ip, "audio 4000 RTP/AVP 9 101",
			"rtpmap:101 telephone-event/48000"), []string{"m=audio 9", "rtpmap:9 G722/8000"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, SessionConfig{Codecs: tt.codecs})
			answer, err := b.s.Answer([]byte(tt.offer))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, audioLines(answer)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if b.s.Commit(); b.s.agreed.eventClock != tt.clock {
				t.Errorf("events at %d, want %d", b.s.agreed.eventClock, tt.clock)
			}
		})
	}
}

// The peer's numbers when sending, ours when receiving, for each of the codecs
// agreed on: any may come at any time.
func TestNumbersOfBothSides(t *testing.T) {
	b := wide(t)
	b.s.Offer()
	answer := offerOf(ip, "audio 4000 RTP/AVP 96 9 0 100 111", "rtpmap:96 opus/48000/2", "rtpmap:100 telephone-event/48000",
		"rtpmap:111 telephone-event/8000", "fmtp:96 usedtx=1;stereo=1")
	if err := b.s.Accept([]byte(answer)); err != nil {
		t.Fatal(err)
	}
	b.s.Commit()
	a := b.s.agreed
	if a.codec != codecOpus || a.audioType != 96 || a.eventType != 100 || a.eventClock != 48000 || a.packetTime != 20 {
		t.Errorf("%+v", a)
	}
	if want := (opusWish{dtx: true, stereo: true}); a.opus != want {
		t.Errorf("wishes %+v, want %+v", a.opus, want)
	}
	// 111 is our number for Opus, whatever the peer uses it for when receiving.
	for pt, want := range map[uint8]kind{
		111: kindOpus, 96: kindOpus, 9: kindG722, 0: kindPCMU, 8: kindUnknown, 110: kindEventWide, 100: kindEventWide, 101: kindEvent,
	} {
		if a.in[pt] != want {
			t.Errorf("type %d is %d, want %d", pt, a.in[pt], want)
		}
	}
}

// Our answer allows one codec: only for that there is a decoder, whatever the peer
// lists. G.711 needs none. A re-INVITE that changes the codec leaves the decoder
// of the one before for what is under way, the next one does not.
func TestG711PaysForNothing(t *testing.T) {
	const all, narrow = "audio 4000 RTP/AVP 111 9 0 8", "audio 4000 RTP/AVP 0"
	b := newBench(t, SessionConfig{Codecs: []string{"pcmu", "opus", "g722", "pcma"}})
	tests := []struct {
		name, offer string
		codec       string
		plays       []kind
		wide        bool
	}{
		{"all", all, "pcmu", []kind{kindPCMU, kindPCMA}, false},
		{"G.711", narrow, "pcmu", []kind{kindPCMU}, false},
		{"wideband", "audio 4000 RTP/AVP 9 111", "opus", []kind{kindOpus}, true},
		{"the same", "audio 4000 RTP/AVP 9 111", "opus", []kind{kindOpus}, true},
		{"back", all, "pcmu", []kind{kindPCMU, kindPCMA, kindOpus}, true},
		{"back again", all, "pcmu", []kind{kindPCMU, kindPCMA}, true},
	}
	var before [kinds]*jitter.Format
	for _, tt := range tests {
		b.agree(offerOf(ip, tt.offer, "rtpmap:111 opus/48000/2"))
		a := b.s.agreed
		for k := range kind(kinds) {
			if got := a.playable[k] != nil; got != slices.Contains(tt.plays, k) {
				t.Errorf("%s: kind %d is played: %v", tt.name, k, got)
			}
			if a.playable[k] != nil && before[k] != nil && a.playable[k] != before[k] {
				t.Errorf("%s: kind %d has another decoder", tt.name, k)
			}
		}
		if before = a.playable; b.s.Codec() != tt.codec || b.engine.wide != tt.wide {
			t.Errorf("%s: %s, wide %v", tt.name, b.s.Codec(), b.engine.wide)
		}
	}
	// An answer to us says itself what may come.
	for answer, want := range map[string]bool{narrow: false, "audio 4000 RTP/AVP 0 111": true} {
		b := newBench(t, SessionConfig{Codecs: []string{"pcmu", "opus"}})
		b.s.Offer()
		if err := b.s.Accept([]byte(offerOf(ip, answer, "rtpmap:111 opus/48000/2"))); err != nil {
			t.Fatal(err)
		}
		if b.s.Commit(); (b.s.agreed.playable[kindOpus] != nil) != want || b.engine.wide != want {
			t.Errorf("%s: a decoder of Opus: %v, wide %v", answer, !want, b.engine.wide)
		}
	}
}

// What the peer numbered keeps its number in our own offers; our other numbers
// give way.
func TestReofferKeepsTheNumbers(t *testing.T) {
	b := newBench(t, SessionConfig{Codecs: []string{"g722", "opus"}})
	b.agree(offerOf(ip, "audio 4000 RTP/AVP 9 101 111 96 110", "rtpmap:101 opus/48000/2", "rtpmap:111 speex/16000",
		"rtpmap:96 telephone-event/8000", "rtpmap:110 telephone-event/48000"))
	offer, err := b.s.Offer()
	if err != nil {
		t.Fatal(err)
	}
	if got := audioLines(offer)[0]; got != "m=audio 9 101 96 110" {
		t.Error(got)
	}

	b = newBench(t, SessionConfig{Codecs: []string{"pcmu", "opus"}})
	b.agree(offerOf(ip, "audio 4000 RTP/AVP 0 111 101", "rtpmap:111 speex/16000", "rtpmap:101 iLBC/8000"))
	if offer, err = b.s.Offer(); err != nil {
		t.Fatal(err)
	}
	if got := audioLines(offer)[0]; got != "m=audio 0 96 97 110" {
		t.Error(got)
	}
}

// All numbers taken: nothing breaks.
func TestNumbersAllTaken(t *testing.T) {
	var list []format
	for pt := range uint8(128) {
		list = append(list, format{payloadType: pt})
	}
	if got := defaultNumbers.after(list); got != defaultNumbers {
		t.Errorf("%v", got)
	}
}

func TestParseOpus(t *testing.T) {
	tests := []struct {
		fmtp string
		want opusWish
	}{
		{"", opusWish{}},
		{"minptime=10;useinbandfec=1", opusWish{fec: true}},
		{" UseInbandFEC = 1 ; usedtx=1; cbr=1;stereo=1", opusWish{fec: true, dtx: true, cbr: true, stereo: true}},
		{"useinbandfec=0;usedtx=yes;cbr=;stereo", opusWish{}},
		{"maxaveragebitrate=32000; maxplaybackrate=16000", opusWish{bitrate: 32000, playback: 16000}},
		{"maxaveragebitrate=1;maxplaybackrate=1", opusWish{bitrate: 6000, playback: 8000}},
		{"maxaveragebitrate=999999999;maxplaybackrate=96000", opusWish{bitrate: 510000, playback: 48000}},
		{"maxaveragebitrate=99999999999999999999;maxplaybackrate=-5", opusWish{}},
		{"maxaveragebitrate=0;maxplaybackrate=1e4;;=;=1", opusWish{}},
	}
	for _, tt := range tests {
		if got := parseOpus(tt.fmtp); got != tt.want {
			t.Errorf("%q: %+v, want %+v", tt.fmtp, got, tt.want)
		}
	}
}

// Opus keeps to 20 ms; G.722 follows the peer, at its own rate.
func TestPacketTimesOfCodecs(t *testing.T) {
	for codec, want := range map[string]int{"opus": 20, "g722": 60, "pcma": 60} {
		b := newBench(t, SessionConfig{Codecs: []string{codec}})
		b.agree(offerOf(ip, "audio 4000 RTP/AVP 8 9 111", "rtpmap:111 opus/48000/2", "ptime:60"))
		if a := b.s.agreed; a.packetTime != want {
			t.Errorf("%s: %d ms, want %d", codec, a.packetTime, want)
		}
	}
}

// A peer that takes no packets of 20 ms gets none: then Opus is none of the codecs
// in common.
func TestOpusIsTooLong(t *testing.T) {
	for _, tt := range []struct {
		attribute string
		formats   string
		codec     string // "": refused
	}{
		{"maxptime:20", "111 0", "opus"}, {"ptime:10", "111 0", "opus"}, {"maxptime:0", "111 0", "opus"}, {"maxptime:x", "111", "opus"},
		{"maxptime:10", "111 0", "pcmu"}, {"maxptime:19", "111 9", "g722"}, {"maxptime:10", "111", ""},
	} {
		offer := offerOf(ip, "audio 4000 RTP/AVP "+tt.formats, "rtpmap:111 opus/48000/2", tt.attribute)
		b := wide(t)
		_, err := b.s.Answer([]byte(offer))
		b.s.Commit()
		if refused := statusOf(t, err) == "488"; b.s.Codec() != tt.codec || refused != (tt.codec == "") {
			t.Errorf("%s, %s: %q, %v", tt.attribute, tt.formats, b.s.Codec(), err)
		}
		b = wide(t)
		b.s.Offer()
		err = b.s.Accept([]byte(offer))
		b.s.Commit()
		if b.s.Codec() != tt.codec || (err != nil) != (tt.codec == "") {
			t.Errorf("%s, %s in an answer: %q, %v", tt.attribute, tt.formats, b.s.Codec(), err)
		}
	}
}
