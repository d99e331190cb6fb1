package client

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
)

// liar is a server whose log is whatever a test says, and whose streams, pages
// and answers can be bent.
type liar struct {
	*httptest.Server
	t testing.TB

	mu      sync.Mutex
	sid     protocol.UUID
	epoch   protocol.UUID
	log     []protocol.Event
	grown   chan struct{} // closed and replaced when the log grows
	streams int
	asked   []string // the pages asked for, as queries
	posted  [][]string
	stop    chan struct{}

	// frames says how the nth stream tells these events; nil: in one frame.
	frames func(stream int, events []protocol.Event) [][]protocol.Event
	// bend changes a page; nil leaves it.
	bend func(*protocol.RecordsPage)
	// take answers POST /v1/records; nil takes everything.
	take func(jws []string) (status int, answer any)
	// put answers PUT of a picture with a refusal, unless that is nil.
	put func() *protocol.Error
	// blobs by path.
	blobs map[string][]byte
}

func newLiar(t testing.TB) *liar {
	t.Helper()
	l := &liar{
		t: t, sid: protocol.UUID{0x11}, epoch: protocol.UUID{0x22},
		grown: make(chan struct{}), stop: make(chan struct{}), blobs: map[string][]byte{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/info", l.info)
	mux.HandleFunc("GET /v1/stream", l.stream)
	mux.HandleFunc("GET /v1/records", l.page)
	mux.HandleFunc("GET /v1/records/{id}", l.record)
	mux.HandleFunc("POST /v1/records", l.post)
	mux.HandleFunc("/v1/blobs/{id}", l.blob)
	l.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		close(l.stop)
		l.Close()
	})
	return l
}

func (l *liar) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// tells adds events, whose seq it fills in where it is 0.
func (l *liar) tells(events ...protocol.Event) {
	l.set(func() {
		for _, e := range events {
			if e.Seq == 0 {
				e.Seq = uint64(len(l.log) + 1)
			}
			l.log = append(l.log, e)
		}
		close(l.grown)
		l.grown = make(chan struct{})
	})
}

// record is an event of a signed record.
func eventOf(r protocol.Record) protocol.Event {
	return protocol.Event{Kind: protocol.EventKind(r.Kind), JWS: r.JWS}
}

func (l *liar) post1(key protocol.DeviceKey, text string) protocol.Record {
	return sign(l.t, key, protocol.KindPost, protocol.Payload{Server: l.sid, Text: text})
}

func (l *liar) deletion(key protocol.DeviceKey, of protocol.UUID) protocol.Record {
	return sign(l.t, key, protocol.KindDeletion, protocol.Payload{Server: l.sid, Target: of})
}

func (l *liar) comment(key protocol.DeviceKey, on protocol.UUID, text string) protocol.Record {
	return sign(l.t, key, protocol.KindComment, protocol.Payload{Server: l.sid, Target: on, Text: text})
}

func (l *liar) info(w http.ResponseWriter, _ *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	reply(w, http.StatusOK, protocol.Info{Server: l.sid, Epoch: l.epoch, Seq: uint64(len(l.log)), Limits: protocol.CurrentLimits()})
}

func (l *liar) stream(w http.ResponseWriter, r *http.Request) {
	var up websocket.Upgrader
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		l.t.Error(err)
		return
	}
	defer ws.Close()
	after, err := protocol.ParseCursor(r.URL.Query().Get("after"))
	if err != nil {
		l.t.Error(err)
	}
	l.mu.Lock()
	n := l.streams
	l.streams++
	hello := protocol.Hello{Server: l.sid, Epoch: l.epoch, Seq: uint64(len(l.log))}
	l.mu.Unlock()
	ws.WriteJSON(protocol.ServerFrame{Hello: &hello})
	if after.Epoch != hello.Epoch || after.Seq > hello.Seq {
		ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(protocol.CloseCursorUnknown, ""), time.Now().Add(soon))
		return
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			if _, _, err := ws.ReadMessage(); err != nil {
				return
			}
		}
	}()
	defer func() { <-gone }()
	defer ws.Close()
	for at := after.Seq; ; {
		l.mu.Lock()
		events, grown, frames := slices.Clone(l.log[at:]), l.grown, l.frames
		l.mu.Unlock()
		at += uint64(len(events))
		told := [][]protocol.Event{}
		for part := range slices.Chunk(events, 1000) {
			told = append(told, part)
		}
		if frames != nil && len(events) > 0 {
			told = frames(n, events)
		}
		for _, f := range told {
			if ws.WriteJSON(protocol.ServerFrame{Events: f}) != nil {
				return
			}
		}
		select {
		case <-grown:
		case <-gone:
			return
		case <-l.stop:
			return
		}
	}
}

