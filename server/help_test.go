package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"p4p/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a whole server on a real data folder.
type running struct {
	*Server
	t      testing.TB
	client *http.Client
}

func start(t testing.TB, c Config) *running {
	t.Helper()
	if c.Data == "" {
		c.Data = t.TempDir()
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	s, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{s, t, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	t.Cleanup(r.end)
	return r
}

// end shuts the server down; more than once is the same as once.
func (r *running) end() {
	r.t.Helper()
	r.client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		r.t.Errorf("shutting down: %v", err)
	}
	if err := r.Wait(); err != nil {
		r.t.Errorf("waiting: %v", err)
	}
}

// call gives the status and the body's JSON in out, if that is not nil. It may
// run beside the test's goroutine.
func (r *running) call(method, path string, auth *protocol.Token, body, out any) (int, error) {
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		in = bytes.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			return 0, err
		}
		in = bytes.NewReader(j)
	}
	q, err := http.NewRequest(method, r.URL()+path, in)
	if err != nil {
		return 0, err
	}
	if auth != nil {
		q.Header.Set("Authorization", auth.Authorization())
	}
	res, err := r.client.Do(q)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if res.StatusCode >= 300 {
		var e protocol.ErrorBody
		if err := protocol.DecodeStrict(b, &e); err != nil || e.Error == nil {
			return res.StatusCode, fmt.Errorf("%d %s", res.StatusCode, b)
		}
		return res.StatusCode, e.Error
	}
	if out == nil {
		return res.StatusCode, nil
	}
	return res.StatusCode, json.Unmarshal(b, out)
}

func device(n int) protocol.DeviceKey {
	return protocol.Root{byte(n), byte(n >> 8), 1}.DeviceKey(0)
}

// sign makes a record of a device for this server.
func (r *running) sign(n int, kind protocol.Kind, target protocol.UUID, text string) protocol.Record {
	rec, err := protocol.Sign(device(n), kind, protocol.Payload{
		Server: r.Info().Server, CreatedAt: protocol.Cut(time.Now()), Target: target, Text: text,
	})
	if err != nil {
		panic(err)
	}
	return rec
}

// post has one record taken and gives its seq.
func (r *running) post(rec protocol.Record) (uint64, error) {
	var out protocol.PostedRecords
	if _, err := r.call("POST", "/v1/records", nil, protocol.PostRecords{Records: []string{rec.JWS}}, &out); err != nil {
		return 0, err
	}
	if e := out.Results[0].Error; e != nil {
		return 0, e
	}
	return out.Results[0].Seq, nil
}

func (r *running) mustPost(rec protocol.Record) uint64 {
	r.t.Helper()
	seq, err := r.post(rec)
	if err != nil {
		r.t.Fatal(err)
	}
	return seq
}

// feed is a websocket client.
type feed struct {
	ws    *websocket.Conn
	hello protocol.Hello
	seq   uint64 // of the last event
}

func (r *running) follow(after uint64) *feed {
	r.t.Helper()
	ws, res, err := websocket.DefaultDialer.Dial(fmt.Sprintf("ws%s/v1/stream?after=%s:%d",
		strings.TrimPrefix(r.URL(), "http"), r.Info().Epoch, after), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	res.Body.Close()
	r.t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(30 * time.Second)) // a test that hangs fails
	f := &feed{ws: ws, seq: after}
	first, err := f.next()
	if err != nil || first.Hello == nil {
		r.t.Fatalf("the first frame is %+v, %v", first, err)
	}
	f.hello = *first.Hello
	return f
}

func (f *feed) next() (protocol.ServerFrame, error) {
	var v protocol.ServerFrame
	_, b, err := f.ws.ReadMessage()
	if err != nil {
		return v, err
	}
	err = protocol.DecodeStrict(b, &v)
	return v, err
}

// until reads events up to seq last; a gap or a repeat is an error.
func (f *feed) until(last uint64) ([]protocol.Event, error) {
	var got []protocol.Event
	for f.seq < last {
		v, err := f.next()
		if err != nil {
			return got, err
		}
		for _, e := range v.Events {
			if e.Seq != f.seq+1 {
				return got, fmt.Errorf("seq %d comes after %d", e.Seq, f.seq)
			}
			f.seq = e.Seq
		}
		got = append(got, v.Events...)
	}
	return got, nil
}

// logged keeps all that is logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logged) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
}
