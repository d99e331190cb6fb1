package cache

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"time"

	"p4p/protocol"
)

// Row is a live record as it is kept.
type Row struct {
	Epoch     protocol.UUID // of the copy that it was read from
	Seq       uint64
	ID        protocol.UUID
	Kind      protocol.Kind
	Author    protocol.PublicKey
	Target    protocol.UUID
	Text      string
	Image     *protocol.Image
	CreatedAt time.Time
	Comments  int // live comments on a post, as far as they are kept
}

// All is the Upto of an author without a bound.
const All = math.MaxInt64

// Author is whose records a query asks for: those of a key, its posts and
// comments up to a place.
type Author struct {
	Key  protocol.PublicKey
	Upto uint64 // the last place whose post or comment counts, or All
}

// Query asks for live records.
type Query struct {
	PostsOnly bool
	Authors   []Author // nil for everybody; of nobody when empty
	// Words that text or description must contain; "" for all. Nothing in it is
	// query syntax.
	Words  string
	Before uint64 // lower places only; 0 for no bound
	After  uint64 // higher places only
	Limit  int
	// Oldest takes the lowest places in the range, in the order of the log;
	// otherwise the highest, newest first.
	Oldest bool
	Except Except
}

func (q Query) bounds() (after, before int64) {
	before = math.MaxInt64
	if q.Before > 0 {
		before = int64(min(q.Before, math.MaxInt64))
	}
	return int64(min(q.After, math.MaxInt64)), before
}

func (q Query) order() string {
	if q.Oldest {
		return "ASC"
	}
	return "DESC"
}

// Find answers a query.
func (c *Cache) Find(ctx context.Context, q Query) ([]Row, error) {
	if q.Limit <= 0 || q.Authors != nil && len(q.Authors) == 0 {
		return nil, nil
	}
	rows, err := q.Except.past(q, func(q Query) ([]Row, error) { return c.find(ctx, q) })
	if err != nil {
		return nil, err
	}
	return rows, c.uncount(ctx, q.Except, rows)
}

func (c *Cache) find(ctx context.Context, q Query) (rows []Row, err error) {
	err = c.read(ctx, func(db *sql.DB) error {
		// One transaction: a query of several steps sees one state of the copy.
		tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		defer tx.Rollback()
		switch {
		case q.Words != "":
			rows, err = search(ctx, tx, q)
		case q.Authors != nil:
			rows, err = byAuthors(ctx, tx, q)
		default:
			rows, err = byPlace(ctx, tx, q)
		}
		return err
	})
	return rows, err
}

// columns are what scan reads. The epoch comes with each row, because another
// query would be answered from a later state of the file.
const columns = `(SELECT epoch FROM history), e.seq, e.kind, e.id, a.key, e.target, e.minutes,
	e.text, e.blob, e.width, e.height, e.alt, e.comments`

func byPlace(ctx context.Context, tx *sql.Tx, q Query) ([]Row, error) {
	after, before := q.bounds()
	// A + keeps SQLite from an index that would have to be sorted afterwards.
	kinds := "+e.kind BETWEEN 1 AND 3"
	if q.PostsOnly {
		kinds = "e.kind = 1"
	}
	return scan(tx.QueryContext(ctx, "SELECT "+columns+" FROM events e JOIN authors a ON a.n = e.author WHERE "+kinds+
		" AND e.seq > ? AND e.seq < ? ORDER BY e.seq "+q.order()+" LIMIT ?", after, before, q.Limit))
}

