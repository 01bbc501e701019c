package media

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"warmline/media/srtp"
)

// cryptoOf is a new key and its a=crypto without "a=".
func cryptoOf(t testing.TB, tag int, suite string) (srtp.Key, string) {
	t.Helper()
	s, ok := srtp.SuiteNamed(suite)
	if !ok {
		t.Fatalf("no suite %s", suite)
	}
	k := srtp.NewKey(s)
	return k, "crypto:" + k.Crypto(tag)
}

const (
	cm80  = "AES_CM_128_HMAC_SHA1_80"
	cm32  = "AES_CM_128_HMAC_SHA1_32"
	gcm   = "AEAD_AES_256_GCM"
	avp   = "audio 4000 RTP/AVP 0"
	avpf  = "audio 4000 RTP/AVPF 0"
	savp  = "audio 4000 RTP/SAVP 0"
	savpf = "audio 4000 RTP/SAVPF 0"
)

// ourLine is the m= line of a description of ours without port and formats, and
// its a=crypto lines, parsed.
func ourLine(t testing.TB, body []byte) (proto string, lines []cryptoLine) {
	t.Helper()
	d := read(t, body)
	return strings.Join(d.MediaDescriptions[0].MediaName.Protos, "/"), readCrypto(d.MediaDescriptions[0])
}

// What each policy makes of each kind of offer, and of each kind of answer to
// an offer of ours.
func TestPolicies(t *testing.T) {
	const refused = "488"
	_, usable := cryptoOf(t, 1, cm80)
	const useless = "crypto:1 F8_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm"
	tests := []struct {
		m, attribute string
		want         [3]string // by policy: the protocol of our answer, + for SRTP
		answer       [3]string // the same for an answer: secure, plain or refused
	}{
		{avp, "x", [3]string{"RTP/AVP", "RTP/AVP", refused}, [3]string{"plain", "plain", refused}},
		{avp, usable, [3]string{"RTP/AVP", "RTP/AVP+", "RTP/AVP+"}, [3]string{"plain", "secure", "secure"}},
		{avp, useless, [3]string{"RTP/AVP", "RTP/AVP", refused}, [3]string{"plain", "plain", refused}},
		{avpf, usable, [3]string{"RTP/AVPF", "RTP/AVPF+", "RTP/AVPF+"}, [3]string{"plain", "secure", "secure"}},
		{savp, "x", [3]string{refused, refused, refused}, [3]string{refused, refused, refused}},
		{savp, usable, [3]string{refused, "RTP/SAVP+", "RTP/SAVP+"}, [3]string{refused, "secure", "secure"}},
		{savp, useless, [3]string{refused, refused, refused}, [3]string{refused, refused, refused}},
		{savpf, usable, [3]string{refused, "RTP/SAVPF+", "RTP/SAVPF+"}, [3]string{refused, "secure", "secure"}},
		{"audio 4000 UDP/TLS/RTP/SAVPF 0", usable, [3]string{refused, refused, refused}, [3]string{refused, refused, refused}},
	}
	for _, tt := range tests {
		for policy := range SRTPPolicy(3) {
			t.Run(fmt.Sprintf("%s %.20s %v", tt.m, tt.attribute, policy), func(t *testing.T) {
				b := newBench(t, SessionConfig{SRTP: policy})
				body, err := b.s.Answer([]byte(offerOf(ip, tt.m, tt.attribute)))
				got := statusOf(t, err)
				if err == nil {
					proto, lines := ourLine(t, body)
					if got = proto; len(lines) == 1 {
						got += "+"
					}
					if b.s.Commit(); b.s.Secure() != (len(lines) == 1) || b.s.Secure() != (b.s.SRTP() == cm80) {
						t.Errorf("secure %v, suite %q", b.s.Secure(), b.s.SRTP())
					}
				}
				if got != tt.want[policy] {
					t.Errorf("answered %s, want %s", got, tt.want[policy])
				}

				b = newBench(t, SessionConfig{SRTP: policy})
				if _, err := b.s.Offer(); err != nil {
					t.Fatal(err)
				}
				err = b.s.Accept([]byte(offerOf(ip, tt.m, tt.attribute)))
				got = statusOf(t, err)
				if b.s.Commit(); err == nil {
					got = map[bool]string{true: "secure", false: "plain"}[b.s.Secure()]
				}
				if got != tt.answer[policy] {
					t.Errorf("took the answer as %s, want %s", got, tt.answer[policy])
				}
				if a := b.s.agreed; a != nil && ((a.seal == nil) != (a.open == nil) || (a.seal != nil) != b.s.Secure()) {
					t.Errorf("seal %v, open %v", a.seal, a.open)
				}
			})
		}
	}
}

