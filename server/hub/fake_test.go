package hub

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"p4p/protocol"
	"p4p/server/store"
)

// fakeLog is a log in memory. hold, when set, is received from before each commit.
type fakeLog struct {
	hold   chan struct{}
	events chan struct{} // receives after each commit begins, when set

	mu      sync.Mutex
	log     []protocol.Event
	ids     []protocol.UUID
	fail    error
	commits int
	reads   int
}

func (l *fakeLog) Head() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.log))
}

func (l *fakeLog) Append(ctx context.Context, recs []protocol.Record) ([]store.Appended, error) {
	if l.events != nil {
		l.events <- struct{}{}
	}
	if l.hold != nil {
		select {
		case <-l.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return nil, l.fail
	}
	l.commits++
	out := make([]store.Appended, len(recs))
	for i, r := range recs {
		seq := uint64(len(l.log) + 1)
		e := protocol.Event{Seq: seq, Kind: protocol.EventKind(r.Kind), JWS: r.JWS}
		l.log, l.ids = append(l.log, e), append(l.ids, r.ID)
		out[i] = store.Appended{Seq: seq, Event: &e}
		if r.Kind == protocol.KindDeletion {
			l.erase(r.Target)
		}
	}
	return out, nil
}

func (l *fakeLog) erase(id protocol.UUID) {
	for i := range l.log {
		if l.ids[i] == id {
			l.log[i] = protocol.Event{Seq: uint64(i + 1), Kind: protocol.EventErased, ID: &id}
		}
	}
}

func (l *fakeLog) Range(_ context.Context, after uint64, n, maxBytes int) ([]protocol.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	var out []protocol.Event
	for _, e := range l.log[min(int(after), len(l.log)):] {
		if len(out) == n || len(out) > 0 && maxBytes <= 0 {
			break
		}
		maxBytes -= len(e.JWS) + 60
		out = append(out, e)
	}
	return out, nil
}

func (l *fakeLog) Takedown(_ context.Context, id protocol.UUID) (*protocol.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase(id)
	e := protocol.Event{Seq: uint64(len(l.log) + 1), Kind: protocol.EventTakedown, Target: &id}
	l.log, l.ids = append(l.log, e), append(l.ids, protocol.UUID{})
	return &e, nil
}

// post is a record that the fake log takes: its text only serves to tell it apart.
func post(text string) protocol.Record {
	return protocol.Record{ID: protocol.RecordUUID(text), Kind: protocol.KindPost, JWS: text}
}

func deletion(target protocol.Record) protocol.Record {
	r := post("delete " + target.ID.String())
	r.Kind, r.Target = protocol.KindDeletion, target.ID
	return r
}

func newHub(t *testing.T, l *fakeLog, o Options) *Hub {
	t.Helper()
	h := New(l, o)
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Errorf("closing the hub: %v", err)
		}
	})
	return h
}

func submit(t *testing.T, h *Hub, recs ...protocol.Record) []store.Appended {
	t.Helper()
	out, err := h.Submit(t.Context(), recs)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// follow reads events until the one with seq last, and fails on a gap or repeat.
func follow(ctx context.Context, r *Reader, last uint64) ([]protocol.Event, error) {
	var got []protocol.Event
	want := r.Cursor() + 1
	for want <= last {
		frames, changed, err := r.Next(ctx)
		if err != nil {
			return got, err
		}
		for _, f := range frames {
			events, err := decode(f)
			if err != nil {
				return got, err
			}
			for _, e := range events {
				if e.Seq != want {
					return got, errors.New("a gap or a repeat")
				}
				want++
			}
			got = append(got, events...)
		}
		if changed != nil {
			select {
			case <-changed:
			case <-ctx.Done():
				return got, ctx.Err()
			}
		}
	}
	return got, nil
}

// decode reads a websocket message as a client does: header, then JSON.
func decode(wire []byte) ([]protocol.Event, error) {
	if len(wire) < 2 || wire[0] != 0x81 || wire[1]&0x80 != 0 {
		return nil, errors.New("not an unmasked text message")
	}
	n, rest := int(wire[1]), wire[2:]
	switch n {
	case 126:
		n, rest = int(binary.BigEndian.Uint16(rest)), rest[2:]
	case 127:
		n, rest = int(binary.BigEndian.Uint64(rest)), rest[8:]
	}
	if n != len(rest) || n > protocol.MaxFrame {
		return nil, errors.New("the length is wrong")
	}
	var f protocol.ServerFrame
	if err := protocol.DecodeStrict(rest, &f); err != nil {
		return nil, err
	}
	again, err := json.Marshal(f)
	if err != nil || string(again) != string(rest) {
		return nil, errors.New("not the JSON of a ServerFrame")
	}
	return f.Events, nil
}
