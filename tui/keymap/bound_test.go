package keymap_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"p4p/tui/keymap"
)

func keysOf(t *testing.T, m keymap.Map, i keymap.Intent) []string {
	t.Helper()
	b, ok := m.Binding(i)
	if !ok {
		t.Fatalf("%s has no %s", m.Name, i)
	}
	return b.Keys
}

func TestAnOverrideHoldsWhereverTheIntentIs(t *testing.T) {
	b, bad := keymap.Bind([]keymap.Override{{Intent: keymap.Comment, Keys: []string{"C", "ctrl+r"}, Line: 3}})
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	for _, m := range []keymap.Map{keymap.Feed, keymap.Thread} {
		m = b.Map(m)
		if m.Intent("C") != keymap.Comment || m.Intent("c") != keymap.None {
			t.Errorf("%s: %v", m.Name, keysOf(t, m, keymap.Comment))
		}
		if got, _ := m.Binding(keymap.Comment); got.Label != "C ctrl+r" {
			t.Errorf("%s tells %q", m.Name, got.Label)
		}
	}
	if keymap.Feed.Intent("c") != keymap.Comment {
		t.Error("the map that comes with the app was changed")
	}
}

func TestAnOverrideForAPlaceWinsOverOneForAll(t *testing.T) {
	b, bad := keymap.Bind([]keymap.Override{
		{Place: "feed", Intent: keymap.Open, Keys: []string{"e"}, Line: 1},
		{Intent: keymap.Open, Keys: []string{"ctrl+w"}, Line: 2},
	})
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	if b.Map(keymap.Feed).Intent("e") != keymap.Open || b.Map(keymap.FriendList).Intent("ctrl+w") != keymap.Open {
		t.Error("not so")
	}
}

func TestTwoMayChangeTheirKeys(t *testing.T) {
	b, bad := keymap.Bind([]keymap.Override{
		{Place: "feed", Intent: keymap.NewPost, Keys: []string{"i"}, Line: 1},
		{Place: "feed", Intent: keymap.Invite, Keys: []string{"n"}, Line: 2},
	})
	if len(bad) > 0 || b.Map(keymap.Feed).Intent("n") != keymap.Invite {
		t.Error(bad)
	}
}

func TestAKeyWithTwoMeaningsIsRefusedAndBothAreNamed(t *testing.T) {
	for _, tt := range []struct {
		name string
		over []keymap.Override
		want []string
	}{
		{"with one that comes with the app", []keymap.Override{{Place: "feed", Intent: keymap.Open, Keys: []string{"n"}, Line: 4}}, []string{`"n" would mean both open and new-post in feed`}},
		{"with one that holds everywhere", []keymap.Override{{Place: "feed", Intent: keymap.Open, Keys: []string{"?"}, Line: 4}}, []string{`"?" would mean both open and help in feed`}},
		{"with another of the file", []keymap.Override{
			{Place: "feed", Intent: keymap.Open, Keys: []string{"e"}, Line: 4},
			{Place: "feed", Intent: keymap.Invite, Keys: []string{"e"}, Line: 9},
		}, []string{`"e" would mean both invite and open in feed (line 4)`}},
		{"in one of its places only", []keymap.Override{{Intent: keymap.Down, Keys: []string{"n"}, Line: 4}}, []string{`"n" would mean both down and new-post in feed`}},
		{"a letter where one types", []keymap.Override{{Place: "writing", Intent: keymap.Send, Keys: []string{"s"}, Line: 4}}, []string{`"s" is text where one types`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, bad := keymap.Bind(tt.over)
			if len(bad) != len(tt.want) {
				t.Fatalf("told: %v", bad)
			}
			for i, c := range bad {
				if !strings.Contains(c.Text, tt.want[i]) || c.Line != tt.over[len(tt.over)-1].Line {
					t.Errorf("told: line %d: %s", c.Line, c.Text)
				}
			}
			for _, m := range keymap.Places() {
				for i := range m.Bindings {
					if got, want := b.Map(m).Bindings[i].Keys, m.Bindings[i].Keys; !slices.Equal(got, want) {
						t.Errorf("%s: %v was left instead of %v", m.Name, got, want)
					}
				}
			}
		})
	}
}