// statusOf is the status of a refusal, "" without.
func statusOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	bad, ok := errors.AsType[*NegotiationError](err)
	if !ok || strings.Contains(bad.Reason, "inline") {
		t.Fatalf("refused with %v", err)
	}
	return fmt.Sprint(bad.Status)
}

// What we offer by each policy.
func TestOffersOfPolicies(t *testing.T) {
	for policy, want := range map[SRTPPolicy]string{SRTPOff: "RTP/AVP", SRTPOptional: "RTP/AVP", SRTPRequired: "RTP/SAVP"} {
		b := newBench(t, SessionConfig{SRTP: policy})
		offer, err := b.s.Offer()
		if err != nil {
			t.Fatal(err)
		}
		proto, lines := ourLine(t, offer)
		if proto != want {
			t.Errorf("%v: %s, want %s", policy, proto, want)
		}
		if policy == SRTPOff {
			if len(lines) != 0 {
				t.Errorf("keys offered: %v", len(lines))
			}
			continue
		}
		if len(lines) != len(offeredSuites) {
			t.Fatalf("%v: %d keys offered", policy, len(lines))
		}
		for i, l := range lines {
			if l.tag != i+1 || l.key.Suite() != offeredSuites[i] {
				t.Errorf("%v: line %d is %d %s", policy, i, l.tag, l.key)
			}
		}
		again, _ := b.s.Offer()
		if string(again) != string(offer) {
			t.Errorf("%v: the same offer again is another:\n%s\n%s", policy, offer, again)
		}
	}
}

// The answer repeats the tag of the line chosen: the peer's first that we can
// use.
func TestAnswerChoosesALine(t *testing.T) {
	_, a := cryptoOf(t, 7, cm32)
	_, c := cryptoOf(t, 9, gcm)
	b := newBench(t, SessionConfig{SRTP: SRTPRequired})
	answer, err := b.s.Answer([]byte(offerOf(ip, savp, "crypto:3 NEW_SUITE inline:abcd", "crypto:", "crypto:x", a, c)))
	if err != nil {
		t.Fatal(err)
	}
	if _, lines := ourLine(t, answer); len(lines) != 1 || lines[0].tag != 7 || lines[0].key.Suite().String() != cm32 {
		t.Errorf("%+v", lines)
	}
	b.s.Commit()
	// A suite we would not have offered stays in our own offers, first.
	offer, _ := b.s.Offer()
	if _, lines := ourLine(t, offer); len(lines) != len(offeredSuites)+1 || lines[0].key.Suite().String() != cm32 || lines[0].key != b.s.agreed.secured.ours {
		t.Errorf("%+v", lines)
	}
}

// An answer with a suite that was not offered, or with a wrong tag.
func TestOddAnswers(t *testing.T) {
	_, other := cryptoOf(t, 1, cm32)
	_, wrongTag := cryptoOf(t, 99, gcm)
	b := newBench(t, SessionConfig{SRTP: SRTPOptional})
	b.s.Offer()
	if err := b.s.Accept([]byte(offerOf(ip, avp, other))); err == nil {
		t.Error("a suite that was not offered was taken")
	}
	if err := b.s.Accept([]byte(offerOf(ip, avp, wrongTag))); err != nil {
		t.Error(err)
	}
	if b.s.Commit(); b.s.SRTP() != gcm {
		t.Errorf("suite %q", b.s.SRTP())
	}
}

