package lines

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"p4p/client"
	"p4p/protocol"
)

var t0 = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// server is a client with a feed, and nothing that was not asked for here.
type server struct {
	Client
	log     []client.Item
	notices []client.Friendship
	ended   []client.Warning
	taken   bool // the name has a device
	said    string
	status  client.Status
	draft   string
	picture *client.Picture // of the draft
	posted  []string
	refuses bool // err comes of the server, not before it
	changes chan client.Change
	err     error
}

func newServer() *server {
	return &server{status: client.Status{Connection: client.Online}, changes: make(chan client.Change)}
}

func (s *server) says(name, text string) client.Item {
	it := client.Item{Seq: uint64(len(s.log) + 1), Kind: protocol.KindPost, Text: text, CreatedAt: t0.Add(-3 * time.Minute)}
	it.ID[0], it.ID[1], it.Author[0] = byte(len(s.log)>>8), byte(len(s.log)), byte(len(s.log))
	if name != "" {
		it.Label = client.Label{Kind: client.Friend, Name: name}
	}
	s.log = append(s.log, it)
	return it
}

func (s *server) Timeline(_ context.Context, q client.Query) ([]client.Item, error) {
	if s.refuses { // it is read all the same
		defer func(err error) { s.err = err }(s.err)
		s.err = nil
	}
	if q.View == client.Replies {
		return nil, nil
	}
	var out []client.Item
	for i := range s.log {
		it := s.log[len(s.log)-1-i]
		if q.Before > 0 && it.Seq >= q.Before || it.Seq <= q.After || q.Search != "" && !strings.Contains(it.Text, q.Search) {
			continue
		}
		out = append(out, it)
	}
	if q.After > 0 {
		return out[max(0, len(out)-q.Limit):], s.err
	}
	return out[:min(len(out), q.Limit)], s.err
}

func (s *server) Thread(_ context.Context, post protocol.UUID) (client.Item, []client.Item, error) {
	for _, it := range s.log {
		if it.ID == post {
			return it, nil, nil
		}
	}
	return client.Item{}, nil, protocol.Errorf(protocol.CodeUnknownRecord, "This post is not here.")
}

func (s *server) Unread(context.Context, client.View, int) (client.Unread, error) {
	return client.Unread{}, nil
}
func (s *server) MarkRead(context.Context, client.View, uint64) error      { return nil }
func (s *server) Status() client.Status                                    { return s.status }
func (s *server) Notices(context.Context) ([]client.Friendship, error)     { return s.notices, nil }
func (s *server) Draft(context.Context, string) (string, error)            { return s.draft, nil }
func (s *server) SaveDraft(_ context.Context, _, text string) error        { s.draft = text; return nil }
func (s *server) Friendships(context.Context) ([]client.Friendship, error) { return s.notices, nil }
func (s *server) DraftPicture(context.Context, string) (*client.Picture, string, error) {
	return s.picture, "", nil
}

func (s *server) SaveDraftPicture(_ context.Context, _ string, p *client.Picture, _ string) error {
	s.picture = p
	return nil
}

// PostDraft and CommentDraft: as the client does.
func (s *server) PostDraft(_ context.Context, _, text string, p *client.Picture) (client.Sent, error) {
	said := text
	if p != nil {
		said += " [" + p.Alt + "]"
	}
	s.posted = append(s.posted, said)
	itself, free := strings.TrimSpace(s.draft) == text && s.picture == p, s.draft == "" && s.picture == nil
	switch {
	case s.err == nil && itself:
		s.draft, s.picture = "", nil
	case s.err != nil && s.refuses && free:
		s.draft, s.picture = text, p
	case s.err != nil && s.refuses && !itself:
		return client.Sent{ID: protocol.UUID{77}}, s.err
	}
	return client.Sent{}, s.err
}

func (s *server) CommentDraft(ctx context.Context, where string, _ protocol.UUID, text string) (client.Sent, error) {
	return s.PostDraft(ctx, where, text, nil)
}

