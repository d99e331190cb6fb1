package plain

import (
	"strings"
	"unicode/utf8"
)

// Control functions by ECMA-48. Each C1 control is also written as ESC and a letter.
const (
	esc = '\x1b'
	bel = '\a'
	can = '\x18'
	sub = '\x1a'

	ss2 = '\u008e'
	ss3 = '\u008f'
	dcs = '\u0090'
	sos = '\u0098'
	csi = '\u009b'
	st  = '\u009c'
	osc = '\u009d'
	pm  = '\u009e'
	apc = '\u009f'
)

func isC1(r rune) bool { return r >= 0x80 && r <= 0x9f }

// skipSequence returns the offset behind the control sequence whose first rune, ESC or
// a C1 control, is at i. A sequence is taken whole, so that its parameters do not stay
// behind as litter; one that is broken off ends where it breaks off.
func skipSequence(s string, i int) int {
	r, size := utf8.DecodeRuneInString(s[i:])
	i += size
	if r != esc {
		return skipBody(s, i, r)
	}
	if i == len(s) {
		return i
	}
	switch b := s[i]; {
	case b == 'k': // the title of a window in screen and tmux, ended by ST
		return skipBody(s, i+1, dcs)
	case b >= 0x40 && b <= 0x5f:
		return skipBody(s, i+1, rune(b)+0x40)
	case b >= 0x20 && b <= 0x2f: // intermediates, then a final byte: ESC ( 0
		for i < len(s) && s[i] >= 0x20 && s[i] <= 0x2f {
			i++
		}
		if i < len(s) && s[i] >= 0x30 && s[i] <= 0x7e {
			i++
		}
		return i
	case b >= 0x30 && b <= 0x7e:
		return i + 1
	}
	return i // ESC before a control or a character that no sequence has
}

// skipBody returns the offset behind what belongs to the C1 control r that ends at i.
func skipBody(s string, i int, r rune) int {
	switch r {
	case csi:
		for i < len(s) && s[i] >= 0x20 && s[i] <= 0x3f {
			i++
		}
		if i < len(s) && s[i] >= 0x40 && s[i] <= 0x7e {
			i++
		}
	case osc, dcs, sos, pm, apc:
		return skipString(s, i, r == osc)
	case ss2, ss3: // the next character comes from another set
		if i < len(s) && s[i] >= 0x20 && s[i] <= 0x7e {
			i++
		}
	}
	return i
}

// skipString returns the offset behind a control string that runs from i to ST, CAN or
// SUB, or to BEL if belEnds. Another control sequence breaks it off, as it does in a
// terminal. Without any of these only the line is lost, not the rest of the text.
func skipString(s string, i int, belEnds bool) int {
	for j := i; j < len(s); {
		r, size := rune(s[j]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[j:])
			if r == utf8.RuneError && size == 1 && isC1(rune(s[j])) {
				r = rune(s[j])
			}
		}
		switch {
		case r == can || r == sub || r == st || belEnds && r == bel:
			return j + size
		case r == esc && strings.HasPrefix(s[j+1:], `\`):
			return j + 2
		case r == esc || isC1(r):
			return j
		}
		j += size
	}
	if end := strings.IndexAny(s[i:], "\r\n"); end >= 0 {
		return i + end
	}
	return len(s)
}

// skipDamage returns the offset behind the bytes at i that are no UTF-8: a cut-off
// character, or a stray byte. A stray byte that is a C1 control to an eight-bit
// terminal takes its sequence with it.
func skipDamage(s string, i int) int {
	b := s[i]
	i++
	if isC1(rune(b)) {
		return skipBody(s, i, rune(b))
	}
	for n := lengthByLead(b) - 1; n > 0 && i < len(s) && !utf8.RuneStart(s[i]); n-- {
		i++
	}
	return i
}

// lengthByLead is how many bytes a character has whose first byte is b.
func lengthByLead(b byte) int {
	switch {
	case b >= 0xf0:
		return 4
	case b >= 0xe0:
		return 3
	case b >= 0xc0:
		return 2
	}
	return 1
}
