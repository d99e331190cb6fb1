package localmap

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"p4p/protocol"
)

// Lock seals the map in dir: with a passphrase, or with "" by a key in o.Keyring. A
// map that is locked gets the new passphrase instead of the old one, which
// o.Passphrase tells. No other process may have the map open. Killed at any moment,
// it leaves the map as it was or locked.
//
// Codes: wrong_state (open elsewhere), wrong_passphrase, profile_locked, usage, and
// those of [Open].
func Lock(dir, passphrase string, o Options) error {
	dir, locked, unlock, err := holdFolder(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if locked {
		key, err := openKey(dir, o)
		if err != nil {
			return err
		}
		return keepKey(dir, key, passphrase, o)
	}
	plain, release, err := readAlone(filepath.Join(dir, FileName))
	if err != nil {
		return err
	}
	defer release()
	key := make([]byte, 32)
	if _, err := io.ReadFull(rand.Reader, key); err != nil {
		return err
	}
	v, err := newVault(dir, key, o)
	if err != nil {
		return err
	}
	v.clean() // of an earlier lock
	if err := keepKey(dir, key, passphrase, o); err != nil {
		return err
	}
	if err := v.write(plain); err != nil {
		return err
	}
	return destroy(filepath.Join(dir, FileName))
}

// Unlock takes the lock off: the map lies open on the disk again. Codes as for [Lock].
func Unlock(dir string, o Options) error {
	dir, locked, unlock, err := holdFolder(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if !locked {
		return protocol.Errorf(protocol.CodeWrongState, "This profile is not locked.")
	}
	v, err := openVault(dir, o)
	if err != nil {
		return err
	}
	defer v.close()
	plain, release, err := readAlone(v.file())
	if err != nil {
		return err
	}
	defer release()
	if err := writeSynced(filepath.Join(dir, FileName), plain); err != nil { // from here on it is open
		return errUnwritable(dir, cause(err))
	}
	forget := forgetRing(dir, o)
	for _, name := range []string{SealedName, keyFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return errUnwritable(dir, cause(err))
		}
	}
	forget()
	return nil
}

// holdFolder keeps other processes from making, migrating or locking the map in dir,
// and tells whether it is locked.
func holdFolder(dir string) (abs string, locked bool, unlock func(), err error) {
	if abs, err = filepath.Abs(dir); err != nil {
		return dir, false, nil, errUnwritable(dir, err)
	}
	if unlock, _, err = lockFile(filepath.Join(abs, setupLock), true); err != nil {
		return abs, false, nil, errUnwritable(abs, cause(err))
	}
	if locked, err = Locked(abs); err != nil {
		unlock()
	}
	return abs, locked, unlock, err
}

// keepKey writes the key's file: under a passphrase, or where the keyring has it.
func keepKey(dir string, key []byte, passphrase string, o Options) error {
	var b []byte
	var err error
	if passphrase != "" {
		b, err = wrapKey(key, passphrase, o.ScryptWork)
	} else {
		b, err = ringKey(key, o)
	}
	if err != nil {
		return err
	}
	if passphrase != "" {
		defer forgetRing(dir, o)()
	}
	if err := writeSynced(filepath.Join(dir, keyFile), b); err != nil {
		return errUnwritable(dir, cause(err))
	}
	return nil
}

func ringKey(key []byte, o Options) ([]byte, error) {
	none := protocol.Errorf(protocol.CodeLocked, "There is no keyring here that keeps a key: lock with a passphrase instead.")
	if o.Keyring == nil {
		return nil, none
	}
	var id [8]byte
	if _, err := io.ReadFull(rand.Reader, id[:]); err != nil {
		return nil, err
	}
	name := "profile " + hex.EncodeToString(id[:])
	if err := o.Keyring.Set(name, hex.EncodeToString(key)); err != nil {
		return nil, none.Because(err)
	}
	if back, err := o.Keyring.Get(name); err != nil || back != hex.EncodeToString(key) {
		return nil, none.Because(err)
	}
	return []byte(keyringPrefix + name), nil
}

// forgetRing gives what takes the key that dir names now out of the keyring.
func forgetRing(dir string, o Options) func() {
	b, err := os.ReadFile(filepath.Join(dir, keyFile))
	name, ring := strings.CutPrefix(string(b), keyringPrefix)
	if err != nil || !ring || o.Keyring == nil {
		return func() {}
	}
	return func() { _ = o.Keyring.Delete(strings.TrimSpace(name)) }
}

// readAlone reads a map that no other process has open, whole and without a journal.
// Until release, no other process can open it: what it would write would be lost.
func readAlone(file string) (b []byte, release func(), err error) {
	ctx := context.Background()
	if _, err := inspect(ctx, file); err != nil {
		return nil, nil, explain(ctx, file, err)
	}
	db, err := sql.Open("sqlite3", dsn(file, "mode=rw&_synchronous=FULL&_secure_delete=on"))
	if err != nil {
		return nil, nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	release = func() {
		_ = conn.Close() // and with it its transaction
		_ = db.Close()
	}
	if b, err = readHolding(ctx, conn); err == nil {
		return b, release, nil
	}
	release()
	if errors.Is(err, errShared) || troubleOf(err) == busy {
		return nil, nil, protocol.Errorf(protocol.CodeWrongState, "Another p4p has this profile open: end it first.").Because(err)
	}
	return nil, nil, explain(ctx, file, err)
}

var errShared = errors.New("the journal is shared")

// readHolding reads the whole database in a transaction that nobody can be beside,
// which ends with the connection. The file itself is not opened a second time: its
// closing would give up the locks of all this process.
func readHolding(ctx context.Context, conn *sql.Conn) ([]byte, error) {
	// Leaving the journal's mode takes a lock that nobody else may share.
	var mode string
	if err := conn.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode); err != nil {
		return nil, err
	}
	if mode != "delete" {
		return nil, errShared
	}
	if _, err := conn.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return nil, err
	}
	return serialize(ctx, conn)
}

const destroyed = ".destroyed" // what an open map is called while it is overwritten

// destroy overwrites a file before it removes it. On a disk that writes elsewhere
// than it is told, only encryption of the disk does more. It first gets another
// name: from then on the sealed file counts.
func destroy(file string) error {
	if err := os.Rename(file, file+destroyed); err != nil {
		return errUnwritable(filepath.Dir(file), cause(err))
	}
	if err := syncFolder(filepath.Dir(file)); err != nil {
		return errUnwritable(filepath.Dir(file), cause(err))
	}
	for _, name := range []string{"-wal", "-shm", "-journal"} {
		_ = os.Remove(file + name)
	}
	return overwrite(file + destroyed)
}

func overwrite(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return errUnwritable(filepath.Dir(file), cause(err))
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return errUnwritable(filepath.Dir(file), cause(err))
	}
	_, err = f.Write(make([]byte, info.Size()))
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close(), os.Remove(file))
	if err != nil {
		return errUnwritable(filepath.Dir(file), err)
	}
	return syncFolder(filepath.Dir(file))
}