// Two lines for the choice, whichever comes first: the encrypted one is taken
// where the policy allows.
func TestChoiceOfTwoLines(t *testing.T) {
	_, key := cryptoOf(t, 1, cm80)
	plain, secure := "m=audio 4000 RTP/AVP 0\r\n", "m=audio 4002 RTP/SAVP 0\r\na="+key+"\r\n"
	head := "v=0\r\nc=IN IP4 " + ip + "\r\n"
	for policy, want := range map[SRTPPolicy]uint16{SRTPOff: 4000, SRTPOptional: 4002, SRTPRequired: 4002} {
		for _, offer := range []string{head + plain + secure, head + secure + plain} {
			b := newBench(t, SessionConfig{SRTP: policy})
			b.agree(offer)
			if got := b.s.agreed.remote.Port(); got != want || b.s.Secure() != (want == 4002) {
				t.Errorf("%v: port %d, want %d:\n%s", policy, got, want, offer)
			}
		}
	}
}

// rekeying is a secure session that answered, with the peer's line.
func rekeying(t *testing.T) (b *bench, line string) {
	b = newBench(t, SessionConfig{SRTP: SRTPOptional})
	_, line = cryptoOf(t, 1, cm80)
	b.agree(offerOf(ip, savp, line))
	return b, line
}

// What keeps the transforms, whose counters must go on, and what makes new ones.
func TestRekeyingByThePeer(t *testing.T) {
	_, other := cryptoOf(t, 1, cm80)
	tests := []struct {
		name       string
		offer      func(line string) string
		seal, open bool // are new
		secure     bool
	}{
		{"nothing new", func(l string) string { return offerOf(ip, savp, l) }, false, false, true},
		{"hold", func(l string) string { return offerOf(ip, savp, l, "sendonly") }, false, false, true},
		{"hold by address", func(l string) string { return offerOf("0.0.0.0", savp, l) }, false, false, true},
		{"another tag", func(l string) string { return offerOf(ip, savp, strings.Replace(l, ":1 ", ":2 ", 1)) }, false, false, true},
		{"another key", func(string) string { return offerOf(ip, savp, other) }, true, true, true},
		{"another place, the same key", func(l string) string { return offerOf("198.51.100.8", savp, l) }, true, false, true},
		{"no key any more", func(string) string { return offerOf(ip, avp) }, true, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, line := rekeying(t)
			before := b.s.agreed
			answer, err := b.s.Answer([]byte(tt.offer(line)))
			if err != nil {
				t.Fatal(err)
			}
			if b.s.agreed != before || b.s.secured() != before.secured {
				t.Error("in force before Commit")
			}
			b.s.Commit()
			a := b.s.agreed
			if (a.seal != before.seal) != tt.seal || (a.open != before.open) != tt.open || b.s.Secure() != tt.secure {
				t.Errorf("new: seal %v, open %v; secure %v", a.seal != before.seal, a.open != before.open, b.s.Secure())
			}
			if (a.former == before.open) != tt.open {
				t.Error("what is under way with the old key cannot be opened, or is looked for in vain")
			}
			if _, lines := ourLine(t, answer); tt.secure && (lines[0].key != a.secured.ours || (lines[0].key != before.secured.ours) != tt.seal) {
				t.Error("the answer tells another key than is used")
			}
		})
	}
}

