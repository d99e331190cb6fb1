package lines

import (
	"context"
	"strings"
	"testing"
	"time"

	"p4p/client"
	"p4p/protocol"
)

// bin is a server whose client deletes.
type bin struct {
	*server
	waits    bool // what is deleted is still in the outbox
	late     bool // the server was told already
	deleted  []protocol.UUID
	within   time.Duration
	undone   []protocol.UUID
	finished []protocol.UUID
}

func (b *bin) DeleteLater(_ context.Context, record protocol.UUID, d time.Duration) (protocol.UUID, error) {
	if b.waits {
		return protocol.UUID{}, protocol.Errorf(protocol.CodeWrongState, "This post still waits in the outbox.")
	}
	b.deleted, b.within = append(b.deleted, record), d
	record[15]++
	return record, nil
}

func (b *bin) Undo(_ context.Context, deletion protocol.UUID) error {
	if b.late {
		return protocol.Errorf(protocol.CodeUnknownRecord, "There is nothing to undo.")
	}
	b.undone = append(b.undone, deletion)
	return nil
}

func (b *bin) FinishDeletions(_ context.Context, ids []protocol.UUID) error {
	b.finished = append(b.finished, ids...)
	return nil
}

func newBin() *bin {
	b := &bin{server: newServer()}
	b.says("", "first")
	b.says("", "second")
	for i := range b.log {
		b.log[i].Label.Kind = client.You
	}
	b.says("", "not mine")
	return b
}

func (b *bin) hear(t *testing.T, typed string) string {
	t.Helper()
	var out strings.Builder
	err := Run(t.Context(), Options{Client: b, Changes: b.server, In: strings.NewReader(typed), Out: &out, now: func() time.Time { return t0 }})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWhatWasDeletedIsBroughtBackByTypingUndoTheLastFirst(t *testing.T) {
	b := newBin()
	wants(t, b.hear(t, "read\ndelete 1\ndelete 2\nundo\nundo\nundo\nquit\n"),
		"Deleted. Type undo within 30 seconds", "Deleted.", "It is back. Type undo again for the one before.", "It is back.", "There is nothing to undo.")
	if len(b.deleted) != 2 || b.within != 30*time.Second || len(b.undone) != 2 || b.undone[0][1] != 1 || b.undone[1][1] != 0 || b.undone[0][15] != 1 {
		t.Errorf("deleted %v for %v, undone %v", b.deleted, b.within, b.undone)
	}
	if b.finished != nil {
		t.Error("the server was told of nothing")
	}
}

func TestQuittingTellsTheServerAtOnce(t *testing.T) {
	b := newBin()
	b.hear(t, "read\ndelete 1\ndelete 2\nundo\n")
	if len(b.finished) != 1 || b.finished[0][1] != 0 || b.finished[0][15] != 1 {
		t.Errorf("it was told of %v", b.finished)
	}
}

func TestWhatCannotBeDeletedOrUndoneSaysWhy(t *testing.T) {
	b := newBin()
	wants(t, b.hear(t, "undo\nread\ndelete 3\n"), "There is nothing to undo.", "That is not yours")
	b.waits = true
	wants(t, b.hear(t, "read\ndelete 1\n"), "The server does not have it yet. Type discard 1 to throw it away.")
	b.waits, b.late = false, true
	wants(t, b.hear(t, "read\ndelete 1\ndelete 2\nundo\nundo\n"), "It is too late to undo that", "There is nothing to undo.")
}
