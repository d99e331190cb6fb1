package client

import (
	"context"
	"time"

	"p4p/protocol"
)

// patience is how long somebody who said something waits for the server; after
// that it is sent later.
const patience = 5 * time.Second

// Post says something to everybody, with or without a picture (prepared by
// client/picture). It is in the outbox before the server is asked; Sent.Seq is
// nil while it waits there.
//
// An error leaves nothing in the outbox: the text is still the caller's. Codes:
// empty_text, too_large, bad_text, bad_picture; server_unreachable when this
// profile has never met its server, whose UUID the record must name; other_server;
// and whatever the server refuses the record with at once (clock_ahead, …).
func (c *Client) Post(ctx context.Context, text string, p *Picture) (Sent, error) {
	said := protocol.Payload{Text: protocol.NormalizeText(text)}
	if p == nil {
		return c.say(ctx, c.local.Key, protocol.KindPost, said, nil)
	}
	info, err := protocol.CheckPicture(p.Bytes)
	if err != nil {
		return Sent{}, err
	}
	said.Image = &protocol.Image{
		Blob: protocol.BlobOf(p.Bytes), Width: info.Width, Height: info.Height, Alt: protocol.NormalizeText(p.Alt),
	}
	return c.say(ctx, c.local.Key, protocol.KindPost, said, p.Bytes)
}

// Comment says something about a post. Codes: as [Client.Post], and bad_target,
// deleted, unknown_target.
func (c *Client) Comment(ctx context.Context, post protocol.UUID, text string) (Sent, error) {
	row, ok, erased, err := c.cache.Get(ctx, post)
	switch {
	case err != nil:
		return Sent{}, err
	case erased:
		return Sent{}, protocol.Errorf(protocol.CodeDeleted, "The post was deleted: nobody can comment on it any more.")
	case ok && row.Kind != protocol.KindPost:
		return Sent{}, protocol.Errorf(protocol.CodeBadTarget, "A comment is about a post, and %s is a %s.", post, row.Kind)
	}
	return c.say(ctx, c.local.Key, protocol.KindComment, protocol.Payload{Target: post, Text: protocol.NormalizeText(text)}, nil)
}

// Delete takes back a post or comment of one's own, for everybody. One that the
// server refused is only discarded. Codes: as [Client.Post], and unknown_record,
// not_author, deleted, bad_target.
func (c *Client) Delete(ctx context.Context, record protocol.UUID) (Sent, error) {
	waiting, err := c.waiting(ctx)
	if err != nil {
		return Sent{}, err
	}
	i, waits := waiting.get(record)
	if waits && i.Pending != nil && i.Pending.Refused != nil {
		return Sent{ID: record}, c.Discard(ctx, record)
	}
	if !waits {
		row, err := c.record(ctx, record)
		if err != nil {
			return Sent{}, err
		}
		i.Kind, i.Author = row.Kind, row.Author
	}
	if i.Kind != protocol.KindPost && i.Kind != protocol.KindComment {
		return Sent{}, protocol.Errorf(protocol.CodeBadTarget, "Only posts and comments can be deleted, and %s is a %s.", record, i.Kind)
	}
	if !c.local.Own(i.Author) {
		return Sent{}, protocol.Errorf(protocol.CodeNotAuthor, "Only its author can delete a %s, and this one is not yours.", i.Kind)
	}
	key := func() protocol.DeviceKey { return c.ownKey(i.Author) }
	return c.say(ctx, key, protocol.KindDeletion, protocol.Payload{Target: record}, nil)
}

// ownKey is the key pair of one's own key, the present one or a retired one.
func (c *Client) ownKey(k protocol.PublicKey) protocol.DeviceKey {
	root := c.local.Root()
	for n := range c.local.Rotations() {
		if d := root.DeviceKey(n); d.Public == k {
			return d
		}
	}
	return c.local.Key()
}

