package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/plain"
	"p4p/tui/keymap"
)

// maxLog is how many of the app's messages are kept, in memory only: they hold names.
const maxLog = 300

// said is something that the app told, with what it kept for the curious.
type said struct {
	at    time.Time
	mood  mood
	text  string
	cause string // what went wrong in the words of those who noticed; "" for none
}

// record keeps a message for the log.
func (u *ui) record(m mood, text, cause string) {
	if len(u.log) >= maxLog {
		u.log = append(u.log[:0], u.log[1:]...)
	}
	if cause == text {
		cause = ""
	}
	u.log = append(u.log, said{u.now(), m, text, cause})
}

// newLog shows what the app said, newest first, in full.
func newLog(u *ui) *pager {
	p := newPager(u, "Log", u.logText)
	p.more = "It may hold names: read it before you send it."
	p.map_, p.copied = keymap.Messages, func() string {
		lines := u.logText(10_000)
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		return plain.Block(strings.Join(lines, "\n")).String()
	}
	return p
}

func (u *ui) logText(w int) []string {
	var out []string
	for i := len(u.log) - 1; i >= 0; i-- {
		l := u.log[i]
		mark, style := u.moodMark(l.mood)
		at := l.at.Local().Format("15:04:05")
		for n, text := range wrap(plain.Line(l.text), w-14) {
			lead := u.theme.Dim.Render(at) + " " + style.Render(mark)
			if n > 0 {
				lead = strings.Repeat(" ", 10)
			}
			out = append(out, " "+lead+" "+text)
		}
		if l.cause != "" {
			for _, text := range wrap(plain.Line(l.cause), w-14) {
				out = append(out, strings.Repeat(" ", 12)+u.theme.Dim.Render(text))
			}
		}
	}
	if len(out) == 0 {
		out = []string{"", "  " + u.theme.Dim.Render("The app has said nothing yet.")}
	}
	return out
}

// copyAll copies the whole text, for whoever helps.
func (p *pager) copyAll() tea.Cmd {
	if p.copied == nil {
		return nil
	}
	return p.copy(copying{
		text: p.copied(), instead: p.keyOf(keymap.Global, keymap.Mouse) + " lets you select it with the mouse",
		more: p.more,
	})
}
