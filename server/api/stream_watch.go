package api

import (
	"context"
	"time"

	"p4p/protocol"
	"p4p/server/hub"
	"p4p/server/mailbox"
)

// watch is a mailbox that a stream's client wants to hear of.
type watch struct {
	token   protocol.Token
	state   protocol.MailboxState // as it was told last; "" before the first notice
	n       [2]uint64
	expires time.Time // when an open one ends by itself; zero: never
}

// take does what a client's frame asks for and gives the notices of what it
// asks for too much. The others come by notices: the mailbox is marked as
// changed once it is watched, so no change falls between. Code: rate_limited.
func (s *stream) take(f protocol.ClientFrame) ([][]byte, error) {
	if n := len(f.Watch); n > 0 {
		if err := s.api.guard.watches.take(s.peer, n, s.api.Now()); err != nil {
			return nil, err
		}
	}
	for _, id := range f.Unwatch {
		s.unwatch(id)
	}
	var refused [][]byte
	for _, w := range f.Watch {
		if _, known := s.watches[w.Friendship]; !known && len(s.watches) >= protocol.MaxWatches {
			refused = append(refused, notice(protocol.MailboxNotice{
				Friendship: w.Friendship,
				Error:      protocol.Errorf(protocol.CodeTooLarge, "One stream watches at most %d mailboxes.", protocol.MaxWatches),
			}))
			continue
		}
		s.watches[w.Friendship] = &watch{token: w.Token}
		s.watcher.Add(w.Friendship)
		s.watcher.Mark(w.Friendship)
	}
	return refused, nil
}

func (s *stream) unwatch(id protocol.UUID) {
	delete(s.watches, id)
	s.watcher.Remove(id)
}

// markExpired looks again at mailboxes that should have ended by themselves.
func (s *stream) markExpired() {
	now := s.api.Now()
	for id, w := range s.watches {
		if !w.expires.IsZero() && !now.Before(w.expires) {
			s.watcher.Mark(id)
		}
	}
}

// notices tells what became of the mailboxes that changed.
func (s *stream) notices(ctx context.Context) ([][]byte, error) {
	var out [][]byte
	for _, id := range s.watcher.Changed() {
		w, ok := s.watches[id]
		if !ok {
			continue
		}
		n, err := s.look(ctx, id, w)
		if err != nil {
			return nil, err
		}
		if n.Error != nil {
			s.unwatch(id)
		} else if w.state == n.State && w.n == *n.N {
			continue
		} else {
			w.state, w.n = n.State, *n.N
		}
		out = append(out, notice(n))
	}
	return out, nil
}

// look reads a watched mailbox with the token that it is watched by. An error is
// the server's own trouble; what the client is refused stands in the notice.
func (s *stream) look(ctx context.Context, id protocol.UUID, w *watch) (protocol.MailboxNotice, error) {
	n := protocol.MailboxNotice{Friendship: id}
	role, view, err := s.api.Store.MailboxRole(ctx, id, w.token)
	if err == nil && role == mailbox.Link && view.State != protocol.MailboxOpen {
		// Whoever has only the link learns no more than that it opens nothing now.
		err = protocol.Errorf(protocol.CodeAlreadyAccepted, "This invite was already used; if it was not you, tell your friend.")
	}
	if err != nil {
		if protocol.CodeOf(err).Status() >= 500 {
			return n, err
		}
		n.Error = s.api.tell(false, "/v1/stream", err)
		return n, nil
	}
	w.expires = expiry(view)
	n.State, n.N = view.State, &[2]uint64{}
	for i, v := range view.N {
		if v != nil {
			n.N[i] = *v
		}
	}
	return n, nil
}

func expiry(v protocol.MailboxView) time.Time {
	if v.State != protocol.MailboxOpen || v.ExpiresAt == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, *v.ExpiresAt)
	if err != nil {
		return time.Time{}
	}
	return t
}

func notice(n protocol.MailboxNotice) []byte { return hub.Message(protocol.ServerFrame{Mailbox: &n}) }
