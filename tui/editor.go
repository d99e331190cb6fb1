package tui

import (
	"context"
	"strings"
	"time"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	"p4p/plain"
	"p4p/protocol"
)

// drafter keeps unsent text; where is "post" or "comment:<uuid>".
type drafter interface {
	Draft(ctx context.Context, where string) (string, error)
	SaveDraft(ctx context.Context, where, text string) error
}

// saveAfter is how long after a key the draft is written: a machine that goes
// down takes at most this much with it.
const saveAfter = time.Second

// editor is a text of several lines that is kept as a draft while it is written.
type editor struct {
	*ui
	area  textarea.Model
	where string
	gen   int
	dirty bool   // typed since the last save
	typed bool   // at all: it is not only what was read
	kept  string // what was read or saved last
	timer bool   // a save is coming
	sent  bool   // the text is being sent, which ends the draft: nothing may bring it back
	away  bool   // another program edits it
}

type (
	draftReadMsg struct {
		gen  int
		text string
		err  error
	}
	draftDueMsg   struct{ gen int }
	draftSavedMsg struct {
		gen int
		err error
	}
)

func newEditor(u *ui, where, placeholder string) editor {
	a := textarea.New()
	a.ShowLineNumbers = false
	a.Prompt = ""
	a.Placeholder = placeholder
	a.CharLimit = maxPaste // where a terminal does not tell a paste, it comes as keys
	a.MaxHeight = 0
	a.SetVirtualCursor(false)
	a.KeyMap.Paste.SetEnabled(false) // it would come in uncleaned; the terminal's own paste is cleaned
	return editor{ui: u, area: a, where: where, gen: u.next()}
}

func (e *editor) read() tea.Cmd {
	c, where, gen := e.client, e.where, e.gen
	return e.do(func(ctx context.Context) tea.Msg {
		text, err := c.Draft(ctx, where)
		return draftReadMsg{gen, text, err}
	})
}

// value is the text as it would be sent.
func (e *editor) value() string { return e.area.Value() }

// update takes keys, pastes and the draft.
func (e *editor) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case draftReadMsg:
		if msg.gen == e.gen && msg.err == nil && e.area.Value() == "" {
			e.area.SetValue(plain.Block(msg.text).String())
			e.kept = msg.text
		}
		return nil
	case draftDueMsg:
		if msg.gen != e.gen {
			return nil
		}
		e.timer = false
		return e.keep()
	case draftSavedMsg:
		if msg.gen == e.gen && msg.err != nil {
			return e.fail(msg.err)
		}
		return nil
	case editedMsg:
		if msg.gen == e.gen {
			return e.edited(msg)
		}
		return nil
	case tea.PasteMsg:
		return e.input(tea.PasteMsg{Content: plain.Block(msg.Content).String()})
	case tea.KeyPressMsg:
		return e.input(cleanKey(msg))
	}
	return nil
}

func (e *editor) input(msg tea.Msg) tea.Cmd {
	if e.away {
		return nil
	}
	before := e.area.Value()
	var cmd tea.Cmd
	e.area, cmd = e.area.Update(msg)
	if e.area.Value() == before {
		return cmd
	}
	e.dirty, e.typed = true, true
	if !e.timer {
		e.timer = true
		cmd = tea.Batch(cmd, e.after(saveAfter, draftDueMsg{e.gen}))
	}
	return cmd
}

// keep writes the draft now, if it changed.
func (e *editor) keep() tea.Cmd {
	switch {
	case e.sent:
		return nil
	case !e.dirty && e.typed && !e.isBlank() && e.drafts.settled(e.where): // else it is just being written
		return e.still()
	case !e.dirty:
		return nil
	}
	e.dirty, e.kept = false, e.area.Value()
	c, d, where, text, gen, n := e.client, e.drafts, e.where, e.kept, e.gen, e.drafts.begin(e.where, e.next())
	return e.do(func(ctx context.Context) tea.Msg {
		return draftSavedMsg{gen, d.save(ctx, c, where, text, n)}
	})
}

// still keeps a text once more of which another window has taken away what was saved: it
// goes behind what that has put there.
func (e *editor) still() tea.Cmd {
	c, d, where, text, gen, n := e.client, e.drafts, e.where, e.area.Value(), e.gen, e.next()
	return e.do(func(ctx context.Context) tea.Msg {
		now, err := c.Draft(ctx, where)
		switch {
		case err != nil:
			return draftSavedMsg{gen, err}
		case strings.Contains(now, text):
			return nil
		case now != "":
			text = now + "\n\n" + text
		}
		return draftSavedMsg{gen, d.save(ctx, c, where, text, n)}
	})
}

// last is for the command that sends, before it does: the draft is whole, and no older
// write comes behind its end. What is kept already is not written again: another window
// may have begun something else there since.
func (e *editor) last() func(ctx context.Context) {
	if e.kept == e.area.Value() && e.drafts.settled(e.where) {
		return func(context.Context) {}
	}
	c, d, where, text, n := e.client, e.drafts, e.where, e.area.Value(), e.next()
	return func(ctx context.Context) { _ = d.save(ctx, c, where, text, n) }
}

func (e *editor) isBlank() bool { return strings.TrimSpace(e.value()) == "" }

// budget tells how much of the room is used; over is that it is too much.
func (e *editor) budget() (text string, over bool) {
	n := len(e.area.Value())
	return thousands(n) + " / " + thousands(protocol.MaxText) + " bytes", n > protocol.MaxText
}

// resize gives the text another room. The widget would keep its place by the first
// visible line, and so show empty room below the last one: the cursor is moved to
// the beginning and back, which scrolls as little as needed.
func (e *editor) resize(w, h int) {
	if e.area.Width() == w && e.area.Height() == h {
		return
	}
	info := e.area.LineInfo()
	row, column := e.area.Line(), info.StartColumn+info.ColumnOffset
	e.area.SetWidth(w)
	e.area.SetHeight(h)
	e.area.MoveToBegin()
	for before := -1; e.area.Line() < row && before != e.area.Line()*1_000_000+e.area.LineInfo().RowOffset; {
		before = e.area.Line()*1_000_000 + e.area.LineInfo().RowOffset
		e.area.CursorDown()
	}
	e.area.SetCursorColumn(column)
	e.area, _ = e.area.Update(nil)
}

// view draws the text in w x h.
func (e *editor) view(w, h int) frame {
	e.resize(max(w, 4), max(h, 1))
	st := e.area.Styles()
	for _, s := range []*textarea.StyleState{&st.Focused, &st.Blurred} {
		s.Base, s.Text, s.CursorLine, s.EndOfBuffer = e.theme.Text, e.theme.Text, e.theme.Text, e.theme.Text
		s.Placeholder, s.Prompt, s.Selection = e.theme.Dim, e.theme.Dim, e.theme.Pill
	}
	st.Cursor.Color = nil
	e.area.SetStyles(st)
	return frame{splitLines(e.area.View()), e.area.Cursor()}
}
