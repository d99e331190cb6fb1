package client

import (
	"slices"
	"testing"
	"time"

	"p4p/localmap"
	"p4p/protocol"
)

// befriends makes two people friends through the real server, both running.
func befriends(a *reader, nameOfB string, b *reader, nameOfA string) {
	a.t.Helper()
	ctx := a.t.Context()
	i, err := a.Invite(ctx, nameOfB, time.Hour)
	if err != nil {
		a.t.Fatal(err)
	}
	if _, err := b.Accept(ctx, i.Link, nameOfA, false); err != nil {
		a.t.Fatal(err)
	}
	a.waits("the acceptance is noticed", func() bool { return len(must(a.Notices(ctx))) == 1 })
	if _, err := a.Confirm(ctx, i.Friendship); err != nil {
		a.t.Fatal(err)
	}
	b.waits("the confirmation is noticed", func() bool { return must(b.Friendships(ctx))[0].State == StateFriend })
}

func (r *reader) nameOn(text string) Label {
	r.t.Helper()
	for _, i := range r.shows() {
		if i.Text == text {
			return i.Label
		}
	}
	r.t.Fatalf("%q is not shown", text)
	return Label{}
}

func TestANameAppearsOnEarlierPosts(t *testing.T) {
	w := newTown(t)
	anna, bob, carl := reads(t, w.URL()).runs(), reads(t, w.URL()).runs(), reads(t, w.URL()).runs()
	anna.posts("by Anna")
	bob.posts("by Bob")
	carl.posts("by Carl")
	for _, r := range []*reader{anna, bob, carl} {
		r.waits("all three posts are there", func() bool { return r.place() == 3 })
	}
	if l := bob.nameOn("by Anna"); l != (Label{}) {
		t.Errorf("a stranger is %+v", l)
	}
	befriends(anna, "Bob", bob, "Anna")
	for _, tt := range []struct {
		who  *reader
		post string
		want Label
	}{
		{anna, "by Anna", Label{Kind: You}},
		{anna, "by Bob", Label{Kind: Friend, Name: "Bob"}},
		{anna, "by Carl", Label{}},
		{bob, "by Anna", Label{Kind: Friend, Name: "Anna"}},
		{carl, "by Anna", Label{}},
		{carl, "by Bob", Label{}},
	} {
		if got := tt.who.nameOn(tt.post); got != tt.want {
			t.Errorf("%q is by %+v, want %+v", tt.post, got, tt.want)
		}
	}
	view := func(r *reader, v View) []string {
		t.Helper()
		return texts(must(r.Timeline(t.Context(), Query{View: v, Limit: 10})))
	}
	if got := view(anna, Friends); !slices.Equal(got, []string{"by Bob", "by Anna"}) {
		t.Errorf("Anna's friends view: %v", got)
	}
	if got := view(anna, Mine); !slices.Equal(got, []string{"by Anna"}) {
		t.Errorf("Anna's own view: %v", got)
	}
	if got := view(carl, Friends); !slices.Equal(got, []string{"by Carl"}) {
		t.Errorf("Carl's friends view: %v", got)
	}
	events := must(bob.Events(t.Context(), EventQuery{View: Friends, Limit: 10}))
	if got := texts(events); !slices.Equal(got, []string{"by Anna", "by Bob"}) {
		t.Errorf("Bob's friends in log order: %v", got)
	}
	// Carl's posts by his device, whatever the view.
	id := carl.Whoami(t.Context()).UUID
	if got := texts(must(anna.Timeline(t.Context(), Query{View: Friends, Author: &id, Limit: 10}))); !slices.Equal(got, []string{"by Carl"}) {
		t.Errorf("by Carl's device: %v", got)
	}
}

