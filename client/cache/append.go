package cache

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"p4p/protocol"
)

// Entry is one place of the log, as far as it concerns the copy.
type Entry struct {
	Seq uint64
	// Kind is what stands there, "" for what is of no use here: it was hidden, of a
	// kind that this version does not know, or did not verify.
	Kind   protocol.EventKind
	Record protocol.Record // of a post, comment or deletion; verified
	ID     protocol.UUID   // of an erased record
	Target protocol.UUID   // of a takedown
}

// The numbers of the kinds in the file.
const (
	kindErased = iota
	kindPost
	kindComment
	kindDeletion
	kindTakedown
)

func (e Entry) id() *protocol.UUID {
	switch e.Kind {
	case protocol.EventPost, protocol.EventComment, protocol.EventDeletion:
		return &e.Record.ID
	case protocol.EventErased:
		return &e.ID
	}
	return nil
}

// ErrOrder says that entries do not continue where the copy ends.
var ErrOrder = errors.New("the entries do not continue the log")

// Appended is what became of entries.
type Appended struct {
	Place
	Rejected int  // entries that contradict the copy: a record twice, a deletion by somebody else
	Visible  bool // somebody may see a difference
}

// Append stores what comes next in the log, all or nothing, and with it the place
// reached. What another process has stored already is passed over. Errors:
// [ErrMoved], [ErrOrder].
func (c *Cache) Append(ctx context.Context, h History, entries []Entry) (a Appended, err error) {
	err = c.write(ctx, func(tx *sql.Tx) error {
		w, err := c.writer(ctx, tx, h)
		if err != nil {
			return err
		}
		a = Appended{Place: w.place}
		rest := slices.Clone(entries)
		for len(rest) > 0 && rest[0].Seq <= a.Seq {
			rest = rest[1:]
		}
		for _, e := range rest {
			if e.Seq != a.Seq+1 {
				return ErrOrder
			}
			if err := w.apply(e); err != nil {
				return err
			}
			a.Seq, a.ID = e.Seq, e.id()
		}
		a.Rejected, a.Visible = w.rejected, w.visible
		return w.reach(a.Seq, a.ID)
	})
	return a, err
}

// writer is one transaction that changes the copy.
type writer struct {
	c     *Cache
	ctx   context.Context //nolint:containedctx // that of the transaction
	tx    *sql.Tx
	ready map[string]*sql.Stmt
	place Place

	rejected int
	visible  bool
}

func (c *Cache) writer(ctx context.Context, tx *sql.Tx, h History) (*writer, error) {
	p, ok, err := place(ctx, tx)
	if err != nil {
		return nil, err
	}
	if !ok || p.History != h {
		return nil, ErrMoved
	}
	if c.known != h.generation {
		clear(c.authors)
		c.known = h.generation
	}
	return &writer{c: c, ctx: ctx, tx: tx, ready: map[string]*sql.Stmt{}, place: p}, nil
}

// prepare prepares a statement once for the whole transaction, which closes it.
func (w *writer) prepare(query string) (*sql.Stmt, error) {
	if s := w.ready[query]; s != nil {
		return s, nil
	}
	s, err := w.tx.PrepareContext(w.ctx, query)
	if err == nil {
		w.ready[query] = s
	}
	return s, err
}

