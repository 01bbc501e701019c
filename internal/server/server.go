// Package server puts a warmline server together from its configuration: the
// directory, media, mixer, SIP endpoint, conferences and the HTTP side, in the
// order in which they need each other, and takes them down in the reverse.
//
// Everything that touches the outside (sockets, the RTP network, the HTTP
// listener) can be handed in, so that a whole server runs in a test's virtual
// time.
package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"

	"warmline/conference"
	"warmline/directory"
	"warmline/internal/config"
	"warmline/media"
	"warmline/metrics"
	"warmline/mixer"
	"warmline/records"
	"warmline/sip"
	"warmline/transfer"
	"warmline/web"
)

// Options are the seams of a Server. The zero value serves on the
// configuration's addresses.
type Options struct {
	Log     *slog.Logger // nil: discard
	Version string
	Commit  string

	UDP   []net.PacketConn // instead of the configured SIP listeners
	TCP   []net.Listener
	Media media.Network // instead of the kernel's UDP
	HTTP  net.Listener  // instead of the configured one
	NoAPI bool          // no HTTP listener at all; API serves in-process
	Plain bool          // media workers on ordinary timers, for virtual time
	Trace func(conference string, trace transfer.Trace)
	Load  func(*mixer.Room) mixer.Load // instead of how busy the media workers are
}

// Server is a running server.
type Server struct {
	log      *slog.Logger
	dir      *directory.Store
	media    *media.Engine
	kernel   *media.Kernel // nil: the network was handed in
	mixer    *mixer.Mixer
	endpoint *sip.Endpoint
	manager  *conference.Manager
	metrics  *metrics.Metrics
	records  *records.Store // nil without a directory
	web      *web.Server
	api      *http.Server
	apiAddr  net.Addr
	trunks   []*sip.RegistrationClient
	ready    atomic.Bool
	traces   atomic.Int64 // kept
	fatal    chan error
	running  sync.WaitGroup
	music    map[string]int

	mu  sync.Mutex
	cfg *config.Config
}

// errNotReady is what /readyz says until every listener is up.
var errNotReady = errors.New("starting")

// Start builds a server and makes it serve. Nothing runs when it returns an
// error.
func Start(cfg *config.Config, opts Options) (_ *Server, err error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{log: opts.Log, cfg: cfg, fatal: make(chan error, 1)}
	defer func() {
		if err != nil {
			now, cancel := context.WithCancel(context.Background())
			cancel()
			s.Stop(now)
		}
	}()
	if s.dir, err = directory.New(cfg.Directory()); err != nil {
		return nil, err
	}
	sockets, err := openSIP(cfg, opts)
	if err != nil {
		return nil, err
	}
	if err := s.startMedia(cfg, opts, sockets.addr()); err != nil {
		sockets.close()
		return nil, err
	}
	if err := s.startRecords(cfg); err != nil {
		sockets.close()
		return nil, err
	}
	s.metrics = metrics.New(s.scrape, queueIDs(cfg), opts.Version, opts.Commit)
	s.manager = conference.NewManager(conference.Config{
		Directory: s.dir, Media: s.media, Mixer: s.mixer, Metrics: s.metrics,
		Logger: s.log, Settings: settings(cfg), OnChange: s.publish, OnTrace: s.keepTrace(cfg, opts),
		OnRecord: s.keepRecord, Music: s.music, Load: opts.Load,
	})
	s.web = web.New(web.Config{
		Manager: s.manager, Keys: apiKeys(cfg), Metrics: s.metrics.Handler(), Counts: s.metrics,
		Records: s.keptRecords(), Ready: s.readiness, Logger: s.log, Version: opts.Version,
	})
	if err := s.startSIP(cfg, sockets); err != nil {
		return nil, err
	}
	if err := s.startHTTP(cfg, opts); err != nil {
		return nil, err
	}
	if err := s.registerTrunks(cfg); err != nil {
		return nil, err
	}
	s.ready.Store(true)
	return s, nil
}

func (s *Server) startMedia(cfg *config.Config, opts Options, addr netip.Addr) (err error) {
	musics, index, err := loadMusic(cfg)
	if err != nil {
		return err
	}
	s.music = index
	mix := mixer.Config{Workers: cfg.Media.Workers, Music: musics, Logger: s.log, Plain: opts.Plain}
	network := opts.Media
	if network == nil {
		s.kernel = media.NewKernel(kernelConfig(cfg, s.log))
		network = s.kernel
	}
	if cfg.Media.IOUring || cfg.Media.Steering {
		mix.Carrier = func() (mixer.Carrier, error) { return media.NewCarrier(network) }
	}
	s.mixer, err = mixer.New(mix)
	if err != nil {
		return err
	}
	s.mixer.Start()
	s.media, err = media.New(media.Config{
		Network: network, Addr: addr, Advertise: cfg.SIP.Advertise,
		PortMin: int(cfg.Media.Ports.Min), PortMax: int(cfg.Media.Ports.Max),
		Codecs: cfg.Media.Codecs, Opus: media.OpusConfig(cfg.Media.Opus), Clock: s.mixer.Now, Logger: s.log,
	})
	return err
}