// byAuthors takes the first places of each author and each kind from the index,
// and of these the first ones.
func byAuthors(ctx context.Context, tx *sql.Tx, q Query) ([]Row, error) {
	after, before := q.bounds()
	kinds := []int{kindPost, kindComment, kindDeletion}
	if q.PostsOnly {
		kinds = kinds[:1]
	}
	st, err := tx.PrepareContext(ctx, `SELECT e.seq FROM events e JOIN authors a ON a.n = e.author
		WHERE a.key = ? AND e.kind = ? AND e.seq > ? AND e.seq < ? ORDER BY e.seq `+q.order()+" LIMIT ?")
	if err != nil {
		return nil, err
	}
	defer st.Close()
	var seqs []int64
	for _, author := range q.Authors {
		for _, kind := range kinds {
			end := before
			if author.Upto < All && kind != kindDeletion {
				end = min(end, int64(author.Upto)+1)
			}
			rows, err := st.QueryContext(ctx, author.Key[:], kind, after, end, q.Limit)
			if err != nil {
				return nil, err
			}
			for rows.Next() {
				var seq int64
				if err := rows.Scan(&seq); err != nil {
					rows.Close()
					return nil, err
				}
				seqs = append(seqs, seq)
			}
			rows.Close()
			if err := rows.Err(); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(seqs, func(a, b int64) int {
		if q.Oldest {
			return cmp.Compare(a, b)
		}
		return cmp.Compare(b, a)
	})
	seqs = slices.Compact(seqs) // an author may be named twice
	seqs = seqs[:min(len(seqs), q.Limit)]
	list, err := json.Marshal(seqs)
	if err != nil {
		return nil, err
	}
	return scan(tx.QueryContext(ctx, "SELECT "+columns+` FROM json_each(?) j CROSS JOIN events e ON e.seq = j.value
		JOIN authors a ON a.n = e.author ORDER BY e.seq `+q.order(), string(list)))
}

// search takes what matches from the full-text index, in its own order, until
// enough of it also fits the rest of the query.
func search(ctx context.Context, tx *sql.Tx, q Query) ([]Row, error) {
	m := match(q.Words)
	if m == "" {
		return nil, nil
	}
	after, before := q.bounds()
	kinds := "e.kind BETWEEN 1 AND 2"
	if q.PostsOnly {
		kinds = "e.kind = 1"
	}
	authors, upto := "", map[protocol.PublicKey]uint64{}
	list := "[]"
	if q.Authors != nil {
		numbers, err := authorNumbers(ctx, tx, q.Authors)
		if err != nil {
			return nil, err
		}
		for _, a := range q.Authors {
			upto[a.Key] = a.Upto
		}
		authors, list = " AND e.author IN (SELECT value FROM json_each(?3))", numbers
	}
	query := "SELECT " + columns + ` FROM words w CROSS JOIN events e ON e.seq = w.docid JOIN authors a ON a.n = e.author
		WHERE w.words MATCH ?1 AND w.docid > ?4 AND w.docid < ?5 AND ` + kinds + authors +
		" ORDER BY w.docid " + q.order() + " LIMIT ?2"
	var found []Row
	for {
		rows, err := scan(tx.QueryContext(ctx, query, m, q.Limit, list, after, before))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if end, bounded := upto[r.Author]; !bounded || r.Seq <= end {
				found = append(found, r)
			}
		}
		if len(rows) < q.Limit || len(found) >= q.Limit {
			return found[:min(len(found), q.Limit)], nil
		}
		if last := int64(rows[len(rows)-1].Seq); q.Oldest {
			after = last
		} else {
			before = last
		}
	}
}

// authorNumbers is a JSON array of the numbers of those authors that are known.
func authorNumbers(ctx context.Context, tx *sql.Tx, authors []Author) (string, error) {
	st, err := tx.PrepareContext(ctx, "SELECT n FROM authors WHERE key = ?")
	if err != nil {
		return "", err
	}
	defer st.Close()
	numbers := []int64{}
	for _, a := range authors {
		var n int64
		switch err := st.QueryRowContext(ctx, a.Key[:]).Scan(&n); {
		case err == nil:
			numbers = append(numbers, n)
		case !errors.Is(err, sql.ErrNoRows):
			return "", err
		}
	}
	b, err := json.Marshal(numbers)
	return string(b), err
}

// Comments gives the newest live comments on a post, at most limit, oldest first.
func (c *Cache) Comments(ctx context.Context, post protocol.UUID, limit int) (rows []Row, err error) {
	err = c.read(ctx, func(db *sql.DB) error {
		rows, err = scan(db.QueryContext(ctx, "SELECT "+columns+` FROM events e JOIN authors a ON a.n = e.author
			WHERE e.target = ? AND e.kind = 2 ORDER BY e.seq DESC LIMIT ?`, post[:], limit))
		return err
	})
	slices.Reverse(rows)
	return rows, err
}

// Get reads one live record. ok is false if it is not kept, erased if it once was
// there and was erased.
func (c *Cache) Get(ctx context.Context, id protocol.UUID) (row Row, ok, erased bool, err error) {
	err = c.read(ctx, func(db *sql.DB) error {
		rows, err := scan(db.QueryContext(ctx, "SELECT "+columns+` FROM events e JOIN authors a ON a.n = e.author
			WHERE e.id = ? AND e.kind BETWEEN 1 AND 3`, id[:]))
		if err != nil {
			return err
		}
		if ok = len(rows) > 0; ok {
			row = rows[0]
			return nil
		}
		return db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM events WHERE id = ?1 AND kind = 0)
			OR EXISTS (SELECT 1 FROM events WHERE target = ?1 AND kind = 4)`, id[:]).Scan(&erased)
	})
	return row, ok, erased, err
}

// Keys gives the keys of all authors with such a device UUID whose records are
// kept: one each, unless somebody found a second key for a UUID.
func (c *Cache) Keys(ctx context.Context, devices []protocol.UUID) (keys []protocol.PublicKey, err error) {
	err = c.read(ctx, func(db *sql.DB) error {
		keys = nil
		st, err := db.PrepareContext(ctx, "SELECT key FROM authors WHERE uuid = ?")
		if err != nil {
			return err
		}
		defer st.Close()
		for _, d := range devices {
			rows, err := st.QueryContext(ctx, d[:])
			if err != nil {
				return err
			}
			for rows.Next() {
				var k []byte
				if err := rows.Scan(&k); err != nil || len(k) != len(protocol.PublicKey{}) {
					rows.Close()
					return errors.Join(err, rows.Err())
				}
				keys = append(keys, protocol.PublicKey(k))
			}
			rows.Close()
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	return keys, err
}

var kindOf = map[int]protocol.Kind{
	kindPost: protocol.KindPost, kindComment: protocol.KindComment, kindDeletion: protocol.KindDeletion,
}

// scan reads all rows of a query for columns, and closes it.
func scan(rows *sql.Rows, err error) ([]Row, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Row
	for rows.Next() {
		var r Row
		var kind int
		var epoch, id, key, target, blob []byte
		var minutes int64
		var text, alt sql.NullString
		var width, height sql.NullInt64
		if err := rows.Scan(&epoch, &r.Seq, &kind, &id, &key, &target, &minutes, &text, &blob, &width, &height, &alt, &r.Comments); err != nil {
			return nil, err
		}
		if len(epoch) != len(r.Epoch) || len(id) != len(r.ID) || len(key) != len(r.Author) {
			return nil, errors.New("a record in the cache has no UUID, no author or no epoch")
		}
		r.Epoch, r.ID, r.Author, r.Kind = protocol.UUID(epoch), protocol.UUID(id), protocol.PublicKey(key), kindOf[kind]
		r.CreatedAt, r.Text = time.Unix(minutes*60, 0).UTC(), text.String
		if len(target) == len(r.Target) {
			r.Target = protocol.UUID(target)
		}
		if len(blob) == len(protocol.BlobID{}) {
			r.Image = &protocol.Image{Blob: protocol.BlobID(blob), Width: int(width.Int64), Height: int(height.Int64), Alt: alt.String}
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
