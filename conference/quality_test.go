package conference

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"warmline/media"
)

func TestQualityOfStats(t *testing.T) {
	ms := time.Millisecond
	tests := []struct {
		name  string
		stats media.Stats
		up    time.Duration
		want  Quality
	}{
		{"nothing heard", media.Stats{PacketsOut: 7}, time.Second, Quality{PacketsOut: 7}},
		{"a clean call", media.Stats{PacketsIn: 500, PacketsOut: 501, MOS: 4.3876, Delay: 22500 * time.Microsecond}, 10 * time.Second,
			Quality{PacketsIn: 500, PacketsOut: 501, MOS: 4.39, BufferMS: 22.5}},
		{"a bad one", media.Stats{PacketsIn: 75, Lost: 25, Jitter: 12345678, RoundTrip: 80 * ms, Concealed: 500 * ms, MOS: 2.5}, 2 * time.Second,
			Quality{PacketsIn: 75, Loss: 0.25, JitterMS: 12.346, RoundTripMS: 80, Concealed: 0.25, MOS: 2.5}},
		{"the far end", media.Stats{PacketsIn: 1, FarReports: 1, FarLoss: 0.12345, FarJitter: 3 * ms, FarMOS: 3.333}, time.Second,
			Quality{PacketsIn: 1, Far: &FarQuality{Loss: 0.1235, JitterMS: 3, MOS: 3.33}}},
		{"the far end without a report", media.Stats{PacketsIn: 1, FarLoss: 0.5}, time.Second, Quality{PacketsIn: 1}},
		{"more concealed than heard", media.Stats{PacketsIn: 1, Concealed: time.Minute}, time.Second, Quality{PacketsIn: 1, Concealed: 1}},
		{"concealed before it was up", media.Stats{PacketsIn: 1, Concealed: time.Minute}, 0, Quality{PacketsIn: 1}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(&tt.want, qualityOf(tt.stats, tt.up)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
