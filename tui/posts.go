package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
)

type postsClient interface {
	Timeline(ctx context.Context, q client.Query) ([]client.Item, error)
	activityClient
	RemoteSearch(ctx context.Context, words string, limit int) ([]client.Item, error)
	Bookmark(ctx context.Context, post protocol.UUID, on bool) error
	Bookmarks(ctx context.Context) ([]client.Item, error)
}

// posts is a list of posts beside the feed: somebody's, those that were found, those
// that were kept. It has a place of its own, which stays while a post is open above it.
type posts struct {
	*ui
	list
	split
	of      source
	gen     int
	loaded  bool
	loading bool
	stale   bool
	ended   bool // there is nothing older
	err     error

	search    *finder // the words, where these are searched for
	readSoFar readSoFar
}

// source is where a list of posts comes from.
type source struct {
	name  string // in the header
	empty string // what is said where there is nothing
	query client.Query
	kept  bool // the bookmarks, which come whole
}

type postsLoadedMsg struct {
	gen   int
	items []client.Item
	older bool
	of    *client.Activity // the friend's, where the list is one's
	err   error
}

func newPosts(u *ui, of source) *posts {
	p := &posts{ui: u, list: newList(u), of: of, gen: u.next()}
	p.split = split{ui: u, main: &p.list}
	p.readSoFar.name = of.query.Name
	p.list.unread = p.isUnread
	return p
}

// postsOf is all that an author posted: a friend's with all devices, a stranger's of
// this one.
func postsOf(u *ui, it client.Item) *posts {
	switch it.Label.Kind {
	case client.You:
		return newPosts(u, source{name: "yours", empty: "You have posted nothing yet.", query: client.Query{View: client.Mine}})
	case client.Friend:
		return postsOfFriend(u, it.Label.Name)
	}
	id := it.Author.UUID()
	return newPosts(u, source{name: u.plainName(it.Label, it.Author), empty: "Nothing by this author is here.", query: client.Query{Author: &id}})
}

func postsOfFriend(u *ui, name string) *posts {
	shown := line(name, 24)
	return newPosts(u, source{name: shown, empty: "Nothing by " + shown + " has arrived yet.", query: client.Query{Name: name}})
}

func newBookmarks(u *ui) *posts {
	return newPosts(u, source{
		name:  "bookmarks",
		empty: "No bookmarks yet. " + u.keyOf(u.bound(keymap.Feed), keymap.Mark) + " beside a post keeps it here, on this machine only.", kept: true,
	})
}

func (p *posts) init() tea.Cmd {
	if p.search != nil {
		return nil // there are no words yet
	}
	return p.load()
}

// update: see screen.
func (p *posts) update(msg tea.Msg) tea.Cmd { return tea.Batch(p.take(msg), p.split.update(msg)) }

func (p *posts) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if p.search != nil && p.search.typing {
			return p.searchKey(msg)
		}
		return p.key(p.keys().Intent(msg.String()))
	case tea.PasteMsg:
		if p.search != nil && p.search.typing {
			return p.typed(p.search.field.update(msg))
		}
	case changedMsg:
		if msg.what&(client.FeedChanged|client.LabelsChanged|client.FriendsChanged) != 0 {
			return p.load()
		}
	case postsLoadedMsg:
		if msg.gen == p.gen {
			return p.took(msg)
		}
	case postsSeenMsg:
		if msg.gen == p.gen {
			p.readSoFar.watching = false
			return p.read()
		}
	}
	return nil
}

// load asks again for as many as are there.
func (p *posts) load() tea.Cmd {
	if p.search != nil && (p.search.words == "" || p.search.remote) {
		return nil
	}
	if p.loading {
		p.stale = true
		return nil
	}
	p.loading, p.stale = true, false
	q := p.of.query
	q.Limit = min(max(page, len(p.items)), maxWindow)
	return p.ask(q, false)
}

func (p *posts) ask(q client.Query, older bool) tea.Cmd {
	c, gen, kept := p.client, p.gen, p.of.kept
	return p.do(func(ctx context.Context) tea.Msg {
		msg := postsLoadedMsg{gen: gen, older: older}
		if kept {
			msg.items, msg.err = c.Bookmarks(ctx)
		} else {
			msg.items, msg.err = c.Timeline(ctx, q)
		}
		if q.Name != "" && msg.err == nil {
			if all, err := c.Activity(ctx, q.Name, 1); err == nil {
				a := all[q.Name]
				msg.of = &a
			}
		}
		return msg
	})
}

func (p *posts) took(msg postsLoadedMsg) tea.Cmd {
	p.loading, p.loaded, p.err = false, true, msg.err
	switch {
	case msg.err != nil && len(p.items) > 0:
		return p.fail(msg.err)
	case msg.err != nil:
		return nil
	case msg.older:
		last := p.items[len(p.items)-1].Seq
		items := p.items
		for _, it := range msg.items {
			if it.Seq < last {
				items = append(items, it)
			}
		}
		p.ended = len(msg.items) < page
		p.list.set(items)
	default:
		p.ended = p.of.kept || len(msg.items) < page
		p.list.set(msg.items)
		if p.sel < 0 && len(p.items) > 0 && (p.search == nil || !p.search.typing) {
			p.sel = 0
		}
	}
	cmd := p.tookPlace(msg.of)
	if p.stale {
		return tea.Batch(cmd, p.load())
	}
	return cmd
}

// need loads older posts where the view comes near the end, as far as memory is to
// hold; further back one searches.
func (p *posts) need(w, h int) tea.Cmd {
	cmd := p.list.need(w, p.room(h))
	n := len(p.items)
	if p.loading || p.ended || n == 0 || n >= 4*maxWindow || p.sel < n-h || p.items[n-1].Seq <= 1 || p.search != nil && p.search.remote {
		return cmd
	}
	p.loading = true
	q := p.of.query
	q.Limit, q.Before = page, p.items[n-1].Seq
	return tea.Batch(cmd, p.ask(q, true))
}

