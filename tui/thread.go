package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

type threadClient interface {
	Thread(ctx context.Context, post protocol.UUID) (client.Item, []client.Item, error)
	CommentDraft(ctx context.Context, where string, post protocol.UUID, text string) (client.Sent, error)
	recordClient
	drafter
}

// thread is a post with its comments, oldest first, and a place to write one.
type thread struct {
	*ui
	list
	post    client.Item
	focus   protocol.UUID // a comment to select once it is there; zero for none
	gen     int
	loading bool
	stale   bool
	loaded  bool
	err     error
	editor  editor
	writing bool
	sending bool
}

type (
	threadLoadedMsg struct {
		gen      int
		post     client.Item
		comments []client.Item
		err      error
	}
	commentSentMsg struct {
		gen  int
		sent client.Sent
		err  error
	}
)

func newThread(u *ui, post client.Item, write bool) *thread {
	t := &thread{ui: u, list: newList(u), post: post, gen: u.next(), writing: write}
	t.editor = newEditor(u, "comment:"+post.ID.String(), "Write a comment…")
	t.expanded, t.ruled = true, true
	t.items, t.sel = []client.Item{post}, 0
	if write {
		t.editor.area.Focus()
	}
	return t
}

func (t *thread) init() tea.Cmd { return tea.Batch(t.load(), t.editor.read()) }

// update: see screen.
func (t *thread) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if t.writing {
			return t.writeKey(msg)
		}
		return t.key(t.keys().Intent(msg.String()))
	case changedMsg:
		if msg.what&(client.FeedChanged|client.LabelsChanged) != 0 {
			return t.load()
		}
	case threadLoadedMsg:
		if msg.gen == t.gen {
			return t.took(msg)
		}
	case commentSentMsg:
		if msg.gen == t.gen {
			return t.tookSent(msg)
		}
	case tea.PasteMsg:
		if t.writing && !t.sending {
			return t.editor.update(msg)
		}
	default:
		return t.editor.update(msg)
	}
	return nil
}

// waitsItself is why there is no comment on a post of the outbox.
const waitsItself = "The post itself still waits for the server; comment once it is there."

func (t *thread) key(i keymap.Intent) tea.Cmd {
	switch i {
	case keymap.Back:
		return tea.Batch(t.keep(), t.close(t))
	case keymap.Comment:
		if t.post.Pending != nil {
			return t.say(note, waitsItself)
		}
		t.writing = true
		return t.editor.area.Focus()
	case keymap.Whole:
		return t.whole(&t.list)
	case keymap.ViewPicture:
		if len(t.items) > 0 {
			return t.viewPicture(t.items[0], t.items[:1])
		}
	case keymap.Delete, keymap.Report, keymap.Retry, keymap.Discard, keymap.Mute, keymap.Hide, keymap.OpenAddress, keymap.CopyText, keymap.Mark, keymap.Whose:
		if it, ok := t.selected(); ok {
			return t.recordAct(i, it)
		}
	default:
		t.move(i)
	}
	return nil
}

func (t *thread) writeKey(msg tea.KeyPressMsg) tea.Cmd {
	switch t.keys().Intent(msg.String()) {
	case keymap.Back:
		if t.sending {
			return t.say(note, beingSent)
		}
		t.writing = false
		t.editor.area.Blur()
		return t.keep()
	case keymap.Send:
		return t.send()
	case keymap.Attach, keymap.Detach:
		return t.say(note, "A comment holds text only; a picture goes with a post.")
	}
	if t.sending {
		return nil
	}
	if t.keys().Intent(msg.String()) == keymap.Editor {
		return t.editor.openOutside()
	}
	return t.editor.update(msg)
}

func (t *thread) keep() tea.Cmd { return t.editor.keep() }

func (t *thread) send() tea.Cmd {
	text := t.editor.value()
	switch _, over := t.editor.budget(); {
	case t.sending:
		return nil
	case t.editor.isBlank():
		return t.say(note, "There is nothing to send yet: write something first.")
	case over:
		return t.say(bad, "A comment holds at most 4,000 bytes; shorten it a little.")
	}
	t.sending, t.editor.sent = true, true
	c, gen, id, where, last := t.client, t.gen, t.post.ID, t.editor.where, t.editor.last()
	return t.do(func(ctx context.Context) tea.Msg {
		last(ctx)
		sent, err := c.CommentDraft(ctx, where, id, text)
		return commentSentMsg{gen, sent, err}
	})
}

