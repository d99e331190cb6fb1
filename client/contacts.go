package client

import (
	"context"

	"p4p/localmap"
)

// Contacts is the phone book, by name.
func (c *Client) Contacts(ctx context.Context) ([]Contact, error) {
	rows, err := c.local.Contacts(ctx)
	if err != nil {
		return nil, err
	}
	book := make([]Contact, len(rows))
	for i, r := range rows {
		book[i] = Contact{Name: r.Name, Nickname: r.Nickname, Number: r.Number, UUIDs: r.UUIDs}
	}
	return book, nil
}

// ForgetNumbers takes all telephone numbers out of the phone book, and tells how
// many there were.
func (c *Client) ForgetNumbers(ctx context.Context) (int, error) {
	n, err := c.local.ForgetNumbers(ctx)
	if err != nil {
		return 0, err
	}
	c.notify(FriendsChanged)
	return int(n), nil
}

// AddContact writes a person into the phone book: bad_name, name_taken, and
// looks_like without [LookAlike].
func (c *Client) AddContact(ctx context.Context, name string, consent ...Consent) error {
	if _, err := c.local.AddContact(ctx, name, consent...); err != nil {
		return err
	}
	c.notify(FriendsChanged)
	return nil
}

// RemoveContact takes a person without friendships out of the phone book:
// unknown_name, and wrong_state while there are some.
func (c *Client) RemoveContact(ctx context.Context, name string) error {
	if err := c.local.RemoveContact(ctx, name); err != nil {
		return err
	}
	c.notify(FriendsChanged)
	return nil
}

// Rename gives a contact another name, on all its devices and at once, and
// returns the contact's friendships. The server is not involved: bad_name,
// name_taken, unknown_name, and looks_like without [LookAlike].
func (c *Client) Rename(ctx context.Context, oldName, newName string, consent ...Consent) ([]Friendship, error) {
	contact, err := c.local.RenameContact(ctx, oldName, newName, consent...)
	if err != nil {
		return nil, err
	}
	c.notify(FriendsChanged | LabelsChanged | NoticesChanged)
	return c.friendships(ctx, func(r localmap.Friendship) bool { return r.Contact == contact.ID })
}
