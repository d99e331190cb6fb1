package api

import (
	"context"
	"net/netip"
	"sync"

	"golang.org/x/sync/semaphore"
)

// shares bound what each block, and each site, has under way at the same time.
type shares struct {
	block, site int64 // 0: no bound

	mu sync.Mutex
	m  map[netip.Prefix]*share
}

type share struct {
	*semaphore.Weighted
	users int // leases, and calls that wait for one: without any it is forgotten
}

func newShares(block, site int64) *shares {
	return &shares{block: block, site: site, m: map[netip.Prefix]*share{}}
}

// ask comes by n of a semaphore, or does not.
type ask func(s *semaphore.Weighted, n int64) bool

func atOnce(s *semaphore.Weighted, n int64) bool { return s.TryAcquire(n) }

func inTime(ctx context.Context) ask {
	return func(s *semaphore.Weighted, n int64) bool { return s.Acquire(ctx, n) == nil }
}

// lease is n of several semaphores. It must be ended.
type lease struct {
	n      int64
	of     []*semaphore.Weighted
	forget func()
}

// lease takes n of p's shares; more than a whole one counts as a whole one.
func (s *shares) lease(p peer, n int64, ask ask) (_ *lease, ok bool) {
	l := &lease{n: n, forget: func() {}}
	if p.free || s.block == 0 {
		return l, true
	}
	l.n = min(n, s.block)
	keys := []netip.Prefix{p.block}
	if p.site.IsValid() {
		keys = append(keys, p.site)
	}
	l.forget = func() { s.leave(keys) }
	for _, sem := range s.enter(keys) {
		if !l.add(sem, ask) {
			l.end()
			return nil, false
		}
	}
	return l, true
}

// enter finds the shares, the block's first.
func (s *shares) enter(keys []netip.Prefix) []*semaphore.Weighted {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*semaphore.Weighted
	for i, k := range keys {
		sh := s.m[k]
		if sh == nil {
			sh = &share{Weighted: semaphore.NewWeighted([]int64{s.block, s.site}[i])}
			s.m[k] = sh
		}
		sh.users++
		found = append(found, sh.Weighted)
	}
	return found
}

func (s *shares) leave(keys []netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		if s.m[k].users--; s.m[k].users == 0 {
			delete(s.m, k)
		}
	}
}

// add takes what the lease holds of one more.
func (l *lease) add(s *semaphore.Weighted, ask ask) bool {
	if !ask(s, l.n) {
		return false
	}
	l.of = append(l.of, s)
	return true
}

// shrink gives back all but n.
func (l *lease) shrink(n int64) {
	if n >= l.n {
		return
	}
	for _, s := range l.of {
		s.Release(l.n - n)
	}
	l.n = n
}

func (l *lease) end() {
	l.shrink(0)
	l.forget()
}
