package cache

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"p4p/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheFileIsForItsOwnerAlone(t *testing.T) {
	c, p := fresh(t)
	add(t, c, p.History, made(1, 1, "x"))
	files, err := filepath.Glob(c.path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v; want the database and its WAL at least", files, err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(f), got)
		}
	}
}

func TestThePlaceAndTheRecordsSurviveAReopen(t *testing.T) {
	c, p := fresh(t)
	add(t, c, p.History, made(1, 1, "one"), made(2, 2, "two"))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	again := opened(t, c.path)
	got, ok, err := again.Place(t.Context())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if want := idOf(2); got.History != p.History || got.Seq != 2 || got.ID == nil || *got.ID != want {
		t.Errorf("place %+v, want seq 2 with record %s", got, want)
	}
	if got := seqs(find(t, again, Query{})); !cmp.Equal(got, []uint64{2, 1}) {
		t.Errorf("records %v, want 2 and 1", got)
	}
}

func TestAnUnusableFileStartsOver(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, c *Cache){
		"no database": func(t *testing.T, c *Cache) {
			if err := os.WriteFile(c.path, bytes.Repeat([]byte("this is not a database. "), 1000), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"cut off": func(t *testing.T, c *Cache) {
			if err := os.Truncate(c.path, 5000); err != nil {
				t.Fatal(err)
			}
		},
		"another schema": func(t *testing.T, c *Cache) {
			db, err := connect(c.path, 1, "")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), "PRAGMA user_version = 99"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, p := fresh(t)
			add(t, c, p.History, made(1, 1, "one"))
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			spoil(t, c)
			again := opened(t, c.path)
			if _, ok, err := again.Place(t.Context()); ok || err != nil {
				t.Fatalf("the spoilt file is a copy of something: %v, %v", ok, err)
			}
			p, err := again.Use(t.Context(), server1, epoch1)
			if err != nil || p.Seq != 0 {
				t.Fatal(p, err)
			}
			add(t, again, p.History, made(1, 1, "one"))
		})
	}
}

func TestDamageFoundWhileReadingStartsOver(t *testing.T) {
	c, p := fresh(t)
	for n := uint64(1); n <= 200; n++ {
		add(t, c, p.History, made(n, 1, "some words to fill the pages of the file with"))
	}
	if err := c.Close(); err != nil { // moves everything from the WAL into the file
		t.Fatal(err)
	}
	info, err := os.Stat(c.path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(c.path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	const kept = 4096 // the first page: the header and the schema's root
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, int(info.Size())-kept), kept); err != nil {
		t.Fatal(err)
	}
	f.Close()
	again := opened(t, c.path)
	if rows := find(t, again, Query{}); len(rows) != 0 {
		t.Errorf("%d records from a damaged file", len(rows))
	}
	if _, err := again.Append(t.Context(), p.History, []Entry{made(201, 1, "x")}); !errors.Is(err, ErrMoved) {
		t.Errorf("a writer of the damaged file gets %v, want ErrMoved", err)
	}
	if p, err = again.Use(t.Context(), server1, epoch1); err != nil || p.Seq != 0 {
		t.Fatal(p, err)
	}
	add(t, again, p.History, made(1, 1, "one"))
}

func TestAnotherHistoryStartsOver(t *testing.T) {
	for name, other := range map[string][2]protocol.UUID{
		"another epoch":  {server1, {9}},
		"another server": {{9}, epoch1},
	} {
		t.Run(name, func(t *testing.T) {
			c, p := fresh(t)
			add(t, c, p.History, made(1, 1, "aardvark"), comment(2, 1, 1, "x"))
			q, err := c.Use(t.Context(), other[0], other[1])
			if err != nil || q.Seq != 0 || q.ID != nil {
				t.Fatal(q, err)
			}
			if rows := find(t, c, Query{}); len(rows) != 0 {
				t.Errorf("%d records of the other history are left", len(rows))
			}
			if inFiles(t, c, "aardvark") {
				t.Error("a file still holds the other history's text")
			}
			if _, err := c.Append(t.Context(), p.History, []Entry{made(3, 1, "x")}); !errors.Is(err, ErrMoved) {
				t.Errorf("a writer of the other history gets %v, want ErrMoved", err)
			}
			add(t, c, q.History, made(1, 1, "another"))
			if got := seqs(find(t, c, Query{Words: "another"})); !cmp.Equal(got, []uint64{1}) {
				t.Errorf("found %v in the new history, want 1", got)
			}
		})
	}
}

func TestStartingOverTheSameHistoryTwiceEmptiesItOnce(t *testing.T) {
	c, p := fresh(t)
	add(t, c, p.History, made(1, 1, "x"))
	first, err := c.StartOver(t.Context(), p.History)
	if err != nil || first.Seq != 0 {
		t.Fatal(first, err)
	}
	add(t, c, first.History, made(1, 1, "x"))
	second, err := c.StartOver(t.Context(), p.History) // another process, a moment later
	if err != nil || second.Seq != 1 {
		t.Errorf("the second start lost what the first had read: %+v, %v", second, err)
	}
}

func TestASecondProcessIsNoticed(t *testing.T) {
	c, p := fresh(t)
	changed := func() bool {
		t.Helper()
		b, err := c.Changed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	changed()
	add(t, c, p.History, made(1, 1, "mine"))
	if changed() {
		t.Error("one's own write counts as another process's")
	}
	other := opened(t, c.path)
	add(t, other, p.History, made(1, 1, "mine"), made(2, 1, "theirs"))
	if !changed() || changed() {
		t.Error("another process's write is not told exactly once")
	}
	// Both read the same stream; what one has stored the other passes over.
	if a := add(t, c, p.History, made(2, 1, "theirs"), made(3, 1, "new")); a.Seq != 3 || a.Rejected != 0 {
		t.Errorf("the second writer gets %+v, want seq 3 and nothing rejected", a)
	}
	if got := seqs(find(t, c, Query{})); !cmp.Equal(got, []uint64{3, 2, 1}) {
		t.Errorf("records %v, want each once", got)
	}
}

func TestAHoleInTheOrderIsRefusedWhole(t *testing.T) {
	c, p := fresh(t)
	add(t, c, p.History, made(1, 1, "x"))
	for name, entries := range map[string][]Entry{
		"a hole before":  {made(3, 1, "x")},
		"a hole between": {made(2, 1, "x"), made(4, 1, "x")},
		"a step back":    {made(2, 1, "x"), made(3, 1, "x"), made(2, 1, "x")},
	} {
		if _, err := c.Append(t.Context(), p.History, entries); !errors.Is(err, ErrOrder) {
			t.Errorf("%s: %v, want ErrOrder", name, err)
		}
	}
	if got := seqs(find(t, c, Query{})); !cmp.Equal(got, []uint64{1}) {
		t.Errorf("records %v, want the first only", got)
	}
}
