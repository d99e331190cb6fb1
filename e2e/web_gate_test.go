package e2e

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"p4p/client/wire"
	"p4p/protocol"
	"p4p/server"
)

// fastTimers has what the page does every so often, or waits for that long, ten times as fast. What
// the tests wait for themselves has its time.
const fastTimers = `const every = window.setInterval, once = window.setTimeout;
	window.setInterval = (f, ms, ...a) => every(f, ms / 10, ...a);
	window.setTimeout = (f, ms, ...a) => once(f, ms >= 5000 && ms < 50000 ? ms / 10 : ms, ...a);`

// gate stands between a page and its server, as networks and proxies do.
type gate struct {
	URL string

	mu      sync.Mutex
	to      *server.Server
	way     way
	changed chan struct{}
}

type way string

const (
	through   way = "everything gets through"
	down      way = "the proxy says that its server is away"
	swallows  way = "nothing is ever answered"
	noSockets way = "websockets are refused"
	noAnswers way = "websockets are never answered"
)

func newGate(t *testing.T, s *server.Server) *gate {
	t.Helper()
	g := &gate{to: s, way: through, changed: make(chan struct{})}
	h := httptest.NewServer(g)
	g.URL = h.URL
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	return g
}

// turn changes the way from now on. What is waiting meanwhile breaks off.
func (g *gate) turn(w way) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.way = w
	close(g.changed)
	g.changed = make(chan struct{})
}

// leads has the way end at another server from now on.
func (g *gate) leads(to *server.Server) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.to = to
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	way, to, changed := g.way, g.to, g.changed
	g.mu.Unlock()
	switch {
	case way == down:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<h1>502 Bad Gateway</h1>")
		return
	case way == swallows || way == noAnswers && r.URL.Path == "/v1/stream":
		select {
		case <-r.Context().Done():
		case <-changed:
		}
		panic(http.ErrAbortHandler)
	case way == noSockets && r.URL.Path == "/v1/stream":
		http.Error(w, "no upgrades here", http.StatusForbidden)
		return
	}
	r.Host = strings.TrimPrefix(to.URL(), "http://")
	r.Header.Del("Origin")
	httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: r.Host}).ServeHTTP(w, r)
}

// crowd are people who post much, without a client of their own.
type crowd struct {
	t     *testing.T
	s     *server.Server
	key   protocol.DeviceKey
	calls *wire.Client
}

func newCrowd(t *testing.T, s *server.Server) *crowd {
	t.Helper()
	root, err := protocol.NewRoot(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := wire.New(s.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(calls.Close)
	return &crowd{t, s, root.DeviceKey(0), calls}
}

func (c *crowd) sign(kind protocol.Kind, said protocol.Payload) protocol.Record {
	c.t.Helper()
	nonce, err := protocol.NewNonce(rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	said.Server, said.Nonce, said.CreatedAt = c.s.Info().Server, nonce, protocol.Cut(time.Now())
	r, err := protocol.Sign(c.key, kind, said)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *crowd) send(records ...protocol.Record) {
	c.t.Helper()
	for len(records) > 0 {
		k := min(len(records), protocol.MaxBatch)
		batch := make([]string, k)
		for i, r := range records[:k] {
			batch[i] = r.JWS
		}
		if _, err := c.calls.PostRecords(c.t.Context(), batch); err != nil {
			c.t.Fatal(err)
		}
		records = records[k:]
	}
}

// says sends n records of one kind, each with its number in the text.
func (c *crowd) says(kind protocol.Kind, target protocol.UUID, text string, n int) []protocol.UUID {
	c.t.Helper()
	records, ids := make([]protocol.Record, n), make([]protocol.UUID, n)
	for i := range n {
		said := protocol.Payload{Target: target}
		if kind != protocol.KindDeletion {
			said.Text = fmt.Sprintf("%s %d.", text, i)
		}
		records[i] = c.sign(kind, said)
		ids[i] = records[i].ID
	}
	c.send(records...)
	return ids
}

func (c *crowd) posts(text string, n int) []protocol.UUID {
	c.t.Helper()
	return c.says(protocol.KindPost, protocol.UUID{}, text, n)
}
