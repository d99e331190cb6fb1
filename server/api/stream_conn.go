package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"p4p/protocol"
	"p4p/server/hub"
)

// A client may send this many frames, each of any size that is allowed.
const (
	clientFramesPerSecond = 5
	clientFramesBurst     = 50
)

// stream is one websocket connection. One goroutine, that of serve, writes and
// owns everything here; another reads what the client sends and hands it over,
// frame by frame, so that a client cannot make the server keep more of them.
type stream struct {
	api     *API
	peer    peer
	ws      *websocket.Conn
	out     *wire
	watcher *hub.Watcher
	watches map[protocol.UUID]*watch

	in    chan incoming // closed when the client can be read no more
	pongs chan string   // that the client asked for
	done  chan struct{} // closed when serve ends
}

// incoming is a client's frame, or why there will be no more.
type incoming struct {
	frame protocol.ClientFrame
	err   error
}

func newStream(a *API, ws *websocket.Conn, p peer) *stream {
	s := &stream{
		api: a, peer: p, ws: ws, out: newWire(ws, a.Stream),
		watcher: a.watches.Watcher(), watches: map[protocol.UUID]*watch{},
		in: make(chan incoming), pongs: make(chan string, 1), done: make(chan struct{}),
	}
	ws.SetPingHandler(func(data string) error {
		select {
		case s.pongs <- data:
		default: // one answer will do
		}
		return nil
	})
	ws.SetPongHandler(func(string) error {
		s.out.alive()
		return nil
	})
	ws.SetCloseHandler(func(int, string) error { return nil }) // serve answers it
	return s
}

// closed ends a stream: the code goes to the client.
type closed struct {
	code int
	err  error // sent in an error frame first, if it is one of the protocol's
}

func (c *closed) Error() string { return "the stream is closed" }

// errGone: the client left, or cannot be reached any more.
var errGone = &closed{}

// serve runs the stream to its end and gives the close code sent, 0 if none.
func (s *stream) serve(ctx context.Context, from resume) int {
	defer s.ws.Close()
	defer close(s.done)
	defer s.watcher.Close()
	defer context.AfterFunc(s.api.quit, s.out.hurry)()
	s.out.alive()
	go s.read()
	end := s.run(ctx, from)
	if end.code == 0 {
		return 0
	}
	if end.code == protocol.CloseSlow {
		s.out.cut()
		return end.code
	}
	var frames [][]byte
	if end.err != nil {
		frames = append(frames, hub.Message(protocol.ServerFrame{Error: s.api.tell(false, "/v1/stream", end.err)}))
	}
	if s.out.close(frames, end.code) == nil {
		for range s.in { // until the client answered, so that nothing cuts our word off
		}
	}
	return end.code
}

// run feeds the client until something ends it.
func (s *stream) run(ctx context.Context, from resume) *closed {
	head := s.api.Hub.Head()
	hello := protocol.Hello{Server: s.api.Store.Server(), Epoch: s.api.Store.Epoch(), Seq: head}
	if err := s.out.write([][]byte{hub.Message(protocol.ServerFrame{Hello: &hello})}); err != nil {
		return lost(err)
	}
	reader, err := s.api.reader(ctx, from, head)
	if err != nil {
		return &closed{closeCode(err), err}
	}
	ping := time.NewTicker(s.api.Stream.Ping)
	defer ping.Stop()
	more := make(chan struct{})
	close(more)
	for {
		frames, changed, err := reader.Next(ctx)
		if err != nil {
			return &closed{closeCode(err), err}
		}
		if len(frames) > 0 {
			if err := s.out.write(frames); err != nil {
				return lost(err)
			}
		}
		if changed == nil {
			changed = more
		}
		if end := s.attend(ctx, changed, ping.C); end != nil {
			return end
		}
	}
}

// attend does the next thing there is to do beside the feed, or returns when
// there is more of that.
func (s *stream) attend(ctx context.Context, changed <-chan struct{}, ping <-chan time.Time) *closed {
	var err error
	select {
	case <-changed:
	case <-s.api.quit.Done():
		return &closed{code: protocol.CloseShutdown}
	case in, ok := <-s.in:
		switch {
		case !ok:
			return errGone
		case in.err != nil:
			return &closed{closeCode(in.err), in.err}
		}
		notices, err := s.take(in.frame)
		if err != nil {
			return &closed{closeCode(err), err}
		}
		if err := s.out.write(notices); err != nil {
			return lost(err)
		}
	case <-s.watcher.Wake():
		var notices [][]byte
		if notices, err = s.notices(ctx); err != nil {
			return &closed{closeCode(err), err}
		}
		err = s.out.write(notices)
	case data := <-s.pongs:
		err = s.out.control(websocket.PongMessage, data)
	case <-ping:
		s.markExpired()
		err = s.out.control(websocket.PingMessage, "")
	}
	if err != nil {
		return lost(err)
	}
	return nil
}

// lost tells a client that does not read from one that is gone.
func lost(err error) *closed {
	if isTimeout(err) {
		return &closed{code: protocol.CloseSlow}
	}
	return errGone
}

// closeCode is what a client is to do about err: its range says whether to come back.
func closeCode(err error) int {
	switch protocol.CodeOf(err) {
	case protocol.CodeCursorUnknown:
		return protocol.CloseCursorUnknown
	case protocol.CodeBadRequest, protocol.CodeTooLarge:
		return protocol.CloseBadFrame
	case protocol.CodeRateLimited:
		return protocol.CloseRateLimited
	case protocol.CodeUnavailable:
		return protocol.CloseShutdown
	}
	return websocket.CloseInternalServerErr
}

// read hands over what the client sends, until it breaks a rule or leaves.
func (s *stream) read() {
	defer close(s.in) // which ends the stream, after a panic too
	defer func() {
		if p := recover(); p != nil {
			s.api.Log.Error("a stream panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	limit := rate.NewLimiter(clientFramesPerSecond, clientFramesBurst)
	for {
		kind, r, err := s.ws.NextReader()
		if err != nil {
			return
		}
		var in incoming
		in.frame, in.err = readFrame(kind, r)
		if in.err == nil && !limit.Allow() {
			in.err = protocol.Errorf(protocol.CodeRateLimited, "That were too many frames at once; connect again and send fewer.")
		}
		s.out.alive()
		select {
		case s.in <- in:
		case <-s.done:
			return
		}
		if in.err != nil {
			s.drain()
			return
		}
	}
}

// drain reads on, so that what the client has sent does not make the operating
// system drop what it is about to be told.
func (s *stream) drain() {
	for {
		if _, _, err := s.ws.NextReader(); err != nil {
			return
		}
	}
}

func readFrame(kind int, r io.Reader) (protocol.ClientFrame, error) {
	var f protocol.ClientFrame
	if kind != websocket.TextMessage {
		return f, badRequest("A client's frames are text.")
	}
	b, err := io.ReadAll(io.LimitReader(r, protocol.MaxClientFrame+1))
	switch {
	case err != nil: // its text would name the peer
		return f, badRequest("A frame broke off.")
	case len(b) > protocol.MaxClientFrame:
		return f, protocol.Errorf(protocol.CodeTooLarge, "A client's frame holds at most %d bytes.", protocol.MaxClientFrame)
	}
	err = protocol.DecodeStrict(b, &f)
	return f, err
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
