package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"p4p/protocol"
	"p4p/server/mailbox"
)

// Mailbox carries out one call on the mailbox of friendship f, in one
// transaction. The errors are those of [mailbox.Apply]; what the call changed is
// committed before its answer is given, also when that is a refusal.
func (s *Store) Mailbox(ctx context.Context, f protocol.UUID, c mailbox.Call) (mailbox.Result, error) {
	if c.Method == mailbox.Get {
		// Most calls only look; they need not wait for the writer, unless time
		// has changed the mailbox.
		if res, err := s.look(ctx, f, c); !res.Changed {
			return res, err
		}
	}
	var res mailbox.Result
	var refused error
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		row, err := getMailbox(ctx, tx, f)
		if err != nil {
			return err
		}
		if res, refused = mailbox.Apply(row, c, s.Now()); !res.Changed {
			return nil
		}
		return putMailbox(ctx, tx, f, res.Row)
	})
	if err != nil {
		return mailbox.Result{}, err
	}
	return res, refused
}

// look carries out a call that is expected to change nothing; where it would,
// nothing is stored.
func (s *Store) look(ctx context.Context, f protocol.UUID, c mailbox.Call) (res mailbox.Result, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		row, err := getMailbox(ctx, tx, f)
		if err != nil {
			return err
		}
		res, err = mailbox.Apply(row, c, s.Now())
		return err
	})
	return res, err
}

// MailboxRole tells who may watch the mailbox with token t, and how it stands:
// whoever may read it. The errors are those of a GET.
func (s *Store) MailboxRole(ctx context.Context, f protocol.UUID, t protocol.Token) (mailbox.Role, protocol.MailboxView, error) {
	res, err := s.look(ctx, f, mailbox.Call{Method: mailbox.Get, Token: &t})
	if err != nil {
		return 0, protocol.MailboxView{}, err
	}
	role, _ := res.Row.RoleOf(t)
	return role, res.View, nil
}

// getMailbox reads a row; nil where there is none.
func getMailbox(ctx context.Context, tx *sql.Tx, f protocol.UUID) (*mailbox.Row, error) {
	var (
		r                mailbox.Row
		expires          sql.NullInt64
		link, a, b, e    []byte
		numberA, numberB sql.NullInt64
		state            string
	)
	err := tx.QueryRowContext(ctx, `SELECT state, expires, link_hash, owner_a, owner_b, e, n_a, n_b, slot_a, slot_b
		FROM mailboxes WHERE f = ?`, f[:]).Scan(&state, &expires, &link, &a, &b, &e, &numberA, &numberB, &r.Slots[0], &r.Slots[1])
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.State = protocol.MailboxState(state)
	if expires.Valid {
		r.Expires = time.Unix(expires.Int64, 0).UTC()
	}
	r.N = [2]*uint64{number(numberA), number(numberB)}
	if e != nil {
		r.E = new(protocol.Key32)
	}
	for _, c := range []struct {
		to   *protocol.Key32
		from []byte
	}{{&r.LinkHash, link}, {&r.OwnerHash[0], a}, {&r.OwnerHash[1], b}, {r.E, e}} {
		if c.from == nil {
			continue
		}
		if len(c.from) != len(c.to) {
			return nil, stored(fmt.Errorf("a mailbox holds a hash of %d bytes", len(c.from)))
		}
		copy(c.to[:], c.from)
	}
	return &r, nil
}

// putMailbox stores a row, or removes it where r is nil.
func putMailbox(ctx context.Context, tx *sql.Tx, f protocol.UUID, r *mailbox.Row) error {
	if r == nil {
		_, err := tx.ExecContext(ctx, "DELETE FROM mailboxes WHERE f = ?", f[:])
		return err
	}
	var expires *int64
	if !r.Expires.IsZero() {
		at := r.Expires.Unix()
		expires = &at
	}
	var b, e []byte
	if r.OwnerHash[1] != (protocol.Key32{}) {
		b = r.OwnerHash[1][:]
	}
	if r.E != nil {
		e = r.E[:]
	}
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO mailboxes
		(f, state, expires, link_hash, owner_a, owner_b, e, n_a, n_b, slot_a, slot_b) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		f[:], string(r.State), expires, r.LinkHash[:], r.OwnerHash[0][:], b, e, r.N[0], r.N[1], r.Slots[0], r.Slots[1])
	return err
}

func number(n sql.NullInt64) *uint64 {
	if !n.Valid {
		return nil
	}
	u := uint64(n.Int64)
	return &u
}
