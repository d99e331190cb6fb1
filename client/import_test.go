package client

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

// atHome is a client that no server is near.
func atHome(t *testing.T) *Client {
	t.Helper()
	c, err := Open(t.Context(), Options{Home: t.TempDir(), Server: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func phoneBook(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "book.vcf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAPhoneBookOfThousandsComesInAndIsKnownAgain(t *testing.T) {
	t.Parallel()
	const people = 2000
	var text strings.Builder
	for i := range people {
		name := fmt.Sprintf("Person %d", i)
		if i%100 == 99 {
			name = "Bob"
		}
		fmt.Fprintf(&text, "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:%s\r\nTEL:+49 171 %07d\r\nEND:VCARD\r\n", name, i)
	}
	c, file := atHome(t), phoneBook(t, text.String())
	changes := c.Changes()
	for round, want := range []int{people, 0} {
		report, err := c.ImportContacts(t.Context(), file, ImportOptions{})
		if err != nil || report.Added != want || report.Changed != 0 || len(report.Skipped) != 0 {
			t.Fatalf("round %d: added %d, changed %d, skipped %v, %v", round, report.Added, report.Changed, report.Skipped, err)
		}
		if told := len(report.Notes); told > importNotes {
			t.Errorf("%d notes", told)
		}
	}
	if what, err := changes.Next(t.Context()); err != nil || what&FriendsChanged == 0 {
		t.Errorf("changed %b, %v", what, err)
	}
	book, err := c.Contacts(t.Context())
	if err != nil || len(book) != people {
		t.Errorf("%d people, %v", len(book), err)
	}
	bobs := 0
	for _, b := range book {
		if b.Name == "Bob (…0199)" {
			bobs++
		}
	}
	if bobs != 1 {
		t.Errorf("the second Bob is told apart %d times", bobs)
	}
}

func TestAFaultyCardCostsNoOther(t *testing.T) {
	c := atHome(t)
	report, err := c.ImportContacts(t.Context(), phoneBook(t, "BEGIN:VCARD\nFN:Ann\nBEGIN:VCARD\nnonsense\nEND:VCARD\nBEGIN:VCARD\nFN:you\nEND:VCARD\nBEGIN:VCARD\nFN:Ben\nEND:VCARD\nrest\n"), ImportOptions{})
	if err != nil || report.Added != 2 {
		t.Fatalf("%+v, %v", report, err)
	}
	if len(report.Skipped) != 2 || report.Skipped[0].Card != 2 || report.Skipped[1].Card != 3 {
		t.Errorf("skipped %+v", report.Skipped)
	}
	if len(report.Notes) != 3 || !strings.Contains(report.Notes[2], "Line 12 ") {
		t.Errorf("noted %q", report.Notes)
	}
}

func TestWhatCannotBeImportedSaysWhy(t *testing.T) {
	c := atHome(t)
	for what, file := range map[string]string{
		"no such file":        filepath.Join(t.TempDir(), "nowhere.vcf"),
		"is a directory":      t.TempDir(),
		"is empty":            phoneBook(t, ""),
		"no line BEGIN:VCARD": phoneBook(t, "Name;Number\n"),
	} {
		_, err := c.ImportContacts(t.Context(), file, ImportOptions{})
		if protocol.CodeOf(err) != protocol.CodeBadPhoneBook || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestADryRunTellsWhatAnImportDoesAndDoesNothing(t *testing.T) {
	c := atHome(t)
	var text strings.Builder
	for i := range 3 * importBatch / 2 { // more than one batch
		fmt.Fprintf(&text, "BEGIN:VCARD\nFN:Person %d\nTEL;TYPE=CELL:+49 171 %07d\nEND:VCARD\n", i%250, i%250)
	}
	file := phoneBook(t, text.String()+"BEGIN:VCARD\nTEL:1\nEND:VCARD\nBEGIN:VCARD\nnonsense\nFN:Bob\nEND:VCARD\n")
	changes := c.Changes()
	planned, err := c.ImportContacts(t.Context(), file, ImportOptions{Numbers: true, DryRun: true})
	if err != nil || planned.Added != 251 || len(planned.Skipped) != 51 || len(planned.Notes) != 1 {
		t.Fatalf("%d added, %d skipped, noted %q, %v", planned.Added, len(planned.Skipped), planned.Notes, err)
	}
	if book, err := c.Contacts(t.Context()); err != nil || len(book) != 0 {
		t.Fatalf("%d people, %v", len(book), err)
	}
	did, err := c.ImportContacts(t.Context(), file, ImportOptions{Numbers: true})
	if d := cmp.Diff(planned, did); err != nil || d != "" {
		t.Errorf("%v, %s", err, d)
	}
	if got := did.People[7]; got != (ImportedPerson{Name: "Person 7", New: true, Number: "+491710000007"}) {
		t.Errorf("%+v", got)
	}
	if what, err := changes.Next(t.Context()); err != nil || what&FriendsChanged == 0 {
		t.Errorf("changed %b, %v", what, err)
	}
	if again, err := c.ImportContacts(t.Context(), file, ImportOptions{DryRun: true}); err != nil || again.Unchanged != 251 || len(again.People) != 0 {
		t.Errorf("again: %d unchanged, %v", again.Unchanged, err)
	}
}

func TestNumbersAreKeptIfAgreedToAndForgottenOnDemand(t *testing.T) {
	c := atHome(t)
	file := phoneBook(t, "BEGIN:VCARD\nFN:Ann\nTEL:030111\nTEL;TYPE=CELL:+49 171 222\nEND:VCARD\n")
	number := func() string {
		t.Helper()
		book, err := c.Contacts(t.Context())
		if err != nil || len(book) != 1 {
			t.Fatalf("%+v, %v", book, err)
		}
		return book[0].Number
	}
	for _, agreed := range []bool{false, true} {
		if _, err := c.ImportContacts(t.Context(), file, ImportOptions{Numbers: agreed}); err != nil {
			t.Fatal(err)
		}
		if got := number(); (got == "+49171222") != agreed {
			t.Errorf("agreed %v: %q", agreed, got)
		}
	}
	if n, err := c.ForgetNumbers(t.Context()); n != 1 || err != nil || number() != "" {
		t.Errorf("%d forgotten, %v, %q stays", n, err, number())
	}
}