// A leg that goes on in the clear is logged, once; so is one whose peer answers
// without keys. One that was never encrypted is not.
func TestDowngradeIsLogged(t *testing.T) {
	for name, change := range map[string]func(b *bench){
		"an offer": func(b *bench) { b.agree(offerOf(ip, avp)) },
		"an answer": func(b *bench) {
			b.s.Offer()
			if err := b.s.Accept([]byte(offerOf(ip, avp))); err != nil {
				t.Fatal(err)
			}
			b.s.Commit()
		},
	} {
		var log strings.Builder
		b, line := rekeying(t)
		b.engine.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		b.agree(offerOf(ip, savp, line))
		if log.Len() > 0 {
			t.Errorf("%s: %s", name, &log)
		}
		for range 2 {
			change(b)
			if b.s.Secure() || b.s.SRTP() != "" {
				t.Errorf("%s: still encrypted", name)
			}
			b.agree(offerOf(ip, savp, line))
		}
		if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "suite="+cm80) || strings.Contains(text, "inline") {
			t.Errorf("%s: logged %q", name, text)
		}
	}
	var log strings.Builder
	b := newBench(t, SessionConfig{SRTP: SRTPOptional})
	b.engine.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	b.agree(offerOf(ip, avp))
	b.agree(offerOf(ip, avp))
	if log.Len() > 0 {
		t.Errorf("a plain call: %s", &log)
	}
}

// Back and forth: a rolled back key leaves the one in force, with its counters.
func TestRollbackOfKeys(t *testing.T) {
	b, line := rekeying(t)
	before := b.s.agreed
	if n := b.engine.Stats().Encrypted; n != 1 {
		t.Errorf("%d sessions are encrypted", n)
	}
	_, other := cryptoOf(t, 1, cm80)
	if _, err := b.s.Answer([]byte(offerOf(ip, savp, other))); err != nil {
		t.Fatal(err)
	}
	b.s.Rollback()
	b.s.Commit()
	if b.s.agreed != before {
		t.Error("a rolled back key is in force")
	}
	// Glare: our offer gives way to the peer's.
	if _, err := b.s.Offer(); err != nil {
		t.Fatal(err)
	}
	b.agree(offerOf(ip, savp, line))
	if a := b.s.agreed; a.seal != before.seal || a.open != before.open {
		t.Error("the transforms are others after a glare")
	}
	if err := b.s.Accept([]byte(offerOf(ip, savp, line))); err == nil {
		t.Error("an answer to the offer that gave way was taken")
	}
}

// Our own offers within the call keep our key; the peer's answer may bring a
// new one of its own.
func TestOurReofferKeepsOurKey(t *testing.T) {
	b, line := rekeying(t)
	before := b.s.agreed
	offer, _ := b.s.Offer()
	proto, lines := ourLine(t, offer)
	if proto != "RTP/SAVP" || lines[0].key != before.secured.ours {
		t.Errorf("%s, %+v", proto, lines)
	}
	if err := b.s.Accept([]byte(offerOf(ip, savp, line))); err != nil {
		t.Fatal(err)
	}
	if b.s.Commit(); b.s.agreed.seal != before.seal || b.s.agreed.open != before.open {
		t.Error("the transforms are others after a refresh")
	}
	again, _ := b.s.Offer()
	if string(again) != string(offer) {
		t.Errorf("the next refresh differs:\n%s\n%s", offer, again)
	}
	_, other := cryptoOf(t, 1, cm80)
	if err := b.s.Accept([]byte(offerOf(ip, savp, other))); err != nil {
		t.Fatal(err)
	}
	if b.s.Commit(); b.s.agreed.seal != before.seal || b.s.agreed.open == before.open || b.s.agreed.former != before.open {
		t.Error("a new key of the peer's alone must leave ours")
	}
}

// An offer the peer asked for may be answered by another device: new keys, and
// the old one again if nothing comes of it.
func TestNewKeys(t *testing.T) {
	b, line := rekeying(t)
	before := b.s.agreed
	b.s.NewKeys()
	offer, _ := b.s.Offer()
	_, lines := ourLine(t, offer)
	if lines[0].key == before.secured.ours {
		t.Error("the key is the old one")
	}
	b.s.Rollback()
	offer, _ = b.s.Offer()
	if _, lines := ourLine(t, offer); lines[0].key != before.secured.ours {
		t.Error("the key in force is not offered after the rollback")
	}
	b.s.NewKeys()
	offer, _ = b.s.Offer()
	_, lines = ourLine(t, offer)
	if err := b.s.Accept([]byte(offerOf(ip, savp, line))); err != nil {
		t.Fatal(err)
	}
	if b.s.Commit(); b.s.agreed.seal == before.seal || b.s.agreed.open != before.open || b.s.agreed.secured.ours != lines[0].key {
		t.Error("our new key and the peer's old one are not in force")
	}
}

