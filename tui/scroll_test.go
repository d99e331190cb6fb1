package tui

import (
	"strings"
	"testing"
)

func TestTheNameInALoudWarningIsNeverCut(t *testing.T) {
	for _, name := range []string{"Alice", "Carol with quite a long name"} {
		f := warned()
		f.warnings[0].Text = strings.ReplaceAll(f.warnings[0].Text, "Alice", name)
		p := sit(t, f, 40, 12)
		p.sees("! Press W: Another key took the place of " + name)
		p.press("j").sees("┃").press("W").sees("A warning")
	}
}

func TestEveryRowAboutOneselfIsReachedInASmallWindow(t *testing.T) {
	p := sit(t, lively(), 40, 12).press("P").sees("Device", "↓ 9 more rows")
	seen := p.flat()
	p.press("j").sees("↑", "┃ default").doesNotSee("more rows ┃")
	seen += " " + p.flat()
	for _, s := range []string{"b back up your keys", "K become a stranger", "your friends", "m move to another machine", "X delete all that you ever posted", "Your profiles", "default", "work", "a new profile"} {
		if !strings.Contains(seen, s) {
			t.Errorf("%q is nowhere:\n%s", s, p.text())
		}
	}
	p.press("j").sees("┃ work").press("k", "k").sees("Device", "↓ 9 more rows")
	p.press("j", "j", "enter").did("switch to work")
}

func TestAClickInAScrolledListMeetsTheRowUnderIt(t *testing.T) {
	p := sit(t, lively(), 40, 12).press("P").sees("Device").press("j").sees("┃ default")
	p.clicks("work ").sees("┃ work")
}
