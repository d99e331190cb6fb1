package hub

import (
	"context"
	"slices"
	"time"

	"p4p/protocol"
	"p4p/server/store"
)

// job is one caller's batch on its way to the writer.
type job struct {
	recs  []protocol.Record
	bytes int
	done  chan outcome
}

type outcome struct {
	results []store.Appended
	err     error
}

type takedown struct {
	id   protocol.UUID
	done chan error
}

// Submit has the records committed, in order, and returns what became of each.
// It waits while the queue is full. An error means that nothing is known to be
// committed: to send the same records again is safe. Codes: unavailable, and
// those of the store.
func (h *Hub) Submit(ctx context.Context, recs []protocol.Record) ([]store.Appended, error) {
	if len(recs) == 0 {
		return nil, nil
	}
	j := &job{recs: recs, done: make(chan outcome, 1)}
	for _, r := range recs {
		j.bytes += len(r.JWS)
	}
	j.bytes = min(j.bytes, h.opt.QueueBytes)
	if err := h.acquire(ctx, int64(j.bytes)); err != nil {
		return nil, err
	}
	select {
	case h.queue <- j:
	case <-ctx.Done():
		h.room.Release(int64(j.bytes))
		return nil, busy(ctx.Err())
	case <-h.closing.Done():
		h.room.Release(int64(j.bytes))
		return nil, ending()
	}
	select {
	case o := <-j.done:
		return o.results, o.err
	case <-ctx.Done():
		return nil, busy(ctx.Err())
	case <-h.done:
	}
	select { // the writer may have answered before it ended
	case o := <-j.done:
		return o.results, o.err
	default:
		return nil, ending()
	}
}

// acquire waits for room in the queue, but not longer than the hub takes records.
func (h *Hub) acquire(ctx context.Context, n int64) error {
	if h.closing.Err() != nil {
		return ending()
	}
	if h.room.TryAcquire(n) {
		return nil
	}
	either, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.closing, cancel)()
	switch err := h.room.Acquire(either, n); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return busy(ctx.Err())
	default:
		return ending()
	}
}

// Takedown erases a record by the operator's will and publishes that.
func (h *Hub) Takedown(ctx context.Context, id protocol.UUID) error {
	t := &takedown{id, make(chan error, 1)}
	select {
	case h.takedowns <- t:
	case <-ctx.Done():
		return busy(ctx.Err())
	case <-h.closing.Done():
		return ending()
	case <-h.done:
		return ending()
	}
	select {
	case err := <-t.done:
		return err
	case <-h.done:
	}
	select { // the writer may have answered before it ended
	case err := <-t.done:
		return err
	default:
		return ending()
	}
}

func busy(cause error) error {
	return protocol.Errorf(protocol.CodeUnavailable, "The server could not take this in time; try again.").Because(cause)
}

func ending() error {
	return protocol.Errorf(protocol.CodeUnavailable, "The server is shutting down; try again.")
}

// write is the one goroutine that changes the log.
func (h *Hub) write() {
	defer close(h.done)
	for {
		select {
		case j := <-h.queue:
			h.commit(h.gather(j))
		case t := <-h.takedowns:
			t.done <- h.takeDown(t.id)
		case <-h.closing.Done():
			h.drain()
			return
		}
	}
}

// drain commits what was queued before the hub closed.
func (h *Hub) drain() {
	for {
		select {
		case j := <-h.queue:
			h.commit(h.gather(j))
		default:
			return
		}
	}
}

// gather takes what waits beside first, up to what one commit may hold.
func (h *Hub) gather(first *job) []*job {
	jobs, records, bytes := []*job{first}, len(first.recs), first.bytes
	for records < maxCommitRecords && bytes < maxCommitBytes {
		select {
		case j := <-h.queue:
			jobs, records, bytes = append(jobs, j), records+len(j.recs), bytes+j.bytes
		default:
			return jobs
		}
	}
	return jobs
}

func (h *Hub) commit(jobs []*job) {
	recs := jobs[0].recs
	if len(jobs) > 1 {
		recs = nil
		for _, j := range jobs {
			recs = append(recs, j.recs...)
		}
	}
	start := time.Now()
	results, err := h.log.Append(h.life, recs)
	if err == nil {
		h.opt.Committed(len(recs), time.Since(start))
		h.publish(recs, results)
	} else {
		h.opt.Log.Error("a commit failed", "records", len(recs), "error", err)
		h.ring.skipTo(h.log.Head()) // should it have reached the disk all the same
	}
	for _, j := range jobs {
		h.room.Release(int64(j.bytes))
		if err != nil {
			j.done <- outcome{err: err}
			continue
		}
		j.done <- outcome{results: results[:len(j.recs):len(j.recs)]}
		results = results[len(j.recs):]
	}
}

// publish puts what is new in the log into the ring.
func (h *Hub) publish(recs []protocol.Record, results []store.Appended) {
	var events []protocol.Event
	var ids []protocol.UUID
	erased := map[protocol.UUID]bool{}
	for i, a := range results {
		if a.Event == nil {
			continue
		}
		events, ids = append(events, *a.Event), append(ids, recs[i].ID)
		if recs[i].Kind == protocol.KindDeletion {
			erased[recs[i].Target] = true
		}
	}
	frames := encodeFrames(events)
	for i, f := range frames {
		n := f.last - f.first + 1
		f.ids, ids = ids[:n:n], ids[n:]
		if f.holds(erased) {
			frames[i] = h.again(f)
		}
	}
	h.erase(erased)
	if slices.Contains(frames, nil) {
		h.ring.skipTo(events[len(events)-1].Seq)
		return
	}
	h.ring.publish(frames)
}

func (h *Hub) takeDown(id protocol.UUID) error {
	e, err := h.log.Takedown(h.life, id)
	if err != nil {
		return err
	}
	h.erase(map[protocol.UUID]bool{id: true})
	if e != nil {
		h.ring.publish(encodeFrames([]protocol.Event{*e}))
	}
	return nil
}

// erase has the ring say of these records what the log says now. It comes before
// the news of the erasing is published: who has heard of that finds nothing.
func (h *Hub) erase(ids map[protocol.UUID]bool) {
	for _, old := range h.ring.holding(ids) {
		h.ring.replace(old, h.again(old))
	}
}

// again encodes the events of a frame as the log tells them now; nil if that fails.
func (h *Hub) again(old *frame) *frame {
	events, err := h.log.Range(h.life, old.first-1, int(old.last-old.first+1), 2*protocol.MaxFrame)
	if err != nil {
		h.opt.Log.Error("the ring could not be brought up to date; readers use the store", "error", err)
		return nil
	}
	frames := encodeFrames(events)
	if len(frames) != 1 || frames[0].first != old.first || frames[0].last != old.last {
		return nil
	}
	frames[0].ids = old.ids
	return frames[0]
}