// Forks answer one offer with keys of their own, some with another suite; early
// media and the final answer of one of them are one stream.
func TestForkedAnswers(t *testing.T) {
	b := newBench(t, SessionConfig{SRTP: SRTPOptional})
	b.s.Offer()
	_, one := cryptoOf(t, 1, cm80)
	_, two := cryptoOf(t, 2, gcm)
	var transforms []*agreement
	for _, line := range []string{one, two, one, one} {
		if err := b.s.Accept([]byte(offerOf(ip, avp, line))); err != nil {
			t.Fatal(err)
		}
		b.s.Commit()
		transforms = append(transforms, b.s.agreed)
	}
	first, second := transforms[0], transforms[1]
	if first.seal == second.seal || first.open == second.open {
		t.Error("two suites share a transform")
	}
	for _, a := range transforms[2:] {
		if a.seal != first.seal || a.open != first.open {
			t.Error("the same answer again has other transforms")
		}
	}
	// A key that some fork has heard of is not offered for anything else.
	used := second.secured.ours
	offer, _ := b.s.Offer()
	_, lines := ourLine(t, offer)
	for _, l := range lines {
		if l.key == used {
			t.Error("a key that was used is offered anew")
		}
	}
}

// A peer that changes its key again and again costs nothing.
func TestManyKeys(t *testing.T) {
	b, _ := rekeying(t)
	for range 50 {
		_, line := cryptoOf(t, 1, cm80)
		b.agree(offerOf(ip, savp, line))
	}
	if n := len(b.s.keys.recent); n > recentKeys {
		t.Errorf("%d keys are remembered", n)
	}
}

func TestPolicyWords(t *testing.T) {
	for _, word := range []string{"off", "optional", "required"} {
		if got := SRTPPolicyNamed(word).String(); got != word {
			t.Errorf("%s is %s", word, got)
		}
	}
	if SRTPPolicyNamed("") != SRTPOff || SRTPPolicyNamed("yes") != SRTPOff {
		t.Error("an unknown word is not off")
	}
}

// After the peer has told a new key, packets under the old one are still on
// their way: both are heard, and what is under neither is not.
func TestFormerKeyIsStillHeard(t *testing.T) {
	b := newBench(t, SessionConfig{SRTP: SRTPRequired})
	for _, suite := range []string{cm80, gcm} {
		seals := make([]*srtp.Sealer, 3) // before, after, and a stranger's
		for i := range seals {
			key, line := cryptoOf(t, 1, suite)
			seals[i], _ = srtp.NewSealer(key)
			if i < 2 {
				b.agree(offerOf(ip, savp, line))
			}
		}
		for i, want := range []uint64{1, 1, 0} {
			p := make([]byte, rtpHeaderSize, 400)
			putRTP(p, rtpHeader{seq: b.stream.seq, ts: b.stream.ts, ssrc: b.stream.ssrc})
			p = append(p, level(500, 160)...)
			n, err := seals[i].RTP(p[:cap(p)], len(p))
			if err != nil {
				t.Fatal(err)
			}
			b.stream.seq++
			b.stream.ts += 160
			before := b.s.Stats()
			b.peer.TryWrite(p[:n], b.rtpAddr())
			b.tick()
			after := b.s.Stats()
			if got := after.PacketsIn - before.PacketsIn; got != want || after.Discarded-before.Discarded != 1-want {
				t.Errorf("%s, key %d: %d packets taken, want %d", suite, i, got, want)
			}
		}
	}
}
