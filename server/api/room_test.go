package api

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"p4p/protocol"
)

// line is a peer's end of a call that moves only when the test lets it.
type line struct {
	*httptest.ResponseRecorder
	body    []byte
	begun   chan<- struct{} // receives at the first byte in either direction
	release <-chan struct{}
	once    sync.Once
}

func (l *line) wait() {
	l.once.Do(func() { l.begun <- struct{}{} })
	<-l.release
}

func (l *line) Write(b []byte) (int, error) {
	l.wait()
	return l.ResponseRecorder.Write(b)
}

func (l *line) Read(b []byte) (int, error) {
	l.wait()
	n := copy(b, l.body)
	if l.body = l.body[n:]; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// stuck are calls that stand still.
type stuck struct {
	r       *running
	begun   chan struct{}
	release chan struct{}
	calls   sync.WaitGroup
}

func (r *running) stuck() *stuck {
	s := &stuck{r: r, begun: make(chan struct{}), release: make(chan struct{})}
	r.t.Cleanup(s.end)
	return s
}

// call begins a call and returns when its first byte is waited for.
func (s *stuck) call(from, method, path string, body []byte) {
	s.r.t.Helper()
	l := &line{ResponseRecorder: httptest.NewRecorder(), body: body, begun: s.begun, release: s.release}
	q := httptest.NewRequest(method, "http://localhost"+path, nil)
	q.RemoteAddr = net.JoinHostPort(from, "5555")
	if body != nil {
		q.Body, q.ContentLength = io.NopCloser(l), int64(len(body))
	}
	s.calls.Go(func() { s.r.ServeHTTP(l, q) })
	select {
	case <-s.begun:
	case <-time.After(20 * time.Second):
		s.r.t.Fatalf("%s %s by %s is not let in", method, path, from)
	}
}

func (s *stuck) end() {
	select {
	case <-s.release:
	default:
		close(s.release)
	}
	s.calls.Wait()
}

// from is a call of somebody's that is answered at once.
func (r *running) from(addr, method, path string, body []byte) answer {
	r.t.Helper()
	q := httptest.NewRequest(method, "http://localhost"+path, bytes.NewReader(body))
	q.RemoteAddr = net.JoinHostPort(addr, "5555")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, q)
	return answer{w.Code, w.Header(), w.Body.String()}
}

func bounded(l Limits) setup {
	l.Wait = 10 * time.Millisecond
	return setup{config: func(c *Config) { c.Limits = l }}
}

func TestWhoDoesNotReadItsPicturesHoldsNoMoreThanItsShareOfTheMemory(t *testing.T) {
	r := start(t, bounded(Limits{Memory: 6 * protocol.MaxPicture, BlockMemory: 2 * protocol.MaxPicture}))
	large, small := make([]byte, protocol.MaxPicture), make([]byte, 10)
	paths := map[int]string{}
	r.store.set(func(s *fakeStore) {
		for _, b := range [][]byte{large, small} {
			s.blobs[protocol.BlobOf(b)] = b
			paths[len(b)] = "/v1/blobs/" + protocol.BlobOf(b).String()
		}
	})
	s := r.stuck()
	for range 2 {
		s.call("203.0.113.9", "GET", paths[len(large)], nil)
	}
	a := r.from("203.0.113.9", "GET", paths[len(large)], nil)
	if a.code() != protocol.CodeUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("the third picture of one address: %d", a.status)
	}
	// One site has twice as much, and all together what there is.
	for _, from := range []string{"2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:2::1"} {
		s.call(from, "GET", paths[len(large)], nil)
	}
	if a := r.from("198.51.100.7", "GET", paths[len(large)], nil); a.status != 200 {
		t.Errorf("somebody else's picture: %d", a.status)
	}
	s.call("2001:db8:0:3::1", "GET", paths[len(large)], nil)
	if a := r.from("198.51.100.7", "GET", paths[len(large)], nil); a.code() != protocol.CodeUnavailable {
		t.Errorf("with all of the memory in use: %d", a.status)
	}
	s.end()

	// What a picture does not take is given back once its size is known.
	s = r.stuck()
	for range 20 {
		s.call("203.0.113.9", "GET", paths[len(small)], nil)
	}
}

func TestWhoDoesNotReadItsPagesHoldsNoMoreThanItsShareOfTheMemory(t *testing.T) {
	r := start(t, bounded(Limits{Memory: 1 << 20, BlockMemory: 2 * leastHeld}))
	r.postAll(signed(t, 1, "text"))
	s := r.stuck()
	for range 2 {
		s.call("203.0.113.9", "GET", "/v1/records?limit=1", nil)
	}
	if a := r.from("203.0.113.9", "GET", "/v1/records?limit=1", nil); a.code() != protocol.CodeUnavailable {
		t.Errorf("the third page of one address: %d", a.status)
	}
	if a := r.from("198.51.100.7", "GET", "/v1/records?limit=1", nil); a.status != 200 {
		t.Errorf("somebody else's page: %d", a.status)
	}
}

