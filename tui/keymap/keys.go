package keymap

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// namedKeys are the keys that are no characters, as Bubble Tea names them.
var namedKeys = []string{
	"enter", "tab", "backspace", "esc", "space", "up", "down", "left", "right", "insert", "delete", "pgup", "pgdown", "home", "end",
}

var modifiers = []string{"ctrl", "alt", "shift", "meta", "hyper", "super"} // in Bubble Tea's order

// Key reads a key's name as Bubble Tea writes it: a character, or ctrl+s, alt+enter,
// f5, pgdown. Modifiers may come in any order; shift with a letter is the large letter.
// It tells whether there is such a key.
func Key(s string) (string, bool) {
	var mods []string
	for {
		mod, rest, found := strings.Cut(s, "+")
		mod = strings.ToLower(mod)
		if !found || rest == "" || !slices.Contains(modifiers, mod) || slices.Contains(mods, mod) {
			break
		}
		mods, s = append(mods, mod), rest
	}
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case n == len(s) && n > 0 && r != utf8.RuneError && unicode.IsGraphic(r) && !unicode.IsSpace(r):
		if slices.Equal(mods, []string{"shift"}) && unicode.IsLetter(r) {
			return string(unicode.ToUpper(r)), true
		}
		if len(mods) > 0 {
			s = strings.ToLower(s)
		}
	case slices.Contains(namedKeys, strings.ToLower(s)) || isFunctionKey(strings.ToLower(s)):
		s = strings.ToLower(s)
	default:
		return "", false
	}
	for _, m := range slices.Backward(modifiers) {
		if slices.Contains(mods, m) {
			s = m + "+" + s
		}
	}
	return s, true
}

func isFunctionKey(s string) bool {
	n, err := strconv.Atoi(strings.TrimPrefix(s, "f"))
	return err == nil && s == "f"+strconv.Itoa(n) && n >= 1 && n <= 20
}

// isText tells that a key writes where one types, or edits what was typed.
func isText(key string) bool {
	return utf8.RuneCountInString(key) == 1 || slices.Contains([]string{"space", "backspace", "delete", "left", "right"}, key)
}

// label is how keys are told to a person.
func label(keys []string) string {
	told := make([]string, len(keys))
	for i, k := range keys {
		told[i] = k
		if arrow, ok := arrows[k]; ok {
			told[i] = arrow
		}
	}
	return strings.Join(told, " ")
}

var arrows = map[string]string{"up": "↑", "down": "↓", "left": "←", "right": "→", "pgdown": "pgdn"}
