package client

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// Panic is the error with which [Client.Run] ends when something in it panicked: its
// caller has a terminal to restore and texts to put away, which a dying program has not.
type Panic struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

func (p *Panic) Error() string { return fmt.Sprintf("P4P has a fault and had to end: %v", p.Value) }

// panics ends a Run with the first panic in any of its goroutines.
type panics struct {
	mu  sync.Mutex
	end context.CancelCauseFunc // of the Run that is under way; nil for none
}

func (p *panics) watch(end context.CancelCauseFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = end
}

// caught is deferred, and leaves a panic in err. Outside of Run it goes on: who called is
// told by it.
func (p *panics) caught(err *error) {
	v := recover()
	if v == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end == nil {
		panic(v)
	}
	fault := &Panic{v, debug.Stack()}
	p.end(fault)
	*err = fault
}

// guard calls f, and ends Run if that panics: then the error is the [Panic], and what f
// was to do is half done.
func (c *Client) guard(f func()) (err error) {
	defer c.panics.caught(&err)
	f()
	return nil
}

// beside runs f in a goroutine of its own, under guard.
func (c *Client) beside(wg *sync.WaitGroup, f func()) { wg.Go(func() { _ = c.guard(f) }) }

// panicOf is the panic that ended ctx, or nil.
func panicOf(ctx context.Context) error {
	if p, ok := errors.AsType[*Panic](context.Cause(ctx)); ok {
		return p
	}
	return nil
}
