package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"p4p/protocol"
)

// pages reads the whole of a query, limit by limit, as record UUIDs.
func (w *world) pages(q Query) []protocol.UUID {
	w.Helper()
	var ids []protocol.UUID
	for more := true; more; {
		var events []protocol.Event
		var err error
		if events, more, err = w.Page(w.Context(), q); err != nil {
			w.Fatal(err)
		}
		if len(events) > q.Limit || more && len(events) < q.Limit {
			w.Fatalf("a page of %d events for a limit of %d, more %v", len(events), q.Limit, more)
		}
		for _, e := range events {
			if q.Before > 0 && e.Seq >= q.Before {
				w.Fatalf("seq %d on a page before %d", e.Seq, q.Before)
			}
			q.Before = e.Seq
			ids = append(ids, protocol.RecordUUID(e.JWS))
		}
		if len(events) == 0 && more {
			w.Fatal("an empty page says that there is more")
		}
	}
	return ids
}

func TestPagesHoldWhatLivesNewestFirst(t *testing.T) {
	w := newWorld(t)
	anna, bob := device(1), device(2)
	first := w.taken(w.post(anna, "first apple"))
	second := w.taken(w.post(bob, "second apple"))
	onFirst := w.taken(w.about(bob, protocol.KindComment, first.ID, "an apple comment"))
	w.taken(w.about(bob, protocol.KindReport, first.ID, "apple"))
	gone := w.taken(w.post(anna, "gone apple"))
	deletion := w.taken(w.about(anna, protocol.KindDeletion, gone.ID, ""))
	third := w.taken(w.post(anna, "third pear"))
	onSecond := w.taken(w.about(anna, protocol.KindComment, second.ID, "apple pie"))

	annas, bobs := anna.Public.UUID(), bob.Public.UUID()
	nobody := protocol.UUID{7}
	for name, tt := range map[string]struct {
		q    Query
		want []protocol.Record
	}{
		"everything":        {Query{}, []protocol.Record{onSecond, third, deletion, onFirst, second, first}},
		"posts":             {Query{Kind: protocol.KindPost}, []protocol.Record{third, second, first}},
		"comments":          {Query{Kind: protocol.KindComment}, []protocol.Record{onSecond, onFirst}},
		"deletions":         {Query{Kind: protocol.KindDeletion}, []protocol.Record{deletion}},
		"reports":           {Query{Kind: protocol.KindReport}, nil},
		"unknown kind":      {Query{Kind: "erased"}, nil},
		"anna's":            {Query{Author: &annas}, []protocol.Record{onSecond, third, deletion, first}},
		"bob's comments":    {Query{Author: &bobs, Kind: protocol.KindComment}, []protocol.Record{onFirst}},
		"nobody's":          {Query{Author: &nobody}, nil},
		"about the first":   {Query{Target: &first.ID}, []protocol.Record{onFirst}},
		"about the gone":    {Query{Target: &gone.ID}, []protocol.Record{deletion}},
		"apples":            {Query{Words: "apple"}, []protocol.Record{onSecond, onFirst, second, first}},
		"anna's apples":     {Query{Words: "apple", Author: &annas}, []protocol.Record{onSecond, first}},
		"comments on apple": {Query{Words: "apple", Kind: protocol.KindComment}, []protocol.Record{onSecond, onFirst}},
		"apple about first": {Query{Words: "apple", Target: &first.ID}, []protocol.Record{onFirst}},
	} {
		var want []protocol.UUID
		for _, r := range tt.want {
			want = append(want, r.ID)
		}
		for _, limit := range []int{1, 2, 100} {
			tt.q.Limit = limit
			if diff := cmp.Diff(want, w.pages(tt.q)); diff != "" {
				t.Errorf("%s, %d a page: %s", name, limit, diff)
			}
		}
	}
}

func TestARecordComesWithTheNumberOfItsComments(t *testing.T) {
	w := newWorld(t)
	anna := device(1)
	post := w.taken(w.post(anna, "post"))
	w.taken(w.about(anna, protocol.KindComment, post.ID, "one"))
	two := w.taken(w.about(anna, protocol.KindComment, post.ID, "two"))
	report := w.taken(w.about(anna, protocol.KindReport, post.ID, "three"))
	w.taken(w.about(anna, protocol.KindDeletion, two.ID, ""))
	e, comments, err := w.Record(t.Context(), post.ID)
	if err != nil || comments != 1 || e.JWS != post.JWS || e.Seq != 1 {
		t.Errorf("%+v, %d comments, %v", e, comments, err)
	}
	for _, id := range []protocol.UUID{report.ID, {5}} {
		_, _, err := w.Record(t.Context(), id)
		wantCode(t, err, protocol.CodeUnknownRecord)
	}
}

