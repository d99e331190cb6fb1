package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"p4p/localmap"
)

// A name is one on the phone if it is one in the terminal, and becomes the same.
func TestThePhoneTakesTheNamesThatTheTerminalTakes(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.open(serveModules(t, nil))
	for _, name := range []string{
		"Bob", "  Bob\t Smith \n", "Bob\u00a0\u3000Smith", "Bob\u0085x", "Zoe\u0308", "李 明", "Åsa-Björk O’Neil, jr.", "J. 🐻", "❤\ufe0f",
		"علي", "You Chen", "Yousef", "R2", "½", "ЖЖ", strings.Repeat("é", 100), strings.Repeat("e\u0301", 100), strings.Repeat("🐻", 100),
		"", " \t\n\u3000", strings.Repeat("x", 101), strings.Repeat("🐻", 101), "Bob\x00", "Bob\x1b[31m", "Bob\u009b",
		"\u202eboB", "Bob\u2066", "Bob\u061c", "Bo\u200bb", "Bo\u200db", "Bo\u00adb", "\ufeffBob", "\ufeff", "\u3164", "Bob\u3164", "\uffa0",
		"\u115f\u1160", "\u17b4", "\u034f", "\u180e", "\u2060", "\u2800", "\u200d", "\u200c\u200d", "\ufe0f", "\ufe00", "Bob\U000e0041", "\U000e0100",
		"Bob\ue000", "Bob\ufffe", "Bob\ufffd", "\u0301Bob", "\u0301", "...", "-", "\ufff9",
		"you", "  YOU ", "(you)", "✓ You", "Y O U", "ｙｏｕ", "anonymous", "Anonymous 3f2a", "ANONYMOUS-1", "anonymously", "a nonymous",
		"5e3f0000-0000-8000-8000-000000000001", "5E3F0000-0000-8000-8000-000000000001", "https://feed.example/f/5e3f0000", "HTTP://x/f/",
		"p4p://x", "https://feed.example", "not p4p://x",
	} {
		want, err := localmap.CheckName(name)
		got := eval[struct{ Name, Code string }](p, fmt.Sprintf(`import("/static/app/names.js").then(({ nameOf }) => ({ Name: nameOf(%s), Code: "" })).catch((err) => ({ Name: "", Code: String(err.code ?? err) }))`, quote(name)))
		if err != nil && got.Code != "bad_name" || err == nil && got.Name != want {
			t.Errorf("%+.60q: the terminal makes %q of it (%v), the page %q (%s)", name, want, err, got.Name, got.Code)
		}
	}
}

func TestWhatIsWrongWithANameIsSaidAndNothingIsCut(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL() + "/#invite")
	pastes := func(name string) {
		t.Helper()
		p.types("Who is it for?", " ")
		if _, err := chromedp.Call(p.ctx, input.InsertText, input.InsertTextParams{Text: name}); err != nil {
			t.Fatal(err)
		}
		p.press("Make the invite")
	}
	pastes(strings.Repeat("x", 101))
	p.sees("A name has at most 100 characters; this one has 101.")
	pastes("The 👩\u200d👧 next door") // in which nobody sees what joins them
	p.sees("A name cannot contain an emoji that is made of several: type it without.")
	bears := strings.Repeat("🐻", 90) // two of a browser's units each
	pastes(bears)
	p.sees("Let " + bears + " scan this")
}
