package plain

import (
	"strings"
	"testing"
)

func TestWhatDrivesATerminalOrHidesIsTakenOut(t *testing.T) {
	zalgo := "Z" + strings.Repeat("\u0301", 30) + "algo"
	tests := []struct{ what, in, block string }{
		{"plain text is left alone", "Hello, world.", "Hello, world."},
		{"an empty text stays empty", "", ""},
		{"letters, signs and emojis of all sorts are left alone", "Grüße, Ελλάδα, Привет, שלום, 日本語, 한국어, ✓ ★ 👍", "Grüße, Ελλάδα, Привет, שלום, 日本語, 한국어, ✓ ★ 👍"},

		{"a colour is taken out (CSI)", "a\x1b[31mred\x1b[0mb", "aredb"},
		{"a cursor jump is taken out (CSI)", "a\x1b[2J\x1b[1;1Hb", "ab"},
		{"a mode with prefix and intermediates is taken out (CSI)", "a\x1b[?1049h\x1b[>4;2m\x1b[!p\x1b[2 qb", "ab"},
		{"a CSI that breaks off takes only its parameters", "a\x1b[12;\nb", "a\nb"},
		{"a CSI at the end of the text is taken out", "a\x1b[", "a"},
		{"a CSI as one C1 character is taken out whole", "a\u009b31mb", "ab"},
		{"a CSI as a stray byte is taken out whole and leaves a mark", "a\x9b31mb", "a\ufffdb"},

		{"a window title is taken out (OSC ended by BEL)", "a\x1b]0;owned\ab", "ab"},
		{"a window title is taken out (OSC ended by ST)", "a\x1b]2;owned\x1b\\b", "ab"},
		{"a hyperlink leaves its text (OSC 8)", "\x1b]8;;https://evil.example\x1b\\text\x1b]8;;\x1b\\", "text"},
		{"the clipboard is not written (OSC 52)", "a\x1b]52;c;cm0gLXJmIC8=\ab", "ab"},
		{"an OSC as one C1 character ends with a C1 string terminator", "a\u009d0;owned\u009cb", "ab"},
		{"an OSC without an end takes its line and no more", "a\x1b]0;owned\nb", "a\nb"},
		{"an OSC that another sequence breaks off is taken out", "a\x1b]0;owned\x1b[31mb", "ab"},
		{"a cancelled OSC is taken out", "a\x1b]0;owned\x18b", "ab"},
		{"a picture is taken out though it has line breaks (DCS)", "a\x1bPq#0;2\n~-~\n\x1b\\b", "ab"},
		{"a DCS does not end with BEL", "a\x1bP1\a2\x1b\\b", "ab"},
		{"an APC is taken out (kitty graphics)", "a\x1b_Gf=100;AAAA\x1b\\b", "ab"},
		{"a PM is taken out", "a\x1b^secret\x1b\\b", "ab"},
		{"an SOS is taken out", "a\x1bXsecret\x1b\\b", "ab"},
		{"a title for screen and tmux is taken out", "a\x1bkowned\x1b\\b", "ab"},

		{"a reset is taken out (two bytes)", "a\x1bcb", "ab"},
		{"a saved cursor is taken out (two bytes)", "a\x1b7\x1b8b", "ab"},
		{"another character set is taken out (three bytes)", "a\x1b(0b\x1b#8c", "abc"},
		{"a single shift takes the character that it shifts", "a\x1bOPb\u008eQc", "abc"},
		{"ESC before a line break takes nothing else", "a\x1b\nb", "a\nb"},
		{"ESC before an umlaut takes nothing else", "a\x1bäb", "aäb"},
		{"two ESC before a sequence do not save it", "a\x1b\x1b[31mb", "ab"},
		{"ESC at the end is taken out", "a\x1b", "a"},

		{"bell, backspace and null are taken out (C0)", "a\a\b\x00b", "ab"},
		{"shift out is taken out (C0)", "a\x0eb\x0f", "ab"},
		{"DEL is taken out", "a\x7fb", "ab"},
		{"a lone C1 character is taken out", "a\u0084\u0099b", "ab"},
		{"a carriage return cannot overwrite the line", "harmless\rharmful", "harmless\nharmful"},
		{"a line break of Windows is one line break", "a\r\nb", "a\nb"},
		{"line breaks of every kind are line breaks", "a\vb\fc\u0085d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"},
		{"a tab is four spaces", "a\tb", "a    b"},

		{"a stray byte leaves a mark", "a\xffb", "a\ufffdb"},
		{"a cut-off character leaves one mark", "a\xe2\x9bb", "a\ufffdb"},
		{"a run of stray bytes leaves one mark", "a\xff\xfe\xfdb", "a\ufffdb"},
		{"an overlong ESC leaves a mark and no sequence", "a\xc0\x9b[31mb", "a\ufffd[31mb"},
		{"a surrogate leaves a mark", "a\xed\xa0\x80b", "a\ufffdb"},
		{"the mark itself is text", "a\ufffd\ufffdb", "a\ufffd\ufffdb"},

		{"bidi overrides are taken out", "a\u202egnp.exe\u202cb", "agnp.exeb"},
		{"bidi isolates and marks are taken out", "\u2066a\u2069\u200e\u200f\u061cb", "ab"},
		{"zero-width spaces are taken out", "a\u200b\u2060\u2061\u2064\ufeffb", "ab"},
		{"a soft hyphen is taken out", "a\u00adb", "ab"},
		{"letters that show nothing are taken out", "a\u115f\u1160\u3164\uffa0\u034f\u180e\u17b4b", "ab"},
		{"spaces of every width are spaces", "a\u00a0\u2003\u202f\u2800b", "a    b"},
		{"the ideographic space stays", "山田\u3000太郎", "山田\u3000太郎"},
		{"tags hide nothing", "a" + tags("hidden") + "b", "ab"},
		{"tags behind a flag must name a region", "🏴" + tags("hidden!!") + "b", "🏴b"},
		{"a flag's region has no more than six tags", "🏴" + tags("gbscttt") + "\U000e007f", "🏴"},
		{"a flag of a region joins no emoji", "🏴" + tags("gbsct") + "\U000e007f\u200d👍", "🏴" + tags("gbsct") + "\U000e007f👍"},
		{"the flag of Scotland stays", "🏴" + tags("gbsct") + "\U000e007f!", "🏴" + tags("gbsct") + "\U000e007f!"},
		{"variation selectors hide nothing", "a\ufe00\ufe0f\U000e0100\U000e01efb", "ab"},
		{"one emoji style stays on an emoji", "❤\ufe0f\ufe0f\ufe0f", "❤\ufe0f"},
		{"a text style, which changes the width in some terminals, is taken out", "⌚\ufe0e", "⌚"},
		{"a star is no emoji and takes no style", "★\ufe0f", "★"},
		{"a keycap stays", "1\ufe0f\u20e3 #\ufe0f\u20e3", "1\ufe0f\u20e3 #\ufe0f\u20e3"},
		{"a digit that is no keycap takes no style", "1\ufe0f2", "12"},
		{"private use leaves a mark", "a\ue0a0\U000f0001b", "a\ufffd\ufffdb"},
		{"a code point that is not assigned leaves a mark", "a\u0378\uffffb", "a\ufffd\ufffdb"},
		{"an emoji newer than this program's tables stays", "\U0001fae9", "\U0001fae9"},

		{"joiners between Latin letters are taken out", "pay\u200dpal\u200c!", "paypal!"},
		{"a joiner at the end is taken out", "نامه\u200c", "نامه"},
		{"Persian keeps the joiner that it is written with", "می\u200cخواهم", "می\u200cخواهم"},
		{"Devanagari keeps the joiner that it is written with", "क्\u200dष", "क्\u200dष"},
		{"Bengali keeps the joiner before a virama", "র\u200d্য", "র\u200d্য"},
		{"many joiners are one", "می\u200c\u200d\u200c\u200cخواهم", "می\u200cخواهم"},
		{"a family stays one emoji", "👨\u200d👩\u200d👧\u200d👦", "👨\u200d👩\u200d👧\u200d👦"},
		{"a couple with styles and skin tones stays one emoji", "👩🏻\u200d❤\ufe0f\u200d💋\u200d👨🏼", "👩🏻\u200d❤\ufe0f\u200d💋\u200d👨🏼"},
		{"a joiner behind the last emoji is taken out", "👍\u200d!", "👍!"},
		{"a non-joiner between emojis is taken out", "👍\u200c👍", "👍👍"},
		{"a flag of two letters stays", "🇩🇪🇫🇷", "🇩🇪🇫🇷"},
		{"a skin tone stays on an emoji", "👍🏽", "👍🏽"},
		{"a skin tone on a letter leaves a mark", "a🏽", "a\ufffd"},
		{"a skin tone on a skin tone leaves a mark", "👍🏽🏽", "👍🏽\ufffd"},

		{"a tower of marks is cut", zalgo, "Z\u0301\u0301\u0301\u0301algo"},
		{"marks with nothing below them are taken out", "\u0301a\n\u0308b", "a\nb"},
		{"pointed Hebrew stays", "שָּׁ", "שָּׁ"},
		{"a chain of conjuncts that makes one endless character leaves a mark", strings.Repeat("क्", 50) + "ष", "\ufffd"},
		{"a pile of Jamo that makes one endless character leaves a mark", strings.Repeat("\u1100", 50) + "!", "\ufffd!"},
		{"a sign that is measured without a width leaves a mark", "a\u0600b", "a\ufffdb"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			if got := Block(test.in).String(); got != test.block {
				t.Errorf("Block(%+q) = %+q, want %+q", test.in, got, test.block)
			}
		})
	}
}

