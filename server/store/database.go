package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"

	"p4p/protocol"
)

const (
	databaseName  = "server.db"
	unfinished    = ".new"     // added to the name while the database is being made
	applicationID = 0x50345053 // "P4PS" in the database's header: it is one of ours

	// quickCheckMax is the size in bytes up to which a database is read through
	// when it is opened. A larger one would delay the start; there, damage shows
	// when it is met.
	quickCheckMax = 64 << 20
)

//go:embed migrations/*.sql
var migrations embed.FS

// connector opens connections that are all set up alike, also those that the
// pool opens later.
type connector struct {
	dsn     string
	pragmas []string
}

func (c connector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	for _, p := range c.pragmas {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, "PRAGMA "+p, nil); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

// dsn is an SQLite URI, so that no character of the path means anything else.
func dsn(path, options string) string {
	path = filepath.ToSlash(path)
	if filepath.IsAbs(path) && !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + options
}

// writing are the settings of a connection that writes. What is sorted or
// spilled on the way stays in memory: a temporary file would keep texts.
var writing = []string{
	"busy_timeout=5000", // an operator's command may be writing
	"foreign_keys=ON",
	"secure_delete=ON",
	"synchronous=FULL",
	"fullfsync=ON", // where the system has it
	"temp_store=MEMORY",
	"cache_size=-65536",           // KiB: record UUIDs are random and reach all over their index
	"wal_autocheckpoint=1000",     // pages: about 4 MiB
	"journal_size_limit=16777216", // bytes
}

func openWriter(dir string) *sql.DB {
	db := sql.OpenDB(connector{
		dsn(filepath.Join(dir, databaseName), "mode=rw&_txlock=immediate&_stmt_cache_size=64"),
		append([]string{"journal_mode=WAL"}, writing...),
	})
	db.SetMaxOpenConns(1)
	return db
}

func openReaders(dir string) *sql.DB {
	db := sql.OpenDB(connector{
		dsn(filepath.Join(dir, databaseName), "mode=ro&_stmt_cache_size=64"),
		[]string{"busy_timeout=5000", "query_only=ON", "temp_store=MEMORY", "cache_size=-8192"},
	})
	n := max(4, runtime.NumCPU())
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db
}

// ensureDatabase makes the database where there is none. It is made under
// another name and renamed when it is complete, so that a file under its own
// name is never one that a crash left half made.
func ensureDatabase(ctx context.Context, dir string, o Options) error {
	path := filepath.Join(dir, databaseName)
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	for _, left := range []string{"-wal", "-journal"} {
		if _, err := os.Lstat(path + left); err == nil {
			return protocol.Errorf(protocol.CodeDataDamaged,
				"The data folder %q has %s but not %s: put the database back beside it, or begin with an empty folder.", dir, databaseName+left, databaseName)
		}
	}
	draft := path + unfinished
	for _, left := range []string{"", "-journal"} {
		if err := os.Remove(draft + left); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if err := makeDatabase(ctx, draft, o.Random); err != nil {
		return err
	}
	if err := os.Rename(draft, path); err != nil {
		return err
	}
	return syncFolder(dir)
}

func makeDatabase(ctx context.Context, path string, random io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) // SQLite would take 0644; its other files copy the mode
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db := sql.OpenDB(connector{dsn(path, "mode=rw&_txlock=immediate"), append([]string{"page_size=4096"}, writing...)})
	db.SetMaxOpenConns(1)
	defer db.Close()
	if err := migrate(ctx, db); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, name := range []string{metaServer, metaEpoch} {
		if err := putMeta(ctx, tx, name, random); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "PRAGMA application_id="+applicationIDText); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return db.Close()
}

// checkDatabase refuses what is damaged, and what is no P4P server's database.
// db only reads: nothing is repaired or changed before that is decided.
func checkDatabase(ctx context.Context, db *sql.DB, dir string) error {
	var id int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	damaged := protocol.Errorf(protocol.CodeDataDamaged, damagedText, filepath.Join(dir, databaseName))
	if id != applicationID {
		return damaged
	}
	if info, err := os.Stat(filepath.Join(dir, databaseName)); err != nil || info.Size() > quickCheckMax {
		return err
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return damaged
	}
	return nil
}

func migrator(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

// checkVersion tells how many migrations the database lacks; a database of a
// newer version is refused.
func checkVersion(ctx context.Context, p *goose.Provider) (lacks int64, err error) {
	current, newest, err := p.GetVersions(ctx)
	if err == nil && current > newest {
		err = protocol.Errorf(protocol.CodeDataNewer,
			"This data folder was written by a newer version of p4p (its format is %d, this version knows %d): use that version or a later one.", current, newest)
	}
	return newest - current, err
}

func migrate(ctx context.Context, db *sql.DB) error {
	p, err := migrator(db)
	if err != nil {
		return err
	}
	if lacks, err := checkVersion(ctx, p); err != nil || lacks == 0 {
		return err
	}
	_, err = p.Up(ctx)
	return err
}
