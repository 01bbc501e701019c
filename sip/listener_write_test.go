package sip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// strayBye is a request that gets 481 from anybody.
func strayBye(i int) string {
	return fmt.Sprintf("BYE sip:203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.66;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: %d\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n", i, i)
}

// A peer that pipelines requests and reads no answer costs a bounded number of
// goroutines, and its connection a few seconds after the window is full.
func TestPeerThatNeverReadsIsEnded(t *testing.T) {
	for _, from := range []string{"192.0.2.66", trunkAddr.Addr().String()} {
		t.Run(from, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				conn, err := r.net.DialFrom(netip.MustParseAddr(from))(context.Background(), "tcp", ourAddr.String())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				synctest.Wait()
				before, start := runtime.NumGoroutine(), time.Now()
				done := make(chan int)
				go func() {
					for i := 0; ; i++ {
						if _, err := io.WriteString(conn, strayBye(i)); err != nil {
							done <- i
							return
						}
						if i%50 == 49 {
							time.Sleep(time.Millisecond)
						}
					}
				}()
				most := 0
				for {
					most = max(most, runtime.NumGoroutine()-before)
					select {
					case sent := <-done:
						synctest.Wait()
						if took := time.Since(start); took > 20*time.Second {
							t.Errorf("ended after %v and %d requests", took, sent)
						}
						if len(r.closed) != 1 {
							t.Errorf("closed connections: %v", r.closed)
						}
						if most > 100 {
							t.Errorf("%d goroutines for one connection", most)
						}
						if left := runtime.NumGoroutine() - before; left > 5 {
							t.Errorf("%d goroutines left", left)
						}
						return
					case <-time.After(time.Millisecond):
					}
				}
			})
		})
	}
}

// The wait for those before counts: a peer that takes each message in just
// under the limit does not hold the last of them for long.
func TestSlowReaderIsEndedForAllWriters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := framed(testGuard(Limits{}))
		reader := make(chan struct{})
		go func() {
			defer close(reader)
			buf := make([]byte, 4)
			for {
				time.Sleep(2 * time.Second)
				if _, err := io.ReadFull(far, buf); err != nil {
					return
				}
			}
		}()
		var (
			wg        sync.WaitGroup
			delivered atomic.Int32
		)
		start := time.Now()
		for range 10 {
			wg.Go(func() {
				if _, err := near.Write([]byte("four")); err == nil {
					delivered.Add(1)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took != writeTimeout || delivered.Load() != 2 {
			t.Errorf("%d written after %v", delivered.Load(), took)
		}
		if _, err := near.Write([]byte("x")); !errors.Is(err, net.ErrClosed) || time.Since(start) != writeTimeout {
			t.Errorf("a later writer: %v after %v", err, time.Since(start))
		}
		far.Close()
		<-reader
	})
}

// What follows half a message could be read as its other half.
func TestNothingFollowsAMessageCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := framed(testGuard(Limits{}))
		got := make(chan string)
		go func() {
			buf := make([]byte, 3)
			_, _ = io.ReadFull(far, buf)
			time.Sleep(2 * writeTimeout)
			rest, _ := io.ReadAll(far)
			got <- string(buf) + string(rest)
		}()
		if n, err := near.Write([]byte("first")); n != 3 || !isTimeout(err) {
			t.Errorf("%d, %v", n, err)
		}
		if _, err := near.Write([]byte("second")); err == nil {
			t.Error("written behind half a message")
		}
		if s := <-got; s != "fir" {
			t.Errorf("the peer read %q", s)
		}
	})
}

func TestStrangersConnectionIsReadAtALimitedRate(t *testing.T) {
	const count = streamBurst + 2*streamRate
	for _, tt := range []struct {
		name  string
		trunk bool
		took  time.Duration
	}{{"stranger", false, 2 * time.Second}, {"trunk", true, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := framed(newGuard(Limits{}, func(netip.Addr) (string, bool) { return "", tt.trunk }, time.Now))
				start := time.Now()
				go func() {
					_, _ = io.WriteString(far, strings.Repeat(plainOptions, count))
					far.Close()
				}()
				read, _ := io.ReadAll(near)
				if len(read) != count*len(plainOptions) {
					t.Errorf("read %d bytes: some were lost", len(read))
				}
				if took := time.Since(start).Round(100 * time.Millisecond); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// A connection that is closed while its reader rests does not hold it.
func TestCloseEndsAReaderThatRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := framed(testGuard(Limits{}))
		near.rate.tokens, near.rate.at = -1e6, time.Now()
		go func() { _, _ = io.WriteString(far, plainOptions) }()
		time.AfterFunc(time.Second, func() { near.Close() })
		start := time.Now()
		if n, err := near.Read(make([]byte, 1000)); n != 0 || err != io.EOF || time.Since(start) != time.Second {
			t.Errorf("%d, %v after %v", n, err, time.Since(start))
		}
		far.Close()
	})
}
