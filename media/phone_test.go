package media

import (
	"cmp"
	"fmt"
	"net/netip"
	"testing"

	"warmline/media/jitter"
	"warmline/media/opus"
	"warmline/media/srtp"
)

// phone is the far end of a leg: it says something in a codec, and keeps the
// packets it gets.
type phone struct {
	testing.TB
	s        *Session
	sock     *fakeSocket
	codec    *codec
	ptime    int          // ms in the packets it sends
	sends    uint8        // the payload type it sends
	wants    uint8        // and the one it said it wants
	suite    *srtp.Suite  // nil: plain RTP
	seal     *srtp.Sealer // of what it sends
	open     *srtp.Opener // of what it gets
	key      srtp.Key     // its own
	expects  srtp.Key     // ours
	keys     int          // it has had
	events   int          // clock of its events; 0: that of the codec
	extra    []string     // attributes of its descriptions
	encoder  voiceEncoder // nil: G.711
	stream   stream
	says     []int16 // at the codec's rate, round and round
	at, owed int
	silent   bool // sends nothing, though its clock goes on
	alter    func(payload []byte)
	holds    bool // what is sent is held
	held     []byte
	skip     int // packets that are lost on the way
	sent     [][]byte
	got      []sent
}

// phoneAddr is the address of the nth phone.
func phoneAddr(n int) netip.AddrPort {
	return netip.AddrPortFrom(peerAddr.Addr(), uint16(5000+2*n))
}

// newPhone makes the nth phone and a session that it is in a call with. Every
// second one is called, so that the numbers of both ways differ.
func newPhone(t testing.TB, e *Engine, net *fakeNetwork, n int, codec *codec, set func(*phone)) *phone {
	t.Helper()
	p := &phone{TB: t, codec: codec, ptime: 20, stream: stream{ssrc: uint32(1000 + n), seq: uint16(65500 + n), ts: 0xffff0000}}
	if set != nil {
		set(p)
	}
	cfg := SessionConfig{Codecs: []string{"opus", "g722", "pcma", "pcmu"}}
	if p.suite != nil {
		cfg.SRTP = SRTPRequired
	}
	var err error
	if p.s, err = e.NewSession(cfg); err != nil {
		t.Fatal(err)
	}
	if p.sock, err = net.listen(phoneAddr(n)); err != nil {
		t.Fatal(err)
	}
	p.newKey()
	p.negotiate(n%2 == 1)
	p.use(codec)
	return p
}

// newKey draws the key of what the phone sends from now on.
func (p *phone) newKey() {
	if p.suite == nil {
		return
	}
	p.key = srtp.NewKey(*p.suite)
	p.keys++
	var err error
	if p.seal, err = srtp.NewSealer(p.key); err != nil {
		p.Fatal(err)
	}
}

// use makes the codec the one it speaks.
func (p *phone) use(c *codec) {
	p.codec, p.encoder = c, nil
	if c.newEncoder != nil {
		p.encoder = c.newEncoder(opusWish{})
	}
}

// describe is the phone's description of itself.
func (p *phone) describe() string {
	proto, attributes := "RTP/AVP", []string{
		fmt.Sprintf("rtpmap:%d %s", p.wants, p.codec.rtpmap()), fmt.Sprintf("rtpmap:121 telephone-event/%d", cmp.Or(p.events, p.codec.clock)),
	}
	if p.suite != nil {
		proto = "RTP/SAVP"
		attributes = append(attributes, "crypto:"+p.key.Crypto(1))
	}
	return offerOf(p.sock.local.Addr().String(), fmt.Sprintf("audio %d %s %d 121", p.sock.local.Port(), proto, p.wants),
		append(attributes, p.extra...)...)
}

// negotiate settles the call: called, the phone answers with numbers of its own.
func (p *phone) negotiate(called bool) {
	p.Helper()
	var ours []byte
	var err error
	p.wants = 120
	if called {
		if ours, err = p.s.Offer(); err != nil {
			p.Fatal(err)
		}
		err = p.s.Accept([]byte(p.describe()))
		p.sends = defaultNumbers[p.codec.kind]
	} else {
		ours, err = p.s.Answer([]byte(p.describe()))
		p.sends = p.wants
	}
	if err != nil {
		p.Fatal(err)
	}
	p.s.Commit()
	if p.suite == nil {
		return
	}
	_, lines := ourLine(p, ours)
	for _, l := range lines {
		if l.key.Suite() == *p.suite {
			p.opens(l.key)
		}
	}
}

// opens has the phone expect packets under a key, if it is another one.
func (p *phone) opens(k srtp.Key) {
	if p.open != nil && p.expects == k {
		return
	}
	var err error
	if p.open, err = srtp.NewOpener(k); err != nil {
		p.Fatal(err)
	}
	p.expects = k
}

