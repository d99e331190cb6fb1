package store

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"p4p/protocol"
)

// copyFolder is what a thief, a backup or a crash finds of a folder in use.
func copyFolder(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func TestTheServerKeepsItsIdentityAndBeginsAnEpochWhenTold(t *testing.T) {
	w := newWorld(t)
	server, epoch := w.Server(), w.Epoch()
	for _, u := range []protocol.UUID{server, epoch} {
		if u[6]>>4 != 4 || u[8]>>6 != 2 {
			t.Errorf("%s is not a random UUID", u)
		}
	}
	if server == epoch {
		t.Error("server and epoch are one")
	}
	w.taken(w.post(device(1), "kept"))
	w.reopen()
	if w.Server() != server || w.Epoch() != epoch {
		t.Error("the identity changed")
	}
	w.Options.NewEpoch = true
	w.reopen()
	second := w.Epoch()
	if w.Server() != server || second == epoch || w.Head() != 1 {
		t.Error("a new epoch changes the epoch and nothing else")
	}
	w.Options.NewEpoch = false
	w.reopen()
	if w.Epoch() != second {
		t.Error("the new epoch was not kept")
	}
}

func TestOneProcessHasTheFolder(t *testing.T) {
	w := newWorld(t)
	_, err := Open(w.dir, Options{})
	wantCode(t, err, protocol.CodeDataLocked)
	w.reopen()
}

func TestNobodyElseOnTheMachineReadsTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFolderMayHaveAnyName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a?b#c%20d é&mode=memory")
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := os.Stat(filepath.Join(dir, databaseName)); err != nil {
		t.Error(err)
	}
}

func TestAFolderThatCannotBeMadeIsSaidSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(filepath.Join(file, "data"), Options{})
	wantCode(t, err, protocol.CodeHomeUnwritable)
}

func TestADamagedDatabaseIsReportedAndLeftAlone(t *testing.T) {
	w := newWorld(t)
	for _, text := range numbered("post ", 50) {
		w.taken(w.post(device(1), text))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(w.dir, databaseName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	middle := bytes.Clone(whole)
	for i := 4096; i < len(middle); i += 4096 { // every page but the first
		copy(middle[i:], bytes.Repeat([]byte{0xa5}, 1000))
	}
	foreign := foreignDatabase(t)
	for name, content := range map[string][]byte{
		"empty":       {},
		"text":        []byte("this was never a database, but it is long enough to look like one, more or less: one hundred bytes and more"),
		"cut off":     whole[:len(whole)/2],
		"first page":  whole[:4096],
		"overwritten": middle,
		"zeros":       make([]byte, len(whole)),
		"foreign":     foreign,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, databaseName)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(dir, Options{})
			wantCode(t, err, protocol.CodeDataDamaged)
			_, err = OpenOperator(dir)
			wantCode(t, err, protocol.CodeDataDamaged)
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func foreignDatabase(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE meta (name, value)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAJournalWithoutItsDatabaseIsNotWrittenOver(t *testing.T) {
	w := newWorld(t)
	w.taken(w.post(device(1), "only in the journal"))
	dir := copyFolder(t, w.dir)
	if err := os.Remove(filepath.Join(dir, databaseName)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir, Options{})
	wantCode(t, err, protocol.CodeDataDamaged)
	if info, err := os.Stat(filepath.Join(dir, databaseName+"-wal")); err != nil || info.Size() == 0 {
		t.Errorf("the journal is gone: %v", err)
	}
}

func TestADatabaseThatWasHalfMadeIsMadeAgain(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{databaseName + unfinished, databaseName + unfinished + "-journal"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if left, _ := filepath.Glob(filepath.Join(dir, "*"+unfinished+"*")); left != nil {
		t.Errorf("left: %q", left)
	}
}

func TestAFolderOfANewerVersionIsRefused(t *testing.T) {
	w := newWorld(t)
	if _, err := w.writer.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Open(w.dir, Options{})
	wantCode(t, err, protocol.CodeDataNewer)
	_, err = OpenOperator(w.dir)
	wantCode(t, err, protocol.CodeDataNewer)
}

// TestWhatWasAcknowledgedOutlivesTheProcess opens a copy of the files as they
// are at the moment of the answer, as after a kill.
func TestWhatWasAcknowledgedOutlivesTheProcess(t *testing.T) {
	w := newWorld(t)
	f := protocol.UUID{1}
	for range 12 {
		w.taken(w.post(device(1), "kept"))
		w.call(f, openCall())
		s, err := Open(copyFolder(t, w.dir), options(w.clock, 8))
		if err != nil {
			t.Fatal(err)
		}
		if s.Head() != w.Head() || s.Server() != w.Server() {
			t.Errorf("head %d, want %d", s.Head(), w.Head())
		}
		if _, err := s.Mailbox(t.Context(), f, getCall(link)); err != nil {
			t.Error(err)
		}
		if found, _, err := s.Page(context.Background(), Query{Words: "kept", Limit: 100}); err != nil || uint64(len(found)) != w.Head() {
			t.Errorf("%d of %d posts are found, %v", len(found), w.Head(), err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
