package cache

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func gapsOf(t testing.TB, c *Cache) []Gap {
	t.Helper()
	gaps, err := c.Gaps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return gaps
}

// jumped is a cache that read 1 to 3, was away, and came back at 100 to 105.
func jumped(t *testing.T) (*Cache, History) {
	c, p := fresh(t)
	add(t, c, p.History, made(1, 1, "one"), made(2, 1, "two"), made(3, 1, "three"))
	a, err := c.Jump(t.Context(), p.History, 100, 105, []Entry{made(104, 1, "x"), made(100, 1, "x")})
	if err != nil || a.Seq != 105 || a.ID != nil {
		t.Fatal(a, err)
	}
	return c, p.History
}

func TestAJumpLeavesAGap(t *testing.T) {
	c, h := jumped(t)
	if got := gapsOf(t, c); !cmp.Equal(got, []Gap{{4, 99}}) {
		t.Errorf("gaps %v, want 4 to 99", got)
	}
	add(t, c, h, made(106, 1, "on it goes"))
	if got := seqs(find(t, c, Query{})); !cmp.Equal(got, []uint64{106, 104, 100, 3, 2, 1}) {
		t.Errorf("records %v", got)
	}
	// Another process jumps later and less far.
	if a, err := c.Jump(t.Context(), h, 50, 60, []Entry{made(55, 1, "x")}); err != nil || a.Seq != 106 {
		t.Errorf("a second jump: %+v, %v; want it to find 106 reached", a, err)
	}
}

func TestAFirstReadJumpsFromTheBeginning(t *testing.T) {
	c, p := fresh(t)
	a, err := c.Jump(t.Context(), p.History, 900, 901, []Entry{made(901, 1, "x")})
	if want := idOf(901); err != nil || a.ID == nil || *a.ID != want {
		t.Errorf("place %+v, %v; want the record at 901", a, err)
	}
	if got := gapsOf(t, c); !cmp.Equal(got, []Gap{{1, 899}}) {
		t.Errorf("gaps %v, want 1 to 899", got)
	}
	if unswept, err := c.Unswept(t.Context()); err != nil || len(unswept) != 0 {
		t.Errorf("deletions to look for: %v, %v; want none, as nothing is below", unswept, err)
	}
}

func TestPagesFillAGap(t *testing.T) {
	c, h := jumped(t)
	fill := func(low, high uint64, page ...Entry) {
		t.Helper()
		if _, err := c.Fill(t.Context(), h, low, high, page); err != nil {
			t.Fatal(err)
		}
	}
	fill(90, 102, made(102, 1, "was read before"), made(95, 1, "x"), made(90, 1, "x"))
	if got := gapsOf(t, c); !cmp.Equal(got, []Gap{{4, 89}}) {
		t.Errorf("gaps %v, want 4 to 89", got)
	}
	fill(40, 50, made(45, 1, "x"))
	if got := gapsOf(t, c); !cmp.Equal(got, []Gap{{51, 89}, {4, 39}}) {
		t.Errorf("gaps %v, want two", got)
	}
	fill(1, 99)
	if got := gapsOf(t, c); len(got) != 0 {
		t.Errorf("gaps %v, want none", got)
	}
	// 102 was known to hold nothing live: a page that says otherwise changes nothing.
	if got := seqs(find(t, c, Query{Before: 103})); !cmp.Equal(got, []uint64{100, 95, 90, 45, 3, 2, 1}) {
		t.Errorf("records %v", got)
	}
}

