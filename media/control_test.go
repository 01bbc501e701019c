package media

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
)

// reports empties the peer's RTCP socket and parses what came with another
// implementation.
func (b *bench) reports(from *fakeSocket) (list []rtcp.Packet) {
	b.Helper()
	buf := make([]byte, datagramSize)
	for {
		n, _, _, ok := from.TryRead(buf)
		if !ok {
			return list
		}
		packets, err := rtcp.Unmarshal(append([]byte(nil), buf[:n]...))
		if err != nil {
			b.Fatalf("RTCP: %v: %x", err, buf[:n])
		}
		if err := rtcp.CompoundPacket(packets).Validate(); err != nil {
			b.Errorf("compound: %v", err)
		}
		list = append(list, packets...)
	}
}

// nextBlock is the report block the session would send now.
func (b *bench) nextBlock() rtcp.ReceptionReport {
	b.Helper()
	packets, err := rtcp.Unmarshal(b.s.appendReport(nil, b.now, b.s.taken))
	if err != nil {
		b.Fatal(err)
	}
	switch p := packets[0].(type) {
	case *rtcp.SenderReport:
		return p.Reports[0]
	case *rtcp.ReceiverReport:
		return p.Reports[0]
	}
	b.Fatalf("begins with a %T", packets[0])
	return rtcp.ReceptionReport{}
}

// tickFor lets the worker run in a bubble for so long, with the clocks in step.
func (b *bench) tickFor(d time.Duration, each func()) {
	for range d / (20 * time.Millisecond) {
		time.Sleep(20 * time.Millisecond)
		if each != nil {
			each()
		}
		b.tick()
	}
}

func TestSenderReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer())
		lost := false
		b.tickFor(60*time.Second, func() {
			b.send(b.peer, 0, level(1000, 160))
			if !lost && b.s.Stats().PacketsIn == 100 {
				b.stream.seq += 5
				b.stream.ts += 800
				lost = true
			}
		})
		var reports []*rtcp.SenderReport
		var name string
		for _, p := range b.reports(b.ctl) {
			switch p := p.(type) {
			case *rtcp.SenderReport:
				reports = append(reports, p)
			case *rtcp.SourceDescription:
				if name != "" && p.Chunks[0].Items[0].Text != name {
					t.Error("the CNAME changes")
				}
				name = p.Chunks[0].Items[0].Text
				if p.Chunks[0].Source != b.s.out.ssrc || p.Chunks[0].Items[0].Type != rtcp.SDESCNAME {
					t.Errorf("%+v", p)
				}
			}
		}
		// Every 1.85 to 5.6 s.
		if n := len(reports); n < 10 || n > 33 {
			t.Fatalf("%d reports in a minute", n)
		}
		if len(name) != cnameLength {
			t.Errorf("CNAME %q", name)
		}
		last := reports[len(reports)-1]
		if last.SSRC != b.s.out.ssrc || len(last.Reports) != 1 {
			t.Fatalf("%+v", last)
		}
		if last.PacketCount < 2600 || last.OctetCount != last.PacketCount*160 {
			t.Errorf("%d packets, %d bytes", last.PacketCount, last.OctetCount)
		}
		// NTP time and RTP time advance together.
		ntp := float64(last.NTPTime-reports[0].NTPTime) / (1 << 32)
		if rtp := float64(last.RTPTime-reports[0].RTPTime) / clockRate; ntp < rtp-0.001 || ntp > rtp+0.001 {
			t.Errorf("%v s by NTP, %v s by RTP", ntp, rtp)
		}
		block := last.Reports[0]
		if block.SSRC != b.stream.ssrc || block.TotalLost != 5 || block.FractionLost != 0 {
			t.Errorf("block %+v", block)
		}
		if got := uint16(block.LastSequenceNumber); b.stream.seq-got > 500 {
			t.Errorf("highest sequence %d, sent up to %d", got, b.stream.seq)
		}
		if block.LastSequenceNumber>>16 != 1 {
			t.Errorf("%d cycles, want 1: the numbers wrapped", block.LastSequenceNumber>>16)
		}
	})
}

