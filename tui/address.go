package tui

import (
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// addresses are the web addresses in what somebody wrote, each once.
func addresses(it client.Item) []plain.Address {
	if it.Kind == protocol.KindDeletion {
		return nil
	}
	var out []plain.Address
	for _, a := range paragraphs(it.Text).Addresses() {
		if !slices.ContainsFunc(out, func(b plain.Address) bool { return a.String() == b.String() }) {
			out = append(out, a)
		}
	}
	return out
}

// drawAddresses makes links of the addresses in a text that was wrapped to lines. The
// pieces of one carry the same id: to the terminal they are one link. Each line ends
// what it begins, so that lines can be left out.
func (u *ui) drawAddresses(id protocol.UUID, text plain.Text, lines []string) []string {
	found := text.Addresses()
	if len(found) == 0 {
		return lines
	}
	out := make([]string, len(lines))
	copy(out, lines)
	s, at := text.String(), 0
	for i, l := range lines {
		skipped := strings.Index(s[at:], l) // over the blanks at which it was wrapped
		if skipped < 0 {
			break // a character had no room: the rest is not drawn as it stands
		}
		at += skipped
		out[i] = u.drawLine(id, found, l, at)
		at += len(l)
	}
	return out
}

// drawLine draws a line that stands at a byte of the text.
func (u *ui) drawLine(id protocol.UUID, found []plain.Address, l string, at int) string {
	var b strings.Builder
	done := 0
	for _, a := range found {
		from, to := max(a.Start-at, 0), min(a.End-at, len(l))
		if from >= to {
			continue
		}
		b.WriteString(l[done:from])
		b.WriteString(ansi.SetHyperlink(a.URI(), "id="+hex.EncodeToString(id[:6])+"-"+strconv.Itoa(a.Start)))
		b.WriteString(u.theme.Address.Render(l[from:to]))
		b.WriteString(ansi.ResetHyperlink())
		done = to
	}
	return b.String() + l[done:]
}

// pageOpenedMsg tells how the opening of an address went.
type pageOpenedMsg struct {
	done string
	err  error
}

// openAddress opens the address of a post in the browser, an invite in the app. Of
// several it asks which.
func (u *ui) openAddress(it client.Item) tea.Cmd {
	found := addresses(it)
	if len(found) == 0 {
		return u.say(note, "There is no web address in this "+what(it)+" to open; "+u.keyOf(keymap.Feed, keymap.CopyText)+" copies its text.")
	}
	if len(found) > 1 {
		return u.open(newChoose(u, it, found, false))
	}
	return u.openOne(found[0])
}

func (u *ui) openOne(a plain.Address) tea.Cmd {
	if protocol.LooksLikeLink(a.String()) {
		return u.open(newAccept(u, a.String()))
	}
	open, done := u.openPage, "Opened "+line(a.String(), 60)+"."
	return tea.Batch(u.say(note, "Opening the page…"), u.do(func(ctx context.Context) tea.Msg {
		return pageOpenedMsg{done, open(ctx, a.URI())}
	}))
}

// copyText copies the address of a post, or the text of one that has none. Of several
// it asks which.
func (u *ui) copyText(it client.Item) tea.Cmd {
	switch found := addresses(it); len(found) {
	case 0:
		return u.copyWhole(it)
	case 1:
		return u.copyOne(found[0])
	default:
		return u.open(newChoose(u, it, found, true))
	}
}

func (u *ui) copyOne(a plain.Address) tea.Cmd {
	return u.copy(copying{text: a.String(), what: line(a.String(), 60), instead: u.selecting()})
}

// copyWhole copies a text. It is the clean one: what is pasted into a shell must not hold
// what nobody saw.
func (u *ui) copyWhole(it client.Item) tea.Cmd {
	text := paragraphs(it.Text)
	if it.Kind == protocol.KindDeletion || text.IsEmpty() {
		return u.say(note, "There is no text in this "+what(it)+" to copy.")
	}
	return u.copy(copying{text: text.String(), what: "the " + what(it) + "'s text", instead: u.selecting()})
}

// selecting is what to do where nothing is pasted.
func (u *ui) selecting() string {
	return u.keyOf(keymap.Global, keymap.Mouse) + " lets you select it with the mouse"
}

// contentHints tells the keys of a picture and of an address in the footer, after the
// first two.
func (u *ui) contentHints(hints []keymap.Intent, it client.Item) []keymap.Intent {
	n := min(2, len(hints))
	with := append([]keymap.Intent{}, hints[:n]...)
	if it.Image != nil {
		with = append(with, keymap.ViewPicture)
	}
	if len(addresses(it)) > 0 {
		with = append(with, keymap.OpenAddress)
		if len(u.notices) == 0 { // y answers while one waits
			with = append(with, keymap.CopyText)
		}
	}
	return append(with, hints[n:]...)
}
