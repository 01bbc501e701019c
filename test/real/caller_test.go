//go:build real

package real

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// caller is a customer on a trunk: SIPp does its SIP, this process its RTP, so
// that every sample it hears can be measured.
type caller struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan error
	rtp  *net.UDPConn

	mu      sync.Mutex
	samples []int16
	stop    chan struct{}
}

// startCaller dials a number over the trunk and sends a tone.
func startCaller(t *testing.T, s *server, number string, hz float64) *caller {
	t.Helper()
	rtp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(trunkAddr)})
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{t: t, rtp: rtp, done: make(chan error, 1), stop: make(chan struct{})}
	scenario, err := filepath.Abs("scenarios/caller.xml")
	if err != nil {
		t.Fatal(err)
	}
	c.cmd = exec.Command("sipp", fmt.Sprintf("%s:%d", serverAddr, s.sipPort), "-sf", scenario, "-s", number,
		"-i", trunkAddr, "-m", "1", "-nostdin", "-timeout", "120s",
		"-key", "rtp_port", itoa(rtp.LocalAddr().(*net.UDPAddr).Port))
	c.cmd.Dir = t.TempDir()
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.out
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.done <- c.cmd.Wait() }()
	go c.talk(hz)
	t.Cleanup(func() {
		close(c.stop)
		_ = c.cmd.Process.Kill()
		_ = rtp.Close()
	})
	return c
}

// talk answers each packet received with one of ours: the server's clock is
// ours. What comes is decoded and kept.
func (c *caller) talk(hz float64) {
	buf := make([]byte, 2048)
	packet := make([]byte, 12+160)
	packet[0] = 0x80
	binary.BigEndian.PutUint32(packet[8:], 0x1234)
	var seq uint16
	var phase int
	for {
		n, from, err := c.rtp.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if n < 12 || buf[1]&0x7f != 0 {
			continue
		}
		c.mu.Lock()
		for _, b := range buf[12:n] {
			c.samples = append(c.samples, ulawDecode(b))
		}
		c.mu.Unlock()
		seq++
		binary.BigEndian.PutUint16(packet[2:], seq)
		binary.BigEndian.PutUint32(packet[4:], uint32(phase))
		for i := range 160 {
			packet[12+i] = ulawEncode(int16(8000 * math.Sin(2*math.Pi*hz*float64(phase)/8000)))
			phase++
			_ = i
		}
		_, _ = c.rtp.WriteToUDPAddrPort(packet, from)
	}
}

func (c *caller) heard() []int16 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]int16(nil), c.samples...)
}

// ended waits until SIPp is through its scenario, with no error.
func (c *caller) ended() {
	c.t.Helper()
	select {
	case err := <-c.done:
		if err != nil {
			c.t.Errorf("sipp: %v\n%s", err, tail(c.out.String(), 3000))
		}
	case <-time.After(10 * time.Second):
		c.t.Error("the caller was not hung up on")
	}
}

// level is a tone's level in dB relative to full scale over the last second of
// what was heard (Goertzel).
func level(samples []int16, hz float64) float64 {
	const window = 8000
	if len(samples) < window {
		return math.Inf(-1)
	}
	samples = samples[len(samples)-window:]
	k := 2 * math.Cos(2*math.Pi*hz/8000)
	var s1, s2 float64
	for _, x := range samples {
		s1, s2 = float64(x)+k*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - k*s1*s2
	return 10 * math.Log10(4*power/window/window/32768/32768+1e-12)
}

// rms is the level of all that was heard in the last second, in dBFS.
func rms(samples []int16) float64 {
	const window = 8000
	if len(samples) < window {
		return math.Inf(-1)
	}
	var sum float64
	for _, x := range samples[len(samples)-window:] {
		sum += float64(x) * float64(x)
	}
	return 10 * math.Log10(sum/window/32768/32768+1e-12)
}

// ulawDecode and ulawEncode are G.711 written anew from its definition, so that
// the server's own tables are not their own witness.
func ulawDecode(b byte) int16 {
	b = ^b
	v := (int16(b&0x0f)<<3 + 0x84) << ((b >> 4) & 7)
	v -= 0x84
	if b&0x80 != 0 {
		return -v
	}
	return v
}

func ulawEncode(x int16) byte {
	sign, v := byte(0), int(x)
	if v < 0 {
		sign, v = 0x80, -v
	}
	v = min(v, 32635) + 0x84
	exp := byte(7)
	for mask := 0x4000; exp > 0 && v&mask == 0; mask >>= 1 {
		exp--
	}
	return ^(sign | exp<<4 | byte(v>>(exp+3))&0x0f)
}
