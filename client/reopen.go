package client

import (
	"context"

	"p4p/localmap"
	"p4p/protocol"
)

// Reopen takes a post or comment out of the outbox and makes it the draft of a place,
// with its picture, in one transaction: whatever ends meanwhile, the text is in one of the two, and the
// server never gets both. What may have reached the server already is asked for there.
//
// Codes: unknown_record; bad_target for a deletion or a report; wrong_state while it is
// sent, when the server has it, or when another draft is in that place; server_unreachable and the like when only the server could tell.
func (c *Client) Reopen(ctx context.Context, id protocol.UUID, where string) error {
	sending := protocol.Errorf(protocol.CodeWrongState, "It is being sent at the moment: look again in a few seconds.")
	select {
	case c.outgoing.one <- struct{}{}:
		defer func() { <-c.outgoing.one }()
	default:
		return sending
	}
	unlock, ok, err := c.local.LockOutbox()
	switch {
	case err != nil:
		return err
	case !ok:
		return sending
	}
	defer unlock()
	o, r, err := c.waitingRecord(ctx, id)
	if err != nil {
		return err
	}
	if r.Kind != protocol.KindPost && r.Kind != protocol.KindComment {
		return protocol.Errorf(protocol.CodeBadTarget, "Only posts and comments are written again, and this is a %s: retry or discard it.", r.Kind)
	}
	if o.Tried && o.Refused == nil {
		if err := c.serverHasNot(ctx, o); err != nil {
			return err
		}
	}
	return c.changedOutbox(ctx, c.local.Reopen(ctx, id, where, r.Text, altOf(r)))
}

// altOf is what a record's picture shows, in words.
func altOf(r protocol.Record) string {
	if r.Image == nil {
		return ""
	}
	return r.Image.Alt
}

// waitingRecord finds a record in the outbox. Code: unknown_record.
func (c *Client) waitingRecord(ctx context.Context, id protocol.UUID) (localmap.Outgoing, protocol.Record, error) {
	list, err := c.local.OutboxList(ctx)
	if err != nil {
		return localmap.Outgoing{}, protocol.Record{}, err
	}
	for _, o := range list {
		if o.ID == id {
			r, err := protocol.ParseRecord(o.JWS)
			return o, r, err
		}
	}
	return localmap.Outgoing{}, protocol.Record{}, protocol.Errorf(protocol.CodeUnknownRecord, "It waits no more: the server has it, or it was discarded.")
}

// serverHasNot asks the server about a record that was on its way and never
// acknowledged. The caller holds the outbox.
func (c *Client) serverHasNot(ctx context.Context, o localmap.Outgoing) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := c.reach(limited)
	var v protocol.RecordView
	if err == nil {
		v, err = s.Record(limited, o.ID)
	}
	switch code := protocol.CodeOf(err); {
	case code == protocol.CodeUnknownRecord:
		return nil
	case code == protocol.CodeDeleted, err == nil && v.Event.JWS == o.JWS:
		poke(c.outgoing.wake) // sending it once more tells where it stands
		return protocol.Errorf(protocol.CodeWrongState, "The server has it already: it is posted, and can be deleted there.")
	case err == nil:
		return unknownRecord(o.ID)
	}
	return protocol.Errorf(protocol.CodeNoServer,
		"It was on its way already, and only the server can tell whether it has it: edit it when the server is reached, or discard it.").Because(err)
}
