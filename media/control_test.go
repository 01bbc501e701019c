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
		n, _, ok := from.TryRead(buf)
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
	packets, err := rtcp.Unmarshal(b.s.appendReport(nil))
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
		// Every 2.05 to 6.2 s.
		if n := len(reports); n < 9 || n > 29 {
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
	b.s.in.stream = streamStats{started: true, ssrc: 5, base: 1 << 16, highest: 1<<16 + 99, received: 75}
	for _, want := range []uint8{64, 0} {
		block := b.nextBlock()
		if block.FractionLost != want || block.TotalLost != 25 {
			t.Errorf("%+v, want a fraction of %d", block, want)
		}
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
		sentAt := ntpTime(time.Now()) - report.NTPTime
		// The peer kept the report for all but 150 ms of the time since.
		keep := uint32(sentAt>>16) - 150*65536/1000
		b.ctl.TryWrite(peerReport(b, 7<<32, uint32(report.NTPTime>>16), keep), b.s.rtcp.LocalAddr())
		for range controlTicks {
			b.tick()
		}
		if got := b.s.Stats().RoundTrip; got < 149*time.Millisecond || got > 151*time.Millisecond {
			t.Errorf("round trip %v, want 150 ms", got)
		}
		// And the peer learns how long we kept its own.
		time.Sleep(2 * time.Second)
		block := b.nextBlock()
		if block.LastSenderReport != 7<<16 || block.Delay < 2*65536 || block.Delay > 2*65536+100 {
			t.Errorf("%+v", block)
		}
	})
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
	now := uint32(ntpTime(time.Now()) >> 16)
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
			b.peer.TryWrite(peerReport(b, 1, uint32(ntpTime(time.Now())>>16)-6554, 0), b.rtpAddr())
		})
		control := 0
		buf := make([]byte, datagramSize)
		for {
			n, _, ok := b.peer.TryRead(buf)
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

func TestReportIntervals(t *testing.T) {
	c := control{random: 12345}
	var sum, lowest, highest int64
	lowest = 1 << 62
	for range 10_000 {
		i := c.interval()
		sum, lowest, highest = sum+i, min(lowest, i), max(highest, i)
	}
	mean := time.Duration(sum / 10_000)
	if mean < 4*time.Second || mean > 4200*time.Millisecond || lowest < 2_052_000_000 || highest > 6_157_000_000 || highest-lowest < 4_000_000_000 {
		t.Errorf("mean %v, from %v to %v", mean, time.Duration(lowest), time.Duration(highest))
	}
}

func FuzzRTCP(f *testing.F) {
	f.Add([]byte{0x81, 201, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2})
	f.Add([]byte{0x80, 200, 0, 6, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	b := newBench(f, SessionConfig{})
	b.agree(plainOffer())
	f.Fuzz(func(t *testing.T, p []byte) {
		b.s.control.read(b.s, p)
		if trip := b.s.Stats().RoundTrip; trip < 0 || trip > 16*time.Second {
			t.Errorf("round trip %v", trip)
		}
		if _, err := rtcp.Unmarshal(b.s.appendReport(nil)); err != nil {
			t.Errorf("our report afterwards: %v", err)
		}
	})
}
