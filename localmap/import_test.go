package localmap

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

// imports imports cards, numbered from 1, as one file, and tells of each its
// fate and its name.
func imports(t tester, m *Map, cards ...ImportCard) []string {
	t.Helper()
	for i := range cards {
		cards[i].N = i + 1
	}
	var told []string
	for _, one := range must[[]Imported](t)(m.NewImport(false).Add(ctx, cards)) {
		told = append(told, []string{"same", "added", "changed", "skipped"}[one.Fate]+" "+one.Name)
	}
	return told
}

func wantTold(t tester, got []string, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}

func wantBook(t tester, m *Map, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, names(must[[]Contact](t)(m.Contacts(ctx)))); d != "" {
		t.Fatal(d)
	}
}

func TestImportingAPhoneBookTwiceChangesNothing(t *testing.T) {
	m := fresh(t)
	book := []ImportCard{
		{Name: "Ann", UID: "1"},
		{Name: "Bob", Numbers: []string{"491711111111"}, Marks: []string{"Acme"}},
		{Name: "Bob", Numbers: []string{"491712222222"}, Marks: []string{"Acme"}},
		{Name: "BOB", Numbers: []string{"491713333333"}, Marks: []string{"Acme", "3333"}},
		{Name: "Bob", Numbers: []string{"491714444444"}},
		{Name: "Cy", Nickname: "C"},
	}
	wantTold(t, imports(t, m, book...), "added Ann", "added Bob", "added Bob (Acme)", "added BOB (3333)", "added Bob (2)", "added Cy")
	for range 2 {
		wantTold(t, imports(t, m, book...), "same Ann", "same Bob", "same Bob (Acme)", "same BOB (3333)", "same Bob (2)", "same Cy")
	}
	for _, c := range must[[]Contact](t)(m.Contacts(ctx)) {
		if c.Name == "Cy" && c.Nickname != "C" {
			t.Errorf("Cy's nickname is %q", c.Nickname)
		}
	}
}

func TestWhoACardIsAboutIsDecidedByUIDThenNameAndNumber(t *testing.T) {
	a, b := []string{"01711111111"}, []string{"01712222222"}
	for _, c := range []struct {
		what          string
		first, second ImportCard
		want          string
	}{
		{"the same UID, another name", ImportCard{Name: "Ann Ash", UID: "u"}, ImportCard{Name: "Ann Oak", UID: "u"}, "changed Ann Oak"},
		{"the same UID, other numbers", ImportCard{Name: "Ann", UID: "u", Numbers: a}, ImportCard{Name: "Ann", UID: "u", Numbers: b}, "same Ann"},
		{"the same name and number, another UID", ImportCard{Name: "Ann", UID: "u", Numbers: a}, ImportCard{Name: "Ann", UID: "v", Numbers: a}, "same Ann"},
		{"the same number with its country", ImportCard{Name: "Ann", Numbers: a}, ImportCard{Name: "Ann", Numbers: []string{"491711111111"}}, "same Ann"},
		{"one number of two", ImportCard{Name: "Ann", Numbers: a}, ImportCard{Name: "ann", Numbers: append(b, a...)}, "changed ann"},
		{"nothing but the name", ImportCard{Name: "Ann"}, ImportCard{Name: "Ann"}, "same Ann"},
		{"a number that was not there", ImportCard{Name: "Ann"}, ImportCard{Name: "Ann", Numbers: a}, "same Ann"},
		{"a UID that was not there", ImportCard{Name: "Ann", Numbers: a}, ImportCard{Name: "Ann", UID: "u"}, "same Ann"},
		{"the same name, other numbers", ImportCard{Name: "Ann", Numbers: a}, ImportCard{Name: "Ann", Numbers: b}, "added Ann (2)"},
		{"the same name, another UID", ImportCard{Name: "Ann", UID: "u"}, ImportCard{Name: "Ann", UID: "v"}, "added Ann (2)"},
		{"the same number, another name", ImportCard{Name: "Ann", Numbers: a}, ImportCard{Name: "Ben", Numbers: a}, "added Ben"},
	} {
		t.Run(c.what, func(t *testing.T) {
			m := fresh(t)
			imports(t, m, c.first)
			wantTold(t, imports(t, m, c.second), c.want)
		})
	}
}