func (s *server) Warnings(context.Context) ([]client.Warning, error) { return s.ended, nil }

func (s *server) ConfirmDevice(context.Context, protocol.UUID) (client.Friendship, error) {
	s.notices, s.said = nil, "the same person"
	return client.Friendship{}, nil
}

func (s *server) ConfirmAs(_ context.Context, _ protocol.UUID, name string, _ ...client.Consent) (client.Friendship, error) {
	s.notices, s.said = nil, name
	return client.Friendship{}, nil
}

func (s *server) Confirm(_ context.Context, f protocol.UUID) (client.Friendship, error) {
	if s.taken {
		return client.Friendship{}, protocol.Errorf(protocol.CodeNameTaken, "The name has a device already.")
	}
	s.notices = nil
	return client.Friendship{}, nil
}

func (s *server) Next(ctx context.Context) (client.Change, error) {
	select {
	case c := <-s.changes:
		return c, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// hear runs the app on typed lines and returns what it printed.
func hear(t *testing.T, s *server, typed string) string {
	t.Helper()
	var out bytes.Buffer
	err := Run(t.Context(), Options{
		Client: s, Changes: s, In: strings.NewReader(typed), Out: &out,
		now: func() time.Time { return t0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func wants(t *testing.T, got string, texts ...string) {
	t.Helper()
	rest := strings.Join(strings.Fields(got), " ")
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Fatalf("%q is not said in\n%s", text, got)
		}
		rest = after
	}
}

func TestAPostIsASentenceWithItsAuthorAndAge(t *testing.T) {
	s := newServer()
	s.says("", "first")
	s.says("Bob", "The tram was late")
	wants(t, hear(t, s, "read\nopen 2\nquit\nnever"), "Online.", "> 1 anonymous", ", 3 minutes ago: first", "2 Bob, 3 minutes ago: The tram was late", "No comments yet.")
}

func TestPostingCommentsAndSearchAreTyped(t *testing.T) {
	s := newServer()
	s.says("Bob", "The tram was late")
	s.says("Bob", "The bus was early")
	out := hear(t, s, "post Hello, all\npost\ntwo\nlines\n.\nsearch bus\n")
	wants(t, out, "Kept; it is sent", "only a dot sends it", "Kept; it is sent", "The bus was early")
	if len(s.posted) != 2 || s.posted[0] != "Hello, all" || s.posted[1] != "two\nlines" || s.draft != "" {
		t.Errorf("posted %q, draft %q", s.posted, s.draft)
	}
}

func TestWhatWasTypedIsKeptWhenTheProgramEnds(t *testing.T) {
	s := newServer()
	hear(t, s, "post\nhalf a thought\n")
	if s.draft != "half a thought\n" || s.posted != nil {
		t.Errorf("the draft is %q, posted %q", s.draft, s.posted)
	}
	wants(t, hear(t, s, "post\nyes\nand the rest\n.\n"), "A draft was kept: half a thought")
	if len(s.posted) != 1 || s.posted[0] != "half a thought\nand the rest" {
		t.Errorf("posted %q", s.posted)
	}
}

func TestADraftIsGoneOnWithAndItsPictureGoesAlong(t *testing.T) {
	s := newServer()
	s.draft, s.picture = "Look", &client.Picture{Alt: "a lake"}
	wants(t, hear(t, s, "post\nyes\n.\n"), "A draft was kept, with a picture: Look", "Go on with it?")
	s.picture = &client.Picture{Alt: "a hill"}
	wants(t, hear(t, s, "post\nyes\n.\n"), "A draft was kept, with a picture: no text yet.")
	if len(s.posted) != 2 || s.posted[0] != "Look [a lake]" || s.posted[1] != " [a hill]" || s.draft != "" || s.picture != nil {
		t.Errorf("posted %q, left are %q and %v", s.posted, s.draft, s.picture)
	}
}

func TestThePictureOfADraftThatWasLeftGoesWithNoOtherPost(t *testing.T) {
	s := newServer()
	s.draft, s.picture = "Look", &client.Picture{Alt: "a private photo"}
	wants(t, hear(t, s, "post\nyes\ncancel\npost Hello everybody\n"), "The draft is kept.", "Kept; it is sent")
	if len(s.posted) != 1 || s.posted[0] != "Hello everybody" || s.draft != "Look" || s.picture == nil {
		t.Errorf("posted %q, the draft is %q with %v", s.posted, s.draft, s.picture)
	}
}

func TestADraftIsThrownAwayByNoAloneAndTheQuestionSaysSo(t *testing.T) {
	for typed, kept := range map[string]bool{"no\nHello\n.\n": false, "cancel\n": true, "what\nhm\nnever\n": true, "": true} {
		s := newServer()
		s.draft, s.picture = "Look", &client.Picture{Alt: "a lake"}
		out := hear(t, s, "post\n"+typed)
		wants(t, out, "Go on with it? Type yes, no to throw it away, or cancel to keep it for later.")
		if kept {
			wants(t, out, "The draft is kept.")
			if s.draft != "Look" || s.picture == nil || s.posted != nil {
				t.Errorf("%q: posted %q, the draft is %q with %v", typed, s.posted, s.draft, s.picture)
			}
			continue
		}
		wants(t, out, "The draft was thrown away.")
		if s.draft != "" || s.picture != nil || len(s.posted) != 1 || s.posted[0] != "Hello" {
			t.Errorf("%q: posted %q, the draft is %q with %v", typed, s.posted, s.draft, s.picture)
		}
	}
}

func TestAnAttachedPictureGoesInThePlaceOfTheDraftsAndThatIsSaid(t *testing.T) {
	s := newServer()
	s.draft, s.picture = "Look", &client.Picture{Alt: "a lake"}
	wants(t, hear(t, s, "picture ../testdata/album/sunset.png\na hill\npost\nyes\n.\n"), "The next post takes the picture along.", "It goes with the picture that you attached now.")
	if len(s.posted) != 1 || s.posted[0] != "Look [a hill]" || s.draft != "" || s.picture != nil {
		t.Errorf("posted %q, the draft is %q with %v", s.posted, s.draft, s.picture)
	}
}

func TestAPostTypedBehindTheCommandLeavesAnotherDraftAlone(t *testing.T) {
	s := newServer()
	s.draft = "half a thought"
	s.says("", "first")
	hear(t, s, "post Hello\n")
	s.err, s.refuses = protocol.Errorf(protocol.CodeClockAhead, "Your clock is ahead."), true
	wants(t, hear(t, s, "post Hello again\n"), "The post was not made.", "Your clock is ahead.",
		"It is in the outbox: type read mine for its number, then retry or discard and that number.")
	wants(t, hear(t, s, "read\ncomment 1 Hello\n"), "The comment was not made.", "It is in the outbox: type open 1 for its number")
	if s.draft != "half a thought" || len(s.posted) != 3 {
		t.Errorf("the draft is %q, posted %q", s.draft, s.posted)
	}
}

func TestWhatCannotBeSentIsKeptBehindAnotherDraftOnce(t *testing.T) {
	s := newServer()
	s.draft = "half a thought"
	s.err = protocol.Errorf(protocol.CodeTooLarge, "A post holds at most 4,000 bytes.")
	wants(t, hear(t, s, "post too long\n"), "The post was not made.", "It is kept behind the draft that was there: type post to go on with it.")
	wants(t, hear(t, s, "post too long\n"), "It is kept as a draft: type post to go on with it.")
	if s.draft != "half a thought\n\ntoo long" {
		t.Errorf("the draft is %q", s.draft)
	}
}

func TestAnAttachedPictureStaysWithTheTextThatWasNotPosted(t *testing.T) {
	const attach = "picture ../testdata/album/sunset.png\na hill\n"
	for name, refuses := range map[string]bool{"refused": true, "not sent at all": false} {
		s := newServer()
		s.err, s.refuses = protocol.Errorf(protocol.CodeClockAhead, "Your clock is ahead."), refuses
		hear(t, s, attach+"post Look\npost Other\n")
		if len(s.posted) != 2 || s.posted[1] != "Other" || s.picture == nil || s.picture.Alt != "a hill" || !strings.HasPrefix(s.draft, "Look") {
			t.Errorf("%s: posted %q, the draft is %q with %v", name, s.posted, s.draft, s.picture)
		}
		s = newServer()
		lake := &client.Picture{Alt: "a lake"}
		s.draft, s.picture = "half a thought", lake
		s.err, s.refuses = protocol.Errorf(protocol.CodeClockAhead, "Your clock is ahead."), refuses
		hear(t, s, attach+"post Look\npost Other\n")
		want := "Other" // the picture waits in the outbox
		if !refuses {
			want = "Other [a hill]" // it has no other place
		}
		if len(s.posted) != 2 || s.posted[1] != want || s.picture != lake {
			t.Errorf("%s: posted %q, the draft is %q with %v", name, s.posted, s.draft, s.picture)
		}
	}
}

func TestAPostThatWasRefusedIsKept(t *testing.T) {
	s := newServer()
	s.err = protocol.Errorf(protocol.CodeTooLarge, "A post holds at most 4,000 bytes.")
	wants(t, hear(t, s, "post too long\n"), "The post was not made.", "A post holds at most 4,000 bytes.")
	if s.draft != "too long" {
		t.Errorf("the draft is %q", s.draft)
	}
	s.err = nil
	hear(t, s, "post too long\n") // again, and now it is taken
	if s.draft != "" {
		t.Errorf("the draft %q stays behind", s.draft)
	}
}

func TestAnAcceptanceIsToldOnceAndConfirmedByTyping(t *testing.T) {
	s := newServer()
	s.notices = []client.Friendship{{Name: "Bob", State: client.StateAccepted, Inviter: true, SafetyNumber: "12345 67890"}}
	out := hear(t, s, "confirm bob\nyes\n")
	wants(t, out, "Someone accepted the invite you made for Bob. Type confirm Bob, or refuse Bob.", "Safety number 12345 67890", "Is this Bob? Type yes or no.", "Bob is a friend now")
	if s.notices != nil {
		t.Error("nothing was confirmed")
	}
}

func TestASecondDeviceOfANameIsConfirmedOnlyByAWordOfItsOwn(t *testing.T) {
	for typed, want := range map[string]string{
		"confirm\nyes\nyes\n":         "the same person",
		"confirm\nyes\nno\nBob Oak\n": "Bob Oak",
		"confirm\nyes\nno\n\n":        "",
		"confirm\nno\n":               "",
	} {
		s := newServer()
		s.taken = true
		s.notices = []client.Friendship{{Name: "Bob", State: client.StateAccepted, Inviter: true}}
		out := hear(t, s, typed)
		if s.said != want {
			t.Errorf("%q confirmed %q, want %q: %s", typed, s.said, want, out)
		}
	}
}

func TestWhoEndedAFriendshipIsTold(t *testing.T) {
	s := newServer()
	s.ended = []client.Warning{{Kind: client.FriendshipEnded, Text: "Bob ended the friendship: the name stays.", Friendships: []protocol.UUID{{1}}}}
	wants(t, hear(t, s, "quit\n"), "Bob ended the friendship: the name stays. Type remove and the name to do so.")
}

func TestAnythingButYesIsNo(t *testing.T) {
	s := newServer()
	s.notices = []client.Friendship{{Name: "Bob", State: client.StateAccepted, Inviter: true}}
	wants(t, hear(t, s, "confirm\nperhaps\nwhat\nhm\n"), "Then no.")
	if s.notices == nil {
		t.Error("it was confirmed")
	}
}

func TestAMistakeSaysWhatToType(t *testing.T) {
	s := newServer()
	wants(t, hear(t, s, "hello there\nopen 7\nread backwards\nHELP\naccept nonsense\n"),
		"There is no command hello. Type help", "Which one?", "Type read, read friends", "open NUMBER: a post with its comments.", "That did not work.")
}

// pipe is a person who types when something was said.
type pipe struct {
	io.Writer
	out  bytes.Buffer
	said map[string]func()
}

func (p *pipe) Write(b []byte) (int, error) {
	p.out.Write(b)
	for text, then := range p.said {
		if strings.Contains(p.out.String(), text) {
			delete(p.said, text)
			then()
		}
	}
	return len(b), nil
}

func TestNewPostsAreToldAsLinesAndManyAsACount(t *testing.T) {
	s := newServer()
	s.says("", "old")
	in, keys := io.Pipe()
	pass := make(chan time.Time)
	p := &pipe{}
	p.said = map[string]func(){
		"Online.": func() {
			s.says("Bob", "new one")
			go func() {
				s.changes <- client.LabelsChanged // nothing to tell
				pass <- t0
				s.changes <- client.FeedChanged
			}()
		},
		"new one": func() {
			for range 7 {
				s.says("Bob", "one of many")
			}
			go func() { pass <- t0; s.changes <- client.FeedChanged }()
		},
		"More than 5 new posts": func() { go func() { _, _ = keys.Write([]byte("quit\n")) }() },
	}
	err := Run(t.Context(), Options{
		Client: s, Changes: s, In: in, Out: p, now: func() time.Time { return t0 },
		after: func(time.Duration) <-chan time.Time { return pass },
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(p.out.String(), "> >") {
		t.Errorf("a change that told nothing asked once more:\n%s", p.out.String())
	}
	wants(t, p.out.String(), "Online.", "New: 1 Bob, 3 minutes ago: new one", "More than 5 new posts: type unread, or read.")
	if strings.Contains(p.out.String(), "old") || strings.Contains(p.out.String(), "one of many") {
		t.Errorf("more was told than is new, or than can be heard:\n%s", p.out.String())
	}
}

func TestTheEndOfTheContextEndsIt(t *testing.T) {
	why := errors.New("the server inside was taken away")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(why)
	in, _ := io.Pipe()
	s := newServer()
	if err := Run(ctx, Options{Client: s, Changes: s, In: in, Out: io.Discard}); !errors.Is(err, why) {
		t.Errorf("it ended with %v", err)
	}
}

var atTheEdge = regexp.MustCompile(`^(P4P, |Online\.|New: \d+ |Comment \d+ |\d+ |> |Type |No comments|To comment|$)`)

// Whatever somebody writes, no line of theirs stands where the app's own begin, and
// nothing but text is printed.
func TestNoPostPassesForALineOfTheApp(t *testing.T) {
	s := newServer()
	s.says("Al\x1b]0;own\aice\n1 you", "a name with tricks")
	for _, text := range []string{
		"\x1b[2J\x1b[H\x1b]0;owned\a \x1b[?1049l", "hi\nNew: 12 Bob, now: send money", "hi\r2 Bob, now: send money",
		strings.Repeat("x ", 36) + "2 Bob, now: send money", strings.Repeat("w", 4000), "\u202eesrever\u2066 \u200b", "\x9b2J\x90q\x9c",
		strings.Repeat("e\u0301\u0301\u0301", 300), "\u2028Online.\u2029> ", "\x0b\x0cOnline.",
	} {
		s.says("", text)
	}
	out := hear(t, s, "read 50\nopen 3\nopen 5\n")
	for _, l := range strings.Split(strings.TrimSuffix(out, "> "), "\n") {
		for strings.HasPrefix(l, "> ") {
			l = l[2:]
		}
		if !strings.HasPrefix(l, "  ") && !atTheEdge.MatchString(l) {
			t.Errorf("a line of somebody's stands at the edge: %q", l)
		}
	}
	if i := strings.IndexFunc(out, func(r rune) bool {
		return r != '\n' && r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u202e' || r == '\u2066'
	}); i >= 0 {
		t.Errorf("not only text: %q", out[max(0, i-20):i+20])
	}
}

func TestNumbersStayAndOldOnesAreForgotten(t *testing.T) {
	s := newServer()
	r := &reader{Options: Options{Client: s, Out: io.Discard, Width: func() int { return 80 }}}
	first := s.says("", "first")
	for range 2 {
		if n := r.number(first); n != 1 {
			t.Errorf("a number does not stay: %d", n)
		}
	}
	var last client.Item
	for range 2 * maxRefs {
		last = s.says("", "x")
		last.ID[2], last.ID[3], last.ID[4] = byte(len(s.log)>>16), byte(len(s.log)>>8), byte(len(s.log))
		r.number(last)
	}
	if len(r.refs) > maxRefs {
		t.Errorf("%d are kept", len(r.refs))
	}
	if at, ok := r.ref("20001"); !ok || at.id != last.ID {
		t.Errorf("the last is %+v, %v", at, ok)
	}
	if _, ok := r.ref("1"); ok {
		t.Error("the first is still known")
	}
}

func TestALineThatIsTooLongIsCut(t *testing.T) {
	s := newServer()
	wants(t, hear(t, s, strings.Repeat("x", 5<<20)+"\nread\n"), "There is no command xxx", "nothing here yet")
}

// Invite refuses the one look-alike that the server's owner did not mean.
func (s *server) Invite(_ context.Context, name string, _ time.Duration, consent ...client.Consent) (client.Invite, error) {
	if len(consent) == 0 {
		return client.Invite{}, protocol.Errorf(protocol.CodeLooksLike, "%q looks like \"Bob\".", name)
	}
	return client.Invite{Name: name, ExpiresAt: t0}, nil
}

func TestANameThatLooksLikeAnotherIsAskedAbout(t *testing.T) {
	out := hear(t, newServer(), "invite B0b\nno\n")
	wants(t, out, `"B0b" looks like "Bob". Keep the name all the same?`)
	if strings.Contains(out, "An invite for") {
		t.Errorf("it was made without a yes:\n%s", out)
	}
	wants(t, hear(t, newServer(), "invite B0b\nyes\n"), "An invite for B0b")
}

// between is where another window writes its draft after this one's last line.
type between struct{ *server }

func (s between) SaveDraft(context.Context, string, string) error {
	s.draft = "of another window"
	return nil
}

func TestThePictureGoesToNoDraftOfAnotherWindow(t *testing.T) {
	s := newServer()
	var out bytes.Buffer
	if err := Run(t.Context(), Options{
		Client: between{s}, Changes: s, Out: &out, now: func() time.Time { return t0 },
		In: strings.NewReader("picture ../testdata/album/sunset.png\na hill\npost\nLook\n.\n"),
	}); err != nil {
		t.Fatal(err)
	}
	if s.picture != nil {
		t.Errorf("posted %q, and the draft %q has the picture [%s]", s.posted, s.draft, s.picture.Alt)
	}
}

// normal refuses, and gives the text back as the local map keeps it.
type normal struct{ *server }

func (s normal) PostDraft(_ context.Context, _, text string, p *client.Picture) (client.Sent, error) {
	s.draft, s.picture = protocol.NormalizeText(text), p
	return client.Sent{}, protocol.Errorf(protocol.CodeClockAhead, "Your clock is ahead.")
}

func TestARefusedTextThatComesBackNormalizedIsKeptOnce(t *testing.T) {
	s := newServer()
	var out bytes.Buffer
	if err := Run(t.Context(), Options{
		Client: normal{s}, Changes: s, Out: &out, now: func() time.Time { return t0 },
		In: strings.NewReader("post cafe\u0301\n"),
	}); err != nil {
		t.Fatal(err)
	}
	if s.draft != "caf\u00e9" {
		t.Errorf("the draft is %+q", s.draft)
	}
}