func TestALineHasNoBreaksAndSingleSpaces(t *testing.T) {
	tests := []struct{ what, in, line string }{
		{"plain text is left alone", "Alice Example", "Alice Example"},
		{"line breaks are spaces", "Alice\n\r\n\u2028Bob", "Alice Bob"},
		{"a tab is a space", "Alice\tBob", "Alice Bob"},
		{"spaces build no columns", "Alice                 ✓ verified", "Alice ✓ verified"},
		{"spaces at the ends go", " \u00a0 Alice \n", "Alice"},
		{"a text of spaces is empty", " \t\u3000\u2800 \n", ""},
		{"a single ideographic space stays", "山田\u3000太郎", "山田\u3000太郎"},
		{"a mark on a space keeps the space", "a \u0301b", "a \u0301b"},
		{"a mark behind leading spaces has nothing below it", "  \u0301b", "b"},
		{"a sequence between spaces leaves one space", "a \x1b[31m b", "a b"},
		{"a space ends what a joiner joins", "می \u200cخواهم\u200c خوب", "می خواهم خوب"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			if got := Line(test.in).String(); got != test.line {
				t.Errorf("Line(%+q) = %+q, want %+q", test.in, got, test.line)
			}
		})
	}
}

func TestTextSaysWhetherThereIsAnythingToSee(t *testing.T) {
	for in, empty := range map[string]bool{
		"": true, " \n\t": true, "\u200b\u2060": true, "\x1b[31m": true, "\u3164": true, "\u2800": true,
		"a": false, "\xff": false, " . ": false,
	} {
		if got := Block(in).IsEmpty(); got != empty {
			t.Errorf("Block(%+q).IsEmpty() = %t, want %t", in, got, empty)
		}
	}
	if zero := (Text{}); !zero.IsEmpty() || zero.Width() != 0 || zero != Block("") {
		t.Errorf("the zero Text is not the empty text: %q", zero)
	}
}

