package api

import (
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
)

// wire writes whole websocket messages to one connection. All that is pending
// goes out together: on TCP in one system call, without copying (writev), else
// joined into few writes. It is for one goroutine.
type wire struct {
	conn net.Conn
	tcp  *net.TCPConn // nil: TLS
	opt  StreamOptions

	lens []int  // of the frames under way
	rest []byte // of the frame that a timeout cut in two

	mu      sync.Mutex // makes one of looking at these and setting a deadline
	hurried bool       // the server ends: waits are short
	closing bool       // a close frame is on its way: the client has little time to answer
}

// goodbye is how long a client has to take or answer the last word.
const goodbye = time.Second

func newWire(ws *websocket.Conn, o StreamOptions) *wire {
	w := &wire{conn: ws.NetConn(), opt: o}
	switch c := w.conn.(type) {
	case *net.TCPConn:
		w.tcp = c
	case interface{ TCP() *net.TCPConn }: // a listener counts it
		w.tcp = c.TCP()
	}
	if w.tcp != nil {
		_ = w.tcp.SetWriteBuffer(o.SendBuffer) // without it a slow reader costs more; nothing else changes
	}
	return w
}

// alive gives the client, of which something was heard, time until it must be
// heard of again. Unlike the rest it may be called beside a write.
func (w *wire) alive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closing {
		_ = w.conn.SetReadDeadline(time.Now().Add(w.opt.Ping + w.opt.Deadline))
	}
}

// hurry has writes, also one under way, not keep the server from ending.
func (w *wire) hurry() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hurried = true
	_ = w.conn.SetWriteDeadline(time.Now().Add(goodbye))
}

func (w *wire) startWrite() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.opt.Deadline
	if w.hurried {
		d = min(d, goodbye)
	}
	return w.conn.SetWriteDeadline(time.Now().Add(d))
}

// write sends the messages within one deadline. It uses up the slice, not the messages.
func (w *wire) write(messages [][]byte) error {
	if len(messages) == 0 {
		return nil
	}
	if err := w.startWrite(); err != nil {
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

// control sends a ping or a pong of at most 125 bytes.
func (w *wire) control(opcode byte, data string) error {
	return w.write([][]byte{controlFrame(opcode, []byte(data))})
}

// close sends the messages and a close frame; the client has a moment to answer.
func (w *wire) close(messages [][]byte, code int) error {
	if err := w.write(append(messages, closeFrame(code))); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closing = true
	return w.conn.SetReadDeadline(time.Now().Add(goodbye))
}

func controlFrame(opcode byte, data []byte) []byte {
	const fin = 0x80
	return append([]byte{fin | opcode, byte(len(data))}, data...)
}

func closeFrame(code int) []byte {
	return controlFrame(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""))
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
	_, _ = w.tcp.Write(append(slices.Clone(w.rest), closeFrame(protocol.CloseSlow)...))
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
