package localmap

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"

	"p4p/protocol"
)

//go:embed migrations/*.sql
var migrations embed.FS

// create makes the file unless it is there. It is built under another name and
// moved into place complete, so that a file which is there but empty is always
// damage, never a beginning that was interrupted.
func create(ctx context.Context, file string, random io.Reader) error {
	if there, err := exists(file); there || err != nil {
		return err
	}
	unlock, _, err := lockFile(filepath.Join(filepath.Dir(file), setupLock), true)
	if err != nil {
		return errUnwritable(filepath.Dir(file), cause(err))
	}
	defer unlock()
	if there, err := exists(file); there || err != nil { // another process was faster
		return err
	}
	if hasJournal(file) {
		return errDamaged(file, "the file is missing, but what was last written to it still waits in "+filepath.Base(file)+"-wal")
	}
	made := file + ".new"
	for _, name := range []string{made, made + "-wal", made + "-shm", made + "-journal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errUnwritable(filepath.Dir(file), cause(err))
		}
	}
	if err := build(ctx, made, random); err != nil {
		return err
	}
	if err := os.Rename(made, file); err != nil {
		return errUnwritable(filepath.Dir(file), cause(err))
	}
	if err := syncFolder(filepath.Dir(file)); err != nil {
		return errUnwritable(filepath.Dir(file), cause(err))
	}
	return nil
}

func exists(file string) (bool, error) {
	_, err := os.Lstat(file)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, errUnwritable(filepath.Dir(file), cause(err))
	}
}

// build makes a complete local map with a fresh root.
func build(ctx context.Context, file string, random io.Reader) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return errUnwritable(filepath.Dir(file), cause(err))
	}
	defer f.Close()
	db, err := sql.Open("sqlite3", dsn(file, writing))
	if err != nil {
		return err
	}
	defer db.Close()
	if err := migrate(ctx, db); err != nil {
		return err
	}
	root, err := protocol.NewRoot(random)
	if err != nil {
		return fmt.Errorf("cannot draw a key: %w", err)
	}
	base := root.DeviceKey(0).Public
	if _, err := db.ExecContext(ctx, "INSERT INTO profile (id, root, base_key) VALUES (1, ?, ?)", root[:], base[:]); err != nil {
		return err
	}
	if err := db.Close(); err != nil { // moves everything from the journal into the file
		return err
	}
	if left, err := exists(file + "-wal"); left || err != nil {
		return errors.Join(err, fmt.Errorf("the new map %q was not completed: its journal is left", file))
	}
	return f.Sync()
}

// upgrade brings an older file to this version, one process at a time.
func upgrade(ctx context.Context, file string) error {
	unlock, _, err := lockFile(filepath.Join(filepath.Dir(file), setupLock), true)
	if err != nil {
		return errUnwritable(filepath.Dir(file), cause(err))
	}
	defer unlock()
	db, err := sql.Open("sqlite3", dsn(file, writing))
	if err != nil {
		return err
	}
	defer db.Close()
	return migrate(ctx, db)
}

func migrate(ctx context.Context, db *sql.DB) error {
	p, err := migrator(db)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// migrator brings a database from one format to the next: the files of the folder
// migrations, and what SQL cannot say.
func migrator(db *sql.DB) (*goose.Provider, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, sub,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()),
		goose.WithGoMigrations(goose.NewGoMigration(8, &goose.GoFunc{RunTx: foldNames}, nil)))
}

// foldNames makes what keeps two people from having one name the name itself, in
// whatever case and style. It was a skeleton of the name: see looks.go.
func foldNames(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT id, name FROM contacts")
	if err != nil {
		return err
	}
	defer rows.Close()
	names := map[int64]string{}
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return err
		}
		names[id] = name
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "ALTER TABLE contacts RENAME COLUMN skeleton TO folded"); err != nil {
		return err
	}
	// In between, one person's new key could be another one's old skeleton.
	if _, err := tx.ExecContext(ctx, "UPDATE contacts SET folded = char(0) || id"); err != nil {
		return err
	}
	for id, name := range names {
		if _, err := tx.ExecContext(ctx, "UPDATE contacts SET folded = ? WHERE id = ?", folded(name), id); err != nil {
			return err
		}
	}
	return nil
}
