package opus

import (
	"testing"

	"warmline/internal/speech"
)

// TestRenew has a far end go from one encoder to another that has long coded
// something else: two voices before, one of them after. With a packet to begin with
// what it hears is right at once, without it takes many packets. For those who had
// the other encoder's packets all the time it is a little less exact.
func TestRenew(t *testing.T) {
	const before, after = 30, 6
	wide := speech.Wide()
	one, two := wide[:len(wide)/2], wide[len(wide)/2:]
	both := make([]int16, min(len(one), len(two))/FrameSamples*FrameSamples)
	for i := range both {
		both[i] = one[i]/2 + two[i]/2
	}
	old := packets(t, newEncoder(t, Config{}), both)
	type heard [after][]int16
	change := func(renew bool) (goes, stays heard) {
		for at := 60; at+after <= len(old); at += 41 {
			e, gone, stayed := newEncoder(t, Config{}), newDecoder(t), newDecoder(t)
			play(t, stayed, packets(t, e, one[(at-before)*FrameSamples:at*FrameSamples]))
			play(t, gone, old[at-before:at])
			if renew {
				e.Renew()
			}
			for i, p := range packets(t, e, one[at*FrameSamples:(at+after)*FrameSamples]) {
				goes[i] = append(goes[i], play(t, gone, [][]byte{p})...)
				stays[i] = append(stays[i], play(t, stayed, [][]byte{p})...)
			}
		}
		return goes, stays
	}
	compare := func(want, got heard) (list [after]float64) {
		for i := range want {
			list[i] = snr(want[i], got[i])
		}
		return list
	}
	coldGoes, coldStays := change(false)
	goes, stays := change(true)
	cold, renewed, harm := compare(coldStays, coldGoes), compare(stays, goes), compare(coldStays, stays)
	t.Logf("whom it goes to against one who was there before, dB: %.1f, renewed %.1f", cold, renewed)
	t.Logf("who was there before: %.1f of what it is otherwise", harm)
	if renewed[0] < cold[0]+3 || renewed[1] < cold[1]+6 {
		t.Error("to begin anew makes no difference")
	}
	for i, level := range harm {
		if level < 10 {
			t.Errorf("packet %d: only %.1f dB for those who had all", i, level)
		}
	}
}
