package server_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"warmline/internal/config"
	"warmline/internal/softphone"
	"warmline/internal/testnet"
	"warmline/media"
	"warmline/transfer"
)

// pages is text that many write to.
type pages struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *pages) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *pages) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// take is what was written since it was last taken.
func (p *pages) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.text.Reset()
	return p.text.String()
}

var keyOnTheWire = regexp.MustCompile(`inline:([A-Za-z0-9+/]{30,})`)

// keysOnTheWire collects the keys that are told from now on.
func (st *stage) keysOnTheWire() (keys func() []string) {
	var mu sync.Mutex
	seen := make(map[string]bool)
	st.net.Tap(func(d testnet.Datagram) {
		st.wire.see(d)
		mu.Lock()
		defer mu.Unlock()
		for _, m := range keyOnTheWire.FindAllSubmatch(d.Payload, -1) {
			seen[string(m[1])] = true
		}
	})
	return func() (all []string) {
		mu.Lock()
		defer mu.Unlock()
		for k := range seen {
			all = append(all, k)
		}
		return all
	}
}

// told is all that the server tells others than the peers: by the API, with the
// metrics, in its directory of data, and in the traces of calls.
func (st *stage) told(dir string) string {
	st.Helper()
	var b bytes.Buffer
	for _, path := range []string{"/api/v1/conferences", "/api/v1/conferences/" + st.conf().ID, "/api/v1/agents", "/api/v1/queues", "/api/v1/records", "/api/v1/records/" + st.conf().Contact, "/metrics"} {
		req := httptest.NewRequest("GET", path, nil)
		req.Header.Set("Authorization", "Bearer key")
		w := httptest.NewRecorder()
		st.srv.Handler().ServeHTTP(w, req)
		fmt.Fprintln(&b, path, w.Code, w.Body)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %s\n", path, text)
		return err
	})
	if err != nil {
		st.Fatal(err)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for id, trace := range st.traces {
		fmt.Fprintln(&b, "trace", id)
		if err := trace.Encode(&b); err != nil {
			st.Fatal(err)
		}
	}
	return b.String()
}

// The keys of SRTP are told to the peers, and to nobody else: they are in no line of
// the log at any level, whatever nonsense a peer sends, not in the API, in records,
// metrics or traces.
func TestKeysAreForPeers(t *testing.T) {
	dir, log := t.TempDir(), new(pages)
	o := keeping(dir, func(cfg *config.Config) {
		cfg.Trunks[0].SRTP, cfg.Trunks[0].SignalHold = "required", true
		for i := range cfg.Agents {
			cfg.Agents[i].SRTP = "required"
		}
	})
	o.phones = softphone.Config{SRTP: media.SRTPRequired}
	o.log = slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 100})
	play(t, o, func(st *stage) {
		keys := st.keysOnTheWire()
		st.serve()
		st.consult()
		during := st.told(dir)
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.do(verb{do: transfer.DoLeave, by: "alice"})

		r := st.newRaw("10.9.0.7")
		good := secure(r.sdp("sendrecv", "10.9.0.7"))
		for i, bad := range []string{
			rawKey + good, // no description
			strings.Replace(good, "c=IN", "c="+strings.TrimSpace(rawKey)+" IN", 1), // a key in another line
			strings.Replace(good, "SHA1_80", "SHA2_80", 1),
			strings.Replace(good, "inline:", "inline:AAAA", 1),
			strings.Replace(good, "m=audio 4000", "m=audio "+rawKey[9:], 1),
			strings.Replace(good, "\r\n", "\n"+rawKey+"\x01\n", 1),
		} {
			r.seq = 0
			r.calls(fmt.Sprint("700", i), bad)
			for {
				m := <-r.inbox
				if m.is("100") {
					continue
				}
				if !strings.HasPrefix(m.first, "SIP/2.0 4") {
					t.Errorf("offer %d: %s", i, m.first)
				}
				break
			}
			r.request("ACK", "", "")
		}
		for _, packet := range []string{
			"MESSAGE sip:7001@10.0.0.1 SIP/2.0\r\n" + rawKey + "\r\n",
			strings.TrimSpace(rawKey) + " SIP/2.0\r\nVia: x\r\n\r\n" + good,
			"SIP/2.0 100 " + rawKey + "\r\n",
			good,
		} {
			if _, err := r.conn.WriteTo([]byte(packet), net.UDPAddrFromAddrPort(serverAddr)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		st.bob.hangsUp()
		st.over("C left finished, A left hangup, B left hangup")
		time.Sleep(10 * time.Second) // the record is written

		told := during + st.told(dir) + log.String()
		all := keys()
		if len(all) < 10 {
			t.Errorf("void: %d keys were told", len(all))
		}
		for _, k := range all {
			if i := strings.Index(told, k[:20]); i >= 0 {
				t.Errorf("a key is told: …%.200s…", told[max(0, i-150):])
			}
		}
		for _, want := range []string{"AES_CM_128_HMAC_SHA1_80", "level=DEBUG", "trace ", "records/"} {
			if !strings.Contains(told, want) {
				t.Errorf("void: %q is not there", want)
			}
		}
	})
}
