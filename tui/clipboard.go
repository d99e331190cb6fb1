package tui

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"p4p/desktop"
)

// copying is a text on its way to the clipboard.
type copying struct {
	text    string
	what    string // it is, as in "Copied what with …"; "" where that is plain
	instead string // what to do if pasting gives nothing
	more    string // a further sentence, or ""
	lead    string // a sentence before, or ""
}

type copiedMsg struct {
	copying
	with string // the program that took it, "" for none
	err  error  // why none did
}

// copy hands a text to the terminal, whose clipboard it is even over SSH, and to the
// system's. Only the latter tells whether it took it: the toast says which.
func (u *ui) copy(c copying) tea.Cmd {
	take := u.toClipboard
	return tea.Batch(tea.SetClipboard(c.text), u.do(func(ctx context.Context) tea.Msg {
		with, err := take(ctx, c.text)
		return copiedMsg{c, with, err}
	}))
}

func (u *ui) copyEnded(msg copiedMsg) tea.Cmd {
	what, more := "", ""
	if msg.what != "" {
		what = " " + msg.what
	}
	if msg.more != "" {
		more = " " + msg.more
	}
	lead, m := "", good
	if msg.lead != "" {
		lead, m = msg.lead+" ", note
	}
	if msg.err == nil {
		return u.say(m, lead+"Copied"+what+" with "+msg.with+"."+more)
	}
	text := lead + "Sent" + what + " to your terminal (OSC 52), which confirms nothing: if pasting gives nothing, " + msg.instead + "." + more
	why := ""
	if !errors.Is(msg.err, desktop.ErrNoClipboard) {
		why = msg.err.Error()
	}
	u.record(note, text, why)
	return u.show(note, text)
}
