package client

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
		report, err := c.ImportContacts(t.Context(), file)
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
	report, err := c.ImportContacts(t.Context(), phoneBook(t, "BEGIN:VCARD\nFN:Ann\nBEGIN:VCARD\nnonsense\nEND:VCARD\nBEGIN:VCARD\nFN:you\nEND:VCARD\nBEGIN:VCARD\nFN:Ben\nEND:VCARD\nrest\n"))
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
		_, err := c.ImportContacts(t.Context(), file)
		if protocol.CodeOf(err) != protocol.CodeBadPhoneBook || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
