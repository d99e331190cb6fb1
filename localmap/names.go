package localmap

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"p4p/protocol"
)

// MaxName is the longest name, in characters (Unicode code points in NFC).
const MaxName = 100

// CheckName makes a typed name what the phone book takes: Unicode NFC, no space
// at either end, one space wherever there was some white space. The error is
// bad_name and says which rule the name breaks.
func CheckName(name string) (string, error) {
	bad := func(format string, args ...any) (string, error) {
		return "", protocol.Errorf(protocol.CodeBadName, format, args...)
	}
	if len(name) > 64*MaxName { // before anything costs
		return bad("A name has at most %d characters; this one is far longer.", MaxName)
	}
	if !utf8.ValidString(name) {
		return bad("A name is text in UTF-8; this one has bytes that are not.")
	}
	name = strings.Join(strings.Fields(norm.NFC.String(name)), " ")
	if name == "" {
		return bad("A name needs at least one character.")
	}
	if n := utf8.RuneCountInString(name); n > MaxName {
		return bad("A name has at most %d characters; this one has %d.", MaxName, n)
	}
	visible := false
	for i, r := range name {
		if why := forbidden(r); why != "" {
			return bad("A name cannot contain %s (U+%04X): type it without.", why, r)
		}
		if i == 0 && unicode.Is(unicode.M, r) {
			return bad("A name cannot begin with an accent that stands on nothing (U+%04X).", r)
		}
		visible = visible || unicode.In(r, unicode.L, unicode.N, unicode.S)
	}
	if !visible {
		return bad("A name needs at least one letter, digit or sign that can be seen.")
	}
	if why := misleading(name); why != "" {
		return bad("%q %s: choose another name.", name, why)
	}
	return name, nil
}

// forbidden says what is wrong with a character: what cannot be seen, or moves
// what stands beside it, would make two names look alike.
func forbidden(r rune) string {
	switch {
	case unicode.Is(unicode.Cc, r):
		return "a control character"
	case unicode.Is(unicode.Bidi_Control, r):
		return "a character that changes the direction of writing"
	case r == 0xfe0e, r == 0xfe0f:
		return "" // they choose between two drawings of one sign
	case unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector),
		r == 0x2800: // the empty Braille pattern
		return "an invisible character"
	case unicode.In(r, unicode.Co, unicode.Noncharacter_Code_Point), r == utf8.RuneError:
		return "a character without a meaning"
	default:
		return ""
	}
}

// misleading tells what a name would be taken for.
func misleading(name string) string {
	switch {
	case readsAsLabel(name), readsAsLabel(folded(name)):
		return "would look like one of the app's own labels"
	case protocol.LooksLikeLink(name):
		return "is a link, not a name"
	}
	if _, err := protocol.ParseUUID(strings.ToLower(name)); err == nil {
		return "would be taken for a UUID"
	}
	return ""
}

// readsAsLabel tells a name that begins with, or is, the app's word for a stranger,
// or that is its word for its owner.
func readsAsLabel(name string) bool {
	anonymous, you := looksOf("anonymous"), looksOf("you")
	for kind, as := range looksOf(name) {
		words := strings.FieldsFunc(as, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N) })
		all := strings.Join(words, "")
		if len(words) > 0 && words[0] == anonymous[kind] || all == anonymous[kind] || all == you[kind] {
			return true
		}
	}
	return false
}

// folded is what two spellings of one name share: case, width and style make no
// difference. Two people cannot share it.
func folded(name string) string {
	// Lower case first: folding alone swaps the two cases of Cherokee.
	s := norm.NFKC.String(cases.Fold().String(strings.ToLower(norm.NFKC.String(name))))
	s = norm.NFKC.String(strings.Map(func(r rune) rune {
		if r == 0xfe0e || r == 0xfe0f {
			return -1
		}
		return r
	}, s))
	return strings.Join(strings.Fields(s), " ")
}