func TestALetterForEveryPlaceStaysTextWhereOneTypes(t *testing.T) {
	b, bad := keymap.Bind([]keymap.Override{{Intent: keymap.Help, Keys: []string{"H", "f2"}, Line: 1}})
	if len(bad) > 0 || !slices.Equal(keysOf(t, b.Map(keymap.Typing), keymap.Help), []string{"f2"}) {
		t.Error(bad, keysOf(t, b.Map(keymap.Typing), keymap.Help))
	}
}

// Whatever a file asks for, no key means two things that it does not mean already, and
// every intent keeps a key.
func TestWhateverIsAskedForNoKeyGetsTwoMeanings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var over []keymap.Override
		for line := range rapid.IntRange(1, 6).Draw(t, "lines") {
			m := rapid.SampledFrom(keymap.Places()).Draw(t, "place")
			o := keymap.Override{Place: m.Place(), Line: line + 1}
			if rapid.Bool().Draw(t, "everywhere") {
				o.Place = ""
			}
			o.Intent = rapid.SampledFrom(m.Bindings).Draw(t, "binding").Intent
			o.Keys = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "n", "?", "y", "ctrl+c", "ctrl+s", "f5", "enter"}), 1, 2).Draw(t, "keys")
			over = append(over, o)
		}
		b, _ := keymap.Bind(over)
		for _, m := range keymap.Places() {
			bound := b.Map(m)
			for i, x := range bound.Bindings {
				if len(x.Keys) == 0 {
					t.Fatalf("%s: %s has no key", m.Name, x.Intent)
				}
				for j, y := range bound.Bindings {
					for _, k := range x.Keys {
						if i != j && slices.Contains(y.Keys, k) {
							t.Fatalf("%s: %q is %s and %s", m.Name, k, x.Intent, y.Intent)
						}
					}
				}
			}
		}
	})
}

func TestKeysAreReadHoweverTheyAreWritten(t *testing.T) {
	for in, want := range map[string]string{
		"n": "n", "N": "N", "shift+n": "N", "ctrl+S": "ctrl+s", "alt+ctrl+x": "ctrl+alt+x", "Shift+Tab": "shift+tab", "PgDown": "pgdown",
		"ctrl++": "ctrl++", "+": "+", "F5": "f5", "ä": "ä", "ctrl+space": "ctrl+space",
	} {
		if got, ok := keymap.Key(in); !ok || got != want {
			t.Errorf("%q is read as %q, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "escape", "ctrl+", "ctrl+ctrl+x", "strg+x", "f0", "f21", "nn", "\x1b", " ", "\u202e", "\xff"} {
		if got, ok := keymap.Key(in); ok {
			t.Errorf("%q is read as %q", in, got)
		}
	}
}

// declared are the names of the constants or variables that a file declares.
func declared(t *testing.T, file string, tok token.Token) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == tok {
			for _, s := range g.Specs {
				for _, n := range s.(*ast.ValueSpec).Names {
					out = append(out, n.Name)
				}
			}
		}
	}
	return out
}

func TestEveryIntentHasANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for i, constant := range declared(t, "keymap.go", token.CONST)[1:] {
		intent := keymap.Intent(i + 1)
		name := intent.String()
		if name == "none" || seen[name] || keymap.Named(name) != intent {
			t.Errorf("%s is called %q", constant, name)
		}
		seen[name] = true
	}
}

func TestEveryMapIsAPlaceWithANameOfItsOwn(t *testing.T) {
	n, seen := 0, map[string]bool{}
	for _, name := range declared(t, "maps.go", token.VAR) {
		if name[0] >= 'A' && name[0] <= 'Z' && name != "All" {
			n++
		}
	}
	for _, m := range keymap.Places() {
		if got, ok := keymap.InPlace(m.Place()); !ok || got.Name != m.Name || seen[m.Name] {
			t.Errorf("%s is called %q", m.Name, m.Place())
		}
		seen[m.Name] = true
	}
	if n != len(keymap.Places()) {
		t.Errorf("%d maps are declared, %d are places", n, len(keymap.Places()))
	}
}
