package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
	"p4p/server/hub"
	"p4p/server/store"
)

// fastLog takes records at no cost, so that a benchmark sees the fan-out alone.
type fastLog struct {
	*fakeStore
	mu  sync.Mutex
	log []protocol.Event
}

func (l *fastLog) Append(_ context.Context, recs []protocol.Record) ([]store.Appended, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]store.Appended, len(recs))
	for i, r := range recs {
		e := protocol.Event{Seq: uint64(len(l.log) + 1), Kind: protocol.EventPost, JWS: r.JWS}
		l.log = append(l.log, e)
		out[i] = store.Appended{Seq: e.Seq, Event: &e}
	}
	return out, nil
}

func (l *fastLog) Range(_ context.Context, after uint64, n, _ int) ([]protocol.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]protocol.Event(nil), l.log[after:min(int(after)+min(n, 100), len(l.log))]...), nil
}

const benchJWS = 600 // bytes, a short post

// BenchmarkFanOut posts b.N records, one call each, to 1,000 subscribers over
// loopback; an operation is one record delivered to all of them. "one by one"
// is the same with a write for each frame, as WritePreparedMessage would do.
func BenchmarkFanOut(b *testing.B) {
	const subscribers = 1000
	for _, together := range []bool{true, false} {
		name := "all pending in one write"
		if !together {
			name = "one by one"
		}
		b.Run(name, func(b *testing.B) {
			l := &fastLog{fakeStore: newFakeStore()}
			h := hub.New(l, hub.Options{})
			a := New(Config{
				Store: l.fakeStore, Hub: h, Metrics: NewMetrics(), Hosts: NewHosts(&fakeAddr{}, "", ""),
				Stream: StreamOptions{Ping: time.Hour}, // these clients answer none
			})
			var handler http.Handler = a
			stop, end := context.WithCancel(context.Background())
			if !together {
				handler = oneByOne(stop, h)
			}
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			srv := &http.Server{Handler: handler}
			go srv.Serve(ln)
			var conns []*websocket.Conn
			var wg sync.WaitGroup
			for range subscribers {
				ws, res, err := websocket.DefaultDialer.Dial("ws://"+ln.Addr().String()+"/v1/stream?after="+l.epoch.String()+":0", nil)
				if err != nil {
					b.Fatal(err)
				}
				res.Body.Close()
				conns = append(conns, ws)
			}
			rec := protocol.Record{JWS: strings.Repeat("x", benchJWS)}
			b.ResetTimer()
			for _, ws := range conns {
				wg.Go(func() {
					if err := readTo(ws.NetConn(), uint64(b.N)); err != nil {
						b.Error(err)
					}
				})
			}
			for range b.N {
				if _, err := h.Submit(context.Background(), []protocol.Record{rec}); err != nil {
					b.Fatal(err)
				}
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N*subscribers)/b.Elapsed().Seconds(), "deliveries/s")
			end()
			for _, ws := range conns {
				ws.Close()
			}
			if err := a.CloseStreams(context.Background()); err != nil {
				b.Error(err)
			}
			srv.Close()
			h.Close(context.Background())
		})
	}
}

// readTo reads frames until the one that ends with that seq.
func readTo(conn net.Conn, last uint64) error {
	r := bufio.NewReaderSize(conn, 16<<10)
	var payload []byte
	for {
		var head [10]byte
		if _, err := io.ReadFull(r, head[:2]); err != nil {
			return err
		}
		n := uint64(head[1])
		switch n {
		case 126:
			if _, err := io.ReadFull(r, head[:2]); err != nil {
				return err
			}
			n = uint64(binary.BigEndian.Uint16(head[:]))
		case 127:
			if _, err := io.ReadFull(r, head[:8]); err != nil {
				return err
			}
			n = binary.BigEndian.Uint64(head[:])
		}
		if uint64(cap(payload)) < n {
			payload = make([]byte, n)
		}
		payload = payload[:n]
		if _, err := io.ReadFull(r, payload); err != nil {
			return err
		}
		// Searching costs the client more than reading: the last event begins here.
		var seq uint64
		tail := payload[max(0, len(payload)-benchJWS-43):]
		if i := bytes.Index(tail, []byte(`{"seq":`)); i >= 0 {
			for _, c := range tail[i+len(`{"seq":`):] {
				if c < '0' || c > '9' {
					break
				}
				seq = seq*10 + uint64(c-'0')
			}
		}
		if seq >= last {
			return nil
		}
	}
}

// oneByOne serves streams with one write for each frame.
func oneByOne(stop context.Context, h *hub.Hub) http.HandlerFunc {
	up := websocket.Upgrader{}
	return func(w http.ResponseWriter, q *http.Request) {
		ws, err := up.Upgrade(w, q, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		r := h.Reader(0)
		for {
			frames, changed, err := r.Next(stop)
			if err != nil {
				return
			}
			for _, f := range frames {
				if _, err := ws.NetConn().Write(f); err != nil {
					return
				}
			}
			if changed == nil {
				continue
			}
			select {
			case <-changed:
			case <-stop.Done():
				return
			}
		}
	}
}
