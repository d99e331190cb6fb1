package localmap

import (
	"context"
	"slices"
	"time"

	"p4p/protocol"
)

// OwnKey is one of the profile's keys. All but the present one are retired, with
// the place in the server's log up to which their records count: zero where only
// the keys were moved to this machine, and not what happened to them.
type OwnKey struct {
	protocol.DeviceKey
	Epoch protocol.UUID
	Cut   uint64
}

// OwnKeys are the profile's keys, the first one first; the last one signs now.
func (m *Map) OwnKeys() []OwnKey { return slices.Clone(m.state.Load().keys) }

// Rotation is a change of the profile's key.
type Rotation struct {
	From  uint32 // how many there were before; see [Map.Rotations]
	Epoch protocol.UUID
	Cut   uint64 // the server's last seq once everything signed so far was sent
}

// Succession is what a change of key changes in the friendships.
type Succession struct {
	Changed []Friendship                // as with [Map.UpdateFriendship]
	Made    []Friendship                // new ones, of persons in the phone book: Contact is set
	Due     map[protocol.UUID]time.Time // from when on a friendship's slot is to tell of it
}

// Rotate retires the profile's key and makes the next one, all at once with what
// plan makes of the friendships: plan sees the keys as they will be and all rows.
//
// Codes: wrong_state when the key is another than rotation r.From's, by another
// process, or when something that the old key signed still waits in the outbox
// and may be sent.
func (m *Map) Rotate(ctx context.Context, r Rotation, plan func(keys []OwnKey, rows []Friendship) (Succession, error)) error {
	return m.write(ctx, func(t *tx) error {
		id, err := readIdentity(ctx, t)
		if err != nil {
			return err
		}
		if id.rotations != r.From {
			return errOtherKey()
		}
		if err := t.mayRetire(ctx); err != nil {
			return err
		}
		t.relabel = true
		if _, err := t.ExecContext(ctx, "UPDATE profile SET rotations = rotations + 1"); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, "INSERT INTO cuts (rotation, epoch, cut) VALUES (?, ?, ?)", r.From+1, r.Epoch[:], r.Cut); err != nil {
			return err
		}
		keys, err := ownKeys(ctx, t)
		if err != nil {
			return err
		}
		rows, err := allFriendships(ctx, t)
		if err != nil {
			return err
		}
		s, err := plan(keys, rows)
		if err != nil {
			return err
		}
		return t.succeed(ctx, s)
	})
}

// mayRetire refuses while a record other than a deletion waits: sent later, it
// would carry the old key to those who are to lose sight of it.
func (t *tx) mayRetire(ctx context.Context) error {
	var waits int
	if err := t.QueryRowContext(ctx, "SELECT count(*) FROM outbox WHERE kind <> 'deletion'").Scan(&waits); err != nil {
		return err
	}
	if waits > 0 {
		return protocol.Errorf(protocol.CodeWrongState,
			"%d of what you wrote is not sent yet, or was refused, and carries the old key: send or discard it first, then change the key.", waits)
	}
	return nil
}

