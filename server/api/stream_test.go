package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
	"p4p/server/hub"
)

func posts(t testing.TB, n int, text string) []protocol.Record {
	recs := make([]protocol.Record, n)
	for i := range recs {
		recs[i] = signed(t, 1, fmt.Sprint(text, " ", i))
	}
	return recs
}

func TestAStreamWithoutACursorTellsOnlyWhatIsNew(t *testing.T) {
	r := start(t, setup{})
	r.postAll(posts(t, 3, "old")...)
	c := r.stream("")
	if h := c.hello(); h.Server != r.store.server || h.Epoch != r.store.epoch || h.Seq != 3 {
		t.Errorf("hello says %+v", h)
	}
	fresh := signed(t, 1, "new")
	r.postAll(fresh)
	if e := c.events(3, 4)[0]; e.JWS != fresh.JWS || e.Kind != protocol.EventPost {
		t.Errorf("got %+v", e)
	}
}

func TestAStreamResumesInsideABatch(t *testing.T) {
	r := start(t, setup{})
	recs := posts(t, 10, "text")
	r.postAll(recs...)
	c := r.stream(fmt.Sprintf("?after=%s:4&id=%s", r.store.epoch, recs[3].ID))
	c.hello()
	for i, e := range c.events(4, 10) {
		if e.JWS != recs[4+i].JWS {
			t.Errorf("seq %d is another record", e.Seq)
		}
	}
}

func TestACursorOfAnotherHistoryStartsTheFeedOver(t *testing.T) {
	r := start(t, setup{})
	recs := posts(t, 3, "text")
	r.postAll(recs...)
	for name, query := range map[string]string{
		"a foreign epoch":             fmt.Sprintf("?after=%s:1", protocol.RecordUUID("another")),
		"beyond the log":              fmt.Sprintf("?after=%s:4", r.store.epoch),
		"another record at that seq":  fmt.Sprintf("?after=%s:2&id=%s", r.store.epoch, recs[0].ID),
		"a foreign epoch at its head": fmt.Sprintf("?after=%s:0", protocol.RecordUUID("another")),
	} {
		t.Run(name, func(t *testing.T) {
			c := r.stream(query)
			c.t = t
			c.hello()
			frames := c.closedWith(protocol.CloseCursorUnknown)
			if len(frames) != 1 || frames[0].Error == nil || frames[0].Error.Code != protocol.CodeCursorUnknown {
				t.Errorf("got %s", toJSON(t, frames))
			}
		})
	}
	c := r.stream(fmt.Sprintf("?after=%s:3&id=%s", r.store.epoch, recs[2].ID))
	c.hello()
	r.postAll(signed(t, 1, "one more"))
	c.events(3, 4)
}

func TestManySubscribersSeeEveryRecordOnceAndInOrder(t *testing.T) {
	for name, ring := range map[string]int{"from the ring": 0, "from the store": 1} {
		t.Run(name, func(t *testing.T) {
			r := start(t, setup{hub: hub.Options{RingBytes: ring}})
			const posters, each, subscribers = 4, 50, 10
			var wg sync.WaitGroup
			feeds := make([][]protocol.Event, subscribers)
			for i := range subscribers {
				c := r.stream(fmt.Sprintf("?after=%s:0", r.store.epoch))
				wg.Go(func() {
					c.hello()
					feeds[i] = c.events(0, posters*each)
				})
			}
			for p := range posters {
				wg.Go(func() {
					for i := range each {
						r.post(signed(t, byte(p+1), fmt.Sprint("number ", i)))
					}
				})
			}
			wg.Wait()
			for _, f := range feeds[1:] {
				if toJSON(t, f) != toJSON(t, feeds[0]) {
					t.Fatal("two subscribers saw different feeds")
				}
			}
		})
	}
}

// narrow dials with the smallest receive buffer there is.
func narrow() *websocket.Dialer {
	d := &net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if e := c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2048)
		}); e != nil {
			return e
		}
		return err
	}}
	return &websocket.Dialer{NetDialContext: d.DialContext}
}

