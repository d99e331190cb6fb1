package tui

import (
	"strings"
	"testing"

	"p4p/protocol"
)

func TestABackupAsksTwiceForItsPassphraseAndShowsItNever(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("P", "b").sees("Back up to which file?", "p4p-")
	p.press("enter").sees("Passphrase for the backup").types("four words make it").doesNotSee("four words")
	p.press("enter").sees("once more").types("something else").press("enter").sees("The two are not the same").doesNotSee("something else")
	for range len("something else") {
		p.press("backspace")
	}
	p.types("four words make it").press("enter").did("backup under four words make it").sees("The backup is in")
}

func TestAPhoneBookIsTakenOverAndWhatBecameOfItIsTold(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("P", "i", "enter").sees("Type the path of a vCard file")
	p.types("book.vcf").press("enter").sees("Keep a phone number of each person too?", "no server and no friend gets it").press("n")
	p.sees("Nothing is changed yet. It would add 1,203 people, change 2, leave 17 as they are and skip 1.")
	p.sees("can be mistaken for", "Card 6: The card in line 40 has no name.", `Ann Oak: called "Ann Ash" before`, "+ Person 0").did()
	p.press("G").sees("+ Person 1199", "and 3 more", "take it over").press("g")
	if strings.Contains(p.text(), "+4917") {
		t.Error("numbers that are not to be kept")
	}
	p.press("y").did("import book.vcf").sees("Added 1,203, changed 2, skipped 1.", "can be mistaken for", "Card 6: The card")
	if strings.Contains(p.text(), "\x1b[31m") {
		t.Error("a card's text reaches the terminal unclean")
	}
}

func TestNumbersComeAlongOnlyIfOneAgreesAndNothingBeforeTheLastYes(t *testing.T) {
	for _, no := range []string{"n", "esc"} {
		p := sit(t, lively(), 80, 24)
		p.press("P", "i").types("book.vcf").press("enter", "y").sees("+ Person 0 +49171001000")
		p.press(no).sees("Your profiles").doesNotSee("Person 0").did()
		p.press("i").types("book.vcf").press("enter", "y", "y").did("import book.vcf with numbers")
	}
}

func TestAFileThatIsNoPhoneBookKeepsWhatWasTyped(t *testing.T) {
	f := lively()
	f.err = protocol.Errorf(protocol.CodeBadPhoneBook, "The phone book is empty: export it again.")
	p := sit(t, f, 80, 24)
	p.press("P", "i").types("book.vcf").press("enter").sees("› book.vcf", "export it again").did()
	f.err = nil
	p.press("enter", "n")
	f.err = protocol.Errorf(protocol.CodeBadPhoneBook, "Cannot open the phone book.")
	p.press("y").sees("Nothing is changed yet", "Cannot open the phone book.").did("import book.vcf")
}

func TestAMoveIsShownOnlyAfterItsWarning(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.press("P", "m").sees("Only to a machine of your own").doesNotSee("ABCD-EFGH").press("n")
	p.did().doesNotSee("ABCD-EFGH")
	p.press("m", "y").did("move").sees("Code: ABCD-EFGH-JKLM", "P4P://MOVE/")
}

func TestOneGoesOnAsAnotherProfile(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("P").sees("default", "(you now)", "work")
	p.press("enter").sees("You are default now")
	if p.quit {
		t.Fatal("it ended")
	}
	p.press("j", "enter").did("switch to work")
	if !p.quit {
		t.Error("the app goes on as before")
	}
}

func TestANewProfileNeedsANameThatCanBeOne(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("P", "+").types("a/b").press("enter").sees("cannot be a profile's name")
	for range 3 {
		p.press("backspace")
	}
	p.types("travel").press("enter").did("switch to travel")
	if !p.quit {
		t.Error("the app goes on as before")
	}
}

func TestTheHeaderSaysWhichSelfOneIs(t *testing.T) {
	f := lively()
	f.profile = "work"
	sit(t, f, 80, 24).sees("P4P work")
}
