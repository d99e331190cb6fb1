package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/plain"
)

// mood is what kind of news a toast is; each has a mark beside its colour.
type mood uint8

const (
	good mood = iota
	note
	bad
)

// toast is a sentence that goes by itself, or with the next key.
type toast struct {
	text string
	mood mood
	gen  int
}

type toastGoneMsg struct{ gen int }

// say shows a sentence for as long as it takes to read.
func (u *ui) say(m mood, text string) tea.Cmd {
	u.toast = toast{text, m, u.next()}
	shown := 4*time.Second + time.Duration(len(text))*40*time.Millisecond
	return u.after(shown, toastGoneMsg{u.toast.gen})
}

// fail shows what an error says.
func (u *ui) fail(err error) tea.Cmd { return u.say(bad, sentence(err)) }

// toastLines draws the toast in at most three lines.
func (u *ui) toastLines(w int) []string {
	if u.toast.text == "" || w < 8 || u.eye.open { // it may hold a name
		return nil
	}
	mark, style := "✓", u.theme.Good
	switch u.toast.mood {
	case note:
		mark, style = "•", u.theme.Warn
	case bad:
		mark, style = "!", u.theme.Bad
	}
	lines := wrap(plain.Line(u.toast.text), w-4)
	if len(lines) > 3 {
		lines = append(lines[:2], cut(lines[2]+"…", w-4))
	}
	for i, l := range lines {
		if i > 0 {
			mark = " "
		}
		lines[i] = " " + style.Render(mark+" "+l)
	}
	return lines
}
