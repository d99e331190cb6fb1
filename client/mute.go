package client

import (
	"cmp"
	"context"
	"slices"
	"time"

	"p4p/client/cache"
	"p4p/protocol"
)

// What is muted or hidden is kept in the local map and told to nobody: it leaves
// every view and count of this profile.
const (
	muteSetting = "mute:" // and the author's key
	hideSetting = "hide:" // and the record's UUID
)

// MutedAuthor is an author whose records are not shown: a device's key.
type MutedAuthor struct {
	Author protocol.PublicKey
	Label  Label
	Since  time.Time
}

// HiddenRecord is a single record that is not shown.
type HiddenRecord struct {
	ID    protocol.UUID
	Item  *Item // nil if this client does not have it any more
	Since time.Time
}

// Muted is all that is not shown, the latest first.
type Muted struct {
	Authors []MutedAuthor
	Records []HiddenRecord
}

// Mute has everything by an author leave the views. Codes: wrong_state for oneself.
func (c *Client) Mute(ctx context.Context, author protocol.PublicKey) error {
	if c.local.Own(author) {
		return protocol.Errorf(protocol.CodeWrongState, "This is you: your own posts can be deleted, not muted.")
	}
	return c.mute(ctx, muteSetting, author, c.now().UTC().Format(time.RFC3339))
}

// Unmute has an author's records appear again.
func (c *Client) Unmute(ctx context.Context, author protocol.PublicKey) error {
	return c.mute(ctx, muteSetting, author, "")
}

// Hide has one post or comment leave the views.
func (c *Client) Hide(ctx context.Context, record protocol.UUID) error {
	return c.mute(ctx, hideSetting, record, c.now().UTC().Format(time.RFC3339))
}

// Unhide has a record appear again.
func (c *Client) Unhide(ctx context.Context, record protocol.UUID) error {
	return c.mute(ctx, hideSetting, record, "")
}

func (c *Client) mute(ctx context.Context, setting string, what interface{ MarshalText() ([]byte, error) }, since string) error {
	name, err := what.MarshalText()
	if err != nil {
		return err
	}
	if err := c.local.SetSetting(ctx, setting+string(name), since); err != nil {
		return err
	}
	c.notify(FeedChanged)
	return nil
}

// Muted tells all that is muted and hidden.
func (c *Client) Muted(ctx context.Context) (Muted, error) {
	var m Muted
	authors, err := c.local.Settings(ctx, muteSetting)
	if err != nil {
		return m, err
	}
	records, err := c.local.Settings(ctx, hideSetting)
	if err != nil {
		return m, err
	}
	for name, since := range authors {
		var k protocol.PublicKey
		if k.UnmarshalText([]byte(name)) == nil {
			m.Authors = append(m.Authors, MutedAuthor{k, c.Label(k), sinceOf(since)})
		}
	}
	for name, since := range records {
		id, err := protocol.ParseUUID(name)
		if err != nil {
			continue
		}
		h := HiddenRecord{ID: id, Since: sinceOf(since)}
		if row, ok, _, err := c.cache.Get(ctx, id); err != nil {
			return m, err
		} else if ok {
			item := c.item(row)
			h.Item = &item
		}
		m.Records = append(m.Records, h)
	}
	slices.SortFunc(m.Authors, func(a, b MutedAuthor) int {
		return cmp.Or(b.Since.Compare(a.Since), slices.Compare(a.Author[:], b.Author[:]))
	})
	slices.SortFunc(m.Records, func(a, b HiddenRecord) int {
		return cmp.Or(b.Since.Compare(a.Since), slices.Compare(a.ID[:], b.ID[:]))
	})
	return m, nil
}

// sinceOf reads a stored time; what is none is the zero time.
func sinceOf(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// unheard is what the views leave out.
func (c *Client) unheard(ctx context.Context) (cache.Except, error) {
	x := cache.Except{Authors: map[protocol.PublicKey]bool{}, Records: map[protocol.UUID]bool{}}
	authors, err := c.local.Settings(ctx, muteSetting)
	if err != nil {
		return x, err
	}
	records, err := c.local.Settings(ctx, hideSetting)
	for name := range authors {
		var k protocol.PublicKey
		if k.UnmarshalText([]byte(name)) == nil {
			x.Authors[k] = true
		}
	}
	for name := range records {
		if id, err := protocol.ParseUUID(name); err == nil {
			x.Records[id] = true
		}
	}
	if err != nil {
		return x, err
	}
	return x, c.muteChains(ctx, x.Authors)
}

// muteChains adds to muted keys those that a friend's device had before or has since.
func (c *Client) muteChains(ctx context.Context, muted map[protocol.PublicKey]bool) error {
	friend := false
	for k := range muted {
		_, known := c.local.Label(k)
		friend = friend || known
	}
	if !friend {
		return nil
	}
	rows, err := c.local.Friendships(ctx)
	for _, r := range rows {
		base := r.Parties.Invitee.Key
		if r.Role == protocol.RoleInvitee {
			base = r.Parties.Inviter.Key
		}
		keys := []protocol.PublicKey{base}
		for _, s := range r.Seen.Steps {
			keys = append(keys, s.Key)
		}
		if slices.ContainsFunc(keys, func(k protocol.PublicKey) bool { return muted[k] }) {
			for _, k := range keys {
				muted[k] = true
			}
		}
	}
	return err
}
