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
	return c.PostDraft(ctx, "", text, p)
}

// PostDraft is [Client.Post] of what is the draft of a place: the transaction that puts
// the post into the outbox takes away the draft, its picture included, and leaves another
// alone. A refusal makes it the draft again, unless another is in that place: it stays in
// the outbox instead, refused, and the Sent beside the error has its UUID.
func (c *Client) PostDraft(ctx context.Context, where, text string, p *Picture) (Sent, error) {
	said := protocol.Payload{Text: protocol.NormalizeText(text)}
	if p == nil {
		return c.say(ctx, where, protocol.KindPost, said, nil)
	}
	info, err := protocol.CheckPicture(p.Bytes)
	if err != nil {
		return Sent{}, err
	}
	said.Image = &protocol.Image{
		Blob: protocol.BlobOf(p.Bytes), Width: info.Width, Height: info.Height, Alt: protocol.NormalizeText(p.Alt),
	}
	return c.say(ctx, where, protocol.KindPost, said, p.Bytes)
}

// Comment says something about a post. Codes: as [Client.Post], and bad_target,
// deleted, unknown_target.
func (c *Client) Comment(ctx context.Context, post protocol.UUID, text string) (Sent, error) {
	return c.CommentDraft(ctx, "", post, text)
}

// CommentDraft is to [Client.Comment] what [Client.PostDraft] is to [Client.Post].
func (c *Client) CommentDraft(ctx context.Context, where string, post protocol.UUID, text string) (Sent, error) {
	row, ok, erased, err := c.cache.Get(ctx, post)
	switch {
	case err != nil:
		return Sent{}, err
	case erased:
		return Sent{}, protocol.Errorf(protocol.CodeDeleted, "The post was deleted: nobody can comment on it any more.")
	case ok && row.Kind != protocol.KindPost:
		return Sent{}, protocol.Errorf(protocol.CodeBadTarget, "A comment is about a post, and %s is a %s.", post, row.Kind)
	}
	return c.say(ctx, where, protocol.KindComment, protocol.Payload{Target: post, Text: protocol.NormalizeText(text)}, nil)
}

// Delete takes back a post or comment of one's own, for everybody. One that the
// server refused is only discarded. Codes: as [Client.Post], and unknown_record,
// not_author, deleted, bad_target.
func (c *Client) Delete(ctx context.Context, record protocol.UUID) (Sent, error) {
	i, err := c.ownWords(ctx, record)
	switch {
	case err != nil:
		return Sent{}, err
	case i.Pending != nil && i.Pending.Refused != nil:
		return Sent{ID: record}, c.Discard(ctx, record)
	}
	r, err := c.keep(ctx, c.keyOf(i), protocol.KindDeletion, protocol.Payload{Target: record}, func(r protocol.Record) error {
		return c.local.Enqueue(ctx, r, nil)
	})
	if err != nil {
		return Sent{}, err
	}
	return c.tryNow(ctx, r, "")
}

// DeleteLater is [Client.Delete] with time to undo it: the record leaves the views at
// once, and the server is told when d has passed. The deletion, whose UUID is returned,
// is in the outbox from the beginning, so that it holds whatever ends meanwhile. What
// waits in the outbox is discarded instead: wrong_state. Codes: as [Client.Delete].
func (c *Client) DeleteLater(ctx context.Context, record protocol.UUID, d time.Duration) (protocol.UUID, error) {
	c.deleting.Lock() // two keys in a row are one deletion, of which one undo is the end
	defer c.deleting.Unlock()
	i, err := c.ownWords(ctx, record)
	switch {
	case err != nil:
		return protocol.UUID{}, err
	case i.Pending != nil:
		return protocol.UUID{}, protocol.Errorf(protocol.CodeWrongState, "This %s still waits in the outbox: discard it there.", i.Kind)
	}
	r, err := c.keep(ctx, c.keyOf(i), protocol.KindDeletion, protocol.Payload{Target: record}, func(r protocol.Record) error {
		return c.local.EnqueueLater(ctx, r, c.now().Add(d))
	})
	poke(c.outgoing.wake)
	return r.ID, err
}

// Undo takes back what [Client.DeleteLater] made, as if it had never been. It is too
// late for that: unknown_record.
func (c *Client) Undo(ctx context.Context, deletion protocol.UUID) error {
	return c.changedOutbox(ctx, c.local.Undo(ctx, deletion))
}

// hurry is how long the end of a program waits for the server to take deletions.
const hurry = 2 * time.Second

// FinishDeletions sends what of these deletions could still be undone, if there is such a
// thing and the server is there; else it stays in the outbox, due. It is for the end of
// a program, which knows its own: those of another keep their time.
func (c *Client) FinishDeletions(ctx context.Context, deletions []protocol.UUID) error {
	released, err := c.local.Release(ctx, deletions)
	if err != nil || !released {
		return err
	}
	if err := c.changedOutbox(ctx, nil); err != nil {
		return err
	}
	if online, runs := c.streams.isOnline(); runs && !online {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, hurry)
	defer cancel()
	_, err = c.send(limited)
	return err
}

