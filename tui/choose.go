package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/tui/keymap"
)

// choose asks which of the web addresses in a post is meant, to be opened or copied.
type choose struct {
	*ui
	it     client.Item
	found  []plain.Address
	copies bool // what was asked for; the text as a whole can be copied too
	sel    int
	from   int // the first row that is shown
}

func newChoose(u *ui, it client.Item, found []plain.Address, copies bool) *choose {
	return &choose{ui: u, it: it, found: found, copies: copies}
}

func (c *choose) init() tea.Cmd { return nil }

// rows are the addresses, and the text where it can be copied.
func (c *choose) rows() int {
	if c.copies {
		return len(c.found) + 1
	}
	return len(c.found)
}

// update: see screen.
func (c *choose) update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch c.keys().Intent(k.String()) {
	case keymap.Back:
		return c.close(c)
	case keymap.Down:
		c.sel = min(c.sel+1, c.rows()-1)
	case keymap.Up:
		c.sel = max(c.sel-1, 0)
	case keymap.Submit:
		return c.take(c.sel, c.copies)
	case keymap.OpenAddress:
		return c.take(c.sel, false)
	case keymap.CopyText:
		return c.take(c.sel, true)
	case keymap.Number:
		if n := slices.Index(c.numbers(), k.String()); n < c.rows() {
			return c.take(n, c.copies)
		}
	}
	return nil
}

// numbers are the keys of the rows, first the first one's.
func (c *choose) numbers() []string {
	b, _ := c.keys().Binding(keymap.Number)
	return b.Keys
}

// take ends with what was chosen. The text is copied, and never opened.
func (c *choose) take(n int, copies bool) tea.Cmd {
	switch {
	case n == len(c.found) && !copies:
		return c.say(note, "That is the whole text: choose an address to open.")
	case n == len(c.found):
		return tea.Batch(c.close(c), c.copyWhole(c.it))
	case copies:
		return tea.Batch(c.close(c), c.copyOne(c.found[n]))
	}
	return tea.Batch(c.close(c), c.openOne(c.found[n]))
}

// view: see screen. Below the rows the selected address stands in full: where it leads
// is seen before it is opened.
func (c *choose) view(w, h int) frame {
	verb := "opened"
	if c.copies {
		verb = "copied"
	}
	lines := []string{"", " " + cut("Which of these "+thousands(c.rows())+" is to be "+verb+"?", w-1), ""}
	var full []string
	if c.sel < len(c.found) {
		for _, l := range hardWrap(c.found[c.sel].String(), max(w-4, 1)) {
			full = append(full, "   "+c.theme.Dim.Render(plain.Line(l).String()))
		}
		if len(full) == 1 {
			full = nil // it stands in its row
		}
	}
	room := max(h-len(lines)-min(len(full), h/3)-1, 1)
	numbers := c.numbers()
	c.from = max(0, min(max(c.from, c.sel-room+1), c.sel))
	for i := c.from; i < min(c.rows(), c.from+room); i++ {
		bar, key, text := " ", " ", c.theme.Dim.Render("the whole text")
		if i == c.sel {
			bar = c.theme.Select.Render("┃")
		}
		if i < len(numbers) {
			key = c.theme.Key.Render(numbers[i])
		}
		if i < len(c.found) {
			text = line(c.found[i].String(), w-5)
		}
		c.hit(0, len(lines), w, len(lines)+1, func() tea.Cmd { return c.take(i, c.copies) })
		lines = append(lines, cut(bar+" "+key+" "+text, w))
	}
	if len(full) > 0 {
		lines = append(append(lines, ""), full...)
	}
	return frame{lines: lines}
}

func (c *choose) title() string { return c.heading("Web addresses") }

func (c *choose) keys() keymap.Map { return c.bound(keymap.Addresses) }

func (c *choose) hints() []keymap.Intent {
	hints := []keymap.Intent{keymap.Submit, keymap.Back}
	switch {
	case !c.copies:
		hints = append(hints, keymap.CopyText)
	case c.sel < len(c.found):
		hints = append(hints, keymap.OpenAddress)
	}
	return append(hints, among(c.sel, c.rows())...)
}

func (c *choose) typing() bool { return false }
