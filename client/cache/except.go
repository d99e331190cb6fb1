package cache

import (
	"context"
	"database/sql"
	"slices"

	"p4p/protocol"
)

// Except is what a query leaves out, as if it were not kept.
type Except struct {
	Authors map[protocol.PublicKey]bool
	Records map[protocol.UUID]bool
}

// Empty tells that nothing is left out.
func (x Except) Empty() bool { return len(x.Authors) == 0 && len(x.Records) == 0 }

// Holds tells whether a record is left out.
func (x Except) Holds(r Row) bool { return x.Authors[r.Author] || x.Records[r.ID] }

// Without takes from rows what is left out.
func (x Except) Without(rows []Row) []Row { return slices.DeleteFunc(rows, x.Holds) }

// maxSkip is how many rows are read at once behind many that are left out.
const maxSkip = 4_000

// past reads with find until enough is found that is not left out, or there is no
// more.
func (x Except) past(q Query, find func(Query) ([]Row, error)) ([]Row, error) {
	if x.Empty() {
		return find(q)
	}
	var found []Row
	limit := q.Limit
	for {
		rows, err := find(q)
		if err != nil {
			return nil, err
		}
		end := len(rows) < q.Limit
		if !end {
			if last := rows[len(rows)-1].Seq; q.Oldest {
				q.After = last
			} else {
				q.Before = last
			}
		}
		found = append(found, x.Without(rows)...)
		if end || len(found) >= limit {
			return found[:min(len(found), limit)], nil
		}
		q.Limit = min(2*q.Limit, max(maxSkip, limit))
	}
}

// uncount takes from the counts of comments those that are left out.
func (c *Cache) uncount(ctx context.Context, x Except, rows []Row) error {
	if x.Empty() {
		return nil
	}
	return c.read(ctx, func(db *sql.DB) error {
		st, err := db.PrepareContext(ctx, "SELECT e.id, a.key FROM events e JOIN authors a ON a.n = e.author WHERE e.target = ? AND e.kind = 2")
		if err != nil {
			return err
		}
		defer st.Close()
		for i, r := range rows {
			if r.Kind != protocol.KindPost || r.Comments == 0 {
				continue
			}
			n, err := heard(ctx, st, x, r.ID)
			if err != nil {
				return err
			}
			rows[i].Comments = n
		}
		return nil
	})
}

// heard counts the comments on a post that are not left out.
func heard(ctx context.Context, st *sql.Stmt, x Except, post protocol.UUID) (n int, err error) {
	found, err := st.QueryContext(ctx, post[:])
	if err != nil {
		return 0, err
	}
	defer found.Close()
	for found.Next() {
		var id, key []byte
		if err := found.Scan(&id, &key); err != nil {
			return 0, err
		}
		if len(id) == 16 && len(key) == 32 && !x.Records[protocol.UUID(id)] && !x.Authors[protocol.PublicKey(key)] {
			n++
		}
	}
	return n, found.Err()
}
