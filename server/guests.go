package server

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"p4p/server/api"
)

// guestIdle is how long a connection from elsewhere may stay without a call. Those
// of this machine stay longer than the proxies of the field keep them (nginx one
// minute, Caddy two), so that no call meets a connection that is just being shut.
const (
	guestIdle = 20 * time.Second
	localIdle = 3 * time.Minute
)

// guests count the connections of all of a server's ports. Each is an open file, and
// memory, before anything is known of who calls. Connections from this machine have
// the places that no others get, so that its owner and a proxy come in when a crowd
// is at the door; who comes by a proxy is the proxy's to count.
type guests struct {
	limits api.Limits
	files  int // places for all; 0: no bound
	idle   time.Duration
	log    *slog.Logger
	turned func() // is told of each that is turned away

	mu     sync.Mutex
	all    int
	others int                  // those that are not of this machine
	by     map[netip.Prefix]int // blocks and sites
	told   time.Time
	clock  func() time.Time
}

func newGuests(c Config, turned func()) *guests {
	return &guests{
		limits: *c.Limits, files: places(openFiles()), idle: guestIdle, log: c.Log, turned: turned,
		by: map[netip.Prefix]int{}, clock: c.Now,
	}
}

// places is how many of a process's files may be connections: the rest is for the
// database and the pictures.
func places(files int) int { return files - max(files/16, 32) }

// elsewhere is how many places there are for others than this machine's programs.
func (g *guests) elsewhere() int {
	n := g.files * 3 / 4
	if c := g.limits.Conns; c > 0 && (n <= 0 || c < n) {
		n = c
	}
	return n
}

// enter takes a place for a; why says what there is too much of otherwise.
func (g *guests) enter(a netip.Addr) (keys []netip.Prefix, why string) {
	local := a.IsLoopback()
	if !local || g.limits.Loopback {
		keys = api.Blocks(a)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	most := g.elsewhere()
	if !local && most > 0 && g.others >= most {
		return nil, "all places are taken"
	}
	if g.files > 0 && g.all >= g.files {
		return nil, "all files are open"
	}
	for i, k := range keys {
		n := g.limits.BlockConns * []int{1, api.PerSite}[i]
		if quarter := most / 4; n > 0 && quarter > 0 {
			n = min(n, quarter) // where there are few, one network has not all of them
		}
		if n > 0 && g.by[k] >= n {
			return nil, "one network has as many as it may"
		}
	}
	for _, k := range keys {
		g.by[k]++
	}
	g.count(local, 1)
	return keys, ""
}

func (g *guests) count(local bool, n int) {
	g.all += n
	if !local {
		g.others += n
	}
}

func (g *guests) leave(local bool, keys []netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count(local, -1)
	for _, k := range keys {
		if g.by[k]--; g.by[k] == 0 {
			delete(g.by, k)
		}
	}
}

// refuse breaks a connection off without waiting for the other end.
func (g *guests) refuse(c net.Conn, why string) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
	g.turned()
	g.mu.Lock()
	now := g.clock()
	quiet := now.Sub(g.told) < time.Minute
	if !quiet {
		g.told = now
	}
	g.mu.Unlock()
	if !quiet {
		g.log.Warn("connections are turned away", "because", why)
	}
}

// open is how many connections there are.
func (g *guests) open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all
}

// conns is a listener that knows its connections, those included that streams
// took over, so that shutting it leaves none behind.
type conns struct {
	net.Listener
	guests *guests

	mu   sync.Mutex
	open map[*known]struct{}
	end  bool
}

func (g *guests) listen(l net.Listener) *conns {
	return &conns{Listener: l, guests: g, open: map[*known]struct{}{}}
}

// Accept implements [net.Listener]. Whoever has no place is turned away here, which
// costs no more than that.
func (l *conns) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		var from netip.Addr
		if ap, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
			from = ap.Addr().Unmap()
		}
		keys, why := l.guests.enter(from)
		if why != "" {
			l.guests.refuse(c, why)
			continue
		}
		k := &known{Conn: c, of: l, keys: keys, local: from.IsLoopback()}
		if !l.add(k) {
			l.guests.leave(k.local, keys)
			c.Close()
			return nil, net.ErrClosed
		}
		return k, nil
	}
}

func (l *conns) add(k *known) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.end {
		l.open[k] = struct{}{}
	}
	return !l.end
}

func (l *conns) shut() {
	_ = l.Close()
	l.mu.Lock()
	l.end = true
	all := make([]net.Conn, 0, len(l.open))
	for c := range l.open {
		all = append(all, c)
	}
	l.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
}

// known is a connection that its listener forgets when it is closed.
type known struct {
	net.Conn
	of    *conns
	keys  []netip.Prefix
	local bool
	idle  atomic.Bool // it waits for a call, from elsewhere
}

// Close implements [net.Conn].
func (c *known) Close() error {
	c.of.mu.Lock()
	_, first := c.of.open[c]
	delete(c.of.open, c)
	c.of.mu.Unlock()
	if first {
		c.of.guests.leave(c.local, c.keys)
	}
	return c.Conn.Close()
}

// TCP lets streams write by the system's own means; nil: not TCP.
func (c *known) TCP() *net.TCPConn {
	t, _ := c.Conn.(*net.TCPConn)
	return t
}

// CloseWrite lets net/http have a client read a refusal while it still sends.
func (c *known) CloseWrite() error {
	if t := c.TCP(); t != nil {
		return t.CloseWrite()
	}
	return nil
}

// SetReadDeadline implements [net.Conn]. net/http has one idle time for all, which
// it sets when a call has ended and takes back at the first byte of the next.
func (c *known) SetReadDeadline(t time.Time) error {
	if t.IsZero() {
		c.idle.Store(false)
	} else if c.idle.Load() {
		if end := time.Now().Add(c.of.guests.idle); end.Before(t) {
			t = end
		}
	}
	return c.Conn.SetReadDeadline(t)
}

// connState is for [http.Server]: it tells connections that they wait for a call.
func connState(c net.Conn, state http.ConnState) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if k, ok := c.(*known); ok && !k.local {
		k.idle.Store(state == http.StateIdle)
	}
}
