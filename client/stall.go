package client

import (
	"sync"
	"time"

	"p4p/protocol"
)

// stallAfter is how long a server may take to bring the next thing that it owes:
// the stream's first frame, or what it said stands in its log. Pings are no such
// thing, or a server could hold a command for ever.
const stallAfter = 10 * time.Second

// inTime waits for something that the server owes. If that takes too long, the
// stream is closed, so that wait returns, and the error is unavailable.
func (ss *session) inTime(wait func() error) error {
	timer, stop := ss.c.opt.after(stallAfter)
	defer stop()
	done, stalled := make(chan struct{}), false
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-timer:
			stalled = true
			ss.close()
		case <-done:
		}
	})
	err := func() error {
		defer wg.Wait()
		defer close(done)
		return wait() // which may panic
	}()
	if err != nil && stalled {
		return protocol.Errorf(protocol.CodeUnavailable,
			"The server at %s does not go on with what it began: try again later.", ss.server.URL()).Because(err)
	}
	return err
}