func TestWhoDoesNotEndItsBodiesHoldsNoMoreThanItsShareOfTheMemory(t *testing.T) {
	r := start(t, bounded(Limits{Memory: 8 << 20, BlockMemory: 2 << 20}))
	body := []byte(toJSON(t, protocol.PostRecords{Records: []string{signed(t, 1, "text").JWS}}))
	long := slices.Concat(body, bytes.Repeat([]byte(" "), 1<<20-len(body)))
	s := r.stuck()
	for range 2 {
		s.call("203.0.113.9", "POST", "/v1/records", long)
	}
	if a := r.from("203.0.113.9", "POST", "/v1/records", body); a.code() != protocol.CodeUnavailable {
		t.Errorf("the third body of one address: %d %s", a.status, a.body)
	}
	if a := r.from("198.51.100.7", "POST", "/v1/records", body); a.status != 200 {
		t.Errorf("somebody else's record: %d %s", a.status, a.body)
	}
	s.end()
	if a := r.from("203.0.113.9", "POST", "/v1/records", body); a.status != 200 {
		t.Errorf("when the others have ended: %d %s", a.status, a.body)
	}
	if n := len(r.room.each.m); n != 0 {
		t.Errorf("%d shares are kept for nobody", n)
	}
}

func TestOnePersonsUploadsDoNotKeepOthersFromSendingPictures(t *testing.T) {
	r := start(t, bounded(Limits{Memory: 128 << 20, BlockMemory: 16 << 20, Uploads: 4}))
	pic := picture(t)
	path := "/v1/blobs/" + protocol.BlobOf(pic).String()
	s := r.stuck()
	for n := range 20 { // 80 that hardly send anything
		for range 4 {
			s.call(fmt.Sprint("203.0.113.", n), "PUT", path, []byte("xx"))
		}
	}
	if a := r.from("203.0.113.0", "PUT", path, pic); a.code() != protocol.CodeUnavailable {
		t.Errorf("the fifth picture of one address: %d %s", a.status, a.body)
	}
	if a := r.from("198.51.100.7", "PUT", path, pic); a.status != 204 {
		t.Errorf("somebody else's picture: %d %s", a.status, a.body)
	}
}

func TestABodyThatComesTooSlowlyIsGivenUp(t *testing.T) {
	for name, c := range map[string]struct{ method, path string }{
		"records":   {"POST", "/v1/records"},
		"a picture": {"PUT", "/v1/blobs/" + protocol.BlobOf(nil).String()},
		"a mailbox": {"POST", "/v1/friendships/" + protocol.RecordUUID("f").String()},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, setup{config: func(c *Config) { c.Limits = Limits{Grace: 50 * time.Millisecond, Slowest: 1 << 20} }})
			conn, err := net.Dial("tcp", r.host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{", c.method, c.path)
			b, err := io.ReadAll(conn)
			if err != nil || !strings.Contains(string(b), "too slowly") {
				t.Errorf("got %q, %v", b, err)
			}
		})
	}
}

func TestAPictureThatIsReadTooSlowlyIsGivenUp(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.Limits = Limits{Loopback: true, BlockMemory: protocol.MaxPicture, Grace: 50 * time.Millisecond, Slowest: 1 << 30}
	}})
	b := make([]byte, 64<<20) // more than the sockets take
	id := protocol.BlobOf(b)
	r.store.set(func(s *fakeStore) { s.blobs[id] = b })
	conn, err := net.Dial("tcp", r.host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /v1/blobs/%s HTTP/1.1\r\nHost: localhost\r\n\r\n", id)
	if _, err := conn.Read(make([]byte, 1)); err != nil { // it has its share now
		t.Fatal(err)
	}
	r.store.set(func(s *fakeStore) { s.blobs[id] = []byte("x") })
	if a := r.call("GET", "/v1/blobs/"+id.String(), ""); a.status != http.StatusOK {
		t.Errorf("whoever waited for the share got %d", a.status)
	}
}

func TestAnHonestSlowLineHasTheTimeItTakes(t *testing.T) {
	l := DefaultLimits()
	for bytes, least := range map[int]time.Duration{2: 10 * time.Second, protocol.MaxPicture: 200 * time.Second} {
		if in := time.Until(l.due(bytes)); in < least-time.Second || in > least+20*time.Second {
			t.Errorf("%d bytes have %v", bytes, in)
		}
	}
}
