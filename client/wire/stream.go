package wire

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
)

// The server pings every protocol.StreamPing: a stream that is silent for longer
// than two and a half times that is dead.
const silence = protocol.StreamPing * 5 / 2

type dialer struct {
	tls *tls.Config
	net *net.Dialer
}

// Stream is an open websocket. Read is for one goroutine, the other methods for
// any. It ends with the context of [Client.Stream], or with Close.
type Stream struct {
	client  *Client
	ctx     context.Context //nolint:containedctx // the stream's own life
	conn    *websocket.Conn
	stop    func() bool
	writing sync.Mutex
}

// Stream opens the stream behind a cursor. id is the record seen there, nil
// where none is known. A cursor that is not of the server's history is
// cursor_unknown, here or from the first Read.
func (c *Client) Stream(ctx context.Context, after protocol.Cursor, id *protocol.UUID) (*Stream, error) {
	q := url.Values{"after": {after.String()}}
	if id != nil {
		q.Set("id", id.String())
	}
	d := websocket.Dialer{
		NetDialContext:   c.dial.net.DialContext,
		TLSClientConfig:  c.dial.tls,
		Proxy:            http.ProxyFromEnvironment,
		HandshakeTimeout: callTime,
		ReadBufferSize:   64 << 10,
	}
	address := "ws" + strings.TrimPrefix(c.base, "http") + "/v1/stream?" + q.Encode()
	conn, resp, err := d.DialContext(ctx, address, http.Header{"User-Agent": {userAgent}})
	if err != nil {
		if resp != nil && errors.Is(err, websocket.ErrBadHandshake) {
			body, _ := read(resp.Body, maxRefusal) // gorilla keeps its first KiB, which holds any refusal
			return nil, c.refusal(resp.StatusCode, resp.Header, body)
		}
		return nil, c.unreachable(ctx, err)
	}
	s := &Stream{client: c, ctx: ctx, conn: conn}
	conn.SetReadLimit(protocol.MaxFrame)
	s.alive()
	conn.SetPingHandler(func(data string) error {
		s.alive()
		err := conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(dialTime))
		if errors.Is(err, websocket.ErrCloseSent) {
			return nil
		}
		return err
	})
	s.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return s, nil
}

func (s *Stream) alive() { _ = s.conn.SetReadDeadline(time.Now().Add(silence)) }

// Read waits for the next frame. After an error the stream is over: the code is
// cursor_unknown where the feed must start over, bad_request where the server
// does not take what this client sends, and server_unreachable wherever coming
// back is all there is to do.
func (s *Stream) Read() (protocol.ServerFrame, error) {
	var f protocol.ServerFrame
	kind, r, err := s.conn.NextReader()
	if err != nil {
		return f, s.ended(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return f, s.ended(err)
	}
	s.alive()
	if kind != websocket.TextMessage {
		return f, s.client.foreign(errors.New("a message that is not text"))
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return f, s.client.foreign(err)
	}
	if f.Hello != nil && f.Hello.Seq > maxSeq {
		return f, s.client.foreign(errSeq)
	}
	if err := checkSeqs(f.Events); err != nil {
		return f, s.client.foreign(err)
	}
	f.Error = Clean(f.Error)
	if f.Mailbox != nil {
		f.Mailbox.Error = Clean(f.Mailbox.Error)
	}
	return f, nil
}

func (s *Stream) ended(err error) error {
	var closed *websocket.CloseError
	switch {
	case !errors.As(err, &closed):
	case closed.Code/100 == protocol.CloseCursorUnknown/100:
		return protocol.Errorf(protocol.CodeCursorUnknown, "The server at %s has another history than before: the feed starts over.", s.client.base).Because(err)
	case closed.Code/100 == protocol.CloseBadFrame/100:
		return protocol.Errorf(protocol.CodeBadRequest, "The server at %s does not understand this version of P4P: update one of them.", s.client.base).Because(err)
	}
	return s.client.unreachable(s.ctx, err)
}

var errPong = errors.New("the server answered a ping")

// Confirm waits until the server has taken the cursor, which it says by going on
// with the stream; the error is that of Read. Nothing can be read afterwards: it
// is for whoever is at the log's end and only wants to be sure of it.
func (s *Stream) Confirm() error {
	s.conn.SetPongHandler(func(string) error { return errPong })
	if err := s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(dialTime)); err != nil {
		return s.client.unreachable(s.ctx, err)
	}
	for {
		f, err := s.Read()
		switch {
		case err == nil && f.Error == nil:
		case err == nil:
			return f.Error
		case errors.Is(err, errPong):
			return nil
		default:
			return err
		}
	}
}

// Send writes a message: watches that begin or end.
func (s *Stream) Send(f protocol.ClientFrame) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(protocol.StreamDeadline))
	if err := s.conn.WriteJSON(f); err != nil {
		return s.client.unreachable(s.ctx, err)
	}
	return nil
}

// Close ends the stream; a Read under way returns.
func (s *Stream) Close() {
	s.stop()
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	_ = s.conn.Close()
}