func (w *writer) exec(query string, args ...any) (int64, error) {
	s, err := w.prepare(query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(w.ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row reads the one row of a query.
func (w *writer) row(query string, args []any, out ...any) error {
	s, err := w.prepare(query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(w.ctx, args...).Scan(out...)
}

// reach stores how far the copy goes.
func (w *writer) reach(seq uint64, id *protocol.UUID) error {
	_, err := w.exec("UPDATE history SET seq = ?, id = ?", seq, bytesOf(id))
	return err
}

func bytesOf(id *protocol.UUID) []byte {
	if id == nil {
		return nil
	}
	return id[:]
}

// apply stores an entry, or rejects it where the copy knows better.
func (w *writer) apply(e Entry) error {
	switch e.Kind {
	case protocol.EventPost, protocol.EventComment:
		return w.statement(e)
	case protocol.EventDeletion:
		return w.deletion(e)
	case protocol.EventErased:
		_, err := w.exec("INSERT OR IGNORE INTO events (seq, kind, id) VALUES (?, ?, ?)", e.Seq, kindErased, e.ID[:])
		return err
	case protocol.EventTakedown:
		return w.takedown(e)
	}
	return nil
}

// statement stores a post or a comment.
func (w *writer) statement(e Entry) error {
	r := e.Record
	kind := kindPost
	var target []byte
	if e.Kind == protocol.EventComment {
		kind, target = kindComment, r.Target[:]
	}
	author, err := w.author(r.Author)
	if err != nil {
		return err
	}
	// A page of the past may have been read before the record in it was erased.
	var erased bool
	err = w.row("SELECT EXISTS (SELECT 1 FROM events WHERE target = ? AND (kind = ? AND author = ? OR kind = ?))",
		[]any{r.ID[:], kindDeletion, author, kindTakedown}, &erased)
	if err != nil {
		return err
	}
	if erased {
		_, err := w.exec("INSERT OR IGNORE INTO events (seq, kind, id) VALUES (?, ?, ?)", e.Seq, kindErased, r.ID[:])
		return err
	}
	var blob, width, height, alt any
	body := r.Text
	if i := r.Image; i != nil {
		blob, width, height, alt = i.Blob[:], i.Width, i.Height, i.Alt
		body += "\n" + i.Alt
	}
	n, err := w.exec(`INSERT OR IGNORE INTO events
			(seq, kind, id, author, target, minutes, text, blob, width, height, alt, comments)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
			(SELECT count(*) FROM events WHERE ?2 = 1 AND target = ?3 AND kind = 2))`,
		e.Seq, kind, r.ID[:], author, target, r.CreatedAt.Unix()/60, r.Text, blob, width, height, alt)
	if err != nil {
		return err
	}
	if n == 0 {
		w.rejected++
		return nil
	}
	w.visible = true
	if _, err := w.exec("INSERT INTO words (docid, body) VALUES (?, ?)", e.Seq, space(body)); err != nil {
		return err
	}
	if kind == kindComment {
		_, err = w.exec("UPDATE events SET comments = comments + 1 WHERE id = ? AND kind = ?", target, kindPost)
	}
	return err
}

// deletion stores a deletion and erases its target, if the same key signed both.
func (w *writer) deletion(e Entry) error {
	r := e.Record
	author, err := w.author(r.Author)
	if err != nil {
		return err
	}
	t, err := w.find(r.Target)
	if err != nil {
		return err
	}
	if t != nil && t.kind != kindErased && (t.kind > kindComment || t.author != author) {
		w.rejected++
		return nil
	}
	n, err := w.exec("INSERT OR IGNORE INTO events (seq, kind, id, author, target, minutes) VALUES (?, ?, ?, ?, ?, ?)",
		e.Seq, kindDeletion, r.ID[:], author, r.Target[:], r.CreatedAt.Unix()/60)
	if err != nil {
		return err
	}
	if n == 0 {
		w.rejected++
		return nil
	}
	w.visible = true
	return w.erase(t)
}

// takedown stores that the operator erased a record, and erases it here.
func (w *writer) takedown(e Entry) error {
	t, err := w.find(e.Target)
	if err != nil {
		return err
	}
	if t != nil && t.kind > kindComment {
		w.rejected++
		return nil
	}
	if _, err := w.exec("INSERT OR IGNORE INTO events (seq, kind, target) VALUES (?, ?, ?)", e.Seq, kindTakedown, e.Target[:]); err != nil {
		return err
	}
	w.visible = true
	return w.erase(t)
}

// target is a record that another one names.
type target struct {
	seq    uint64
	kind   int
	author int64
	of     []byte // the post that a comment is on
	blob   []byte
}

func (w *writer) find(id protocol.UUID) (*target, error) {
	var t target
	var author sql.NullInt64
	err := w.row("SELECT seq, kind, author, target, blob FROM events WHERE id = ?", []any{id[:]},
		&t.seq, &t.kind, &author, &t.of, &t.blob)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	t.author = author.Int64
	return &t, err
}

// erase leaves of a record its place and its UUID.
func (w *writer) erase(t *target) error {
	if t == nil || t.kind == kindErased {
		return nil
	}
	var errs []error
	exec := func(query string, args ...any) {
		_, err := w.exec(query, args...)
		errs = append(errs, err)
	}
	exec(`UPDATE events SET kind = 0, author = NULL, target = NULL, minutes = NULL, text = NULL,
		blob = NULL, width = NULL, height = NULL, alt = NULL, comments = 0 WHERE seq = ?`, t.seq)
	exec("DELETE FROM words WHERE docid = ?", t.seq)
	exec("UPDATE history SET dirty = 1")
	if t.kind == kindComment {
		exec("UPDATE events SET comments = comments - 1 WHERE id = ? AND kind = ?", t.of, kindPost)
	}
	if t.blob != nil {
		exec("DELETE FROM pictures WHERE blob = ?1 AND NOT EXISTS (SELECT 1 FROM events WHERE blob = ?1)", t.blob)
	}
	return errors.Join(errs...)
}

// maxAuthors bounds the memory of who has which number.
const maxAuthors = 20_000

// author is the number that stands for a key in the file.
func (w *writer) author(k protocol.PublicKey) (int64, error) {
	if n, ok := w.c.authors[k]; ok {
		return n, nil
	}
	if len(w.c.authors) >= maxAuthors {
		clear(w.c.authors)
	}
	id := k.UUID()
	if _, err := w.exec("INSERT OR IGNORE INTO authors (key, uuid) VALUES (?, ?)", k[:], id[:]); err != nil {
		return 0, err
	}
	var n int64
	if err := w.row("SELECT n FROM authors WHERE key = ?", []any{k[:]}, &n); err != nil {
		return 0, fmt.Errorf("an author has no number: %w", err)
	}
	w.c.authors[k] = n
	return n, nil
}
