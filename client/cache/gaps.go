package cache

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
)

// Gap is a range of places, Low to High, that were never read.
type Gap struct {
	Low, High uint64
}

// Gaps lists what was never read, newest first.
func (c *Cache) Gaps(ctx context.Context) ([]Gap, error) {
	return c.gapsWhere(ctx, "TRUE")
}

// Unswept lists the gaps below which something was read before and in which
// deletions may stand that concern it, newest first.
func (c *Cache) Unswept(ctx context.Context) ([]Gap, error) {
	return c.gapsWhere(ctx, "NOT swept AND EXISTS (SELECT 1 FROM events WHERE seq < low AND kind IN (1, 2))")
}

func (c *Cache) gapsWhere(ctx context.Context, where string) (gaps []Gap, err error) {
	err = c.read(ctx, func(db *sql.DB) error {
		gaps = nil
		rows, err := db.QueryContext(ctx, "SELECT low, high FROM gaps WHERE "+where+" ORDER BY low DESC")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var g Gap
			if err := rows.Scan(&g.Low, &g.High); err != nil {
				return err
			}
			gaps = append(gaps, g)
		}
		return rows.Err()
	})
	return gaps, err
}

// Jump moves the place to head although not everything up to there was read:
// only the places from low on were, and page holds what is live of them, in any
// order. The rest becomes a gap.
func (c *Cache) Jump(ctx context.Context, h History, low, head uint64, page []Entry) (a Appended, err error) {
	err = c.write(ctx, func(tx *sql.Tx) error {
		w, err := c.writer(ctx, tx, h)
		if err != nil {
			return err
		}
		a = Appended{Place: w.place}
		if head <= w.place.Seq { // another process was quicker
			return nil
		}
		if first := w.place.Seq + 1; first < low {
			if _, err := w.exec("INSERT INTO gaps (low, high, swept) VALUES (?, ?, 0)", first, low-1); err != nil {
				return err
			}
		}
		a.Seq, a.ID = head, nil
		for _, e := range ascending(page) {
			if e.Seq <= w.place.Seq || e.Seq < low || e.Seq > head {
				continue
			}
			if err := w.apply(e); err != nil {
				return err
			}
			if e.Seq == head {
				a.ID = e.id()
			}
		}
		a.Rejected, a.Visible = w.rejected, w.visible
		return w.reach(a.Seq, a.ID)
	})
	return a, err
}

// Fill stores what is live of the places low to high as far as they were never
// read, and remembers that they were read now.
func (c *Cache) Fill(ctx context.Context, h History, low, high uint64, page []Entry) (Appended, error) {
	return c.fill(ctx, h, page, func(w *writer) error {
		_, err := w.cut(Gap{low, high})
		return err
	})
}

// FillSome stores single records in gaps, which stay.
func (c *Cache) FillSome(ctx context.Context, h History, some []Entry) (Appended, error) {
	return c.fill(ctx, h, some, func(*writer) error { return nil })
}

// Swept remembers that all deletions were read in those of the places low to high
// that were never read.
func (c *Cache) Swept(ctx context.Context, h History, part Gap) error {
	_, err := c.fill(ctx, h, nil, func(w *writer) error {
		cut, err := w.cut(part)
		if err != nil {
			return err
		}
		for _, g := range cut {
			// One row for all that was swept of a gap, however many steps it took.
			err := w.row("SELECT high FROM gaps WHERE low = ? AND swept", []any{g.High + 1}, &g.High)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if _, err := w.exec("DELETE FROM gaps WHERE low > ? AND high = ?", g.Low, g.High); err != nil {
				return err
			}
			if _, err := w.exec("INSERT INTO gaps (low, high, swept) VALUES (?, ?, 1)", g.Low, g.High); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

func (c *Cache) fill(ctx context.Context, h History, page []Entry, then func(*writer) error) (a Appended, err error) {
	err = c.write(ctx, func(tx *sql.Tx) error {
		w, err := c.writer(ctx, tx, h)
		if err != nil {
			return err
		}
		for _, e := range ascending(page) {
			var unread bool
			err := w.row(`SELECT EXISTS (SELECT 1 FROM gaps WHERE low <= ?1 AND high >= ?1)
				AND NOT EXISTS (SELECT 1 FROM events WHERE seq = ?1)`, []any{e.Seq}, &unread)
			if err != nil {
				return err
			}
			if !unread {
				continue
			}
			if err := w.apply(e); err != nil {
				return err
			}
		}
		a = Appended{Place: w.place, Rejected: w.rejected, Visible: w.visible}
		return then(w)
	})
	return a, err
}

// cut takes a part out of the gaps, and tells what was taken of each, highest first.
func (w *writer) cut(part Gap) ([]Gap, error) {
	type gap struct {
		Gap
		swept bool
	}
	rows, err := w.tx.QueryContext(w.ctx, "SELECT low, high, swept FROM gaps WHERE low <= ? AND high >= ? ORDER BY low DESC", part.High, part.Low)
	if err != nil {
		return nil, err
	}
	var met []gap
	for rows.Next() {
		var g gap
		if err := rows.Scan(&g.Low, &g.High, &g.swept); err != nil {
			rows.Close()
			return nil, err
		}
		met = append(met, g)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var taken []Gap
	for _, g := range met {
		if _, err := w.exec("DELETE FROM gaps WHERE low = ?", g.Low); err != nil {
			return nil, err
		}
		taken = append(taken, Gap{max(g.Low, part.Low), min(g.High, part.High)})
		for _, left := range []Gap{{g.Low, part.Low - 1}, {part.High + 1, g.High}} {
			if left.Low > left.High || left.High < g.Low || left.Low > g.High {
				continue
			}
			if _, err := w.exec("INSERT INTO gaps (low, high, swept) VALUES (?, ?, ?)", left.Low, left.High, g.swept); err != nil {
				return nil, err
			}
		}
	}
	return taken, nil
}

// ascending is a page in the order of the log, each place once.
func ascending(page []Entry) []Entry {
	sorted := slices.Clone(page)
	slices.SortStableFunc(sorted, func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	return slices.CompactFunc(sorted, func(a, b Entry) bool { return a.Seq == b.Seq })
}
