package wire

import (
	"context"
	"net/http"

	"p4p/protocol"
)

// Each mailbox call can be repeated with the same values after an answer was
// lost. docs/protocol.md, "The mailbox calls", says what each state answers.

// MailboxCreate opens a mailbox: exists, if another has that UUID.
func (c *Client) MailboxCreate(ctx context.Context, f protocol.UUID, p protocol.MailboxPost) (protocol.MailboxView, error) {
	return c.mailbox(ctx, http.MethodPost, f, nil, p)
}

// MailboxGet reads a mailbox with the link token (while it is open) or an owner
// token: unknown_friendship, already_accepted, revoked, expired.
func (c *Client) MailboxGet(ctx context.Context, f protocol.UUID, t protocol.Token) (protocol.MailboxView, error) {
	return c.mailbox(ctx, http.MethodGet, f, &t, nil)
}

// MailboxAccept takes the invitee's place with the link token; p has OwnerHash
// and E: already_accepted, revoked, expired, unknown_friendship.
func (c *Client) MailboxAccept(ctx context.Context, f protocol.UUID, link protocol.Token, p protocol.MailboxPut) (protocol.MailboxView, error) {
	return c.mailbox(ctx, http.MethodPut, f, &link, p)
}

// MailboxPut rewrites one's own slot with an owner token: not_accepted,
// version_conflict, ended, revoked, expired.
func (c *Client) MailboxPut(ctx context.Context, f protocol.UUID, owner protocol.Token, p protocol.MailboxPut) (protocol.MailboxView, error) {
	return c.mailbox(ctx, http.MethodPut, f, &owner, p)
}

// MailboxDelete revokes an open mailbox (the zero d), or ends an accepted one
// with an end slot: version_conflict, unknown_friendship.
func (c *Client) MailboxDelete(ctx context.Context, f protocol.UUID, owner protocol.Token, d protocol.MailboxDelete) (protocol.MailboxView, error) {
	return c.mailbox(ctx, http.MethodDelete, f, &owner, d)
}

func (c *Client) mailbox(ctx context.Context, method string, f protocol.UUID, t *protocol.Token, body any) (protocol.MailboxView, error) {
	var v protocol.MailboxView
	err := c.do(ctx, call{method: method, path: "/v1/friendships/" + f.String(), token: t, body: body}, &v)
	return v, err
}
