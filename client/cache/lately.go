package cache

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
)

// Group is one person's keys, and the place up to which their posts were read.
type Group struct {
	Authors []Author
	After   uint64
}

// Lately is what a group posted.
type Lately struct {
	Last time.Time // of the last live post; the zero time for none
	New  int       // live posts behind the group's place
}

// Lately tells what each group posted last, and counts up to most what lies behind its
// place. It reads a few places of an index for each key, however many posts there are.
func (c *Cache) Lately(ctx context.Context, groups []Group, most int, x Except) (all []Lately, err error) {
	err = c.read(ctx, func(db *sql.DB) error {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		defer tx.Rollback()
		l := latelyReader{ctx: ctx, most: most, except: x}
		if err := l.begin(tx); err != nil {
			return err
		}
		defer l.end()
		all = make([]Lately, len(groups))
		for i, g := range groups {
			if all[i], err = l.of(g); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

type latelyReader struct {
	ctx                 context.Context
	most                int
	except              Except
	number, last, count *sql.Stmt
	hidden              map[int64][]int64 // places of left out posts, by author
}

func (l *latelyReader) begin(tx *sql.Tx) error {
	var errs [3]error
	l.number, errs[0] = tx.PrepareContext(l.ctx, "SELECT n FROM authors WHERE key = ?")
	l.last, errs[1] = tx.PrepareContext(l.ctx, "SELECT seq, minutes FROM events WHERE author = ? AND kind = 1 AND seq <= ? ORDER BY seq DESC")
	l.count, errs[2] = tx.PrepareContext(l.ctx, `SELECT count(*) FROM (
		SELECT 1 FROM events WHERE author = ? AND kind = 1 AND seq > ? AND seq <= ? LIMIT ?)`)
	if err := errors.Join(errs[:]...); err != nil {
		l.end()
		return err
	}
	l.hidden = map[int64][]int64{}
	for id := range l.except.Records {
		var author, seq int64
		err := tx.QueryRowContext(l.ctx, "SELECT author, seq FROM events WHERE id = ? AND kind = 1", id[:]).Scan(&author, &seq)
		switch {
		case err == nil:
			l.hidden[author] = append(l.hidden[author], seq)
		case !errors.Is(err, sql.ErrNoRows):
			l.end()
			return err
		}
	}
	return nil
}

func (l *latelyReader) end() {
	for _, st := range []*sql.Stmt{l.number, l.last, l.count} {
		if st != nil {
			_ = st.Close()
		}
	}
}

func (l *latelyReader) of(g Group) (Lately, error) {
	var all Lately
	for _, a := range g.Authors {
		if l.except.Authors[a.Key] {
			continue
		}
		var n int64
		if err := l.number.QueryRowContext(l.ctx, a.Key[:]).Scan(&n); errors.Is(err, sql.ErrNoRows) {
			continue
		} else if err != nil {
			return all, err
		}
		upto := int64(min(a.Upto, All))
		last, err := l.lastOf(n, upto)
		if err != nil {
			return all, err
		}
		if last.After(all.Last) {
			all.Last = last
		}
		after, left := int64(min(g.After, All)), 0
		for _, seq := range l.hidden[n] {
			if seq > after && seq <= upto {
				left++
			}
		}
		var found int
		if err := l.count.QueryRowContext(l.ctx, n, after, upto, l.most+left).Scan(&found); err != nil {
			return all, err
		}
		all.New = min(l.most, all.New+found-min(left, found))
	}
	return all, nil
}

// lastOf is when the last post that is not left out was written.
func (l *latelyReader) lastOf(author, upto int64) (at time.Time, err error) {
	rows, err := l.last.QueryContext(l.ctx, author, upto)
	if err != nil {
		return at, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq, minutes int64
		if err := rows.Scan(&seq, &minutes); err != nil {
			return at, err
		}
		if !slices.Contains(l.hidden[author], seq) {
			return time.Unix(minutes*60, 0).UTC(), nil
		}
	}
	return at, rows.Err()
}
