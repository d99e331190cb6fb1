package localmap

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"p4p/protocol"
)

func TestNamesThatCouldBeMistakenForEachOtherLookAlike(t *testing.T) {
	for _, c := range []struct{ what, a, b string }{
		{"Cyrillic", "Bob", "\u0412\u043eb"},
		{"Cyrillic throughout, with a soft sign for a b", "Bob", "\u0412\u043e\u042c"},
		{"the same where the first was typed in small letters", "bob", "\u0412\u043e\u042c"},
		{"what it would be in capitals", "Bob", "\u0432\u043e\u0432"},
		{"a Cyrillic initial", "Alice", "\u0410lice"},
		{"Latin letters in a Cyrillic name", "\u0414\u0435\u0432\u0430", "\u0414e\u0432a"},
		{"a letter that looks Latin in small letters only", "hanna", "\u04baanna"},
		{"a Greek initial", "Nikos", "\u039dikos"},
		{"Greek", "Tom", "\u03a4\u03bfm"},
		{"Cherokee", "Ali", "\u13aali"},
		{"full width, with a Cyrillic letter between", "Bob", "\uff22\u043e\uff42"},
		{"mathematical letters, with a soft sign", "Bob", "\U0001d401\U0001d428\u042c"},
		{"a letter with a mark on it", "Zo\u00eb", "Z\u043e\u0451"},
		{"a mark that combines", "Zo\u00eb", "Z\u043e\u0435\u0308"},
		{"rn and m", "Marnie", "Mamie"},
		{"rn and m, in another case", "ARNOLD", "Amold"},
		{"zero and O", "Otto", "0tto"},
		{"one and l", "Al", "A1"},
		{"I and l", "Al", "AI"},
		{"I and l at the end", "Will", "WilI"},
		{"apostrophes", "D'Arcy", "D\u2019Arcy"},
		{"hyphens", "Anna-Lena", "Anna\u2010Lena"},
		{"a space of zero width", "Bob", "B\u200bob"},
		{"a soft hyphen and a joiner of graphemes", "Bob", "B\u00ado\u034fb"},
		{"a selector of variants", "Bob", "Bob\U000e0101"},
	} {
		a, b := looksOf(c.a), looksOf(c.b)
		if !a.like(b) || !b.like(a) {
			t.Errorf("%s: %q %q and %q %q do not look alike", c.what, c.a, a, c.b, b)
		}
	}
}

func TestNamesThatNobodyMistakesDoNotLookAlike(t *testing.T) {
	for _, c := range [][2]string{
		{"Bob", "Rob"},
		{"Jose", "Jos\u00e9"},
		{"Bob Smith", "BobSmith"},
		{"\u674e\u660e", "\u674e\u540d"},
		{"\u0412\u0435\u0440\u0430", "\u0412\u0435\u043d\u0430"},
		{"Mila", "Miia"},
		{"Ian", "Lan"},
		{"Ali", "Ail"},
		{"Maria", "Mario"},
		{"Bob (2)", "Bob (3)"},
		{"Anna", "Hanna"},
		{"\u041d\u0438\u043d\u0430", "Hnna"},
	} {
		if looksOf(c[0]).like(looksOf(c[1])) {
			t.Errorf("%q and %q look alike", c[0], c[1])
		}
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
