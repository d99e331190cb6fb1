package api

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"p4p/protocol"
)

// room is the memory for what goes slowly over a line: bodies, and large answers.
// Whoever waits for it has cost no more than a header.
type room struct {
	size  int64 // 0: no bound
	all   *semaphore.Weighted
	each  *shares
	limit time.Duration // of the wait; 0: as long as the client stays
}

func newRoom(l Limits) *room {
	return &room{
		size: l.Memory, all: semaphore.NewWeighted(l.Memory),
		each: newShares(l.BlockMemory, 2*l.BlockMemory), limit: l.Wait,
	}
}

// leastHeld is what a call counts at least: it has buffers and a goroutine.
const leastHeld = 64 << 10

// hold takes n bytes for a call. Code: unavailable.
func (m *room) hold(ctx context.Context, p peer, n int) (*lease, error) {
	ctx, cancel := waitFor(ctx, m.limit)
	defer cancel()
	bytes := int64(max(n, leastHeld))
	if m.size > 0 {
		bytes = min(bytes, m.size)
	}
	l, ok := m.each.lease(p, bytes, inTime(ctx))
	if !ok {
		return nil, full("Too many calls from your network are under way")
	}
	if m.size > 0 && !l.add(m.all, inTime(ctx)) {
		l.end()
		return nil, full("The server has as many calls under way as it can")
	}
	return l, nil
}

func waitFor(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

func full(why string) error {
	return &refusal{protocol.Errorf(protocol.CodeUnavailable, "%s; try again in a moment.", why), 5 * time.Second}
}

// bodyLength is how long r's body is, and limit where r does not say.
func bodyLength(r *http.Request, limit int) int {
	if r.ContentLength < 0 || r.ContentLength > int64(limit) {
		return limit
	}
	return int(r.ContentLength)
}

// due is when n bytes must have gone over the slowest line that is put up with;
// zero: never.
func (l Limits) due(n int) time.Time {
	if l.Slowest == 0 {
		return time.Time{}
	}
	return time.Now().Add(l.Grace + time.Duration(n)*time.Second/time.Duration(l.Slowest))
}
