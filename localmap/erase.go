package localmap

import (
	"context"
	"fmt"
	"time"
)

// eraseTimeout bounds how long erasing waits for other processes before it is
// left for later.
const eraseTimeout = 250 * time.Millisecond

// eraseDue makes what was forgotten unreadable, if anything is due.
//
// SQLite's secure_delete overwrites a deleted value where it last lay, but not
// the copies that moving rows between pages has left in their gaps; the journal
// holds earlier pages. So the file is written anew, from what is still valid,
// and the journal is emptied. It is counted in the file what is due: a process
// that is killed in between leaves the rest to the next.
func (m *Map) eraseDue(ctx context.Context) error {
	var due int64
	if err := m.conn.QueryRowContext(ctx, "SELECT erase_due FROM profile").Scan(&due); err != nil {
		return err
	}
	m.due = due > 0
	if !m.due {
		return nil
	}
	// Who waits for the change should not wait for the broom as well.
	if err := m.waitAtMost(ctx, eraseTimeout); err != nil {
		return err
	}
	defer m.waitAtMost(ctx, busyTimeout) //nolint:errcheck // a pragma that reads no file
	if _, err := m.conn.ExecContext(ctx, "VACUUM"); err != nil {
		return err
	}
	if emptied, err := m.emptyJournal(ctx); err != nil || !emptied {
		return err
	}
	// Another process may have counted on meanwhile; that is its own to erase.
	_, err := m.conn.ExecContext(ctx, "UPDATE profile SET erase_due = 0 WHERE erase_due = ?", due)
	m.due = err != nil
	return err
}

// emptyJournal moves the journal into the file and cuts it to nothing, which
// fails while somebody still reads an older state.
func (m *Map) emptyJournal(ctx context.Context) (bool, error) {
	var blocked, frames, moved int
	err := m.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&blocked, &frames, &moved)
	return blocked == 0, err
}

// waitAtMost bounds how long a statement waits for another process.
func (m *Map) waitAtMost(ctx context.Context, d time.Duration) error {
	_, err := m.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", d.Milliseconds()))
	return err
}
