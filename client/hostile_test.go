package client

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
)

func TestAPlaceThatTheServerCannotReadStartsTheFeedOver(t *testing.T) {
	w := newTown(t)
	w.author().says("hello")
	r := reads(t, w.URL())
	info := w.Info()
	at, err := r.cache.Use(t.Context(), info.Server, info.Epoch)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.cache.Jump(t.Context(), at.History, 1, 1<<53+5, nil); err != nil {
		t.Fatal(err)
	}
	r.syncs()
	if !r.sees("hello") || r.place() != 1 {
		t.Errorf("place %d", r.place())
	}
}

// A server that tells one event per stream is not come back to without a pause.
func TestStreamsThatDoNotLastAreReopenedLaterAndLater(t *testing.T) {
	var streams atomic.Int64
	many := make(chan struct{})
	mux := http.NewServeMux()
	id := protocol.UUID{0x11}
	mux.HandleFunc("GET /v1/info", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, protocol.Info{Server: id, Epoch: id, Seq: uint64(streams.Load())})
	})
	mux.HandleFunc("GET /v1/stream", func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.Close()
		n := streams.Add(1)
		if n == 100 {
			close(many)
		}
		ws.WriteJSON(protocol.ServerFrame{Hello: &protocol.Hello{Server: id, Epoch: id, Seq: uint64(n)}})
		ws.WriteJSON(protocol.ServerFrame{Events: []protocol.Event{{Seq: uint64(n), Kind: protocol.EventHidden}}})
		ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(protocol.CloseShutdown, ""), time.Now().Add(soon))
		ws.ReadMessage() // the client's close
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	waits := make(chan time.Duration, 1000)
	at := time.Now()
	r := opens(t, Options{
		Home: t.TempDir(), Server: s.URL, Random: highest{}, Now: func() time.Time { return at },
		after: func(d time.Duration) (<-chan time.Time, func()) {
			if slices.Contains([]time.Duration{pollEvery, tidyFirst, tidyEvery, payEvery, stallAfter}, d) {
				return nil, func() {}
			}
			waits <- d
			return quick(0)
		},
	})
	r.runs()
	var got []time.Duration
	for len(got) < 5 {
		select {
		case d := <-waits:
			got = append(got, d.Round(time.Millisecond))
		case <-many:
			t.Fatalf("100 streams, with pauses of %v only", got)
		}
	}
	r.stops()
	if want := []time.Duration{backoffFirst, time.Second, 2 * time.Second, 2 * time.Second, 2 * time.Second}; !slices.Equal(got, want) {
		t.Errorf("pauses %v, want %v", got, want)
	}
}

// deep is a liar that has a page of one deletion below every page, for ever.
func deep(t *testing.T) *liar {
	l := newLiar(t)
	key := newKey(t)
	forged := eventOf(l.deletion(key, protocol.UUID{1}))
	l.tells(eventOf(l.post1(key, "read before")))
	l.bend = func(p *protocol.RecordsPage) {
		before := uint64(1) << 50
		if q, err := url.ParseQuery(l.asked[len(l.asked)-1]); err == nil && q.Get("before") != "" {
			fmt.Sscan(q.Get("before"), &before)
		}
		e := forged
		e.Seq = before - 1
		p.Events, p.Before = []protocol.Event{e}, &e.Seq
	}
	return l
}

func TestASearchThatFindsNothingForEverEnds(t *testing.T) {
	l := deep(t)
	ctx, cancel := context.WithTimeout(t.Context(), soon/6)
	defer cancel()
	items, err := l.reads().RemoteSearch(ctx, "lake", 10)
	if err != nil || len(items) != 0 || len(l.asked) > pagesPerLook+1 {
		t.Errorf("%d items, %v, after %d pages", len(items), err, len(l.asked))
	}
}

func TestACommandSweepsAFewPagesAndTheNextOneGoesOn(t *testing.T) {
	l := deep(t)
	r := l.reads()
	r.syncs()
	at, _, err := r.cache.Place(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.cache.Jump(t.Context(), at.History, 1<<40, 1<<40, nil); err != nil {
		t.Fatal(err)
	}
	s, err := r.reach(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), soon/6)
	defer cancel()
	for n := uint64(1); n <= 2; n++ {
		more, err := r.sweep(ctx, s, at.History)
		if !more || err != nil || len(l.asked) != int(n)*pagesPerLook {
			t.Fatalf("sweep %d: more %v, %v, after %d pages", n, more, err, len(l.asked))
		}
		if got, err := r.cache.Unswept(ctx); err != nil || len(got) != 1 || got[0].High != 1<<40-1-n*pagesPerLook {
			t.Fatalf("left: %v, %v", got, err)
		}
	}
}
