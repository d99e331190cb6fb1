package localmap

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"

	"p4p/protocol"
)

// Friendships are all rows, whatever their state, by name and then by age.
func (m *Map) Friendships(ctx context.Context) ([]Friendship, error) {
	var all []Friendship
	err := m.read(ctx, func(q querier) (err error) {
		all, err = allFriendships(ctx, q)
		return err
	})
	return all, err
}

func allFriendships(ctx context.Context, q querier) ([]Friendship, error) {
	rows, err := q.QueryContext(ctx, selectFriendships+" ORDER BY c.folded, f.since, f.id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Friendship
	for rows.Next() {
		f, err := scanFriendship(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, rows.Err()
}

// Friendship is one row. None of that UUID: unknown_friendship.
func (m *Map) Friendship(ctx context.Context, id protocol.UUID) (Friendship, error) {
	var f Friendship
	err := m.read(ctx, func(q querier) (err error) {
		f, err = getFriendship(ctx, q, id)
		return err
	})
	return f, err
}

func getFriendship(ctx context.Context, q querier, id protocol.UUID) (Friendship, error) {
	f, err := scanFriendship(q.QueryRowContext(ctx, selectFriendships+" WHERE f.id = ?", id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return Friendship{}, protocol.Errorf(protocol.CodeUnknownFriendship,
			"There is no friendship %s in this profile.", id)
	}
	return f, err
}

// CreateFriendship stores a new friendship under a person of the phone book,
// whom it adds if there is nobody of that name; Contact, Name, Named, and Since
// if it is zero, are filled in. The profile is bound to f.Server if it was not
// bound yet, and then remembers f.ServerURL unless it knew an address.
//
// Codes: bad_name; name_taken without [SamePerson], when an invitee's person has a
// friendship that is alive (invited, accepted, friend) or still labelled (ended), or
// the posts of a device show the name of an inviter's person; looks_like when a
// person is added whose name could be mistaken for another's, without [LookAlike];
// other_server; exists when
// this friendship is stored already; wrong_state when it was made with a key
// that another process has replaced meanwhile ([Map.Rebind]).
func (m *Map) CreateFriendship(ctx context.Context, f Friendship, contactName string, samePerson bool, consent ...Consent) (Friendship, error) {
	name, err := CheckName(contactName)
	if err != nil {
		return Friendship{}, err
	}
	var made Friendship
	err = m.write(ctx, func(t *tx) error {
		t.relabel = true
		if err := t.claim(ctx, f); err != nil {
			return err
		}
		switch there, err := getFriendship(ctx, t, f.ID); {
		case err == nil:
			return protocol.Errorf(protocol.CodeExists, "This invite is in your local map already, under the name %q.", there.Name)
		case protocol.CodeOf(err) != protocol.CodeUnknownFriendship:
			return err
		}
		// A second link for somebody who has not answered the first takes no question:
		// which of those who accept gets the name is asked when it is confirmed.
		inviter, same := f.Role == protocol.RoleInviter, samePerson || agreed(consent, SamePerson)
		contact, err := t.person(ctx, name, same || inviter, consent)
		if err == nil && inviter && !same {
			err = t.noDevice(ctx, contact, protocol.PublicKey{})
		}
		if err != nil {
			return err
		}
		f.Contact, f.Name, f.Named = contact.ID, contact.Name, false
		if f.Since.IsZero() {
			f.Since = m.now()
		}
		if err := f.settle(); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, insertFriendship, f.values()...); err != nil {
			return err
		}
		made, err = getFriendship(ctx, t, f.ID)
		return err
	})
	return made, err
}

// claim binds the profile to the friendship's server and sees to it that the
// friendship was made with the key that the profile has now.
func (t *tx) claim(ctx context.Context, f Friendship) error {
	before, err := readIdentity(ctx, t)
	if err != nil {
		return err
	}
	id, err := t.bind(ctx, f.Server)
	if err != nil {
		return err
	}
	if before.server.IsZero() && before.url == "" && f.ServerURL != "" {
		if err := t.setServerURL(ctx, f.ServerURL, f.Pin); err != nil {
			return err
		}
	}
	own, _ := f.sides()
	if own.Key != id.root.DeviceKey(id.rotations).Public {
		return errOtherKey()
	}
	return nil
}

func errOtherKey() *protocol.Error {
	return protocol.Errorf(protocol.CodeWrongState,
		"This profile got another key in the meantime, from another p4p that runs on it: try again.")
}

// person finds or adds whom a new friendship is with.
func (t *tx) person(ctx context.Context, name string, samePerson bool, consent []Consent) (Contact, error) {
	found, err := findContact(ctx, t, name)
	if err != nil {
		return Contact{}, err
	}
	if found == nil {
		if err := mustNotLook(ctx, t, name, 0, consent); err != nil {
			return Contact{}, err
		}
		return t.insertContact(ctx, name)
	}
	if samePerson {
		return *found, nil
	}
	var alive int
	err = t.QueryRowContext(ctx, `SELECT count(*) FROM friendships
		WHERE contact = ? AND state IN ('invited', 'accepted', 'friend', 'ended')`, found.ID).Scan(&alive)
	if err != nil {
		return Contact{}, err
	}
	if alive > 0 {
		return Contact{}, protocol.Errorf(protocol.CodeNameTaken,
			"You have a friendship or an invite under the name %q already: if this is another device of the same person, say so with --same-person, else choose another name.",
			found.Name)
	}
	return *found, nil
}

// UpdateFriendship reads a friendship, lets change alter it, and stores it, in
// one immediate transaction: no other process can write in between. An error of
// change is returned as it is, and nothing is stored. Where State changes and
// Since does not, Since becomes now. A Secret or Keys that change sets to nil is
// erased from the files. Where a base key changes, Verified goes.
//
// change must not call the Map, except for what answers from memory. It cannot
// change ID, Server, Role, Contact, Name and Named, nor a base key that is known
// of this side, nor one that a name sticks to.
func (m *Map) UpdateFriendship(ctx context.Context, id protocol.UUID, change func(*Friendship) error) (Friendship, error) {
	return m.updateFriendship(ctx, id, func(_ *tx, f Friendship) (Friendship, error) { return f, nil }, change)
}

// updateFriendship is [Map.UpdateFriendship] after prepare, which may put the friendship
// under another person in the same transaction and returns it as it is stored then.
func (m *Map) updateFriendship(ctx context.Context, id protocol.UUID, prepare func(*tx, Friendship) (Friendship, error), change func(*Friendship) error) (Friendship, error) {
	var stored Friendship
	err := m.write(ctx, func(t *tx) error {
		before, err := getFriendship(ctx, t, id)
		if err != nil {
			return err
		}
		if before, err = prepare(t, before); err != nil {
			return err
		}
		f := before.clone()
		if err := change(&f); err != nil {
			return err
		}
		stored, err = t.update(ctx, before, f)
		return err
	})
	return stored, err
}

// update stores f in before's place.
func (t *tx) update(ctx context.Context, before, f Friendship) (Friendship, error) {
	if err := f.follows(before); err != nil {
		return Friendship{}, err
	}
	// The numbers that were compared are made of these keys.
	f.Verified = f.Verified && f.Parties == before.Parties
	if f.State != before.State && f.Since.Equal(before.Since) {
		f.Since = t.m.now()
	}
	if err := f.settle(); err != nil {
		return Friendship{}, err
	}
	if reflect.DeepEqual(f, before) {
		return before, nil
	}
	t.relabel, t.erase = true, t.erase || forgets(before, f)
	if _, err := t.ExecContext(ctx, updateFriendship, append(f.values(), before.ID[:])...); err != nil {
		return Friendship{}, err
	}
	return getFriendship(ctx, t, before.ID)
}

// follows says what of a friendship never changes.
func (f Friendship) follows(before Friendship) error {
	own, other := f.sides()
	ownBefore, otherBefore := before.sides()
	switch {
	case f.ID != before.ID, f.Server != before.Server, f.Role != before.Role,
		f.Contact != before.Contact, f.Name != before.Name, f.Named != before.Named:
		return fmt.Errorf("local map: an update cannot make friendship %s another one", before.ID)
	case own != ownBefore:
		return fmt.Errorf("local map: an update cannot give friendship %s another key of this side", before.ID)
	case before.Named && other.Key != otherBefore.Key:
		return fmt.Errorf("local map: in friendship %s a name sticks to the other side's key, which cannot change", before.ID)
	}
	return nil
}

func forgets(before, f Friendship) bool {
	return before.Secret != nil && (f.Secret == nil || *f.Secret != *before.Secret) ||
		before.Keys != nil && (f.Keys == nil || *f.Keys != *before.Keys)
}

// DeleteFriendship takes away the row and its label and erases its secrets from
// the files; the person stays in the phone book. None of that UUID:
// unknown_friendship.
func (m *Map) DeleteFriendship(ctx context.Context, id protocol.UUID) error {
	return m.write(ctx, func(t *tx) error {
		if _, err := getFriendship(ctx, t, id); err != nil {
			return err
		}
		t.relabel, t.erase = true, true
		_, err := t.ExecContext(ctx, "DELETE FROM friendships WHERE id = ?", id[:])
		return err
	})
}
