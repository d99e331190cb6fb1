package tui

import (
	"encoding/hex"
	"strconv"
	"strings"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/graphics"
	"p4p/tui/keymap"
)

// Posts and comments are drawn in two columns. The left one, the gutter, is the
// app's alone: the selection's bar and the author's mark stand there, and no
// text of anybody ever does. So a text that imitates a label ("★ Alice") cannot
// be taken for one: a label without its mark in the gutter is none.
const (
	gutter      = 4  // cells: the bar, the mark's two, a space
	foldedLines = 10 // of a text in the feed
	maxText     = 96 // cells of a line of text: longer ones are hard to read
)

// shape says how an item is drawn; with the item's own state it is the key of
// the cached lines.
type shape struct {
	width    int
	expanded bool // the whole text, a larger picture
	rows     int  // at most, of a picture
	dark     bool
}

// version is all that the lines of an item depend on, but its id.
type version struct {
	shape
	label    client.Label
	comments int
	age      string
	pending  string
	marked   bool
	eye      int // how far the server's row has come; 0 while the eye is closed
	picture  shownAs
}

// shownAs is how far a picture has come: its lines hold the id of its pixels.
type shownAs struct {
	drawing
	stage int // 0 none or not asked for, 1 loading, 2 drawn, 3 failed
	id    int
}

// laid is an item's lines, without the gutter's first cell.
type laid struct {
	version
	lines []string
}

func (u *ui) drawingOf(it client.Item, s shape) (drawing, bool) {
	if it.Image == nil {
		return drawing{}, false
	}
	return u.drawingFor(it.Image.Blob, it.Image.Width, it.Image.Height, min(s.width-gutter-1, 72), s.rows)
}

func (u *ui) versionOf(it client.Item, s shape) version {
	if n := u.eye.stage(it.ID); n > 0 {
		return version{shape: s, eye: n}
	}
	v := version{shape: s, label: it.Label, comments: it.Comments, age: age(it.CreatedAt, u.now()), marked: it.Bookmarked}
	if it.Pending != nil {
		v.pending = "waiting"
		if it.Pending.Sending {
			v.pending = "sending"
		}
		if it.Pending.Refused != nil {
			v.pending = sentence(it.Pending.Refused)
		}
	}
	if d, ok := u.drawingOf(it, s); ok {
		switch got, asked := u.pictures.have[d], u.pictures.have[d] != nil; {
		case !asked:
		case got.err != nil:
			v.picture.stage = 3
		case got.lines != nil:
			v.picture = shownAs{drawing: d, stage: 2, id: got.id}
		default:
			v.picture = shownAs{drawing: d, stage: 1}
		}
	}
	return v
}

// lay draws an item: its label, its text, its picture, its fate.
func (u *ui) lay(it client.Item, v version) []string {
	w := min(v.width-gutter-1, maxText)
	if v.eye > 0 {
		rows := u.layRow(it, v.width-2)
		for i, l := range rows {
			rows[i] = " " + l
		}
		return rows
	}
	indent := strings.Repeat(" ", gutter-1)
	out := []string{u.labelLine(it, v, w)}
	if it.Kind == protocol.KindDeletion {
		return append(out, indent+u.theme.Dim.Render("deleted"), "")
	}
	clean := paragraphs(it.Text)
	text := u.drawAddresses(it.ID, clean, wrap(clean, w))
	if clean.IsEmpty() && it.Image == nil {
		text = []string{u.theme.Dim.Render(cut("(nothing that can be shown)", w))}
	}
	if hidden := len(text) - foldedLines; !v.expanded && hidden > 1 {
		text = append(text[:foldedLines:foldedLines], u.theme.Dim.Render("… "+thousands(hidden)+" more lines: "+u.keyOf(keymap.Feed, keymap.Open)))
	}
	for _, l := range text {
		out = append(out, indent+l)
	}
	for _, l := range u.pictureLines(it, v, w) {
		out = append(out, indent+l)
	}
	if it.Pending != nil {
		for _, l := range u.pendingLines(it, v, w) {
			out = append(out, indent+l)
		}
	}
	return append(out, "")
}

// paragraphs cleans a text and leaves of many empty lines one, and none at its ends:
// they would only push the next post out of view.
func paragraphs(text string) plain.Text {
	var out []string
	for _, l := range strings.Split(plain.Block(text).String(), "\n") {
		if l = strings.TrimRight(l, " "); l != "" || len(out) > 0 && out[len(out)-1] != "" {
			out = append(out, l)
		}
	}
	return plain.Block(strings.TrimRight(strings.Join(out, "\n"), "\n"))
}