func TestDeletionsInAGapReachWhatIsBelow(t *testing.T) {
	c, h := jumped(t)
	unswept, err := c.Unswept(t.Context())
	if err != nil || !cmp.Equal(unswept, []Gap{{4, 99}}) {
		t.Fatal(unswept, err)
	}
	if _, err := c.FillSome(t.Context(), h, []Entry{deletion(60, 1, 2), deletion(61, 9, 3), deletion(200, 1, 1)}); err != nil {
		t.Fatal(err)
	}
	if err := c.Swept(t.Context(), h, unswept[0]); err != nil {
		t.Fatal(err)
	}
	if got := seqs(find(t, c, Query{Before: 100})); !cmp.Equal(got, []uint64{60, 3, 1}) {
		t.Errorf("records %v, want 2 gone, and only by its author's deletion", got)
	}
	if got := gapsOf(t, c); !cmp.Equal(got, []Gap{{4, 99}}) {
		t.Errorf("gaps %v: single records close none", got)
	}
	if unswept, err := c.Unswept(t.Context()); err != nil || len(unswept) != 0 {
		t.Errorf("still to sweep: %v, %v", unswept, err)
	}
	// Reading part of a gap leaves the rest swept.
	if _, err := c.Fill(t.Context(), h, 50, 70, nil); err != nil {
		t.Fatal(err)
	}
	if unswept, err := c.Unswept(t.Context()); err != nil || len(unswept) != 0 {
		t.Errorf("to sweep after a part was read: %v, %v", unswept, err)
	}
}

func TestAPageReadBeforeADeletionDoesNotBringItsTargetBack(t *testing.T) {
	c, h := jumped(t)
	add(t, c, h, deletion(106, 1, 50), takedown(107, 51), deletion(108, 2, 52))
	// The page was on its way while the stream told of the deletions.
	if _, err := c.Fill(t.Context(), h, 4, 99, []Entry{made(52, 1, "stays"), made(51, 1, "aardvark"), made(50, 1, "aardvark")}); err != nil {
		t.Fatal(err)
	}
	if got := seqs(find(t, c, Query{Before: 100})); !cmp.Equal(got, []uint64{52, 3, 2, 1}) {
		t.Errorf("records %v, want 50 and 51 erased, and 52 kept from a stranger's deletion", got)
	}
	if inFiles(t, c, "aardvark") {
		t.Error("what was deleted is in the files")
	}
}

func TestCommentsOfAGapAreCountedWhenTheirPostComes(t *testing.T) {
	c, h := jumped(t)
	add(t, c, h, comment(106, 1, 50, "later"))
	if _, err := c.Fill(t.Context(), h, 45, 99, []Entry{comment(60, 1, 50, "in the gap"), made(50, 1, "post")}); err != nil {
		t.Fatal(err)
	}
	row, ok, _, err := c.Get(t.Context(), idOf(50))
	if err != nil || !ok || row.Comments != 2 {
		t.Errorf("%d comments, %v, %v; want 2", row.Comments, ok, err)
	}
}

func TestCarvingIsWhatItIsForSets(t *testing.T) {
	c, p := fresh(t)
	const head = 60
	if _, err := c.Jump(t.Context(), p.History, head, head, nil); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		place, err := c.StartOver(t.Context(), mustPlace(t, c).History)
		if err != nil {
			r.Fatal(err)
		}
		if _, err := c.Jump(t.Context(), place.History, head, head, nil); err != nil {
			r.Fatal(err)
		}
		unread := map[uint64]bool{}
		for n := uint64(1); n < head; n++ {
			unread[n] = true
		}
		for range rapid.IntRange(0, 6).Draw(r, "pages") {
			low := rapid.Uint64Range(1, head).Draw(r, "low")
			high := rapid.Uint64Range(low, head+5).Draw(r, "high")
			if _, err := c.Fill(t.Context(), place.History, low, high, nil); err != nil {
				r.Fatal(err)
			}
			for n := low; n <= high; n++ {
				delete(unread, n)
			}
		}
		got := map[uint64]bool{}
		for _, g := range gapsOf(t, c) {
			for n := g.Low; n <= g.High; n++ {
				if got[n] {
					r.Fatalf("%d is in two gaps", n)
				}
				got[n] = true
			}
		}
		if diff := cmp.Diff(unread, got); diff != "" {
			r.Fatalf("unread places (-want +got):\n%s", diff)
		}
	})
}

func mustPlace(t testing.TB, c *Cache) Place {
	t.Helper()
	p, ok, err := c.Place(t.Context())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return p
}
