package client

import (
	"context"
	"strconv"
	"time"

	"p4p/client/cache"
	"p4p/protocol"
)

// Activity is what a contact posted, with all devices and former keys.
type Activity struct {
	Last   time.Time // of the last post, in whole minutes; the zero time for none that is here
	Unread int       // posts that were read neither in a view nor among the contact's own
	Place  uint64    // the seq up to which they were read
	Muted  bool      // all devices are
}

// Activity tells of each contact that has a label, by name, what they posted; of one
// only where a name is given. It counts up to most.
func (c *Client) Activity(ctx context.Context, name string, most int) (map[string]Activity, error) {
	at, known, err := c.cache.Place(ctx)
	if err != nil || !known {
		return nil, err
	}
	keys, err := c.cache.Keys(ctx, c.local.LabelledUUIDs())
	if err != nil {
		return nil, err
	}
	unheard, err := c.unheard(ctx)
	if err != nil {
		return nil, err
	}
	read, err := c.readOf(ctx, at.Epoch)
	if err != nil {
		return nil, err
	}
	var names []string
	var groups []cache.Group
	where := map[string]int{}
	for _, k := range keys {
		l, ok := c.local.Label(k)
		if !ok || name != "" && l.Name != name {
			continue
		}
		n, ok := where[l.Name]
		if !ok {
			n, where[l.Name] = len(groups), len(groups)
			names, groups = append(names, l.Name), append(groups, cache.Group{After: read(l.Contact, at.Seq)})
		}
		groups[n].Authors = append(groups[n].Authors, cache.Author{Key: k, Upto: c.upto(k, at.Epoch)})
	}
	found, err := c.cache.Lately(ctx, groups, most, unheard)
	if err != nil {
		return nil, err
	}
	all := make(map[string]Activity, len(groups))
	for i, g := range groups {
		a := Activity{Last: found[i].Last, Unread: found[i].New, Place: g.After, Muted: true}
		for _, author := range g.Authors {
			a.Muted = a.Muted && unheard.Authors[author.Key]
		}
		all[names[i]] = a
	}
	return all, nil
}

// readOf tells up to where a contact's posts were read: in everyone's or friends' view,
// or among that contact's own. Where no view has a place yet, everything was.
func (c *Client) readOf(ctx context.Context, epoch protocol.UUID) (func(contact int64, newest uint64) uint64, error) {
	stored, err := c.local.Settings(ctx, readPrefix)
	if err != nil {
		return nil, err
	}
	place := func(of string) (uint64, bool) {
		at, err := protocol.ParseCursor(stored[of])
		return at.Seq, err == nil && at.Epoch == epoch
	}
	everyone, one := place(viewNames[Everyone])
	friends, two := place(viewNames[Friends])
	return func(contact int64, newest uint64) uint64 {
		if !one && !two {
			return newest
		}
		own, _ := place(contactPlace(contact))
		return max(everyone, friends, own)
	}, nil
}

func contactPlace(contact int64) string { return "contact:" + strconv.FormatInt(contact, 10) }

// MarkReadOf keeps that a contact's posts were read up to a place. It never goes back.
// Codes: unknown_name.
func (c *Client) MarkReadOf(ctx context.Context, name string, seq uint64) error {
	at, known, err := c.cache.Place(ctx)
	if err != nil || !known {
		return err
	}
	contact, err := c.local.ContactByName(ctx, name)
	if err != nil {
		return err
	}
	key := readPrefix + contactPlace(contact.ID)
	had, err := c.local.Setting(ctx, key)
	if err != nil {
		return err
	}
	if was, err := protocol.ParseCursor(had); err == nil && was.Epoch == at.Epoch && was.Seq >= seq {
		return nil
	}
	if err := c.local.SetSetting(ctx, key, protocol.Cursor{Epoch: at.Epoch, Seq: min(seq, at.Seq)}.String()); err != nil {
		return err
	}
	c.notify(FeedChanged)
	return nil
}
