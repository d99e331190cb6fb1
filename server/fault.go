package server

import (
	"context"
	"time"
)

// afterCommit is where a test can have a server fail: in the goroutine that writes the
// log, behind a commit of which nobody heard yet.
const afterCommit = "committed"

type faultKey struct{}

// WithFault is for tests of a whole program: a server that is started with the context
// calls f at "committed". Nothing but such a context, which no program outside of the
// tests has, makes a server do so.
func WithFault(ctx context.Context, f func(point string)) context.Context {
	return context.WithValue(ctx, faultKey{}, f)
}

// faulty is a hub's committed, with the fault that a context has.
func faulty(ctx context.Context, committed func(int, time.Duration)) func(int, time.Duration) {
	f, ok := ctx.Value(faultKey{}).(func(string))
	if !ok {
		return committed
	}
	return func(records int, took time.Duration) {
		committed(records, took)
		f(afterCommit)
	}
}