func TestASubscriberThatDoesNotReadIsCutAndCostsTheOthersNothing(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.Stream.Deadline = 2 * time.Second
	}})
	slow := r.streamBy(narrow(), "")
	slow.hello()
	good := r.stream("")
	good.hello()
	recs := posts(t, 300, strings.Repeat("long ", 700))
	var wg sync.WaitGroup
	wg.Go(func() { good.events(0, 300) })
	r.postAll(recs...)
	wg.Wait()
	<-r.log.ended // the slow one, after the deadline of its write
	seen := uint64(0)
	for _, f := range slow.closedWith(protocol.CloseSlow) {
		for _, e := range f.Events {
			if seen++; e.Seq != seen {
				t.Fatalf("seq %d comes where %d belongs", e.Seq, seen)
			}
		}
	}
	if seen >= 300 {
		t.Fatal("it was given everything before it was cut")
	}
	// As the code says, it reconnects and resumes.
	query := fmt.Sprintf("?after=%s:%d", r.store.epoch, seen)
	if seen > 0 {
		query += "&id=" + recs[seen-1].ID.String()
	}
	again := r.stream(query)
	again.hello()
	again.events(seen, 300)
}

func TestAClientThatAnswersNoPingIsCutOff(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.Stream = StreamOptions{Ping: 50 * time.Millisecond, Deadline: 50 * time.Millisecond}
	}})
	c := r.stream("")
	c.hello()
	dead := make(chan struct{})
	c.ws.SetPingHandler(func(string) error { return nil }) // reads pings, but answers none
	go func() {
		defer close(dead)
		for {
			if _, err := c.read(); err != nil {
				return
			}
		}
	}()
	<-r.log.ended
	<-dead
}

func TestAClientThatAnswersPingsStays(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.Stream.Ping = 20 * time.Millisecond
	}})
	c := r.stream("")
	c.hello()
	var wg sync.WaitGroup
	defer wg.Wait()
	pings := 0
	answer := c.ws.PingHandler()
	c.ws.SetPingHandler(func(s string) error {
		if pings++; pings == 10 {
			wg.Go(func() { r.post(signed(t, 1, "still there?")) })
		}
		return answer(s)
	})
	c.events(0, 1)
	if pings < 10 {
		t.Errorf("%d pings", pings)
	}
}

func TestTheServerAnswersPings(t *testing.T) {
	r := start(t, setup{})
	c := r.stream("")
	c.hello()
	ponged := make(chan string, 1)
	c.ws.SetPongHandler(func(s string) error {
		ponged <- s
		return c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second))
	})
	if err := c.ws.WriteControl(websocket.PingMessage, []byte("echo"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.read(); err == nil {
		t.Fatal("a frame came where a pong belongs")
	}
	if s := <-ponged; s != "echo" {
		t.Errorf("the pong says %q", s)
	}
	<-r.log.ended // the server lets a client go that closes
}

func TestFramesThatBreakTheRulesEndTheStream(t *testing.T) {
	id := protocol.RecordUUID("x").String()
	for name, c := range map[string]struct {
		kind int
		data string
		code protocol.Code
	}{
		"not JSON":            {websocket.TextMessage, `{`, protocol.CodeBadRequest},
		"a binary frame":      {websocket.BinaryMessage, `{}`, protocol.CodeBadRequest},
		"an unknown member":   {websocket.TextMessage, `{"watcher":[]}`, protocol.CodeBadRequest},
		"a member twice":      {websocket.TextMessage, `{"unwatch":[],"unwatch":["` + id + `"]}`, protocol.CodeBadRequest},
		"another spelling":    {websocket.TextMessage, `{"Unwatch":[]}`, protocol.CodeBadRequest},
		"something behind it": {websocket.TextMessage, `{} {}`, protocol.CodeBadRequest},
		"a bad UUID":          {websocket.TextMessage, `{"unwatch":["` + strings.ToUpper(id) + `"]}`, protocol.CodeBadRequest},
		"deep nesting":        {websocket.TextMessage, strings.Repeat(`[`, 100_000), protocol.CodeBadRequest},
		"too large":           {websocket.TextMessage, `{"unwatch":["` + strings.Repeat("x", protocol.MaxClientFrame) + `"]}`, protocol.CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, setup{})
			ws := r.stream("")
			ws.hello()
			if err := ws.ws.WriteMessage(c.kind, []byte(c.data)); err != nil {
				t.Fatal(err)
			}
			frames := ws.closedWith(protocol.CloseBadFrame)
			if len(frames) != 1 || frames[0].Error == nil || frames[0].Error.Code != c.code {
				t.Errorf("got %s", toJSON(t, frames))
			}
		})
	}
}

func TestTooManyFramesEndTheStreamWithTheCodeToComeBack(t *testing.T) {
	r := start(t, setup{})
	c := r.stream("")
	c.hello()
	for range clientFramesBurst + 20 {
		if c.ws.WriteMessage(websocket.TextMessage, []byte(`{}`)) != nil {
			break
		}
	}
	frames := c.closedWith(protocol.CloseRateLimited)
	if len(frames) != 1 || frames[0].Error.Code != protocol.CodeRateLimited {
		t.Errorf("got %s", toJSON(t, frames))
	}
}

