package cache

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// SQLite's tokenizer takes a run of letters for one word, which in scripts that
// put no spaces between words is a whole sentence. Their characters are therefore
// indexed one by one, and searched as phrases.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo, unicode.Yi,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// prolongedSound belongs to both kana and therefore, for Unicode, to neither.
const prolongedSound = 'ー'

func standsAlone(r rune) bool {
	return r >= 0x0e00 && (r == prolongedSound || unicode.In(r, unspaced...))
}

// space puts spaces around what stands alone.
func space(s string) string {
	if strings.IndexFunc(s, standsAlone) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if standsAlone(r) {
			b.WriteByte(' ')
			b.WriteRune(r)
			b.WriteByte(' ')
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// match is a full-text query for records that contain each of a person's words,
// in any order; a word of several tokens ("e-mail") as a phrase. Nothing in words
// is query syntax. It is "" where there is no word in them: nothing matches.
func match(words string) string {
	var phrases []string
	for _, w := range strings.Fields(norm.NFC.String(words)) {
		w = strings.Map(func(r rune) rune {
			if isWordRune(r) || unicode.IsMark(r) {
				return r
			}
			return ' '
		}, space(w))
		if strings.TrimSpace(w) != "" {
			phrases = append(phrases, `"`+w+`"`)
		}
	}
	return strings.Join(phrases, " ")
}

var fold = cases.Fold()

// Tokens cuts text into words as search compares them: without case, accents and
// punctuation. [Cache.Find] leaves that to SQLite; this is for text that is not
// in the cache.
func Tokens(s string) []string {
	bare := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case isWordRune(r):
			return r
		}
		return ' '
	}, norm.NFKD.String(fold.String(s)))
	return strings.Fields(space(norm.NFC.String(bare)))
}

// Contains tells whether text contains each of the words, as a search in the
// cache would find it.
func Contains(text, words string) bool {
	tokens, found := Tokens(text), false
	for _, w := range strings.Fields(words) {
		phrase := Tokens(w)
		if len(phrase) == 0 {
			continue
		}
		found = true
		if !hasRun(tokens, phrase) {
			return false
		}
	}
	return found
}

func hasRun(tokens, phrase []string) bool {
	for i := 0; i+len(phrase) <= len(tokens); i++ {
		if slices.Equal(tokens[i:i+len(phrase)], phrase) {
			return true
		}
	}
	return false
}
