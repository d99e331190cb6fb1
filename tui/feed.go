package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

const (
	page      = 60  // posts asked for at a time
	maxWindow = 240 // posts kept around the place that is being read
)

type feedClient interface {
	Timeline(ctx context.Context, q client.Query) ([]client.Item, error)
	recordClient
	unreadClient
	placeClient
}

// feed is the home screen: the timeline, newest first.
//
// Without a selection it follows: what is new appears at the top. With one it
// stays, and what is new is counted in a pill until somebody asks for it.
type feed struct {
	*ui
	list
	split
	view_    client.View
	gen      int
	loaded   bool
	loading  bool
	stale    bool // something changed while a page was loading
	more     bool // an older or newer page is loading
	ended    bool // there is nothing older
	cutTop   bool // newer posts that were shown before were let go of
	shown    uint64
	newer    int
	err      error
	unread   [4]client.Unread // of each view
	counted  bool             // these are known
	moved    [4]bool          // somebody read on in that view
	watching bool             // it is noticed when what is new has been seen
	keeping  bool             // what was read is kept in a moment
	friends  int              // friendships, to know a newcomer; -1 unknown
	place    place
}

func newFeed(u *ui) *feed {
	f := &feed{ui: u, list: newList(u), friends: -1, gen: u.next()}
	f.list.unread = f.isUnread
	f.split = split{ui: u, main: &f.list}
	f.place.at = u.client.Position(u.ctx)
	f.view_ = f.place.at.View
	f.goBack()
	return f
}

type (
	// feedLoadedMsg is the window around the place that is read.
	feedLoadedMsg struct {
		gen     int
		items   []client.Item
		newer   int
		unread  [4]client.Unread
		counted bool
		friends int
		follows bool // the newest page
		asked   bool // whether the feed followed when it asked
		back    bool // the window around the view's spot, with at as its selected post
		at      int  // -1 for none
		cut     bool // newer posts that were shown before are not in it
		ended   bool // there is nothing older
		err     error
	}
	// pageLoadedMsg is a page at one of the window's ends.
	pageLoadedMsg struct {
		gen   int
		older bool
		items []client.Item
		err   error
	}
)

func (f *feed) init() tea.Cmd { return f.load() }

// update: see screen.
func (f *feed) update(msg tea.Msg) tea.Cmd {
	return tea.Batch(f.take(msg), f.split.update(msg))
}

func (f *feed) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return f.key(f.keys().Intent(msg.String()))
	case changedMsg:
		if msg.what&(client.FeedChanged|client.LabelsChanged|client.FriendsChanged) != 0 {
			return f.load()
		}
	case feedLoadedMsg:
		if msg.gen == f.gen {
			return f.took(msg)
		}
	case pageLoadedMsg:
		if msg.gen == f.gen {
			return f.tookPage(msg)
		}
	case seenMsg:
		f.watching = false
		if msg.gen == f.gen {
			return f.read()
		}
	case keepReadMsg:
		if f.keeping {
			return f.keep()
		}
	case keepPlaceMsg:
		if f.place.waiting {
			return f.keep()
		}
	case unreadFoundMsg:
		if msg.gen == f.gen {
			return f.tookFirstUnread(msg)
		}
	case newsMsg:
		f.follow()
		return f.load()
	}
	return nil
}

// newsMsg tells that the person made a post: the feed goes to the top to show it.
type newsMsg struct{}

func (f *feed) key(i keymap.Intent) tea.Cmd {
	switch i {
	case keymap.Top:
		f.follow()
		return f.load()
	case keymap.Back:
		f.toast.text = ""
		if f.sel < 0 {
			return nil
		}
		f.follow()
		return f.load()
	case keymap.Up:
		if f.sel == 0 && f.row >= 0 && !f.cutTop {
			f.follow()
			return f.load()
		}
		f.move(i)
		return f.read()
	case keymap.NextView:
		return f.show((f.view_ + 1) % 4)
	case keymap.PreviousView:
		return f.show((f.view_ + 3) % 4)
	case keymap.NewPost:
		return f.open(newCompose(f.ui))
	case keymap.Invite:
		return f.open(askInvite(f.ui))
	case keymap.Accept:
		return f.open(newAccept(f.ui, ""))
	case keymap.Friends:
		return f.open(newFriends(f.ui))
	case keymap.Unread:
		return f.firstUnread()
	case keymap.MarkAll:
		return f.markAll()
	case keymap.Whole:
		return f.whole(&f.list)
	case keymap.Outbox:
		return f.ui.open(newOutbox(f.ui))
	case keymap.Muted:
		return f.open(newMuted(f.ui))
	case keymap.Server:
		return f.open(askServer(f.ui))
	case keymap.Restore:
		return f.comeBack(askRestore)
	case keymap.Receive:
		return f.comeBack(askReceive)
	case keymap.Search:
		return f.open(newSearch(f.ui))
	case keymap.Self:
		return f.open(newSelf(f.ui))
	case keymap.Marks:
		return f.open(newBookmarks(f.ui))
	case keymap.ViewPicture:
		return f.act(i)
	case keymap.Open, keymap.Comment, keymap.Delete, keymap.Report, keymap.Retry, keymap.Discard, keymap.Mute, keymap.Hide, keymap.OpenAddress, keymap.CopyText, keymap.Mark, keymap.Whose:
		return f.act(i)
	default:
		if f.move(i) {
			return f.read()
		}
	}
	return nil
}

