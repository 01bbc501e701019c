package jitter

import (
	"os"
	"sync"
	"testing"
)

func TestProbe(t *testing.T) {
	signal := dialogue(t, 40)
	said := see(signal)
	full := os.Getenv("FULL") != ""
	for _, j := range [][2]float64{{0, 0}, {33, 20}, {131, 60}} {
		if os.Getenv("J0") != "" && j[1] > 0 {
			break
		}
		for _, burst := range []float64{0, 3} {
			for _, loss := range []float64{0, .01, .03, .05, .1} {
				if burst > 0 && loss == 0 {
					continue
				}
				var wg sync.WaitGroup
				var dp, ds, dr, mean, high, ms [4]float64
				for k := range 4 {
					wg.Go(func() {
						w := network{seed: uint64(k), loss: loss, burst: burst, mean: j[0], sigma: j[1]}
						var p Playout
						p.Reset()
						h := listen(signal, w, &p, 7_000_000)
						mean[k], high[k] = h.spread(len(signal))
						dp[k] = disturbance(said, h)
						if full {
							hs := listen(signal, w, &naive{delay: mean[k]}, 7_000_000)
							ms[k], _ = hs.spread(len(signal))
							ds[k] = disturbance(said, hs)
							dr[k] = disturbance(said, listen(signal, w, &naive{delay: mean[k], repeat: true}, 7_000_000))
						}
					})
				}
				wg.Wait()
				w := network{mean: j[0], sigma: j[1]}
				avg := func(x [4]float64) float64 { return (x[0] + x[1] + x[2] + x[3]) / 4 }
				t.Logf("jitter %2.0f burst %.0f loss %4.0f%%: ours %.3f silence %.3f repeat %.3f   delay %.1f p97 %.1f (net p97 %.1f) naive %.1f", j[1], burst, loss*100, avg(dp), avg(ds), avg(dr), avg(mean), avg(high), w.high97(), avg(ms))
			}
		}
	}
}
