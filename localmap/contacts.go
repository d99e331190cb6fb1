package localmap

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"p4p/protocol"
)

// Contact is a person in the phone book. One person can own several devices.
type Contact struct {
	ID       int64 // never given twice
	Name     string
	Nickname string          // from an imported phone book, "" if unknown; it decides nothing
	Number   string          // a telephone number from there, "" unless its keeping was agreed to
	UUIDs    []protocol.UUID // of the devices that are labelled with this name, sorted
}

// AddContact adds a person without any friendship. Codes: bad_name, name_taken,
// looks_like without [LookAlike].
func (m *Map) AddContact(ctx context.Context, name string, consent ...Consent) (Contact, error) {
	name, err := CheckName(name)
	if err != nil {
		return Contact{}, err
	}
	var c Contact
	err = m.write(ctx, func(t *tx) error {
		taken, err := findContact(ctx, t, name)
		if err != nil {
			return err
		}
		if taken != nil {
			return errNameTaken(taken.Name)
		}
		if err := mustNotLook(ctx, t, name, 0, consent); err != nil {
			return err
		}
		c, err = t.insertContact(ctx, name)
		return err
	})
	return c, err
}

func errNameTaken(by string) *protocol.Error {
	return protocol.Errorf(protocol.CodeNameTaken, "The phone book has %q already: choose another name.", by)
}

// Contacts is the whole phone book, by name.
func (m *Map) Contacts(ctx context.Context) ([]Contact, error) {
	var all []Contact
	err := m.read(ctx, func(q querier) error {
		labels, err := loadLabels(ctx, q)
		if err != nil {
			return err
		}
		uuids := byContact(labels)
		rows, err := q.QueryContext(ctx, "SELECT id, name, nickname, number FROM contacts ORDER BY folded")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var c Contact
			if err := rows.Scan(&c.ID, &c.Name, &c.Nickname, &c.Number); err != nil {
				return err
			}
			c.UUIDs = uuids[c.ID]
			all = append(all, c)
		}
		return rows.Err()
	})
	return all, err
}

func byContact(labels map[protocol.PublicKey]Label) map[int64][]protocol.UUID {
	uuids := map[int64][]protocol.UUID{}
	for k, l := range labels {
		uuids[l.Contact] = append(uuids[l.Contact], k.UUID())
	}
	for _, of := range uuids {
		slices.SortFunc(of, compareUUIDs)
	}
	return uuids
}

// ContactByName finds a person, whatever the case in which the name is typed.
// Nobody: unknown_name.
func (m *Map) ContactByName(ctx context.Context, name string) (Contact, error) {
	var c Contact
	err := m.read(ctx, func(q querier) error {
		found, err := needContact(ctx, q, name)
		if err != nil {
			return err
		}
		labels, err := loadLabels(ctx, q)
		c, c.UUIDs = *found, byContact(labels)[found.ID]
		return err
	})
	return c, err
}

// RenameContact gives a person another name; the labels follow at once. Codes:
// unknown_name, bad_name, name_taken, looks_like without [LookAlike].
func (m *Map) RenameContact(ctx context.Context, from, to string, consent ...Consent) (Contact, error) {
	to, err := CheckName(to)
	if err != nil {
		return Contact{}, err
	}
	var c Contact
	err = m.write(ctx, func(t *tx) error {
		found, err := needContact(ctx, t, from)
		if err != nil {
			return err
		}
		other, err := findContact(ctx, t, to)
		if err != nil {
			return err
		}
		if other != nil && other.ID != found.ID {
			return errNameTaken(other.Name)
		}
		if err := mustNotLook(ctx, t, to, found.ID, consent); err != nil {
			return err
		}
		t.relabel, t.erase = true, true
		if _, err := t.ExecContext(ctx, "UPDATE contacts SET name = ?, folded = ? WHERE id = ?", to, folded(to), found.ID); err != nil {
			return err
		}
		labels, err := loadLabels(ctx, t)
		c = Contact{ID: found.ID, Name: to, Nickname: found.Nickname, Number: found.Number, UUIDs: byContact(labels)[found.ID]}
		return err
	})
	return c, err
}

// RemoveContact takes a person out of the phone book, together with invites and
// friendships of theirs that are over for good: revoked, expired and refused
// ones of which the server has been told. While any other friendship hangs on
// the name it is wrong_state. Nobody: unknown_name.
func (m *Map) RemoveContact(ctx context.Context, name string) error {
	return m.write(ctx, func(t *tx) error {
		found, err := needContact(ctx, t, name)
		if err != nil {
			return err
		}
		t.relabel, t.erase = true, true
		if _, err := t.ExecContext(ctx, `DELETE FROM friendships
			WHERE contact = ? AND state IN ('revoked', 'expired', 'refused') AND pending = ''`, found.ID); err != nil {
			return err
		}
		var left int
		if err := t.QueryRowContext(ctx, "SELECT count(*) FROM friendships WHERE contact = ?", found.ID).Scan(&left); err != nil {
			return err
		}
		if left > 0 {
			return protocol.Errorf(protocol.CodeWrongState,
				"%q still has %s: remove the friendship or revoke the invite first.", found.Name, count(left))
		}
		_, err = t.ExecContext(ctx, "DELETE FROM contacts WHERE id = ?", found.ID)
		return err
	})
}

// ForgetNumbers takes all telephone numbers out of the phone book, and tells how many
// there were.
func (m *Map) ForgetNumbers(ctx context.Context) (forgotten int64, err error) {
	err = m.write(ctx, func(t *tx) error {
		t.erase = true
		done, err := t.ExecContext(ctx, "UPDATE contacts SET number = '' WHERE number <> ''")
		if err != nil {
			return err
		}
		forgotten, err = done.RowsAffected()
		return err
	})
	return forgotten, err
}

func count(friendships int) string {
	if friendships == 1 {
		return "a friendship or an open invite"
	}
	return "several friendships or open invites"
}

func (t *tx) insertContact(ctx context.Context, name string) (Contact, error) {
	done, err := t.ExecContext(ctx, "INSERT INTO contacts (name, folded) VALUES (?, ?)", name, folded(name))
	if err != nil {
		return Contact{}, err
	}
	id, err := done.LastInsertId()
	return Contact{ID: id, Name: name}, err
}

// findContact is nil when there is nobody of that name.
func findContact(ctx context.Context, q querier, name string) (*Contact, error) {
	var c Contact
	err := q.QueryRowContext(ctx, "SELECT id, name, nickname, number FROM contacts WHERE folded = ?", folded(name)).Scan(&c.ID, &c.Name, &c.Nickname, &c.Number)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nobody is an answer
	}
	return &c, err
}

func needContact(ctx context.Context, q querier, name string) (*Contact, error) {
	c, err := findContact(ctx, q, name)
	if err == nil && c == nil {
		return nil, protocol.Errorf(protocol.CodeUnknownName, "There is nobody called %q in the phone book.", name)
	}
	return c, err
}
