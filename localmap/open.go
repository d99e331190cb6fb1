package localmap

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// FileName is the local map's name in a profile's folder.
	FileName = "localmap.db"

	setupLock     = "localmap.lock" // held while the file is made or migrated
	outboxLock    = "outbox.lock"
	applicationID = 0x5034506d // "P4Pm", as the first migration writes it
	schemaVersion = 8          // of the last migration
	busyTimeout   = 10 * time.Second
)

// Options are what comes from outside.
type Options struct {
	Now    func() time.Time // nil: time.Now
	Random io.Reader        // nil: crypto/rand.Reader

	// Passphrase tells that of a locked map, asking whoever has to; nil where nobody
	// can be asked. Keyring keeps a lock's key instead of a passphrase; nil for none.
	Passphrase func() (string, error)
	Keyring    Keyring

	Memory     string // the folder in memory that a locked map is worked on in; the system's when ""
	ScryptWork int    // how hard a passphrase is to try, as a power of two; age's own choice when 0
}

// Open opens the local map in dir, a profile's folder, and makes both when they
// are not there yet: the folder for its owner alone, a fresh root in the file.
//
// The whole file is read and checked before it is opened for writing. Codes:
// home_unwritable (names the folder), map_damaged (names the file, which is left
// as it was, byte for byte, and its journal with it), map_newer, no_cgo, and unavailable when
// another process has kept the file busy for ten seconds.
func Open(dir string, o Options) (*Map, error) {
	if !haveSQLite {
		return nil, errNoCGO()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, errUnwritable(dir, err)
	}
	if err := ownFolder(dir); err != nil {
		return nil, errUnwritable(dir, cause(err))
	}
	ctx, file := context.Background(), filepath.Join(dir, FileName)
	v, err := openVault(dir, o)
	if err != nil {
		return nil, err
	}
	if v != nil {
		file = v.file()
	} else if err := create(ctx, file, o.Random); err != nil {
		return nil, explain(ctx, file, err)
	}
	m, err := open(ctx, dir, file, v, o)
	if err != nil && v != nil {
		v.close()
	}
	return m, err
}

// open opens a map's file, which is there.
func open(ctx context.Context, dir, file string, v *vault, o Options) (*Map, error) {
	version, err := inspect(ctx, file)
	if err != nil {
		return nil, explain(ctx, file, err)
	}
	if err := ownFiles(file); err != nil {
		return nil, errUnwritable(dir, cause(err))
	}
	if version < schemaVersion {
		if err := upgrade(ctx, file); err != nil {
			return nil, explain(ctx, file, err)
		}
	}
	m := &Map{dir: dir, file: file, vault: v, now: o.Now, random: o.Random, turn: make(chan struct{}, 1)}
	if err := m.connect(ctx); err != nil {
		return nil, m.explain(ctx, errors.Join(err, m.disconnect()))
	}
	if v != nil && version < schemaVersion {
		if err := v.seal(ctx, m.conn); err != nil {
			return nil, errors.Join(err, m.disconnect())
		}
	}
	return m, nil
}

// ownFolder makes dir a folder of its owner's alone in which files can be made.
func ownFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if err := own(dir, info); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, setupLock), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// ownFiles takes away what others may do with the map and SQLite's files beside
// it, should a copy have brought looser rights along.
func ownFiles(file string) error {
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		info, err := os.Stat(name)
		if err == nil {
			err = own(name, info)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// own takes everybody else's rights away, and gives none.
func own(name string, info fs.FileInfo) error {
	mode := info.Mode().Perm()
	if mode&0o077 == 0 {
		return nil
	}
	return os.Chmod(name, mode&^0o077)
}

// cause is the system's own words, without the path that our sentence names.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// inspect reads the whole file without changing it, and tells the version of its
// format. What it lets through can be opened for writing.
func inspect(ctx context.Context, file string) (version int64, err error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, errDamaged(file, "it is a link to a file that is not there")
	case err != nil:
		return 0, errUnwritable(filepath.Dir(file), cause(err))
	case !info.Mode().IsRegular():
		return 0, errDamaged(file, "it is not a file")
	case info.Size() == 0:
		return 0, errDamaged(file, "it is empty")
	}
	if f, err := os.OpenFile(file, os.O_RDWR, 0); err != nil {
		return 0, errUnwritable(filepath.Dir(file), cause(err))
	} else if err := f.Close(); err != nil {
		return 0, err
	}
	db, err := sql.Open("sqlite3", dsn(file, reading))
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	journal := hasJournal(file)
	var verdict string
	var page int64
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return 0, err
	}
	if verdict != "ok" {
		return 0, errDamaged(file, strings.TrimPrefix(verdict, "*** in database main ***\n"))
	}
	if err := db.QueryRowContext(ctx, "PRAGMA page_size").Scan(&page); err != nil {
		return 0, err
	}
	if !journal && info.Size()%page != 0 { // SQLite takes the rest of a page for zeros
		return 0, errDamaged(file, "its end is missing")
	}
	if version, err = formatOf(ctx, db, file); err != nil {
		return 0, err
	}
	if version == schemaVersion {
		if _, err := load(ctx, db, nil); troubleOf(err) == otherTrouble {
			return 0, errDamaged(file, err.Error()).Because(err)
		} else if err != nil {
			return 0, err
		}
	}
	return version, nil
}

// formatOf is the format of a local map that this version knows.
func formatOf(ctx context.Context, db *sql.DB, file string) (version int64, err error) {
	var id int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return 0, err
	}
	if id != applicationID {
		return 0, errDamaged(file, "it is a database, but not a local map")
	}
	if err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&version); err != nil {
		return 0, errDamaged(file, "it does not say which format it has").Because(err)
	}
	if version > schemaVersion {
		return 0, errNewer(file, version, schemaVersion)
	}
	return version, nil
}

// hasJournal tells whether a part of the map is still to be moved into the file.
func hasJournal(file string) bool {
	info, err := os.Stat(file + "-wal")
	return err == nil && info.Size() > 0
}

type access string

const (
	// reading changes nothing, not even by moving the journal into the file.
	reading access = "mode=ro"
	// resting leaves not even SQLite's files for its readers behind; it is for a map
	// that nobody has open.
	resting = reading + "&immutable=1"
	// writing never makes a file that is not there.
	writing access = "mode=rw&_journal_mode=WAL&_synchronous=FULL&_secure_delete=on&_foreign_keys=on&_txlock=immediate"
)

// dsn is the driver's name for a file, whatever characters its path has.
func dsn(file string, a access) string {
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/… in a file URI
	}
	u := url.URL{Scheme: "file", Path: path}
	return fmt.Sprintf("%s?%s&_busy_timeout=%d", u.String(), a, busyTimeout.Milliseconds())
}
