package vcard

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	govcard "github.com/emersion/go-vcard"
)

// take fills in what the card says of a person.
func (c *Card) take(card govcard.Card) {
	c.UID = strings.TrimPrefix(strings.ToLower(tidy(card.Value("UID"))), "urn:uuid:")
	c.Nickname = tidy(first(preferred(card, "NICKNAME"), ","))
	c.Org = tidy(first(preferred(card, "ORG"), ";"))
	c.Phone = phone(card["TEL"])
	for _, f := range card["TEL"] {
		if n := digits(f.Value); n != "" && len(c.Numbers) < maxNumbers && !slices.Contains(c.Numbers, n) {
			c.Numbers = append(c.Numbers, n)
		}
	}
	for _, k := range []string{"KIND", "X-ADDRESSBOOKSERVER-KIND"} {
		c.Group = c.Group || strings.EqualFold(tidy(card.Value(k)), "group")
	}
	c.Name = cmp.Or(tidy(preferred(card, "FN")), assembled(card), c.Nickname, c.Org, tidy(strings.TrimPrefix(preferred(card, "EMAIL"), "mailto:")))
}

// preferred is the value of a property that its owner prefers, of those that say
// anything.
func preferred(card govcard.Card, property string) string {
	said := govcard.Card{property: slices.DeleteFunc(slices.Clone(card[property]), func(f *govcard.Field) bool { return tidy(f.Value) == "" })}
	return said.PreferredValue(property)
}

// assembled is a name made of its parts: given, additional, family. Where both
// are written in East Asian letters the family stands first, without a space.
func assembled(card govcard.Card) string {
	for _, n := range card.Names() {
		given, more, family := tidy(n.GivenName), tidy(n.AdditionalName), tidy(n.FamilyName)
		if given != "" && family != "" && eastAsian(given+family) {
			return family + given
		}
		if name := tidy(given + " " + more + " " + family); name != "" {
			return name
		}
		if name := tidy(n.HonorificPrefix); name != "" {
			return name
		}
	}
	return ""
}

func eastAsian(s string) bool {
	for _, r := range s {
		if !unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) {
			return false
		}
	}
	return true
}

// first is a list's first value that says anything.
func first(list, separator string) string {
	for _, s := range strings.Split(list, separator) {
		if tidy(s) != "" {
			return s
		}
	}
	return ""
}

// tidy makes text one line, without what cannot be seen: such characters come
// from copying (marks of direction), from emoji and from Persian spelling, and a
// name could not be typed with them.
func tidy(s string) string {
	s = strings.ReplaceAll(s, semicolon, ";")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Cc, r):
			return ' '
		case unicode.In(r, unicode.Cf, unicode.Co, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point),
			unicode.Is(unicode.Variation_Selector, r) && r != 0xfe0e && r != 0xfe0f, r == unicode.ReplacementChar, r == 0x2800:
			return -1
		default:
			return r
		}
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// digits are a telephone number's, without an extension; "" for fewer than three.
func digits(number string) string {
	number = strings.TrimPrefix(strings.ToLower(number), "tel:")
	number, _, _ = strings.Cut(number, ";")
	d := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
	if len(d) < 3 || len(d) > 32 {
		return ""
	}
	return d
}
