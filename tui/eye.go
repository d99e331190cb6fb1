package tui

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// eyeClient reads back what the server holds.
type eyeClient interface {
	StoredRecord(ctx context.Context, id protocol.UUID) (client.StoredRecord, error)
	StoredMailbox(ctx context.Context, friendship protocol.UUID) (client.StoredMailbox, error)
}

// eye is the server's: while it is open, the screen is drawn from what the server
// answers when it is asked for its rows, and from nothing that this machine knows
// besides. A screen that is not eyed closes it.
type eye struct {
	open      bool
	records   map[protocol.UUID]*looked[client.StoredRecord]
	mailboxes map[protocol.UUID]*looked[client.StoredMailbox]
}

// An eyed screen can be drawn as the server sees it. eyeTitle is its title then.
type eyed interface{ eyeTitle() string }

// An unseen screen has nothing that the server could see, and says so.
type unseen interface{ unseen() string }

// looked is a row of the server's as far as it has come.
type looked[T any] struct {
	row  T
	err  error
	done bool
}

// maxLooked bounds the rows that are kept.
const maxLooked = 500

type (
	recordSeenMsg struct {
		id  protocol.UUID
		row client.StoredRecord
		err error
	}
	mailboxSeenMsg struct {
		id  protocol.UUID
		row client.StoredMailbox
		err error
	}
)

// blink opens the eye or closes it. What was read before is read anew.
func (u *ui) blink() {
	u.eye = eye{open: !u.eye.open}
	if u.eye.open {
		u.eye.records = map[protocol.UUID]*looked[client.StoredRecord]{}
		u.eye.mailboxes = map[protocol.UUID]*looked[client.StoredMailbox]{}
	}
	u.toast.text = ""
}

// lookAt reads a record back unless that was done.
func (u *ui) lookAt(it client.Item) tea.Cmd {
	if it.Pending != nil || u.eye.records[it.ID] != nil {
		return nil
	}
	if len(u.eye.records) >= maxLooked {
		clear(u.eye.records)
	}
	u.eye.records[it.ID] = &looked[client.StoredRecord]{}
	c, id := u.client, it.ID
	return u.do(func(ctx context.Context) tea.Msg {
		row, err := c.StoredRecord(ctx, id)
		return recordSeenMsg{id, row, err}
	})
}

// lookInto reads a friendship's mailbox back unless that was done.
func (u *ui) lookInto(id protocol.UUID) tea.Cmd {
	if u.eye.mailboxes[id] != nil {
		return nil
	}
	if len(u.eye.mailboxes) >= maxLooked {
		clear(u.eye.mailboxes)
	}
	u.eye.mailboxes[id] = &looked[client.StoredMailbox]{}
	c := u.client
	return u.do(func(ctx context.Context) tea.Msg {
		row, err := c.StoredMailbox(ctx, id)
		return mailboxSeenMsg{id, row, err}
	})
}

// saw stores what the server answered.
func (e *eye) saw(msg tea.Msg) {
	switch msg := msg.(type) {
	case recordSeenMsg:
		if l := e.records[msg.id]; l != nil {
			*l = looked[client.StoredRecord]{msg.row, msg.err, true}
		}
	case mailboxSeenMsg:
		if l := e.mailboxes[msg.id]; l != nil {
			*l = looked[client.StoredMailbox]{msg.row, msg.err, true}
		}
	}
}

// stage tells how far an item's row has come, for the cache of drawn lines; 0
// while the eye is closed.
func (e *eye) stage(id protocol.UUID) int {
	switch l := e.records[id]; {
	case !e.open:
		return 0
	case l == nil || !l.done:
		return 1
	case l.err != nil:
		return 2
	}
	return 3
}

// eyeBanner says what one looks at.
func (u *ui) eyeBanner() string {
	key := ""
	if b, ok := u.top().keys().Binding(keymap.Eye); ok {
		key = " " + firstKey(b) + " closes it."
	}
	return u.theme.Pill.Render(pad(keyed(" The server's eye: all that it holds of this.", key, u.width), u.width))
}

// layRow draws an item as a row of the server's table: what stands in it, without
// a name, because there is none.
func (u *ui) layRow(it client.Item, w int) []string {
	l := u.eye.records[it.ID]
	switch {
	case it.Pending != nil:
		return []string{u.theme.Dim.Render(cut("nothing: this still waits in your outbox", w)), ""}
	case l == nil || !l.done:
		return []string{u.theme.Dim.Render("…"), "", ""}
	case l.err != nil:
		return append(u.dim(sentence(l.err), w), "")
	}
	r := l.row
	place := "#" + strconv.FormatUint(r.Seq, 10) + " " + string(r.Kind)
	by, at := r.Author.UUID().String(), r.CreatedAt.UTC().Format("2006-01-02T15:04Z")
	out := []string{u.theme.Key.Render(place) + "  " + by + "  " + u.theme.Dim.Render(at)}
	if cells(out[0]) > w {
		out = []string{cut(by, w), cut(u.theme.Key.Render(place)+"  "+u.theme.Dim.Render(at), w)}
	}
	said := r.Text
	if r.Image != nil {
		said = "blob " + r.Image.Blob.String() + " " + said
	}
	return append(out, "  "+line(said, w-2), "")
}

