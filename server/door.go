package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"

	"p4p/protocol"
	"p4p/server/api"
	"p4p/server/lan"
	"p4p/server/tlsconf"
)

// tlsFolder is where a data folder keeps keys and certificates.
const tlsFolder = "tls"

// Door is an encrypted listener beside the plain one: how others reach a server
// that has no proxy before it.
type Door struct {
	Listen string // HOST:PORT; port 0 takes a free one
	// URL is the address that links carry, as [protocol.ParseServerURL] takes it;
	// that of Listen when empty, which needs a HOST.
	URL string
	// TLS is where certificates come from that everybody trusts; nil stands for one
	// that the server signs itself, and is known by.
	TLS *tls.Config
}

// door is a door that is open.
type door struct {
	conns *conns
	reach api.Reach
	ended chan struct{}
}

// OpenDoor opens the server to others, and tells them in /v1/info where and by
// which pin; what was open before is shut first. Codes: port_taken, usage, those of
// [protocol.ParseServerURL], data_damaged, home_unwritable.
func (s *Server) OpenDoor(ctx context.Context, d Door) (api.Reach, error) {
	s.CloseDoor()
	l, err := d.listen(ctx)
	if err != nil {
		return api.Reach{}, err
	}
	return s.openDoor(d, l)
}

func (d Door) listen(ctx context.Context) (net.Listener, error) {
	return listen(ctx, d.Listen, "--listen", DefaultListen)
}

// openDoor serves on l, which it closes on failure.
func (s *Server) openDoor(d Door, l net.Listener) (api.Reach, error) {
	public, err := d.publicURL(l.Addr())
	if err != nil {
		l.Close()
		return api.Reach{}, err
	}
	config, pin, err := s.certificates(d, d.hosts(l.Addr(), public))
	if err != nil {
		l.Close()
		return api.Reach{}, err
	}
	open := &door{
		conns: s.guests.listen(l),
		reach: api.Reach{URL: public, Pin: pin, Strict: d.strict(public)}, ended: make(chan struct{}),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending {
		l.Close()
		return api.Reach{}, protocol.Errorf(protocol.CodeUnavailable, "The server is shutting down.")
	}
	s.door = open
	s.api.SetReach(&open.reach)
	go s.config.Guard(func() {
		defer close(open.ended)
		err := s.http.Serve(tls.NewListener(open.conns, config))
		if !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.config.Log.Error("the encrypted port has failed", "error", Scrub(err.Error()))
		}
	})
	return open.reach, nil
}

// certificates are what a door shows, and the pin if it is known by its key.
func (s *Server) certificates(d Door, hosts []string) (c *tls.Config, pin string, err error) {
	if d.TLS != nil {
		return d.TLS, "", nil
	}
	own, err := tlsconf.OpenSelfSigned(filepath.Join(s.config.Data, tlsFolder), hosts, s.config.Now, s.config.Log)
	if err != nil {
		return nil, "", err
	}
	return own.Config(), own.Pin().Base32(), nil
}

// CloseDoor shuts what OpenDoor opened and breaks its connections off; their
// clients come back by the plain port or not at all.
func (s *Server) CloseDoor() {
	s.mu.Lock()
	d := s.door
	s.door = nil
	if d != nil {
		s.api.SetReach(nil)
	}
	s.mu.Unlock()
	if d != nil {
		d.conns.shut()
		<-d.ended
	}
}

// publicURL is what links carry.
func (d Door) publicURL(bound net.Addr) (string, error) {
	if d.URL != "" {
		return protocol.ParseServerURL(d.URL)
	}
	host, _, err := net.SplitHostPort(d.Listen)
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(bound.String())
	if err != nil {
		return "", err
	}
	if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
		own, err := lan.Address()
		if err != nil {
			return "", protocol.Errorf(protocol.CodeUsage,
				"Which of this computer's addresses belongs into links cannot be told: say it with --public-url https://ADDRESS:PORT.").Because(err)
		}
		host = own.String()
	}
	return protocol.ParseServerURL("https://" + net.JoinHostPort(host, port))
}

// strict tells whether browsers may be told to come by https only: that holds for all
// ports of a name, so the server must be what the name stands for.
func (d Door) strict(public string) bool {
	u, err := url.Parse(public)
	return err == nil && d.TLS != nil && u.Port() == ""
}

// hosts are what the certificate is for.
func (d Door) hosts(bound net.Addr, public string) []string {
	var out []string
	if u, err := url.Parse(public); err == nil {
		out = append(out, u.Hostname())
	}
	ap, err := netip.ParseAddrPort(bound.String())
	switch a := ap.Addr().Unmap(); {
	case err != nil:
	case a.IsUnspecified():
		out = append(out, lan.All()...)
		fallthrough
	case a.IsLoopback():
		out = append(out, "localhost", "127.0.0.1", "::1")
	default:
		out = append(out, a.WithZone("").String())
	}
	return out
}
