package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"syscall"
	"time"

	"p4p/protocol"
	"p4p/server/api"
)

// DefaultListen is where a server listens unless told otherwise.
const DefaultListen = "127.0.0.1:4747"

// Config says what a server keeps, where it listens, and how it is called. Data
// must be set.
type Config struct {
	Data      string       // the data folder; made if it is not there
	Listen    string       // HOST:PORT; DefaultListen when empty; port 0 takes a free one
	Listener  net.Listener // instead of Listen
	PublicURL string       // the address that links carry, as [protocol.ParseServerURL] takes it; may be empty
	// MetricsListen is where /metrics is served, HOST:PORT on loopback. When empty,
	// it is served on Listen to programs on this machine, unless there is a PublicURL.
	MetricsListen string
	// Door opens an encrypted port from the start, whose URL is PublicURL unless it
	// has one. Without it, a PublicURL means that a proxy stands before the server.
	Door     *Door
	NewEpoch bool // the folder is a restored backup: begin another history

	// Guard runs each goroutine of the server that no call waits for, until it ends. A
	// panic of one is for Guard to end the program with: the server is not to be used any
	// more, and need not be shut down. When nil, it ends the program as any panic does.
	Guard func(f func())

	Log    *slog.Logger     // discarded when nil
	Now    func() time.Time // time.Now when nil
	Random io.Reader        // crypto/rand.Reader when nil

	// The rest is good as it is; tests change it.
	Limits     *api.Limits // api.DefaultLimits when nil
	Stream     api.StreamOptions
	RingBytes  int           // see hub.Options
	SweepEvery time.Duration // 20 s, three times in the minute within which a deletion erases
}

func (c Config) withDefaults() (Config, error) {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Guard == nil {
		c.Guard = func(f func()) { f() }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Limits == nil {
		l := api.DefaultLimits()
		c.Limits = &l
	}
	if c.SweepEvery == 0 {
		c.SweepEvery = 20 * time.Second
	}
	if c.PublicURL != "" {
		u, err := protocol.ParseServerURL(c.PublicURL)
		if err != nil {
			return c, err
		}
		c.PublicURL = u
	}
	if c.Door != nil && c.Door.URL == "" {
		d := *c.Door
		d.URL = c.PublicURL
		c.Door = &d
	}
	return c, nil
}

// ports are what a server listens on; door and metrics may be nil.
type ports struct{ main, door, metrics net.Listener }

func (p ports) close() {
	for _, l := range []net.Listener{p.main, p.door, p.metrics} {
		if l != nil {
			l.Close()
		}
	}
}

// listenAll opens the ports, all or none.
func (c Config) listenAll(ctx context.Context) (p ports, err error) {
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if c.Door != nil { // first: the plain port may be any
		if p.door, err = c.Door.listen(ctx); err != nil {
			return p, err
		}
	}
	if p.main, err = c.listen(ctx); err != nil {
		return p, err
	}
	p.metrics, err = c.listenMetrics(ctx)
	return p, err
}

// listen opens the port. Codes: port_taken, usage.
func (c Config) listen(ctx context.Context) (net.Listener, error) {
	if c.Listener != nil {
		return c.Listener, nil
	}
	return listen(ctx, c.Listen, "--listen", DefaultListen)
}

// listenMetrics opens the port for the metrics; nil when they have none.
func (c Config) listenMetrics(ctx context.Context) (net.Listener, error) {
	if c.MetricsListen == "" {
		return nil, nil //nolint:nilnil // there is nothing to listen on, which is no error
	}
	l, err := listen(ctx, c.MetricsListen, "--metrics", "127.0.0.1:4748")
	if err != nil {
		return nil, err
	}
	if ap, err := netip.ParseAddrPort(l.Addr().String()); err != nil || !ap.Addr().Unmap().IsLoopback() {
		l.Close()
		return nil, protocol.Errorf(protocol.CodeUsage,
			"The metrics are for this machine alone: give --metrics a loopback address, such as 127.0.0.1:4748.")
	}
	return l, nil
}

func listen(ctx context.Context, at, flag, example string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", at)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, protocol.Errorf(protocol.CodePortTaken,
			"Something else listens on %s already; end it, or choose another address with %s.", at, flag).Because(err)
	default:
		return nil, protocol.Errorf(protocol.CodeUsage,
			"Cannot listen on %s: give %s an address of this machine and a port that you may use, such as %s.", at, flag, example).Because(err)
	}
}

// Version is the revision that the program was built from, or "devel".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	v, dirty := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+"
			}
		}
	}
	if v == "" {
		return "devel"
	}
	return v + dirty
}
