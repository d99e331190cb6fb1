package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"p4p/localmap"
	"p4p/protocol"
)

// Every step of a friendship that the server must learn of has one shape: the
// local map stores the new state and the owed call in one transaction, the call
// is made with the stored values, and a second transaction stores what came of
// it. Whatever dies in between, the next start repeats the call, and the server
// answers a repeated call like the first.

// request is an owed call as the local map stores it.
type request struct {
	Post   *protocol.MailboxPost   `json:"post,omitempty"`
	Put    *protocol.MailboxPut    `json:"put,omitempty"`
	Delete *protocol.MailboxDelete `json:"delete,omitempty"`

	// NewContact tells that this step made the contact, which goes with it if the
	// step is taken back.
	NewContact bool `json:"new_contact,omitempty"`
}

// owe makes the row owe the server a call.
func owe(r *localmap.Friendship, call localmap.Call, q request) error {
	body, err := json.Marshal(q)
	if err != nil {
		return err
	}
	r.Pending, r.PendingBody, r.Refusal = call, body, ""
	return nil
}

// owedBy reads what the row owes.
func owedBy(r localmap.Friendship) (request, error) {
	var q request
	err := json.Unmarshal(r.PendingBody, &q)
	return q, err
}

// paid makes the row owe nothing, and forgets the secrets that nothing needs
// any more.
func paid(r *localmap.Friendship) {
	if r.Pending == localmap.CallAccept || !isLive(r.State) {
		r.Secret = nil
	}
	if !isLive(r.State) {
		r.Keys = nil
	}
	r.Pending, r.PendingBody = localmap.CallNone, nil
}

// sealOwn rewrites this side's slot of an accepted mailbox as number n: the
// inviter's is a confirmation, the invitee's an acceptance. keys are the
// profile's, in order: the slot is signed by the one that the friendship began
// with, and tells how it was handed on since.
func (c *Client) sealOwn(r *localmap.Friendship, keys []localmap.OwnKey, n uint64) error {
	base, steps, err := chain(*r, keys)
	if err != nil {
		return err
	}
	seal := protocol.SealConfirm
	if r.Role == protocol.RoleInvitee {
		seal = protocol.SealAccept
	}
	slot, err := seal(c.opt.Random, *r.Keys, base, r.Parties, n, steps)
	if err != nil {
		return err
	}
	r.OwnN, r.OwnSlot = n, slot
	return owe(r, localmap.CallConfirm, request{Put: &protocol.MailboxPut{N: n, Slot: slot}})
}

// sealEnd ends the mailbox with slot n. Where there are no keys to seal it with,
// random bytes stand for it.
func (c *Client) sealEnd(r *localmap.Friendship, n uint64) error {
	slot := make([]byte, protocol.SlotSize)
	var err error
	if r.Keys != nil {
		slot, err = protocol.SealEnd(c.opt.Random, *r.Keys, r.Role, r.Server, r.ID, n)
	} else {
		_, err = io.ReadFull(c.opt.Random, slot)
	}
	if err != nil {
		return err
	}
	r.OwnN, r.OwnSlot = n, slot
	return owe(r, localmap.CallEnd, request{Delete: &protocol.MailboxDelete{N: n, Slot: slot}})
}

// revoke takes an open invite back.
func (c *Client) revoke(r *localmap.Friendship) error {
	c.become(r, localmap.StateRevoked)
	return owe(r, localmap.CallRevoke, request{Delete: &protocol.MailboxDelete{}})
}

// A call that meets a mailbox which moved on is made again with a new number. A
// mailbox that moves on and on has a server that lies.
const maxTries = 4

// complete makes the call that a friendship owes, if any, and stores what came of
// it. The row is as it is afterwards, or was last if it is gone. An error with a
// call still pending: no answer, it stays owed. An error without: the server
// refused for good.
func (c *Client) complete(ctx context.Context, f protocol.UUID) (localmap.Friendship, error) {
	row, err := c.local.Friendship(ctx, f)
	for try := 0; err == nil && row.Pending != localmap.CallNone; try++ {
		if try == maxTries {
			return row, protocol.Errorf(protocol.CodeVersionConflict,
				"The server contradicts itself about this friendship; the step is tried again later.")
		}
		view, answer := c.call(ctx, row)
		if !isAnswer(answer) {
			return row, answer
		}
		row, err = c.conclude(ctx, row, view, answer)
	}
	if err != nil {
		return row, err
	}
	return row, c.bury(ctx, row)
}

// bury deletes the row of a friendship that was removed and owes nothing more.
func (c *Client) bury(ctx context.Context, r localmap.Friendship) error {
	if r.State != localmap.StateRemoved {
		return nil
	}
	err := c.forget(ctx, r.ID)
	c.notify(friendshipChanged)
	return err
}

