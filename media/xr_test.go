package media

import (
	"encoding/binary"
	"reflect"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"warmline/media/quality"
)

// reporting is the bench's agreement with VoIP metrics.
func (b *bench) reporting() *agreement {
	a := *b.s.taken
	a.xr = true
	return &a
}

// voip is the VoIP metrics block the session would send now, as another
// implementation reads it.
func (b *bench) voip() *rtcp.VoIPMetricsReportBlock {
	b.Helper()
	packets, err := rtcp.Unmarshal(b.s.appendReport(nil, b.now, b.reporting()))
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range packets {
		xr, ok := p.(*rtcp.ExtendedReport)
		if !ok {
			continue
		}
		if xr.SenderSSRC != b.s.out.ssrc || len(xr.Reports) != 1 {
			b.Fatalf("%+v", xr)
		}
		return xr.Reports[0].(*rtcp.VoIPMetricsReportBlock)
	}
	return nil
}

func TestMetricsOfACleanStream(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.tick()
	if got := b.voip(); got != nil {
		t.Errorf("metrics of no stream: %+v", got)
	}
	b.talk(&b.stream, 1000, 200)
	m := b.voip()
	if m.SSRC != b.stream.ssrc || m.LossRate != 0 || m.DiscardRate != 0 || m.BurstDensity != 0 || m.GapDensity != 0 ||
		m.BurstDuration != 0 || m.GapDuration != 4000 || m.Gmin != 16 {
		t.Errorf("%+v", m)
	}
	if m.RFactor < 90 || m.RFactor > 93 || m.MOSLQ != 44 || m.MOSCQ < 43 || m.MOSCQ > 44 || m.ExtRFactor != unavailable {
		t.Errorf("scores %+v", m)
	}
	if m.SignalLevel != unavailable || m.NoiseLevel != unavailable || m.RERL != unavailable {
		t.Errorf("levels nobody measured: %+v", m)
	}
	if delay := b.s.Stats().Delay.Milliseconds(); int64(m.JBNominal) != delay || int64(m.EndSystemDelay) != delay+20 || m.JBMaximum < m.JBNominal || m.JBAbsMax < m.JBMaximum {
		t.Errorf("delays %+v with %d ms in the buffer", m, delay)
	}
}

// A quarter of the stream is lost in a burst: 100 packets, of which 20 and 30 in
// a row are missing with 10 between.
func TestMetricsOfABurst(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 70)
	for _, missing := range []uint16{20, 30} {
		b.stream.seq += missing
		b.stream.ts += uint32(missing) * 160
		b.now += int64(missing) * frameNanos
		b.talk(&b.stream, 1000, 10)
	}
	b.talk(&b.stream, 1000, 60)
	m := b.voip()
	if m.LossRate != 64 || m.DiscardRate != 0 || m.BurstDensity != 213 || m.GapDensity != 0 || m.BurstDuration != 1200 || m.GapDuration != 1400 {
		t.Errorf("%+v", m)
	}
	// 25 runs' worth of loss in a row weighs more than the same at random.
	if random := b.s.count.call(quality.Of("PCMU")); random.BurstRatio < 18 || random.BurstRatio > 19 {
		t.Errorf("burst ratio %v, want 25 × 0.75", random.BurstRatio)
	}
}

// How long a burst and a gap last depends on how long the packets are.
func TestMetricsByPacketTime(t *testing.T) {
	for _, codec := range []string{"pcmu", "g722", "opus"} {
		for _, ms := range []int{10, 20, 30, 60} {
			if codec == "opus" && ms == 30 {
				continue // no packet of it is so long
			}
			b := speaking(t, codec)
			c := codecNamed(codec)
			payload := make([]byte, ms*bytesPerMillisecond)
			if codec == "opus" { // silence in one frame: SILK wideband of that length
				payload = []byte{map[int]byte{10: 8 << 3, 20: 9 << 3, 60: 11 << 3}[ms]}
			}
			for i := range 200 {
				if i < 70 || i >= 110 {
					b.sendAs(b.peer, &b.stream, c.payloadType, payload)
				} else {
					b.stream.seq++
				}
				b.stream.ts += uint32(ms * c.clock / 1000)
				if b.now += int64(ms) * 1_000_000; b.now%frameNanos == 0 || ms > 20 {
					b.s.Next(b.now)
				}
			}
			b.s.Next(b.now)
			if m := b.voip(); int(m.BurstDuration) != 40*ms || int(m.GapDuration) != 80*ms {
				t.Errorf("%s in %d ms: a burst of %d ms, gaps of %d ms, want %d and %d", codec, ms, m.BurstDuration, m.GapDuration, 40*ms, 80*ms)
			}
		}
	}
}

