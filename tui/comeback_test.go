package tui

import (
	"encoding/base32"
	"os"
	"path/filepath"
	"testing"

	"p4p/protocol"
	"p4p/qr"
)

func TestABackupIsAskedForFromTheFirstScreen(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	p.sees("R I have a backup").press("R").sees("Be who you were: which backup?", "in one place only")
	p.press("enter").sees("Type the path of a backup.")
	p.types(filepath.Join(dir, "nowhere")).press("enter").sees("Cannot read the backup", "no such file")
	for range len("nowhere") {
		p.press("backspace")
	}
	file("letter.txt", "Dear Alice")
	p.types("letter.txt").press("enter").sees("Passphrase of the backup")
	p.types("open sesame").doesNotSee("open sesame").press("enter").sees("is no backup of P4P", "Nothing was changed").did()
	p.press("esc")

	cut := file("cut.age", "age-encryption.org/v1\n-> scr")
	p.press("R").types(cut).press("enter").types("open sesame").press("enter").sees("is damaged or was cut", "Nothing was changed").did()
	if p.quit {
		t.Error("the app ended")
	}
}

func TestAMoveIsTakenOnTheNewMachine(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.sees("V I move here from another machine of mine").press("V").sees("Move here from another machine of yours")
	p.press("enter").sees("Type or paste what your other machine shows")
	p.paste(aLink(false).URL()).press("enter").sees("a friend's invite, not a move").press("ctrl+u")

	dir := t.TempDir()
	picture := func(name, text string) string {
		code, err := qr.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := code.PNG(f, 8); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	p.types(picture("link.png", aLink(false).QR())).press("enter").sees("The QR code in this picture is no move").press("ctrl+u")
	p.types(filepath.Join(dir, "nowhere.png")).press("enter").sees("Cannot open the picture").press("ctrl+u")

	text := "P4P://MOVE/" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(append([]byte{1}, make([]byte, 90)...))
	p.types(text[:50]).press("enter").sees("was cut").press("ctrl+u")
	p.types(picture("move.png", text)).press("enter").sees("The code beside the QR code", "Type it by hand")
	p.types("12 letters!").doesNotSee("12 letters!").press("enter").sees("The code has 12 letters and digits", "Nothing was changed")
	p.press("esc")

	// Its text may be pasted there, and nothing else happens to it.
	p.press("V").paste("Look: " + text + " .").sees("P4P://MOVE/").doesNotSee("Take it out again")
	p.press("enter").types("0123").press("enter").did()
	if p.quit {
		t.Error("the app ended")
	}
}

func TestOnlyAnEmptyProfileBecomesAnother(t *testing.T) {
	for _, key := range []string{"R", "V"} {
		for _, where := range [][]string{{}, {"P"}} {
			p := sit(t, lively(), 80, 24)
			p.press(where...).press(key).sees("only an empty one can become another: make a new profile (P, then +)")
			p.doesNotSee("which backup", "Move here").did()
		}
	}
}

func TestAnEmptyProfileOffersUnderYouToBecomeAnother(t *testing.T) {
	sit(t, lively(), 80, 24).press("P").sees("back up your keys").doesNotSee("be who you")
	p := sit(t, newFake(), 80, 24).press("P").sees("R be who you were", "V be who you are")
	p.press("V").sees("Move here from another machine of yours").press("esc", "R").sees("which backup?")
}

func TestWhatCameOfAnArrivalIsToldAtTheStart(t *testing.T) {
	sitWith(t, lively(), 80, 24, Options{Said: "You are yourself again."}, true).sees("You are yourself again.")
	sitWith(t, lively(), 80, 24, Options{Failed: protocol.Errorf(protocol.CodeHomeUnwritable, "The disk is full.")}, true).sees("The disk is full.")
}
