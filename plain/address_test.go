package plain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"p4p/plain"
)

func TestTheWebAddressesOfATextAreFound(t *testing.T) {
	long := "https://a.example/" + strings.Repeat("x", plain.MaxAddress)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"alone", "https://a.example", []string{"https://a.example"}},
		{"two, in order", "http://a.example/x and HTTPS://B.example", []string{"http://a.example/x", "HTTPS://B.example"}},
		{"all of its parts", "https://a.example:8443/p/q;r?x=1&y=%20#top.", []string{"https://a.example:8443/p/q;r?x=1&y=%20#top"}},
		{"this machine", "http://localhost:4747/f", []string{"http://localhost:4747/f"}},
		{"at a sentence's end", "Look at https://a.example/x. Or https://a.example?!", []string{"https://a.example/x", "https://a.example"}},
		{"host at a sentence's end", "https://a.example.", []string{"https://a.example"}},
		{"in parentheses", "(see https://a.example/x)", []string{"https://a.example/x"}},
		{"with parentheses", "https://a.example/Go_(game), https://a.example/f(x)[1]", []string{"https://a.example/Go_(game)", "https://a.example/f(x)[1]"}},
		{"in angle brackets and quotes", `<https://a.example/x> "https://b.example/y"`, []string{"https://a.example/x", "https://b.example/y"}},
		{"no port", "https://a.example: yes, https://a.example:99999/x", []string{"https://a.example", "https://a.example"}},
		{"between Japanese words", "見てhttps://a.example/xを、https://a.exampleも", []string{"https://a.example/x", "https://a.example"}},
		{"before Japanese marks", "（https://a.example/x）。", []string{"https://a.example/x"}},
		{"a Japanese path", "https://a.example/wiki/日本語 です", []string{"https://a.example/wiki/日本語"}},
		{"Japanese behind the root", "https://a.example/を見て", []string{"https://a.example/"}},
		{"a host beyond ASCII", "https://bücher.example/ä https://例え.jp/パス", []string{"https://bücher.example/ä", "https://例え.jp/パス"}},
		{"an emoji behind", "https://a.example/x🎉", []string{"https://a.example/x"}},
		{"on two lines", "https://a.example/\nx", []string{"https://a.example/"}},
		{"a user before the host", "https://bank.example@evil.example/ https://u:p@a.example https://bank.example\\@evil.example", nil},
		{"an @ in the path", "https://a.example/@bob", []string{"https://a.example/@bob"}},
		{"other schemes", "ftp://a.example javascript:alert(1) file:///etc/passwd data:text/html,x //a.example", nil},
		{"a scheme's end", "shttps://a.example git+https://a.example", nil},
		{"no host", "https:// https:///x https://? http://.example https://nohost/x", nil},
		{"too long", long + " " + long[:plain.MaxAddress], []string{long[:plain.MaxAddress]}},
		{"controls", "https://a.example/\x1b]8;;https://evil.example\x07x\x00y", []string{"https://a.example/xy"}},
		{"marks behind", "https://a.example:8\u0301 https://a.example/\u0301", []string{"https://a.example", "https://a.example"}},
		{"none", "just words: a.example", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			text := plain.Block(tt.text)
			for _, a := range text.Addresses() {
				got = append(got, a.String())
				if s := text.String()[a.Start:a.End]; s != a.String() {
					t.Errorf("%q is said to stand where %q does", a, s)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q, not %q", got, tt.want)
			}
		})
	}
}

func TestAnAddressForProgramsIsASCII(t *testing.T) {
	got := plain.Block("https://蜜.jp/ü;x?a=%20").Addresses()
	if len(got) != 1 || got[0].URI() != "https://%E8%9C%9C.jp/%C3%BC;x?a=%20" {
		t.Errorf("%v", got)
	}
}

func TestWhateverIsWrittenAnAddressIsHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(
			rapid.SampledFrom([]string{"https://", "http://", "a.example", "例え.jp", "/", "@", ":", ":80", ")", "(", ".", "\\", "?", "#", "\x1b]8;;", "\x07", "\u202e", "\u200d", "\u0301", "ー", "🎉", " ", "\n", ";"}),
			rapid.String()), 0, 20).Draw(t, "parts")
		text := plain.Block(strings.Join(parts, ""))
		starts := map[int]bool{}
		for i, s := 0, text.String(); i < len(s); {
			starts[i] = true
			cluster, _ := ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
			i += len(cluster)
		}
		starts[len(text.String())] = true
		end := 0
		for _, a := range text.Addresses() {
			if a.Start < end || a.End > len(text.String()) || a.End-a.Start > plain.MaxAddress {
				t.Fatalf("%d to %d, behind %d", a.Start, a.End, end)
			}
			end = a.End
			if !starts[a.Start] || !starts[a.End] {
				t.Fatalf("%q begins or ends within a character of %q", a, text)
			}
			rest, ok := strings.CutPrefix(strings.ToLower(a.URI()), "https://")
			if !ok {
				if rest, ok = strings.CutPrefix(strings.ToLower(a.URI()), "http://"); !ok {
					t.Fatalf("%q", a.URI())
				}
			}
			host, _, _ := strings.Cut(rest, "/")
			host, _, _ = strings.Cut(host, "?")
			host, _, _ = strings.Cut(host, "#")
			if host == "" || strings.ContainsAny(host, "@\\") {
				t.Fatalf("%q has the host %q", a, host)
			}
			if strings.IndexFunc(a.URI(), func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
				t.Fatalf("%q", a.URI())
			}
		}
	})
}
