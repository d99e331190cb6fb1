package cache

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

// logOf three authors: posts at odd places, comments at even ones.
func logOf(t *testing.T, n uint64) *Cache {
	c, p := fresh(t)
	for i := uint64(1); i <= n; i++ {
		if i%2 == 1 {
			add(t, c, p.History, made(i, byte(i%3), "fox"))
		} else {
			add(t, c, p.History, comment(i, byte(i%3), 1, "fox"))
		}
	}
	return c
}

func TestAQueryHoldsWhatItAsksFor(t *testing.T) {
	c := logOf(t, 20)
	zero, one := Author{keyOf(0), All}, Author{keyOf(1), All}
	for name, tt := range map[string]struct {
		q    Query
		want []uint64
	}{
		"the newest":                    {Query{Limit: 3}, []uint64{20, 19, 18}},
		"posts":                         {Query{PostsOnly: true, Limit: 3}, []uint64{19, 17, 15}},
		"below":                         {Query{PostsOnly: true, Limit: 2, Before: 17}, []uint64{15, 13}},
		"the lowest above":              {Query{Limit: 3, After: 17, Oldest: true}, []uint64{18, 19, 20}},
		"posts, the lowest above":       {Query{PostsOnly: true, Limit: 2, After: 3, Oldest: true}, []uint64{5, 7}},
		"between":                       {Query{After: 3, Before: 6}, []uint64{5, 4}},
		"nothing above the end":         {Query{After: 20, Oldest: true}, nil},
		"of one author":                 {Query{Authors: []Author{zero}, Limit: 4}, []uint64{18, 15, 12, 9}},
		"of one author, from below":     {Query{Authors: []Author{zero}, Limit: 3, Oldest: true}, []uint64{3, 6, 9}},
		"of two, one named twice":       {Query{Authors: []Author{zero, one, zero}, PostsOnly: true, Limit: 4}, []uint64{19, 15, 13, 9}},
		"of nobody":                     {Query{Authors: []Author{}}, nil},
		"of a stranger":                 {Query{Authors: []Author{{keyOf(77), All}}}, nil},
		"of one author up to a place":   {Query{Authors: []Author{{keyOf(0), 9}}}, []uint64{9, 6, 3}},
		"nothing of an author":          {Query{Authors: []Author{{keyOf(0), 0}}}, nil},
		"words":                         {Query{Words: "fox", Limit: 3, Before: 10}, []uint64{9, 8, 7}},
		"words from below":              {Query{Words: "fox", Limit: 3, After: 10, Oldest: true}, []uint64{11, 12, 13}},
		"words of an author's posts":    {Query{Words: "fox", Authors: []Author{one}, PostsOnly: true, Limit: 2}, []uint64{19, 13}},
		"words of an author to a place": {Query{Words: "fox", Authors: []Author{{keyOf(1), 7}}, Limit: 2}, []uint64{7, 4}},
		"words of a stranger":           {Query{Words: "fox", Authors: []Author{{keyOf(77), All}}}, nil},
		"no room":                       {Query{Limit: -1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := seqs(find(t, c, tt.q)); !cmp.Equal(got, tt.want) {
				t.Errorf("places %v, want %v", got, tt.want)
			}
		})
	}
}

func TestARecordComesBackAsItWasSigned(t *testing.T) {
	c, p := fresh(t)
	e := made(1, 7, "Grüße,\n  Welt\u200d \x1b[31m")
	e.Record.Image = &protocol.Image{Blob: protocol.BlobID{1, 2}, Width: 640, Height: 480, Alt: "ein Bild"}
	add(t, c, p.History, e, comment(2, 8, 1, "東京"))
	want := []Row{
		{Epoch: epoch1, Seq: 2, ID: idOf(2), Kind: protocol.KindComment, Author: keyOf(8), Target: idOf(1), Text: "東京", CreatedAt: t0},
		{Epoch: epoch1, Seq: 1, ID: idOf(1), Kind: protocol.KindPost, Author: keyOf(7), Text: e.Record.Text, Image: e.Record.Image, CreatedAt: t0, Comments: 1},
	}
	if diff := cmp.Diff(want, find(t, c, Query{})); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	rows, err := c.Comments(t.Context(), idOf(1), 10)
	if err != nil || !cmp.Equal(rows, want[:1]) {
		t.Errorf("comments %+v, %v", rows, err)
	}
}

func TestAThreadShowsItsNewestCommentsOldestFirst(t *testing.T) {
	c, p := fresh(t)
	add(t, c, p.History, made(1, 1, "post"), comment(2, 2, 1, "a"), made(3, 1, "other"), comment(4, 2, 3, "x"), comment(5, 3, 1, "b"), comment(6, 2, 1, "c"))
	rows, err := c.Comments(t.Context(), idOf(1), 2)
	if err != nil || !cmp.Equal(seqs(rows), []uint64{5, 6}) {
		t.Errorf("comments %v, %v; want 5 and 6", seqs(rows), err)
	}
}

func TestKeysAreFoundByTheirDevice(t *testing.T) {
	c := logOf(t, 4)
	devices := []protocol.UUID{keyOf(1).UUID(), keyOf(0).UUID(), keyOf(99).UUID()}
	keys, err := c.Keys(t.Context(), devices)
	if err != nil || !cmp.Equal(keys, []protocol.PublicKey{keyOf(1), keyOf(0)}) {
		t.Errorf("keys %v, %v", keys, err)
	}
}