// The share lost is that since the report before.
func TestFractionLost(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.tick()
	b.s.in.stream = streamStats{started: true, ssrc: 5, base: 1 << 16, highest: 1<<16 + 99, received: 75}
	for _, want := range []uint8{64, 0} {
		block := b.nextBlock()
		if block.FractionLost != want || block.TotalLost != 25 {
			t.Errorf("%+v, want a fraction of %d", block, want)
		}
		b.s.in.stream.highest += 20
		b.s.in.stream.received += 20
	}
}

// Of a stream nothing came of since the last report there is no block.
func TestNoBlockWithoutPackets(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 5)
	for _, want := range []int{1, 0} {
		packets, err := rtcp.Unmarshal(b.s.appendReport(nil, b.now, b.s.taken))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(packets[0].(*rtcp.SenderReport).Reports); got != want {
			t.Errorf("%d blocks, want %d", got, want)
		}
	}
}

// Who has sent nothing since the report before the last one is a receiver.
func TestSenderForTwoReports(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.tick()
	for i, want := range []byte{typeSR, typeSR, typeRR, typeRR} {
		if got := b.s.appendReport(nil, b.now, b.s.taken)[1]; got != want {
			t.Errorf("report %d is of type %d, want %d", i, got, want)
		}
	}
	b.tick()
	if got := b.s.appendReport(nil, b.now, b.s.taken)[1]; got != typeSR {
		t.Errorf("type %d after another packet", got)
	}
}

// The RTP time of a report is that of its NTP time, not that of the last frame.
func TestReportTimeBetweenFrames(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.tick()
	b.tick()
	read := func(now int64) (uint64, uint32) {
		packets, err := rtcp.Unmarshal(b.s.appendReport(nil, now, b.s.taken))
		if err != nil {
			t.Fatal(err)
		}
		sr := packets[0].(*rtcp.SenderReport)
		return sr.NTPTime, sr.RTPTime
	}
	ntp, ts := read(b.now)
	if ts != b.s.out.ts {
		t.Errorf("RTP time %d at a frame of %d", ts, b.s.out.ts)
	}
	ntp2, ts2 := read(b.now + 7_500_000)
	if d := (ntp2 - ntp) >> 16; ts2-ts != 60 || d < 491 || d > 492 { // 7.5 ms of 1/65536 s
		t.Errorf("7.5 ms later: %d of RTP, %d of NTP", ts2-ts, d)
	}
}

// A leg that may not send still reports, as a receiver.
func TestReceiverReportsOnHold(t *testing.T) {
	for _, hold := range []string{"sendonly", "inactive"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			b.agree(plainOffer(hold))
			b.tickFor(20*time.Second, nil)
			n := 0
			for _, p := range b.reports(b.ctl) {
				if _, ok := p.(*rtcp.ReceiverReport); ok {
					n++
				}
			}
			if n < 3 {
				t.Errorf("%s: %d receiver reports in 20 s", hold, n)
			}
			if len(b.peer.queue) != 0 {
				t.Errorf("%s: RTP sent", hold)
			}
		})
	}
}

func TestGoodbye(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.tick()
	b.s.Close()
	packets := b.reports(b.ctl)
	if len(packets) != 3 {
		t.Fatalf("%d packets", len(packets))
	}
	bye, ok := packets[2].(*rtcp.Goodbye)
	if !ok || len(bye.Sources) != 1 || bye.Sources[0] != b.s.out.ssrc {
		t.Errorf("%+v", packets[2])
	}
}

// peerReport is a report of the peer's about our stream.
func peerReport(b *bench, ntp uint64, lastSR, delay uint32) []byte {
	p, err := (&rtcp.SenderReport{
		SSRC: b.stream.ssrc, NTPTime: ntp,
		Reports: []rtcp.ReceptionReport{{SSRC: 1}, {SSRC: b.s.out.ssrc, LastSenderReport: lastSR, Delay: delay}},
	}).Marshal()
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func TestTripTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer())
		b.send(b.peer, 0, level(1000, 160))
		b.tickFor(10*time.Second, nil)
		var report *rtcp.SenderReport
		for _, p := range b.reports(b.ctl) {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				report = sr
			}
		}
		// The peer kept the report for all but 150 ms of the time since. Its
		// answer is read a while after it came.
		came := b.now
		sentAt := ntpTime(time.Now().UnixNano()) - report.NTPTime
		keep := uint32(sentAt>>16) - 150*65536/1000
		time.Sleep(80 * time.Millisecond)
		b.now += 80_000_000
		b.s.control.read(b.s, peerReport(b, 7<<32, uint32(report.NTPTime>>16), keep), came)
		if got := b.s.Stats().RoundTrip; got < 149*time.Millisecond || got > 151*time.Millisecond {
			t.Errorf("round trip %v, want 150 ms", got)
		}
		// And the peer learns how long we kept its own.
		b.now = came + 2_000_000_000
		b.send(b.peer, 0, level(1000, 160))
		b.s.receive(b.now, new(scratch))
		block := b.nextBlock()
		if block.LastSenderReport != 7<<16 || block.Delay < 2*65536 || block.Delay > 2*65536+100 {
			t.Errorf("%+v", block)
		}
	})
}

