package cache

import (
	"context"
	"database/sql"
	"errors"

	"p4p/protocol"
)

// History names what the cache is a copy of. It compares with ==; the copy that
// was started over is another one, even of the same log.
type History struct {
	Server, Epoch protocol.UUID
	generation    int64
}

// Place is how far the copy goes.
type Place struct {
	History
	Seq uint64         // of the last place seen; 0 at the beginning
	ID  *protocol.UUID // of the record seen there, where it is known
}

// Cursor is the place in the server's log.
func (p Place) Cursor() protocol.Cursor { return protocol.Cursor{Epoch: p.Epoch, Seq: p.Seq} }

// Place is how far the copy goes; ok is false while it is a copy of nothing.
func (c *Cache) Place(ctx context.Context) (p Place, ok bool, err error) {
	err = c.read(ctx, func(db *sql.DB) error {
		p, ok, err = place(ctx, db)
		return err
	})
	return p, ok, err
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func place(ctx context.Context, q queryer) (Place, bool, error) {
	var p Place
	var server, epoch, id []byte
	err := q.QueryRowContext(ctx, "SELECT generation, server, epoch, seq, id FROM history").
		Scan(&p.generation, &server, &epoch, &p.Seq, &id)
	if err != nil || len(server) != 16 || len(epoch) != 16 {
		return p, false, err
	}
	p.Server, p.Epoch = protocol.UUID(server), protocol.UUID(epoch)
	if len(id) == 16 {
		u := protocol.UUID(id)
		p.ID = &u
	}
	return p, true, nil
}

// Use makes the cache a copy of that history, starting over if it is one of
// another, and tells how far it goes.
func (c *Cache) Use(ctx context.Context, server, epoch protocol.UUID) (Place, error) {
	p, ok, err := c.Place(ctx)
	if err != nil || ok && p.Server == server && p.Epoch == epoch {
		return p, err
	}
	return c.startOver(ctx, p.generation, server, epoch)
}

// StartOver empties the copy of a history: the server does not know its cursor.
func (c *Cache) StartOver(ctx context.Context, h History) (Place, error) {
	return c.startOver(ctx, h.generation, h.Server, h.Epoch)
}

// startOver empties the copy unless another process has just done so. Tables are
// dropped without zeroing each page, which could be gigabytes; then the file is
// cut to what is left.
func (c *Cache) startOver(ctx context.Context, generation int64, server, epoch protocol.UUID) (Place, error) {
	emptied := false
	var p Place
	err := c.write(ctx, func(tx *sql.Tx) error {
		var ok bool
		var err error
		if p, ok, err = place(ctx, tx); err != nil {
			return err
		}
		if ok && p.generation != generation && p.Server == server && p.Epoch == epoch {
			return nil
		}
		if emptied = p.Seq > 0; emptied {
			if err := recreate(ctx, tx); err != nil {
				return err
			}
		}
		p = Place{History: History{server, epoch, p.generation + 1}}
		_, err = tx.ExecContext(ctx, "UPDATE history SET generation = ?, server = ?, epoch = ?, seq = 0, id = NULL, dirty = 0",
			p.generation, server[:], epoch[:])
		return err
	})
	if emptied {
		if err := c.vacuum(context.WithoutCancel(ctx)); err != nil {
			c.log.Warn("the cache could not be cut to its size", "error", err)
		}
	}
	return p, err
}

func recreate(ctx context.Context, tx *sql.Tx) error {
	var errs []error
	exec := func(statement string) {
		_, err := tx.ExecContext(ctx, statement)
		errs = append(errs, err)
	}
	exec("PRAGMA secure_delete = OFF")
	for _, table := range []string{"history", "gaps", "authors", "events", "words", "pictures"} {
		exec("DROP TABLE " + table)
	}
	exec(schema)
	return errors.Join(errs...)
}

// vacuum cuts the file to its size and ends what recreate began.
func (c *Cache) vacuum(ctx context.Context) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.w == nil {
		return sql.ErrConnDone
	}
	if _, err := c.w.ExecContext(ctx, "PRAGMA secure_delete = ON; VACUUM"); err != nil {
		return err
	}
	return checkpoint(ctx, c.w)
}

func checkpoint(ctx context.Context, db *sql.DB) error {
	var busy, pages, done int
	return db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &done)
}

// Tidy removes from the file what erased records left in the full-text index, if
// there is any and the cache spans at most so many places. It reads and writes the
// whole index, which takes seconds for a million records, and holds up other
// writers meanwhile.
func (c *Cache) Tidy(ctx context.Context, most uint64) error {
	tidied := false
	err := c.write(ctx, func(tx *sql.Tx) error {
		var dirty bool
		var span uint64
		err := tx.QueryRowContext(ctx, "SELECT dirty, coalesce((SELECT max(seq) FROM events) - (SELECT min(seq) FROM events), 0) FROM history").
			Scan(&dirty, &span)
		if err != nil || !dirty || span > most {
			return err
		}
		tidied = true
		if _, err := tx.ExecContext(ctx, "INSERT INTO words (words) VALUES ('optimize')"); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE history SET dirty = 0")
		return err
	})
	if err != nil || !tidied {
		return err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.w == nil {
		return sql.ErrConnDone
	}
	return checkpoint(ctx, c.w)
}
