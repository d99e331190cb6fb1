package plain

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxAddress is how many bytes a web address may have; a longer one is none. Every
// browser takes as many.
const MaxAddress = 2048

// Address is a web address that stands in a [Text]: http or https, a host, and
// nothing that a reader could take for another host.
type Address struct {
	Start, End int // bytes of the text; between two characters as a reader sees them
	s          string
}

// String is the address as it stands in the text. Letters beyond ASCII stay.
func (a Address) String() string { return a.s }

// URI is the address in printable ASCII, for programs and for a terminal's sequence:
// every other byte is percent-encoded. (The bytes of a letter beyond ASCII may be C1
// controls to a terminal.)
func (a Address) URI() string {
	var b strings.Builder
	for i := range len(a.s) {
		if c := a.s[i]; c > ' ' && c <= '~' {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[c>>4])
			b.WriteByte("0123456789ABCDEF"[c&15])
		}
	}
	return b.String()
}

// Addresses finds the web addresses of a text, in order.
//
// Only http and https count, with a host that has a dot or is localhost. One with a
// user name before its host ("https://bank.example@evil.example") is none. What ends
// the sentence is not part of it, nor is a closing parenthesis that it did not open.
// Chinese, Japanese and Korean are written without spaces: their letters belong to an
// address only where a host's label, or a part of the path, begins with one.
func (t Text) Addresses() []Address {
	s := t.s
	if !strings.Contains(s, "://") {
		return nil
	}
	var found []Address
	before := ""
	for i := 0; i < len(s); {
		cluster, _ := nextCluster(s[i:])
		if (cluster == "h" || cluster == "H") && !joinsScheme(before) {
			if n := addressLen(s[i:]); n > 0 {
				found = append(found, Address{i, i + n, s[i : i+n]})
				i += n
				before = ""
				continue
			}
		}
		i += len(cluster)
		before = cluster
	}
	return found
}

// joinsScheme reports whether a scheme cannot begin behind this character.
func joinsScheme(before string) bool {
	return len(before) == 1 && (isAlnum(before[0]) || before == "+")
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// addressLen is how many bytes of an address s begins with, 0 for none.
func addressLen(s string) int {
	n := schemeLen(s)
	if n == 0 || hasUser(s[n:]) {
		return 0
	}
	host := hostLen(s[n:])
	name := strings.TrimRight(s[n:n+host], "-.")
	if !strings.Contains(name, ".") && !strings.EqualFold(name, "localhost") {
		return 0
	}
	if n += len(name); len(name) == host {
		n += portLen(s[n:])
		n += pathLen(s[n:], isASCII(name))
	}
	if n > MaxAddress {
		return 0
	}
	return n
}

func schemeLen(s string) int {
	for _, scheme := range []string{"https://", "http://"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return len(scheme)
		}
	}
	return 0
}

// hasUser reports whether there is an @ before the path, wherever a browser may see
// the path begin.
func hasUser(s string) bool {
	if i := strings.IndexAny(s, "/?#\n"+blanks); i >= 0 {
		s = s[:i]
	}
	return strings.Contains(s, "@")
}

// hostLen is how many bytes of labels and dots s begins with.
func hostLen(s string) int {
	first, cjk := true, false // of this label; its first letter decides
	for i := 0; ; {
		if i == len(s) {
			return i
		}
		cluster, _ := nextCluster(s[i:])
		switch {
		case cluster == ".":
			if first {
				return i // an empty label
			}
			first = true
		case cluster == "-" && !first, isWord(cluster):
			if first {
				first, cjk = false, isCJK(cluster)
			} else if isCJK(cluster) && !cjk {
				return i
			}
		default:
			return i
		}
		i += len(cluster)
	}
}

// portLen is how many bytes of ":port" s begins with, 0 if it is no port.
func portLen(s string) int {
	if !strings.HasPrefix(s, ":") {
		return 0
	}
	n := 1
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if _, err := strconv.ParseUint(s[1:n], 10, 16); err != nil || !endsAt(s, n) {
		return 0
	}
	return n
}

// pathLen is how many bytes of path, query and fragment s begins with.
func pathLen(s string, asciiHost bool) int {
	if s == "" || !strings.ContainsRune("/?#", rune(s[0])) || !endsAt(s, 1) {
		return 0
	}
	end, cjk := 1, !asciiHost
	for end < len(s) && end <= MaxAddress {
		cluster, _ := nextCluster(s[end:])
		switch {
		case len(cluster) == 1:
			c := cluster[0]
			if c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
				return trimEnd(s[:end])
			}
			cjk = strings.IndexByte("/?#=&", c) >= 0 || cjk && !isAlnum(c)
		case !isWord(cluster), isCJK(cluster) && !cjk:
			return trimEnd(s[:end])
		default:
			cjk = isCJK(cluster)
		}
		end += len(cluster)
	}
	return trimEnd(s[:end])
}

// endsAt reports whether the character that ends at byte n has no marks behind it.
func endsAt(s string, n int) bool {
	cluster, _ := nextCluster(s[n-1:])
	return len(cluster) == 1
}

// trimEnd is the length of a path without what belongs to the sentence around it.
func trimEnd(s string) int {
	for s != "" {
		last := s[len(s)-1:]
		switch {
		case strings.ContainsAny(last, ".,:;!?'*_~"),
			last == ")" && strings.Count(s, ")") > strings.Count(s, "("),
			last == "]" && strings.Count(s, "]") > strings.Count(s, "["),
			last == "(", last == "[":
			s = s[:len(s)-1]
		default:
			return len(s)
		}
	}
	return 0
}

// isWord reports whether a character is a letter or digit, whatever its marks.
func isWord(cluster string) bool {
	for i, r := range cluster {
		switch {
		case i == 0 && !unicode.In(r, unicode.L, unicode.Nd):
			return false
		case i > 0 && (r < utf8.RuneSelf || r != zwj && r != zwnj && !unicode.In(r, unicode.L, unicode.M)):
			return false
		}
	}
	return true
}

// isCJK reports whether a character is one of those written without spaces between
// words, or next to such.
func isCJK(cluster string) bool {
	r, _ := utf8.DecodeRuneInString(cluster)
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r == 'ー' || r >= 0xff00 && r <= 0xffef
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