// The 32 bits that reports have for a time of day wrap every 18 hours: a trip over
// that is as long as any other.
func TestTripTimeOverWrap(t *testing.T) {
	const wrap = (1<<16 - 2_208_988_800%(1<<16)) * int64(time.Second) // since 1970, and 18 h after
	for _, came := range []int64{-1_000_000, 1_000_000, 100_000_000, 250_000_000, 350_000_000} {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer())
		b.tick()
		b.s.control.unix = wrap + came - b.now
		sent := uint32(ntpTime(wrap+came-300_000_000) >> 16)
		b.s.control.read(b.s, peerReport(b, 7<<32, sent, 65536/10), b.now)
		if got := b.s.Stats().RoundTrip; got < 199*time.Millisecond || got > 201*time.Millisecond {
			t.Errorf("%d ns after the wrap, sent at %x: %v, want 200 ms", came, sent, got)
		}
	}
}

// A report may be due in the turn in which the peer's was read, which came after
// the turn's time.
func TestDelaySinceLastReport(t *testing.T) {
	for after, want := range map[int64]uint32{-500_000_000: 1 << 15, 0: 0, 300_000: 0} {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer())
		b.talk(&b.stream, 1000, 10)
		b.s.control.read(b.s, peerReport(b, 3<<32, 0, 0), b.now+after)
		if block := b.nextBlock(); block.LastSenderReport != 3<<16 || block.Delay != want {
			t.Errorf("%d ns after: %+v, want a delay of %d", after, block, want)
		}
	}
}

func TestNonsenseReports(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	for _, p := range [][]byte{
		nil, {0x80}, {0x80, 200, 0, 0}, {0x9f, 201, 0, 1, 0, 0, 0, 0}, {0x80, 200, 0xff, 0xff, 1, 2, 3, 4},
		{0x00, 201, 0, 0}, peerReport(b, 0, 0, 0), peerReport(b, 0, 1, 1<<31),
	} {
		b.ctl.TryWrite(p, b.s.rtcp.LocalAddr())
		for range controlTicks {
			b.tick()
		}
	}
	if got := b.s.Stats().RoundTrip; got != 0 {
		t.Errorf("round trip %v out of nonsense", got)
	}
}

// RTCP of another host is dropped, whatever it says.
func TestForeignReports(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.send(b.peer, 0, level(1000, 160))
	b.tick()
	foreign := b.socket(strangerAddr)
	now := uint32(ntpTime(time.Now().UnixNano()) >> 16)
	foreign.TryWrite(peerReport(b, 0, now-65536, 0), b.s.rtcp.LocalAddr())
	for range controlTicks {
		b.tick()
	}
	if st := b.s.Stats(); st.RoundTrip != 0 || st.Discarded != 1 {
		t.Errorf("%+v", st)
	}
}

// With rtcp-mux both go over one port, both ways, and are told apart.
func TestMux(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer("rtcp-mux"))
		b.tickFor(10*time.Second, func() {
			b.send(b.peer, 0, level(1000, 160))
			b.peer.TryWrite(peerReport(b, 1, uint32(ntpTime(time.Now().UnixNano())>>16)-6554, 0), b.rtpAddr())
		})
		control := 0
		buf := make([]byte, datagramSize)
		for {
			n, _, _, ok := b.peer.TryRead(buf)
			if !ok {
				break
			}
			if isRTCP(buf[:n]) {
				control++
			}
		}
		if control == 0 || len(b.ctl.queue) != 0 {
			t.Errorf("%d reports on the RTP port, %d on the other", control, len(b.ctl.queue))
		}
		st := b.s.Stats()
		if st.RoundTrip < 99*time.Millisecond || st.RoundTrip > 141*time.Millisecond || st.PacketsIn < 490 || st.Discarded != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// A peer whose address was learned gets its RTCP on the next port, until its
