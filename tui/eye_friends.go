package tui

import (
	tea "charm.land/bubbletea/v2"

	"p4p/client"
)

// need asks for the mailboxes that the server's eye is about to see.
func (f *friends) need(_, h int) tea.Cmd {
	if !f.eye.open {
		return nil
	}
	var cmds []tea.Cmd
	from, to := f.eyeSpan(h - slotRows(h))
	for _, r := range f.rows[from:to] {
		if r.f != nil {
			cmds = append(cmds, f.lookInto(r.f.Friendship))
		}
	}
	return tea.Batch(cmds...)
}

// slotRows is how much of h rows the panel takes: sealed slots are long.
func slotRows(h int) int { return max(0, min(h-4, h*3/5)) }

// eyeRow is how many lines a row takes for the server's eye.
const eyeRow = 3

// eyeSpan is the rows that h lines have room for.
func (f *friends) eyeSpan(h int) (from, to int) {
	n := max(1, h/eyeRow)
	from = max(0, min(f.sel-n/2, len(f.rows)-n))
	return from, min(from+n, len(f.rows))
}

// eyeView draws the same rows as the server sees them: where it holds nothing,
// nothing.
func (f *friends) eyeView(w, h int) frame {
	n := slotRows(h)
	var lines []string
	from, to := f.eyeSpan(h - n)
	for i := from; i < to; i++ {
		bar := " "
		if i == f.sel {
			bar = f.theme.Select.Render("┃")
		}
		id, state := "—", "a name in your phone book: the server has no phone book"
		if r := f.rows[i]; r.f != nil {
			id, state = r.f.Friendship.String(), f.eyeState(f.eye.mailboxes[r.f.Friendship])
		}
		f.hit(0, len(lines), w, len(lines)+2, func() tea.Cmd { return f.clicked(i) })
		lines = append(lines, bar+" "+cut(id, w-2), bar+" "+f.theme.Dim.Render(line(state, w-2)), "")
	}
	if len(f.rows) == 0 {
		lines = append(lines, "", " "+f.theme.Dim.Render(cut("There is nothing to see: you have no friendships yet.", w-1)))
	}
	return frame{lines: append(fit(lines, h-n), f.mailboxPanel(w, n)...)}
}

func (f *friends) eyeState(l *looked[client.StoredMailbox]) string {
	switch {
	case l == nil || !l.done:
		return "…"
	case l.err != nil:
		return sentence(l.err)
	}
	sealed := 0
	for _, s := range l.row.Slots {
		if s != nil {
			sealed++
		}
	}
	s := string(l.row.State) + " · " + count(sealed, "sealed slot", "sealed slots")
	if l.row.ExpiresAt != nil {
		s += " · expires " + *l.row.ExpiresAt
	}
	return s
}

// selectedMailbox is what the server told of the selected row, nil for nothing.
func (f *friends) selectedMailbox() *looked[client.StoredMailbox] {
	if f.sel >= len(f.rows) || f.rows[f.sel].f == nil {
		return nil
	}
	return f.eye.mailboxes[f.rows[f.sel].f.Friendship]
}

func (f *friends) mailboxPanel(w, h int) []string {
	switch l := f.selectedMailbox(); {
	case h <= 0:
		return nil
	case l == nil:
		return f.panel("no row", f.dim("Names, and who has which, are on this machine alone.", w-2), w, h)
	case !l.done:
		return f.panel("asking the server…", nil, w, h)
	case l.err != nil:
		return f.panel("no row", f.dim(sentence(l.err), w-2), w, h)
	default:
		return f.panel("the whole row, but for the other side's hash", f.columnLines(mailboxColumns(l.row), w-2), w, h)
	}
}

func (f *friends) hasMailbox() bool {
	l := f.selectedMailbox()
	return l != nil && l.done && l.err == nil
}

func (f *friends) wholeMailbox() tea.Cmd {
	l := f.selectedMailbox()
	if !f.hasMailbox() {
		return nil // the panel says why
	}
	return f.open(f.wholeRow("Friendship", append([]column{{"f", l.row.Friendship.String()}}, mailboxColumns(l.row)...)))
}