func TestAPersonTwiceInOneFileIsTakenOnce(t *testing.T) {
	m := fresh(t)
	wantTold(t, imports(t, m, ImportCard{Name: "Ann", UID: "u"}, ImportCard{Name: "Ann", UID: "u"}, ImportCard{Name: "Ann"}),
		"added Ann", "skipped Ann", "skipped Ann")
	// A program that gives one UID to all does not make them one person.
	m = fresh(t)
	for _, fate := range []string{"added ", "same "} {
		wantTold(t, imports(t, m, ImportCard{Name: "Ann", UID: "0"}, ImportCard{Name: "Ben", UID: "0"}, ImportCard{Name: "Cy", UID: "0"}),
			fate+"Ann", fate+"Ben", fate+"Cy")
	}
}

func TestAnImportNeverMixesUpNames(t *testing.T) {
	m := fresh(t)
	must[Contact](t)(m.AddContact(ctx, "Bob"))
	got := must[[]Imported](t)(m.NewImport(false).Add(ctx, []ImportCard{
		{N: 1, Name: "Воb", Marks: []string{"…1234"}}, // begins with a Cyrillic letter
		{N: 2, Name: "bob"},
		{N: 3, Name: "you"},
		{N: 4, Name: ""},
		{N: 5, Name: "https://p4p.example/f/x"},
	}))
	want := []struct {
		fate Fate
		name string
	}{{Added, "Воb (…1234)"}, {Unchanged, "Bob"}, {Skipped, "you"}, {Skipped, ""}, {Skipped, "https://p4p.example/f/x"}}
	for i, w := range want {
		if got[i].Fate != w.fate || got[i].Name != w.name || (w.fate == Skipped) != (got[i].Why != "") {
			t.Errorf("card %d: %+v, want %+v", i+1, got[i], w)
		}
	}
	if got[0].Note == "" || got[1].Note != "" {
		t.Errorf("the warnings are %q and %q", got[0].Note, got[1].Note)
	}
	wantBook(t, m, "Bob", "Воb (…1234)")
}

func TestAnImportLeavesWhatItsOwnerDecidedAlone(t *testing.T) {
	m := fresh(t)
	book := func(ann, bob string) []string {
		return imports(t, m, ImportCard{Name: ann, UID: "a"}, ImportCard{Name: bob, UID: "b"})
	}
	wantTold(t, book("Ann", "Bob"), "added Ann", "added Bob")
	must[Contact](t)(m.RenameContact(ctx, "Ann", "Sis"))
	befriend(t, m, "Bob", somebody("Bob"))
	wantTold(t, book("Ann Oak", "Robert"), "same Sis", "skipped Robert")
	wantBook(t, m, "Bob", "Sis")
	// Who was taken out comes again with the next import, as somebody new.
	ok(t, m.RemoveContact(ctx, "Sis"))
	wantTold(t, book("Ann Oak", "Bob"), "added Ann Oak", "same Bob")
}

func TestANewNameThatSomebodyElseHasGetsAMark(t *testing.T) {
	m := fresh(t)
	imports(t, m, ImportCard{Name: "Ann", UID: "a"}, ImportCard{Name: "Ben", UID: "b"})
	wantTold(t, imports(t, m, ImportCard{Name: "Ann", UID: "a"}, ImportCard{Name: "Ann", UID: "b", Marks: []string{"Acme"}}),
		"same Ann", "changed Ann (Acme)")
	wantBook(t, m, "Ann", "Ann (Acme)")
}

func TestAnImportKeepsNoNumberAndNoUID(t *testing.T) {
	m := fresh(t)
	imports(t, m, ImportCard{Name: "Ann", UID: "uid-of-ann", Numbers: []string{"491711234567"}})
	ok(t, m.Close())
	for _, secret := range []string{"uid-of-ann", "491711234567", "11234567"} {
		if in := holds(t, m.dir, []byte(secret)); len(in) > 0 {
			t.Errorf("%q is in %v", secret, in)
		}
	}
	if in := holds(t, m.dir, []byte("Ann")); len(in) == 0 {
		t.Error("the search finds nothing")
	}
}

func TestLongNamesAreCutAndStayApart(t *testing.T) {
	m := fresh(t)
	long := fmt.Sprintf("%0*d", 3*MaxName, 7)
	wantTold(t, imports(t, m, ImportCard{Name: long, UID: "a"}, ImportCard{Name: long, UID: "b"}),
		"added "+long[:MaxName], "added "+long[:MaxName-4]+" (2)")
	if _, err := m.AddContact(ctx, long); protocol.CodeOf(err) != protocol.CodeBadName {
		t.Errorf("typed by hand: %v", err)
	}
}
