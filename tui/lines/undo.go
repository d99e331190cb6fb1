package lines

import (
	"context"
	"strconv"
	"time"

	"p4p/protocol"
)

// undoTime is how long a deletion can be undone: longer than on a screen, since the
// sentence that says so is listened to first, and the command typed.
const undoTime = 30 * time.Second

// deletion is one that may still be undone.
type deletion struct{ id, record protocol.UUID }

// delete takes back what is one's own. It asks nothing, since it can be undone.
func (r *reader) delete(ctx context.Context, number string, at ref) {
	if !at.mine {
		r.say("That is not yours, so you cannot delete it. Type report, mute or hide with its number.")
		return
	}
	id, err := r.Client.DeleteLater(ctx, at.id, undoTime)
	switch {
	case protocol.CodeOf(err) == protocol.CodeWrongState:
		r.say("The server does not have it yet. Type discard " + number + " to throw it away.")
	case err != nil:
		r.fail(err)
	default:
		r.deleted = append(r.deleted, deletion{id, at.id})
		r.say("Deleted. Type undo within " + strconv.Itoa(int(undoTime/time.Second)) + " seconds to have it back: the server is told then, or when you quit.")
	}
}

// undelete brings back what was deleted last.
func (r *reader) undelete(ctx context.Context) {
	n := len(r.deleted)
	if n == 0 {
		r.say("There is nothing to undo. What you delete can be brought back for " + strconv.Itoa(int(undoTime/time.Second)) + " seconds.")
		return
	}
	d := r.deleted[n-1]
	r.deleted = r.deleted[:n-1]
	err := r.Client.Undo(ctx, d.id)
	if protocol.CodeOf(err) == protocol.CodeUnknownRecord {
		r.deleted = nil // those before it are older
		r.say("It is too late to undo that: the server is told already.")
		return
	}
	text := "It is back."
	if n > 1 {
		text += " Type undo again for the one before."
	}
	r.done(err, text)
}

// finish tells the server of what could still be undone, when the app ends.
func (r *reader) finish(ctx context.Context) {
	var ids []protocol.UUID
	for _, d := range r.deleted {
		ids = append(ids, d.id)
	}
	if ids != nil {
		_ = r.Client.FinishDeletions(context.WithoutCancel(ctx), ids) // it is in the outbox, and due: the next start sends it
	}
}
