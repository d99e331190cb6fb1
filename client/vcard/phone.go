package vcard

import (
	"strconv"
	"strings"
	"unicode"

	govcard "github.com/emersion/go-vcard"
)

// phone is the number to send a message to, of those that can be dialled as they are
// written. Mobile ones come first, then the preferred ones, then the file's order; what
// is a fax or a pager alone is none.
func phone(all []*govcard.Field) (best string) {
	highest := -1
	for _, f := range all {
		if n, rank := Dialled(f.Value), rankOf(f.Params); n != "" && rank > highest {
			best, highest = n, rank
		}
	}
	return best
}

// rankOf is how well a number suits a message, negative for not at all.
func rankOf(p govcard.Params) int {
	mobile, preference := p.HasType("cell") || p.HasType("mobile") || p.HasType("iphone") || p.HasType("text"), 0
	if n, err := strconv.Atoi(p.Get("PREF")); err == nil && n >= 1 && n <= 100 {
		preference = 101 - n // as version 4.0 has it: 1 is the highest
	}
	if p.HasType("pref") {
		preference = 100
	}
	switch {
	case mobile:
		return 1000 + preference
	case p.HasType("fax"), p.HasType("pager"), p.HasType("modem"), p.HasType("bbs"):
		return -1
	}
	return preference
}

// Dialled is a telephone number without what only parts it, its leading + kept; "" for
// what is no number, has letters, or is a code of the network (*100#).
func Dialled(number string) string {
	number, _, _ = strings.Cut(strings.TrimPrefix(strings.ToLower(tidy(number)), "tel:"), ";")
	number, _, _ = strings.Cut(number, ",") // a pause, and what is dialled then
	number = strings.TrimSpace(number)
	plus := strings.HasPrefix(number, "+")
	if plus {
		// +49 (0)30 …: the zero is for those who call without the country.
		number = strings.Replace(number[1:], "(0)", "", 1)
	}
	var b strings.Builder
	for _, r := range number {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune(" ()./", r), unicode.Is(unicode.Pd, r): // Pd: dashes of all kinds
		default:
			return ""
		}
	}
	if b.Len() < 3 || b.Len() > 32 {
		return ""
	}
	if plus {
		return "+" + b.String()
	}
	return b.String()
}
