package cli

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// signals end the program in good order. An interrupt does not while another program
// has the terminal, such as an editor: it goes to both, and is that one's.
type signals struct{ held atomic.Int32 }

// endBy ends a context by a signal.
func (s *signals) endBy(ctx context.Context) (context.Context, func()) {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, cancel := context.WithCancel(ctx)
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, ends...)
	go func() {
		s.wait(ctx, heard)
		cancel()
	}()
	return ctx, func() {
		signal.Stop(heard)
		cancel()
	}
}

// wait waits for a signal that ends the program, or for its end.
func (s *signals) wait(ctx context.Context, heard <-chan os.Signal) {
	for {
		select {
		case sig := <-heard:
			if sig != os.Interrupt || s.held.Load() == 0 {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// hold leaves interrupts to another program until release is called.
func (s *signals) hold() (release func()) {
	s.held.Add(1)
	return func() { s.held.Add(-1) }
}