// page answers like an honest server; bend may change the answer.
func (l *liar) page(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := r.URL.Query()
	l.asked = append(l.asked, r.URL.RawQuery)
	before := uint64(len(l.log) + 1)
	if s := q.Get("before"); s != "" {
		before, _ = strconv.ParseUint(s, 10, 64)
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	p := protocol.RecordsPage{Epoch: l.epoch, Events: []protocol.Event{}}
	for i := int(min(before, uint64(len(l.log)+1))) - 2; i >= 0; i-- {
		e := l.log[i]
		if !l.live(e) || !fitsQuery(e, q) {
			continue
		}
		if len(p.Events) == limit {
			p.Before = &p.Events[limit-1].Seq
			break
		}
		p.Events = append(p.Events, e)
	}
	if l.bend != nil {
		l.bend(&p)
	}
	reply(w, http.StatusOK, p)
}

func (l *liar) live(e protocol.Event) bool {
	return e.Kind == protocol.EventPost || e.Kind == protocol.EventComment || e.Kind == protocol.EventDeletion
}

func fitsQuery(e protocol.Event, q url.Values) bool {
	if k := q.Get("kind"); k != "" && k != string(e.Kind) {
		return false
	}
	r, err := protocol.ParseRecord(e.JWS)
	if err != nil {
		return true // a lie, to be told
	}
	if t := q.Get("target"); t != "" && t != r.Target.String() {
		return false
	}
	return true
}

func (l *liar) record(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.log {
		if protocol.RecordUUID(e.JWS).String() == r.PathValue("id") {
			reply(w, http.StatusOK, protocol.RecordView{Epoch: l.epoch, Event: e})
			return
		}
	}
	reply(w, http.StatusNotFound, protocol.ErrorBody{Error: protocol.Errorf(protocol.CodeUnknownRecord, "None.")})
}

func (l *liar) post(w http.ResponseWriter, r *http.Request) {
	var b protocol.PostRecords
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
		l.t.Error(err)
	}
	l.mu.Lock()
	l.posted = append(l.posted, b.Records)
	take := l.take
	l.mu.Unlock()
	if take == nil {
		take = l.takeAll
	}
	status, answer := take(b.Records)
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	reply(w, status, answer)
}

// takeAll takes records as an honest server does: each once.
func (l *liar) takeAll(jws []string) (int, any) {
	var a protocol.PostedRecords
	for _, j := range jws {
		a.Results = append(a.Results, protocol.RecordResult{ID: protocol.RecordUUID(j), Seq: l.takeOne(j)})
	}
	return http.StatusOK, a
}

func (l *liar) takeOne(jws string) uint64 {
	l.mu.Lock()
	for _, e := range l.log {
		if e.JWS == jws {
			l.mu.Unlock()
			return e.Seq
		}
	}
	seq := uint64(len(l.log) + 1)
	l.mu.Unlock()
	r, err := protocol.ParseRecord(jws)
	if err != nil {
		l.t.Error(err)
	}
	if r.Kind == protocol.KindReport {
		l.tells(protocol.Event{Kind: protocol.EventHidden})
	} else {
		l.tells(eventOf(r))
	}
	return seq
}

func (l *liar) blob(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := r.PathValue("id")
	if r.Method == http.MethodGet {
		if b := l.blobs[id]; b != nil {
			w.Write(b)
			return
		}
		reply(w, http.StatusNotFound, protocol.ErrorBody{Error: protocol.Errorf(protocol.CodeUnknownBlob, "None.")})
		return
	}
	if l.put != nil {
		if e := l.put(); e != nil {
			reply(w, e.Code.Status(), protocol.ErrorBody{Error: e})
			return
		}
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		l.t.Error(err)
	}
	l.blobs[id] = b
	w.WriteHeader(http.StatusNoContent)
}

// reads opens a client of this server.
func (l *liar) reads() *reader {
	l.t.Helper()
	return reads(l.t, l.URL)
}

// place is the last place that a client has stored.
func (r *reader) place() uint64 {
	r.t.Helper()
	p, _, err := r.cache.Place(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return p.Seq
}

// blobGate holds each GET of a picture until the gate lets it pass, and counts.
func blobGate(inner http.Handler, id protocol.BlobID, gate <-chan struct{}, asked *int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/v1/blobs/"+id.String() {
			<-gate
			*asked++
		}
		inner.ServeHTTP(w, r)
	})
}
