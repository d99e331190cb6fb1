package hub

import (
	"context"
	"errors"
	"fmt"
)

const (
	// maxWrite bounds what a reader is handed at once: a hundred posts, so that a
	// write is worth its system call; more measured no faster, and it must get
	// through even a slow line before a write's deadline.
	maxWrite = 64 << 10
	// A reader that is fed from the store holds one such chunk of its own.
	catchUpBytes  = 64 << 10
	catchUpEvents = 1000
)

// Reader is a subscriber's place in the log. It is for one goroutine.
type Reader struct {
	hub    *Hub
	cursor uint64
	buf    [][]byte
}

// Reader starts behind the event with seq after; 0 is the beginning.
func (h *Hub) Reader(after uint64) *Reader { return &Reader{hub: h, cursor: after} }

// Cursor is the seq of the last event handed out.
func (r *Reader) Cursor() uint64 { return r.cursor }

// Next gives the websocket messages that come next, without a gap or a repeat.
// Where there are none yet, the channel is set: it is closed when there are.
// The frames are shared with other readers and must not be changed; the slice is
// the caller's until the next call.
func (r *Reader) Next(ctx context.Context) ([][]byte, <-chan struct{}, error) {
	t := r.hub.ring.take(r.cursor, maxWrite, r.buf)
	if t.missing > 0 {
		frames, err := r.fromStore(ctx, t.missing)
		return frames, nil, err
	}
	r.cursor = t.next
	if t.frames != nil {
		r.buf = t.frames
	}
	return t.frames, t.changed, nil
}

// fromStore reads at most n events. Few readers do so at a time, so that many
// who are behind do not take the machine from those who are not.
func (r *Reader) fromStore(ctx context.Context, n uint64) ([][]byte, error) {
	select {
	case r.hub.catchUps <- struct{}{}:
		defer func() { <-r.hub.catchUps }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	events, err := r.hub.log.Range(ctx, r.cursor, int(min(n, catchUpEvents)), catchUpBytes)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, errors.New("the log ends before its head")
	}
	for i, e := range events {
		if e.Seq != r.cursor+1+uint64(i) {
			return nil, fmt.Errorf("the log has seq %d where %d belongs", e.Seq, r.cursor+1+uint64(i))
		}
	}
	r.cursor = events[len(events)-1].Seq
	frames := r.buf[:0]
	for _, f := range encodeFrames(events) {
		frames = append(frames, f.wire)
	}
	return frames, nil
}
