package tui

import (
	"errors"
	"strings"
	"testing"
)

func TestTheToastTellsWhichClipboardTookTheLink(t *testing.T) {
	f := lively()
	p := sit(t, f, 80, 24)
	p.press("i").types("Bob").press("enter", "c").sees("Sent to your terminal (OSC", "which confirms nothing:", "if pasting gives nothing, l", "shows the link.")
	link := aLink(false).URL()
	f.clip = "wl-copy"
	p.press("c").sees("Copied with wl-copy.").did("invite Bob", "wl-copy < "+link)
	if p.copied != link { // the terminal gets it too: it may stand on another machine
		t.Errorf("the terminal got %q", p.copied)
	}
}

func TestAClipboardThatFailsIsNotCalledCopied(t *testing.T) {
	f := linked("See https://a.example/x and https://b.example/")
	f.clipErr = errors.New("xclip: it did not end in time")
	p := sit(t, f, 100, 30)
	p.press("j", "y", "1").sees("Sent https://a.example/x to your terminal").doesNotSee("Copied")
	p.press("L").sees("Sent https://a.example/x", "xclip: it did not end in time")
}

func TestTheLogNeverHoldsACopiedSecret(t *testing.T) {
	f := lively()
	f.clipErr = errors.New("xsel: exit status 1")
	p := sit(t, f, 120, 40)
	p.press("i").types("Bob").press("enter", "c", "esc", "L").sees("xsel: exit status 1")
	if link := aLink(false).URL(); strings.Contains(p.flat(), link[strings.Index(link, "#"):]) {
		t.Errorf("the log:\n%s", p.text())
	}
}
