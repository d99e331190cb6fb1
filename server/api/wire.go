package api

import (
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
)

// wire writes whole websocket messages to one connection. All that is pending
// goes out together: on TCP in one system call, without copying (writev), else
// joined into few writes. It is for one goroutine.
type wire struct {
	ws   *websocket.Conn
	conn net.Conn
	tcp  *net.TCPConn // nil: TLS
	opt  StreamOptions

	lens []int  // of the frames under way
	rest []byte // of the frame that a timeout cut in two
}

func newWire(ws *websocket.Conn, o StreamOptions) *wire {
	w := &wire{ws: ws, conn: ws.NetConn(), opt: o}
	if w.tcp, _ = w.conn.(*net.TCPConn); w.tcp != nil {
		_ = w.tcp.SetWriteBuffer(o.SendBuffer) // without it a slow reader costs more; nothing else changes
	}
	return w
}

// write sends the messages within one deadline. It uses up the slice, not the messages.
func (w *wire) write(messages [][]byte) error {
	if len(messages) == 0 {
		return nil
	}
	if err := w.conn.SetWriteDeadline(time.Now().Add(w.opt.Deadline)); err != nil {
		return err
	}
	if w.tcp == nil {
		return writeJoined(w.conn, messages)
	}
	w.lens = w.lens[:0]
	for _, m := range messages {
		w.lens = append(w.lens, len(m))
	}
	left := net.Buffers(messages)
	_, err := left.WriteTo(w.tcp)
	if err != nil && len(left) > 0 && len(left[0]) < w.lens[len(w.lens)-len(left)] {
		w.rest = left[0]
	}
	return err
}

// control sends a ping or a pong.
func (w *wire) control(kind int, data string) error {
	return w.ws.WriteControl(kind, []byte(data), time.Now().Add(w.opt.Deadline))
}

// close sends the messages, then a close frame.
func (w *wire) close(messages [][]byte, code int) error {
	if err := w.write(messages); err != nil {
		return err
	}
	return w.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(goodbye))
}

// lastWord is the send buffer that a client gets which does not read: room for
// the end of the message under way and the close frame.
const lastWord = 4 << 20

// cut says, to a client that did not read in time, that it is to reconnect and
// resume. The socket is full, so the kernel is asked for a little more room; the
// client finds the word behind what it has not read, if it ever does.
func (w *wire) cut() {
	if w.tcp == nil {
		return // TLS takes no write after one that timed out
	}
	_ = w.tcp.SetWriteBuffer(lastWord)
	_ = w.tcp.SetWriteDeadline(time.Now().Add(goodbye))
	if _, err := w.tcp.Write(w.rest); err == nil {
		_ = w.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(protocol.CloseSlow, ""), time.Now().Add(goodbye))
	}
}

// joinSize is what writeJoined sends at once.
const joinSize = 64 << 10

var joinBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, joinSize)
	return &b
}}

func writeJoined(conn net.Conn, messages [][]byte) error {
	buf := joinBuffers.Get().(*[]byte)
	defer joinBuffers.Put(buf)
	b := (*buf)[:0]
	for _, m := range messages {
		if len(b) > 0 && len(b)+len(m) > joinSize {
			if _, err := conn.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
		if len(m) > joinSize {
			if _, err := conn.Write(m); err != nil {
				return err
			}
			continue
		}
		b = append(b, m...)
	}
	if len(b) == 0 {
		return nil
	}
	_, err := conn.Write(b)
	return err
}
