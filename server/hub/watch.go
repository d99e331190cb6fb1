package hub

import (
	"slices"
	"sync"

	"p4p/protocol"
)

// Watches knows who watches which mailbox. It tells that one changed, not how:
// the watcher reads the mailbox itself, with the token that it was given.
type Watches struct {
	mu       sync.RWMutex
	watchers map[protocol.UUID]map[*Watcher]struct{}
}

// NewWatches makes an empty one.
func NewWatches() *Watches {
	return &Watches{watchers: map[protocol.UUID]map[*Watcher]struct{}{}}
}

// Notify tells all who watch the mailbox. It never waits for them.
func (w *Watches) Notify(friendship protocol.UUID) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for o := range w.watchers[friendship] {
		o.Mark(friendship)
	}
}

// Watcher is one stream's watches. What changed twice before it looked is told once.
type Watcher struct {
	all     *Watches
	watched map[protocol.UUID]struct{} // guarded by all.mu
	wake    chan struct{}

	mu      sync.Mutex
	changed []protocol.UUID // without repeats
}

// Watcher makes one that watches nothing yet.
func (w *Watches) Watcher() *Watcher {
	return &Watcher{all: w, watched: map[protocol.UUID]struct{}{}, wake: make(chan struct{}, 1)}
}

// Add begins to watch.
func (o *Watcher) Add(friendship protocol.UUID) {
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	o.watched[friendship] = struct{}{}
	m := o.all.watchers[friendship]
	if m == nil {
		m = map[*Watcher]struct{}{}
		o.all.watchers[friendship] = m
	}
	m[o] = struct{}{}
}

// Remove ends a watch.
func (o *Watcher) Remove(friendship protocol.UUID) {
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	o.remove(friendship)
}

// Close ends all watches.
func (o *Watcher) Close() {
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	for f := range o.watched {
		o.remove(f)
	}
}

func (o *Watcher) remove(f protocol.UUID) {
	delete(o.watched, f)
	m := o.all.watchers[f]
	delete(m, o)
	if len(m) == 0 {
		delete(o.all.watchers, f)
	}
}

// Mark has Changed tell this mailbox.
func (o *Watcher) Mark(friendship protocol.UUID) {
	o.mu.Lock()
	if !slices.Contains(o.changed, friendship) {
		o.changed = append(o.changed, friendship)
	}
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Wake receives after a Mark.
func (o *Watcher) Wake() <-chan struct{} { return o.wake }

// Changed takes the mailboxes marked since the last call, in order.
func (o *Watcher) Changed() []protocol.UUID {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.changed
	o.changed = nil
	return c
}
