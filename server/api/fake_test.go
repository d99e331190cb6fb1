package api

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"p4p/protocol"
	"p4p/server/mailbox"
	"p4p/server/store"
)

// fakeStore is a store in memory, for what the calls make of a store's answers.
// That the calls and the real store fit is shown in package server.
type fakeStore struct {
	server, epoch protocol.UUID
	clock         atomic.Int64 // seconds after noon

	mu        sync.Mutex
	asked     int // how often anything was read or written
	fail      error
	slow      chan struct{} // when not nil, a search tells of its begin here and takes as long as it may
	log       []protocol.Event
	recs      []protocol.Record
	blobs     map[protocol.BlobID][]byte
	mailboxes map[protocol.UUID]*mailbox.Row
}

func newFakeStore() *fakeStore {
	return &fakeStore{
		server: protocol.RecordUUID("server"), epoch: protocol.RecordUUID("epoch"),
		blobs:     map[protocol.BlobID][]byte{},
		mailboxes: map[protocol.UUID]*mailbox.Row{},
	}
}

func (s *fakeStore) now() time.Time { return noon.Add(time.Duration(s.clock.Load()) * time.Second) }

// later moves the clock.
func (s *fakeStore) later(d time.Duration) { s.clock.Add(int64(d / time.Second)) }

func (s *fakeStore) timesAsked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *fakeStore) lock() func() {
	s.mu.Lock()
	s.asked++
	return s.mu.Unlock
}

func (s *fakeStore) Server() protocol.UUID { return s.server }
func (s *fakeStore) Epoch() protocol.UUID  { return s.epoch }

func (s *fakeStore) Head() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(len(s.log))
}

func (s *fakeStore) Append(_ context.Context, recs []protocol.Record) ([]store.Appended, error) {
	defer s.lock()()
	if s.fail != nil {
		return nil, s.fail
	}
	out := make([]store.Appended, len(recs))
next:
	for i, r := range recs {
		for k, old := range s.recs {
			if old.ID == r.ID {
				out[i].Seq = uint64(k + 1)
				continue next
			}
		}
		if r.Kind == protocol.KindReport {
			out[i].Err = protocol.Errorf(protocol.CodeUnknownTarget, "There is no such post.")
			continue
		}
		e := protocol.Event{Seq: uint64(len(s.log) + 1), Kind: protocol.EventKind(r.Kind), JWS: r.JWS}
		s.log, s.recs = append(s.log, e), append(s.recs, r)
		out[i] = store.Appended{Seq: e.Seq, Event: &e}
	}
	return out, nil
}

func (s *fakeStore) Range(_ context.Context, after uint64, n, maxBytes int) ([]protocol.Event, error) {
	defer s.lock()()
	var out []protocol.Event
	for _, e := range s.log[min(int(after), len(s.log)):] {
		if len(out) == n || len(out) > 0 && maxBytes <= 0 {
			break
		}
		maxBytes -= len(e.JWS)
		out = append(out, e)
	}
	return out, nil
}

func (s *fakeStore) At(_ context.Context, seq uint64) (protocol.UUID, bool, error) {
	defer s.lock()()
	if seq == 0 || seq > uint64(len(s.recs)) {
		return protocol.UUID{}, false, nil
	}
	return s.recs[seq-1].ID, true, nil
}

func (s *fakeStore) Page(ctx context.Context, q store.Query) (events []protocol.Event, more bool, err error) {
	if s.slow != nil && q.Words != "" {
		s.slow <- struct{}{}
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	defer s.lock()()
	if s.fail != nil {
		return nil, false, s.fail
	}
	for i := len(s.log) - 1; i >= 0; i-- {
		e := s.log[i]
		if q.Before != 0 && e.Seq >= q.Before || q.Kind != "" && string(q.Kind) != string(e.Kind) {
			continue
		}
		if len(events) == q.Limit {
			return events, true, nil
		}
		events = append(events, e)
	}
	return events, false, nil
}

func (s *fakeStore) Record(_ context.Context, id protocol.UUID) (protocol.Event, int, error) {
	defer s.lock()()
	for i, r := range s.recs {
		if r.ID == id {
			return s.log[i], 7, nil
		}
	}
	return protocol.Event{}, 0, protocol.Errorf(protocol.CodeUnknownRecord, "There is no such record here.")
}

func (s *fakeStore) PutBlob(_ context.Context, b []byte, _ protocol.PictureInfo) error {
	defer s.lock()()
	s.blobs[protocol.BlobOf(b)] = b
	return nil
}

func (s *fakeStore) Blob(_ context.Context, id protocol.BlobID) ([]byte, string, error) {
	defer s.lock()()
	if b, ok := s.blobs[id]; ok {
		return b, "image/png", nil
	}
	return nil, "", protocol.Errorf(protocol.CodeUnknownBlob, "There is no such picture here.")
}

func (s *fakeStore) Mailbox(_ context.Context, f protocol.UUID, c mailbox.Call) (mailbox.Result, error) {
	defer s.lock()()
	r, err := mailbox.Apply(s.mailboxes[f], c, s.now())
	if r.Changed {
		s.mailboxes[f] = r.Row
	}
	return r, err
}

func (s *fakeStore) MailboxRole(_ context.Context, f protocol.UUID, t protocol.Token) (mailbox.Role, protocol.MailboxView, error) {
	defer s.lock()()
	if s.fail != nil {
		return 0, protocol.MailboxView{}, s.fail
	}
	r, err := mailbox.Apply(s.mailboxes[f], mailbox.Call{Method: mailbox.Get, Token: &t}, s.now())
	if r.Changed {
		s.mailboxes[f] = r.Row
	}
	if err != nil {
		return 0, protocol.MailboxView{}, err
	}
	role, _ := r.Row.RoleOf(t)
	return role, r.View, nil
}

func (s *fakeStore) Takedown(context.Context, protocol.UUID) (*protocol.Event, error) {
	return nil, nil
}

// set changes what the store holds, or makes it fail.
func (s *fakeStore) set(f func(*fakeStore)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
