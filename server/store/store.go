package store

import (
	"context"
	"io"
	"log/slog"
	"time"

	"p4p/protocol"
	"p4p/server/mailbox"
)

var errSkeleton = protocol.Errorf(protocol.CodeUnavailable, "The store is not there yet.")

// Options are what a store takes from outside. The zero value works.
type Options struct {
	Now      func() time.Time // time.Now when nil
	Random   io.Reader        // crypto/rand.Reader when nil
	NewEpoch bool             // begin another history, after a backup was restored
	Log      *slog.Logger     // discarded when nil
}

// Store is a server's data folder.
type Store struct{}

// Open opens the data folder.
func Open(dir string, o Options) (*Store, error) { return nil, errSkeleton }

// Close ends the store.
func (s *Store) Close() error { return errSkeleton }

// Server is the server's identity.
func (s *Store) Server() protocol.UUID { return protocol.UUID{} }

// Epoch names this history of the log.
func (s *Store) Epoch() protocol.UUID { return protocol.UUID{} }

// Head is the last committed seq, 0 while the log is empty.
func (s *Store) Head() uint64 { return 0 }

// Appended is the fate of one record.
type Appended struct {
	Seq   uint64
	Event *protocol.Event
	Err   *protocol.Error
}

// Append commits records.
func (s *Store) Append(ctx context.Context, recs []protocol.Record) ([]Appended, error) {
	return nil, errSkeleton
}

// Range reads the log.
func (s *Store) Range(ctx context.Context, after uint64, n, maxBytes int) ([]protocol.Event, error) {
	return nil, errSkeleton
}

// At is the record UUID at a seq.
func (s *Store) At(ctx context.Context, seq uint64) (id protocol.UUID, ok bool, err error) {
	return id, false, errSkeleton
}

// Query is what a page holds.
type Query struct {
	Before         uint64
	Limit          int
	Kind           protocol.Kind
	Author, Target *protocol.UUID
	Words          string
}

// Page reads newest first.
func (s *Store) Page(ctx context.Context, q Query) (events []protocol.Event, more bool, err error) {
	return nil, false, errSkeleton
}

// Record reads one record and counts its comments.
func (s *Store) Record(ctx context.Context, id protocol.UUID) (protocol.Event, int, error) {
	return protocol.Event{}, 0, errSkeleton
}

// PutBlob keeps a picture.
func (s *Store) PutBlob(ctx context.Context, b []byte, info protocol.PictureInfo) error {
	return errSkeleton
}

// Blob reads a picture.
func (s *Store) Blob(ctx context.Context, id protocol.BlobID) (b []byte, contentType string, err error) {
	return nil, "", errSkeleton
}

// Mailbox carries out one call.
func (s *Store) Mailbox(ctx context.Context, f protocol.UUID, c mailbox.Call) (mailbox.Result, error) {
	return mailbox.Result{}, errSkeleton
}

// MailboxRole tells who may watch.
func (s *Store) MailboxRole(ctx context.Context, f protocol.UUID, t protocol.Token) (mailbox.Role, protocol.MailboxView, error) {
	return 0, protocol.MailboxView{}, errSkeleton
}

// Takedown erases a record by the operator's word.
func (s *Store) Takedown(ctx context.Context, id protocol.UUID) (*protocol.Event, error) {
	return nil, errSkeleton
}

// PendingTakedowns are queued by the operator's command.
func (s *Store) PendingTakedowns(ctx context.Context) ([]protocol.UUID, error) {
	return nil, errSkeleton
}

// Sweep does what time brings.
func (s *Store) Sweep(ctx context.Context) error { return errSkeleton }

// Operator is the operator's view of a data folder.
type Operator struct{}

// Report is one reported record.
type Report struct {
	ID      protocol.UUID // of the reported record
	Kind    protocol.Kind
	Text    string          // of the reported record
	Image   *protocol.Image // of the reported record
	Reasons []string        // what the reports say, oldest first, empty ones left out
	Count   int             // of reports
	Queued  bool            // a takedown waits for the server
}

// OpenOperator opens the folder without its lock.
func OpenOperator(dir string) (*Operator, error) { return nil, errSkeleton }

// Reports lists what was reported.
func (o *Operator) Reports(ctx context.Context) ([]Report, error) { return nil, errSkeleton }

// QueueTakedown asks the server to erase a record.
func (o *Operator) QueueTakedown(ctx context.Context, id protocol.UUID) error { return errSkeleton }

// Close ends the operator's view.
func (o *Operator) Close() error { return errSkeleton }
