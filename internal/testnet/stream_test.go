package testnet_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"warmline/internal/testnet"
)

// connect opens a stream from host A to a listener at B.
func connect(t *testing.T, n *testnet.Network) (client, server net.Conn) {
	t.Helper()
	l, err := n.Listen(addrB.String())
	if err != nil {
		t.Fatal(err)
	}
	client, err = n.DialFrom(hostA)(t.Context(), "tcp", addrB.String())
	if err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close(); l.Close() })
	return client, server
}

func TestStreamIsReliable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New(1)
		n.SetLink(testnet.Link{Delay: 5 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 0.5, Reorder: 0.5, Segment: 700})
		client, server := connect(t, n)
		sent := make([]byte, 1<<20) // more than the window
		rng := rand.NewChaCha8([32]byte{1})
		rng.Read(sent)
		go func() {
			if k, err := client.Write(sent); k != len(sent) || err != nil {
				t.Errorf("Write = %d, %v", k, err)
			}
			client.Close()
		}()
		got, err := io.ReadAll(server)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("read %d bytes, %v; equal: %v", len(got), err, bytes.Equal(got, sent))
		}
		if _, err := server.Write([]byte("late")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write to a closed peer: %v", err)
		}
	})
}

func TestStreamTiming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New(1)
		n.SetLink(testnet.Link{Delay: 40 * time.Millisecond})
		start := time.Now()
		client, server := connect(t, n)
		if rtt := time.Since(start); rtt != 80*time.Millisecond {
			t.Errorf("connected after %v, want a round trip", rtt)
		}
		client.Write([]byte("hello"))
		server.SetReadDeadline(time.Now().Add(39 * time.Millisecond))
		buf := make([]byte, 10)
		if _, err := server.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read before arrival: %v", err)
		}
		server.SetReadDeadline(time.Time{})
		if k, err := server.Read(buf); string(buf[:k]) != "hello" || err != nil {
			t.Errorf("read %q, %v", buf[:k], err)
		}
	})
}

func TestStreamSegments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New(1)
		n.SetLink(testnet.Link{Segment: 2, Delay: time.Millisecond, Jitter: 9 * time.Millisecond})
		client, server := connect(t, n)
		go client.Write([]byte("abcdef"))
		buf := make([]byte, 10)
		if k, err := server.Read(buf); k%2 != 0 || k >= 6 || err != nil {
			t.Errorf("first read: %q, %v", buf[:k], err)
		}
	})
}

func TestFullWindowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := connect(t, testnet.New(1))
		client.SetWriteDeadline(time.Now().Add(time.Second))
		k, err := client.Write(make([]byte, 1<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || k == 0 || k == 1<<20 {
			t.Errorf("Write = %d, %v", k, err)
		}
	})
}

func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New(1)
		client, server := connect(t, n)
		read := make(chan error)
		go func() {
			_, err := server.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		if k := n.Reset(addrB); k != 1 {
			t.Errorf("reset %d streams", k)
		}
		if err := <-read; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("waiting reader: %v", err)
		}
		if _, err := client.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("writer: %v", err)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("reader: %v", err)
		}
	})
}

func TestDownLinkSwallows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New(1)
		client, server := connect(t, n)
		n.SetLink(testnet.Link{Down: true})
		if _, err := client.Write([]byte("x")); err != nil {
			t.Errorf("a dead link is not noticed by a write: %v", err)
		}
		server.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := server.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read over a dead link: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err := n.DialFrom(hostA)(ctx, "tcp", addrB.String())
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("dial over a dead link: %v after %v", err, time.Since(start))
		}
	})
}

func TestListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New(1)
		dial := n.DialFrom(hostA)
		if _, err := dial(t.Context(), "tcp", addrB.String()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("nobody listens: %v", err)
		}
		l, err := n.Listen(netip.AddrPortFrom(hostB, 0).String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Listen(l.Addr().String()); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("second bind: %v", err)
		}
		c, err := dial(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { l.Close() })
		if s, err := l.Accept(); err != nil || s.RemoteAddr().String() != c.LocalAddr().String() {
			t.Errorf("accepted %v, %v", s, err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept after Close: %v", err)
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("second Close: %v", err)
		}
	})
}