// ownWords is a post or comment of one's own, as it waits or as it was taken.
func (c *Client) ownWords(ctx context.Context, record protocol.UUID) (Item, error) {
	waiting, err := c.waiting(ctx)
	if err != nil {
		return Item{}, err
	}
	i, waits := waiting.get(record)
	if !waits {
		row, err := c.record(ctx, record)
		if err != nil {
			return Item{}, err
		}
		i.Kind, i.Author = row.Kind, row.Author
	}
	if i.Kind != protocol.KindPost && i.Kind != protocol.KindComment {
		return Item{}, protocol.Errorf(protocol.CodeBadTarget, "Only posts and comments can be deleted, and %s is a %s.", record, i.Kind)
	}
	if waiting.deleted[record] {
		return Item{}, protocol.Errorf(protocol.CodeDeleted, "This %s is deleted already; the server is told in a moment.", i.Kind)
	}
	if !c.local.Own(i.Author) {
		return Item{}, protocol.Errorf(protocol.CodeNotAuthor, "Only its author can delete a %s, and this one is not yours.", i.Kind)
	}
	return i, nil
}

// keyOf signs for the author of something that is one's own.
func (c *Client) keyOf(i Item) func() protocol.DeviceKey {
	return func() protocol.DeviceKey { return c.ownKey(i.Author) }
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
	return c.say(ctx, "", protocol.KindReport, protocol.Payload{Target: record, Text: protocol.NormalizeText(reason)}, nil)
}

// say signs a statement once, keeps it in the outbox and tries to send it. It was the
// draft of where, unless that is "".
func (c *Client) say(ctx context.Context, where string, kind protocol.Kind, p protocol.Payload, picture []byte) (Sent, error) {
	r, err := c.keep(ctx, c.local.Key, kind, p, func(r protocol.Record) error {
		if where == "" {
			return c.local.Enqueue(ctx, r, picture)
		}
		return c.local.EnqueueDraft(ctx, where, r, picture)
	})
	if err != nil {
		return Sent{}, err
	}
	return c.tryNow(ctx, r, where)
}

// keep signs a statement once and stores it in the outbox.
func (c *Client) keep(ctx context.Context, key func() protocol.DeviceKey, kind protocol.Kind, p protocol.Payload, enqueue func(protocol.Record) error) (protocol.Record, error) {
	p.CreatedAt = protocol.Cut(c.now())
	if _, err := protocol.Sign(key(), kind, p); err != nil {
		return protocol.Record{}, err // before any server is asked
	}
	var err error
	if p.Nonce, err = protocol.NewNonce(c.opt.Random); err != nil {
		return protocol.Record{}, err
	}
	var r protocol.Record
	for range 2 {
		if p.Server, err = c.patientServerID(ctx); err != nil {
			return protocol.Record{}, err
		}
		if r, err = protocol.Sign(key(), kind, p); err != nil {
			return protocol.Record{}, err
		}
		if err = enqueue(r); protocol.CodeOf(err) != protocol.CodeWrongState {
			break
		}
		// Another process has given this unbound profile another key.
		if _, err := c.local.Refresh(ctx); err != nil {
			return protocol.Record{}, err
		}
	}
	if err != nil {
		return protocol.Record{}, err
	}
	c.boundTo(p.Server)
	return r, c.changedOutbox(ctx, nil)
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
// record out again: whoever just said it is there to read why. What was the draft of
// where is that again.
func (c *Client) tryNow(ctx context.Context, r protocol.Record, where string) (Sent, error) {
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
			return c.takeOut(ctx, r, where, f.refused)
		case protocol.CodeOf(err) == protocol.CodeOtherServer:
			return c.takeOut(ctx, r, where, err)
		case err != errBusy || limited.Err() != nil: //nolint:errorlint // this very value
			poke(c.outgoing.wake)
			return sent, nil
		}
		c.pause(limited, busyPause, nil)
	}
}

// takeOut takes a record out of the outbox and gives the reason. The draft that it was
// it is again, unless another has taken that place: then it waits, with the reason. What
// still waits has its UUID in the Sent.
func (c *Client) takeOut(ctx context.Context, r protocol.Record, where string, why error) (Sent, error) {
	stored := context.WithoutCancel(ctx)
	var err error
	if where == "" {
		err = c.local.Dequeue(stored, r.ID)
	} else {
		err = c.local.Reopen(stored, r.ID, where, r.Text, altOf(r))
	}
	var left Sent
	if err != nil {
		left.ID = r.ID
	}
	if protocol.CodeOf(err) == protocol.CodeWrongState {
		err = c.local.MarkRefused(stored, r.ID, refusalOf(why))
	}
	if protocol.CodeOf(err) == protocol.CodeUnknownRecord {
		left, err = Sent{}, nil // discarded meanwhile
	}
	if err := c.changedOutbox(ctx, err); err != nil {
		return left, err
	}
	return left, why
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
