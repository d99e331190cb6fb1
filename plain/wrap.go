package plain

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Marks that do not begin a line, and those that do not end one, where a line may
// otherwise break at any character (after JIS X 4051 and GB/T 15834).
const (
	neverFirst = "、。，．：；！？）」』】〕〉》｝］ー々ゝゞヽヾ・…‥%,.:;!?)]}"
	neverLast  = "（「『【〔〈《｛［([{"
)

// trimmed is what goes at the end of a line: blanks, and a joiner that joins no more.
const trimmed = blanks + "\u200c\u200d"

// Wrap breaks the text into lines of at most that many cells: at spaces, between wide
// characters (Chinese, Japanese, Korean, emoji), and inside a word only if it does not
// fit a line. A line's trailing blanks go, its indentation stays, an empty line stays
// one. With one cell, or none, a wide character has a line of its own that is two wide.
func (t Text) Wrap(cells int) []Text {
	if t.s == "" {
		return nil
	}
	var lines []Text
	for line := range strings.SplitSeq(t.s, "\n") {
		lines = wrapLine(lines, line, max(cells, 1))
	}
	return lines
}

// wrapLine appends the pieces of one line. Each is a part of it: nothing is copied.
func wrapLine(lines []Text, s string, cells int) []Text {
	emit := func(piece string) { lines = append(lines, Text{strings.TrimRight(piece, trimmed)}) }
	var (
		start   int    // where the piece begins
		width   int    // cells from there to here
		breakAt int    // the last place to break, if behind start: the next piece begins there
		atBreak int    // width up to that place
		inked   bool   // the piece has more than indentation
		before  string // the cluster before this one
	)
	for i := 0; i < len(s); {
		cluster, w := nextCluster(s[i:])
		blank := isBlank(cluster)
		if !blank && inked && mayBreak(before, cluster) {
			breakAt, atBreak = i, width
		}
		for !blank && i > start && width+w > cells {
			switch {
			case !inked: // the indentation alone fills the line: do without it
				start, width = i, 0
			case breakAt > start:
				emit(s[start:breakAt])
				start, width = breakAt, width-atBreak
			default:
				emit(s[start:i])
				start, width = i, 0
			}
		}
		inked = inked || !blank
		width += w
		i += len(cluster)
		before = cluster
	}
	emit(s[start:])
	return lines
}

// mayBreak reports whether a line may end with one cluster and go on with the next.
func mayBreak(before, next string) bool {
	if isBlank(before) {
		return true
	}
	if !isWide(before) && !isWide(next) {
		return false
	}
	return !strings.Contains(neverLast, before) && !strings.Contains(neverFirst, next)
}

func isBlank(cluster string) bool { return cluster == " " || cluster == "\u3000" }

func isWide(cluster string) bool {
	return len(cluster) > 1 && ansi.StringWidth(cluster) > 1
}

// nextCluster returns the first character of s as a reader sees it, and its cells.
func nextCluster(s string) (string, int) {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return s[:1], 1
	}
	return ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
}
