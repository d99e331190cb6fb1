package client

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
)

// staller is a server whose streams say what a test says, after which they only ping.
func staller(t *testing.T, frames ...protocol.ServerFrame) string {
	stop := make(chan struct{})
	var streams sync.WaitGroup
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/info", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, protocol.Info{Server: protocol.UUID{0x11}, Epoch: protocol.UUID{0x22}})
	})
	mux.HandleFunc("GET /v1/stream", func(w http.ResponseWriter, r *http.Request) {
		streams.Add(1)
		defer streams.Done()
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.Close()
		for _, f := range frames {
			ws.WriteJSON(f)
		}
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(soon)) != nil {
					return
				}
			case <-stop:
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		close(stop)
		streams.Wait()
		s.Close()
	})
	return s.URL
}

func TestAServerThatOnlyPingsKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	hello := func(seq uint64) protocol.ServerFrame {
		return protocol.ServerFrame{Hello: &protocol.Hello{Server: protocol.UUID{0x11}, Epoch: protocol.UUID{0x22}, Seq: seq}}
	}
	event := protocol.ServerFrame{Events: []protocol.Event{{Seq: 1, Kind: protocol.EventHidden}}}
	mailbox := protocol.ServerFrame{Mailbox: &protocol.MailboxNotice{Friendship: protocol.UUID{1}}}
	for name, frames := range map[string][]protocol.ServerFrame{
		"without a hello":         nil,
		"at the log's end":        {hello(0)}, // it never confirms the cursor
		"without an event":        {hello(5)},
		"after one event":         {hello(5), event},
		"about mailboxes instead": {hello(5), mailbox, mailbox},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := opens(t, Options{Home: t.TempDir(), Server: staller(t, frames...), after: func(d time.Duration) (<-chan time.Time, func()) {
				if d == stallAfter {
					d = 300 * time.Millisecond
				}
				return realTimer(d)
			}})
			ctx, cancel := context.WithTimeout(t.Context(), soon/6)
			defer cancel()
			wantCode(t, r.Sync(ctx), protocol.CodeUnavailable)
			if s := r.Status(); s.Connection != Offline || protocol.CodeOf(s.Err) != protocol.CodeUnavailable {
				t.Errorf("status %+v", s)
			}
		})
	}
}