// call makes the owed call, with the stored values.
func (c *Client) call(ctx context.Context, r localmap.Friendship) (protocol.MailboxView, error) {
	q, err := owedBy(r)
	if err != nil {
		return protocol.MailboxView{}, err
	}
	c.passing(r.Pending, owed)
	s, err := c.mailboxes(ctx, r)
	if err != nil {
		return protocol.MailboxView{}, err
	}
	var view protocol.MailboxView
	switch owner := c.local.Root().OwnerToken(r.ID); r.Pending {
	case localmap.CallCreate:
		view, err = s.MailboxCreate(ctx, r.ID, *q.Post)
	case localmap.CallAccept:
		view, err = s.MailboxAccept(ctx, r.ID, r.Secret.LinkToken(r.ID), *q.Put)
	case localmap.CallConfirm:
		view, err = s.MailboxPut(ctx, r.ID, owner, *q.Put)
	case localmap.CallEnd, localmap.CallRevoke:
		view, err = s.MailboxDelete(ctx, r.ID, owner, *q.Delete)
	}
	c.passing(r.Pending, answered)
	return view, c.heard(s, err)
}

// conclude stores what the answer to a made call means.
func (c *Client) conclude(ctx context.Context, made localmap.Friendship, view protocol.MailboxView, answer error) (localmap.Friendship, error) {
	switch judge(made.Pending, protocol.CodeOf(answer)) {
	case kept:
		return made, answer
	case moved:
		return c.lookAgain(ctx, made, answer)
	case undone:
		return c.takeBack(ctx, made, answer)
	case denied:
		row, err := c.after(ctx, made, func(r *localmap.Friendship) error {
			paid(r)
			r.Refusal = protocol.CodeOf(answer)
			return nil
		})
		if err != nil {
			return row, err
		}
		return row, answer
	}
	return c.settled(ctx, made, view)
}

// settled stores that the owed call is done.
func (c *Client) settled(ctx context.Context, made localmap.Friendship, view protocol.MailboxView) (localmap.Friendship, error) {
	row, err := c.after(ctx, made, func(r *localmap.Friendship) error {
		if at, ok := expiry(view); ok {
			r.Expires = at
		}
		paid(r)
		return nil
	})
	if err == nil && made.Pending == localmap.CallCreate && view.State != "" && view.State != protocol.MailboxOpen {
		return c.read(ctx, row) // the answer to an earlier try was lost, and much happened since
	}
	return row, err
}

// lookAgain reads the mailbox whose answer said that it moved on, and decides
// what the owed call means now.
func (c *Client) lookAgain(ctx context.Context, made localmap.Friendship, answer error) (localmap.Friendship, error) {
	view, err := c.get(ctx, made)
	switch code := protocol.CodeOf(err); {
	case !isAnswer(err):
		return made, err
	case code == protocol.CodeUnknownFriendship && made.Pending == localmap.CallAccept:
		return c.takeBack(ctx, made, answer) // this device's token opens nothing: somebody else was taken
	case err != nil && judge(made.Pending, code) == moved:
		return made, err
	case err != nil:
		return c.conclude(ctx, made, view, err)
	}
	return c.after(ctx, made, func(r *localmap.Friendship) error {
		ending := r.Pending == localmap.CallEnd || r.Pending == localmap.CallRevoke
		switch {
		case view.State == protocol.MailboxEnded && ending:
			paid(r)
		case view.State == protocol.MailboxEnded, r.Pending == localmap.CallAccept:
			paid(r)
			if err := c.absorb(r, view); err != nil && !errors.Is(err, errUnchanged) {
				c.log.Warn("a friendship's mailbox does not prove itself", "code", protocol.CodeOf(err))
			}
		case view.State == protocol.MailboxAccepted:
			return c.renumber(r, view)
		}
		return nil
	})
}

// renumber seals the owed slot again, behind what the server holds.
func (c *Client) renumber(r *localmap.Friendship, view protocol.MailboxView) error {
	n, _, ok := slotOf(view, r.Role)
	if !ok {
		return incomplete()
	}
	switch r.Pending {
	case localmap.CallConfirm:
		return c.sealOwn(r, c.local.OwnKeys(), n+1)
	case localmap.CallRevoke: // somebody accepted before it was revoked: that is refused
		if r.State == localmap.StateRevoked {
			c.become(r, localmap.StateRefused)
		}
		if _, keys, err := c.pair(*r, view); err == nil {
			r.Keys = &keys
		}
	}
	return c.sealEnd(r, n+1)
}

// after stores what came of a made call, unless the row stopped owing it: then
// another process was faster, and its word stands.
func (c *Client) after(ctx context.Context, made localmap.Friendship, change func(*localmap.Friendship) error) (localmap.Friendship, error) {
	row, err := c.update(ctx, made.ID, func(r *localmap.Friendship) error {
		if r.Pending != made.Pending || !bytes.Equal(r.PendingBody, made.PendingBody) {
			return errUnchanged
		}
		return change(r)
	})
	c.passing(made.Pending, stored)
	return row, err
}

// takeBack removes what a first step left here after it failed for good; why is
// returned.
func (c *Client) takeBack(ctx context.Context, made localmap.Friendship, why error) (localmap.Friendship, error) {
	q, err := owedBy(made)
	if err != nil {
		return made, err
	}
	err = c.local.TakeBack(ctx, made.ID, q.NewContact)
	if err != nil && protocol.CodeOf(err) != protocol.CodeUnknownFriendship {
		return made, err
	}
	c.passing(made.Pending, stored)
	c.notify(friendshipChanged)
	made.Pending, made.PendingBody = localmap.CallNone, nil
	return made, why
}
