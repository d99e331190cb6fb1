package tui

import (
	"slices"

	"p4p/client"
	"p4p/tui/keymap"
)

// A footer tells the keys that do something here and now. One that would only answer
// why it cannot be is not told; pressed all the same, it answers.

// offline tells that what needs the server cannot be done now.
func (u *ui) offline() bool { return u.status.Connection == client.Offline && !u.starting() }

// way is the movement keys that lead somewhere.
func way(down, up bool) (out []keymap.Intent) {
	if down {
		out = append(out, keymap.Down)
	}
	if up {
		out = append(out, keymap.Up)
	}
	return out
}

// among is way in a list of n rows.
func among(sel, n int) []keymap.Intent { return way(sel+1 < n, sel > 0) }

// way is the movement keys that lead somewhere from the selected item.
func (l *list) way() []keymap.Intent {
	n := len(l.items)
	if l.sel < 0 || n == 0 {
		return way(n > 0, false)
	}
	return way(l.sel+1 < n || l.row+l.height(l.sel) > l.h, l.sel > 0 || l.row < 0)
}

// seen is the keys of a list that the server's eye is on.
func (u *ui) seen(l *list) []keymap.Intent {
	hints := []keymap.Intent{keymap.Eye}
	if it, ok := l.selected(); !ok && len(l.items) > 0 || u.eye.has(it) {
		hints = append(hints, keymap.Whole)
	}
	return append(hints, l.ahead()...)
}

// ahead is the key that leads on from the selected item, if anything is below.
func (l *list) ahead() []keymap.Intent {
	if w := l.way(); slices.Contains(w, keymap.Down) {
		return w[:1]
	}
	return nil
}

// sendable tells that a text can be sent as it is.
func (e *editor) sendable(picture bool) bool {
	_, over := e.budget()
	return !over && (picture || !e.isBlank())
}

// written is the keys of a text: of sending it, of more, and of the person's own editor.
func (e *editor) written(picture, sending bool, more ...keymap.Intent) []keymap.Intent {
	var hints []keymap.Intent
	if !sending && e.sendable(picture) {
		hints = append(hints, keymap.Send)
	}
	if sending {
		return append(hints, keymap.Back)
	}
	hints = append(append(hints, more...), keymap.Back)
	if e.editorName() != "" {
		hints = append(hints, keymap.Editor)
	}
	return hints
}
