package localmap

import (
	"context"

	"p4p/protocol"
)

// TakeBack takes away a friendship that did not come about, like
// [Map.DeleteFriendship], and with withContact also the person whom it was stored
// under, if nothing else hangs on them: in one transaction, so that a process
// that dies leaves both or neither. None of that UUID: unknown_friendship.
func (m *Map) TakeBack(ctx context.Context, id protocol.UUID, withContact bool) error {
	return m.write(ctx, func(t *tx) error {
		f, err := getFriendship(ctx, t, id)
		if err != nil {
			return err
		}
		t.relabel, t.erase = true, true
		if _, err := t.ExecContext(ctx, "DELETE FROM friendships WHERE id = ?", id[:]); err != nil || !withContact {
			return err
		}
		_, err = t.ExecContext(ctx, `DELETE FROM contacts WHERE id = ?
			AND NOT EXISTS (SELECT 1 FROM friendships WHERE contact = contacts.id)`, f.Contact)
		return err
	})
}
