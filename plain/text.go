// Package plain is the one boundary that makes strangers' text safe to print.
//
// A post, a name in an invite, a file's name: whatever somebody else wrote becomes a
// [Text] before it reaches a terminal, and only this package can make one. A Text
//
//   - holds nothing that a terminal acts upon: no escape sequence of any family, no C0
//     or C1 control but the line break, no bidi control;
//   - holds nothing that hides: no zero-width character but the joiners that a script
//     or an emoji needs, no tag or variation selector outside an emoji, no private use;
//   - takes the room that it says: at most [MaxMarks] marks on a character, at most
//     [MaxCluster] code points in one, and never a character without a width.
//
// What is invisible is removed. What is visible but cannot be shown safely (invalid
// UTF-8, private use, code points that Unicode has not assigned) becomes U+FFFD, so
// that a reader sees that something was there. Cleaning is idempotent.
//
// The text that was signed is never changed: clean on the way to the screen, not on
// the way to the store.
//
// A Text can still say what it likes. "✓ verified", "★", "you", a drawn frame are
// ordinary characters in it, and so are letters that look like other letters. Nothing
// of a Text may therefore be told from the app's own words by its characters: the app
// sets its marks where no Text can stand (another column, another style), puts a name
// through [Line], which leaves it no line breaks and no runs of spaces to build a
// layout with, and cuts it with [Text.Truncate]. Right-to-left letters keep their
// direction: a terminal that reorders them does so within its own line.
package plain

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// MaxMarks is how many combining marks stay on one character. Vietnamese needs two,
// pointed Hebrew up to four; what piles up higher writes over other people's lines.
const MaxMarks = 4

// MaxCluster is how many code points one character on the screen (a grapheme cluster)
// may have. The longest emoji in use, a family of four with skin tones, has eleven. A
// longer cluster becomes one U+FFFD.
const MaxCluster = 12

// Text is text that is safe to print. The zero value is empty. Texts compare with ==.
type Text struct{ s string }

// Block cleans a text of several lines. Line breaks of every kind (CR, CR LF, VT, FF,
// NEL, U+2028, U+2029) become \n, a tab becomes four spaces, and every other kind of
// space a plain one (the ideographic space, which is as wide as its letters, stays).
func Block(s string) Text {
	if isCleanBlock(s) {
		return Text{s}
	}
	return Text{clean(s, false)}
}

// Line cleans a text to one line, as a label or a name needs it: line breaks and tabs
// become spaces, several spaces become one, those at the ends go.
func Line(s string) Text {
	if isCleanLine(s) {
		return Text{s}
	}
	return Text{clean(s, true)}
}

// String returns the text, ready to be written to a terminal. Lines end with \n.
func (t Text) String() string { return t.s }

// IsEmpty reports whether nothing of the text would be seen: it is empty or blank.
func (t Text) IsEmpty() bool { return strings.TrimSpace(t.s) == "" }

// Width returns the terminal cells that the text takes, that of its widest line if it
// has several. It is the grapheme width of github.com/charmbracelet/x/ansi.
func (t Text) Width() int {
	widest := 0
	for line := range strings.SplitSeq(t.s, "\n") {
		widest = max(widest, ansi.StringWidth(line))
	}
	return widest
}

// ellipsis ends what [Text.Truncate] cuts.
const ellipsis = "…"

// Truncate returns one line of at most that many cells: the text's first line, with …
// at its end if anything was cut, be it the end of the line or the lines after it.
func (t Text) Truncate(cells int) Text {
	line, rest, more := strings.Cut(t.s, "\n")
	if more && strings.TrimSpace(rest) == "" {
		more = false // only line breaks follow: nothing is lost
	}
	if !more && ansi.StringWidth(line) <= cells {
		return Text{line}
	}
	room := cells - ansi.StringWidth(ellipsis)
	if room < 0 {
		return Text{}
	}
	end, width := 0, 0
	for end < len(line) {
		cluster, w := ansi.FirstGraphemeCluster(line[end:], ansi.GraphemeWidth)
		if width+w > room {
			break
		}
		end, width = end+len(cluster), width+w
	}
	return Text{strings.TrimRight(line[:end], blanks) + ellipsis}
}
