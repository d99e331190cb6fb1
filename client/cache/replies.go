package cache

import (
	"context"
	"database/sql"
)

// Replies gives the live comments of others on posts by own, as far as they are
// kept, within q's bounds, order and limit and but for its exceptions.
func (c *Cache) Replies(ctx context.Context, own []Author, q Query) ([]Row, error) {
	if q.Limit <= 0 || len(own) == 0 {
		return nil, nil
	}
	return q.Except.past(q, func(q Query) ([]Row, error) { return c.replies(ctx, own, q) })
}

func (c *Cache) replies(ctx context.Context, own []Author, q Query) (rows []Row, err error) {
	err = c.read(ctx, func(db *sql.DB) error {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		defer tx.Rollback()
		numbers, err := authorNumbers(ctx, tx, own)
		if err != nil {
			return err
		}
		after, before := q.bounds()
		// From one's own posts, which are few, to the comments on each.
		rows, err = scan(tx.QueryContext(ctx, "SELECT "+columns+` FROM events p CROSS JOIN events e ON e.target = p.id
			JOIN authors a ON a.n = e.author
			WHERE p.author IN (SELECT value FROM json_each(?1)) AND p.kind = 1 AND e.kind = 2
				AND e.author NOT IN (SELECT value FROM json_each(?1)) AND e.seq > ?2 AND e.seq < ?3
			ORDER BY e.seq `+q.order()+" LIMIT ?4", numbers, after, before, q.Limit))
		return err
	})
	return rows, err
}
