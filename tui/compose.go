package tui

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/tui/keymap"
)

type composeClient interface {
	PostDraft(ctx context.Context, where, text string, p *client.Picture) (client.Sent, error)
	drafter
	attachClient
	Scratch() (string, error)
}

// compose is where a post is written.
type compose struct {
	*ui
	editor   editor
	gen      int
	sending  bool
	detached bool // the picture was taken off: what is read late does not come back
}

type postSentMsg struct {
	gen  int
	sent client.Sent
	err  error
}

func newCompose(u *ui) *compose {
	c := &compose{ui: u, gen: u.next(), editor: newEditor(u, postDraft, "What do you want to say? Only your friends will know that it was you.")}
	c.editor.area.Focus()
	return c
}

func (c *compose) init() tea.Cmd { return tea.Batch(c.editor.read(), c.readAttachment()) }

// update: see screen.
func (c *compose) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return c.key(msg)
	case postSentMsg:
		if msg.gen == c.gen {
			return c.took(msg)
		}
		return nil
	case attachmentReadMsg:
		if msg.gen == c.gen {
			return c.tookAttachment(msg)
		}
		return nil
	case preparedMsg:
		if msg.gen == c.gen && !c.sending {
			return c.prepared(msg)
		}
		return nil
	case tea.PasteMsg:
		if c.sending {
			return nil
		}
		if cmd, ok := c.dropped(msg); ok {
			return cmd
		}
		return c.editor.update(msg)
	default:
		return c.editor.update(msg)
	}
}

func (c *compose) key(msg tea.KeyPressMsg) tea.Cmd {
	switch c.keys().Intent(msg.String()) {
	case keymap.Back:
		if c.sending {
			return c.say(note, beingSent)
		}
		cmd := tea.Batch(c.keep(), c.close(c))
		if !c.editor.isBlank() || c.attached.picture != nil {
			cmd = tea.Batch(cmd, c.say(note, "The draft is kept: "+c.inFeed()+c.keyOf(keymap.Feed, keymap.NewPost)+" goes on with it."))
		}
		return cmd
	case keymap.Send:
		return c.send()
	}
	if c.sending {
		return nil
	}
	switch c.keys().Intent(msg.String()) {
	case keymap.Attach:
		if c.attached.picture != nil {
			return c.open(askAlt(c))
		}
		return c.chooser()
	case keymap.Detach:
		return c.detach()
	case keymap.Editor:
		return c.editor.openOutside()
	}
	return c.editor.update(msg)
}

func (c *compose) keep() tea.Cmd { return c.editor.keep() }

func (c *compose) send() tea.Cmd {
	text := c.editor.value()
	switch _, over := c.editor.budget(); {
	case c.sending:
		return nil
	case c.editor.isBlank() && c.attached.picture == nil:
		return c.say(note, "There is nothing to send yet: write something, or attach a picture with "+c.keyOf(keymap.Write, keymap.Attach)+".")
	case over:
		return c.say(bad, "A post holds at most 4,000 bytes; shorten it a little, or send it in two.")
	}
	c.sending, c.editor.sent = true, true
	cl, d, gen, n, a, last, kept := c.client, c.drafts, c.gen, c.next(), c.attached, c.editor.last(), c.drafts.settled(pictureDraft)
	return c.do(func(ctx context.Context) tea.Msg {
		last(ctx)
		if a.picture != nil && !kept { // as with the text
			_ = d.savePicture(ctx, cl, a.picture, a.file, n)
		}
		sent, err := cl.PostDraft(ctx, postDraft, text, a.picture)
		return postSentMsg{gen, sent, err}
	})
}

// took ends the screen when the post is safe, in the outbox too; when it is not,
// everything stays.
func (c *compose) took(msg postSentMsg) tea.Cmd {
	c.sending = false
	if msg.err != nil && msg.sent.ID.IsZero() {
		c.editor.sent = false
		failed := c.fail(msg.err)
		if a := c.attached; a.picture != nil { // a draft that came back does not know its file
			return tea.Batch(failed, c.nameAttachment(a.picture, a.file))
		}
		return failed
	}
	c.attached = attachment{}
	closed := c.close(c)
	said := c.tellSent(msg.sent, msg.err, "Posted.")
	return tea.Batch(closed, said, func() tea.Msg { return newsMsg{} })
}

// beingSent is why the place of a text is not left while that is sent.
const beingSent = "It is being sent: a few seconds at most."

// tellSent tells what became of what was written. With an error it is in the outbox,
// refused, because another draft is in its place.
func (u *ui) tellSent(sent client.Sent, err error, done string) tea.Cmd {
	switch {
	case err != nil:
		return u.fail(err, "It is in the outbox: "+u.inFeed()+u.keyOf(keymap.Feed, keymap.Outbox)+" opens it.")
	case sent.Seq == nil:
		return u.say(note, "Kept in the outbox; it is sent when the server is reached.")
	}
	return u.say(good, done)
}

// inFeed says where the feed's keys are, in words, if that is not below.
func (u *ui) inFeed() string {
	if len(u.layers) > 1 {
		return "in the feed "
	}
	return ""
}

// view: see screen.
func (c *compose) view(w, h int) frame {
	below := append(c.previewLines(w, h), c.below(w)...)
	f := c.editor.view(w-4, h-len(below)-1)
	lines := []string{""}
	for _, l := range fit(f.lines, h-len(below)-1) {
		lines = append(lines, "  "+l)
	}
	if f.cursor != nil {
		f.cursor.X += 2
		f.cursor.Y++
	}
	if c.sending {
		f.cursor = nil
	}
	return frame{append(lines, below...), f.cursor}
}

// below is the budget and the picture.
func (c *compose) below(w int) []string {
	budget, over := c.editor.budget()
	style := c.theme.Dim
	if over {
		style, budget = c.theme.Bad, "! "+budget+": too long to send"
	}
	if c.sending {
		budget = "sending…"
	}
	lines := []string{c.theme.Faint.Render(strings.Repeat("─", w)), style.Render("  " + budget)}
	p, key := "  ▢ no picture: "+c.attachHint(), ""
	a := c.attached.picture
	if a != nil {
		p = "  ▣ " + line(cmp.Or(c.attached.file, "a picture"), 30) + ", " + strconv.Itoa(a.Width) + "×" + strconv.Itoa(a.Height) + ", " +
			thousands((len(a.Bytes)+1023)/1024) + " KiB"
		key = ": " + c.keyOf(keymap.Write, keymap.Detach) + " takes it off"
	}
	lines = append(lines, c.theme.Dim.Render(keyed(p, key, w)))
	switch {
	case a == nil:
	case a.Alt != "":
		lines = append(lines, c.theme.Dim.Render("    "+line(a.Alt, w-4)))
	default:
		lines = append(lines, c.theme.Dim.Render(keyed("    not described", ": "+c.keyOf(keymap.Write, keymap.Attach)+" says what it shows", w)))
	}
	return lines
}

func (c *compose) title() string { return c.heading("New post") }

func (c *compose) keys() keymap.Map { return c.bound(keymap.Write) }

func (c *compose) hints() []keymap.Intent {
	if c.attached.picture != nil {
		return c.editor.written(true, c.sending, keymap.Detach)
	}
	return c.editor.written(false, c.sending, keymap.Attach)
}

func (c *compose) typing() bool { return true }
