package hub

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"

	"p4p/protocol"
	"p4p/server/store"
)

// Log is what the hub needs of the store; [store.Store] is one.
type Log interface {
	Head() uint64
	Append(ctx context.Context, recs []protocol.Record) ([]store.Appended, error)
	Range(ctx context.Context, after uint64, n, maxBytes int) ([]protocol.Event, error)
	Takedown(ctx context.Context, id protocol.UUID) (*protocol.Event, error)
}

// Options of a hub. The zero value is good.
type Options struct {
	RingBytes  int                                   // of encoded frames; 16 MiB
	QueueBytes int                                   // of records that wait for the writer; 16 MiB
	Log        *slog.Logger                          // for failures of the store; discarded
	Committed  func(records int, took time.Duration) // called by the writer after each commit
	Guard      func(f func())                        // runs the writer; as server.Config has it
}

const (
	defaultRing  = 16 << 20
	defaultQueue = 16 << 20
	maxQueued    = 4096 // batches in the queue

	// A commit takes no more than this; what waits beyond comes next.
	maxCommitRecords = 1000
	maxCommitBytes   = 2 << 20
)

// Hub is the log's one writer and its ring of recent frames. Make one with
// [New] and end it with [Hub.Close].
type Hub struct {
	log  Log
	opt  Options
	ring *ring

	queue     chan *job
	takedowns chan *takedown
	room      *semaphore.Weighted // bytes left in the queue
	catchUps  chan struct{}

	closing context.Context // done: no more is taken
	close   context.CancelFunc
	life    context.Context // done: give up
	kill    context.CancelFunc
	done    chan struct{} // the writer has ended
}

// New starts the writer.
func New(log Log, o Options) *Hub {
	if o.RingBytes == 0 {
		o.RingBytes = defaultRing
	}
	if o.QueueBytes == 0 {
		o.QueueBytes = defaultQueue
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Committed == nil {
		o.Committed = func(int, time.Duration) {}
	}
	if o.Guard == nil {
		o.Guard = func(f func()) { f() }
	}
	h := &Hub{
		log: log, opt: o, ring: newRing(o.RingBytes, log.Head()),
		queue: make(chan *job, maxQueued), takedowns: make(chan *takedown),
		room:     semaphore.NewWeighted(int64(o.QueueBytes)),
		catchUps: make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
		done:     make(chan struct{}),
	}
	h.closing, h.close = context.WithCancel(context.Background())
	h.life, h.kill = context.WithCancel(context.Background())
	go o.Guard(h.write)
	return h
}

// Head is the seq of the last event published: a [Reader] that starts there
// gets only what is new.
func (h *Hub) Head() uint64 {
	head, _ := h.ring.state()
	return head
}

// RingBytes is what the ring holds at the moment.
func (h *Hub) RingBytes() int {
	_, n := h.ring.state()
	return n
}

// Close commits what waits, refuses what comes, and ends the writer. When ctx
// ends first, the commit under way is given up; nothing acknowledged is lost by
// that.
func (h *Hub) Close(ctx context.Context) error {
	h.close()
	defer h.kill()
	select {
	case <-h.done:
		return nil
	case <-ctx.Done():
		h.kill()
		<-h.done
		return ctx.Err()
	}
}
