package api

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"p4p/server/hub"
)

func TestAStreamOverTLSTellsTheSame(t *testing.T) {
	st := newFakeStore()
	h := hub.New(st, hub.Options{})
	srv := httptest.NewUnstartedServer(nil)
	a := New(Config{Store: st, Hub: h, Metrics: NewMetrics(), Hosts: NewHosts(srv.Listener.Addr(), "", ""), Now: st.now})
	srv.Config.Handler = a
	srv.StartTLS()
	t.Cleanup(func() {
		if err := a.CloseStreams(context.Background()); err != nil {
			t.Error(err)
		}
		srv.Close()
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	const n = 400
	length := func(i int) int { return 1 + i*i/2 } // up to 80 KB: shorter and longer than what is joined
	for i := range n {
		rec := signed(t, 1, fmt.Sprint(i))
		rec.JWS = strings.Repeat("a", length(i)) // neither store nor stream looks inside
		if _, err := h.Submit(t.Context(), append(posts(t, 0, ""), rec)); err != nil {
			t.Fatal(err)
		}
	}
	d := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	ws, res, err := d.Dial(fmt.Sprintf("wss://%s/v1/stream?after=%s:0", srv.Listener.Addr(), st.epoch), nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	defer ws.Close()
	c := &client{t, ws}
	c.hello()
	for i, e := range c.events(0, n) {
		if len(e.JWS) != length(i) {
			t.Fatalf("seq %d has %d bytes, want %d", e.Seq, len(e.JWS), length(i))
		}
	}
}