func (t *tx) succeed(ctx context.Context, s Succession) error {
	for _, f := range s.Changed {
		before, err := getFriendship(ctx, t, f.ID)
		if err != nil {
			return err
		}
		if _, err := t.update(ctx, before, f); err != nil {
			return err
		}
	}
	for _, f := range s.Made {
		if err := t.insertFriendship(ctx, f); err != nil {
			return err
		}
	}
	for id, due := range s.Due {
		if err := t.due(ctx, id, due); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) due(ctx context.Context, id protocol.UUID, at time.Time) error {
	_, err := t.ExecContext(ctx, "INSERT INTO reseals (friendship, due) VALUES (?, ?) ON CONFLICT (friendship) DO UPDATE SET due = excluded.due", id[:], at.UnixMilli())
	return err
}

// insertFriendship stores a new friendship of a contact that there is. It must be
// made with the key that the profile has now.
func (t *tx) insertFriendship(ctx context.Context, f Friendship) error {
	id, err := readIdentity(ctx, t)
	if err != nil {
		return err
	}
	own, _ := f.sides()
	if f.Server != id.server || own.Key != id.root.DeviceKey(id.rotations).Public {
		return errOtherKey()
	}
	if f.Since.IsZero() {
		f.Since = t.m.now()
	}
	f.Named = false
	if err := f.settle(); err != nil {
		return err
	}
	t.relabel = true
	_, err = t.ExecContext(ctx, insertFriendship, f.values()...)
	return err
}

// ReplaceFriendship changes a friendship as [Map.UpdateFriendship] does and puts a
// new one of the same person beside it, or does neither. What change returns as
// the new one needs no Contact. Code beside those: wrong_state as with
// [Map.CreateFriendship].
func (m *Map) ReplaceFriendship(ctx context.Context, id protocol.UUID, change func(*Friendship) (made Friendship, err error)) (changed, made Friendship, err error) {
	err = m.write(ctx, func(t *tx) error {
		before, err := getFriendship(ctx, t, id)
		if err != nil {
			return err
		}
		f := before.clone()
		fresh, err := change(&f)
		if err != nil {
			return err
		}
		if changed, err = t.update(ctx, before, f); err != nil {
			return err
		}
		fresh.Contact = before.Contact
		if err := t.insertFriendship(ctx, fresh); err != nil {
			return err
		}
		made, err = getFriendship(ctx, t, fresh.ID)
		return err
	})
	return changed, made, err
}

// Reseal is a friendship whose slot is to tell of a change of key from Due on.
type Reseal struct {
	Friendship protocol.UUID
	Due        time.Time
}

// Reseals are those that are left, by the time that they are due.
func (m *Map) Reseals(ctx context.Context) ([]Reseal, error) {
	var all []Reseal
	err := m.read(ctx, func(q querier) error {
		rows, err := q.QueryContext(ctx, "SELECT friendship, due FROM reseals ORDER BY due, friendship")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r Reseal
			if err := rows.Scan(fixed(r.Friendship[:]), (*millis)(&r.Due)); err != nil {
				return err
			}
			all = append(all, r)
		}
		return rows.Err()
	})
	return all, err
}

// Postpone gives reseals that are left another time; those that are done
// meanwhile stay done.
func (m *Map) Postpone(ctx context.Context, list []Reseal) error {
	return m.write(ctx, func(t *tx) error {
		for _, r := range list {
			if _, err := t.ExecContext(ctx, "UPDATE reseals SET due = ? WHERE friendship = ?", r.Due.UnixMilli(), r.Friendship[:]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reseal changes a friendship as [Map.UpdateFriendship] does, and with that its
// slot counts as telling of the last change of key: keys are those of the file, not
// of this process's memory.
func (m *Map) Reseal(ctx context.Context, id protocol.UUID, change func(f *Friendship, keys []OwnKey) error) (Friendship, error) {
	var stored Friendship
	err := m.write(ctx, func(t *tx) error {
		keys, err := ownKeys(ctx, t)
		if err != nil {
			return err
		}
		before, err := getFriendship(ctx, t, id)
		if err != nil {
			return err
		}
		f := before.clone()
		if err := change(&f, keys); err != nil {
			return err
		}
		if stored, err = t.update(ctx, before, f); err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, "DELETE FROM reseals WHERE friendship = ?", id[:])
		return err
	})
	return stored, err
}

// ownKeys derives the profile's keys from the file.
func ownKeys(ctx context.Context, q querier) ([]OwnKey, error) {
	id, err := readIdentity(ctx, q)
	if err != nil {
		return nil, err
	}
	keys := make([]OwnKey, id.rotations+1)
	for i := range keys {
		keys[i].DeviceKey = id.root.DeviceKey(uint32(i))
	}
	rows, err := q.QueryContext(ctx, "SELECT rotation, epoch, cut FROM cuts ORDER BY rotation")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var rotation, cut int64
		var epoch protocol.UUID
		if err := rows.Scan(&rotation, fixed(epoch[:]), &cut); err != nil {
			return nil, err
		}
		if rotation < 1 || rotation >= int64(len(keys)) {
			return nil, shapeError("this profile's key changed more often than it says")
		}
		keys[rotation-1].Epoch, keys[rotation-1].Cut = epoch, uint64(cut)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return keys, nil
}
