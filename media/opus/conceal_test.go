package opus

import (
	"testing"

	"github.com/thesyncim/gopus"

	"warmline/internal/speech"
)

// TestConceal loses every fifth packet of speech. With the next packet at hand
// the result is much nearer to what was lost than without.
func TestConceal(t *testing.T) {
	signal := speech.Wide()[:16000*10]
	list := packets(t, newEncoder(t, Config{Loss: 20}), signal)
	whole := play(t, newDecoder(t), list)
	lossy := func(peek bool) (got, lost, want []int16) {
		d := newDecoder(t)
		dst := make([]int16, FrameSamples)
		for i, p := range list {
			at := i * FrameSamples
			if i%5 != 4 || i == len(list)-1 {
				got = append(got, dst[:d.Decode(dst, p)]...)
				continue
			}
			var next []byte
			if peek {
				next = list[i+1]
			}
			if n := d.Conceal(dst, next); n != FrameSamples {
				t.Fatalf("%d samples concealed", n)
			}
			got = append(got, dst...)
			lost = append(lost, dst...)
			want = append(want, whole[at:at+FrameSamples]...)
		}
		return got, lost, want
	}
	_, blind, want := lossy(false)
	_, seeing, _ := lossy(true)
	b, s := snr(want, blind), snr(want, seeing)
	t.Logf("lost frames: %.1f dB synthesised, %.1f dB with redundancy", b, s)
	if b < 0 || s < b+3 {
		t.Errorf("lost frames: %.1f dB synthesised, %.1f dB with redundancy", b, s)
	}
}

// TestConcealLengths asks for any length, at any time, with anything as the next
// packet.
func TestConcealLengths(t *testing.T) {
	signal := speech.Wide()[16000 : 16000*3]
	mono := packets(t, newEncoder(t, Config{Loss: 30}), signal)
	nexts := [][]byte{nil, {}, mono[50], {0xff}, mono[50][:3], {8}}
	for _, ms := range []int{10, 40, 60} {
		nexts = append(nexts, odd(t, 16000, 2, 16*ms, gopus.ApplicationVoIP, signal)[3])
	}
	nexts = append(nexts, odd(t, 48000, 1, 960, gopus.ApplicationLowDelay, signal)[3])
	for _, warm := range []int{0, 50} {
		for _, next := range nexts {
			for _, n := range []int{0, 1, 39, 40, 41, 160, 319, 320, 321, 640, 959, 960, 1280, 1920, 3333} {
				d := newDecoder(t)
				play(t, d, mono[:warm])
				dst := make([]int16, n+1)
				dst[n] = 77
				if got := d.Conceal(dst[:n], next); got != n || dst[n] != 77 {
					t.Fatalf("%d of %d samples", got, n)
				}
				play(t, d, mono[51:53])
			}
		}
	}
}

// TestConcealLongGap: the last 20 ms before the next packet come from its
// redundancy however long the gap is, and long gaps fade.
func TestConcealLongGap(t *testing.T) {
	signal := speech.Wide()[:16000*10]
	list := packets(t, newEncoder(t, Config{Loss: 20}), signal)
	whole := play(t, newDecoder(t), list)
	var blind, seeing, want []int16
	for at := 50; at < 490; at += 10 {
		for _, peek := range []bool{false, true} {
			d := newDecoder(t)
			play(t, d, list[at-20:at])
			gap := make([]int16, 3*FrameSamples)
			if !peek {
				d.Conceal(gap, nil)
				blind = append(blind, gap[2*FrameSamples:]...)
				continue
			}
			d.Conceal(gap, list[at+3])
			seeing = append(seeing, gap[2*FrameSamples:]...)
		}
		want = append(want, whole[(at+2)*FrameSamples:(at+3)*FrameSamples]...)
	}
	if b, s := snr(want, blind), snr(want, seeing); s < b+1 {
		t.Errorf("end of the gap: %.1f dB synthesised, %.1f dB with redundancy", b, s)
	}
	d := newDecoder(t)
	play(t, d, list[:60])
	long := make([]int16, 16000)
	d.Conceal(long, nil)
	if before, after := power(whole[50*320:60*320]), power(long[12000:]); after > before/10 {
		t.Errorf("power %.0f after a gap of a second, %.0f before", after, before)
	}
}

// TestConcealGivesUp: after the first 20 ms of a gap there is nothing any more
// but copies; the next packet, or a reset, begins anew.
func TestConcealGivesUp(t *testing.T) {
	plain := packets(t, newEncoder(t, Config{}), speech.Wide()[:16000*2])
	copies := packets(t, newEncoder(t, Config{Loss: 30}), speech.Wide()[:16000*2])
	d := newDecoder(t)
	dst := make([]int16, FrameSamples)
	for round := range 3 {
		d.Decode(dst, copies[60])
		got := [6]int{d.Conceal(dst[:160], nil), d.Conceal(dst[:160], plain[61]), d.Conceal(dst, nil), d.Conceal(dst, plain[61]),
			d.Conceal(dst, copies[61]), d.Conceal(dst, nil)}
		if want := [6]int{160, 160, 0, 0, FrameSamples, 0}; got != want {
			t.Errorf("round %d: %v samples, want %v", round, got, want)
		}
	}
	if d.Reset(); d.Conceal(dst, nil) != FrameSamples {
		t.Error("nothing after a reset")
	}
}
