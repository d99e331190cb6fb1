package client

import (
	"context"
	"encoding/base64"
	"strings"

	"p4p/protocol"
)

// StoredRecord is a record as the server keeps it: nothing in it comes from this
// machine.
type StoredRecord struct {
	Seq             uint64
	protocol.Record // JWS is the row itself
	// Header and Payload are the JWS's first two parts, decoded and otherwise as
	// they were signed. They come from strangers: pass them through plain.
	Header, Payload string
}

// StoredMailbox is a friendship as the server keeps it, as far as its owner may
// read it back. The row's other column that is known here is OwnerHash: what the
// server has instead of a name, an address or a password.
type StoredMailbox struct {
	Friendship protocol.UUID
	Inviter    bool // this side made the invite: OwnerHash is the row's owner_a, else its owner_b
	OwnerHash  protocol.Key32
	protocol.MailboxView
}

// StoredRecord reads a record back from the server, which is asked each time, and
// verifies it. Codes: server_unreachable, unknown_record, deleted.
func (c *Client) StoredRecord(ctx context.Context, id protocol.UUID) (StoredRecord, error) {
	s, err := c.toLookAt(ctx)
	if err != nil {
		return StoredRecord{}, err
	}
	v, err := s.Record(ctx, id)
	if err != nil {
		return StoredRecord{}, c.heard(s, err)
	}
	e, err := entryOf(v.Event, s.Info.Server)
	if err != nil || e.Kind == "" || e.Record.ID != id {
		return StoredRecord{}, unknownRecord(id)
	}
	parts := strings.Split(e.Record.JWS, ".") // three of canonical base64url: it is verified
	header, _ := base64.RawURLEncoding.DecodeString(parts[0])
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	return StoredRecord{Seq: e.Seq, Record: e.Record, Header: string(header), Payload: string(payload)}, nil
}

// StoredMailbox reads a friendship's mailbox back from the server, which is asked
// each time. No error of it tells a name. Codes: server_unreachable, other_server,
// unknown_friendship, revoked, expired.
func (c *Client) StoredMailbox(ctx context.Context, friendship protocol.UUID) (StoredMailbox, error) {
	r, err := c.local.Friendship(ctx, friendship)
	if err != nil {
		return StoredMailbox{}, err
	}
	s, err := c.toLookAt(ctx)
	if err != nil {
		return StoredMailbox{}, err
	}
	if s.Info.Server != r.Server {
		return StoredMailbox{}, protocol.Errorf(protocol.CodeOtherServer, "The friendship %s lives on another server.", friendship)
	}
	token := c.local.Root().OwnerToken(friendship)
	view, err := s.MailboxGet(ctx, friendship, token)
	if err != nil {
		return StoredMailbox{}, c.heard(s, err)
	}
	return StoredMailbox{friendship, r.Role == protocol.RoleInviter, token.Hash(), view}, nil
}

// toLookAt is the server if it is reached. While [Client.Run] tries to reach it,
// looking does not.
func (c *Client) toLookAt(ctx context.Context) (*server, error) {
	if s := c.reachable(ctx); s != nil {
		return s, nil
	}
	if _, runs := c.streams.isOnline(); runs {
		return nil, protocol.Errorf(protocol.CodeNoServer, "The server is not reached now, and what it holds is there alone.")
	}
	return c.reach(ctx)
}
