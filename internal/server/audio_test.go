package server_test

import (
	"strings"
	"testing"
	"time"

	"warmline/internal/config"
	"warmline/internal/softphone"
	"warmline/media"
	"warmline/transfer"
)

// rawKey is the a=crypto of a peer that speaks SIP by hand.
const rawKey = "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5\r\n"

// secure makes a description of the peer's RTP/SAVP with a key.
func secure(sdp string) string { return strings.Replace(sdp, "RTP/AVP", "RTP/SAVP", 1) + rawKey }

// A trunk and an agent whose audio must be encrypted: what is offered to them,
// what they are refused, and that all others are none the wiser.
func TestEncryptionByPolicy(t *testing.T) {
	policy := func(cfg *config.Config) {
		cfg.Trunks[0].SRTP = "required"
		for i := range cfg.Agents {
			if cfg.Agents[i].ID == "eve" {
				cfg.Agents[i].SRTP = "optional"
			}
		}
	}
	play(t, options{change: policy}, func(st *stage) {
		r := st.newRaw("10.9.0.7")
		r.calls("101", r.sdp("sendrecv", "10.9.0.7"))
		r.gets("488")
		r.request("ACK", "", "")

		plain := r.sdp("sendrecv", "10.9.0.7")
		r.calls("7001", secure(plain))
		m := r.answered()
		r.request("ACK", "", "")
		if !strings.Contains(m.body, " RTP/SAVP 0") || strings.Count(m.body, "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:") != 1 {
			st.Errorf("answered with\n%s", m.body)
		}
		// A refresh changes nothing; an answer without a key is none.
		r.request("INVITE", "application/sdp", secure(plain))
		if again := r.answered(); again.body != m.body {
			st.Errorf("the refresh is answered with\n%s\nand not\n%s", again.body, m.body)
		}
		r.request("ACK", "", "")
		r.request("INVITE", "application/sdp", plain)
		r.gets("488")
		r.request("ACK", "", "")
		r.request("BYE", "", "")
		r.gets("200")

		phone := st.newRaw("10.0.1.4")
		phone.isPhoneOf("eve")
		st.alice.dials("1004")
		offer := phone.gets("INVITE")
		if !strings.Contains(offer.body, " RTP/AVP ") || !strings.Contains(offer.body, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:") {
			st.Errorf("the phone is offered\n%s", offer.body)
		}
		phone.takes(offer)
		time.Sleep(100 * time.Millisecond)
		phone.request("BYE", "", "")
		phone.gets("200")
	})
}

// Everybody's audio is encrypted, and everybody hears whom they should, also
// after holds and consults; phones and server offer in turn.
func TestEncryptedCall(t *testing.T) {
	all := func(cfg *config.Config) {
		cfg.Trunks[0].SRTP, cfg.Trunks[0].SignalHold = "required", true
		for i := range cfg.Agents {
			cfg.Agents[i].SRTP = "required"
		}
	}
	play(t, options{change: all, phones: softphone.Config{SRTP: media.SRTPRequired}}, func(st *stage) {
		st.serve()
		st.hears(st.carla, "A", st.alice, "C")
		st.metric(`warmline_media_encrypted_legs`, 2)
		st.consult()
		st.hears(st.carla, "music", st.alice, "B", st.bob, "A")
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.hears(st.carla, "AB", st.alice, "BC", st.bob, "AC")
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		st.hears(st.carla, "B", st.bob, "C")
		time.Sleep(10 * time.Second) // reports both ways
		st.bob.hangsUp()
		st.over("C left finished, A left hangup, B left hangup")
		for _, of := range []string{"C", "B"} {
			if q := st.quality(of); q.SRTP != "AES_CM_128_HMAC_SHA1_80" || q.Codec != "pcmu" || q.Far == nil || q.RoundTripMS == 0 {
				t.Errorf("%s: %+v", of, q)
			}
		}
		time.Sleep(100 * time.Millisecond) // the worker lets go of the streams
		st.metric(`warmline_media_encrypted_legs`, 0)
	})
}

// A call in each codec, with keys by telephone-event at its clock.
func TestCallInEachCodec(t *testing.T) {
	for _, codec := range []string{"pcma", "g722", "opus"} {
		t.Run(codec, func(t *testing.T) {
			only := func(cfg *config.Config) { cfg.Media.Codecs = []string{codec} }
			play(t, options{change: only, phones: softphone.Config{Codecs: []string{codec}}}, func(st *stage) {
				st.serve()
				st.hears(st.carla, "A", st.alice, "C")
				if got := st.conf().Participants[0].Codec; got != codec {
					st.Errorf("the call is in %s", got)
				}
				st.alice.keys("*71002#")
				st.bob.answers()
				st.wants("C held consult, A live, B live")
				st.hears(st.carla, "music", st.alice, "B", st.bob, "A")
				st.alice.keys("*3")
				st.wants("C live, A live, B live")
				st.hears(st.carla, "AB", st.alice, "BC", st.bob, "AC")
				st.carla.hangsUp()
			})
		})
	}
}

