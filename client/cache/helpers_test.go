package cache

import (
	"encoding/binary"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"p4p/protocol"
)

var (
	server1 = protocol.UUID{1}
	epoch1  = protocol.UUID{2}
	t0      = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func opened(t testing.TB, path string) *Cache {
	t.Helper()
	c, err := Open(t.Context(), path, discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// fresh is an empty cache of server1's epoch1.
func fresh(t testing.TB) (*Cache, Place) {
	t.Helper()
	c := opened(t, filepath.Join(t.TempDir(), "cache.db"))
	p, err := c.Use(t.Context(), server1, epoch1)
	if err != nil {
		t.Fatal(err)
	}
	return c, p
}

func idOf(n uint64) protocol.UUID {
	var id protocol.UUID
	binary.BigEndian.PutUint64(id[8:], n)
	binary.BigEndian.PutUint64(id[:8], n*0x9e3779b97f4a7c15)
	return id
}

func keyOf(n byte) protocol.PublicKey { return protocol.PublicKey{n, 1} }

// made is a post as verification would hand it over; nothing here looks at the
// signature again.
func made(n uint64, author byte, text string) Entry {
	r := protocol.Record{ID: idOf(n), Kind: protocol.KindPost, Author: keyOf(author)}
	r.Text, r.CreatedAt = text, t0
	return Entry{Seq: n, Kind: protocol.EventPost, Record: r}
}

func comment(n uint64, author byte, on uint64, text string) Entry {
	e := made(n, author, text)
	e.Kind, e.Record.Kind, e.Record.Target = protocol.EventComment, protocol.KindComment, idOf(on)
	return e
}

func deletion(n uint64, author byte, of uint64) Entry {
	e := made(n, author, "")
	e.Kind, e.Record.Kind, e.Record.Target = protocol.EventDeletion, protocol.KindDeletion, idOf(of)
	return e
}

func takedown(n, of uint64) Entry {
	return Entry{Seq: n, Kind: protocol.EventTakedown, Target: idOf(of)}
}

func add(t testing.TB, c *Cache, h History, entries ...Entry) Appended {
	t.Helper()
	a, err := c.Append(t.Context(), h, entries)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func find(t testing.TB, c *Cache, q Query) []Row {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	rows, err := c.Find(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func seqs(rows []Row) []uint64 {
	var s []uint64
	for _, r := range rows {
		s = append(s, r.Seq)
	}
	return s
}

// inFiles tells whether any of the cache's files holds the text.
func inFiles(t testing.TB, c *Cache, text string) bool {
	t.Helper()
	files, err := filepath.Glob(c.path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToLower(string(b)), strings.ToLower(text)) {
			return true
		}
	}
	return false
}

func hours(n int) time.Duration { return time.Duration(n) * time.Hour }
