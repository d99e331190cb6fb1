package cache

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

func TestWhatItsAuthorDeletesLeavesTheFile(t *testing.T) {
	c, p := fresh(t)
	add(t, c, p.History, made(1, 1, "aardvark in the garden"), made(2, 1, "a garden"), comment(3, 2, 1, "buffalo too"))
	if !inFiles(t, c, "aardvark") {
		t.Fatal("the control is not in the files: this test sees nothing")
	}
	add(t, c, p.History, deletion(4, 1, 1), deletion(5, 2, 3))
	if got := seqs(find(t, c, Query{})); !cmp.Equal(got, []uint64{5, 4, 2}) {
		t.Errorf("live records %v, want the post that stays and two deletions", got)
	}
	if got := find(t, c, Query{Words: "aardvark"}); len(got) != 0 {
		t.Errorf("search finds %v", seqs(got))
	}
	if _, ok, erased, err := c.Get(t.Context(), idOf(1)); ok || !erased || err != nil {
		t.Errorf("get: ok %v, erased %v, %v", ok, erased, err)
	}
	if err := c.Tidy(t.Context(), All); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"aardvark", "buffalo"} {
		if inFiles(t, c, word) {
			t.Errorf("a file still holds %q", word)
		}
	}
	if !inFiles(t, c, "garden") {
		t.Error("what was not deleted is gone as well")
	}
}

func TestOnlyTheAuthorsKeyDeletes(t *testing.T) {
	c, p := fresh(t)
	a := add(t, c, p.History, made(1, 1, "stays"), deletion(2, 2, 1))
	if a.Rejected != 1 || a.Seq != 2 {
		t.Errorf("%+v, want the deletion rejected and its place seen", a)
	}
	if got := seqs(find(t, c, Query{})); !cmp.Equal(got, []uint64{1}) {
		t.Errorf("live records %v, want the post and no deletion", got)
	}
	if a := add(t, c, p.History, deletion(3, 1, 1), deletion(4, 1, 3)); a.Rejected != 1 {
		t.Errorf("a deletion of a deletion: %+v, want it rejected", a)
	}
}

func TestTheOperatorsTakedownErases(t *testing.T) {
	c, p := fresh(t)
	add(t, c, p.History, made(1, 1, "aardvark"), takedown(2, 1))
	if got := find(t, c, Query{}); len(got) != 0 {
		t.Errorf("live records %v, want none", seqs(got))
	}
	if _, ok, erased, err := c.Get(t.Context(), idOf(1)); ok || !erased || err != nil {
		t.Errorf("get: ok %v, erased %v, %v", ok, erased, err)
	}
	got, _, err := c.Place(t.Context())
	if err != nil || got.Seq != 2 || got.ID != nil {
		t.Errorf("place %+v, %v; want seq 2 without a record", got, err)
	}
}

func TestARecordStandsInTheLogOnce(t *testing.T) {
	c, p := fresh(t)
	again := made(1, 1, "once")
	again.Seq = 2
	if a := add(t, c, p.History, made(1, 1, "once"), again); a.Rejected != 1 || a.Seq != 2 {
		t.Errorf("%+v, want the second rejected and its place seen", a)
	}
	if got := seqs(find(t, c, Query{Words: "once"})); !cmp.Equal(got, []uint64{1}) {
		t.Errorf("found %v, want the first only", got)
	}
}

func TestCommentsAreCountedWhileTheyLive(t *testing.T) {
	c, p := fresh(t)
	count := func() int {
		t.Helper()
		row, ok, _, err := c.Get(t.Context(), idOf(1))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return row.Comments
	}
	add(t, c, p.History, made(1, 1, "post"), comment(2, 2, 1, "a"), comment(3, 3, 1, "b"))
	if got := count(); got != 2 {
		t.Errorf("%d comments, want 2", got)
	}
	add(t, c, p.History, deletion(4, 2, 2))
	if got := count(); got != 1 {
		t.Errorf("%d comments after one was deleted, want 1", got)
	}
	add(t, c, p.History, deletion(5, 2, 2), takedown(6, 2)) // once more changes nothing
	if got := count(); got != 1 {
		t.Errorf("%d comments after it was deleted again, want 1", got)
	}
}

func TestAPictureGoesWithTheLastRecordThatNamesIt(t *testing.T) {
	c, p := fresh(t)
	picture := []byte("bytes of a picture, unmistakably")
	with := func(n uint64) Entry {
		e := made(n, 1, "")
		e.Record.Image = &protocol.Image{Blob: protocol.BlobOf(picture), Width: 3, Height: 2, Alt: "an aardvark"}
		return e
	}
	kept := func() bool {
		t.Helper()
		b, err := c.Picture(t.Context(), protocol.BlobOf(picture), t0)
		if err != nil {
			t.Fatal(err)
		}
		return b != nil
	}
	if err := c.KeepPicture(t.Context(), picture, t0); err != nil {
		t.Fatal(err)
	}
	if kept() {
		t.Error("a picture that no record names is kept")
	}
	add(t, c, p.History, with(1), with(2))
	if err := c.KeepPicture(t.Context(), picture, t0); err != nil {
		t.Fatal(err)
	}
	if got := find(t, c, Query{Words: "aardvark"}); len(got) != 2 || *got[0].Image != *with(1).Record.Image {
		t.Errorf("search in descriptions finds %+v, want both posts with their picture", got)
	}
	add(t, c, p.History, deletion(3, 1, 1))
	if !kept() {
		t.Error("the picture is gone although another post shows it")
	}
	add(t, c, p.History, deletion(4, 1, 2))
	if kept() || inFilesAfterCheckpoint(t, c, "unmistakably") {
		t.Error("the picture stays without any post")
	}
}

func inFilesAfterCheckpoint(t *testing.T, c *Cache, text string) bool {
	t.Helper()
	if err := checkpoint(t.Context(), c.w); err != nil {
		t.Fatal(err)
	}
	return inFiles(t, c, text)
}

func TestPicturesUnusedForLongestGoFirst(t *testing.T) {
	c, p := fresh(t)
	var pictures [3][]byte
	for i := range pictures {
		pictures[i] = make([]byte, 100)
		pictures[i][0] = byte(i)
		e := made(uint64(i+1), 1, "")
		e.Record.Image = &protocol.Image{Blob: protocol.BlobOf(pictures[i]), Width: 1, Height: 1}
		add(t, c, p.History, e)
	}
	keep := func(i, hour int) {
		t.Helper()
		if err := c.keepPicture(t.Context(), pictures[i], t0.Add(hours(hour)), 250); err != nil {
			t.Fatal(err)
		}
	}
	keep(0, 0)
	keep(1, 1)
	if _, err := c.Picture(t.Context(), protocol.BlobOf(pictures[0]), t0.Add(hours(2))); err != nil { // looked at again
		t.Fatal(err)
	}
	keep(2, 3)
	for i, want := range []bool{true, false, true} {
		b, err := c.Picture(t.Context(), protocol.BlobOf(pictures[i]), t0.Add(hours(3)))
		if err != nil || (b != nil) != want {
			t.Errorf("picture %d kept: %v, want %v (%v)", i, b != nil, want, err)
		}
	}
}
