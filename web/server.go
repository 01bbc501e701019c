package web

import (
	"log/slog"
	"net/http"
	"time"

	"warmline/conference"
	"warmline/metrics"
)

// Limits and times of the HTTP server. They bound what a client can make the
// server keep or wait for.
const (
	maxHeaderBytes    = 16 << 10
	maxBodyBytes      = 16 << 10 // the largest body of the API is a few hundred bytes
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second // streams set a deadline per write instead
	idleTimeout       = 2 * time.Minute
	commandTimeout    = 10 * time.Second // for a conference to decide a verb
)

// Config configures a Server.
type Config struct {
	Manager Manager          // what the API acts on; required
	Records Records          // of calls that are over; nil: none are kept
	Keys    []APIKey         // who may use the API; none: nobody
	Metrics http.Handler     // serves /metrics; nil: 404
	Counts  *metrics.Metrics // counts requests and event streams; nil: not counted
	Ready   func() error     // why the server cannot take calls yet; nil, or a nil error: it can
	Logger  *slog.Logger     // nil: discard
	Version string           // of the build, shown by the API's description and /healthz
	Epoch   string           // prefix of event ids; "": a new one that no other run of the server used
	Now     func() time.Time // nil: time.Now
	Ring    int              // events kept for clients that resume; 0: 10,000
}

// Server is the HTTP side of a warmline server. It is made with New; Close
// ends its event streams.
type Server struct {
	manager Manager
	records Records
	keys    *keyring
	counts  *metrics.Metrics
	ready   func() error
	log     *slog.Logger
	version string
	hub     *hub
	handler http.Handler
}

// New returns a Server. Keys whose hash is malformed are logged and left out;
// check them with APIKey.Check before.
func New(cfg Config) *Server {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Ready == nil {
		cfg.Ready = func() error { return nil }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Epoch == "" {
		cfg.Epoch = newEpoch(cfg.Now())
	}
	if cfg.Ring == 0 {
		cfg.Ring = ringEvents
	}
	if cfg.Metrics == nil {
		cfg.Metrics = http.NotFoundHandler()
	}
	s := &Server{
		manager: cfg.Manager,
		records: cfg.Records,
		keys:    &keyring{},
		counts:  cfg.Counts,
		ready:   cfg.Ready,
		log:     cfg.Logger,
		version: cfg.Version,
		hub:     newHub(cfg.Epoch, cfg.Ring, ringBytes, cfg.Now),
	}
	s.SetKeys(cfg.Keys)
	mux := http.NewServeMux()
	s.routeAPI(mux)
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", cfg.Metrics)
	s.handler = s.outermost(problemRouter(mux))
	return s
}

// Handler serves everything: /api/v1, /healthz, /readyz and /metrics.
func (s *Server) Handler() http.Handler { return s.handler }

// SetKeys replaces the API keys, as a reload of the configuration does. Event
// streams of keys that are gone end.
func (s *Server) SetKeys(keys []APIKey) {
	for name, err := range s.keys.set(keys) {
		s.log.Error("API key left out", "key", name, "error", err)
	}
	s.hub.wake() // the streams look whether their keys are still there
}

// Publish takes in a change for those who follow the events. It never blocks
// on them. Changes of one conference must come in the order of their versions.
func (s *Server) Publish(c conference.Change) {
	if err := s.hub.publish(c); err != nil {
		s.log.Error("event lost", "kind", c.Kind, "event", c.Event, "error", err)
	}
}

// HTTPServer returns a server for addr with every time-out set, and with this
// Server's event streams ended by its Shutdown.
func (s *Server) HTTPServer(addr string) *http.Server {
	srv := &http.Server{
		Addr:              addr,
		Handler:           s.handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	srv.RegisterOnShutdown(s.hub.close)
	return srv
}

// Close ends the event streams and waits for them. Publish is a no-op
// afterwards.
func (s *Server) Close() {
	s.hub.close()
	s.hub.streams.Wait()
}
