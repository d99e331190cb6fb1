package tui

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/tui/keymap"
	"p4p/tui/settings"
)

func (a *app) fits() bool { return a.width >= minWidth && a.height >= minHeight }

// bodySize is the room of a screen that covers not everything.
func (a *app) bodySize() (w, h int) {
	return a.width, a.height - 2 - len(a.banners())
}

// View draws the window: header, banners, the screen, a sheet or toast over its
// end, and the footer.
func (a *app) View() tea.View {
	lines, cursor := a.draw()
	lines = a.onto(lines)
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	v.ReportFocus = a.notifier.how != settings.Off
	v.WindowTitle = "P4P"
	if n := len(a.notices); n > 0 {
		v.WindowTitle = "P4P (" + thousands(n) + ")"
	}
	if cursor != nil && a.still() {
		cursor.Blink = false
	}
	v.Cursor = cursor
	if !a.noMouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

func (a *app) draw() ([]string, *tea.Cursor) {
	a.hits = hits{all: a.hits.all[:0]}
	if a.width <= 0 || a.height <= 0 {
		return nil, nil
	}
	if !a.fits() {
		text := plain.Line("The window is too small: P4P needs 40 columns and 12 rows.")
		rows := wrap(text, a.width)
		if len(rows) > a.height {
			rows = wrap(plain.Line("Too small: 40x12 needed"), a.width)
		}
		return fit(rows, a.height), nil
	}
	s := a.below()
	if c, ok := s.screen.(covering); ok && s == a.top() && c.covers(a.width, a.height) {
		f := s.view(a.width, a.height)
		return a.clip(f.lines, a.height), f.cursor
	}
	lines := append([]string{a.header(s)}, a.banners()...)
	head := len(lines)
	if len(a.notices) > 0 && head > 1 && !a.eye.open && !a.answering() {
		a.hitIntent(0, 1, a.width, keymap.Typing, keymap.Answer)
	}
	a.hits.y = head
	w, h := a.bodySize()
	f := a.body(h)
	body, cursor := f.lines, f.cursor
	over := a.toastLines(w)
	if t, ok := a.top().screen.(*sheet); ok {
		a.hits.all = a.hits.all[:0] // what is below waits
		a.hits.y, a.hits.x, a.hits.of = 0, 0, t
		sf := t.view(w, h-len(over))
		for i := range a.hits.all {
			y := head + h - len(sf.lines)
			a.hits.all[i].y0, a.hits.all[i].y1 = a.hits.all[i].y0+y, a.hits.all[i].y1+y
		}
		over = append(over, sf.lines...)
		cursor = sf.cursor
		if cursor != nil {
			cursor.Y += h - len(sf.lines)
		}
	}
	if n := min(len(over), h); n > 0 {
		if len(over) > n {
			over = over[len(over)-n:]
		}
		body = append(body[:h-n:h-n], over...)
	}
	lines = append(lines, body...)
	a.hits.x, a.hits.y, a.hits.of = 0, 0, nil
	lines = append(lines, a.footer(a.top(), a.height-1))
	if cursor != nil {
		cursor.Y += head
		if cursor.Y >= a.height || cursor.X >= a.width {
			cursor = nil
		}
	}
	return a.clip(lines, a.height), cursor
}

// clip is the last word on the window's size.
func (a *app) clip(lines []string, h int) []string {
	lines = fit(lines, h)
	for i, l := range lines {
		if cells(l) > a.width {
			lines[i] = cut(l, a.width)
		}
	}
	return lines
}

// header is the screen's title and the state of the connection.
func (a *app) header(s *layer) string {
	right := a.connection()
	room := a.width - cells(right) - 2
	title := s.title()
	if e, ok := s.screen.(eyed); ok && a.eye.open {
		title = a.heading("the server's eye") + a.theme.Dim.Render(" "+e.eyeTitle())
	}
	if f, ok := s.screen.(*feed); ok && !a.eye.open {
		f.tabHits()
	}
	l := cut(title, room)
	return l + strings.Repeat(" ", max(1, a.width-cells(l)-cells(right)-1)) + right
}

// connection tells the state of the connection in a mark and words.
func (u *ui) connection() string {
	st := u.status
	var s string
	switch {
	case u.starting():
		s = u.theme.Warn.Render("◌ connecting")
	case st.Connection == client.Online:
		s = u.theme.Good.Render("● online")
	case st.Connection == client.CatchingUp:
		s = u.theme.Warn.Render("◐ catching up")
		if st.Behind > 0 {
			s = u.theme.Warn.Render("◐ " + thousands(st.Behind) + " behind")
		}
	case st.Connection == client.Offline:
		s = u.theme.Bad.Render("○ offline")
	default:
		s = u.theme.Warn.Render("◌ connecting")
	}
	if st.Refused > 0 {
		s = u.theme.Bad.Render("! "+thousands(st.Refused)+" refused") + "  " + s
	} else if st.Outbox > 0 {
		s = u.theme.Warn.Render("↑ "+thousands(st.Outbox)+" waiting") + "  " + s
	}
	return s
}

// starting tells that no try to connect has ended yet.
func (u *ui) starting() bool {
	return u.status.Connection == client.Offline && u.status.Err == nil && u.status.RetryAt.IsZero()
}

// banners are what is told on every screen: an acceptance that waits, and why
// there is no connection.
func (u *ui) banners() []string {
	var out []string
	if u.eye.open {
		out = append(out, u.eyeBanner())
	} else if n := len(u.notices); n > 0 && !u.answering() {
		key := u.answerKey()
		text := "Press " + key + ": someone accepted your invite for " + line(u.notices[0].Name, 24)
		if n > 1 {
			text = "Press " + key + ": " + thousands(n) + " acceptances wait for your answer"
		}
		out = append(out, u.theme.Banner.Render(pad(cut(" ★ "+text, u.width), u.width)))
	}
	out = append(out, u.warningBanner()...)
	if u.status.Connection == client.Offline && !u.starting() {
		text := u.retry()
		if u.status.Err != nil {
			text += " " + sentence(u.status.Err)
		}
		out = append(out, u.theme.Dim.Render(" "+line("○ "+text, u.width-1)))
	}
	return out
}

// answerKey is the key that answers an acceptance here: where a screen means something
// else by the first, its answer would be taken for another question's.
func (u *ui) answerKey() string {
	global := u.bound(keymap.Global)
	if u.top().typing() {
		global = u.bound(keymap.Typing)
	}
	b, _ := global.Binding(keymap.Answer)
	for _, k := range b.Keys {
		if i := u.top().keys().Intent(k); i == keymap.None || i == keymap.CopyText {
			return k
		}
	}
	return firstKey(b)
}

// answering tells that the question about an acceptance is on the screen.
func (u *ui) answering() bool {
	s, ok := u.top().screen.(*sheet)
	return ok && s.answer
}

func (u *ui) retry() string {
	if u.still() {
		return "It is tried again by itself."
	}
	wait := u.status.RetryAt.Sub(u.now()).Round(time.Second)
	if wait <= 0 {
		return "Trying again."
	}
	return "Next try in " + thousands(int(wait/time.Second)) + " s."
}

// footer tells the keys that matter here, as many as fit, the way back whatever else
// does, and the help. It stands in row y, where each key can be clicked.
func (u *ui) footer(s screen, y int) string {
	help := u.bound(keymap.Global)
	if s.typing() {
		help = u.bound(keymap.Typing)
	}
	end, key := "", ""
	if b, ok := help.Binding(keymap.Help); ok {
		end = u.hint(b)
		key = b.Keys[0]
	}
	room := u.width - cells(end) - 4
	hints, back := s.hints(), 0 // the cells that are kept for the way back
	if b, ok := s.keys().Binding(keymap.Back); ok && slices.Contains(hints, keymap.Back) {
		back = cells(u.hint(b)) + 2
	}
	out := " "
	for _, i := range hints {
		b, ok := s.keys().Binding(i)
		if !ok {
			continue
		}
		h := u.hint(b) + "  "
		if i == keymap.Back {
			back = 0
		}
		if cells(out)+cells(h)+back > room {
			continue // a shorter one may fit
		}
		u.hitKey(cells(out), y, cells(out)+cells(h)-2, b.Keys[0])
		out += h
	}
	u.hitKey(cells(out), y, cells(out)+cells(end), key)
	return out + end
}

// hint is a key with its word; of several keys the first.
func (u *ui) hint(b keymap.Binding) string {
	key, _, _ := strings.Cut(b.Label, " ")
	return u.theme.Key.Render(key) + " " + u.theme.Dim.Render(b.Short)
}
