package store

import (
	"cmp"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"

	"p4p/protocol"
)

// Operator is the operator's view of a data folder, also while a server runs on
// it: it reads reports, and leaves word for the server.
type Operator struct{ s *Store }

// Report is a reported record that is still there.
type Report struct {
	ID      protocol.UUID // of the reported record
	Kind    protocol.Kind // post or comment
	Text    string        // of the reported record: untrusted
	Image   *protocol.Image
	Reasons []string // what the reports say, oldest first; untrusted. Empty ones are left out
	Count   int      // of reports
	Queued  bool     // a takedown of it waits for the server
}

// OpenOperator opens an existing data folder, without its lock and without
// changing its format. Codes: no_cgo, not_found, data_damaged, data_newer,
// unavailable (an older version wrote it).
func OpenOperator(dir string) (_ *Operator, err error) {
	if err := checkCGO(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, databaseName)); err != nil {
		return nil, protocol.Errorf(protocol.CodeNotFound, "There is no P4P server's data in %q: name the folder that the server runs on.", dir).Because(err)
	}
	s := &Store{Options: Options{}.withDefaults(), readers: openReaders(dir)}
	o := &Operator{s}
	defer func() {
		if err != nil {
			o.Close() // the first error is the one to tell
			err = explain(dir, err)
		}
	}()
	ctx := context.Background()
	if err := checkDatabase(ctx, s.readers, dir); err != nil {
		return nil, err
	}
	s.writer = openWriter(dir)
	p, err := migrator(s.writer)
	if err != nil {
		return nil, err
	}
	if lacks, err := checkVersion(ctx, p); err != nil {
		return nil, err
	} else if lacks > 0 {
		return nil, protocol.Errorf(protocol.CodeUnavailable, "An older version wrote the data in %q: start the server once with this version.", dir)
	}
	return o, nil
}

// Close ends the view.
func (o *Operator) Close() error { return o.s.closeFiles() }

// Reports lists what was reported and is still there: most reports first.
func (o *Operator) Reports(ctx context.Context) ([]Report, error) {
	var reports []Report
	err := o.s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `
			SELECT t.id, tb.jws, rb.jws, EXISTS (SELECT 1 FROM takedowns WHERE id = t.id)
			FROM records r JOIN bodies rb ON rb.seq = r.seq
			JOIN records t ON t.id = r.target JOIN bodies tb ON tb.seq = t.seq
			WHERE r.kind = 'report' AND +t.kind IN ('post', 'comment') ORDER BY t.seq, r.seq`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if reports, err = scanReport(rows, reports); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	slices.SortStableFunc(reports, func(a, b Report) int { return cmp.Compare(b.Count, a.Count) })
	return reports, err
}

// scanReport adds one report to the record it is about, the last one in
// reports where there were others.
func scanReport(row scanner, reports []Report) ([]Report, error) {
	var id dbUUID
	var target, report string
	var queued bool
	if err := row.Scan(&id, &target, &report, &queued); err != nil {
		return nil, err
	}
	r, err := protocol.ParseRecord(report)
	if err != nil {
		return nil, stored(err)
	}
	if n := len(reports); n == 0 || reports[n-1].ID != protocol.UUID(id) {
		t, err := protocol.ParseRecord(target)
		if err != nil {
			return nil, stored(err)
		}
		reports = append(reports, Report{ID: t.ID, Kind: t.Kind, Text: t.Text, Image: t.Image, Queued: queued})
	}
	last := &reports[len(reports)-1]
	last.Count++
	if r.Text != "" {
		last.Reasons = append(last.Reasons, r.Text)
	}
	return reports, nil
}

// QueueTakedown asks the server of this folder to erase a post or comment; it
// does so within seconds, or when it next runs. Codes: unknown_record, deleted,
// bad_target.
func (o *Operator) QueueTakedown(ctx context.Context, id protocol.UUID) error {
	return o.s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, refusal, err := erasable(ctx, tx, id)
		if err != nil {
			return err
		}
		if refusal != nil {
			return refusal
		}
		_, err = tx.ExecContext(ctx, "INSERT OR IGNORE INTO takedowns (id) VALUES (?)", id[:])
		return err
	})
}