// own RTCP shows where it is.
func TestLearnedControlAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, SessionConfig{})
		b.agree(offerOf("192.168.1.20", "audio 4000 RTP/AVP 0"))
		b.tickFor(10*time.Second, func() { b.send(b.peer, 0, level(1000, 160)) })
		if len(b.reports(b.ctl)) == 0 {
			t.Error("no report at the port after the learned one")
		}
		elsewhere := b.socket(netip.AddrPortFrom(peerAddr.Addr(), 50001))
		elsewhere.TryWrite(peerReport(b, 1, 0, 0), b.s.rtcp.LocalAddr())
		b.tickFor(10*time.Second, nil)
		if len(b.reports(elsewhere)) == 0 {
			t.Error("no report at where its RTCP came from")
		}
	})
}

// While the peer's address is not known there is nowhere to report to.
func TestNoReportsToNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, SessionConfig{})
		b.socket(netip.AddrPortFrom(peerAddr.Addr(), discardPort+1))
		b.agree(offerOf(ip, "audio 9 RTP/AVP 0"))
		b.tickFor(10*time.Second, nil)
		for addr, s := range b.net.sockets {
			if len(s.queue) != 0 {
				t.Errorf("%d datagrams to %v", len(s.queue), addr)
			}
		}
	})
}

// The intervals a member waits by RFC 3550 §6.3: spread, with the minimum as
// their mean, and about half of it before the first report.
func TestReportIntervals(t *testing.T) {
	var firsts int64
	c := control{random: 12345}
	for range 300 {
		c = control{random: c.random}
		a := &agreement{codec: pcmu}
		begin := int64(time.Hour)
		c.agree(a, begin, time.Unix(0, 0))
		now, last := begin, begin
		var sum, lowest, highest int64
		lowest = 1 << 62
		for n := 0; n < 100; now += frameNanos {
			if now < c.due || !c.expire(now) {
				continue
			}
			if last == begin {
				firsts += now - begin
			} else {
				sum, lowest, highest = sum+now-last, min(lowest, now-last), max(highest, now-last)
				n++
			}
			last = now
		}
		mean := time.Duration(sum / 100)
		shortest, longest := 1_846_000_000, 5_541_000_000+frameNanos // 0.5 and 1.5 times, compensated
		if mean < 3900*time.Millisecond || mean > 4900*time.Millisecond || lowest < int64(shortest) || highest > int64(longest) {
			t.Fatalf("mean %v, from %v to %v", mean, time.Duration(lowest), time.Duration(highest))
		}
	}
	if mean := time.Duration(firsts / 300); mean < 1900*time.Millisecond || mean > 2600*time.Millisecond {
		t.Errorf("the first report after %v in the mean", mean)
	}
}

// The peer's BYE ends its stream, not the call: the next one is heard at once.
func TestPeerSaysBye(t *testing.T) {
	for name, sources := range map[string][]uint32{"none": nil, "another's": {99}, "its own": {99, 0xfeed}} {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer())
		b.talk(&b.stream, 1000, 20)
		if sources != nil {
			p, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: b.stream.ssrc}, &rtcp.Goodbye{Sources: sources}})
			if err != nil {
				t.Fatal(err)
			}
			b.s.control.read(b.s, p, b.now)
		}
		b.talk(&stream{ssrc: 77, seq: 1, ts: 1}, 1000, 1)
		if got := b.s.in.stream.ssrc == 77; got != (len(sources) == 2) {
			t.Errorf("a BYE of %s: the next stream is taken at its first packet: %v", name, got)
		}
		if got := b.s.Stats().Byes; got != uint64(min(len(sources), 1)) {
			t.Errorf("a BYE of %s: %d counted", name, got)
		}
	}
}

// sendControl sends a compound packet to the session's RTCP port.
func (b *bench) sendControl(packets ...rtcp.Packet) {
	b.Helper()
	p, err := rtcp.Marshal(packets)
	if err != nil {
		b.Fatal(err)
	}
	b.ctl.TryWrite(p, b.s.rtcp.LocalAddr())
}