func TestATimelineIsSearchedAndPaged(t *testing.T) {
	w := newTown(t)
	a := w.author()
	a.says("a red fox", "a blue fox", "a red hen", "red, white and red")
	r := reads(t, w.URL())
	r.syncs()
	for name, tt := range map[string]struct {
		q    Query
		want []string
	}{
		"words":            {Query{Search: "RED fox"}, []string{"a red fox"}},
		"no word":          {Query{Search: `"`}, []string{}},
		"a syntax":         {Query{Search: "fox AND"}, []string{}},
		"first page":       {Query{Limit: 2}, []string{"red, white and red", "a red hen"}},
		"second page":      {Query{Limit: 2, Before: 3}, []string{"a blue fox", "a red fox"}},
		"the lowest above": {Query{Limit: 2, After: 1}, []string{"a red hen", "a blue fox"}},
		"words above":      {Query{Search: "red", After: 1}, []string{"red, white and red", "a red hen"}},
	} {
		if tt.q.Limit == 0 {
			tt.q.Limit = 10
		}
		if got := texts(must(r.Timeline(t.Context(), tt.q))); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestWhatWaitsIsSearchedAsWell(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	l.answers(protocol.CodeUnavailable, protocol.CodeUnavailable)
	r.posts("a red fox")
	if _, err := r.Post(t.Context(), "look", &Picture{Bytes: tinyPNG, Alt: "a red hen"}); err != nil {
		t.Fatal(err)
	}
	got := texts(must(r.Timeline(t.Context(), Query{Search: "red", Limit: 10})))
	if !slices.Equal(got, []string{"look", "a red fox"}) {
		t.Errorf("found %v", got)
	}
	id := protocol.UUID{1}
	for _, q := range []Query{{Search: "blue"}, {Before: 5}, {After: 1}, {Author: &id}} {
		q.Limit = 10
		if got := must(r.Timeline(t.Context(), q)); len(got) != 0 {
			t.Errorf("%+v shows what waits: %v", q, texts(got))
		}
	}
}

func TestEventsFromACursor(t *testing.T) {
	w := newTown(t)
	a := w.author()
	posts := a.says("one", "two", "three")
	a.comments(posts[0].ID, "a comment")
	a.deletes(posts[1].ID)
	r := reads(t, w.URL())
	epoch := w.Info().Epoch
	if got, err := r.Events(t.Context(), EventQuery{After: &protocol.Cursor{Epoch: epoch, Seq: 2}, Limit: 5}); err != nil || len(got) != 0 {
		t.Errorf("before anything was read: %v, %v", got, err)
	}
	r.syncs()
	for name, tt := range map[string]struct {
		q    EventQuery
		want []uint64
	}{
		"the last two":      {EventQuery{Limit: 2}, []uint64{4, 5}},
		"more than all":     {EventQuery{Limit: 50}, []uint64{1, 3, 4, 5}},
		"from the start":    {EventQuery{Limit: 2, After: &protocol.Cursor{}}, []uint64{1, 3}},
		"behind the first":  {EventQuery{Limit: 2, After: &protocol.Cursor{Epoch: epoch, Seq: 1}}, []uint64{3, 4}},
		"behind the erased": {EventQuery{Limit: 50, After: &protocol.Cursor{Epoch: epoch, Seq: 2}}, []uint64{3, 4, 5}},
		"at the end":        {EventQuery{Limit: 50, After: &protocol.Cursor{Epoch: epoch, Seq: 5}}, nil},
	} {
		var got []uint64
		for _, i := range must(r.Events(t.Context(), tt.q)) {
			got = append(got, i.Seq)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	for name, c := range map[string]protocol.Cursor{
		"another epoch": {Epoch: protocol.UUID{9}, Seq: 1}, "beyond the end": {Epoch: epoch, Seq: 6},
	} {
		if _, err := r.Events(t.Context(), EventQuery{After: &c, Limit: 1}); protocol.CodeOf(err) != protocol.CodeCursorUnknown {
			t.Errorf("%s: %v, want cursor_unknown", name, err)
		}
	}
}

func TestARemoteSearchNamesNobody(t *testing.T) {
	w := newTown(t)
	a := w.author()
	a.says("the fox and the hen", "a fox", "nothing")
	r := reads(t, w.URL())
	for _, name := range []string{"Zoë Müller", "李小龙", "O'Neil"} {
		if err := r.AddContact(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	for _, words := range []string{"Zoë Müller", "zoe", "fox MULLER", "李小龙", "我认识李小龙吗", "neil", "o'neil", "Zoe\u0308"} {
		_, err := r.RemoteSearch(t.Context(), words, 10)
		wantCode(t, err, protocol.CodeNamesStayLocal)
	}
	_, err := r.RemoteSearch(t.Context(), " ", 10)
	wantCode(t, err, protocol.CodeEmptyText)
	_, err = r.RemoteSearch(t.Context(), string(make([]byte, protocol.MaxQuery+1)), 10)
	wantCode(t, err, protocol.CodeTooLarge)
	for words, want := range map[string][]string{
		"fox":      {"the fox and the hen", "a fox"},
		"fox hen":  {"the fox and the hen"},
		`"`:        nil,
		"小":        nil,
		"zoeology": nil,
	} {
		got, err := r.RemoteSearch(t.Context(), words, 10)
		if err != nil || !slices.Equal(texts(got), want) {
			t.Errorf("%q: %v, %v; want %v", words, texts(got), err, want)
		}
	}
	one, err := r.RemoteSearch(t.Context(), "fox", 1)
	if err != nil || !slices.Equal(texts(one), []string{"a fox"}) || one[0].Seq != 2 || one[0].Epoch != w.Info().Epoch {
		t.Errorf("the newest: %+v, %v", one, err)
	}
}

func TestARetiredKeysNameEndsAtItsCut(t *testing.T) {
	l := newLiar(t)
	old, next := newKey(t), newKey(t)
	before, after := l.post1(old, "before the cut"), l.post1(old, "after the cut")
	l.tells(eventOf(before), eventOf(after), eventOf(l.post1(next, "by the new key")), eventOf(l.deletion(old, before.ID)))
	r := l.reads()
	r.syncs()
	c := protocol.Parties{Server: l.sid, Friendship: protocol.UUID{5}, Inviter: protocol.Side{Key: old.Public}, Invitee: protocol.Side{Key: r.local.Key().Public}}
	_, err := r.local.CreateFriendship(t.Context(), localmap.Friendship{
		ID: c.Friendship, Server: l.sid, Role: protocol.RoleInvitee, State: localmap.StateAccepted, Parties: c,
		Seen: protocol.Seen{N: 2, Steps: []protocol.Step{protocol.NewStep(c, protocol.RoleInviter, 0, old, next, l.epoch, 1)}},
	}, "Anna", false)
	if err != nil {
		t.Fatal(err)
	}
	anna := Label{Kind: Friend, Name: "Anna"}
	for _, tt := range []struct {
		kind protocol.Kind
		at   protocol.Cursor
		want Label
	}{
		{protocol.KindPost, protocol.Cursor{Epoch: l.epoch, Seq: 1}, anna},
		{protocol.KindPost, protocol.Cursor{Epoch: l.epoch, Seq: 2}, Label{}},
		{protocol.KindComment, protocol.Cursor{Epoch: l.epoch, Seq: 2}, Label{}},
		{protocol.KindDeletion, protocol.Cursor{Epoch: l.epoch, Seq: 2}, anna},
		{protocol.KindPost, protocol.Cursor{Epoch: protocol.UUID{9}, Seq: 1}, Label{}},
	} {
		if got := r.label(old.Public, tt.kind, tt.at); got != tt.want {
			t.Errorf("a %s at %s is by %+v, want %+v", tt.kind, tt.at, got, tt.want)
		}
	}
	if got := r.label(next.Public, protocol.KindPost, protocol.Cursor{Epoch: l.epoch, Seq: 2}); got != anna {
		t.Errorf("the new key is %+v", got)
	}
	got := texts(must(r.Events(t.Context(), EventQuery{View: Friends, Limit: 10})))
	if !slices.Equal(got, []string{"by the new key", ""}) {
		t.Errorf("friends' events %q, want the new key's post and the old key's deletion", got)
	}
}

func TestDraftsWaitInTheirPlaces(t *testing.T) {
	r := reads(t, "http://127.0.0.1:1")
	for where, text := range map[string]string{"post": "half a post", "comment:" + protocol.UUID{1}.String(): "half a comment"} {
		if err := r.SaveDraft(t.Context(), where, text); err != nil {
			t.Fatal(err)
		}
		r.close()
		r.open()
		if got, err := r.Draft(t.Context(), where); err != nil || got != text {
			t.Errorf("%s: %q, %v", where, got, err)
		}
	}
	if err := r.SaveDraft(t.Context(), "post", ""); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Draft(t.Context(), "post"); err != nil || got != "" {
		t.Errorf("a draft that was let go: %q, %v", got, err)
	}
}
