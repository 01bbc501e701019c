package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"warmline/internal/config"
)

// sipSockets are the bound SIP listeners, before the endpoint owns them.
type sipSockets struct {
	udp []net.PacketConn
	tcp []net.Listener
}

// openSIP binds every configured listener, or takes those handed in.
func openSIP(cfg *config.Config, opts Options) (*sipSockets, error) {
	s := &sipSockets{udp: opts.UDP, tcp: opts.TCP}
	if len(s.udp)+len(s.tcp) > 0 {
		return s, nil
	}
	for _, l := range config.Expand(cfg.SIP.Listen, localAddrs()) {
		if err := s.bind(l); err != nil {
			s.close()
			return nil, fmt.Errorf("sip: %s: %w", l, err)
		}
	}
	if len(s.udp)+len(s.tcp) == 0 {
		return nil, errors.New("sip: no address of this machine to listen on")
	}
	return s, nil
}

func (s *sipSockets) bind(l config.Listen) error {
	if l.Scheme == config.UDP {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(l.Addr))
		if err != nil {
			return err
		}
		// Bursts of calls must not be lost while the readers are busy.
		_ = c.SetReadBuffer(4 << 20)
		s.udp = append(s.udp, c)
		return nil
	}
	c, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(l.Addr))
	if err != nil {
		return err
	}
	s.tcp = append(s.tcp, c)
	return nil
}

func (s *sipSockets) close() {
	for _, c := range s.udp {
		_ = c.Close()
	}
	for _, l := range s.tcp {
		_ = l.Close()
	}
}

// addr is the address RTP is bound to: the first listener's that is not
// loopback, else the first.
func (s *sipSockets) addr() netip.Addr {
	var all []netip.Addr
	for _, c := range s.udp {
		all = append(all, addrOf(c.LocalAddr()))
	}
	for _, l := range s.tcp {
		all = append(all, addrOf(l.Addr()))
	}
	for _, a := range all {
		if !a.IsLoopback() {
			return a
		}
	}
	return all[0]
}

func addrOf(a net.Addr) netip.Addr {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// localAddrs are the addresses of this machine that peers can reach: those of
// its interfaces, without link-local ones.
func localAddrs() []netip.Addr {
	ifaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, a := range ifaces {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || prefix.Addr().IsLinkLocalUnicast() || prefix.Addr().IsMulticast() {
			continue
		}
		out = append(out, prefix.Addr().Unmap())
	}
	return out
}
