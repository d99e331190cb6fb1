package hub

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"

	"p4p/protocol"
)

// frame is one websocket message as it goes over the wire, holding the events
// first to last. It never changes once it is made.
type frame struct {
	first, last uint64
	wire        []byte
	ids         []protocol.UUID // the records inside, so that erasing finds them; nil outside of the ring
}

// frameOverhead is what a frame costs in the ring beside its bytes.
const frameOverhead = 128

func (f *frame) size() int { return len(f.wire) + len(f.ids)*len(protocol.UUID{}) + frameOverhead }

func (f *frame) holds(ids map[protocol.UUID]bool) bool {
	return len(ids) > 0 && slices.ContainsFunc(f.ids, func(id protocol.UUID) bool { return ids[id] })
}

const (
	eventOverhead = 60 // about, beside the JWS
	eventsPrefix  = `{"events":[`
	eventsSuffix  = `]}`
)

// encodeFrames makes the fewest frames of at most protocol.MaxFrame bytes of
// JSON; an event alone always fits, because a record does.
func encodeFrames(events []protocol.Event) []*frame {
	var frames []*frame
	size := len(eventsPrefix) + len(eventsSuffix)
	for _, e := range events {
		size += len(e.JWS) + eventOverhead
	}
	body := make([]byte, 0, min(size, protocol.MaxFrame))
	var first uint64
	flush := func(last uint64) {
		frames = append(frames, &frame{first: first, last: last, wire: textMessage(append(body, eventsSuffix...))})
		body = body[:0]
	}
	var b []byte
	for i, e := range events {
		b = appendEvent(b[:0], e)
		if len(body) > 0 && len(body)+1+len(b)+len(eventsSuffix) > protocol.MaxFrame {
			flush(events[i-1].Seq)
		}
		if len(body) == 0 {
			first = e.Seq
			body = append(body, eventsPrefix...)
		} else {
			body = append(body, ',')
		}
		body = append(body, b...)
	}
	if len(body) > 0 {
		flush(events[len(events)-1].Seq)
	}
	return frames
}

// appendEvent appends what json.Marshal makes of e, several times as fast for the
// records that a log consists of: the one writer does this for each.
func appendEvent(b []byte, e protocol.Event) []byte {
	if e.ID != nil || e.Target != nil || !plainJWS(e.JWS) {
		return append(b, mustJSON(e)...)
	}
	b = strconv.AppendUint(append(b, `{"seq":`...), e.Seq, 10)
	b = append(append(b, `,"kind":"`...), e.Kind...)
	if e.JWS != "" {
		b = append(append(b, `","jws":"`...), e.JWS...)
	}
	return append(b, `"}`...)
}

// plainJWS tells whether s is only what a compact JWS has, so that JSON escapes none of it.
func plainJWS(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// Message is v as a websocket message on the wire, for what is meant for one
// connection only.
func Message(v protocol.ServerFrame) []byte { return textMessage(mustJSON(v)) }

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the protocol's types have no value that JSON cannot hold
	}
	return b
}

// textMessage is an unmasked, unfragmented text message (RFC 6455, section
// 5.2). It is a copy: the payload's buffer may be used again.
func textMessage(payload []byte) []byte {
	const finText = 0x81
	b := make([]byte, 0, len(payload)+10)
	switch n := len(payload); {
	case n < 126:
		b = append(b, finText, byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, finText, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, finText, 127), uint64(n))
	}
	return append(b, payload...)
}