// Without an agreement on it there are no metrics.
func TestMetricsOnlyWhereAgreed(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 10)
	packets, err := rtcp.Unmarshal(b.s.appendReport(nil, b.now, b.s.taken))
	if err != nil || len(packets) != 2 {
		t.Errorf("%v, %v", packets, err)
	}
}

// farMetrics is the peer's XR packet about our stream.
func farMetrics(b *bench, rating, listening, conversational uint8) []byte {
	p, err := (&rtcp.ExtendedReport{SenderSSRC: b.stream.ssrc, Reports: []rtcp.ReportBlock{
		&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: 1},
		&rtcp.VoIPMetricsReportBlock{SSRC: b.s.out.ssrc + 1, MOSCQ: 10},
		&rtcp.VoIPMetricsReportBlock{
			SSRC: b.s.out.ssrc, LossRate: 10, DiscardRate: 64, EndSystemDelay: 90, JBNominal: 60,
			RFactor: rating, MOSLQ: listening, MOSCQ: conversational,
		},
	}}).Marshal()
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func TestFarMetrics(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 10)
	read := func(xr []byte) Stats {
		if !b.s.control.read(b.s, append(peerReport(b, 1, 0, 0), xr...), b.now) {
			t.Fatal("not taken")
		}
		return b.s.Stats()
	}
	st := read(farMetrics(b, 80, 41, 40))
	if st.FarRating != 80 || st.FarListening != 4.1 || st.FarMOS != 4 || st.FarDiscarded != 0.25 ||
		st.FarDelay != 90*time.Millisecond || st.FarBuffer != 60*time.Millisecond {
		t.Errorf("%+v", st)
	}
	// Where the peer knows no score it is ours; nonsense is none.
	for _, none := range []uint8{unavailable, 255, 0} {
		st = read(farMetrics(b, 130, none, none))
		if st.FarRating != 0 || st.FarListening != 0 || st.FarMOS < 4.2 || st.FarMOS > 4.5 {
			t.Errorf("score %d: %+v", none, st)
		}
	}
}

// What is written is what is read.
func TestMetricsRoundTrip(t *testing.T) {
	m := voipMetrics{
		ssrc: 1, lossRate: 2, discardRate: 3, burstDensity: 4, gapDensity: 5, burstDuration: 600, gapDuration: 700,
		roundTrip: 800, endDelay: 900, rating: 90, listening: 41, conversational: 42,
		bufferNominal: 1000, bufferMaximum: 1100, bufferLimit: 1200,
	}
	p := m.append(nil)
	if got := parseVoIP(p); len(p) != blockVoIPSize || !reflect.DeepEqual(got, m) {
		t.Errorf("%+v, want %+v", got, m)
	}
	if binary.BigEndian.Uint16(p[2:]) != 8 {
		t.Errorf("length %x, want 8", p[2:4])
	}
}

// Reports and what is read of the peer's allocate nothing on the worker's side.
func TestControlAllocatesNothing(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 50)
	a := b.reporting()
	in := append(peerReport(b, 1, 1, 1), farMetrics(b, 80, 41, 40)...)
	b.s.rtcp = &replaySocket{fakeSocket: fakeSocket{net: b.net}}
	if n := testing.AllocsPerRun(100, func() {
		b.now += 10_000_000_000
		b.s.report(b.now, a)
		b.s.control.read(b.s, in, b.now)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if b.s.Stats().FarReports == 0 {
		t.Error("nothing was read")
	}
}

func BenchmarkReport(b *testing.B) {
	w := newBench(b, SessionConfig{})
	w.agree(plainOffer())
	w.talk(&w.stream, 1000, 50)
	a, out := w.reporting(), make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		w.s.appendReport(out, w.now, a)
	}
}

func BenchmarkReadReport(b *testing.B) {
	w := newBench(b, SessionConfig{})
	w.agree(plainOffer())
	w.tick()
	in := append(peerReport(w, 1, 1, 1), farMetrics(w, 80, 41, 40)...)
	b.ReportAllocs()
	for b.Loop() {
		w.s.control.read(w.s, in, w.now)
	}
}

func BenchmarkCount(b *testing.B) {
	var s streamStats
	s.begin(&rtpHeader{})
	h := rtpHeader{}
	now := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		h.seq++
		h.ts += 160
		now += frameNanos
		s.count(&h)
		s.spread(now, h.ts, 8000)
	}
}
