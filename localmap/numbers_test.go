package localmap

import (
	"bytes"
	"database/sql"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// numbers are the telephone numbers of the phone book, by name.
func numbers(t tester, m *Map) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, c := range must[[]Contact](t)(m.Contacts(ctx)) {
		if c.Number != "" {
			all[c.Name] = c.Number
		}
	}
	return all
}

func wantNumbers(t tester, m *Map, want map[string]string) {
	t.Helper()
	if d := cmp.Diff(want, numbers(t, m)); d != "" {
		t.Fatal(d)
	}
}

func ann(number string) ImportCard {
	return ImportCard{N: 1, Name: "Ann", UID: "a", Numbers: []string{"491711234567"}, Phone: number}
}

func TestANumberIsKeptOnlyWhereThatWasAgreedTo(t *testing.T) {
	m := fresh(t)
	must[[]Imported](t)(m.NewImport(false).Add(ctx, []ImportCard{ann("+491711234567")}))
	wantNumbers(t, m, map[string]string{})
	gone(t, m.dir, []byte("491711234567"), "the number")
	got := must[[]Imported](t)(m.NewImport(true).Add(ctx, []ImportCard{ann("+491711234567")}))
	if got[0].Fate != Changed || got[0].What != "with the number +491711234567" {
		t.Errorf("%+v", got[0])
	}
	wantNumbers(t, m, map[string]string{"Ann": "+491711234567"})
	// A later import without agreement leaves it, and so does a card without a number.
	must[[]Imported](t)(m.NewImport(false).Add(ctx, []ImportCard{ann("+491719999999")}))
	must[[]Imported](t)(m.NewImport(true).Add(ctx, []ImportCard{ann("")}))
	wantNumbers(t, m, map[string]string{"Ann": "+491711234567"})
}

func TestANumberGoesWithItsPersonAndLeavesNoTrace(t *testing.T) {
	m := fresh(t)
	keep := func(number string) {
		must[[]Imported](t)(m.NewImport(true).Add(ctx, []ImportCard{ann(number)}))
	}
	keep("+491711234567")
	old := planted(t, m.dir, []byte("+491711234567"))
	keep("+491717654321") // the phone book says another now
	gone(t, m.dir, old, "the old number")
	must[Contact](t)(m.RenameContact(ctx, "Ann", "Sis"))
	wantNumbers(t, m, map[string]string{"Sis": "+491717654321"})
	number := planted(t, m.dir, []byte("+491717654321"))
	ok(t, m.RemoveContact(ctx, "Sis"))
	gone(t, m.dir, number, "the number")
	// Whoever gets the name afterwards does not get the number.
	must[Contact](t)(m.AddContact(ctx, "Sis"))
	wantNumbers(t, m, map[string]string{})
}

func TestAllNumbersAreForgottenAtOnce(t *testing.T) {
	m := fresh(t)
	must[[]Imported](t)(m.NewImport(true).Add(ctx, []ImportCard{ann("+491711234567"), {N: 2, Name: "Ben", Phone: "030222"}, {N: 3, Name: "Cy"}}))
	number := planted(t, m.dir, []byte("+491711234567"))
	if n := must[int64](t)(m.ForgetNumbers(ctx)); n != 2 {
		t.Errorf("%d forgotten", n)
	}
	wantNumbers(t, m, map[string]string{})
	wantBook(t, m, "Ann", "Ben", "Cy")
	gone(t, m.dir, number, "the number")
}

func TestABackupHasTheNumbers(t *testing.T) {
	m, again := fresh(t), fresh(t)
	must[[]Imported](t)(m.NewImport(true).Add(ctx, []ImportCard{ann("+491711234567")}))
	ok(t, again.Restore(ctx, must[*Backup](t)(ReadBackup(ctx, bytes.NewReader(backupOf(t, m)))), nothingPasses))
	wantNumbers(t, again, map[string]string{"Ann": "+491711234567"})
}

func TestARehearsedImportAnswersAsTheRealOneAndChangesNothing(t *testing.T) {
	m := fresh(t)
	must[[]Imported](t)(m.NewImport(true).Add(ctx, []ImportCard{{N: 1, Name: "Ann Ash", UID: "a"}, {N: 2, Name: "Bob", UID: "b"}}))
	before := tablesOf(t, m)
	book := []ImportCard{
		{N: 1, Name: "Ann Oak", UID: "a", Nickname: "A"},
		{N: 2, Name: "Bob", UID: "b"},
		{N: 3, Name: "Bob", UID: "c", Marks: []string{"Acme"}},
		{N: 4, Name: "you"},
		{N: 5, Name: "Ann Oak", UID: "a"},
	}
	must[sql.Result](t)(m.conn.ExecContext(ctx, "PRAGMA cache_size = 10"))
	for i := range 500 { // more than SQLite holds back now before it writes
		book = append(book, ImportCard{N: 6 + i, Name: fmt.Sprintf("Person %d", i), Phone: fmt.Sprintf("+49171%07d", i)})
	}
	planned := must[[]Imported](t)(m.NewImport(true).Rehearse(ctx, book))
	if d := cmp.Diff(before, tablesOf(t, m)); d != "" {
		t.Fatal(d)
	}
	gone(t, m.dir, []byte("+491710000100"), "a number that was only looked at")
	wantBook(t, m, "Ann Ash", "Bob")
	did := must[[]Imported](t)(m.NewImport(true).Add(ctx, book))
	if d := cmp.Diff(did, planned); d != "" {
		t.Error(d)
	}
	if got := planned[0]; got.Fate != Changed || got.What != `called "Ann Ash" before, with the nickname "A"` {
		t.Errorf("%+v", got)
	}
}
