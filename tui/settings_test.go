package tui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/tui/keymap"
	"p4p/tui/settings"
	"p4p/tui/theme"
)

// sets sits down with settings.
func sets(t *testing.T, f *fake, text string) *person {
	t.Helper()
	s, problems := settings.Parse("config", strings.NewReader(text))
	return sitWith(t, f, 100, 30, Options{Settings: &s, Problems: problems}, true)
}

func TestAnOverriddenKeyIsHandledAndToldEverywhere(t *testing.T) {
	p := sets(t, lively(), "[keys feed]\nnew-post = N\ncomment = C\n[keys writing]\nattach = alt+o\nback = f4\n")
	p.sees("N post") // the footer
	p.press("n").doesNotSee("New post")
	p.press("N").sees("New post", "alt+o attaches one", "alt+o picture", "f4 close")
	p.press("esc").sees("New post")
	p.send(keyPress("f4")).doesNotSee("New post")
	p.press("?").sees("N", "write a post").press("esc")
	p.press("ctrl+k").types("write a p").sees("N", "write a post").press("enter").sees("New post")
}

func TestAnOverriddenKeyIsToldOnTheWelcome(t *testing.T) {
	sets(t, newFake(), "[keys]\nnew-post = f6\n").sees("f6 write a first post", "i invite a friend", "f6 post")
}

func TestAClickStillDoesWhatItDid(t *testing.T) {
	p := sets(t, lively(), "[keys feed]\nopen = e\n")
	p.press("j").press("enter").doesNotSee("Write a comment", "1 comment")
	p.send(p.app.keyFor(keymap.Feed, keymap.Open)).sees("Post")
}

func TestABadLineIsToldAndTheRestHolds(t *testing.T) {
	p := sets(t, lively(), "thme = dark\n[keys feed]\nopen = n\nnew-post = N\n")
	p.sees("A line of your settings was left out", "do you mean theme?", "L shows it in full")
	p.press("N").sees("New post").press("esc")
	p.press("L").sees("Log", `config, line 1: there is no setting "thme"`)
	p.press("c").sees("Sent to your terminal", "It may hold names")
	if !strings.Contains(p.copied, `config, line 1: there is no setting "thme" (do you mean theme?).`) {
		t.Errorf("copied %q", p.copied)
	}
}

func TestTheLogHasWhatAToastCutsOff(t *testing.T) {
	f := lively()
	p := sit(t, f, 40, 12)
	long := "The server cannot be reached: " + strings.Repeat("it was tried again and again, ", 8) + "with a cause in the middle, " + strings.Repeat("and then once more, ", 4) + "in vain."
	p.run(p.app.say(bad, long))
	p.doesNotSee("a cause in the middle")
	p.press("L").sees("Log").press("G").sees("a cause in the middle")
	p.press("L").doesNotSee("a cause in the middle")
}

func TestTheLogIsBoundedAndClean(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	for range 2 * maxLog {
		p.app.record(bad, "\x1b]0;own\a\u202eesrever", "\x9b2J")
	}
	if len(p.app.log) != maxLog {
		t.Errorf("it holds %d", len(p.app.log))
	}
	p.press("L").sees("own")
	if s := p.app.View().Content; strings.ContainsAny(s, "\a\u202e\u009b") || strings.Contains(s, "\x1b]0") {
		t.Errorf("%q", s)
	}
}

// A screen that hands out a map as it comes with the app would not know of overrides.
func TestEveryScreensKeysAreBound(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, e := range files {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name != "keys" {
				continue
			}
			found++
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				r, ok := n.(*ast.ReturnStmt)
				if !ok {
					return true
				}
				if s, bare := r.Results[0].(*ast.SelectorExpr); bare {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "keymap" {
						t.Errorf("%s: a screen's keys are keymap.%s without bound(…)", e.Name(), s.Sel.Name)
					}
				}
				return true
			})
		}
	}
	if found < 8 {
		t.Errorf("only %d screens were found", found)
	}
}

func TestEveryKeyCanBePressedByItsName(t *testing.T) {
	for _, name := range []string{"n", "N", "ctrl+s", "ctrl+alt+x", "shift+tab", "pgdown", "f20", "alt+enter", "+", "ctrl++", "space", "ä"} {
		if got := keyPress(name).String(); got != name {
			t.Errorf("%q is pressed as %q", name, got)
		}
	}
}

func TestATheme(t *testing.T) {
	for _, tt := range []struct {
		setting        string
		asked          bool // what the terminal says
		dark, contrast bool
	}{
		{"auto", true, true, false},
		{"auto", false, false, false},
		{"dark", false, true, false},
		{"light", true, false, false},
		{"high-contrast", false, false, true},
		{"high-contrast-dark", false, true, true},
		{"high-contrast-light", true, false, true},
	} {
		got := chooseTheme(tt.setting, tt.asked, true)
		want := theme.New(tt.dark, true)
		if tt.contrast {
			want = theme.HighContrast(tt.dark, true)
		}
		if got.Key.Render("x")+got.Pill.Render("x") != want.Key.Render("x")+want.Pill.Render("x") || got.Dark != tt.dark {
			t.Errorf("%+v is not so", tt)
		}
	}
}

func TestWithReducedMotionNothingCountsDown(t *testing.T) {
	f := lively()
	f.status = client.Status{Connection: client.Offline, RetryAt: t0.Add(10 * time.Second)}
	p := sets(t, f, "motion = reduced\n")
	p.sees("It is tried again by itself.").doesNotSee("Next try in")
	if slices.ContainsFunc(p.timers, func(m tea.Msg) bool { _, ok := m.(secondMsg); return ok }) {
		t.Error("a second's timer runs")
	}
	p.press("n")
	if c := p.app.View().Cursor; c == nil || c.Blink {
		t.Errorf("the cursor is %+v", c)
	}
}
