package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"warmline/internal/config"
	"warmline/internal/demo"
	"warmline/internal/server"
)

// demoCmd shows a whole warm transfer on a private server.
type demoCmd struct {
	Out string `default:"warmline-demo" placeholder:"DIR" help:"Where the recordings and the picture go."`
}

// Run runs the demonstration. It fails if somebody heard what they should not
// have, or did not hear what they should.
func (c *demoCmd) Run(s *streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return demo.Run(ctx, demo.Options{
		Out: c.Out, Print: s.out,
		Start: func(_ context.Context, yaml []byte) (*demo.Server, error) { return privateServer(yaml, log) },
	})
}

// privateServer starts a server on free ports of the loopback interface.
func privateServer(yaml []byte, log *slog.Logger) (*demo.Server, error) {
	cfg, err := config.Parse(yaml, "demo", config.Options{})
	if err != nil {
		return nil, err
	}
	sip, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	http, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		sip.Close()
		return nil, err
	}
	v := readBuild()
	srv, err := server.Start(cfg, server.Options{
		Log: log, Version: v.version, Commit: v.commit, UDP: []net.PacketConn{sip}, HTTP: http,
	})
	if err != nil {
		sip.Close()
		http.Close()
		return nil, err
	}
	return &demo.Server{
		SIP: sip.LocalAddr().String(), API: "http://" + http.Addr().String(),
		Stop: func() {
			bye, cancel := context.WithTimeout(context.Background(), goodbye)
			defer cancel()
			srv.Stop(bye)
		},
	}, nil
}