// act does something with the selected post. Without a selection the first press
// selects: nothing happens to a post that came in under the finger.
func (f *feed) act(i keymap.Intent) tea.Cmd {
	it, ok := f.selected()
	if !ok {
		if len(f.items) > 0 {
			f.move(keymap.Down)
			return f.say(note, "The newest post is selected now; press the key again for it.")
		}
		return nil
	}
	if it.Kind == protocol.KindComment && (i == keymap.Open || i == keymap.Comment) {
		return f.openReply(it, i == keymap.Comment)
	}
	switch i {
	case keymap.Open:
		return f.openThread(it, false)
	case keymap.Comment:
		if it.Pending != nil {
			return f.say(note, waitsItself)
		}
		return f.openThread(it, true)
	case keymap.ViewPicture:
		return f.viewPicture(it, f.items)
	default:
		return f.recordAct(i, it)
	}
}

// follow lets go of the selection and shows what comes in.
func (f *feed) follow() {
	f.sel, f.row, f.newer = -1, 0, 0
	f.cutTop, f.ended, f.place.back = false, false, false
	f.items = f.items[:min(len(f.items), page)]
}

// show changes to a view, where one was in it.
func (f *feed) show(v client.View) tea.Cmd {
	f.notePlace()
	f.view_, f.place.at.View = v, v
	f.items, f.loaded, f.err = nil, false, nil
	f.follow()
	f.goBack()
	f.gen, f.loading, f.watching = f.next(), false, false
	return f.load()
}

// load asks again for what is shown. While it waits for an answer a change is
// only noted, so that at most one question is under way.
func (f *feed) load() tea.Cmd {
	if f.loading {
		f.stale = true
		return nil
	}
	f.loading, f.stale = true, false
	w := window{view: f.view_, follows: f.sel < 0, cut: f.cutTop, shown: f.shown, size: max(page, len(f.items))}
	for _, it := range f.items {
		if it.Seq > 0 {
			w.top = it.Seq
			break
		}
		w.waiting = append(w.waiting, it.ID)
	}
	if !f.cutTop && w.top > 0 {
		w.top = max(w.top, f.shown) // what was hidden above may be back
	}
	c, gen := f.client, f.gen
	spot, back := f.place.at.Spots[f.view_], f.place.back
	return f.do(func(ctx context.Context) tea.Msg {
		var msg feedLoadedMsg
		if back {
			msg = w.readBack(ctx, c, spot)
		} else {
			msg = w.read(ctx, c)
		}
		msg.back = back
		msg.readCounts(ctx, c)
		msg.gen = gen
		return msg
	})
}

// window is the part of the timeline that the feed holds.
type window struct {
	view    client.View
	follows bool
	cut     bool
	top     uint64 // the newest seq in it
	shown   uint64 // the newest seq that was ever shown
	size    int
	waiting []protocol.UUID // what is shown of the outbox
}

// countLimit bounds the count of new posts.
const countLimit = 100

func (w window) read(ctx context.Context, c feedClient) (msg feedLoadedMsg) {
	msg.asked, msg.follows = w.follows, w.follows || w.top == 0
	if msg.follows {
		msg.items, msg.err = c.Timeline(ctx, client.Query{View: w.view, Limit: page})
		return msg
	}
	head, err := c.Timeline(ctx, client.Query{View: w.view, Limit: countLimit})
	if err != nil {
		msg.err = err
		return msg
	}
	for _, it := range head { // what waited and is sent now stays where it is
		if it.Seq > 0 && slices.Contains(w.waiting, it.ID) {
			w.top, w.shown = max(w.top, it.Seq), max(w.shown, it.Seq)
		}
	}
	for _, it := range head {
		switch {
		case it.Seq > w.shown:
			msg.newer++
		case it.Seq == 0 && !w.cut:
			msg.items = append(msg.items, it)
		}
	}
	body, err := c.Timeline(ctx, client.Query{View: w.view, Before: w.top + 1, Limit: w.size})
	msg.items, msg.err = append(msg.items, body...), err
	return msg
}