// kernelConfig has a lane for each worker there can be.
func kernelConfig(cfg *config.Config, log *slog.Logger) media.KernelConfig {
	k := media.KernelConfig{Ring: cfg.Media.IOUring, Logger: log}
	if cfg.Media.Steering {
		k.Lanes = max(cfg.Media.Workers, runtime.NumCPU())
	}
	return k
}

func (s *Server) startSIP(cfg *config.Config, sockets *sipSockets) (err error) {
	handler := conference.Handler{Manager: s.manager}
	advertise := ""
	if cfg.SIP.Advertise.IsValid() {
		advertise = cfg.SIP.Advertise.String()
	}
	s.endpoint, err = sip.New(sip.Config{
		UDP: sockets.udp, TCP: sockets.tcp, Advertise: advertise,
		Domain:     cmp.Or(cfg.SIP.Domain, sockets.addr().String()),
		Challenges: challenges(cfg), UserAgent: "warmline", Logger: s.log, Handler: handler, Credentials: handler,
		Trunk: s.dir.TrunkOf, SessionExpires: cfg.Timers.Session,
		Limits: sip.Limits{
			CallsPerSecond:                cfg.Limits.CallsPerSecond,
			RegistrationsPerMinutePerAddr: cfg.Limits.RegistrationsPerMinutePerAddr,
		},
	})
	if err != nil {
		sockets.close()
		return err
	}
	s.manager.Use(s.endpoint)
	return s.endpoint.Start()
}

func (s *Server) startHTTP(cfg *config.Config, opts Options) error {
	if opts.NoAPI {
		return nil
	}
	l := opts.HTTP
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", cfg.HTTP.Listen.String()); err != nil {
			return fmt.Errorf("http: %w", err)
		}
	}
	s.apiAddr = l.Addr()
	s.api = s.web.HTTPServer(l.Addr().String())
	s.running.Go(func() {
		if err := s.api.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("http: %w", err))
		}
	})
	return nil
}

// registerTrunks keeps registrations at the carriers that want one.
func (s *Server) registerTrunks(cfg *config.Config) error {
	for _, t := range cfg.Trunks {
		if !t.Register {
			continue
		}
		log := s.log.With("trunk", t.ID)
		client, err := s.endpoint.Register(sip.RegisterRequest{
			Registrar: t.URI, User: t.Username, Password: string(t.Password),
			OnState: func(status int, err error) {
				if err != nil || status != 200 {
					log.Warn("registration at the carrier failed", "status", status, "err", err)
				}
			},
		})
		if err != nil {
			return fmt.Errorf("trunk %s: %w", t.ID, err)
		}
		s.trunks = append(s.trunks, client)
	}
	return nil
}

// Fatal delivers the error that ends the server, such as a listener that died.
func (s *Server) Fatal() <-chan error { return s.fatal }

func (s *Server) fail(err error) {
	select {
	case s.fatal <- err:
	default: // the first one counts
	}
}

// Handler is the HTTP side without its listener.
func (s *Server) Handler() http.Handler { return s.web.Handler() }

// Manager gives tests and tools the conferences.
func (s *Server) Manager() *conference.Manager { return s.manager }

// Directory gives tests and tools the directory.
func (s *Server) Directory() *directory.Store { return s.dir }

// Mixer gives tests and tools the mixer's counters.
func (s *Server) Mixer() *mixer.Mixer { return s.mixer }

// HTTPAddr is where the API listens; nil without one.
func (s *Server) HTTPAddr() net.Addr { return s.apiAddr }

func (s *Server) readiness() error {
	switch {
	case !s.ready.Load():
		return errNotReady
	case s.manager.Draining():
		return conference.ErrDraining
	}
	return nil
}

func (s *Server) publish(ch conference.Change) {
	if s.web != nil {
		s.web.Publish(ch)
	}
}

func (s *Server) scrape() metrics.Snapshot {
	all := s.manager.Scrape(conference.Sources{SIP: s.endpoint, Mixer: s.mixer})
	if s.records != nil {
		kept := s.records.Stats()
		all.RecordsWritten, all.RecordsDropped = kept.Written, kept.Dropped
	}
	return all
}

// Drain takes no new calls and returns when the last one is over, or with the
// context's error.
func (s *Server) Drain(ctx context.Context) error { return s.manager.Drain(ctx) }

// Stop ends what is left, with BYEs that get the context's time, and closes
// everything.
func (s *Server) Stop(ctx context.Context) {
	if s.manager != nil {
		s.manager.Close(ctx)
	}
	s.Close()
}

// Close closes everything at once, in the reverse of the order of Start.
func (s *Server) Close() {
	s.ready.Store(false)
	for _, t := range s.trunks {
		t.Close()
	}
	if s.web != nil {
		s.web.Close()
	}
	if s.api != nil {
		_ = s.api.Close()
	}
	if s.endpoint != nil {
		s.endpoint.Close()
	}
	if s.mixer != nil {
		s.mixer.Close()
	}
	if s.media != nil {
		s.media.Close()
	}
	if s.kernel != nil {
		s.kernel.Close()
	}
	s.running.Wait()
	if s.records != nil {
		s.records.Close()
	}
}