// labelLine is who and when. The name comes last of what can be wide.
func (u *ui) labelLine(it client.Item, v version, w int) string {
	mark, name := u.label(it.Label, it.Author)
	rest := v.age
	if v.marked {
		rest += " ⚑"
	}
	if it.Kind == protocol.KindPost && v.comments > 0 {
		rest += " · " + count(v.comments, "comment", "comments")
	}
	room := w - cells(rest) - 3
	return mark + " " + cut(name, max(room, 8)) + u.theme.Dim.Render(" · "+rest)
}

// label is an author's mark of two cells and name.
func (u *ui) label(l client.Label, author protocol.PublicKey) (mark, name string) {
	t := u.theme
	switch l.Kind {
	case client.You:
		return t.You.Render("◆ "), t.You.Render("you")
	case client.Friend:
		name = t.Friend.Render(line(l.Name, 40))
		if l.Ended {
			name += t.Dim.Render(" (ended)")
		}
		return t.Friend.Render(friendMark(l.Verified)), name
	default:
		return u.stranger(author.UUID())
	}
}

// stranger is the mark and name of somebody unknown: two colours and four digits of
// the UUID, so that one stranger can be told from another.
func (u *ui) stranger(id protocol.UUID) (mark, name string) {
	t := u.theme
	return t.Tag(id[0]).Render("▐") + t.Tag(id[1]).Render("▌"), t.Anonymous.Render("anonymous " + hex.EncodeToString(id[:2]))
}

func (u *ui) pictureLines(it client.Item, v version, w int) []string {
	if it.Image == nil {
		return nil
	}
	alt := wrap(u.altOf(it.Image), w-2)
	if !v.expanded && len(alt) > 2 {
		alt = append(alt[:1:1], cut(alt[1]+"…", w-2))
	}
	var out []string
	d, ok := u.drawingOf(it, v.shape)
	if ok {
		got := u.pictures.have[d]
		switch {
		case got != nil && got.lines != nil:
			out = append(out, got.lines...)
		case got != nil && got.err != nil:
			for _, l := range wrap(plain.Line("The picture is not here: "+sentence(got.err)), w) {
				out = append(out, u.theme.Dim.Render(l))
			}
		default:
			out = u.placeholder(d, it.Image)
		}
	}
	for i, l := range alt {
		lead := "▣ "
		if i > 0 {
			lead = "  "
		}
		out = append(out, u.theme.Dim.Render(lead+l))
	}
	return out
}

// altOf is what is told about a picture beside it, or instead of it where pictures are
// off.
func (u *ui) altOf(i *protocol.Image) plain.Text {
	alt := plain.Line(i.Alt)
	if alt.IsEmpty() && u.pictures.mode == graphics.Off {
		return plain.Line("a picture of " + sizeOf(i) + ", without a description")
	}
	return alt
}

func sizeOf(i *protocol.Image) string {
	return strconv.Itoa(i.Width) + "×" + strconv.Itoa(i.Height) + " pixels"
}

// placeholder takes the room that a picture will take, so that nothing jumps when it
// comes: the picture blurred, if it was seen before, or a box.
func (u *ui) placeholder(d drawing, i *protocol.Image) []string {
	if lines := u.blurred(d); lines != nil {
		return lines
	}
	out := box(d.cols, d.rows, sizeOf(i))
	for i := range out {
		out[i] = u.theme.Faint.Render(out[i])
	}
	return out
}

func box(cols, rows int, text string) []string {
	if cols < 4 || rows < 2 {
		return fit(nil, rows)
	}
	out := []string{"╭" + strings.Repeat("─", cols-2) + "╮"}
	for i := 1; i < rows-1; i++ {
		inner := strings.Repeat(" ", cols-2)
		if i == (rows-1)/2 && len(text)+1 < cols-2 {
			inner = pad(" "+text, cols-2)
		}
		out = append(out, "│"+inner+"│")
	}
	return append(out, "╰"+strings.Repeat("─", cols-2)+"╯")
}

func (u *ui) pendingLines(it client.Item, v version, w int) []string {
	if it.Pending.Refused == nil {
		if it.Pending.Sending {
			return []string{u.theme.Warn.Render("↑ sending")}
		}
		return []string{u.theme.Warn.Render(cut("↑ waits for the server; it is kept (x discards)", w))}
	}
	var out []string
	for i, l := range wrap(plain.Line("Refused: "+v.pending+" r tries again, x discards."), w-2) {
		lead := "! "
		if i > 0 {
			lead = "  "
		}
		out = append(out, u.theme.Bad.Render(lead+l))
	}
	return out
}
