package client

import (
	"context"
	"errors"
	"sync"
)

const kinds = 5 // of Change

// news counts the changes of each kind, so that subscribers need no queue: each
// compares the counts with those it saw.
type news struct {
	mu     sync.Mutex
	counts [kinds]uint64
	wake   chan struct{} // closed and replaced at each change
	closed bool
}

func (n *news) init() { n.wake = make(chan struct{}) }

func (n *news) tell(what Change) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || what == 0 {
		return
	}
	for i := range n.counts {
		if what&(1<<i) != 0 {
			n.counts[i]++
		}
	}
	close(n.wake)
	n.wake = make(chan struct{})
}

func (n *news) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.closed = true
		close(n.wake)
	}
}

var errClosed = errors.New("the client is closed")

// Changes tells what may look different. It is for one goroutine and costs
// nothing while nobody calls Next.
type Changes struct {
	news *news
	seen [kinds]uint64
}

// Changes subscribes: what changes from now on is told.
func (c *Client) Changes() *Changes {
	c.news.mu.Lock()
	defer c.news.mu.Unlock()
	return &Changes{&c.news, c.news.counts}
}

// Next waits until something changed since the last call and tells all of it at
// once. It returns an error when ctx ends or the client is closed.
func (s *Changes) Next(ctx context.Context) (Change, error) {
	for {
		s.news.mu.Lock()
		var what Change
		for i, n := range s.news.counts {
			if n != s.seen[i] {
				what |= 1 << i
			}
		}
		s.seen = s.news.counts
		wake, closed := s.news.wake, s.news.closed
		s.news.mu.Unlock()
		switch {
		case closed:
			return 0, errClosed
		case what != 0:
			return what, nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
