package plain

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

const (
	tabSpaces   = "    "
	replacement = utf8.RuneError
	// blanks are the two characters that are blank in a clean text, besides \n.
	blanks           = " \u3000"
	ideographicSpace = '\u3000'
)

// clean makes s safe. It goes over the runes once; the fields of a cleaner say what
// the next rune may attach to. Whatever depends on a neighbour depends on the
// neighbour in the output, which is what makes cleaning idempotent.
func clean(s string, oneLine bool) string {
	c := cleaner{oneLine: oneLine}
	c.out.Grow(len(s))
	afterDamage := -1 // where the last damaged bytes ended; a run of them shows once
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			if i != afterDamage {
				c.character(replacement)
			}
			i = skipDamage(s, i)
			afterDamage = i
		case r == esc || isC1(r):
			if r == '\u0085' {
				c.lineBreak()
			}
			i = skipSequence(s, i)
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			i++ // the \n comes next
		case r == blackFlag:
			tags := flagTags(s[i+size:])
			c.character(r)
			if tags != "" {
				c.flag(tags)
			}
			i += size + len(tags)
		case r == emojiStyle && c.atKeycap(s[i+size:]):
			c.mark(r)
			i += size
		default:
			c.rune(r)
			i += size
		}
	}
	return capClusters(c.out.String())
}

type cleaner struct {
	out     strings.Builder
	oneLine bool

	last   rune // the last rune written in this line, 0 at its start
	marks  int  // combining marks on the current character
	emoji  bool // the current character is an emoji, which can be styled and joined
	script bool // the current character belongs to a script that uses joiners
	joiner rune // held back until it is known what follows
	blank  rune // in a Line: a space held back until something follows it
}

func (c *cleaner) rune(r rune) {
	if r != ' ' && isOrdinary(r) {
		c.character(r)
		return
	}
	switch classOf(r) {
	case classBreak:
		c.lineBreak()
	case classTab:
		if c.oneLine {
			c.space(' ')
			return
		}
		for _, space := range tabSpaces {
			c.space(space)
		}
	case classSpace:
		if r != ideographicSpace {
			r = ' '
		}
		c.space(r)
	case classJoiner:
		if c.joiner == 0 {
			c.joiner = r
		}
	case classEmojiStyle:
		if c.emoji && c.last != r && !isSkinTone(c.last) {
			c.extend(r)
		}
	case classSkinTone:
		if c.emoji && !isSkinTone(c.last) {
			c.extend(r)
		} else {
			c.character(replacement)
		}
	case classMark:
		c.mark(r)
	case classCharacter:
		c.character(r)
	case classUnknown:
		c.character(replacement)
	case classInvisible:
	}
}

// character writes a rune that stands by itself.
func (c *cleaner) character(r rune) {
	c.flushBlank()
	emoji, script := isEmoji(r), usesJoiners(r)
	if c.joiner != 0 && (c.script && script || c.joiner == zwj && c.emoji && emoji) {
		c.out.WriteRune(c.joiner)
	}
	c.out.WriteRune(r)
	c.last, c.marks, c.joiner = r, 0, 0
	c.emoji, c.script = emoji, script
}

// extend writes a rune that changes how the emoji before it looks.
func (c *cleaner) extend(r rune) {
	c.out.WriteRune(r)
	c.last, c.joiner = r, 0
}

// flag writes the tags that name a region on a black flag.
func (c *cleaner) flag(tags string) {
	c.out.WriteString(tags)
	c.last, c.emoji = cancelTag, false
}

// mark writes a combining mark, if there is a character in this line that carries it.
func (c *cleaner) mark(r rune) {
	c.flushBlank()
	if c.last == 0 || c.marks == MaxMarks {
		return
	}
	if c.joiner != 0 && c.script && usesJoiners(r) {
		c.out.WriteRune(c.joiner) // Bengali, for one, joins before a virama
	}
	c.out.WriteRune(r)
	c.last, c.joiner, c.emoji = r, 0, false
	c.marks++
}

func (c *cleaner) space(r rune) {
	if !c.oneLine {
		c.character(r)
		return
	}
	if c.last != 0 && c.blank == 0 {
		c.blank = r
	}
}

func (c *cleaner) flushBlank() {
	if c.blank == 0 {
		return
	}
	r := c.blank
	c.blank = 0
	c.character(r)
}

func (c *cleaner) lineBreak() {
	if c.oneLine {
		c.space(' ')
		return
	}
	c.out.WriteByte('\n')
	c.last, c.marks, c.joiner, c.emoji, c.script = 0, 0, 0, false, false
}

// atKeycap reports whether an emoji style that comes next belongs to a keycap such as
// 1️⃣: behind a digit, # or *, and before the enclosing keycap that rest begins with.
func (c *cleaner) atKeycap(rest string) bool {
	digit := c.last >= '0' && c.last <= '9' || c.last == '#' || c.last == '*'
	return digit && c.blank == 0 && strings.HasPrefix(rest, "\u20E3")
}

// capClusters replaces what the rules for single runes cannot judge: a cluster of too
// many code points (letters chained by viramas, stacked Jamo), and one that takes no
// cell and so would change what stands before it.
func capClusters(s string) string {
	var out strings.Builder
	kept := 0 // what precedes this offset is in out
	for i := 0; i < len(s); {
		if s[i] == '\n' || s[i] < utf8.RuneSelf && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
			i++
			continue
		}
		cluster, width := ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
		if width == 0 || len(cluster) > MaxCluster && utf8.RuneCountInString(cluster) > MaxCluster {
			out.WriteString(s[kept:i])
			out.WriteRune(replacement)
			kept = i + len(cluster)
		}
		i += len(cluster)
	}
	if kept == 0 {
		return s
	}
	out.WriteString(s[kept:])
	return out.String()
}
