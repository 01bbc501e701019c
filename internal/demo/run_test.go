package demo

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"warmline/internal/config"
	"warmline/internal/server"
	"warmline/internal/softphone"
	"warmline/internal/testnet"
	"warmline/media"
	"warmline/mixer"
)

var serverAddr = netip.MustParseAddr("127.0.0.1")

// world is a network in memory with a server on it.
type world struct {
	t   *testing.T
	net *testnet.Network
}

func (w world) options(out string, print *bytes.Buffer) Options {
	client := &http.Client{Transport: &http.Transport{DialContext: w.net.DialFrom(serverAddr), DisableKeepAlives: true}}
	return Options{
		Start: w.start, Out: out, Print: print,
		Network: &Network{HTTP: client, Phone: func(c *softphone.Config) (err error) {
			if !c.Addr.IsValid() {
				c.Addr = serverAddr
			}
			c.PacketConn, err = w.net.ListenPacket(netip.AddrPortFrom(c.Addr, 0).String())
			c.Media = testnet.Sockets[media.Socket]{Network: w.net}
			return err
		}},
	}
}

// start starts a whole server in virtual time.
func (w world) start(_ context.Context, yaml []byte) (*Server, error) {
	cfg, err := config.Parse(yaml, "demo", config.Options{})
	if err != nil {
		return nil, err
	}
	sip, err := w.net.ListenPacket("127.0.0.1:5060")
	if err != nil {
		return nil, err
	}
	api, err := w.net.Listen("127.0.0.1:8080")
	if err != nil {
		return nil, err
	}
	s, err := server.Start(cfg, server.Options{
		Log: slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		UDP: []net.PacketConn{sip}, HTTP: api, Plain: true,
		Media: testnet.Sockets[media.Socket]{Network: w.net},
	})
	if err != nil {
		return nil, err
	}
	return &Server{SIP: "127.0.0.1:5060", API: "http://127.0.0.1:8080", Stop: func() {
		bye, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.Stop(bye)
	}}, nil
}

// The whole warm transfer, with a real server and real phones on a network in
// memory, judged by what was heard.
func TestWholeStory(t *testing.T) {
	for name, link := range map[string]testnet.Link{
		"loopback": {},
		"distant":  {Delay: 40 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.002},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world{t, testnet.New(1)}
				w.net.SetLink(link)
				out := t.TempDir()
				var print bytes.Buffer
				if err := Run(t.Context(), w.options(out, &print)); err != nil {
					t.Errorf("%v\n%s", err, print.String())
				}
				checkResults(t, out, print.String())
			})
		})
	}
}

func checkResults(t *testing.T, out, text string) {
	for _, words := range []string{"1  Call", "“Good morning", "types *71002#", "POST …/swap", "the transfer is complete", "6 Leave"} {
		if !strings.Contains(text, words) {
			t.Errorf("the timeline does not say %q", words)
		}
	}
	for _, name := range []string{"customer.wav", "alice.wav", "bob.wav"} {
		b, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Error(err)
			continue
		}
		samples, err := mixer.LoadWAV(bytes.NewReader(b))
		if d := time.Duration(len(samples)) * time.Second / 8000; err != nil || d < 40*time.Second || d > 60*time.Second {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
	svg, err := os.ReadFile(filepath.Join(out, "who-heard-whom.svg"))
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, svg)
}

// A story that cannot be told fails with the step it got stuck in.
func TestStuckStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world{t, testnet.New(1)}
		var print bytes.Buffer
		o := w.options(t.TempDir(), &print)
		start := o.Start
		o.Start = func(ctx context.Context, yaml []byte) (*Server, error) {
			return start(ctx, bytes.Replace(yaml, []byte(`"+15550100", target`), []byte(`"+15550199", target`), 1))
		}
		err := Run(t.Context(), o)
		if err == nil || errors.Is(err, ErrDiffers) || !strings.Contains(err.Error(), "step 1, Call") || !strings.Contains(err.Error(), "404") {
			t.Errorf("a number without a route: %v", err)
		}
		o.Start = func(context.Context, []byte) (*Server, error) { return nil, net.ErrClosed }
		if err := Run(t.Context(), o); !errors.Is(err, net.ErrClosed) {
			t.Errorf("no server: %v", err)
		}
	})
}
