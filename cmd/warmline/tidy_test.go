package main

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestTidier(t *testing.T) {
	const mb = 1 << 20
	tests := []struct {
		name string
		live uint64
		made []uint64 // at each look
		want []int    // the looks that collect
	}{
		{"nothing is made", mb, []uint64{mb, mb, mb}, nil},
		{"a burst, and quiet after it", mb, []uint64{10 * mb, 20 * mb, 30 * mb, 30*mb + 1000, 30*mb + 2000}, []int{3}},
		{"never quiet", mb, []uint64{2 * mb, 4 * mb, 6 * mb, 8 * mb, 10 * mb}, nil},
		{"a little at a time", mb, []uint64{
			tidyCalm, 2 * tidyCalm, 3 * tidyCalm, 4 * tidyCalm, 5 * tidyCalm, 6 * tidyCalm, 7 * tidyCalm,
			8 * tidyCalm, 9 * tidyCalm, 10 * tidyCalm,
		}, []int{7}},
		{"two bursts", mb, []uint64{5 * mb, 5 * mb, 5 * mb, 12 * mb, 12 * mb, 12 * mb}, []int{1, 4}},
		{"little beside what is alive", 800 * mb, []uint64{90 * mb, 90 * mb, 150 * mb, 150 * mb, 200 * mb, 200 * mb}, []int{3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []int
			at := 0
			tidy := &tidier{
				heap:    func() (made, live uint64) { return tt.made[at], tt.live },
				collect: func() { got = append(got, at) },
			}
			for at = range tt.made {
				tidy.look()
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("collects at looks %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTidierRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		tidy := &tidier{heap: func() (made, live uint64) { looks++; return 0, 0 }, collect: func() { t.Error("collected nothing") }}
		stop, over := make(chan struct{}), make(chan struct{})
		go func() { tidy.run(stop); close(over) }()
		time.Sleep(5*tidyEvery + tidyEvery/2)
		close(stop)
		<-over
		if looks != 5 {
			t.Errorf("%d looks in five intervals", looks)
		}
	})
}

func TestHeapBytes(t *testing.T) {
	before, _ := heapBytes()
	kept := make([]byte, 8<<20)
	newTidier().collect()
	after, live := heapBytes()
	if after-before < 8<<20 {
		t.Errorf("made %d bytes, have made %d", after-before, len(kept))
	}
	if live < 8<<20 {
		t.Errorf("%d bytes alive, %d are", live, len(kept))
	}
	kept[0]++
}
