package bench

import (
	"math"
	"slices"
)

// histogram counts durations, in bins of 10 µs up to 200 ms.
type histogram struct {
	bins    [binCount + 1]uint32
	n       int
	largest int64
}

const (
	binWidth = 10_000 // ns
	binCount = 20_000
)

func (h *histogram) add(ns int64) {
	h.bins[min(max(0, ns)/binWidth, binCount)]++
	h.n++
	h.largest = max(h.largest, ns)
}

// quantile is the upper edge of the bin that holds it, in ms, and no more than
// the largest.
func (h *histogram) quantile(q float64) float64 {
	rank := int(math.Ceil(q * float64(h.n)))
	if h.n == 0 {
		return 0
	}
	sum := 0
	for i, c := range h.bins[:binCount] {
		if sum += int(c); sum >= max(1, rank) {
			return ms(min(int64(i+1)*binWidth, h.largest))
		}
	}
	return ms(h.largest)
}

// within is the share of those at most ns, in per cent; ns is a multiple of the
// bin's width.
func (h *histogram) within(ns int64) float64 {
	if h.n == 0 {
		return 0
	}
	sum := 0
	for _, c := range h.bins[:min(ns/binWidth, binCount)] {
		sum += int(c)
	}
	return 100 * float64(sum) / float64(h.n)
}

func ms(ns int64) float64 { return float64(ns) / 1e6 }

// quantile is of a sorted list; 0 when it is empty.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(0, i), len(sorted)-1)]
}

func mean(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return sum / float64(len(list))
}

// sorted is a sorted copy.
func sorted(list []float64) []float64 {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
