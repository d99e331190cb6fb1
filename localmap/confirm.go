package localmap

import (
	"context"

	"p4p/protocol"
)

// Naming says which name is to stick to the key that accepted an invite.
type Naming struct {
	Name    string // another person's than the invite was made for; "" for that one's
	Consent Consent
}

// ConfirmFriendship is [Map.UpdateFriendship] for the change by which a name comes
// to stick to the key that accepted an invite. Whether the person has a device
// already is looked up in the same transaction, so that of two invites for one name,
// taken by two people, only one is confirmed without a word that they are one.
//
// Codes beside those of UpdateFriendship: bad_name; looks_like without [LookAlike];
// name_taken when the posts of another device show the name, without [SamePerson], or
// when as.Name is that of somebody with friendships.
func (m *Map) ConfirmFriendship(ctx context.Context, id protocol.UUID, as Naming, change func(*Friendship) error) (Friendship, error) {
	if as.Name != "" {
		name, err := CheckName(as.Name)
		if err != nil {
			return Friendship{}, err
		}
		as.Name = name
	}
	return m.updateFriendship(ctx, id, func(t *tx, f Friendship) (Friendship, error) {
		if f.State != StateAccepted || f.Named {
			return f, nil
		}
		return t.name(ctx, f, as)
	}, change)
}

// name puts an acceptance under the person that as says.
func (t *tx) name(ctx context.Context, f Friendship, as Naming) (Friendship, error) {
	contact := Contact{ID: f.Contact, Name: f.Name}
	if as.Name != "" {
		found, err := findContact(ctx, t, as.Name)
		switch {
		case err != nil:
			return f, err
		case found != nil && found.ID == f.Contact:
			as.Consent &^= SamePerson // another person needs another name
		default:
			if contact, err = t.person(ctx, as.Name, false, []Consent{as.Consent}); err != nil {
				return f, err
			}
			t.relabel = true
			if _, err := t.ExecContext(ctx, "UPDATE friendships SET contact = ? WHERE id = ?", contact.ID, f.ID[:]); err != nil {
				return f, err
			}
			return getFriendship(ctx, t, f.ID)
		}
	}
	if agreed([]Consent{as.Consent}, SamePerson) {
		return f, nil
	}
	return f, t.noDevice(ctx, contact, f.presentKey())
}

// noDevice refuses a person whose name another device's posts show already.
func (t *tx) noDevice(ctx context.Context, c Contact, but protocol.PublicKey) error {
	labels, err := loadLabels(ctx, t)
	if err != nil {
		return err
	}
	for key, l := range labels {
		if l.Contact == c.ID && !l.Retired && key != but {
			return protocol.Errorf(protocol.CodeNameTaken,
				"%s has a device already: if this is another device of the same person, say so with --same-person, else choose another name.", c.Name)
		}
	}
	return nil
}

// presentKey is the key that the other side signs with now.
func (f Friendship) presentKey() protocol.PublicKey {
	if n := len(f.Seen.Steps); n > 0 {
		return f.Seen.Steps[n-1].Key
	}
	return f.otherKey()
}