func (p *posts) key(i keymap.Intent) tea.Cmd {
	it, ok := p.selected()
	switch i {
	case keymap.Back:
		if p.search != nil {
			p.ui.eye = eye{} // the words are for their owner
			return p.retype()
		}
		return p.close(p)
	case keymap.Search:
		if p.search != nil {
			return p.retype()
		}
		return p.open(newSearch(p.ui))
	case keymap.Up:
		if p.search != nil && p.sel <= 0 && p.row >= 0 {
			return p.retype()
		}
		p.move(i)
		return p.read()
	case keymap.Open, keymap.Comment:
		if ok && i == keymap.Comment && it.Pending != nil {
			return p.say(note, waitsItself)
		}
		if ok {
			return p.openThread(it, i == keymap.Comment)
		}
	case keymap.Whole:
		return p.whole(&p.list)
	case keymap.ViewPicture:
		if ok {
			return p.viewPicture(it, p.items)
		}
	case keymap.Mark, keymap.Whose, keymap.Delete, keymap.Report, keymap.Retry, keymap.Discard, keymap.Mute, keymap.Hide, keymap.OpenAddress, keymap.CopyText:
		if ok {
			return p.recordAct(i, it)
		}
	default:
		if p.move(i) {
			return p.read()
		}
	}
	return nil
}

func markable(it client.Item) bool { return it.Kind == protocol.KindPost && it.Pending == nil }

// bookmark keeps a post, or lets it go.
func (u *ui) bookmark(it client.Item) tea.Cmd {
	if !markable(it) {
		return u.say(note, "Only posts that the server has can be bookmarked.")
	}
	on := !it.Bookmarked
	done := "The bookmark is gone."
	if on {
		done = "Bookmarked: " + u.keyOf(u.bound(keymap.Feed), keymap.Marks) + " in the feed shows what you kept."
	}
	return u.attempt(it.ID, done, func(ctx context.Context, id protocol.UUID) error { return u.client.Bookmark(ctx, id, on) })
}

// room is how many rows the list has.
func (p *posts) room(h int) int {
	switch {
	case p.eye.open:
		return h - p.eyeRows(h)
	case p.search == nil:
		return h
	}
	return max(h-2, 1)
}

// view: see screen. The server's eye does not see the words that are searched for.
func (p *posts) view(w, h int) frame {
	var head []string
	var f frame
	if p.search != nil && !p.eye.open {
		head, f.cursor = p.searchView(w)
	}
	if len(p.items) == 0 {
		f.lines = append(f.lines, head...)
		f.lines = append(f.lines, "")
		for _, l := range wrapOwn(p.nothing(), w-4) {
			f.lines = append(f.lines, "  "+l)
		}
		return f
	}
	f.lines = append(f.lines, head...)
	f.lines = append(f.lines, p.list.view(w, p.room(h))...)
	p.itemHits(len(head), p.clicked)
	if n := p.eyeRows(h); n > 0 {
		f.lines = append(fit(f.lines, h-n), p.recordPanel(&p.list, w, n)...)
	}
	return f
}

// clicked selects a post; one that is selected is opened.
func (p *posts) clicked(i int) tea.Cmd {
	var cmd tea.Cmd
	open := i == p.sel
	if t, ok := p.top().screen.(*thread); ok { // it stands beside its post
		cmd, open = tea.Batch(t.keep(), p.ui.close(t)), false
	}
	if p.top().screen != screen(p) || i >= len(p.items) {
		return cmd
	}
	if p.search != nil {
		p.search.typing = false
	}
	if open && !p.eye.open {
		return tea.Batch(cmd, p.openThread(p.items[i], false))
	}
	p.choose(i)
	return cmd
}

// nothing is what is said instead of posts.
func (p *posts) nothing() string {
	switch {
	case p.eye.open:
		return "There is nothing here that the server could see."
	case p.err != nil:
		return sentence(p.err)
	case p.search != nil:
		return p.searchNothing()
	case !p.loaded:
		return "Loading…"
	}
	return plain.Line(p.of.empty).String()
}

func (p *posts) title() string { return p.heading("Posts") + " " + p.theme.TabOn.Render(p.of.name) }

func (p *posts) eyeTitle() string { return "records" }

func (p *posts) keys() keymap.Map {
	switch {
	case p.typing():
		return p.bound(keymap.Find)
	case p.eye.open:
		return p.bound(keymap.EyeThread)
	}
	return p.bound(keymap.Posts)
}

func (p *posts) hints() []keymap.Intent {
	if p.typing() {
		return p.findHints()
	}
	if p.eye.open {
		return append(p.seen(&p.list), keymap.Back)
	}
	if len(p.items) == 0 {
		return []keymap.Intent{keymap.Back, keymap.Search}
	}
	it, ok := p.selected()
	if !ok {
		return append([]keymap.Intent{keymap.Back, keymap.Search}, p.way()...)
	}
	hints := []keymap.Intent{keymap.Open}
	if it.Pending == nil {
		hints = append(hints, keymap.Comment)
	}
	if markable(it) {
		hints = append(hints, keymap.Mark)
	}
	if p.of.query.View != client.Mine && p.of.query.Name == "" && p.of.query.Author == nil {
		hints = append(hints, keymap.Whose)
	}
	hints = append(append(hints, keymap.Back, keymap.Search), p.way()...)
	return p.contentHints(hints, it)
}

func (p *posts) typing() bool { return p.search != nil && p.search.typing }
