package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
	"p4p/server/hub"
)

// StreamOptions are the timing of streams; a zero member takes the protocol's value.
type StreamOptions struct {
	Ping       time.Duration // between pings
	Deadline   time.Duration // of one write; and for a pong, beyond Ping
	SendBuffer int           // of the socket, bytes: what a slow reader costs the kernel
}

func (o StreamOptions) withDefaults() StreamOptions {
	if o.Ping == 0 {
		o.Ping = protocol.StreamPing
	}
	if o.Deadline == 0 {
		o.Deadline = protocol.StreamDeadline
	}
	if o.SendBuffer == 0 {
		o.SendBuffer = 96 << 10
	}
	return o
}

// Streams is the number of open streams.
func (a *API) Streams() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open
}

// enter counts a stream of p in; it must be counted out by leave.
func (a *API) enter(p peer) (leave func(), err error) {
	own, ok := a.viewers.lease(p, 1, atOnce)
	if !ok {
		return nil, &refusal{protocol.Errorf(protocol.CodeRateLimited, "Too many streams are open from your network; close one, or try again later."), 10 * time.Second}
	}
	if err := a.countIn(); err != nil {
		own.end()
		return nil, err
	}
	return func() {
		a.countOut()
		own.end()
	}, nil
}

func (a *API) countIn() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.ending:
		return protocol.Errorf(protocol.CodeUnavailable, "The server is shutting down; try again.")
	case a.Limits.Streams > 0 && a.open >= a.Limits.Streams:
		return &refusal{protocol.Errorf(protocol.CodeUnavailable, "The server has as many streams open as it can; try again later."), 10 * time.Second}
	}
	a.open++
	a.streams.Add(1)
	return nil
}

func (a *API) countOut() {
	a.mu.Lock()
	a.open--
	a.mu.Unlock()
	a.streams.Done()
}

// getStream upgrades to a websocket and stays until it ends.
func (a *API) getStream(w http.ResponseWriter, r *http.Request) error {
	if err := a.Hosts.checkOrigin(r); err != nil {
		return err
	}
	from, err := readResume(r)
	if err != nil {
		return err
	}
	if !websocket.IsWebSocketUpgrade(r) {
		return badRequest("This address takes websocket connections only.")
	}
	p := a.guard.peer(r)
	if err := a.guard.opens.take(p, 1, a.Now()); err != nil {
		return err
	}
	leave, err := a.enter(p)
	if err != nil {
		return err
	}
	defer leave()
	up := websocket.Upgrader{
		CheckOrigin: func(*http.Request) bool { return true }, // checked above
		Error: func(w http.ResponseWriter, r *http.Request, _ int, reason error) {
			a.refuse(w, r, badRequest("The websocket handshake is not right: %s.", reason))
		},
	}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return nil // the upgrader has answered
	}
	a.Metrics.streamClosed(newStream(a, ws, p).serve(r.Context(), from))
	return nil
}

// resume is where a client wants to go on: behind after, where it saw the record id.
type resume struct {
	after *protocol.Cursor // nil: only what is new
	id    *protocol.UUID   // nil: it does not say
}

func readResume(r *http.Request) (resume, error) {
	var from resume
	p, err := params(r, "after", "id")
	if err != nil {
		return from, err
	}
	if s, ok := p["after"]; ok {
		c, err := protocol.ParseCursor(s)
		if err != nil {
			return from, err
		}
		from.after = &c
	}
	from.id, err = optionalUUID(p, "id")
	if err == nil && from.id != nil && (from.after == nil || from.after.Seq == 0) {
		err = badRequest("The parameter \"id\" names the record at the seq in \"after\".")
	}
	return from, err
}

// reader stands where the client wants to go on. head is the hub's, for a client
// that wants only what is new.
func (a *API) reader(ctx context.Context, from resume, head uint64) (*hub.Reader, error) {
	if from.after == nil {
		return a.Hub.Reader(head), nil
	}
	c := *from.after
	unknown := func(why string) error {
		return protocol.Errorf(protocol.CodeCursorUnknown, "%s; start the feed over. No friendship is lost by that.", why)
	}
	switch {
	case c.Epoch != a.Store.Epoch():
		return nil, unknown("The server's log has another history than the one that you followed")
	case c.Seq > a.Store.Head():
		return nil, unknown("The server's log does not reach as far as you followed it")
	case from.id != nil:
		id, ok, err := a.Store.At(ctx, c.Seq)
		if err != nil {
			return nil, err
		}
		if !ok || id != *from.id {
			return nil, unknown("The server's log has another record where you left off")
		}
	}
	return a.Hub.Reader(c.Seq), nil
}
