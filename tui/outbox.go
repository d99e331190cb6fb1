package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
)

type outboxClient interface {
	Outbox(ctx context.Context) ([]client.Item, error)
	Known(ctx context.Context, ids []protocol.UUID) (map[protocol.UUID]client.Item, error)
	Reopen(ctx context.Context, id protocol.UUID, where string) error
	threadClient
}

// outbox shows all that this profile said and the server has not, in the order in which
// it is sent. Only what is visible is laid out: it may be very long.
type outbox struct {
	*ui
	items   []client.Item
	about   map[protocol.UUID]client.Item // what was asked for; without an id where nothing is known
	asking  bool
	sel     int
	from    int // the first entry that is shown
	gen     int
	loading bool
	stale   bool
	loaded  bool
	err     error
	h       int // entries that the last view had room for
}

type (
	outboxLoadedMsg struct {
		gen   int
		items []client.Item
		err   error
	}
	knownMsg struct {
		gen   int
		ids   []protocol.UUID
		found map[protocol.UUID]client.Item
	}
	reopenedMsg struct {
		gen  int
		it   client.Item
		post client.Item // of a comment
		err  error
	}
	aboutOpenedMsg struct {
		gen  int
		post client.Item
		err  error
	}
)

func newOutbox(u *ui) *outbox {
	return &outbox{ui: u, gen: u.next(), about: map[protocol.UUID]client.Item{}}
}

func (o *outbox) init() tea.Cmd { return o.load() }

func (o *outbox) load() tea.Cmd {
	if o.loading {
		o.stale = true
		return nil
	}
	o.loading, o.stale = true, false
	c, gen := o.client, o.gen
	return o.do(func(ctx context.Context) tea.Msg {
		items, err := c.Outbox(ctx)
		return outboxLoadedMsg{gen, items, err}
	})
}

// update: see screen.
func (o *outbox) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return o.key(o.keys().Intent(msg.String()))
	case changedMsg:
		if msg.what&(client.FeedChanged|client.LabelsChanged) != 0 {
			return o.load()
		}
	case outboxLoadedMsg:
		if msg.gen == o.gen {
			return o.took(msg)
		}
	case knownMsg:
		if msg.gen == o.gen {
			o.asking = false
			for _, id := range msg.ids {
				o.about[id] = msg.found[id]
			}
		}
	case reopenedMsg:
		if msg.gen == o.gen {
			return o.reopened(msg)
		}
	case aboutOpenedMsg:
		if msg.gen != o.gen {
			return nil
		}
		if msg.err != nil {
			return o.fail(msg.err)
		}
		return o.ui.open(newThread(o.ui, msg.post, false))
	}
	return nil
}

// took keeps the selection on its entry, or on the next that is still there.
func (o *outbox) took(msg outboxLoadedMsg) tea.Cmd {
	o.loading, o.loaded, o.err = false, true, msg.err
	if msg.err == nil {
		where := make(map[protocol.UUID]int, len(msg.items))
		for i, it := range msg.items {
			where[it.ID] = i
		}
		at := len(msg.items) - 1
		for i := min(o.sel, len(o.items)); i < len(o.items); i++ {
			if n, ok := where[o.items[i].ID]; ok {
				at = n
				break
			}
		}
		if len(o.items) == 0 {
			at = 0
		}
		o.items, o.sel = msg.items, max(at, 0)
	}
	if o.stale {
		return o.load()
	}
	return nil
}