func TestSearchFindsWordsInAnyScript(t *testing.T) {
	w := newWorldWith(t, 4) // several search tables
	texts := []string{
		"The quick brown fox",
		"Über den Wolken muß die Freiheit",
		"我们今天去北京大学看朋友",
		"ひらがなとカタカナのテスト",
		"오늘은 날씨가 좋네요",
		"วันนี้อากาศดีมาก",
		"well-known user's e-mail 3.14",
		"foo AND bar NEAR baz OR qux*",
		"naïve café",
		"Привет, мир",
	}
	for _, text := range texts {
		w.taken(w.post(device(1), text))
	}
	for query, want := range map[string]int{
		"quick": 0, "QUICK fox": 0, "fox the": 0, "“quick”": 0, "über": 1, "uber": 1, "freiheit": 1,
		"北京": 2, "北京大学": 2, "朋友": 2, "学": 2, "カタ": 3, "がな": 3, "날씨": 4, "오늘": 4,
		"อากาศ": 5, "ดีมาก": 5, "user's": 6, "e-mail": 6, "3.14": 6, "well known": 6,
		"foo AND": 7, "AND": 7, "near": 7, "qux*": 7, "bar OR": 7, "cafe": 8, "NAÏVE": 8, "мир": 9, "привет": 9,
		`"brown fox"`: 0, "fox)": 0, "(fox": 0, "^the": 0, "-fox": 0, "text:fox": -1, "quick brow": -1, "qui*": -1,
		"京北": -1, "今北": -1, "ดม": -1, "fox wolken": -1, "fox NOT brown": -1, `fox" OR "wolken`: -1,
		`"`: -1, "*": -1, "---": -1, "“”": -1, "'": -1, "": -2, " \n": -1, "\x00": -1, "\u0301": -1,
	} {
		var found []string
		if want >= 0 {
			found = []string{texts[want]}
		}
		if want == -2 { // no words: no search
			continue
		}
		if diff := cmp.Diff(found, w.words(query)); diff != "" {
			t.Errorf("%q: %s", query, diff)
		}
	}
}

func TestSearchReachesDescriptionsAndCommentsButNotReports(t *testing.T) {
	w := newWorld(t)
	_, img := w.upload(1, 20)
	img.Alt = "a sleeping cat"
	post := w.taken(w.sign(device(1), protocol.KindPost, protocol.Payload{Text: "look", Image: &img}))
	w.taken(w.about(device(2), protocol.KindComment, post.ID, "what a lazy cat"))
	w.taken(w.about(device(2), protocol.KindReport, post.ID, "I hate that cat"))
	if diff := cmp.Diff([]string{"what a lazy cat", "look"}, w.words("cat")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"look"}, w.words("cat look")); diff != "" {
		t.Errorf("words in text and description: %s", diff)
	}
}

// TestAnyWordsAreOnlyWords searches for whatever somebody may type: it never
// fails, and every text is found by each of its own words.
func TestAnyWordsAreOnlyWords(t *testing.T) {
	w := newWorld(t)
	key := device(1)
	rapid.Check(t, func(t *rapid.T) {
		text := protocol.NormalizeText(rapid.OneOf(
			rapid.StringMatching(`["*^()'\-:a-zé中ไทย ]{1,30}`),
			rapid.StringOfN(rapid.Rune(), 1, 30, 200),
		).Draw(t, "text"))
		rec, err := protocol.Sign(key, protocol.KindPost, protocol.Payload{
			Server: w.Server(), Nonce: protocol.Nonce{1}, CreatedAt: protocol.Cut(t0), Text: text,
		})
		if err != nil {
			t.Skip("no text for a post")
		}
		w.append(rec)
		for _, word := range append(strings.Fields(text), text) {
			found := w.words(word)
			if match(word) != "" && !slices.Contains(found, text) && len(found) < protocol.MaxPage {
				t.Fatalf("%q is not found by %q (%s)", text, word, match(word))
			}
		}
	})
}
