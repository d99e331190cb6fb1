package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/tui/keymap"
)

// palette finds what can be done by words, and does it by pressing its key: it knows
// nothing but the key maps. What can be done elsewhere is found once words are typed.
type palette struct {
	*ui
	all    []command
	field  field
	sel    int
	from   int // the first row that is shown
	h      int // rows of the last view
	hidden []keymap.Intent
}

// command is a binding, and where it is to be found if not here.
type command struct {
	keymap.Binding
	key   string // as a person reads it
	place string
	door  keymap.Intent
	alone bool // it needs nothing selected
}

// newPalette is the palette of a screen's keys and those that hold everywhere.
func newPalette(u *ui, here keymap.Map) *palette {
	p := &palette{ui: u, field: newField("what do you want to do?"), hidden: []keymap.Intent{
		keymap.Up, keymap.Down, keymap.PageUp, keymap.PageDown, keymap.Palette,
	}}
	if len(u.notices) == 0 {
		p.hidden = append(p.hidden, keymap.Answer)
	}
	for _, b := range append(slices.Clone(here.Bindings), u.bound(keymap.Global).Bindings...) {
		known := slices.ContainsFunc(p.all, func(o command) bool { return o.Intent == b.Intent })
		if !known && !slices.Contains(p.hidden, b.Intent) {
			p.all = append(p.all, command{Binding: b})
		}
	}
	for _, r := range keymap.Rooms {
		if r.Map.Name == here.Name {
			continue
		}
		r.Map = u.bound(r.Map)
		for _, b := range r.Commands() {
			if slices.ContainsFunc(p.all, func(o command) bool { return o.Words == b.Words }) {
				continue
			}
			c := command{b, firstKey(b), r.Map.Name, r.Door, slices.Contains(r.Alone, b.Intent)}
			if r.Door != keymap.None {
				c.Label = u.keyOf(keymap.Feed, r.Door) + " " + firstKey(b)
			}
			p.all = append(p.all, c)
		}
	}
	return p
}

func (p *palette) init() tea.Cmd { return nil }

// found are the commands in which each typed word stands, first those that begin with
// what is typed.
func (p *palette) found() []command {
	typed := strings.ToLower(p.field.value())
	words := strings.Fields(typed)
	var out, rest []command
	for _, c := range p.all {
		if c.place != "" && len(words) == 0 {
			continue
		}
		does, short := strings.ToLower(c.Words), strings.ToLower(c.Short)
		text := does + " " + short + " " + strings.ToLower(c.Label)
		text += " " + strings.ReplaceAll(text, " ", "") // "backup" is "back up"
		switch {
		case slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }):
		case strings.HasPrefix(short, typed) || strings.HasPrefix(does, typed):
			out = append(out, c)
		default:
			rest = append(rest, c)
		}
	}
	return append(out, rest...)
}

func (p *palette) update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		if _, ok := msg.(tea.PasteMsg); ok {
			p.sel = 0
			return p.field.update(msg)
		}
		return nil
	}
	n := len(p.found())
	switch p.keys().Intent(k.String()) {
	case keymap.Back:
		return p.close(p)
	case keymap.Down:
		p.sel = min(p.sel+1, max(n-1, 0))
	case keymap.Up:
		p.sel = max(p.sel-1, 0)
	case keymap.Submit:
		return p.run(p.sel)
	default:
		before := p.field.value()
		cmd := p.field.update(msg)
		if p.field.value() != before {
			p.sel = 0
		}
		return cmd
	}
	return nil
}

// run closes the palette and presses the key of what was chosen.
func (p *palette) run(i int) tea.Cmd {
	found := p.found()
	if i >= len(found) {
		return nil
	}
	c := found[i]
	if c.place == "" {
		return tea.Sequence(p.close(p), p.press(c.Keys[0]))
	}
	home, isFeed := p.layers[0].screen.(*feed)
	if !isFeed {
		return nil
	}
	closed := p.close(p)
	if c.door == keymap.None {
		return tea.Sequence(closed, home.key(c.Intent))
	}
	opened := home.key(c.door)
	if !c.alone {
		return tea.Sequence(closed, opened, p.say(note, "Select one, then press "+c.key+": "+c.Words+"."))
	}
	return tea.Sequence(closed, opened, p.press(c.Keys[0]))
}

func (p *palette) view(w, h int) frame {
	text, cursor := p.field.view(p.theme, w-2)
	lines := []string{" " + text, ""}
	if cursor != nil {
		cursor.X++
	}
	found := p.found()
	p.h = max(h-len(lines), 1)
	p.from = max(0, min(max(p.from, p.sel-p.h+1), p.sel))
	for i := p.from; i < min(len(found), p.from+p.h); i++ {
		b, bar, words := found[i], " ", found[i].Words
		if cells(words)+18 > w {
			words = b.Short
		}
		if b.place != "" {
			words += p.theme.Dim.Render("  in " + b.place)
		}
		if i == p.sel {
			bar = p.theme.Select.Render("┃")
		}
		p.hit(0, len(lines), w, len(lines)+1, func() tea.Cmd { return p.run(i) })
		lines = append(lines, cut(bar+" "+p.theme.Key.Render(pad(b.Label, 14))+" "+words, w))
	}
	if len(found) == 0 {
		lines = append(lines, "  "+p.theme.Dim.Render("Nothing here is called that."))
	}
	return frame{lines: lines, cursor: cursor}
}

func (p *palette) title() string { return p.heading("Commands") }

func (p *palette) eyeTitle() string { return "commands" }

func (p *palette) keys() keymap.Map { return p.bound(keymap.Commands) }

func (p *palette) hints() []keymap.Intent {
	n := len(p.found())
	if n == 0 {
		return []keymap.Intent{keymap.Back}
	}
	return append([]keymap.Intent{keymap.Submit, keymap.Back}, among(p.sel, n)...)
}

func (p *palette) typing() bool { return true }
