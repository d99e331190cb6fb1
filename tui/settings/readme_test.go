package settings_test

import (
	"os"
	"strings"
	"testing"

	"p4p/tui/keymap"
	"p4p/tui/settings"
)

// example is the settings file that README.md shows.
func example(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), "\n## Your settings\n")
	if !ok {
		t.Fatal("README.md has no part about settings")
	}
	var lines []string
	for l := range strings.Lines(text) {
		code, indented := strings.CutPrefix(l, "    ")
		switch {
		case indented:
			lines = append(lines, code)
		case strings.TrimSpace(l) == "" && lines != nil:
			lines = append(lines, l)
		case lines != nil:
			return strings.Join(lines, "")
		}
	}
	t.Fatal("README.md shows no settings")
	return ""
}

func TestTheExampleInTheReadmeHolds(t *testing.T) {
	text := example(t)
	s, problems := settings.Parse("README.md", strings.NewReader(text))
	if len(problems) > 0 {
		t.Fatalf("%v, of\n%s", problems, text)
	}
	if s.Theme != settings.HighContrast || s.Motion != settings.MotionReduced || s.Notifications != settings.Off {
		t.Errorf("it gives %+v", s)
	}
	for _, m := range []keymap.Map{keymap.Feed, keymap.Thread} { // wherever there is a comment to write
		if k := s.Keys.Map(m); k.Intent("C") != keymap.Comment || k.Intent("ctrl+r") != keymap.Comment || k.Intent("c") == keymap.Comment {
			t.Error("the keys for a comment do not hold")
		}
	}
	if f := s.Keys.Map(keymap.Feed); f.Intent("space") != keymap.NewPost || f.Intent("ctrl+d") != keymap.PageDown || f.Intent("n") != keymap.None {
		t.Error("the keys of the feed do not hold")
	}
}
