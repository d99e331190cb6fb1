package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// undoTime is how long a deletion can be undone: the server learns of it afterwards.
const undoTime = 6 * time.Second

// deletion is one that can still be undone.
type deletion struct {
	id     protocol.UUID // its own, not that of what is deleted
	record protocol.UUID
	what   string
}

type (
	deletedMsg struct {
		deletion
		err error
	}
	undoOverMsg struct {
		id    protocol.UUID
		toast int
	}
	undoneMsg struct {
		deletion
		err error
	}
)

// delete takes back what one wrote. It is gone from the screen at once and asks
// nothing, since it can be undone.
func (u *ui) delete(it client.Item) tea.Cmd {
	c, id, what := u.client, it.ID, what(it)
	return u.do(func(ctx context.Context) tea.Msg {
		d, err := c.DeleteLater(ctx, id, undoTime)
		return deletedMsg{deletion{d, id, what}, err}
	})
}

func (u *ui) tookDeletion(msg deletedMsg) tea.Cmd {
	if msg.err != nil {
		return u.fail(msg.err)
	}
	u.deletions = append(u.deletions, msg.deletion)
	text := "Deleted: " + u.keyOf(keymap.Global, keymap.Undelete) + " undoes it, for the next " + thousands(int(undoTime/time.Second)) + " seconds."
	if n := len(u.deletions); n > 1 {
		text = "Deleted, " + thousands(n) + " by now: " + u.keyOf(keymap.Global, keymap.Undelete) + " undoes one after the other, the last first."
	}
	u.record(good, text, "")
	u.toast = toast{text: text, mood: good, gen: u.next()}
	over := u.after(undoTime, undoOverMsg{msg.id, u.toast.gen})
	for _, l := range u.layers {
		if t, ok := l.screen.(*thread); ok && t.post.ID == msg.record {
			return tea.Batch(over, t.keep(), u.close(t))
		}
	}
	return over
}

// undoOver forgets a deletion that is on its way now.
func (u *ui) undoOver(msg undoOverMsg) {
	if u.toast.gen == msg.toast {
		u.toast.text = ""
	}
	for i, d := range u.deletions {
		if d.id == msg.id {
			u.deletions = append(u.deletions[:i:i], u.deletions[i+1:]...)
			return
		}
	}
}

// undelete undoes the last deletion that can be undone.
func (u *ui) undelete() tea.Cmd {
	n := len(u.deletions)
	if n == 0 {
		return u.say(note, "There is nothing to undo: what you delete can be brought back for "+thousands(int(undoTime/time.Second))+" seconds.")
	}
	d := u.deletions[n-1]
	u.deletions = u.deletions[:n-1]
	c := u.client
	return u.do(func(ctx context.Context) tea.Msg { return undoneMsg{d, c.Undo(ctx, d.id)} })
}

func (u *ui) undone(msg undoneMsg) tea.Cmd {
	if msg.err != nil {
		return u.fail(msg.err)
	}
	if l, ok := u.top().screen.(interface{ bring(id protocol.UUID) }); ok {
		l.bring(msg.record)
	}
	if len(u.deletions) > 0 {
		return u.say(good, "Your "+msg.what+" is back; "+u.keyOf(keymap.Global, keymap.Undelete)+" brings back the one before too.")
	}
	return u.say(good, "Your "+msg.what+" is back.")
}

// finishDeletions sends what could still be undone, when the program ends.
func (u *ui) finishDeletions() tea.Cmd {
	if len(u.deletions) == 0 {
		return nil
	}
	ids := make([]protocol.UUID, len(u.deletions))
	for i, d := range u.deletions {
		ids[i] = d.id
	}
	u.deletions = nil
	ctx, c := context.WithoutCancel(u.ctx), u.client // also where the program is told to end
	return func() tea.Msg {
		_ = c.FinishDeletions(ctx, ids) // it is in the outbox, and due: the next start sends it
		return nil
	}
}