// Codecs by the agent's own list; a new list holds for the calls after it.
func TestCodecsOfAnAgent(t *testing.T) {
	codecs := func(list ...string) func(*config.Config) {
		return func(cfg *config.Config) {
			for i := range cfg.Agents {
				if cfg.Agents[i].ID == "eve" {
					cfg.Agents[i].Codecs = list
				}
			}
		}
	}
	play(t, options{change: codecs("opus", "pcma")}, func(st *stage) {
		phone := st.newRaw("10.0.1.4")
		phone.isPhoneOf("eve")
		offered := func(want string) {
			st.Helper()
			st.alice.dials("1004")
			m := phone.gets("INVITE")
			if !strings.Contains(m.body, " RTP/AVP "+want+"\r\n") {
				st.Errorf("offered\n%s\nwant %s", m.body, want)
			}
			phone.reply(m, "486 Busy Here", "")
			phone.gets("ACK")
			st.alice.refused(486)
		}
		offered("111 8 110 101")
		if restart, err := st.srv.Reload(st.config(options{change: codecs("g722")})); err != nil || len(restart) > 0 {
			st.Errorf("reload: %v, needs a restart for %v", err, restart)
		}
		offered("9 101")
		if restart, err := st.srv.Reload(st.config(options{})); err != nil || len(restart) > 0 {
			st.Errorf("reload: %v, needs a restart for %v", err, restart)
		}
		offered("0 8 101")
	})
}

// Whether audio is encrypted is for the policies of both sides to say, whoever of
// them offers: a phone's with that of its agent or trunk. The phones say what the
// word says, as the server does.
func TestPoliciesOfBothSides(t *testing.T) {
	words := []string{"off", "optional", "required"}
	// By the server's policy and the phone's.
	want := [3][3]string{{"plain", "plain", "488"}, {"plain", "srtp", "srtp"}, {"488", "srtp", "srtp"}}
	for ours, row := range want {
		for theirs, want := range row {
			policy := func(cfg *config.Config) {
				cfg.Trunks[0].SRTP, cfg.Agents[0].SRTP = words[ours], words[ours]
				cfg.Agents[1].SRTP = "optional" // who calls Alice always gets through
			}
			phones := softphone.Config{SRTP: media.SRTPPolicyNamed(words[theirs])}
			for who, number := range map[string]string{"carla": "7001", "alice": "7001", "bob": "1001"} {
				t.Run(strings.Join([]string{words[ours], words[theirs], who, number}, " "), func(t *testing.T) {
					play(t, options{change: policy, phones: phones}, func(st *stage) {
						caller := map[string]*person{"carla": st.carla, "alice": st.alice, "bob": st.bob}[who]
						caller.dials(number)
						of := map[string]string{"carla": "M", "alice": "A", "bob": "A"}[who]
						if who == "bob" {
							st.alice.rings()
							st.alice.call.Answer()
						}
						if want == "488" {
							caller.refused(map[string]int{"carla": 488, "alice": 488, "bob": 480}[who]) // Alice's phone told the server
							return
						}
						caller.talks()
						time.Sleep(time.Second)
						if got := st.quality(of).SRTP != ""; got != (want == "srtp") {
							t.Errorf("encrypted: %v, want %s", got, want)
						}
					})
				})
			}
		}
	}
}

// Codecs by the trunk's own list, in its order; the agents' are the server's.
func TestCodecsOfATrunk(t *testing.T) {
	own := func(cfg *config.Config) { cfg.Trunks[0].Codecs = []string{"g722", "pcma"} }
	play(t, options{change: own}, func(st *stage) {
		r := st.newRaw("10.9.0.7")
		for _, c := range []struct{ offered, answered string }{
			{"0 8 101", "8 101"}, {"0 8 9 101", "9 101"}, {"0 101", ""},
		} {
			r.calls("7001", strings.Replace(r.sdp("sendrecv", "10.9.0.7"), "0 101", c.offered, 1))
			if c.answered == "" {
				r.gets("488")
				r.request("ACK", "", "")
				continue
			}
			if m := r.answered(); !strings.Contains(m.body, " RTP/AVP "+c.answered+"\r\n") {
				st.Errorf("%s answered with\n%s", c.offered, m.body)
			}
			r.request("ACK", "", "")
			r.request("BYE", "", "")
			r.gets("200")
		}
		phone := st.newRaw("10.0.1.4")
		phone.isPhoneOf("eve")
		st.alice.dials("1004")
		m := phone.gets("INVITE")
		if !strings.Contains(m.body, " RTP/AVP 0 8 101\r\n") {
			st.Errorf("the agent is offered\n%s", m.body)
		}
		phone.reply(m, "486 Busy Here", "")
		phone.gets("ACK")
		st.alice.refused(486)
	})
}
