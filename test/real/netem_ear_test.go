//go:build real

package real

import (
	"cmp"
	"math"
	"net"
	"slices"

	"warmline/internal/score"
)

// recording is what a listener with unlimited patience heard: each packet in
// its place by its timestamp, silence where none came.
type recording struct {
	signal []int16
	at     []int64 // by frame: when its packet came
}

// record puts together what was heard from a moment on.
func (p *path) record(from int64) (r recording) {
	list := p.heard(from)
	if len(list) == 0 {
		return r
	}
	slices.SortStableFunc(list, func(a, b arrival) int { return int(int32(a.ts - b.ts)) })
	first, last := list[0], list[len(list)-1]
	frames := int(last.ts-first.ts)/score.Frame + 1
	r.signal, r.at = make([]int16, frames*score.Frame), make([]int64, frames)
	for _, a := range list {
		place := int(a.ts - first.ts)
		r.at[place/score.Frame] = a.at
		for i, b := range a.payload {
			if place+i < len(r.signal) {
				r.signal[place+i] = ulawDecode(b)
			}
		}
	}
	for f := 1; f < frames; f++ {
		if r.at[f] == 0 {
			r.at[f] = r.at[f-1] + int64(packetTime)
		}
	}
	return r
}

// verdict is what a path did to the speech.
type verdict struct {
	lost                  float64 // share of the packets
	ours, silence, repeat float64 // scores
	delay, high           float64 // ms from mouth to ear above the packetisation: mean and 97th percentile
	network               float64 // 97th percentile of the network's delay
}

// judge compares what the listener heard with what the talker said, and with
// what players of a fixed delay would have made of the same packets.
func (p *path) judge(said []int16, picture score.Picture) (v verdict) {
	const early = score.Frame // the server may move its phase, and seem ahead of the first packet
	r := p.record(p.sent[0])
	if len(r.at) == 0 {
		return v
	}
	first := int((r.at[0]-p.sent[0])*score.Rate/1e9) + early
	h := score.Heard{Signal: r.signal, Source: score.Align(said, r.signal, first)}
	var delays, network []float64
	for f, at := range h.Source {
		if at < score.Settle || at >= len(said) {
			continue
		}
		k := at / score.Frame
		delays = append(delays, float64(r.at[f]-p.sent[k])/1e6-float64(at%score.Frame)/8)
	}
	for seq, at := range p.passed {
		if at == 0 {
			v.lost += 1 / float64(len(p.passed))
		} else {
			network = append(network, float64(at-p.sent[seq])/1e6)
		}
	}
	v.delay, v.high = spread(delays)
	_, v.network = spread(network)
	v.ours = picture.Opinion(h)
	v.silence = picture.Opinion(p.plain(said, v.delay, false))
	v.repeat = picture.Opinion(p.plain(said, v.delay, true))
	return v
}

// plain is what a player makes of the same packets that was told the mean delay
// in advance (ms), and fills what is missing or later with silence or with the
// last frame.
func (p *path) plain(said []int16, delay float64, repeat bool) (h score.Heard) {
	last := make([]int16, score.Frame)
	for seq, at := range p.passed {
		frame := said[seq*score.Frame:][:score.Frame]
		if at == 0 || float64(at-p.sent[seq])/1e6 > delay {
			frame = last
			if !repeat {
				frame = make([]int16, score.Frame)
			}
		}
		h.Signal = append(h.Signal, frame...)
		h.Source = append(h.Source, seq*score.Frame)
		last = frame
	}
	return h
}

// spread is the mean and the 97th percentile.
func spread(list []float64) (mean, high float64) {
	if len(list) == 0 {
		return math.Inf(1), math.Inf(1)
	}
	for _, x := range list {
		mean += x / float64(len(list))
	}
	slices.SortFunc(list, cmp.Compare[float64])
	return mean, list[int(math.Ceil(0.97*float64(len(list))))-1]
}

// mean is the mean of several verdicts.
func mean(list []verdict) (v verdict) {
	n := float64(len(list))
	for _, x := range list {
		v.lost += x.lost / n
		v.ours += x.ours / n
		v.silence += x.silence / n
		v.repeat += x.repeat / n
		v.delay += x.delay / n
		v.high += x.high / n
		v.network += x.network / n
	}
	return v
}

// encoded is a signal as PCMU.
func encoded(signal []int16) []byte {
	p := make([]byte, len(signal))
	for i, v := range signal {
		p[i] = ulawEncode(v)
	}
	return p
}

func port(conn *net.UDPConn) int { return conn.LocalAddr().(*net.UDPAddr).Port }
