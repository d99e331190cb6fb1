package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"p4p/protocol"
	"p4p/server/api"
	"p4p/server/hub"
	"p4p/server/store"
)

// Server is a running server. End it with [Server.Shutdown].
type Server struct {
	config   Config
	store    *store.Store
	hub      *hub.Hub
	api      *api.API
	http     *http.Server
	listener net.Listener
	metrics  *metricsServer // nil: on http, or nowhere
	guests   *guests

	mu     sync.Mutex
	door   *door // nil: shut
	ending bool  // no door opens any more

	calls     context.CancelFunc // gives up calls and streams that do not end
	stopSweep context.CancelFunc
	swept     chan struct{} // the sweeper has ended

	served chan struct{} // the listener has ended
	failed error         // why, unless it was asked to
	once   sync.Once
	ended  chan struct{} // all has ended
	err    error         // what went wrong on the way
}

// Start opens the data folder and the port and returns once connections are
// accepted; ctx bounds only that. Codes: port_taken, usage, bad_link and
// insecure_link (the public URL), and those of [store.Open].
func Start(ctx context.Context, c Config) (*Server, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	ports, err := c.listenAll(ctx)
	if err != nil {
		return nil, err
	}
	l, ml := ports.main, ports.metrics
	st, err := store.Open(c.Data, store.Options{Now: c.Now, Random: c.Random, NewEpoch: c.NewEpoch, Log: c.Log})
	if err != nil {
		ports.close()
		return nil, err
	}
	s := &Server{
		config: c, store: st, listener: l,
		swept: make(chan struct{}), served: make(chan struct{}), ended: make(chan struct{}),
	}
	metrics := api.NewMetrics()
	s.guests = newGuests(c, metrics.TurnedAway)
	metrics.Connections(s.guests.open)
	s.hub = hub.New(st, hub.Options{RingBytes: c.RingBytes, Log: c.Log, Committed: faulty(ctx, metrics.Committed), Guard: c.Guard})
	s.api = api.New(api.Config{
		Store: st, Hub: s.hub, Metrics: metrics,
		Hosts:     api.NewHosts(l.Addr(), c.Listen, c.PublicURL),
		PublicURL: c.PublicURL, Proxied: c.PublicURL != "" && c.Door == nil, NoMetrics: ml != nil, Version: Version(),
		Limits: *c.Limits, Stream: c.Stream, Now: c.Now, Log: c.Log,
	})
	s.serve()
	if ml != nil {
		s.metrics = serveMetrics(ml, s.api.MetricsHandler(), c)
	}
	if ports.door != nil {
		if _, err := s.openDoor(*c.Door, ports.door); err != nil {
			return nil, errors.Join(err, s.Shutdown(ctx))
		}
	}
	c.Log.Info("the server accepts connections", "seq", st.Head())
	return s, nil
}

// serve starts what runs beside the callers.
func (s *Server) serve() {
	calls, cancel := context.WithCancel(context.Background())
	s.calls = cancel
	fresh := &freshConns{open: map[net.Conn]struct{}{}}
	s.http = &http.Server{
		Handler:     s.api,
		BaseContext: func(net.Listener) context.Context { return calls },
		ConnState: func(c net.Conn, state http.ConnState) {
			fresh.changed(c, state)
			connState(c, state)
		},
		ErrorLog: errorLog(s.config.Log),
		// Streams take their connections over and are not bound by these; bodies and
		// large answers have deadlines of their own, by their length.
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       localIdle,
		MaxHeaderBytes:    16 << 10,

		DisableGeneralOptionsHandler: true,
	}
	s.http.RegisterOnShutdown(fresh.close)
	go s.config.Guard(func() {
		defer close(s.served)
		if err := s.http.Serve(s.guests.listen(s.listener)); !errors.Is(err, http.ErrServerClosed) {
			s.failed = err
		}
	})
	sweep, stop := context.WithCancel(context.Background())
	s.stopSweep = stop
	go s.config.Guard(func() { s.sweep(sweep) })
}

// MetricsURL is where the metrics are, where they have a listener of their own;
// otherwise "".
func (s *Server) MetricsURL() string {
	if s.metrics == nil {
		return ""
	}
	return localURL(s.metrics.listener) + "/metrics"
}

// URL is where programs on this machine reach the server.
func (s *Server) URL() string { return localURL(s.listener) }

func localURL(l net.Listener) string {
	addr := l.Addr().String()
	if ap, err := netip.ParseAddrPort(addr); err == nil && ap.Addr().IsUnspecified() {
		addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), ap.Port()).String()
	}
	return "http://" + addr
}

// Limit counts the connections of another listener with the server's own.
func (s *Server) Limit(l net.Listener) net.Listener { return s.guests.listen(l) }

// Info is what the server says of itself.
func (s *Server) Info() protocol.Info { return s.api.Info() }

// Wait returns when the server has ended: nil after a clean Shutdown. Where the
// listener failed, it shuts the rest down itself.
func (s *Server) Wait() error {
	<-s.served
	if s.failed != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return errors.Join(s.failed, s.Shutdown(ctx))
	}
	<-s.ended
	return s.err
}

// Shutdown takes no new connections, finishes the calls under way, tells the
// streams to reconnect, and closes the data folder. When ctx ends first, what is
// left is broken off; what was acknowledged is kept in any case.
func (s *Server) Shutdown(ctx context.Context) error {
	s.once.Do(func() {
		defer close(s.ended)
		s.err = s.shutdown(ctx)
		if s.err != nil {
			s.config.Log.Warn("the server did not end cleanly", "error", Scrub(s.err.Error()))
		} else {
			s.config.Log.Info("the server has ended")
		}
	})
	<-s.ended
	return s.err
}

func (s *Server) shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.ending = true
	s.mu.Unlock()
	s.api.End()
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.calls()
		err = errors.Join(err, s.http.Close())
	}
	if e := s.api.CloseStreams(ctx); e != nil {
		s.calls()
		err = errors.Join(err, e)
	}
	s.calls()
	s.CloseDoor()
	s.stopSweep()
	<-s.swept
	// The last sweep erases what was deleted in a short life.
	err = errors.Join(err, s.metrics.close())
	return errors.Join(err, s.hub.Close(ctx), s.store.Sweep(ctx), s.store.Close())
}

// sweep does now and then what time brings, until ctx ends.
func (s *Server) sweep(ctx context.Context) {
	defer close(s.swept)
	tick := time.NewTicker(s.config.SweepEvery)
	defer tick.Stop()
	for {
		s.sweepOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sweepOnce carries out what the operator queued, then lets the store expire and
// erase. A failure is logged and met again at the next turn.
func (s *Server) sweepOnce(ctx context.Context) {
	ids, err := s.store.PendingTakedowns(ctx)
	for _, id := range ids {
		err = errors.Join(err, s.hub.Takedown(ctx, id))
	}
	err = errors.Join(err, s.store.Sweep(ctx))
	s.api.Sweep()
	if err != nil && ctx.Err() == nil {
		s.config.Log.Error("sweeping failed", "error", Scrub(err.Error()))
	}
}

// freshConns are the connections on which nothing was asked yet. A graceful end
// closes them, where net/http would wait five seconds for their first request.
type freshConns struct {
	mu   sync.Mutex
	open map[net.Conn]struct{}
	end  bool
}

func (f *freshConns) changed(c net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if state != http.StateNew {
		delete(f.open, c)
		return
	}
	f.open[c] = struct{}{}
	if f.end {
		c.Close()
	}
}

func (f *freshConns) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end = true
	for c := range f.open {
		c.Close()
	}
}