func TestClosingTellsStreamsToReconnect(t *testing.T) {
	r := start(t, setup{})
	c := r.stream("")
	c.hello()
	closing := make(chan error, 1)
	go func() { closing <- r.CloseStreams(context.Background()) }()
	c.closedWith(protocol.CloseShutdown)
	if err := <-closing; err != nil {
		t.Error(err)
	}
	_, res, err := websocket.DefaultDialer.Dial("ws://"+r.host+"/v1/stream", nil)
	if err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a new stream: %v", err)
	}
}

func TestTheEndDoesNotWaitForASubscriberThatDoesNotRead(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.Stream = StreamOptions{Deadline: time.Hour, SendBuffer: 2048}
	}})
	c := r.streamBy(narrow(), "")
	c.hello()
	r.postAll(posts(t, 300, strings.Repeat("long ", 700))...)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := r.CloseStreams(ctx); err != nil {
		t.Error(err)
	}
}

func TestStreamsAreRefusedBeforeTheyOpen(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.Limits.Streams = 1 }})
	epoch := r.store.epoch.String()
	upgrade := func(q *http.Request) {
		for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
			q.Header.Set(k, v)
		}
	}
	for name, c := range map[string]struct {
		query  string
		change []func(*http.Request)
		code   protocol.Code
	}{
		"no websocket":          {"", nil, protocol.CodeBadRequest},
		"another version":       {"", []func(*http.Request){upgrade, header("Sec-WebSocket-Version", "12")}, protocol.CodeBadRequest},
		"a foreign origin":      {"", []func(*http.Request){upgrade, header("Origin", "https://evil.example")}, protocol.CodeForbiddenOrigin},
		"no origin at all":      {"", []func(*http.Request){upgrade, header("Origin", "null")}, protocol.CodeForbiddenOrigin},
		"a rebound host":        {"", []func(*http.Request){upgrade, asHost("evil.example")}, protocol.CodeForbiddenOrigin},
		"a rebound host's page": {"", []func(*http.Request){upgrade, asHost("evil.example"), header("Origin", "http://evil.example")}, protocol.CodeForbiddenOrigin},
		"not a cursor":          {"?after=5", []func(*http.Request){upgrade}, protocol.CodeBadRequest},
		"an id without a place": {"?id=" + epoch, []func(*http.Request){upgrade}, protocol.CodeBadRequest},
		"an id at no record":    {"?after=" + epoch + ":0&id=" + epoch, []func(*http.Request){upgrade}, protocol.CodeBadRequest},
		"a cursor twice":        {"?after=" + epoch + ":0&after=" + epoch + ":1", []func(*http.Request){upgrade}, protocol.CodeBadRequest},
		"something else":        {"?since=1", []func(*http.Request){upgrade}, protocol.CodeBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			if a := r.call("GET", "/v1/stream"+c.query, "", c.change...); a.code() != c.code || a.status != c.code.Status() {
				t.Errorf("got %d %s, want %s", a.status, a.body, c.code)
			}
		})
	}
	r.stream("").hello()
	if a := r.call("GET", "/v1/stream", "", upgrade); a.code() != protocol.CodeUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("one stream too many: %d %s", a.status, a.body)
	}
}

func TestAPageOfTheServerItselfMayListen(t *testing.T) {
	r := start(t, setup{})
	ws, res, err := websocket.DefaultDialer.Dial("ws://"+r.host+"/v1/stream", http.Header{"Origin": {"http://" + r.host}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	ws.Close()
}

func TestTroubleInTheStoreEndsAStreamWithoutDetails(t *testing.T) {
	r := start(t, setup{hub: hub.Options{RingBytes: 1}})
	c := r.stream("")
	c.hello()
	f := protocol.RecordUUID("friendship")
	r.store.set(func(s *fakeStore) { s.fail = fmt.Errorf("secret detail") })
	c.send(protocol.ClientFrame{Watch: []protocol.Watch{{Friendship: f}}})
	frames := c.closedWith(websocket.CloseInternalServerErr)
	b, _ := json.Marshal(frames)
	if len(frames) != 1 || frames[0].Error.Code != protocol.CodeInternal || strings.Contains(string(b), "secret") {
		t.Errorf("got %s", b)
	}
	if !strings.Contains(r.log.String(), "secret detail") {
		t.Error("the cause is not in the log")
	}
}
