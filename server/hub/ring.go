package hub

import (
	"slices"
	"sort"
	"sync"

	"p4p/protocol"
)

// ring holds the newest frames, without a gap between them, up to a limit in
// bytes. It is read by every subscriber and written by the hub's writer.
type ring struct {
	limit int

	mu      sync.RWMutex
	frames  []*frame
	bytes   int
	head    uint64        // the last seq published
	changed chan struct{} // closed, and made anew, when head moves
}

func newRing(limit int, head uint64) *ring {
	return &ring{limit: limit, head: head, changed: make(chan struct{})}
}

// publish appends frames whose events follow each other. Frames that do not
// follow the head directly empty the ring first: readers then find what is
// between in the store.
func (r *ring) publish(frames []*frame) {
	if len(frames) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if frames[0].first != r.head+1 {
		r.clear()
	}
	for _, f := range frames {
		r.frames = append(r.frames, f)
		r.bytes += f.size()
	}
	for r.bytes > r.limit {
		r.bytes -= r.frames[0].size()
		r.frames[0] = nil
		r.frames = r.frames[1:]
	}
	r.move(frames[len(frames)-1].last)
}

// skipTo tells readers that the log has grown up to head without the ring.
func (r *ring) skipTo(head uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if head > r.head {
		r.clear()
		r.move(head)
	}
}

func (r *ring) clear() {
	clear(r.frames)
	r.frames, r.bytes = r.frames[:0], 0
}

func (r *ring) move(head uint64) {
	r.head = head
	close(r.changed)
	r.changed = make(chan struct{})
}

// taken is what a reader finds in the ring.
type taken struct {
	frames  [][]byte        // what to send
	next    uint64          // the cursor behind them
	changed <-chan struct{} // set when there is nothing to send: closed when there is
	missing uint64          // set when the ring does not begin at the cursor: how many events to read from the store
}

// take gives the frames behind cursor, in order, appended to buf[:0]: at least
// one where there is one, otherwise at most maxBytes.
func (r *ring) take(cursor uint64, maxBytes int, buf [][]byte) taken {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if cursor >= r.head {
		return taken{next: cursor, changed: r.changed}
	}
	i := sort.Search(len(r.frames), func(i int) bool { return r.frames[i].last > cursor })
	if i == len(r.frames) {
		return taken{next: cursor, missing: r.head - cursor}
	}
	switch f := r.frames[i]; {
	case f.first > cursor+1:
		return taken{next: cursor, missing: f.first - 1 - cursor}
	case f.first <= cursor:
		return taken{next: cursor, missing: f.last - cursor}
	}
	t := taken{frames: buf[:0], next: cursor}
	for n := 0; i < len(r.frames); i++ {
		f := r.frames[i]
		if n += len(f.wire); n > maxBytes && len(t.frames) > 0 {
			break
		}
		t.frames = append(t.frames, f.wire)
		t.next = f.last
	}
	return t
}

// holding lists the frames that hold one of these records.
func (r *ring) holding(ids map[protocol.UUID]bool) []*frame {
	if len(ids) == 0 {
		return nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	var found []*frame
	for _, f := range r.frames {
		if f.holds(ids) {
			found = append(found, f)
		}
	}
	return found
}

// replace puts another frame of the same events into the place of old; nil
// takes old and all before it out.
func (r *ring) replace(old, f *frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.frames, old)
	switch {
	case i < 0:
	case f == nil:
		for _, gone := range r.frames[:i+1] {
			r.bytes -= gone.size()
		}
		clear(r.frames[:i+1])
		r.frames = r.frames[i+1:]
	default:
		r.frames[i] = f
		r.bytes += f.size() - old.size()
	}
}

// state is the last seq published and the bytes held.
func (r *ring) state() (head uint64, bytes int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.head, r.bytes
}
