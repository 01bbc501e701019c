// Package srtp protects the RTP and RTCP of one session: SRTP and SRTCP
// (RFC 3711) with AES in counter mode and HMAC-SHA1 (also AES-256, RFC 6188) or
// with AES-GCM (RFC 7714), keyed by the a=crypto lines of SDP (SDES, RFC 4568).
//
// A [Sealer] protects what one side sends under one [Key], an [Opener] checks
// and uncovers what the other side sends under its own. Both work in the
// caller's buffer. They take no lock, allocate nothing for a packet, be it good
// or bad, and read no clock; each has one owner.
//
//	offer, answer ──► ParseCrypto ──► Key ──► Opener: packet in ──► header, index, replay?, tag?, decrypt, remember
//	NewKey ──► Key.Crypto ──► a=crypto   └──► Sealer: packet out ──► header, index, encrypt, tag
//
// # State
//
// The index of an RTP packet has 48 bits, of which 16 are sent. Both sides keep
// the others, per SSRC, for as long as the key is in use: a Sealer or Opener
// must live as long as its key, through any number of offers and answers that
// repeat it. The first packet of an SSRC is taken to have index = sequence
// number, so senders should start below 32768 (RFC 4568 section 6.4).
//
// An Opener remembers [Streams] SSRCs. Nothing an unauthenticated packet says
// changes it, and so a flood costs only the time to check tags. A further SSRC
// that proves to know the key takes the place of the one that was silent for
// longest; that one's replay window is forgotten. A Sealer forgets nothing and
// refuses a further SSRC, because to repeat an index under one key gives the
// plain text away.
//
// # Left out
//
// More than one master key, key derivation rates, and unencrypted or
// unauthenticated sessions are refused in a=crypto. A master key identifier (MKI)
// is expected in the packets of a peer whose key has one; our own keys have none,
// as each side says for itself (RFC 4568 section 6.1). A lifetime is
// read, but not counted: its default, 2^48 packets, is the only one kept.
package srtp
