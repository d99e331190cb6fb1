package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// list shows items below each other and keeps its place by the selected item: what
// comes in above does not move what is being read. Only visible items are laid out.
type list struct {
	ui       *ui
	items    []client.Item
	sel      int // the selected item; -1 for none, then the first one is at the top
	row      int // the row where the selected item begins; below 0 if it is taller than the view
	expanded bool
	bar      bar                    // the selected item's
	unread   func(client.Item) bool // what gets the mark of the unread; nil for nothing
	ruled    bool                   // a line divides the first item from the others
	cache    map[protocol.UUID]laid
	drawn    []int         // the item in each row of the last view
	back     protocol.UUID // an item that is to come back, and to be selected then; zero for none
	w, h     int           // of the last view
}

// bar is how the selected item shows: lit where the keys go to, faint beside it.
type bar uint8

const (
	barLit bar = iota
	barFaint
	barNone
)

func (u *ui) drawBar(b bar) string {
	switch b {
	case barLit:
		return u.theme.Select.Render("┃")
	case barFaint:
		return u.theme.Faint.Render("│")
	}
	return " "
}

func newList(u *ui) list { return list{ui: u, sel: -1, cache: map[protocol.UUID]laid{}} }

func (l *list) shape() shape {
	rows := max(2, min(l.h/3, 12))
	if l.expanded {
		rows = max(2, min(l.h*2/3, 24))
	}
	return shape{width: l.w, expanded: l.expanded, rows: rows, dark: l.ui.theme.Dark}
}

// lines are those of an item, laid out anew only if something about it changed.
func (l *list) lines(i int) []string {
	it := l.items[i]
	v := l.ui.versionOf(it, l.shape())
	if had, ok := l.cache[it.ID]; ok && had.version == v {
		return had.lines
	}
	if len(l.cache) > 1000 {
		clear(l.cache)
	}
	lines := l.ui.lay(it, v)
	l.cache[it.ID] = laid{v, lines}
	return lines
}

func (l *list) height(i int) int { return len(l.lines(i)) }

// set replaces the items and stays at the selected one, or at its neighbour if
// it is gone.
func (l *list) set(items []client.Item) {
	old, at := l.items, l.sel
	l.items = items
	if at < 0 {
		return
	}
	where := make(map[protocol.UUID]int, len(items))
	for i, it := range items {
		where[it.ID] = i
	}
	if n, ok := where[l.back]; ok {
		l.sel, l.back = n, protocol.UUID{}
		return
	}
	for i := at; i < len(old); i++ {
		if n, ok := where[old[i].ID]; ok {
			l.sel = n
			return
		}
	}
	l.sel = len(items) - 1
}

// bring selects an item that comes back, now or when it is there, unless nothing is
// selected.
func (l *list) bring(id protocol.UUID) {
	l.back = id
	l.set(l.items)
}

func (l *list) selected() (client.Item, bool) {
	if l.sel < 0 || l.sel >= len(l.items) {
		return client.Item{}, false
	}
	return l.items[l.sel], true
}

// move is what the movement keys do. It tells whether the intent was one.
func (l *list) move(i keymap.Intent) bool {
	l.back = protocol.UUID{}
	switch i {
	case keymap.Down:
		l.down()
	case keymap.Up:
		l.up()
	case keymap.PageDown:
		l.page(l.down)
	case keymap.PageUp:
		l.page(l.up)
	case keymap.Top:
		l.sel, l.row = min(0, len(l.items)-1), 0
	case keymap.Bottom:
		l.sel, l.row = len(l.items)-1, l.h
		if l.sel >= 0 {
			l.row -= l.height(l.sel) // the end of one that is taller than the view
		}
	default:
		return false
	}
	l.settle()
	return true
}

func (l *list) down() {
	switch {
	case l.sel < 0:
		l.sel, l.row = min(0, len(l.items)-1), 0
	case l.row+l.height(l.sel) > l.h: // the rest of a tall item first
		l.row -= max(1, l.h/2)
	case l.sel+1 < len(l.items):
		l.row += l.height(l.sel)
		l.sel++
	}
}

func (l *list) up() {
	switch {
	case l.sel < 0:
	case l.row < 0:
		l.row = min(0, l.row+max(1, l.h/2))
	case l.sel > 0:
		l.sel--
		l.row -= l.height(l.sel)
	}
}

// page goes on until about a screen has passed.
func (l *list) page(step func()) {
	for moved := 0; moved < l.h-2; {
		sel, row := l.sel, l.row
		step()
		if sel == l.sel && row == l.row {
			return
		}
		moved += max(row-l.row, l.row-row, 1)
		l.settle()
	}
}

// settle keeps the selected item in view and leaves no gap above the first item,
// nor below the last one if there are more above.
func (l *list) settle() {
	if l.sel < 0 || len(l.items) == 0 {
		l.row = 0
		return
	}
	l.sel = min(l.sel, len(l.items)-1)
	if n := l.height(l.sel); n <= l.h {
		l.row = min(max(l.row, 0), l.h-n)
	} else {
		l.row = max(min(l.row, 0), l.h-n)
	}
	end := l.row
	for i := l.sel; i < len(l.items) && end < l.h; i++ {
		end += l.height(i)
	}
	l.row += max(0, l.h-end)
	above := 0
	for i := l.sel - 1; i >= 0 && above < l.row; i-- {
		above += l.height(i)
	}
	if above < l.row {
		l.row = above
	}
}

// span is the first visible item and the row where it begins.
func (l *list) span() (first, row int) {
	first, row = max(l.sel, 0), l.row
	for first > 0 && row > 0 {
		first--
		row -= l.height(first)
	}
	return first, row
}

func (l *list) view(w, h int) []string {
	l.w, l.h = w, h
	l.settle()
	out := make([]string, 0, h)
	l.drawn = l.drawn[:0]
	first, row := l.span()
	for i := first; i < len(l.items) && row < h; i++ {
		lines := l.lines(i)
		for n, text := range lines {
			if row >= 0 && row < h {
				bar := " "
				if n == 0 && l.unread != nil && !l.ui.eye.open && l.unread(l.items[i]) {
					bar = l.ui.theme.Select.Render("•")
				}
				if i == l.sel && n < len(lines)-1 {
					bar = l.ui.drawBar(l.bar)
				}
				if l.ruled && i == 0 && n == len(lines)-1 {
					text = l.ui.theme.Faint.Render(strings.Repeat("─", max(w-1, 0)))
				}
				out = append(out, bar+text)
				l.drawn = append(l.drawn, i)
			}
			row++
		}
	}
	return out
}

// need asks for the pictures that the view shows and does not have.
func (l *list) need(w, h int) tea.Cmd {
	l.w, l.h = w, h
	l.settle()
	var cmds []tea.Cmd
	first, row := l.span()
	for i := first; i < len(l.items) && row < h; i++ {
		row += l.height(i)
		if l.ui.eye.open {
			cmds = append(cmds, l.ui.lookAt(l.items[i]))
			continue
		}
		d, ok := l.ui.drawingOf(l.items[i], l.shape())
		if !ok {
			continue
		}
		if _, asked := l.ui.pictures.get(d); !asked {
			cmds = append(cmds, l.ui.loadPicture(*l.items[i].Image, d))
		}
	}
	return tea.Batch(cmds...)
}
