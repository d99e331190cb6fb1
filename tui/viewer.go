package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// viewer shows the picture of a post on the whole window, with its description below,
// and goes on to those of the other posts in the list.
type viewer struct {
	*ui
	items []client.Item // those with a picture, in the order of their list
	at    int
	gen   int
}

// viewerCheckedMsg tells whether the post of the picture is still there.
type viewerCheckedMsg struct {
	gen int
	id  protocol.UUID
	err error
}

// viewPicture shows the picture of an item. The list is what one can go on to from
// there.
func (u *ui) viewPicture(it client.Item, list []client.Item) tea.Cmd {
	if it.Image == nil {
		return u.say(note, "There is no picture in this "+what(it)+".")
	}
	v := &viewer{ui: u, gen: u.next()}
	for _, other := range list {
		if other.Image == nil {
			continue
		}
		if other.ID == it.ID {
			v.at = len(v.items)
		}
		v.items = append(v.items, other)
	}
	return u.open(v)
}

func (v *viewer) init() tea.Cmd { return nil }

// update: see screen.
func (v *viewer) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return v.key(v.keys().Intent(msg.String()))
	case changedMsg:
		if msg.what&client.FeedChanged != 0 {
			return v.check()
		}
	case viewerCheckedMsg:
		if msg.gen == v.gen && msg.id == v.items[v.at].ID && protocol.CodeOf(msg.err) == protocol.CodeUnknownRecord {
			return tea.Batch(v.close(v), v.say(note, "The post was deleted, and its picture with it."))
		}
	}
	return nil
}

// check asks whether the post is still there: what was deleted is not shown on.
func (v *viewer) check() tea.Cmd {
	it := v.items[v.at]
	if it.Pending != nil {
		return nil
	}
	c, gen := v.client, v.gen
	return v.do(func(ctx context.Context) tea.Msg {
		_, _, err := c.Thread(ctx, it.ID)
		return viewerCheckedMsg{gen, it.ID, err}
	})
}

func (v *viewer) key(i keymap.Intent) tea.Cmd {
	switch i {
	case keymap.Back:
		return v.close(v)
	case keymap.Down:
		if v.at+1 == len(v.items) {
			return v.say(note, "This is the last picture here.")
		}
		v.at++
		return v.check()
	case keymap.Up:
		if v.at == 0 {
			return v.say(note, "This is the first picture here.")
		}
		v.at--
		return v.check()
	}
	return nil
}

// words are the description, at most a third of h lines, and the lines that are left
// for the picture.
func (v *viewer) words(w, h int) (alt []string, rows int) {
	alt = wrap(v.altOf(v.items[v.at].Image), w-4)
	if most := max(h/3, 1); len(alt) > most {
		alt = append(alt[:most-1:most-1], cut(alt[most-1]+"…", w-4))
	}
	return alt, max(h-len(alt)-1, 1)
}

func (v *viewer) drawing(w, h int) (drawing, bool) {
	_, rows := v.words(w, h)
	i := v.items[v.at].Image
	return v.drawingFor(i.Blob, i.Width, i.Height, w, rows)
}

// need: see needer.
func (v *viewer) need(w, h int) tea.Cmd {
	d, ok := v.drawing(w, h)
	if !ok {
		return nil
	}
	if _, asked := v.pictures.get(d); asked {
		return nil
	}
	return v.loadPicture(*v.items[v.at].Image, d)
}

// view: see screen.
func (v *viewer) view(w, h int) frame {
	i := v.items[v.at].Image
	alt, rows := v.words(w, h)
	var lines []string
	var left string
	if d, ok := v.drawing(w, h); ok {
		switch got := v.pictures.have[d]; {
		case got != nil && got.lines != nil:
			lines = got.lines
		case got != nil && got.err != nil:
			lines = v.dim("The picture is not here: "+sentence(got.err), min(w-4, maxText))
			d.cols = min(w-4, maxText)
		default:
			lines = v.placeholder(d, i)
		}
		left = strings.Repeat(" ", max(0, (w-d.cols)/2))
	}
	out := make([]string, max(0, (rows-len(lines))/2), h)
	for _, l := range lines {
		out = append(out, left+l)
	}
	out = fit(out, rows)
	for n, l := range alt {
		lead := "    "
		if n == 0 {
			lead = "  ▣ "
		}
		out = append(out, v.theme.Dim.Render(lead+l))
	}
	return frame{lines: out}
}

func (v *viewer) title() string {
	it := v.items[v.at]
	of := ""
	if n := len(v.items); n > 1 {
		of = " " + thousands(v.at+1) + " of " + thousands(n)
	}
	_, name := v.label(it.Label, it.Author)
	return v.heading("Picture") + v.theme.Dim.Render(of+" ") + name + v.theme.Dim.Render(" · "+age(it.CreatedAt, v.now()))
}

func (v *viewer) keys() keymap.Map { return v.bound(keymap.PictureShown) }

func (v *viewer) hints() []keymap.Intent {
	return append([]keymap.Intent{keymap.Back}, among(v.at, len(v.items))...)
}

func (v *viewer) typing() bool { return false }
