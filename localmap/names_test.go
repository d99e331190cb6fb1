package localmap

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"p4p/protocol"
)

func TestANameIsTidied(t *testing.T) {
	for _, tt := range []struct{ typed, want string }{
		{"Bob", "Bob"},
		{"  Bob\t Smith \n", "Bob Smith"},
		{"Bob\u00a0\u3000Smith", "Bob Smith"},
		{"Zoe\u0308", "Zoë"}, // NFC
		{"李 明", "李 明"},
		{"Åsa-Björk O’Neil, jr.", "Åsa-Björk O’Neil, jr."},
		{"J. 🐻", "J. 🐻"},
		{"❤\ufe0f", "❤\ufe0f"},
		{"علي", "علي"},
		{strings.Repeat("é", MaxName), strings.Repeat("é", MaxName)},
		{strings.Repeat("e\u0301", MaxName), strings.Repeat("é", MaxName)}, // counted in NFC
		{"You Chen", "You Chen"},
		{"Yousef", "Yousef"},
		{"R2", "R2"},
	} {
		got, err := CheckName(tt.typed)
		if err != nil || got != tt.want {
			t.Errorf("%q became %q (%v), want %q", tt.typed, got, err, tt.want)
		}
	}
}

func TestANameThatCouldMisleadIsRefusedWithItsReason(t *testing.T) {
	for _, tt := range []struct{ name, says string }{
		{"", "at least one character"},
		{" \t\n", "at least one character"},
		{strings.Repeat("x", MaxName+1), "this one has 101"},
		{strings.Repeat("x", 1<<20), "far longer"},
		{"Bob\xff", "UTF-8"},
		{"Bob\x00", "a control character (U+0000)"},
		{"Bob\x1b[31m", "a control character (U+001B)"},
		{"Bob\u0085x", "x"},
		{"Bob\u009b", "a control character (U+009B)"},
		{"\u202eboB", "direction of writing (U+202E)"},
		{"Bob\u2066", "direction of writing (U+2066)"},
		{"Bob\u061c", "direction of writing (U+061C)"},
		{"Bo\u200bb", "an invisible character (U+200B)"},
		{"Bo\u200db", "an invisible character (U+200D)"},
		{"Bo\u00adb", "an invisible character (U+00AD)"},
		{"\ufeffBob", "an invisible character (U+FEFF)"},
		{"Bob\u3164", "an invisible character (U+3164)"},
		{"\u2800", "an invisible character (U+2800)"},
		{"Bob\U000e0041", "an invisible character (U+E0041)"},
		{"Bob\ue000", "without a meaning (U+E000)"},
		{"Bob\ufffe", "without a meaning (U+FFFE)"},
		{"Bob\ufffd", "without a meaning (U+FFFD)"},
		{"\u0301Bob", "stands on nothing (U+0301)"},
		{"...", "that can be seen"},
		{"you", "own labels"},
		{"  YOU ", "own labels"},
		{"(you)", "own labels"},
		{"✓ You", "own labels"},
		{"Y O U", "own labels"},
		{"ｙｏｕ", "own labels"},
		{"уоu", "own labels"}, // Cyrillic
		{"Υοu", "own labels"}, // Greek
		{"anonymous", "own labels"},
		{"Anonymous 3f2a", "own labels"},
		{"ANONYMOUS-1", "own labels"},
		{"аnоnуmоus", "own labels"}, // Cyrillic
		{"5e3f0000-0000-8000-8000-000000000001", "a UUID"},
		{"5E3F0000-0000-8000-8000-000000000001", "a UUID"},
		{"https://feed.example/f/5e3f0000", "a link"},
		{"p4p://x", "a link"},
	} {
		if tt.says == "x" { // U+0085 is white space and becomes a space
			if got, err := CheckName(tt.name); err != nil || got != "Bob x" {
				t.Errorf("%q became %q, %v", tt.name, got, err)
			}
			continue
		}
		_, err := CheckName(tt.name)
		if protocol.CodeOf(err) != protocol.CodeBadName || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%.60q: %v, want bad_name that says %q", tt.name, err, tt.says)
		}
	}
}

func TestATidiedNameStaysAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, err := CheckName(rapid.String().Draw(t, "typed"))
		if err != nil {
			return
		}
		if again, err := CheckName(name); err != nil || again != name {
			t.Fatalf("%q became %q, %v", name, again, err)
		}
		if n := utf8.RuneCountInString(name); n < 1 || n > MaxName {
			t.Fatalf("%d characters", n)
		}
		if f := folded(name); folded(f) != f {
			t.Fatalf("%q is folded to %q, and that to %q", name, f, folded(f))
		}
	})
}

func TestSpellingsOfOneNameAreOneName(t *testing.T) {
	for _, group := range [][]string{
		{"Bob", "bob", "BOB", "Ｂｏｂ", "𝐁𝐨𝐛"},
		{"Strasse", "Straße", "STRASSE"},
		{"Zoë", "Zoe\u0308", "ZOË"},
		{"❤", "❤\ufe0f"},
		{"ﬁnn", "Finn"},
		{"ᎠᏂ", "ꭰꮒ"},       // Cherokee
		{"ΝΊΚΟΣ", "νίκος"}, // the final sigma
	} {
		for _, n := range group {
			if folded(n) != folded(group[0]) {
				t.Errorf("%q is folded to %q, %q to %q", n, folded(n), group[0], folded(group[0]))
			}
		}
	}
	for _, pair := range [][2]string{{"Bob", "Rob"}, {"Bob", "Воb"}, {"Jose", "José"}, {"Bob Smith", "BobSmith"}} {
		if folded(pair[0]) == folded(pair[1]) {
			t.Errorf("%q and %q are both folded to %q", pair[0], pair[1], folded(pair[0]))
		}
	}
}
