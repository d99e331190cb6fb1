package client

import (
	"context"
	"slices"
	"sync"

	"p4p/protocol"
)

// watchesAtOnce keeps a message of watches far below protocol.MaxClientFrame.
const watchesAtOnce = 500

// watch keeps the stream's watches those that the friendships ask for.
func (ss *session) watch(ctx context.Context) {
	watched := map[protocol.UUID]bool{}
	for {
		wanted := map[protocol.UUID]bool{}
		var begin []protocol.Watch
		for _, w := range ss.c.watches(ctx) {
			wanted[w.Friendship] = true
			if !watched[w.Friendship] {
				begin = append(begin, w)
			}
		}
		var end []protocol.UUID
		for f := range watched {
			if !wanted[f] {
				end = append(end, f)
			}
		}
		if !ss.tell(begin, end) {
			return // the reader notices as well
		}
		watched = wanted
		select {
		case <-ss.c.streams.changed:
		case <-ctx.Done():
			return
		}
	}
}

func (ss *session) tell(begin []protocol.Watch, end []protocol.UUID) bool {
	for part := range slices.Chunk(end, watchesAtOnce) {
		if ss.stream.Send(protocol.ClientFrame{Unwatch: part}) != nil {
			return false
		}
	}
	for part := range slices.Chunk(begin, watchesAtOnce) {
		if ss.stream.Send(protocol.ClientFrame{Watch: part}) != nil {
			return false
		}
	}
	return true
}

// notices are what the stream told of mailboxes and nobody has looked at yet: the
// last word on each, so that the reader never waits and memory stays bounded by
// the number of watches.
type notices struct {
	mu    sync.Mutex
	wake  chan struct{}
	order []protocol.UUID
	last  map[protocol.UUID]protocol.MailboxNotice
}

func (n *notices) init() {
	n.wake, n.last = make(chan struct{}, 1), map[protocol.UUID]protocol.MailboxNotice{}
}

func (n *notices) add(m protocol.MailboxNotice) {
	n.mu.Lock()
	if _, waits := n.last[m.Friendship]; !waits && len(n.order) < protocol.MaxWatches {
		n.order = append(n.order, m.Friendship)
		n.last[m.Friendship] = m
	} else if waits {
		n.last[m.Friendship] = m
	}
	n.mu.Unlock()
	poke(n.wake)
}

func (n *notices) take() (m protocol.MailboxNotice, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.order) == 0 {
		return m, false
	}
	m = n.last[n.order[0]]
	delete(n.last, n.order[0])
	n.order = n.order[1:]
	return m, true
}

// tellMailboxes hands the notices to the friendships, one after the other.
func (ss *session) tellMailboxes(ctx context.Context) {
	for {
		for m, ok := ss.notices.take(); ok && ctx.Err() == nil; m, ok = ss.notices.take() {
			ss.c.mailboxChanged(ctx, m)
		}
		select {
		case <-ss.notices.wake:
		case <-ctx.Done():
			return
		}
	}
}
