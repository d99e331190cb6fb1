package cache

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSearchFindsWhatAPersonMeans(t *testing.T) {
	c, p := fresh(t)
	texts := []string{
		1: "Good morning, world",
		2: "An e-mail from Zoë",
		3: "我喜欢编程和音乐",
		4: "東京タワーへ行く",
		5: "안녕하세요 세계",
		6: `he said "foo AND bar"`,
		7: "near* foo",
		8: "Привет, мир",
	}
	for n := 1; n < len(texts); n++ {
		add(t, c, p.History, made(uint64(n), 1, texts[n]))
	}
	for _, tt := range []struct {
		words string
		want  []uint64
	}{
		{"morning", []uint64{1}},
		{"MORNING world", []uint64{1}},
		{"morn", nil},
		{"world morning", []uint64{1}},
		{"morning moon", nil},
		{"e-mail", []uint64{2}},
		{"mail-e", nil},
		{"zoe", []uint64{2}},
		{"Zoe\u0308", []uint64{2}},
		{"编程", []uint64{3}},
		{"程编", nil},
		{"音乐 编程", []uint64{3}},
		{"タワー", []uint64{4}},
		{"東京", []uint64{4}},
		{"녕하", []uint64{5}},
		{"привет", []uint64{8}},
		{`"`, nil},
		{`""`, nil},
		{"foo AND", []uint64{6}},
		{"foo OR nothing", nil},
		{"foo NOT bar", nil},
		{"foo -bar", []uint64{6}},
		{"near*", []uint64{7}},
		{"nea*", nil},
		{"body:foo", nil},
		{"(foo", []uint64{7, 6}},
		{"foo)", []uint64{7, 6}},
		{`foo" OR "morning`, nil},
		{"foo NEAR/2 bar", nil},
		{"🙂", nil},
		{"\x00", nil},
		{"", []uint64{8, 7, 6, 5, 4, 3, 2, 1}},
	} {
		if got := seqs(find(t, c, Query{Words: tt.words})); !cmp.Equal(got, tt.want) {
			t.Errorf("%q finds %v, want %v", tt.words, got, tt.want)
		}
		if tt.words == "" {
			continue
		}
		// What waits in the outbox is searched without SQLite, and alike.
		var alike []uint64
		for n := len(texts) - 1; n > 0; n-- {
			if Contains(texts[n], tt.words) {
				alike = append(alike, uint64(n))
			}
		}
		if !cmp.Equal(alike, tt.want) {
			t.Errorf("Contains finds %q in %v, want %v", tt.words, alike, tt.want)
		}
	}
}

func TestTokensAreWhatTwoSpellingsShare(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"Zoë O'Neil-Straße", []string{"zoe", "o", "neil", "strasse"}},
		{"李小龙", []string{"李", "小", "龙"}},
		{"ＡＢＣ １２", []string{"abc", "12"}},
		{" \t\"--\" ", nil},
	} {
		if got := Tokens(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("Tokens(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}
