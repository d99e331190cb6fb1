package plain

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// pieces are what hostile texts are made of; a random text mixes them, so that rules
// which look at neighbours meet each other.
var pieces = []string{
	"a", "Z", "1", "#", " ", "  ", "\t", "\n", "\r", "\r\n", "\v", "\u0085", "\u2028", "\u3000", "\u00a0", "\u2800",
	"ä", "é", "е", "ש", "ب", "ک", "क", "र", "ক", "ก", "ำ", "ကာ", "語", "ア", "ﾞ", "한", "、", "（",
	"\u0301", "\u0308\u0308\u0308\u0308\u0308", "\u094d", "\u09cd", "\u064b", "\u0903", "\u102b", "\u20e3", "\u20dd",
	"\u1100", "\u1161", "\u11a8", "\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u1100",
	"\u200b", "\u200c", "\u200d", "\u200e", "\u202e", "\u2066", "\ufeff", "\u00ad", "\u034f", "\u3164", "\u1160", "\u0600",
	"\ufe0e", "\ufe0f", "\ufe00", "\U000e0100", "👍", "❤", "★", "✓", "🏽", "🏴", "👨", "👩", "🇩", "🇪", "🏳",
	"\U000e0067\U000e0062", "\U000e0073\U000e0063\U000e0074", "\U000e007f", "\U000e0001",
	"\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x1bk", "\x1bO", "\x1b(", "\x1b\\", "\x1bc", "\x1b[31m",
	"\u009b", "\u009d", "\u0090", "\u009c", "\u008e", "\x9b", "\x9d", "\x9c", "\x90", "\xff", "\xe2\x9b", "\xc0",
	"0;x", "?1049h", "m", "8;;", "52;c;AAAA", "\a", "\b", "\x18", "\x1a", "\x00", "\x7f",
	"\ufffd", "\ue0a0", "\u0378", "\uffff", "\U0001fae9", "\U0001f3fb",
}

func hostile() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Map(rapid.SliceOf(rapid.SampledFrom(pieces)), func(s []string) string { return strings.Join(s, "") }),
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
}

func TestCleaningTwiceIsCleaningOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkIdempotent(t, hostile().Draw(t, "text")) })
}

func TestNothingForbiddenIsEverLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := hostile().Draw(t, "text")
		checkHarmless(t, s, Block(s))
		checkHarmless(t, s, Line(s))
	})
}

func TestEveryRuneAloneAndBehindALetterIsHarmless(t *testing.T) {
	step := rune(1)
	if testing.Short() {
		step = 7 // every seventh: it shares no factor with the blocks' sizes
	}
	for r := rune(0); r <= unicode.MaxRune; r += step {
		if r >= 0x3400 && r < 0xa000 || r >= 0xac00 && r < 0xf900 || r >= 0x20000 && r < 0xe0000 || r > 0xe0fff {
			r += 0x3e // Chinese, Korean, surrogates, private use, unassigned: all alike
		}
		for _, s := range []string{string(r), "a" + string(r) + "b", "👍" + string(r)} {
			text := Block(s)
			checkHarmless(t, s, text)
			if Block(text.String()) != text {
				t.Errorf("cleaning %+q twice is not cleaning it once", s)
			}
		}
		if isOrdinary(r) && r != ' ' && classOf(r) != classCharacter {
			t.Errorf("%+q is taken for ordinary, but its class is %d", r, classOf(r))
		}
	}
}

func TestEveryEmojiOfTheTableJoinsInTheSegmentation(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !isEmoji(r) {
			continue
		}
		joined := string(r) + "\u200d❤"
		if cluster, _ := ansi.FirstGraphemeCluster(joined, ansi.GraphemeWidth); cluster != joined {
			t.Errorf("%+q is in the table of emojis, but does not join another", r)
		}
	}
}

func TestWrappedLinesFitAndLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := Block(hostile().Draw(t, "text"))
		cells := rapid.IntRange(2, 40).Draw(t, "cells")
		var joined strings.Builder
		for _, line := range text.Wrap(cells) {
			if line.Width() > cells {
				t.Fatalf("a line of %+q is %d cells wide: %+q", text, line.Width(), line)
			}
			if strings.Contains(line.String(), "\n") {
				t.Fatalf("a line holds a line break: %+q", line)
			}
			joined.WriteString(line.String())
		}
		if got, want := letters(joined.String()), letters(text.String()); got != want {
			t.Fatalf("wrapping changed the text: %+q, want %+q", got, want)
		}
	})
}

func TestTruncatedTextFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := Block(hostile().Draw(t, "text"))
		cells := rapid.IntRange(0, 40).Draw(t, "cells")
		cut := text.Truncate(cells)
		if cut.Width() > cells || strings.Contains(cut.String(), "\n") {
			t.Fatalf("%+q is cut to %+q, not to a line of %d cells", text, cut, cells)
		}
		checkHarmless(t, text.String(), cut)
	})
}

func FuzzPlain(f *testing.F) {
	for _, piece := range pieces {
		f.Add(piece + "a")
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkIdempotent(t, s)
		for _, text := range []Text{Block(s), Line(s)} {
			checkHarmless(t, s, text)
			checkTerminal(t, s, text)
		}
	})
}

// checker is what *testing.T and *rapid.T have in common here.
type checker interface {
	Helper()
	Fatalf(format string, args ...any)
}

func checkIdempotent(t checker, s string) {
	t.Helper()
	if once, twice := Block(s), Block(Block(s).String()); once != twice {
		t.Fatalf("Block(%+q) = %+q, and that again is %+q", s, once, twice)
	}
	if once, twice := Line(s), Line(Line(s).String()); once != twice {
		t.Fatalf("Line(%+q) = %+q, and that again is %+q", s, once, twice)
	}
}

// checkHarmless holds a cleaned text against the list of what must not be in it. The
// list is written out here once more, so that a slip in the cleaner's is seen.
func checkHarmless(t checker, in string, text Text) {
	t.Helper()
	s := text.String()
	if !utf8.ValidString(s) {
		t.Fatalf("%+q became invalid UTF-8: %+q", in, s)
	}
	runes := []rune(s)
	marks := 0
	for i, r := range runes {
		var before, after rune
		if i > 0 {
			before = runes[i-1]
		}
		if i+1 < len(runes) {
			after = runes[i+1]
		}
		forbidden := false
		switch {
		case r == '\n':
		case r < ' ', r >= 0x7f && r <= 0x9f, r == 0xad, r == 0x61c, r == 0x180e, r == 0xfeff,
			r >= 0x200b && r <= 0x200f && r != 0x200c && r != 0x200d,
			r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r >= 0xfff0 && r <= 0xfffb,
			r >= 0xfe00 && r <= 0xfe0e, r >= 0xe0100 && r <= 0xe01ef,
			unicode.In(r, unicode.Co, unicode.Cs, unicode.Noncharacter_Code_Point):
			forbidden = true
		case r == 0x200c || r == 0x200d:
			forbidden = before < 0xa9 || after < 0xa9 || before == 0x200c || before == 0x200d
		case r == 0xfe0f:
			forbidden = before < 0xa9 && !(after == 0x20e3 && before >= '#' && before <= '9')
		case r >= 0xe0000 && r <= 0xe007f:
			forbidden = before != 0x1f3f4 && before < 0xe0020
		}
		if forbidden {
			t.Fatalf("%+q became %+q, which holds %+q", in, s, r)
		}
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks++; marks > MaxMarks+1 || before == 0 || before == '\n' { // one more: an emoji's style
			t.Fatalf("%+q became %+q, with a mark too many", in, s)
		}
	}
	for rest := s; rest != ""; {
		cluster, width := ansi.FirstGraphemeCluster(rest, ansi.GraphemeWidth)
		if n := utf8.RuneCountInString(cluster); n > MaxCluster || width < 1 && cluster != "\n" {
			t.Fatalf("%+q became %+q, where %+q has %d code points and %d cells", in, s, cluster, n, width)
		}
		rest = rest[len(cluster):]
	}
}

// letters is a text without what wrapping may drop.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(trimmed+"\n", r) {
			return -1
		}
		return r
	}, s)
}