// What the peer's reports say of our stream.
func TestFarEnd(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 100)
	if st := b.s.Stats(); st.FarReports != 0 || st.FarMOS != 0 || st.FarLoss != 0 {
		t.Errorf("before any report: %+v", st)
	}
	report := func(lost uint32, fraction uint8, jitter uint32) Stats {
		b.sendControl(&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{
			{SSRC: 4711, TotalLost: 77}, {SSRC: b.s.out.ssrc, TotalLost: lost, FractionLost: fraction, Jitter: jitter},
		}})
		for range controlTicks {
			b.tick()
		}
		return b.s.Stats()
	}
	good := report(0, 0, 0)
	if good.FarReports != 1 || good.FarMOS < 4.2 || good.FarLoss != 0 {
		t.Errorf("a clean report: %+v", good)
	}
	bad := report(26, 128, 80)
	if bad.FarReports != 2 || bad.FarLost != 26 || bad.FarRecentLoss != 0.5 || bad.FarJitter != 10*time.Millisecond ||
		bad.FarLoss < 0.12 || bad.FarLoss > 0.16 || bad.FarMOS > good.FarMOS-1 {
		t.Errorf("a bad report: %+v", bad)
	}
	if odd := report(1<<24-3, 0, 1<<31); odd.FarLost != 0 || odd.FarLoss != 0 || odd.FarJitter != 10*time.Millisecond {
		t.Errorf("less than nothing lost, and a jitter of days: %+v", odd)
	}
}

// Packets as RFC 3550 A.2 has them, and not.
func TestValidity(t *testing.T) {
	rr := []byte{0x80, 201, 0, 1, 0, 0, 0, 1}
	sdes := []byte{0x81, 202, 0, 2, 0, 0, 0, 1, 1, 0, 0, 0}
	join := func(parts ...[]byte) (p []byte) {
		for _, part := range parts {
			p = append(p, part...)
		}
		return p
	}
	tests := []struct {
		name string
		p    []byte
		want bool
	}{
		{"a receiver report", rr, true},
		{"a compound", join(rr, sdes), true},
		{"two reports", join(rr, rr, sdes), true},
		{"padding at the end", join(rr, []byte{0xa0, 203, 0, 1, 0, 0, 0, 4}), true},
		{"nothing", nil, false},
		{"too short", rr[:4], false},
		{"no report first", join(sdes, rr), false},
		{"a BYE alone", []byte{0x81, 203, 0, 1, 0, 0, 0, 1}, false},
		{"version 1", []byte{0x40, 201, 0, 1, 0, 0, 0, 1}, false},
		{"version 0 later", join(rr, []byte{0x01, 202, 0, 0}), false},
		{"padding first", join([]byte{0xa0, 201, 0, 1, 0, 0, 0, 4}, sdes), false},
		{"padding in the middle", join(rr, []byte{0xa0, 203, 0, 1, 0, 0, 0, 4}, sdes), false},
		{"longer than the datagram", []byte{0x80, 201, 0, 2, 0, 0, 0, 1}, false},
		{"shorter than the datagram", join(rr, []byte{1, 2, 3}), false},
		{"a huge length", []byte{0x80, 200, 0xff, 0xff, 1, 2, 3, 4}, false},
	}
	for _, tt := range tests {
		if got := validCompound(tt.p); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.ctl.TryWrite(rr, b.s.rtcp.LocalAddr())
	b.ctl.TryWrite(sdes, b.s.rtcp.LocalAddr())
	for range controlTicks {
		b.tick()
	}
	if got := b.s.Stats().Discarded; got != 1 {
		t.Errorf("%d discarded, want 1", got)
	}
}

// Packets cut short within a valid compound say as much as is there, and padding
// is no content.
func TestShortPackets(t *testing.T) {
	rr := []byte{0x80, 201, 0, 1, 0, 0, 0, 1}
	tests := []struct {
		name string
		p    []byte
		byes uint64
		ends bool
	}{
		{"a BYE of more sources than it names", []byte{0x83, 203, 0, 1, 0, 0, 0xfe, 0xed}, 1, true},
		{"a padded BYE", []byte{0xa1, 203, 0, 2, 0, 0, 0xfe, 0xed, 0, 0, 0, 4}, 1, true},
		{"a BYE whose source is padding", []byte{0xa1, 203, 0, 2, 0, 0, 0xfe, 0xed, 0, 0, 0, 8}, 1, false},
		{"more padding than packet", []byte{0xa1, 203, 0, 1, 0, 0, 0, 8}, 0, false},
		{"no padding where there should be", []byte{0xa1, 203, 0, 1, 0, 0, 0, 0}, 0, false},
		{"padding of half a word", []byte{0xa1, 203, 0, 1, 0, 0, 0, 2}, 0, false},
		{"a sender report without its times", []byte{0x80, 200, 0, 1, 0, 0, 0, 1}, 0, false},
		{"a receiver report without its block", []byte{0x81, 201, 0, 1, 0, 0, 0, 1}, 0, false},
		{"extended reports without a sender", []byte{0x80, 207, 0, 0}, 0, false},
		{"a block longer than its packet", []byte{0x80, 207, 0, 2, 0, 0, 0, 1, 7, 0, 0, 8}, 0, false},
		{"application data", []byte{0x80, 204, 0, 2, 0, 0, 0, 1, 'n', 'a', 'm', 'e'}, 0, false},
	}
	for _, tt := range tests {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer())
		b.talk(&b.stream, 1000, 5)
		if !b.s.control.read(b.s, append(rr[:8:8], tt.p...), b.now) {
			t.Errorf("%s: not taken for a compound", tt.name)
		}
		ended := b.now-b.s.in.lastAt >= streamQuiet
		if st := b.s.Stats(); st.Byes != tt.byes || ended != tt.ends || st.FarReports != 0 || st.FarRating != 0 {
			t.Errorf("%s: stream ended: %v, %+v", tt.name, ended, st)
		}
		if b.s.control.lastSR != 0 {
			t.Errorf("%s: a sender's time out of nothing", tt.name)
		}
	}
}

