package tui

import (
	"strings"
	"testing"
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
	p.types("book.vcf").press("enter").did("import book.vcf")
	p.sees("Added 1,203, changed 2, skipped 1.", "Card 6 was skipped", "can be mistaken for")
	if strings.Contains(p.text(), "\x1b[31m") {
		t.Error("a card's text reaches the terminal unclean")
	}
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
