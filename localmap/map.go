package localmap

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// Map is an open local map. Its methods can be called from any goroutine.
type Map struct {
	dir, file string
	vault     *vault // nil unless the map is locked
	now       func() time.Time
	random    io.Reader

	db *sql.DB
	// conn is the only connection. Being one, it tells by PRAGMA data_version what
	// others wrote and nothing else: a connection's own commits do not count.
	conn *sql.Conn
	turn chan struct{} // who has put something in may use what stands below
	seen int64         // data_version before the last load; -1 forces the next Refresh to load
	due  bool          // something forgotten is not erased yet

	// state is what is answered from memory. It only ever follows the file: every
	// write reads what it builds on inside its own transaction.
	state atomic.Pointer[state]
}

// tx is one immediate transaction and what is to follow its commit. It is no
// sql.Tx: that one's connection is thrown away when a context ends.
type tx struct {
	*sql.Conn
	m       *Map
	relabel bool // the state in memory no longer fits
	erase   bool // something secret was overwritten or deleted
}

// connect opens the one connection and loads the state.
func (m *Map) connect(ctx context.Context) error {
	var err error
	if m.db, err = sql.Open("sqlite3", dsn(m.file, writing)); err != nil {
		return err
	}
	m.db.SetMaxOpenConns(1)
	if m.conn, err = m.db.Conn(ctx); err != nil {
		return err
	}
	// No copy of a secret in a temporary file; on macOS a sync that means it.
	for _, pragma := range []string{"PRAGMA temp_store = MEMORY", "PRAGMA fullfsync = ON", "PRAGMA trusted_schema = OFF"} {
		if _, err := m.conn.ExecContext(ctx, pragma); err != nil {
			return err
		}
	}
	if err := m.reload(ctx); err != nil {
		return err
	}
	m.eraseDue(ctx) //nolint:errcheck // not being able to erase now (somebody reads) is no reason not to start
	return nil
}

func (m *Map) disconnect() error {
	var err error
	if m.conn != nil {
		err = m.conn.Close()
	}
	if m.db != nil {
		if e := m.db.Close(); err == nil {
			err = e
		}
	}
	return err
}

// Close ends the use of the map. It need not be called for anything to be saved.
func (m *Map) Close() error {
	m.turn <- struct{}{}
	defer m.release()
	if m.due {
		m.eraseDue(context.Background()) //nolint:errcheck // the next Open tries again
	}
	if m.vault == nil {
		return m.disconnect()
	}
	err := m.vault.seal(context.Background(), m.conn) // what was erased only now
	err = errors.Join(err, m.disconnect())
	m.vault.close()
	return err
}

func (m *Map) acquire(ctx context.Context) error {
	select {
	case m.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Map) release() { <-m.turn }

// write runs change in one immediate transaction: what change reads, no other
// process can alter before the commit. When it returns nil, the change is on
// the disk and in memory; when it returns an error, in neither.
func (m *Map) write(ctx context.Context, change func(*tx) error) error {
	if err := m.acquire(ctx); err != nil {
		return err
	}
	defer m.release()
	return m.explain(ctx, m.writeInTurn(ctx, change))
}

func (m *Map) writeInTurn(ctx context.Context, change func(*tx) error) error {
	defer m.rollback(ctx)
	if _, err := m.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	t := &tx{Conn: m.conn, m: m}
	if err := change(t); err != nil {
		return err
	}
	if t.erase {
		if _, err := t.ExecContext(ctx, "UPDATE profile SET erase_due = erase_due + 1"); err != nil {
			return err
		}
	}
	next := m.state.Load()
	if t.relabel {
		var err error
		if next, err = load(ctx, t, next); err != nil {
			return err
		}
	}
	if _, err := m.conn.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		m.seen = -1 // whatever became of it, the next Refresh will tell
		return err
	}
	m.state.Store(next)
	if t.erase {
		// The change is made and its erasing is noted in the file: should it not work
		// now, it is done at the next write of this kind, Refresh or Open.
		m.eraseDue(context.WithoutCancel(ctx)) //nolint:errcheck // as said
	}
	if m.vault != nil {
		return m.vault.seal(context.WithoutCancel(ctx), m.conn)
	}
	return nil
}

// read runs ask on one snapshot of the file.
func (m *Map) read(ctx context.Context, ask func(querier) error) error {
	if err := m.acquire(ctx); err != nil {
		return err
	}
	defer m.release()
	return m.explain(ctx, m.readInTurn(ctx, ask))
}

func (m *Map) readInTurn(ctx context.Context, ask func(querier) error) error {
	defer m.rollback(ctx)
	if _, err := m.conn.ExecContext(ctx, "BEGIN DEFERRED"); err != nil {
		return err
	}
	return ask(m.conn)
}

// rollback ends whatever transaction may be open. That there is none is its usual
// answer; on a call that was cancelled, nobody knows.
func (m *Map) rollback(ctx context.Context) {
	m.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") //nolint:errcheck // as said
}

// querier is a transaction that is read from.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Refresh looks whether another process has written since the last call and
// then loads what is answered from memory. changed tells that it has: names,
// friendships, outbox, drafts, anything may differ. It costs some microseconds
// when nothing has happened; callers ask a few times a second.
func (m *Map) Refresh(ctx context.Context) (changed bool, err error) {
	if err := m.acquire(ctx); err != nil {
		return false, err
	}
	defer m.release()
	if m.due {
		m.eraseDue(ctx) //nolint:errcheck // it is tried again next time
	}
	now, err := m.dataVersion(ctx)
	if err != nil || now == m.seen {
		return false, m.explain(ctx, err)
	}
	if err := m.reload(ctx); err != nil {
		return false, m.explain(ctx, err)
	}
	return true, nil
}

func (m *Map) dataVersion(ctx context.Context) (v int64, err error) {
	err = m.conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&v)
	return v, err
}

// reload builds the state anew. The version is read first: what is written in
// between is loaded once too often, never too seldom.
func (m *Map) reload(ctx context.Context) error {
	v, err := m.dataVersion(ctx)
	if err != nil {
		return err
	}
	var next *state
	err = m.readInTurn(ctx, func(q querier) (err error) {
		next, err = load(ctx, q, m.state.Load())
		return err
	})
	if err != nil {
		return err
	}
	m.state.Store(next)
	m.seen = v
	return nil
}
