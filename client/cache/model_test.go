package cache

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"p4p/protocol"
)

// drawLog draws a log as a server would keep it, with a few lies.
func drawLog(r *rapid.T) []Entry {
	var log []Entry
	n := rapid.IntRange(1, 40).Draw(r, "length")
	for seq := uint64(1); seq <= uint64(n); seq++ {
		author := byte(rapid.IntRange(1, 3).Draw(r, "author"))
		about := rapid.Uint64Range(1, seq).Draw(r, "about")
		switch rapid.IntRange(0, 9).Draw(r, "kind") {
		case 0, 1, 2, 3:
			log = append(log, made(seq, author, "fox"))
		case 4, 5:
			log = append(log, comment(seq, author, about, "fox"))
		case 6:
			log = append(log, deletion(seq, author, about))
		case 7:
			log = append(log, takedown(seq, about))
		case 8:
			log = append(log, Entry{Seq: seq, Kind: protocol.EventErased, ID: idOf(seq)})
		case 9:
			log = append(log, Entry{Seq: seq}) // hidden, or did not verify
		}
	}
	return log
}

// model is what must be visible of a log, told without a database.
func model(log []Entry) (live []uint64, comments map[uint64]int) {
	var kept []Entry
	at := func(id protocol.UUID) int {
		return slices.IndexFunc(kept, func(e Entry) bool { return e.Record.ID == id })
	}
	for _, e := range log {
		switch e.Kind {
		case protocol.EventPost, protocol.EventComment:
			kept = append(kept, e)
		case protocol.EventDeletion:
			if i := at(e.Record.Target); i >= 0 {
				if kept[i].Kind == protocol.EventDeletion || kept[i].Record.Author != e.Record.Author {
					continue
				}
				kept = slices.Delete(kept, i, i+1)
			}
			kept = append(kept, e)
		case protocol.EventTakedown:
			if i := at(e.Target); i >= 0 && kept[i].Kind != protocol.EventDeletion {
				kept = slices.Delete(kept, i, i+1)
			}
		}
	}
	comments = map[uint64]int{}
	for _, e := range kept {
		live = append(live, e.Seq)
		if i := at(e.Record.Target); e.Kind == protocol.EventComment && i >= 0 && kept[i].Kind == protocol.EventPost {
			comments[kept[i].Seq]++
		}
	}
	return live, comments
}

func TestAnyLogInAnyBatchesShowsWhatTheModelShows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	c := opened(t, path)
	if _, err := c.Use(t.Context(), server1, epoch1); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		p, err := c.StartOver(t.Context(), mustPlace(t, c).History)
		if err != nil {
			r.Fatal(err)
		}
		log := drawLog(r)
		for done := 0; done < len(log); {
			// A batch may begin with what another process has stored already.
			from := max(0, done-rapid.IntRange(0, 3).Draw(r, "again"))
			to := rapid.IntRange(done+1, len(log)).Draw(r, "to")
			if rapid.Bool().Draw(r, "killed") { // all of a batch, or nothing, is there afterwards
				c.Close()
				c = opened(t, path)
			}
			a, err := c.Append(t.Context(), p.History, log[from:to])
			if err != nil || a.Seq != uint64(to) {
				r.Fatalf("append %d to %d: %+v, %v", from, to, a, err)
			}
			done = to
		}
		live, comments := model(log)
		rows, err := c.Find(t.Context(), Query{Limit: 1000, Oldest: true})
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(live, seqs(rows)); diff != "" {
			r.Fatalf("live records (-model +cache):\n%s", diff)
		}
		var said []uint64
		for _, row := range rows {
			if row.Comments != comments[row.Seq] {
				r.Fatalf("%d has %d comments, the model %d", row.Seq, row.Comments, comments[row.Seq])
			}
			if row.Kind != protocol.KindDeletion {
				said = append(said, row.Seq)
			}
		}
		found, err := c.Find(t.Context(), Query{Words: "fox", Limit: 1000, Oldest: true})
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(said, seqs(found)); diff != "" {
			r.Fatalf("search (-model +cache):\n%s", diff)
		}
	})
}