// readCounts reads what the header and the newcomer's hint tell.
func (msg *feedLoadedMsg) readCounts(ctx context.Context, c feedClient) {
	msg.friends = -1
	if fs, err := c.Friendships(ctx); err == nil {
		msg.friends = len(fs)
	}
	msg.unread, msg.counted = readUnread(ctx, c)
}

func (f *feed) took(msg feedLoadedMsg) tea.Cmd {
	f.loading, f.loaded, f.err = false, true, msg.err
	if msg.friends >= 0 {
		f.friends = msg.friends
	}
	switch {
	case msg.err != nil && len(f.items) > 0:
		return f.fail(msg.err)
	case msg.err != nil:
	case msg.back != f.place.back:
		f.stale = true // somebody went to the top meanwhile
	case msg.back:
		f.cameBack(msg)
	case msg.asked != (f.sel < 0) && len(f.items) > 0:
		f.stale = true // asked before the selection changed
	default:
		f.list.set(msg.items)
		f.newer = msg.newer
		if msg.follows {
			f.ended = len(msg.items) < page
		}
		f.noteShown()
	}
	var cmd tea.Cmd
	if msg.counted {
		cmd = f.tookUnread(msg.unread)
	}
	if f.stale {
		return tea.Batch(cmd, f.load())
	}
	return cmd
}

func (f *feed) noteShown() {
	for _, it := range f.items {
		f.shown = max(f.shown, it.Seq)
	}
}

// need loads a page where the view comes near an end of the window.
func (f *feed) need(w, h int) tea.Cmd {
	h -= f.eyeRows(h)
	cmd := tea.Batch(f.list.need(w, h-f.extra(w, h)), f.watchPlace())
	if f.more || !f.loaded || len(f.items) == 0 {
		return cmd
	}
	q := client.Query{View: f.view_, Limit: page}
	older := false
	switch last := f.items[len(f.items)-1]; {
	case !f.ended && f.sel >= len(f.items)-h && last.Seq > 1:
		q.Before, older = last.Seq, true
	case f.cutTop && f.sel >= 0 && f.sel < h:
		q.After = f.items[0].Seq
	default:
		return cmd
	}
	f.more = true
	c, gen := f.client, f.gen
	return tea.Batch(cmd, f.do(func(ctx context.Context) tea.Msg {
		items, err := c.Timeline(ctx, q)
		return pageLoadedMsg{gen, older, items, err}
	}))
}

func (f *feed) tookPage(msg pageLoadedMsg) tea.Cmd {
	f.more = false
	if msg.err != nil {
		return f.fail(msg.err)
	}
	items := f.items
	if msg.older {
		last := items[len(items)-1].Seq
		for _, it := range msg.items {
			if it.Seq < last {
				items = append(items, it)
			}
		}
		f.ended = len(msg.items) < page
		if drop := min(len(items)-maxWindow, f.sel-page); drop > 0 {
			items, f.cutTop = items[drop:], true
		}
	} else {
		var newer []client.Item
		for _, it := range msg.items {
			if it.Seq > items[0].Seq && it.Seq <= f.shown {
				newer = append(newer, it)
			}
		}
		f.cutTop = len(newer) == page
		items = append(newer, items...)
		if drop := min(len(items)-maxWindow, len(items)-f.sel-len(newer)-page); drop > 0 {
			items, f.ended = items[:len(items)-drop], false
		}
	}
	f.list.set(items)
	f.noteShown()
	return nil
}

// extra is how many rows stand above the list.
func (f *feed) extra(w, h int) int { return len(f.above(w, h)) }

// above is what stands above the list: the pill, or a newcomer's hint.
func (f *feed) above(w, h int) []string {
	switch {
	case f.newer > 0:
		return []string{" " + f.theme.Pill.Render(" ↑ "+upTo(f.newer)+" new ") + f.theme.Dim.Render("  "+f.keyOf(keymap.Feed, keymap.Top)+" shows them")}
	case f.eye.open:
		return nil
	case f.newcomer() && f.sel < 0 && len(f.items) > 0 && h > 14:
		return append(f.welcome(w), f.theme.Faint.Render(strings.Repeat("─", w)))
	default:
		return nil
	}
}

// upTo writes a count that goes up to countLimit.
func upTo(n int) string {
	if n >= countLimit {
		return thousands(countLimit-1) + "+"
	}
	return thousands(n)
}

