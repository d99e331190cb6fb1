package client

import (
	"context"
	"slices"
	"strings"

	"p4p/client/cache"
	"p4p/client/wire"
	"p4p/plain"
	"p4p/protocol"
)

// RemoteSearch asks the server for posts and comments with all of these words:
// the newest, at most limit, in log order. The server learns the words, so names
// are not among them: a word of any contact's name is names_stay_local. Codes
// beside that: empty_text, too_large, and those of [Client.Connect].
func (c *Client) RemoteSearch(ctx context.Context, words string, limit int) ([]Item, error) {
	words = protocol.NormalizeText(words)
	switch {
	case words == "":
		return nil, protocol.Errorf(protocol.CodeEmptyText, "A search needs some words.")
	case len(words) > protocol.MaxQuery:
		return nil, protocol.Errorf(protocol.CodeTooLarge, "A search on the server takes at most %d bytes; this one has %d.", protocol.MaxQuery, len(words))
	}
	if err := c.namesNobody(ctx, words); err != nil {
		return nil, err
	}
	s, err := c.reach(ctx)
	if err != nil {
		return nil, err
	}
	unheard, err := c.unheard(ctx)
	if err != nil {
		return nil, err
	}
	var found []Item
	// Pages are full while there are more, unless what is on them does not verify.
	before, most := uint64(0), limit/protocol.MaxPage+pagesPerLook
	for pages := 0; len(found) < limit && pages < most; pages++ {
		a, err := s.Records(ctx, wire.Page{Words: words, Before: before, Limit: min(limit-len(found), protocol.MaxPage)})
		if err != nil {
			return nil, err
		}
		entries, err := c.verify(a.Events, s.Info.Server)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			muted := unheard.Authors[e.Record.Author] || unheard.Records[e.Record.ID]
			if !muted && (e.Kind == protocol.EventPost || e.Kind == protocol.EventComment) {
				i := c.itemOf(e.Record)
				i.Seq, i.Epoch = e.Seq, a.Epoch
				i.Label = c.label(i.Author, i.Kind, i.Cursor())
				found = append(found, i)
			}
		}
		if a.Before == nil {
			break
		}
		before = *a.Before
	}
	found = found[:min(len(found), max(limit, 0))]
	slices.Reverse(found)
	return found, nil
}

// namesNobody refuses words that are, or are part of, a contact's name.
func (c *Client) namesNobody(ctx context.Context, words string) error {
	contacts, err := c.local.Contacts(ctx)
	if err != nil {
		return err
	}
	asked := cache.Tokens(words)
	joined := strings.Join(asked, "")
	for _, contact := range contacts {
		name := cache.Tokens(contact.Name)
		whole := strings.Join(name, "")
		for _, part := range name {
			// A name in a script without spaces is one run of characters among others.
			alone := len([]rune(part)) == 1 && part[0] >= 0x80
			if !alone && slices.Contains(asked, part) || alone && whole != "" && strings.Contains(joined, whole) {
				return protocol.Errorf(protocol.CodeNamesStayLocal,
					"%q is in your phone book, and names stay on this machine: search here instead, without asking the server.", plain.Line(contact.Name).String())
			}
		}
	}
	return nil
}
