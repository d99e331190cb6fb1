package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"p4p/protocol"
	"p4p/server/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is the calls behind a real socket.
type running struct {
	*API
	t      *testing.T
	store  *fakeStore
	host   string
	client *http.Client
	log    *logged
}

// logged keeps what is logged and tells when a stream has ended.
type logged struct {
	mu    sync.Mutex
	text  bytes.Buffer
	ended chan struct{}
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	l.text.Write(p)
	l.mu.Unlock()
	if bytes.Contains(p, []byte(`route=/v1/stream`)) && bytes.Contains(p, []byte("status=101")) {
		l.ended <- struct{}{}
	}
	return len(p), nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

type setup struct {
	config func(*Config)
	hub    hub.Options
}

func start(t *testing.T, s setup) *running {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := &logged{ended: make(chan struct{}, 100)}
	st := newFakeStore()
	m := NewMetrics()
	s.hub.Committed = m.Committed
	h := hub.New(st, s.hub)
	c := Config{
		Store: st, Hub: h, Metrics: m, Hosts: NewHosts(l.Addr(), "", ""),
		Version: "test", Limits: DefaultLimits(), Now: st.now,
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if s.config != nil {
		s.config(&c)
	}
	a := New(c)
	srv := &http.Server{Handler: a}
	done := make(chan struct{})
	go func() {
		defer close(done)
		srv.Serve(l)
	}()
	r := &running{API: a, t: t, store: st, host: l.Addr().String(), client: &http.Client{Transport: &http.Transport{}}, log: log}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		r.client.CloseIdleConnections()
		if err := a.CloseStreams(ctx); err != nil {
			t.Errorf("closing the streams: %v", err)
		}
		srv.Close()
		<-done
		if err := h.Close(ctx); err != nil {
			t.Errorf("closing the hub: %v", err)
		}
	})
	return r
}

// answer is a call's answer, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) code() protocol.Code {
	var e protocol.ErrorBody
	if protocol.DecodeStrict([]byte(a.body), &e) != nil || e.Error == nil || !strings.HasSuffix(e.Error.Message, ".") {
		return ""
	}
	return e.Error.Code
}

func (r *running) call(method, path, body string, change ...func(*http.Request)) answer {
	r.t.Helper()
	req, err := http.NewRequest(method, "http://"+r.host+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range change {
		f(req)
	}
	return r.do(req)
}

func (r *running) do(req *http.Request) answer {
	r.t.Helper()
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

func header(k, v string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(k, v) }
}

func asHost(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// device is a key made from a number.
func device(n byte) protocol.DeviceKey { return protocol.Root{n}.DeviceKey(0) }

// signed is a post of a device on the test's server.
func signed(t testing.TB, n byte, text string, change ...func(*protocol.Payload)) protocol.Record {
	t.Helper()
	p := protocol.Payload{Server: protocol.RecordUUID("server"), CreatedAt: noon, Text: text}
	for _, f := range change {
		f(&p)
	}
	rec, err := protocol.Sign(device(n), protocol.KindPost, p)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func (r *running) post(recs ...protocol.Record) []protocol.RecordResult {
	r.t.Helper()
	var body protocol.PostRecords
	for _, rec := range recs {
		body.Records = append(body.Records, rec.JWS)
	}
	a := r.call("POST", "/v1/records", toJSON(r.t, body))
	var out protocol.PostedRecords
	if err := json.Unmarshal([]byte(a.body), &out); err != nil || a.status != 200 {
		r.t.Fatalf("POST /v1/records: %d %s", a.status, a.body)
	}
	return out.Results
}

// postAll has every record accepted, up to a hundred at a time.
func (r *running) postAll(recs ...protocol.Record) {
	r.t.Helper()
	for len(recs) > 0 {
		n := min(len(recs), 100)
		for _, res := range r.post(recs[:n]...) {
			if res.Error != nil {
				r.t.Fatal(res.Error)
			}
		}
		recs = recs[n:]
	}
}

// client is a websocket client.
type client struct {
	t  *testing.T
	ws *websocket.Conn
}

func (r *running) stream(query string) *client {
	r.t.Helper()
	return r.streamBy(&websocket.Dialer{}, query)
}

func (r *running) streamBy(d *websocket.Dialer, query string) *client {
	r.t.Helper()
	ws, res, err := d.Dial("ws://"+r.host+"/v1/stream"+query, nil)
	if err != nil {
		r.t.Fatalf("opening a stream: %v", err)
	}
	res.Body.Close()
	r.t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(20 * time.Second)) // a test that hangs fails
	return &client{r.t, ws}
}

func (c *client) next() protocol.ServerFrame {
	c.t.Helper()
	f, err := c.read()
	if err != nil {
		c.t.Fatal(err)
	}
	return f
}

func (c *client) read() (protocol.ServerFrame, error) {
	var f protocol.ServerFrame
	_, b, err := c.ws.ReadMessage()
	if err != nil {
		return f, err
	}
	err = protocol.DecodeStrict(b, &f)
	return f, err
}

func (c *client) hello() protocol.Hello {
	c.t.Helper()
	f := c.next()
	if f.Hello == nil {
		c.t.Fatalf("the first frame is %+v, not a hello", f)
	}
	return *f.Hello
}

// events reads up to seq last, and fails on a gap or a repeat.
func (c *client) events(after, last uint64) []protocol.Event {
	c.t.Helper()
	var got []protocol.Event
	for want := after + 1; want <= last; {
		f := c.next()
		if len(f.Events) == 0 {
			c.t.Fatalf("want events from seq %d, got %s", want, toJSON(c.t, f))
		}
		for _, e := range f.Events {
			if e.Seq != want {
				c.t.Fatalf("seq %d comes where %d belongs", e.Seq, want)
			}
			want++
		}
		got = append(got, f.Events...)
	}
	return got
}

// closedWith reads on until the connection is closed and checks how.
func (c *client) closedWith(code int) []protocol.ServerFrame {
	c.t.Helper()
	var frames []protocol.ServerFrame
	for {
		f, err := c.read()
		if err != nil {
			if !websocket.IsCloseError(err, code) {
				c.t.Fatalf("the stream ended with %v, want close code %d", err, code)
			}
			return frames
		}
		frames = append(frames, f)
	}
}

func (c *client) send(v any) {
	c.t.Helper()
	if err := c.ws.WriteJSON(v); err != nil {
		c.t.Fatal(err)
	}
}