// Report tells the server's operator about a post or comment; nobody else learns
// of it. The reason may be empty. Codes: as [Client.Post], and unknown_target.
func (c *Client) Report(ctx context.Context, record protocol.UUID, reason string) (Sent, error) {
	return c.say(ctx, c.local.Key, protocol.KindReport, protocol.Payload{Target: record, Text: protocol.NormalizeText(reason)}, nil)
}

// say signs a statement once, keeps it in the outbox and tries to send it.
func (c *Client) say(ctx context.Context, key func() protocol.DeviceKey, kind protocol.Kind, p protocol.Payload, picture []byte) (Sent, error) {
	p.CreatedAt = protocol.Cut(c.now())
	if _, err := protocol.Sign(key(), kind, p); err != nil {
		return Sent{}, err // before any server is asked
	}
	var err error
	if p.Nonce, err = protocol.NewNonce(c.opt.Random); err != nil {
		return Sent{}, err
	}
	var r protocol.Record
	for range 2 {
		if p.Server, err = c.patientServerID(ctx); err != nil {
			return Sent{}, err
		}
		if r, err = protocol.Sign(key(), kind, p); err != nil {
			return Sent{}, err
		}
		err = c.local.Enqueue(ctx, r, picture)
		if protocol.CodeOf(err) != protocol.CodeWrongState {
			break
		}
		// Another process has given this unbound profile another key.
		if _, err := c.local.Refresh(ctx); err != nil {
			return Sent{}, err
		}
	}
	if err != nil {
		return Sent{}, err
	}
	c.boundTo(p.Server)
	if err := c.changedOutbox(ctx, nil); err != nil {
		return Sent{}, err
	}
	return c.tryNow(ctx, r)
}

func (c *Client) patientServerID(ctx context.Context) (protocol.UUID, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	id, err := c.serverID(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = protocol.Errorf(protocol.CodeNoServer, "The server does not answer: try again later.").Because(err)
	}
	return id, err
}

// tryNow sends the outbox at once, with this record in it. A refusal takes the
// record out again: whoever just said it is there to read why.
func (c *Client) tryNow(ctx context.Context, r protocol.Record) (Sent, error) {
	sent := Sent{ID: r.ID}
	if online, runs := c.streams.isOnline(); runs && !online {
		c.streams.kick() // it is sent when the server is reached
		return sent, nil
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		settled, err := c.send(limited)
		f, done := settled[r.ID]
		if !done {
			f, done = c.outgoing.earlyFate(r.ID)
		}
		if !done {
			f, done = c.settledElsewhere(limited, r)
		}
		switch {
		case done && f.refused == nil:
			sent.Seq = &f.seq
			return sent, nil
		case done:
			return Sent{}, c.takeOut(ctx, r.ID, f.refused)
		case protocol.CodeOf(err) == protocol.CodeOtherServer:
			return Sent{}, c.takeOut(ctx, r.ID, err)
		case err != errBusy || limited.Err() != nil: //nolint:errorlint // this very value
			poke(c.outgoing.wake)
			return sent, nil
		}
		c.pause(limited, busyPause, nil)
	}
}

// takeOut takes a record out of the outbox and gives the reason.
func (c *Client) takeOut(ctx context.Context, id protocol.UUID, why error) error {
	if err := c.changedOutbox(ctx, c.local.Dequeue(context.WithoutCancel(ctx), id)); err != nil {
		return err
	}
	return why
}

// settledElsewhere tells what became of a record that another process, or another
// goroutine of this one, has sent meanwhile.
func (c *Client) settledElsewhere(ctx context.Context, r protocol.Record) (fate, bool) {
	list, err := c.local.OutboxList(ctx)
	if err != nil {
		return fate{}, false
	}
	for _, o := range list {
		if o.ID == r.ID {
			return fate{refused: o.Refused}, o.Refused != nil
		}
	}
	if r.Kind == protocol.KindReport {
		return fate{}, false // nobody is told where it stands
	}
	s, err := c.reach(ctx)
	if err != nil {
		return fate{}, false
	}
	v, err := s.Record(ctx, r.ID)
	return fate{seq: v.Event.Seq}, err == nil && v.Event.JWS == r.JWS
}