func TestWidthCountsCellsOfTheWidestLine(t *testing.T) {
	for in, width := range map[string]int{
		"": 0, "abc": 3, "日本": 4, "e\u0301": 1, "👨\u200d👩\u200d👧": 2, "🇩🇪": 2, "1\ufe0f\u20e3": 2,
		"a\nabcd\nab": 4, "\x1b[31mabc": 3,
	} {
		if got := Block(in).Width(); got != width {
			t.Errorf("Block(%+q).Width() = %d, want %d", in, got, width)
		}
	}
}

func TestTruncateCutsBetweenCharactersAndSaysSo(t *testing.T) {
	tests := []struct {
		in    string
		cells int
		out   string
	}{
		{"hello", 5, "hello"},
		{"hello", 4, "hel…"},
		{"hello", 1, "…"},
		{"hello", 0, ""},
		{"hello", -1, ""},
		{"", 0, ""},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"日本語", 2, "…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"👨\u200d👩\u200d👧👍", 3, "👨\u200d👩\u200d👧…"},
		{"hello world", 7, "hello…"},
		{"two\nlines", 80, "two…"},
		{"one line\n\n", 80, "one line"},
	}
	for _, test := range tests {
		if got := Block(test.in).Truncate(test.cells).String(); got != test.out {
			t.Errorf("Block(%q).Truncate(%d) = %q, want %q", test.in, test.cells, got, test.out)
		}
	}
}

// tags writes an ASCII text in the invisible tag characters.
func tags(s string) string {
	return strings.Map(func(r rune) rune { return 0xe0000 + r }, s)
}