// A session that is closed before its first frame says goodbye all the same.
func TestGoodbyeBeforeAudio(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.s.receive(b.now, new(scratch))
	b.s.out.packets = 1 // as if: a sender report has a time
	b.s.Close()
	packets := b.reports(b.ctl)
	if len(packets) != 3 {
		t.Fatalf("%d packets", len(packets))
	}
	if sr, ok := packets[0].(*rtcp.SenderReport); !ok || sr.RTPTime != b.s.out.ts {
		t.Errorf("%+v", packets[0])
	}
}

func FuzzRTCP(f *testing.F) {
	f.Add([]byte{0x81, 201, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2})
	f.Add([]byte{0x80, 200, 0, 6, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 203, 0, 1, 0, 0, 0xfe, 0xed})
	b := newBench(f, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 3)
	f.Add(peerReport(b, 7<<32, 1<<20, 5))
	f.Add(append([]byte{0x80, 201, 0, 1, 0, 0, 0, 1}, farMetrics(b, 93, 43, 42)...))
	a := *b.s.taken
	a.xr = true
	f.Fuzz(func(t *testing.T, p []byte) {
		whole := b.s.control.read(b.s, p, b.now)
		if whole != validCompound(p) {
			t.Errorf("taken: %v", whole)
		}
		st := b.s.Stats()
		if st.RoundTrip < 0 || st.RoundTrip > 16*time.Second {
			t.Errorf("round trip %v", st.RoundTrip)
		}
		for _, share := range []float64{st.FarLoss, st.FarRecentLoss, st.FarDiscarded} {
			if !(share >= 0 && share <= 1) {
				t.Errorf("a share of %v: %+v", share, st)
			}
		}
		for _, mos := range []float64{st.MOS, st.FarMOS, st.FarListening} {
			if mos != 0 && !(mos >= 1 && mos <= 5) {
				t.Errorf("a MOS of %v: %+v", mos, st)
			}
		}
		if st.FarJitter < 0 || st.FarJitter > maxFarJitter || !(st.FarRating >= 0 && st.FarRating <= 120) {
			t.Errorf("%+v", st)
		}
		if _, err := rtcp.Unmarshal(b.s.appendReport(nil, b.now, &a)); err != nil {
			t.Errorf("our report afterwards: %v", err)
		}
	})
}