// need asks for what the visible comments and deletions are about.
func (o *outbox) need(w, h int) tea.Cmd {
	o.place(w, h)
	if o.asking {
		return nil
	}
	var ids []protocol.UUID
	for _, it := range o.visible() {
		if _, known := o.about[it.Target]; !known && it.Kind != protocol.KindPost && !slices.Contains(ids, it.Target) {
			ids = append(ids, it.Target)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	o.asking = true
	c, gen := o.client, o.gen
	return o.do(func(ctx context.Context) tea.Msg {
		found, err := c.Known(ctx, ids)
		if err != nil {
			found = nil // it is only told without its beginning
		}
		return knownMsg{gen, ids, found}
	})
}

func (o *outbox) selected() (client.Item, bool) {
	if o.sel >= len(o.items) {
		return client.Item{}, false
	}
	return o.items[o.sel], true
}

func (o *outbox) key(i keymap.Intent) tea.Cmd {
	it, ok := o.selected()
	switch i {
	case keymap.Back:
		return o.close(o)
	case keymap.Down:
		o.sel++
	case keymap.Up:
		o.sel--
	case keymap.PageDown:
		o.sel += max(1, o.h-1)
	case keymap.PageUp:
		o.sel -= max(1, o.h-1)
	case keymap.Top:
		o.sel = 0
	case keymap.Bottom:
		o.sel = len(o.items)
	case keymap.Open:
		if ok {
			return o.openAbout(it)
		}
	case keymap.EditAgain:
		if ok {
			return o.editAgain(it)
		}
	case keymap.Retry:
		if ok && it.Pending.Refused == nil {
			return o.say(note, "There is nothing to retry: the server did not refuse this. It is sent by itself.")
		}
		if ok {
			return o.recordAct(i, it)
		}
	case keymap.Discard, keymap.CopyText:
		if ok {
			return o.recordAct(i, it)
		}
	}
	o.clamp()
	return nil
}

func (o *outbox) clamp() { o.sel = max(0, min(o.sel, len(o.items)-1)) }

// openAbout opens a post as it waits, or the post that something is about.
func (o *outbox) openAbout(it client.Item) tea.Cmd {
	if it.Kind == protocol.KindPost {
		return o.ui.open(newThread(o.ui, it, false))
	}
	id := it.Target
	if about := o.about[id]; about.Kind == protocol.KindComment {
		id = about.Target
	}
	c, gen := o.client, o.gen
	return o.do(func(ctx context.Context) tea.Msg {
		post, _, err := c.Thread(ctx, id)
		return aboutOpenedMsg{gen, post, err}
	})
}

// whyNotEdited is why something is not edited again now, "" where it can be.
func (o *outbox) whyNotEdited(it client.Item) string {
	discard := o.keyOf(keymap.OutboxList, keymap.Discard)
	switch {
	case it.Kind == protocol.KindDeletion || it.Kind == protocol.KindReport:
		return "Only posts and comments are edited again; " + discard + " takes this " + what(it) + " back."
	case it.Pending.Sending:
		return "It is being sent at the moment: look again in a few seconds."
	case it.Kind == protocol.KindPost && o.attached.picture != nil:
		return "A picture waits in the post that you are writing: send that first, or take the picture off."
	}
	return ""
}

// editAgain makes a draft of what waits and opens it. It leaves the outbox with that,
// and is in one of the two whatever happens.
func (o *outbox) editAgain(it client.Item) tea.Cmd {
	if why := o.whyNotEdited(it); why != "" {
		return o.say(note, why)
	}
	c, gen := o.client, o.gen
	return o.do(func(ctx context.Context) tea.Msg {
		msg := reopenedMsg{gen: gen, it: it}
		where := "post"
		if it.Kind == protocol.KindComment {
			where = "comment:" + it.Target.String()
			if msg.post, _, msg.err = c.Thread(ctx, it.Target); msg.err != nil {
				return msg // there would be no place to write it
			}
		}
		msg.err = c.Reopen(ctx, it.ID, where)
		return msg
	})
}

func (o *outbox) reopened(msg reopenedMsg) tea.Cmd {
	if msg.err != nil {
		return o.fail(msg.err)
	}
	said := o.say(note, "It is out of the outbox, and a draft again: "+o.keyOf(keymap.Write, keymap.Send)+" sends it.")
	if msg.it.Kind == protocol.KindComment {
		return tea.Batch(o.load(), o.ui.open(newThread(o.ui, msg.post, true)), said)
	}
	return tea.Batch(o.load(), o.ui.open(newCompose(o.ui)), said)
}

// panel is how many rows the selected entry has below the others, the rule included.
func (o *outbox) panel(h int) int { return min(max(5, h/3), h-2) }

// place moves the window of entries to the selected one. Each has two rows.
func (o *outbox) place(_, h int) {
	o.h = max((h-o.panel(h))/2, 1)
	o.from = max(0, min(max(o.from, o.sel-o.h+1), o.sel, len(o.items)-o.h))
}

func (o *outbox) visible() []client.Item {
	return o.items[min(o.from, len(o.items)):min(len(o.items), o.from+o.h)]
}

// view: see screen.
func (o *outbox) view(w, h int) frame {
	o.place(w, h)
	it, ok := o.selected()
	if !ok {
		out := []string{""}
		for _, l := range wrapOwn(o.nothing(), w-4) {
			out = append(out, "  "+l)
		}
		return frame{lines: out}
	}
	n := o.panel(h)
	var lines []string
	for i, waits := range o.visible() {
		i += o.from
		bar := " "
		if i == o.sel {
			bar = o.theme.Select.Render("┃")
		}
		o.hit(0, len(lines), w, len(lines)+2, func() tea.Cmd {
			if o.sel == i {
				return o.openAbout(waits)
			}
			o.sel = i
			return nil
		})
		lines = append(lines, cut(bar+o.head(waits), w), cut(bar+"   "+o.begins(waits, w-5), w))
	}
	lines = fit(lines, h-n)
	rule := "── " + thousands(o.sel+1) + " of " + thousands(len(o.items)) + " "
	lines = append(lines, o.theme.Faint.Render(rule+strings.Repeat("─", max(0, w-cells(rule)))))
	return frame{lines: append(lines, o.details(it, w, n-1)...)}
}

// nothing is what is said instead of entries.
func (o *outbox) nothing() string {
	switch {
	case o.err != nil:
		return sentence(o.err)
	case !o.loaded:
		return "Loading…"
	}
	return "Nothing waits. What you write without a connection is kept here and sent by itself when the server is reached: posts, comments, deletions. What the server refuses stays here too, with its reason."
}

// fate is the state of an entry: its mark, and in words.
func (o *outbox) fate(it client.Item) (mark, words string) {
	p := it.Pending
	switch {
	case p.Refused != nil:
		return o.theme.Bad.Render("!"), o.theme.Bad.Render("refused")
	case p.Sending:
		return o.theme.Good.Render("↑"), o.theme.Good.Render("sending")
	case p.Due.After(o.now()):
		return o.theme.Dim.Render("↶"), o.theme.Dim.Render("can be undone")
	}
	return o.theme.Warn.Render("↑"), o.theme.Warn.Render("waiting for the server")
}

// head is an entry's first row.
func (o *outbox) head(it client.Item) string {
	mark, words := o.fate(it)
	text := mark + "  " + o.theme.Strong.Render(what(it)) + o.theme.Dim.Render(" · ") + words + o.theme.Dim.Render(" · "+age(it.CreatedAt, o.now()))
	if it.Image != nil {
		text += o.theme.Dim.Render(" · ▣")
	}
	return text
}

// begins is how an entry begins, or what is deleted or reported.
func (o *outbox) begins(it client.Item, w int) string {
	switch it.Kind {
	case protocol.KindPost, protocol.KindComment:
		if strings.TrimSpace(it.Text) == "" && it.Image != nil {
			return o.theme.Dim.Render("(a picture)")
		}
		return line(it.Text, w)
	}
	return o.theme.Dim.Render(line("of "+o.subject(it), w))
}

// subject is what an entry is about.
func (o *outbox) subject(it client.Item) string {
	about, asked := o.about[it.Target]
	switch {
	case !asked:
		return "…"
	case about.ID.IsZero():
		return "something that is not here any more"
	}
	return "the " + what(about) + " " + excerpt(about)
}

// details is the selected entry in full, as far as there is room: its fate first.
func (o *outbox) details(it client.Item, w, h int) []string {
	p := it.Pending
	style, text := o.theme.Warn, "It waits for the server, and is sent by itself when that is reached."
	switch {
	case p.Refused != nil:
		style, text = o.theme.Bad, "! Refused: "+sentence(p.Refused)
	case p.Sending:
		style, text = o.theme.Good, "It is being sent."
	case p.Due.After(o.now()):
		style, text = o.theme.Dim, "Deleted a moment ago: "+o.keyOf(keymap.Global, keymap.Undelete)+" undoes it, then the server is told."
	}
	var out []string
	for _, l := range wrapOwn(text, w-2) {
		out = append(out, " "+style.Render(l))
	}
	if it.Kind == protocol.KindComment {
		out = append(out, " "+o.theme.Dim.Render(line("On "+o.subject(it), w-2)))
	}
	if it.Image != nil {
		out = append(out, " "+o.theme.Dim.Render(line("▣ "+o.altOf(it.Image).String(), w-2)))
	}
	for _, l := range wrap(plain.Block(it.Text), w-4) {
		out = append(out, "   "+l)
	}
	if len(out) > h {
		out = append(out[:max(h-1, 0)], o.theme.Dim.Render(line("   … "+thousands(len(out)-h+1)+" more lines: "+o.keyOf(keymap.OutboxList, keymap.Open)+" opens it", w)))
	}
	return fit(out, h)
}

func (o *outbox) title() string {
	var parts []string
	waits, refused := 0, 0
	for _, it := range o.items {
		switch {
		case it.Pending.Refused != nil:
			refused++
		case !it.Pending.Due.After(o.now()):
			waits++
		}
	}
	if waits > 0 {
		parts = append(parts, thousands(waits)+" waiting")
	}
	if refused > 0 {
		parts = append(parts, thousands(refused)+" refused")
	}
	return o.heading("Outbox") + " " + o.theme.Dim.Render(strings.Join(parts, ", "))
}

func (o *outbox) keys() keymap.Map { return o.bound(keymap.OutboxList) }

func (o *outbox) hints() (hints []keymap.Intent) {
	it, ok := o.selected()
	switch {
	case !ok:
		return []keymap.Intent{keymap.Back}
	case it.Pending.Refused != nil:
		hints = append(hints, keymap.Retry)
	}
	if o.whyNotEdited(it) == "" {
		hints = append(hints, keymap.EditAgain)
	}
	hints = append(hints, keymap.Discard, keymap.Back)
	if it.Kind == protocol.KindPost || !o.about[it.Target].ID.IsZero() {
		hints = append(hints, keymap.Open)
	}
	return append(hints, among(o.sel, len(o.items))...)
}

func (o *outbox) typing() bool { return false }
