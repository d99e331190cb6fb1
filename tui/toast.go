package tui

import (
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

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
	over screen // that it came up over, once that is known; it goes with it
}

type toastGoneMsg struct{ gen int }

// place leaves a toast to the screen over which it came up: over another one it would
// seem to be about what is there.
func (t *toast) place(top screen) {
	if t.over == nil {
		t.over = top
	}
	if t.over != top {
		t.text = ""
	}
}

// say shows a sentence for as long as it takes to read.
func (u *ui) say(m mood, text string) tea.Cmd {
	u.record(m, text, "")
	return u.show(m, text)
}

// show shows a sentence that the log has already.
func (u *ui) show(m mood, text string) tea.Cmd {
	u.toast = toast{text: text, mood: m, gen: u.next()}
	shown := 4*time.Second + time.Duration(len(text))*40*time.Millisecond
	return u.after(shown, toastGoneMsg{u.toast.gen})
}

// fail shows what an error says, and what else is to be known.
func (u *ui) fail(err error, more ...string) tea.Cmd {
	text := strings.Join(append([]string{sentence(err)}, more...), " ")
	u.record(bad, text, cause(err))
	return u.show(bad, text)
}

// cause is what an error wraps, with its code; the log has room for it.
func cause(err error) string {
	e, ok := asError(err)
	if !ok {
		return err.Error()
	}
	text := string(e.Code)
	if under := errors.Unwrap(e); under != nil {
		text += ": " + under.Error()
	}
	return text
}

// moodMark is the mark of a mood with its style.
func (u *ui) moodMark(m mood) (string, lipgloss.Style) {
	switch m {
	case note:
		return "•", u.theme.Warn
	case bad:
		return "!", u.theme.Bad
	}
	return "✓", u.theme.Good
}

// toastLines draws the toast in three lines at most, in a narrow window in as many as
// hold the same words.
func (u *ui) toastLines(w int) []string {
	return u.toastIn(w, max(3, min(3*80/max(w, 1), u.height/2)))
}

// toastIn draws the toast in so many rows. What is too long loses its middle: a key to
// press stands in the beginning or at the end.
func (u *ui) toastIn(w, rows int) []string {
	if u.toast.text == "" || w < 8 || u.eye.open { // it may hold a name
		return nil
	}
	mark, style := u.moodMark(u.toast.mood)
	lines := wrap(plain.Line(u.toast.text), w-4)
	if len(lines) > rows {
		last := min(2, rows-1)
		end := lines[len(lines)-last:]
		lines = append(lines[:rows-last:rows-last], end...)
		lines[rows-last-1] = cut(lines[rows-last-1]+"…", w-4)
	}
	for i, l := range lines {
		if i > 0 {
			mark = " "
		}
		lines[i] = " " + style.Render(mark+" "+l)
	}
	return lines
}