// frame lets 20 ms pass: what is due is sent, what came is kept.
func (p *phone) frame() {
	for p.owed += 20; p.owed >= p.ptime; p.owed -= p.ptime {
		p.say()
	}
	p.collect()
}

// next is the next n samples of what it says.
func (p *phone) next(n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		if len(p.says) > 0 {
			out[i] = p.says[p.at%len(p.says)]
		}
		p.at++
	}
	return out
}

// said is all it has said so far, at a rate.
func (p *phone) said(rate int) []int16 {
	out := make([]int16, p.at)
	for i := range out {
		if len(p.says) > 0 {
			out[i] = p.says[i%len(p.says)]
		}
	}
	return atRate(out, p.codec.rate, rate)
}

// say sends a packet.
func (p *phone) say() {
	samples := p.next(p.codec.rate * p.ptime / 1000)
	buf := make([]byte, 2000)
	n := 0
	if p.encoder != nil {
		n = p.encoder.Encode(buf[rtpHeaderSize:], samples)
	} else {
		n = p.codec.tables.Encode(buf[rtpHeaderSize:], samples)
	}
	if p.alter != nil {
		p.alter(buf[rtpHeaderSize : rtpHeaderSize+n])
	}
	ts := p.stream.ts
	p.stream.ts += uint32(p.codec.clock / 1000 * p.ptime)
	if p.silent {
		return
	}
	putRTP(buf, rtpHeader{payloadType: p.sends, seq: p.stream.seq, ts: ts, ssrc: p.stream.ssrc})
	p.stream.seq++
	if p.skip > 0 {
		p.skip--
		p.sent = append(p.sent, nil)
		return
	}
	p.sent = append(p.sent, append([]byte(nil), buf[rtpHeaderSize:rtpHeaderSize+n]...))
	p.write(buf, rtpHeaderSize+n)
}

// write sends n bytes of a buffer, encrypted if that was agreed on.
func (p *phone) write(buf []byte, n int) {
	if p.seal != nil {
		var err error
		if n, err = p.seal.RTP(buf, n); err != nil {
			p.Fatal(err)
		}
	}
	if p.holds {
		p.held = append([]byte(nil), buf[:n]...)
		return
	}
	p.sock.TryWrite(buf[:n], p.s.rtp.LocalAddr())
}

// release sends the packet that was held.
func (p *phone) release() { p.sock.TryWrite(p.held, p.s.rtp.LocalAddr()) }

// collect keeps what came.
func (p *phone) collect() {
	p.Helper()
	buf := make([]byte, datagramSize)
	for {
		n, _, _, ok := p.sock.TryRead(buf)
		if !ok {
			return
		}
		if isRTCP(buf[:n]) {
			continue
		}
		if p.open != nil {
			var err error
			if n, err = p.open.RTP(buf[:n]); err != nil {
				p.Fatalf("what the phone got: %v", err)
			}
		}
		h, payload, ok := parseRTP(buf[:n])
		if !ok {
			p.Fatalf("not RTP: %x", buf[:n])
		}
		p.got = append(p.got, sent{h, append([]byte(nil), payload...)})
	}
}

// streams are the packets it got, by their SSRC: one for each key.
func (p *phone) streams() (list [][]sent) {
	for i, g := range p.got {
		if i == 0 || g.ssrc != p.got[i-1].ssrc {
			list = append(list, nil)
		}
		last := &list[len(list)-1]
		*last = append(*last, g)
	}
	if len(list) != max(1, p.keys) {
		p.Errorf("%d streams with %d keys", len(list), p.keys)
	}
	return list
}

// audio are the packets with the phone's codec.
func (p *phone) audio() (list []sent) {
	for _, g := range p.got {
		if g.payloadType == p.wants {
			list = append(list, g)
		}
	}
	return list
}

// hear decodes what the phone got, with one decoder that lives through it all:
// each packet to its place by its timestamp, with zeros where none is.
func (p *phone) hear() []int16 { return play(p.codec, p.audio()) }

// play decodes packets of a codec.
func play(c *codec, packets []sent) (out []int16) {
	var d jitter.Decoder
	if c.newDecoder != nil {
		d = c.newDecoder()
	}
	buf := make([]int16, opus.MaxSamples)
	for _, g := range packets {
		at := int(int64(g.ts-packets[0].ts) * int64(c.rate) / int64(c.clock))
		for len(out) < at {
			out = append(out, 0)
		}
		n := c.samples(g.payload)
		if d != nil {
			n = d.Decode(buf, g.payload)
		} else {
			for i, b := range g.payload {
				buf[i] = c.decode[b]
			}
		}
		out = append(out[:at], buf[:n]...)
	}
	return out
}
