package media

import (
	"encoding/binary"
	"math"
	"strings"
	"sync"
	"testing"

	"warmline/media/resample"
	"warmline/mixer"
	"warmline/testdata/speech"
)

// voiceOf is what somebody says in the test dialogue, at either rate. At 16 kHz
// there is something above 4 kHz too: a fainter mirror image of what is below.
func voiceOf(t testing.TB, who string, rate int) []int16 {
	t.Helper()
	narrow := voices()[who]
	if len(narrow) == 0 {
		t.Fatalf("no voice of %s", who)
	}
	if rate == mixer.Narrow {
		return narrow
	}
	wide := make([]int16, 2*len(narrow))
	var up resample.Up
	for i := 0; i+frameSamples <= len(narrow); i += frameSamples {
		up.Run(wide[2*i:2*i+wideFrame], narrow[i:i+frameSamples])
	}
	for i := range wide {
		v := int32(wide[i]) * 3 / 4
		if i%2 == 1 {
			v -= v / 4 // an image of a seventh
		}
		wide[i] = int16(v)
	}
	return wide
}

// voices are the voices of the dialogue at 8 kHz, without long pauses.
var voices = sync.OnceValue(func() map[string][]int16 {
	list := map[string][]int16{}
	entries, err := speech.Files.ReadDir(".")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		who, isWAV := strings.CutSuffix(e.Name(), ".wav")
		data, err := speech.Files.ReadFile(e.Name())
		if err != nil || !isWAV {
			continue
		}
		who = who[3:]
		for data = data[44:]; len(data) >= 2; data = data[2:] {
			list[who] = append(list[who], int16(binary.LittleEndian.Uint16(data)))
		}
	}
	return list
})

// tone is a sine that goes round in 20 ms.
func tone(hz float64, peak float64, rate int) []int16 {
	out := make([]int16, rate/framesPerSecond)
	for i := range out {
		out[i] = int16(math.Round(peak * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return out
}

// likeness is how much of a voice is in what was heard.
type likeness struct {
	gain  float64 // of the voice in it
	level float64 // of all that is heard, against the voice, dB
	corr  float64
}

// pieces per second, in which the delay is taken to be the same.
const pieces = 4

// match looks for what was said in what was heard, from some place on. The delay
// may move by some milliseconds from piece to piece, as that of the playout does.
func match(said, heard []int16, from, rate int) (l likeness) {
	n, reach := rate/pieces, rate*12/1000
	lag := findLag(said, heard, from, rate)
	var xx, yy, xy float64
	for at := from; at+n <= len(said) && at+n+lag+reach <= len(heard); at += n {
		x := said[at : at+n]
		if energy(x) < 1e4*float64(n) || at+lag < reach {
			continue
		}
		best, found := math.Inf(-1), lag
		for d := lag - reach; d <= lag+reach; d++ {
			if p := dot(x, heard[at+d:]); p > best {
				best, found = p, d
			}
		}
		lag = found
		xx, yy, xy = xx+energy(x), yy+energy(heard[at+lag:at+lag+n]), xy+best
	}
	return likeness{xy / (xx + 1), 10 * math.Log10((yy+1)/(xx+1)), xy / math.Sqrt(xx*yy+1)}
}

// findLag is the delay at which the loudest half second is most alike, between
// -50 and 200 ms.
func findLag(said, heard []int16, start, rate int) (lag int) {
	n := rate / 2
	loudest, from := 0.0, start
	for at := start; at+2*n <= min(len(said), len(heard)); at += n / 2 {
		if e := energy(said[at : at+n]); e > loudest {
			loudest, from = e, at
		}
	}
	best := math.Inf(-1)
	for d := -rate / 20; d < rate/5 && from+n+d <= len(heard); d++ {
		if p := dot(said[from:from+n], heard[from+d:]); p > best {
			best, lag = p, d
		}
	}
	return lag
}

func dot(x, y []int16) float64 {
	var sum int64
	y = y[:len(x)]
	for i, v := range x {
		sum += int64(v) * int64(y[i])
	}
	return float64(sum)
}

func energy(x []int16) float64 { return dot(x, x) }

// above is the energy above 4 kHz of a signal at 16 kHz, against all, in dB: the
// upper half band of a half-band filter.
func above(s []int16) float64 {
	low := make([]int16, len(s)/2)
	back := make([]int16, len(s))
	var down resample.Down
	var up resample.Up
	for i := 0; i+wideFrame <= len(s); i += wideFrame {
		down.Run(low[i/2:i/2+frameSamples], s[i:i+wideFrame])
		up.Run(back[i:i+wideFrame], low[i/2:i/2+frameSamples])
	}
	return 10 * math.Log10(math.Max(1-energy(back)/(energy(s)+1), 1e-9))
}

// strength is the amplitude of a frequency in a signal.
func strength(s []int16, hz float64, rate int) float64 {
	var re, im float64
	for i, v := range s {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(s)))
		a := 2 * math.Pi * hz * float64(i) / float64(rate)
		re, im = re+w*float64(v)*math.Cos(a), im+w*float64(v)*math.Sin(a)
	}
	return 4 * math.Hypot(re, im) / float64(len(s))
}

// roughness is the largest second difference of a signal: large at a click.
func roughness(s []int16) (most float64) {
	for i := range s[:max(0, len(s)-2)] {
		most = max(most, math.Abs(float64(s[i])-2*float64(s[i+1])+float64(s[i+2])))
	}
	return most
}

// atRate brings a signal to another rate.
func atRate(s []int16, from, to int) []int16 {
	out := make([]int16, len(s)*to/from)
	switch {
	case to > from:
		new(resample.Up).Run(out, s)
	case to < from:
		new(resample.Down).Run(out, s)
	default:
		copy(out, s)
	}
	return out
}