func (u *ui) dim(text string, w int) []string {
	var out []string
	for _, l := range wrap(plain.Line(text), w) {
		out = append(out, u.theme.Dim.Render(l))
	}
	return out
}

// column is a part of a row with its name.
type column struct{ name, value string }

// recordColumns are the parts of a stored record, the signed bytes taken apart.
func recordColumns(r client.StoredRecord) []column {
	_, signature, _ := strings.Cut(r.JWS, ".")
	_, signature, _ = strings.Cut(signature, ".")
	return []column{{"header", r.Header}, {"payload", r.Payload}, {"signature", signature}}
}

// mailboxColumns are the parts of a stored mailbox, as the server tells them.
func mailboxColumns(m client.StoredMailbox) []column {
	side := "owner b"
	if m.Inviter {
		side = "owner a"
	}
	out := []column{
		{"state", string(m.State)},
		{"expires", told(m.ExpiresAt)},
		{"written", told(m.N)},
		{side, text64(m.OwnerHash) + " (a hash)"},
		{"e", told(m.E)},
	}
	for i, name := range []string{"slot a", "slot b"} {
		if s := m.Slots[i]; s == nil {
			out = append(out, column{name, "null"})
		} else {
			out = append(out, column{name, thousands(len(*s)) + " sealed bytes: " + text64(*s)})
		}
	}
	return out
}

// told is a value as JSON tells it, without the quotes of a text.
func told(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return strings.Trim(string(b), `"`)
}

func text64(v interface{ MarshalText() ([]byte, error) }) string {
	b, err := v.MarshalText()
	if err != nil {
		return ""
	}
	return string(b)
}

// columnLines writes each column's name above its value, or before it where the
// lines are long.
func (u *ui) columnLines(all []column, w int) []string {
	lead := 0
	if w >= 60 {
		lead = 11
	}
	var out []string
	for _, c := range all {
		if lead == 0 {
			out = append(out, u.theme.Key.Render(c.name))
		}
		for i, l := range wrap(plain.Line(c.value), w-lead) {
			switch {
			case lead == 0:
			case i == 0:
				l = u.theme.Key.Render(pad(c.name, lead)) + l
			default:
				l = strings.Repeat(" ", lead) + l
			}
			out = append(out, l)
		}
	}
	return out
}

// panel is the lower part of an eyed screen: the selected row, whole, as far as
// there is room.
func (u *ui) panel(title string, lines []string, w, h int) []string {
	if h < 2 {
		return fit(nil, h)
	}
	rule := "── " + line(title, max(w-8, 1)) + " "
	out := []string{u.theme.Select.Render(cut(rule+strings.Repeat("─", max(0, w-cells(rule))), w))}
	if more := len(lines) - (h - 1); more > 0 {
		lines = append(lines[:h-2:h-2], u.theme.Dim.Render("… "+count(more+1, "more line", "more lines")+": r shows all"))
	}
	for _, l := range lines {
		out = append(out, " "+l)
	}
	return fit(out, h)
}

// panelRows is how much of h rows the panel takes; 0 while the eye is closed.
func (u *ui) panelRows(h int) int {
	if !u.eye.open {
		return 0
	}
	return max(0, min(h-4, max(7, h*2/5)))
}

// recordPanel shows a record, the first one of the list where none is selected.
func (u *ui) recordPanel(l *list, w, h int) []string {
	if h <= 0 {
		return nil
	}
	it, ok := l.selected()
	if !ok && len(l.items) > 0 {
		it, ok = l.items[0], true
	}
	got := u.eye.records[it.ID]
	switch {
	case !ok:
		return fit(nil, h)
	case it.Pending != nil:
		return u.panel("not there yet", u.dim("The server has never heard of this: it waits on your machine.", w-2), w, h)
	case got == nil || !got.done:
		return u.panel("asking the server…", nil, w, h)
	case got.err != nil:
		return u.panel("no answer", u.dim(sentence(got.err), w-2), w, h)
	}
	return u.panel(recordTitle(got.row), u.columnLines(recordColumns(got.row), w-2), w, h)
}

func recordTitle(r client.StoredRecord) string {
	return "record " + r.ID.String() + ", " + thousands(len(r.JWS)) + " bytes"
}

// whole shows the selected row in full.
func (u *ui) whole(l *list) tea.Cmd {
	it, ok := l.selected()
	if !ok {
		l.move(keymap.Down)
		it, ok = l.selected()
	}
	if !ok || !u.eye.has(it) {
		return nil // the panel says why
	}
	r := u.eye.records[it.ID].row
	return u.open(u.wholeRow("Record #"+strconv.FormatUint(r.Seq, 10), append(recordColumns(r), column{"row", r.JWS})))
}

// has tells that a record's row came from the server.
func (e *eye) has(it client.Item) bool {
	got := e.records[it.ID]
	return got != nil && got.done && got.err == nil
}

func (u *ui) wholeRow(title string, all []column) *pager {
	return newPager(u, title, func(w int) []string {
		lines := u.columnLines(all, w-2)
		for i := range lines {
			lines[i] = " " + lines[i]
		}
		return lines
	})
}
