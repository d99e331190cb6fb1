package wire

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gorilla/websocket"

	"p4p/protocol"
)

const (
	ok53  = `9007199254740991` // 2^53-1
	far53 = `9007199254740992`
)

func TestAPlaceThatNoCursorCanNameIsNotBelieved(t *testing.T) {
	id := protocol.RecordUUID("a.b.c")
	calls := map[string]func(seq string) error{
		"info": func(seq string) error {
			_, err := client(t, answer(200, `{"server":"`+id.String()+`","epoch":"`+id.String()+`","seq":`+seq+`}`)).Info(t.Context())
			return err
		},
		"a result": func(seq string) error {
			_, err := client(t, answer(200, `{"results":[{"id":"`+id.String()+`","seq":`+seq+`}]}`)).PostRecords(t.Context(), []string{"a.b.c"})
			return err
		},
		"a page": func(seq string) error {
			_, err := client(t, answer(200, `{"events":[{"seq":`+seq+`,"kind":"post"}]}`)).Records(t.Context(), Page{})
			return err
		},
		"a record": func(seq string) error {
			_, err := client(t, answer(200, `{"event":{"seq":`+seq+`,"kind":"post"}}`)).Record(t.Context(), id)
			return err
		},
		"a stream's hello":  func(seq string) error { return firstFrame(t, `{"hello":{"seq":`+seq+`}}`) },
		"a stream's events": func(seq string) error { return firstFrame(t, `{"events":[{"seq":`+seq+`,"kind":"hidden"}]}`) },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			if err := call(ok53); err != nil {
				t.Error(err)
			}
			wantCode(t, call(far53), protocol.CodeForeignServer)
			wantCode(t, call("18446744073709551615"), protocol.CodeForeignServer)
		})
	}
}

func firstFrame(t *testing.T, frame string) error {
	t.Helper()
	c := streaming(t, func(_ *http.Request, ws *websocket.Conn) {
		ws.WriteMessage(websocket.TextMessage, []byte(frame))
		ws.ReadMessage()
	})
	_, err := stream(t, c).Read()
	return err
}

func TestPagesLeadDownwards(t *testing.T) {
	for body, good := range map[string]bool{
		`{"events":[{"seq":8},{"seq":5}],"before":5}`: true,
		`{"events":[{"seq":8},{"seq":5}],"before":3}`: true, // nothing stands between
		`{"events":[{"seq":8},{"seq":5}]}`:            true,
		`{"events":[]}`:                               true,
		`{"events":[{"seq":9}]}`:                      false, // not below what was asked
		`{"events":[{"seq":5},{"seq":8}]}`:            false,
		`{"events":[{"seq":5},{"seq":5}]}`:            false,
		`{"events":[{"seq":0}]}`:                      false,
		`{"events":[],"before":8}`:                    false, // for ever
		`{"events":[{"seq":8},{"seq":5}],"before":6}`: false, // the 5 a second time
		`{"events":[{"seq":8}],"before":0}`:           false,
	} {
		_, err := client(t, answer(200, body)).Records(t.Context(), Page{Before: 9})
		if good != (err == nil) || !good && protocol.CodeOf(err) != protocol.CodeForeignServer {
			t.Errorf("%s: %v", body, err)
		}
	}
	top := fmt.Sprintf(`{"events":[{"seq":%s}],"before":%s}`, ok53, ok53)
	if _, err := client(t, answer(200, top)).Records(t.Context(), Page{}); err != nil {
		t.Error(err)
	}
}
