package client

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"p4p/client/wire"
	"p4p/protocol"
	p4pserver "p4p/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fewer has a property with a real server behind it tried less often than pure
// ones, unless the command line says how often.
func fewer(t *testing.T) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f.Value.String() == f.DefValue {
		f.Value.Set("25")
		t.Cleanup(func() { f.Value.Set(f.DefValue) })
	}
}

// soon bounds every wait of these tests: long enough for a busy machine.
const soon = 60 * time.Second

// town is a real server on a data folder that outlives it.
type town struct {
	*p4pserver.Server
	t    testing.TB
	data string
	addr string
	now  func() time.Time
}

func newTown(t testing.TB) *town {
	t.Helper()
	w := &town{t: t, data: t.TempDir(), addr: "127.0.0.1:0"}
	w.start(false)
	t.Cleanup(w.stop)
	return w
}

// start starts the server, at the same address as before.
func (w *town) start(newEpoch bool) {
	w.t.Helper()
	l, err := net.Listen("tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.addr = l.Addr().String()
	w.Server, err = p4pserver.Start(context.Background(), p4pserver.Config{Data: w.data, Listener: l, NewEpoch: newEpoch, Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) stop() {
	if w.Server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if err := w.Shutdown(ctx); err != nil {
		w.t.Error(err)
	}
	w.Server = nil
}

// author is somebody who speaks to a server without our client.
type author struct {
	t    testing.TB
	key  protocol.DeviceKey
	sid  protocol.UUID
	wire *wire.Client
}

func newKey(t testing.TB) protocol.DeviceKey {
	t.Helper()
	r, err := protocol.NewRoot(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return r.DeviceKey(0)
}

func (w *town) author() *author {
	w.t.Helper()
	c, err := wire.New(w.URL(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	return &author{w.t, newKey(w.t), w.Info().Server, c}
}

func sign(t testing.TB, key protocol.DeviceKey, kind protocol.Kind, p protocol.Payload) protocol.Record {
	t.Helper()
	var err error
	if p.Nonce, err = protocol.NewNonce(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if p.CreatedAt.IsZero() {
		p.CreatedAt = protocol.Cut(time.Now())
	}
	r, err := protocol.Sign(key, kind, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// says posts each text in one call, and gives the records.
func (a *author) says(texts ...string) []protocol.Record {
	a.t.Helper()
	var records []protocol.Record
	for _, text := range texts {
		records = append(records, sign(a.t, a.key, protocol.KindPost, protocol.Payload{Server: a.sid, Text: text}))
	}
	a.sends(records...)
	return records
}

func (a *author) comments(on protocol.UUID, text string) protocol.Record {
	a.t.Helper()
	r := sign(a.t, a.key, protocol.KindComment, protocol.Payload{Server: a.sid, Target: on, Text: text})
	a.sends(r)
	return r
}

func (a *author) deletes(id protocol.UUID) protocol.Record {
	a.t.Helper()
	r := sign(a.t, a.key, protocol.KindDeletion, protocol.Payload{Server: a.sid, Target: id})
	a.sends(r)
	return r
}

func (a *author) sends(records ...protocol.Record) {
	a.t.Helper()
	for len(records) > 0 {
		n := min(len(records), protocol.MaxBatch)
		var jws []string
		for _, r := range records[:n] {
			jws = append(jws, r.JWS)
		}
		results, err := a.wire.PostRecords(context.Background(), jws)
		if err != nil {
			a.t.Fatal(err)
		}
		for _, r := range results {
			if r.Error != nil {
				a.t.Fatal(r.Error)
			}
		}
		records = records[n:]
	}
}

// quick is a timer for which a second is 20 ms. What a server must do in time is
// no quicker for it: the machine may be busy.
func quick(d time.Duration) (<-chan time.Time, func()) {
	if d == stallAfter {
		return realTimer(6 * d)
	}
	t := time.NewTimer(d / 50)
	return t.C, func() { t.Stop() }
}

// reader is an open client, and its Run if it has been started.
type reader struct {
	*Client
	t      testing.TB
	opt    Options
	cancel context.CancelFunc
	done   chan struct{}
}

// reads opens a profile in a home of its own on the server at url.
func reads(t testing.TB, url string) *reader {
	t.Helper()
	return opens(t, Options{Home: t.TempDir(), Server: url, after: quick})
}

func opens(t testing.TB, o Options) *reader {
	t.Helper()
	if testing.Verbose() && o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	}
	if o.far == 0 {
		o.far = farForTests
	}
	r := &reader{t: t, opt: o}
	r.open()
	t.Cleanup(r.close)
	return r
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", b)
	return len(b), nil
}

func (r *reader) open() {
	r.t.Helper()
	c, err := Open(context.Background(), r.opt)
	if err != nil {
		r.t.Fatal(err)
	}
	r.Client = c
}

func (r *reader) close() {
	r.stops()
	if r.Client != nil {
		if err := r.Close(); err != nil {
			r.t.Error(err)
		}
		r.Client = nil
	}
}

// runs starts Run.
func (r *reader) runs() *reader {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	r.cancel, r.done = cancel, done
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			r.t.Errorf("Run: %v", err)
		}
	}()
	return r
}

func (r *reader) stops() {
	if r.cancel != nil {
		r.cancel()
		<-r.done
		r.cancel = nil
	}
}

func (r *reader) syncs() {
	r.t.Helper()
	if err := r.Sync(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// waits until something is so; it looks again at each change.
func (r *reader) waits(what string, is func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	changes := r.Changes()
	for !is() {
		if _, err := changes.Next(ctx); err != nil {
			r.t.Fatalf("waited in vain until %s (status %+v): %v", what, r.Status(), err)
		}
	}
}

func (r *reader) waitsOnline() {
	r.t.Helper()
	r.waits("it is online", func() bool { return r.Status().Connection == Online })
}

// shows is the everyone timeline, newest first.
func (r *reader) shows() []Item {
	r.t.Helper()
	items, err := r.Timeline(context.Background(), Query{Limit: 1000})
	if err != nil {
		r.t.Fatal(err)
	}
	return items
}

func (r *reader) sees(text string) bool {
	r.t.Helper()
	for _, i := range r.shows() {
		if i.Text == text && i.Pending == nil {
			return true
		}
	}
	return false
}

// log is all records in log order, each as "kind text".
func (r *reader) log() []string {
	r.t.Helper()
	items, err := r.Events(context.Background(), EventQuery{Limit: 1_000_000})
	if err != nil {
		r.t.Fatal(err)
	}
	var lines []string
	for _, i := range items {
		lines = append(lines, fmt.Sprintf("%d %s %s", i.Seq, i.Kind, i.Text))
	}
	return lines
}

func texts(items []Item) []string {
	var s []string
	for _, i := range items {
		s = append(s, i.Text)
	}
	return s
}

// line is a TCP proxy to a server. Each connection is cut once it has carried so
// many bytes to the client.
type line struct {
	net.Listener
	to string
	wg sync.WaitGroup

	mu     sync.Mutex
	cuts   []int64 // of the next connections; when used up, they stay whole
	opened int
	conns  map[net.Conn]bool
}

func newLine(t testing.TB, to string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &line{Listener: l, to: to, conns: map[net.Conn]bool{}}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.cutAll()
		p.wg.Wait()
	})
	return p
}

func (p *line) url() string { return "http://" + p.Addr().String() }

// count is how many connections there were.
func (p *line) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened
}

// cutNext has the next connections cut.
func (p *line) cutNext(after ...int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cuts = after
}

// cutAll cuts what is open.
func (p *line) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

func (p *line) accept() {
	for {
		c, err := p.Accept()
		if err != nil {
			return
		}
		limit := int64(1) << 40
		p.mu.Lock()
		p.opened++
		if len(p.cuts) > 0 {
			limit, p.cuts = p.cuts[0], p.cuts[1:]
		}
		p.conns[c] = true
		p.mu.Unlock()
		p.wg.Go(func() { p.carry(c, limit) })
	}
}

func (p *line) carry(c net.Conn, limit int64) {
	defer func() {
		c.Close()
		p.mu.Lock()
		delete(p.conns, c)
		p.mu.Unlock()
	}()
	s, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer s.Close()
	p.wg.Go(func() {
		io.Copy(s, c)
		s.Close()
	})
	io.CopyN(c, s, limit)
}
