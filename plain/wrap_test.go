package plain

import (
	"slices"
	"testing"
)

func TestWrapBreaksAtWordsThenInsideThem(t *testing.T) {
	tests := []struct {
		what, in string
		cells    int
		lines    []string
	}{
		{"nothing has no lines", "", 10, nil},
		{"a short line stays", "hello", 10, []string{"hello"}},
		{"words move down whole", "the quick brown fox", 10, []string{"the quick", "brown fox"}},
		{"a word that fits exactly stays", "hello world", 5, []string{"hello", "world"}},
		{"a word that fits no line is broken", "see https://example.org/abc now", 10, []string{"see", "https://ex", "ample.org/", "abc now"}},
		{"the writer's line breaks stay", "a\n\nb", 10, []string{"a", "", "b"}},
		{"spaces at a break go", "hello     world", 7, []string{"hello", "world"}},
		{"spaces at the end go", "hello          ", 7, []string{"hello"}},
		{"indentation stays", "    hello world", 10, []string{"    hello", "world"}},
		{"indentation wider than the line goes", "          hello", 6, []string{"hello"}},
		{"Chinese breaks at any character", "今天天气很好", 4, []string{"今天", "天气", "很好"}},
		{"a wide character does not stick out", "今天天气", 5, []string{"今天", "天气"}},
		{"punctuation does not begin a line", "今天，天气", 4, []string{"今", "天，", "天气"}},
		{"an opening bracket does not end a line", "今天（天气）", 6, []string{"今天", "（天", "气）"}},
		{"Latin words inside Chinese stay whole", "我用hello写", 7, []string{"我用", "hello写"}},
		{"an emoji is not taken apart", "👨\u200d👩\u200d👧👨\u200d👩\u200d👧", 3, []string{"👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"}},
		{"marks stay with their letter", "e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		{"one cell breaks everywhere", "ab c", 1, []string{"a", "b", "c"}},
		{"no cell counts as one", "ab", 0, []string{"a", "b"}},
		{"a wide character in one cell has a line of its own", "a今b", 1, []string{"a", "今", "b"}},
		{"a joiner that joins no more goes", "می\u200cخواهم", 2, []string{"می", "خو", "اه", "م"}},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			var got []string
			for _, line := range Block(test.in).Wrap(test.cells) {
				got = append(got, line.String())
			}
			if !slices.Equal(got, test.lines) {
				t.Errorf("Block(%q).Wrap(%d) = %q, want %q", test.in, test.cells, got, test.lines)
			}
		})
	}
}
