package plain

import (
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

const (
	zwnj       = '\u200c'
	zwj        = '\u200d'
	emojiStyle = '\ufe0f' // variation selector 16: show as an emoji
	blackFlag  = '\U0001f3f4'
	cancelTag  = '\U000e007f'
)

// class says what a rune is to the cleaner.
type class int

const (
	classInvisible  class = iota // removed
	classUnknown                 // shown as U+FFFD
	classCharacter               // stands by itself
	classMark                    // combines with the character before it
	classBreak                   // ends a line
	classTab                     //
	classSpace                   // any space besides the ideographic one becomes U+0020
	classJoiner                  // U+200C, U+200D
	classEmojiStyle              // U+FE0F
	classSkinTone                // U+1F3FB to U+1F3FF
)

// ignorable lists what has no glyph of its own (the property
// Default_Ignorable_Code_Point and the selectors), whatever its general category.
var ignorable = []*unicode.RangeTable{unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point}

func classOf(r rune) class {
	switch {
	case r == '\n' || r == '\v' || r == '\f' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029':
		return classBreak
	case r == '\t':
		return classTab
	case r == zwj || r == zwnj:
		return classJoiner
	case r == emojiStyle:
		return classEmojiStyle
	case isSkinTone(r):
		return classSkinTone
	case r == '\u2800' || unicode.Is(unicode.Zs, r): // the Braille pattern without dots
		return classSpace
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return classUnknown // visible, yet measured without a width
	case unicode.In(r, unicode.Cc, unicode.Cf), unicode.In(r, ignorable...):
		return classInvisible
	case unicode.Is(unicode.M, r):
		return classMark
	case unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S), isNewEmoji(r):
		return classCharacter
	}
	return classUnknown
}

// isOrdinary reports whether r is one of the letters, signs and emojis that most text
// is made of: assigned, with a width, and attached to nothing. It is the fast answer
// for what classOf calls a character.
func isOrdinary(r rune) bool {
	switch {
	case r < 0x300: // ASCII, Latin
		return r >= ' ' && r <= '~' || r > '\u00a0' && r != '\u00ad'
	case r < 0x530: // Greek, Cyrillic
		return r >= 0x3a3 && r <= 0x482 || r >= 0x48a
	case r < 0x2000: // Hebrew and Arabic letters, more Latin, Greek with breathings
		return r >= 0x5d0 && r <= 0x5ea || r >= 0x620 && r <= 0x64a || r >= 0x1e00 && r <= 0x1f15
	case r < 0x3000: // dashes, quotes, bullets; currencies; arrows, mathematics; shapes, dingbats
		return r >= 0x2010 && r <= 0x2027 || r >= 0x20a0 && r <= 0x20c0 || r >= 0x2190 && r <= 0x2426 ||
			r >= 0x2460 && r <= 0x27ff
	case r < 0xac00: // Chinese, Japanese
		return r > ideographicSpace && r <= 0x3029 || r >= 0x3041 && r <= 0x3096 ||
			r >= 0x309b && r <= 0x30ff || r >= 0x4e00 && r <= 0x9fff
	case r < 0x10000: // Hangul; full-width forms
		return r <= 0xd7a3 || r >= 0xff01 && r <= 0xff60
	default: // the emojis before and behind the skin tones
		return r >= 0x1f300 && r <= 0x1f3f3 || r >= 0x1f400 && r <= 0x1f64f || r >= 0x1f900 && r <= 0x1f9ff
	}
}

// isCleanBlock reports whether Block has nothing to do, so that most texts cost one
// look and no copy. It may say no to a clean text.
func isCleanBlock(s string) bool {
	for _, r := range s {
		if r != '\n' && !isOrdinary(r) {
			return false
		}
	}
	return true
}

func isCleanLine(s string) bool {
	last := ' ' // as behind a space: no space may begin the line
	for _, r := range s {
		if !isOrdinary(r) || r == ' ' && last == ' ' {
			return false
		}
		last = r
	}
	return s == "" || last != ' '
}

func isSkinTone(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }

// isNewEmoji reports whether r was made an emoji after this Go's tables were: the table
// that measures text knows it as two cells wide.
func isNewEmoji(r rune) bool {
	return r >= 0x1f300 && r <= 0x1faff && ansi.StringWidth(string(r)) == 2
}

func isEmoji(r rune) bool { return r >= 0xa9 && unicode.Is(emojis, r) }

func usesJoiners(r rune) bool {
	return r >= 0x600 && (r < 0x2e80 || r > 0xa4cf) && unicode.In(r, scriptsWithJoiners...)
}

// flagTags returns the tags at the start of s that make a black flag one of a region,
// such as gbsct for Scotland: two letters, one to four letters or digits, the end tag.
// It is empty if s begins with anything else.
func flagTags(s string) string {
	n := 0
	for i, r := range s {
		letter := r >= 0xe0061 && r <= 0xe007a
		digit := r >= 0xe0030 && r <= 0xe0039
		switch {
		case r == cancelTag && n >= 3:
			return s[:i+len(string(cancelTag))]
		case n < 6 && (letter || digit && n >= 2):
			n++
		default:
			return ""
		}
	}
	return ""
}
