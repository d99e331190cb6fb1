package localmap

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"p4p/protocol"
)

// The pairs are the phone's page's as well, which has the same rules.
func TestNamesThatCouldBeMistakenForEachOtherLookAlikeAndNoOthers(t *testing.T) {
	file, err := os.ReadFile("testdata/looks.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs []struct {
		What, A, B string
		Alike      bool
	}
	if err := json.Unmarshal(file, &pairs); err != nil {
		t.Fatal(err)
	}
	for _, c := range pairs {
		a, b := looksOf(c.A), looksOf(c.B)
		if a.like(b) != c.Alike || b.like(a) != c.Alike {
			t.Errorf("%s: %q %q and %q %q: alike %v", c.What, c.A, a, c.B, b, a.like(b))
		}
	}
	if len(pairs) < 30 {
		t.Errorf("there are %d pairs", len(pairs))
	}
}

func TestANameLooksLikeItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		if !looksOf(name).like(looksOf(name)) {
			t.Fatalf("%q is unlike itself", name)
		}
	})
}

func TestALookAlikeIsTakenOnlyFromWhoMeansIt(t *testing.T) {
	m := fresh(t)
	must[Contact](t)(m.AddContact(ctx, "Bob"))
	must[Contact](t)(m.AddContact(ctx, "Carol"))
	alike := "\u0412\u043eb"

	_, err := m.AddContact(ctx, alike)
	wantCode(t, err, protocol.CodeLooksLike)
	if want := fmt.Sprintf("%q looks like \"Bob\"", alike); len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
		t.Errorf("it says %q", err)
	}
	_, err = m.RenameContact(ctx, "Carol", alike)
	wantCode(t, err, protocol.CodeLooksLike)
	_, err = m.CreateFriendship(ctx, invite(t, m, "one"), alike, true) // another device of nobody
	wantCode(t, err, protocol.CodeLooksLike)
	if all := names(must[[]Contact](t)(m.Contacts(ctx))); len(all) != 2 {
		t.Fatalf("the phone book has %q", all)
	}

	// A person's own name is no obstacle to another spelling of it.
	must[Contact](t)(m.RenameContact(ctx, "Bob", alike))
	must[Contact](t)(m.RenameContact(ctx, alike, "Bob"))

	must[Contact](t)(m.RenameContact(ctx, "Carol", alike, LookAlike))
	must[Contact](t)(m.RenameContact(ctx, alike, "Carol"))
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "two"), alike, false, LookAlike))
	if f.Name != alike {
		t.Errorf("the friend is called %q", f.Name)
	}
	// It is a person of its own, and who has it is not asked again.
	if c := must[Contact](t)(m.ContactByName(ctx, alike)); c.ID != f.Contact || c.Name != alike {
		t.Errorf("%q is %+v", alike, c)
	}
	must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "three"), alike, true))
}

func BenchmarkLookingForALookAlikeAmongFiveThousand(b *testing.B) {
	m, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	var cards []ImportCard
	for n := range 5000 {
		cards = append(cards, ImportCard{N: n, Name: fmt.Sprintf("Person Number %d", n)})
	}
	for b.Loop() {
		if _, err := m.NewImport(false).Rehearse(ctx, cards); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadingFiveThousandLooks(b *testing.B) {
	for b.Loop() {
		g := newGallery()
		for n := range 5000 {
			g.hang(int64(n), fmt.Sprintf("Person Number %d", n))
		}
	}
}

func TestAGalleryFollowsThePhoneBook(t *testing.T) {
	m, g := fresh(t), newGallery()
	asks := func(name string, want ...string) {
		t.Helper()
		ok(t, m.read(ctx, func(q querier) error { return g.fill(ctx, q) }))
		if got := g.all(name, 0); !slices.Equal(got, want) {
			t.Errorf("%q could be mistaken for %q, want %q", name, got, want)
		}
	}
	asks("B0b")
	must[Contact](t)(m.AddContact(ctx, "Bob"))
	asks("B0b", "Bob")
	must[Contact](t)(m.AddContact(ctx, "\u0412\u043eb", LookAlike))
	asks("B0b", "Bob", "\u0412\u043eb")
	must[Contact](t)(m.RenameContact(ctx, "Bob", "Robert"))
	asks("B0b", "\u0412\u043eb")
	must[Contact](t)(m.RenameContact(ctx, "Robert", "Bob", LookAlike))
	asks("B0b", "Bob", "\u0412\u043eb")
	ok(t, m.RemoveContact(ctx, "\u0412\u043eb"))
	asks("B0b", "Bob")
}
