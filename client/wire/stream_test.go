package wire

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
)

var cursor = protocol.Cursor{Epoch: protocol.MustParseUUID("aaaaaaaa-aaaa-8aaa-8aaa-aaaaaaaaaaaa"), Seq: 7}

// streaming is a server whose streams do as f says.
func streaming(t *testing.T, f func(*http.Request, *websocket.Conn)) *Client {
	t.Helper()
	return client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var up websocket.Upgrader
		ws, err := up.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.Close()
		f(r, ws)
	}))
}

func stream(t *testing.T, c *Client) *Stream {
	t.Helper()
	s, err := c.Stream(t.Context(), cursor, &protocol.UUID{0xbb})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestAStreamResumesWhereItIsToldAndCarriesBothWays(t *testing.T) {
	heard := make(chan string, 1)
	c := streaming(t, func(r *http.Request, ws *websocket.Conn) {
		if got, want := r.URL.RawQuery, "after="+"aaaaaaaa-aaaa-8aaa-8aaa-aaaaaaaaaaaa%3A7&id=bb000000-0000-0000-0000-000000000000"; got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
		ws.WriteMessage(websocket.TextMessage, []byte(`{"events":[{"seq":8,"kind":"hidden"}]}`))
		_, b, err := ws.ReadMessage()
		if err != nil {
			t.Error(err)
		}
		heard <- string(b)
		ws.WriteMessage(websocket.TextMessage, []byte(`{"mailbox":{"friendship":"bbbbbbbb-bbbb-8bbb-8bbb-bbbbbbbbbbbb","error":{"code":"revoked","message":"\u001b[2JGone."}}}`))
		ws.ReadMessage()
	})
	s := stream(t, c)
	f, err := s.Read()
	if err != nil || len(f.Events) != 1 || f.Events[0].Seq != 8 {
		t.Fatalf("%+v, %v", f, err)
	}
	if err := s.Send(protocol.ClientFrame{Watch: []protocol.Watch{{Friendship: cursor.Epoch}}}); err != nil {
		t.Fatal(err)
	}
	want := `{"watch":[{"friendship":"aaaaaaaa-aaaa-8aaa-8aaa-aaaaaaaaaaaa","token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}` + "\n"
	if got := <-heard; got != want {
		t.Errorf("the server heard %q, want %q", got, want)
	}
	if f, err = s.Read(); err != nil || f.Mailbox == nil || f.Mailbox.Error.Message != "Gone." {
		t.Errorf("%+v, %v; want the notice, cleaned", f, err)
	}
}

func TestACloseCodeSaysWhatToDo(t *testing.T) {
	for code, want := range map[int]protocol.Code{
		protocol.CloseShutdown:       protocol.CodeNoServer,
		protocol.CloseSlow:           protocol.CodeNoServer,
		protocol.CloseRateLimited:    protocol.CodeNoServer,
		protocol.CloseCursorUnknown:  protocol.CodeCursorUnknown,
		4199:                         protocol.CodeCursorUnknown,
		protocol.CloseBadFrame:       protocol.CodeBadRequest,
		4250:                         protocol.CodeBadRequest,
		websocket.CloseNormalClosure: protocol.CodeNoServer,
	} {
		c := streaming(t, func(_ *http.Request, ws *websocket.Conn) {
			ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Minute))
			ws.ReadMessage()
		})
		_, err := stream(t, c).Read()
		wantCode(t, err, want)
	}
}

func TestARefusedStreamSaysWhy(t *testing.T) {
	c := client(t, answer(409, `{"error":{"code":"cursor_unknown","message":"Start over."}}`))
	_, err := c.Stream(t.Context(), cursor, nil)
	wantCode(t, err, protocol.CodeCursorUnknown)
	_, err = client(t, answer(200, "hello")).Stream(t.Context(), cursor, nil)
	wantCode(t, err, protocol.CodeForeignServer)
}

func TestWhatIsNoFrameEndsTheStream(t *testing.T) {
	big := make([]byte, protocol.MaxFrame+1)
	for name, tt := range map[string]struct {
		kind int
		data []byte
		want protocol.Code
	}{
		"no JSON":  {websocket.TextMessage, []byte("hello"), protocol.CodeForeignServer},
		"binary":   {websocket.BinaryMessage, []byte("{}"), protocol.CodeForeignServer},
		"too long": {websocket.TextMessage, big, protocol.CodeNoServer},
	} {
		t.Run(name, func(t *testing.T) {
			c := streaming(t, func(_ *http.Request, ws *websocket.Conn) {
				ws.WriteMessage(tt.kind, tt.data)
				ws.ReadMessage()
			})
			_, err := stream(t, c).Read()
			wantCode(t, err, tt.want)
		})
	}
}

func TestAPingIsAnsweredWhileReading(t *testing.T) {
	pong := make(chan string, 1)
	c := streaming(t, func(_ *http.Request, ws *websocket.Conn) {
		ws.SetPongHandler(func(data string) error {
			pong <- data
			return ws.WriteMessage(websocket.TextMessage, []byte(`{"events":[]}`))
		})
		ws.WriteControl(websocket.PingMessage, []byte("there?"), time.Now().Add(time.Minute))
		ws.ReadMessage()
	})
	s := stream(t, c)
	if _, err := s.Read(); err != nil {
		t.Fatal(err)
	}
	if got := <-pong; got != "there?" {
		t.Errorf("pong %q", got)
	}
}

func TestACursorIsTakenOnceTheServerGoesOn(t *testing.T) {
	c := streaming(t, func(_ *http.Request, ws *websocket.Conn) {
		ws.WriteMessage(websocket.TextMessage, []byte(`{"events":[{"seq":8,"kind":"hidden"}]}`))
		ws.ReadMessage() // answers pings
	})
	if err := stream(t, c).Confirm(); err != nil {
		t.Errorf("a good cursor: %v", err)
	}
	c = streaming(t, func(_ *http.Request, ws *websocket.Conn) {
		ws.WriteMessage(websocket.TextMessage, []byte(`{"error":{"code":"cursor_unknown","message":"No."}}`))
		ws.ReadMessage()
	})
	wantCode(t, stream(t, c).Confirm(), protocol.CodeCursorUnknown)
	c = streaming(t, func(_ *http.Request, ws *websocket.Conn) {})
	wantCode(t, stream(t, c).Confirm(), protocol.CodeNoServer)
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	c := streaming(t, func(_ *http.Request, ws *websocket.Conn) { ws.ReadMessage() })
	ctx, cancel := context.WithCancel(t.Context())
	s, err := c.Stream(ctx, cursor, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cancel()
	if _, err := s.Read(); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want the context's", err)
	}
}