func (t *thread) tookSent(msg commentSentMsg) tea.Cmd {
	t.sending, t.editor.sent = false, false
	if msg.err != nil && msg.sent.ID.IsZero() {
		return t.fail(msg.err)
	}
	t.editor.area.Reset()
	t.editor.dirty, t.editor.typed, t.editor.kept, t.writing = false, false, "", false
	t.editor.area.Blur()
	t.move(keymap.Bottom)
	said := t.tellSent(msg.sent, msg.err, "Sent.")
	return tea.Batch(said, t.editor.read(), t.load()) // another window may have begun the next one
}

func (t *thread) load() tea.Cmd {
	if t.loading {
		t.stale = true
		return nil
	}
	t.loading, t.stale = true, false
	c, gen, id := t.client, t.gen, t.post.ID
	return t.do(func(ctx context.Context) tea.Msg {
		post, comments, err := c.Thread(ctx, id)
		return threadLoadedMsg{gen, post, comments, err}
	})
}

func (t *thread) took(msg threadLoadedMsg) tea.Cmd {
	t.loading, t.loaded, t.err = false, true, msg.err
	if msg.err == nil {
		t.post = msg.post
		end := t.sel == len(t.items)-1 && t.sel > 0
		t.list.set(append([]client.Item{msg.post}, msg.comments...))
		if !t.focus.IsZero() || t.sel < 0 {
			t.focusOn()
		}
		if end { // at the end new comments flow in
			t.sel = len(t.items) - 1
		}
	}
	if t.stale {
		return t.load()
	}
	return nil
}

// composer is how many rows the comment's place takes.
func (t *thread) composer(h int) int {
	if !t.writing {
		return 0
	}
	return min(7, max(3, h/3))
}

func (t *thread) need(w, h int) tea.Cmd {
	return t.list.need(w, h-t.composer(h)-t.panelRows(h))
}

// view: see screen.
func (t *thread) view(w, h int) frame {
	n := t.composer(h)
	if t.eye.open {
		n = t.panelRows(h)
		lines := fit(t.list.view(w, h-n), h-n)
		t.itemHits(0, t.clicked)
		return frame{lines: append(lines, t.recordPanel(&t.list, w, n)...)}
	}
	out := t.list.view(w, h-n)
	t.itemHits(0, t.clicked)
	if room := h - n - len(out); room > 0 && len(t.items) <= 1 {
		text := "No comments yet. c writes the first."
		switch {
		case t.err != nil:
			text = sentence(t.err)
		case !t.loaded:
			text = "Loading the comments…"
		case t.post.Pending != nil:
			text = waitsItself
		}
		for _, l := range wrapOwn(text, w-gutter-1) {
			out = append(out, strings.Repeat(" ", gutter)+t.theme.Dim.Render(l))
		}
	}
	out = fit(out, h-n)
	if n == 0 {
		return frame{lines: out}
	}
	budget, over := t.editor.budget()
	style := t.theme.Dim
	if over {
		style, budget = t.theme.Bad, "! "+budget
	}
	rule := "── comment ── " + budget + " "
	out = append(out, style.Render(rule+strings.Repeat("─", max(0, w-cells(rule)))))
	f := t.editor.view(w-2, n-1)
	for _, l := range fit(f.lines, n-1) {
		out = append(out, " "+l)
	}
	if f.cursor != nil {
		f.cursor.X++
		f.cursor.Y += h - n + 1
	}
	return frame{out, f.cursor}
}

func (t *thread) title() string {
	return t.heading("Post") + t.theme.Dim.Render(" "+count(max(0, len(t.items)-1), "comment", "comments"))
}

func (t *thread) eyeTitle() string { return "records" }

func (t *thread) keys() keymap.Map {
	switch {
	case t.writing:
		return t.bound(keymap.Write)
	case t.eye.open:
		return t.bound(keymap.EyeThread)
	}
	return t.bound(keymap.Thread)
}

func (t *thread) hints() []keymap.Intent {
	if t.writing {
		return t.editor.written(false, t.sending)
	}
	if t.eye.open {
		return append(t.seen(&t.list), keymap.Back)
	}
	var hints []keymap.Intent
	if t.post.Pending == nil {
		hints = append(hints, keymap.Comment)
	}
	hints = append(append(hints, keymap.Back), t.ahead()...)
	if it, ok := t.selected(); ok {
		switch {
		case it.Pending != nil && it.Pending.Refused != nil:
			hints = append(hints, keymap.Retry, keymap.Discard)
		case it.Pending != nil:
			hints = append(hints, keymap.Discard)
		case it.Label.Kind == client.You:
			hints = append(hints, keymap.Delete)
		default:
			hints = append(hints, keymap.Report)
		}
		hints = t.contentHints(hints, it)
	}
	return hints
}

func (t *thread) typing() bool { return t.writing }