// view: see screen.
func (f *feed) view(w, h int) frame {
	above := f.above(w, h)
	if len(f.items) == 0 {
		return frame{lines: f.empty(w, h)}
	}
	n := f.eyeRows(h)
	lines := fit(append(above, f.list.view(w, h-len(above)-n)...), h-n)
	f.itemHits(len(above), f.clicked)
	if f.newer > 0 {
		f.hitIntent(0, 0, w, keymap.Feed, keymap.Top)
	}
	return frame{lines: append(lines, f.recordPanel(&f.list, w, n)...)}
}

func (f *feed) title() string {
	var tabs []string
	for _, v := range f.shownTabs() {
		tabs = append(tabs, f.tab(v))
	}
	return f.heading(f.name()) + " " + strings.Join(tabs, "  ")
}

// shownTabs are the views that the header has room for: all, or those that matter.
func (f *feed) shownTabs() []client.View {
	room := f.width - cells(f.connection()) - cells(f.heading(f.name())) - 4
	unread := func(v client.View) bool { return v == client.Replies && f.unread[v].Count > 0 }
	for _, which := range []func(client.View) bool{
		func(client.View) bool { return true },
		func(v client.View) bool { return v != client.Replies || v == f.view_ || unread(v) },
		func(v client.View) bool { return v == f.view_ || unread(v) },
	} {
		var shown []client.View
		w := -2
		for i := range views {
			if v := client.View(i); which(v) {
				shown = append(shown, v)
				w += cells(f.tab(v)) + 2
			}
		}
		if w <= room {
			return shown
		}
	}
	return []client.View{f.view_}
}

// tabHits notes the regions of the tabs in the header.
func (f *feed) tabHits() {
	x := cells(f.heading(f.name())) + 1
	for _, v := range f.shownTabs() {
		w := cells(f.tab(v))
		f.hit(x, 0, x+w, 1, func() tea.Cmd { return f.show(v) })
		x += w + 2
	}
}

// tab is the name of a view, with the count of what is unread.
func (f *feed) tab(v client.View) string {
	style := f.theme.Tab
	if v == f.view_ {
		style = f.theme.TabOn
	}
	tab := style.Render(views[v])
	if n := f.unread[v].Count; n > 0 {
		tab += " " + f.theme.Key.Render(upTo(n))
	}
	return tab
}

// name is the program's, with the profile's where that is not the usual one.
func (f *feed) name() string {
	if f.profileName == "" || f.profileName == client.DefaultProfile {
		return "P4P"
	}
	return "P4P " + line(f.profileName, 12)
}

func (f *feed) eyeTitle() string { return "records" }

func (f *feed) keys() keymap.Map {
	if f.eye.open {
		return f.bound(keymap.EyeFeed)
	}
	return f.bound(keymap.Feed)
}

func (f *feed) hints() []keymap.Intent {
	it, ok := f.selected()
	var hints []keymap.Intent
	switch {
	case f.eye.open:
		hints = append(f.seen(&f.list), keymap.Friends)
		if len(f.items) > 0 {
			hints = append(hints, keymap.Open)
		}
		return hints
	case ok && it.Pending != nil && it.Pending.Refused != nil:
		return append([]keymap.Intent{keymap.Retry, keymap.Discard, keymap.Outbox}, f.way()...)
	case ok && it.Pending != nil:
		hints = []keymap.Intent{keymap.Open, keymap.Discard, keymap.NewPost, keymap.Invite, keymap.Friends, keymap.NextView}
	case ok && it.Label.Kind == client.You:
		hints = []keymap.Intent{keymap.Open, keymap.Comment, keymap.Delete, keymap.NewPost, keymap.Invite, keymap.Friends, keymap.NextView}
	case ok:
		hints = []keymap.Intent{keymap.Open, keymap.Comment, keymap.NewPost, keymap.Invite, keymap.Friends, keymap.NextView, keymap.Report}
	default:
		hints = []keymap.Intent{keymap.NewPost, keymap.Invite, keymap.Accept, keymap.Friends, keymap.NextView}
		hints = append(append(hints, f.way()...), keymap.Quit)
	}
	if ok {
		hints = f.contentHints(hints, it)
	}
	if f.status.Outbox+f.status.Refused > 0 {
		hints = append([]keymap.Intent{keymap.Outbox}, hints...)
	}
	if f.unread[f.view_].Count > 0 {
		hints = append([]keymap.Intent{keymap.Unread}, hints...)
	}
	return hints
}

func (f *feed) typing() bool { return false }

// newcomer tells that there is neither a friendship nor a post of one's own.
func (f *feed) newcomer() bool {
	if f.friends != 0 || f.view_ != client.Everyone {
		return false
	}
	for _, it := range f.items {
		if it.Label.Kind == client.You {
			return false
		}
	}
	return true
}
