package media

import (
	"strings"

	"github.com/pion/sdp/v3"

	"warmline/media/srtp"
)

// offeredSuites are the suites we offer. Some phones look at the first a=crypto
// alone, and what all of them have is the one every SRTP must (RFC 4568
// §6.2.1); then come the strong ones, for those who insist. More would not fit
// a datagram together with the rest of an INVITE. Offered to us every suite of
// package srtp is taken, in the peer's order (RFC 4568 §5.1.2).
var offeredSuites = []srtp.Suite{srtp.AES128SHA80, srtp.AES256GCM, srtp.AES256SHA80}

// maxCrypto bounds the a=crypto lines read of one medium.
const maxCrypto = 16

// cryptoLine is an a=crypto of the peer's (RFC 4568 §4).
type cryptoLine struct {
	tag int
	key srtp.Key
}

// readCrypto returns the a=crypto lines of a medium that we can use, in order.
func readCrypto(m *sdp.MediaDescription) (list []cryptoLine) {
	for _, a := range m.Attributes {
		if !strings.EqualFold(a.Key, "crypto") {
			continue
		}
		if tag, key, err := srtp.ParseCrypto(a.Value); err == nil {
			list = append(list, cryptoLine{tag, key})
		}
		if len(list) == maxCrypto {
			break
		}
	}
	return list
}

// secured is the SRTP half of an agreement; nil for plain RTP.
type secured struct {
	ours   srtp.Key
	theirs srtp.Key
	tag    int // of the peer's offer, which our answer repeats
	seal   *srtp.Sealer
	open   *srtp.Opener
}

// keyring is a session's SRTP keys. It belongs to the conference's goroutine.
//
// A key and its transform go together for as long as either is in use, because
// the transform counts the packets: the same key with another count is found
// neither by the peer (the roll-over counter would be wrong) nor safe (the same
// key stream twice).
type keyring struct {
	own    []ownKey  // of our last offer
	fresh  bool      // the next offer has new keys throughout
	recent []peerKey // of the peer's forks and offers
}

type ownKey struct {
	key  srtp.Key
	seal *srtp.Sealer // nil: no answer has used it
}

type peerKey struct {
	key  srtp.Key
	open *srtp.Opener
}

// recentKeys is how many keys of a peer's are remembered: those of some forks.
const recentKeys = 4

// offer returns the a=crypto lines of an offer: first the key in force, so that
// an offer that changes nothing says nothing new. A key that an answer has used
// is not given to anybody else.
func (k *keyring) offer(inForce *secured) []string {
	var own []ownKey
	if inForce != nil {
		own = append(own, ownKey{inForce.ours, inForce.seal})
	}
	for _, suite := range offeredSuites {
		if inForce == nil || inForce.ours.Suite() != suite {
			own = append(own, k.ownKey(suite))
		}
	}
	var lines []string
	for i := range own {
		if o := &own[i]; k.fresh {
			*o = ownKey{key: srtp.NewKey(o.key.Suite())}
		}
		lines = append(lines, own[i].key.Crypto(i+1))
	}
	k.own, k.fresh = own, false
	return lines
}

// ownKey is the key that was last offered for a suite, unless it was used.
func (k *keyring) ownKey(suite srtp.Suite) ownKey {
	for _, o := range k.own {
		if o.key.Suite() == suite && o.seal == nil {
			return o
		}
	}
	return ownKey{key: srtp.NewKey(suite)}
}

// answered settles an answer to our last offer: the first line of the peer's
// with a suite of ours; nil if there is none. There is one line per suite, so
// that the suite tells which was chosen even where the tag is wrong.
func (k *keyring) answered(lines []cryptoLine, inForce *secured) *secured {
	for _, l := range lines {
		for i := range k.own {
			o := &k.own[i]
			if l.key.Suite() != o.key.Suite() {
				continue
			}
			if o.seal == nil {
				o.seal, _ = srtp.NewSealer(o.key)
			}
			s := &secured{ours: o.key, theirs: l.key, seal: o.seal, open: k.opener(l.key, inForce)}
			if s.seal != nil && s.open != nil {
				return s
			}
		}
	}
	return nil
}

// answer settles an offer: the first line of the peer's that we can use, with a
// key of our own; nil if there is none. The key in force stays where the peer's key and address do.
// Where they do not, somebody else may listen from now on, who knows nothing of
// our roll-over counter, and a new key begins it anew (a new destination is a
// new cryptographic context: RFC 3711 §3.2.3).
func (k *keyring) answer(lines []cryptoLine, inForce *secured, moved bool) *secured {
	for _, l := range lines {
		s := &secured{theirs: l.key, tag: l.tag, open: k.opener(l.key, inForce)}
		if inForce != nil && inForce.theirs == l.key && !moved {
			s.ours, s.seal = inForce.ours, inForce.seal
		} else {
			s.ours = srtp.NewKey(l.key.Suite())
			s.seal, _ = srtp.NewSealer(s.ours)
		}
		if s.seal != nil && s.open != nil {
			return s
		}
	}
	return nil
}

// opener is the transform of a key of the peer's: the one it had before, or a
// new one; nil if there is none for it.
func (k *keyring) opener(key srtp.Key, inForce *secured) *srtp.Opener {
	if inForce != nil && inForce.theirs == key {
		return inForce.open
	}
	for _, p := range k.recent {
		if p.key == key {
			return p.open
		}
	}
	open, err := srtp.NewOpener(key)
	if err != nil {
		return nil
	}
	if len(k.recent) == recentKeys {
		k.recent = append(k.recent[:0], k.recent[1:]...)
	}
	k.recent = append(k.recent, peerKey{key, open})
	return open
}
