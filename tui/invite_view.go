package tui

import (
	"slices"
	"strings"

	"p4p/client"
	"p4p/qr"
	"p4p/tui/keymap"
)

// beside tells whether the code fits a room with words at its side, and under
// whether it does with words below it.
func (i *invite) beside(w, h int) bool {
	cols, rows := i.code.Size()
	return i.err == nil && w >= cols+words+2 && h >= rows
}

func (i *invite) under(w, h int) bool {
	cols, rows := i.code.Size()
	return i.err == nil && w >= cols && h >= rows+9
}

// covers: where header and footer would cut the code, the code gets their rows.
func (i *invite) covers(w, h int) bool {
	bw, bh := w, h-2-len(i.banners())
	return i.isOpen() && !i.beside(bw, bh) && !i.under(bw, bh) && i.beside(w, h-1)
}

// view: see screen.
func (i *invite) view(w, h int) frame {
	switch {
	case !i.isOpen():
		return frame{lines: i.over(w, h)}
	case i.covers(w, h) && h == i.height:
		lines := i.sideBySide(w, h-1, append([]string{i.connection()}, i.news(w, h-1)...))
		return frame{lines: append(fit(lines, h-1), i.footer(i, h-1))}
	case i.beside(w, h) && !(i.under(w, h) && larger(i.code.Fit(w, h-9), i.code.Fit(w-words-2, h))):
		return frame{lines: i.sideBySide(w, h, nil)}
	case i.under(w, h):
		return frame{lines: append(i.code.Fit(w, h-9).Lines(), i.text(w, 0, true, nil)...)}
	default:
		return frame{lines: i.text(w, h, false, nil)}
	}
}

// news is what would stand in banners and toasts, as far as it fits below the words and
// the connection.
func (i *invite) news(w, h int) []string {
	cols, _ := i.code.Size() // where it covers the window it is no larger
	room := w - cols - 3
	var out []string
	if len(i.notices) > 0 {
		for _, l := range wrapOwn("★ Someone accepted your invite for "+line(i.notices[0].Name, 20)+": press "+i.answerKey(), room) {
			out = append(out, i.theme.Friend.Render(l))
		}
	}
	left := h - len(i.text(room, 0, true, nil)) - 1 - len(out)
	return append(i.toastIn(room, max(left, 3)), out...)
}

func (i *invite) sideBySide(w, h int, last []string) []string {
	code := i.code.Fit(w-words-2, h)
	cols, rows := code.Size()
	side := i.text(w-cols-3, min(h, rows), true, last)
	out := besideCode(code, fit(side, max(min(h, len(side)), rows)))
	return fit(out, min(h, len(out)))
}

// larger tells whether a is a larger code than b.
func larger(a, b qr.Code) bool {
	ofA, _ := a.Size()
	ofB, _ := b.Size()
	return ofA > ofB
}

// besideCode sets lines at the right of a code.
func besideCode(code qr.Code, side []string) []string {
	cols, _ := code.Size()
	drawn := code.Lines()
	out := make([]string, 0, max(len(drawn), len(side)))
	for n := range max(len(drawn), len(side)) {
		left, right := strings.Repeat(" ", cols), ""
		if n < len(drawn) {
			left = drawn[n]
		}
		if n < len(side) {
			right = side[n]
		}
		out = append(out, left+"  "+right)
	}
	return out
}

// text is the words of the invite, in a column of w cells. Its paragraphs are set
// apart if that fits h rows.
func (i *invite) text(w, h int, withCode bool, last []string) []string {
	name := line(i.inv.Name, 24)
	var out []string
	var ends []int // of the paragraphs
	add := func(style func(...string) string, text string) {
		for _, l := range wrapOwn(text, w-1) {
			if !withCode {
				l = " " + l
			}
			out = append(out, style(l))
		}
		ends = append(ends, len(out))
	}
	t := i.theme
	add(t.Title.Render, "An invite for "+name)
	reach, warn := i.reachWords()
	switch {
	case i.unsent:
		add(t.Warn.Render, "! It does not work yet: the server has to be reached first.")
	case warn:
		add(t.Warn.Render, reach)
	}
	copies := i.keyOf(i.keys(), keymap.Copy) + " copies "
	switch {
	case i.inv.Link.Loopback():
		add(t.Text.Render, "For another p4p on this machine, "+copies+"the link:")
	case withCode:
		add(t.Text.Render, "Let the phone scan the code, or send this link in a private message ("+copies+"it, "+i.keyOf(i.keys(), keymap.SMS)+" by SMS):")
	default:
		cols, rows := i.code.Size()
		add(t.Warn.Render, "! The window is too small for the code: it needs "+thousands(cols+words+2)+" columns and "+thousands(rows+1)+" rows.")
		add(t.Text.Render, i.keyOf(i.keys(), keymap.SavePNG)+" saves it as a picture; "+copies+"the link, "+i.keyOf(i.keys(), keymap.ShowLink)+" shows it:")
	}
	for _, l := range hardWrap(i.inv.Link.URL(), w-2) {
		if !withCode {
			l = " " + l
		}
		out = append(out, t.Key.Render(l))
	}
	ends = append(ends, len(out))
	if reach != "" && !warn && !i.unsent {
		add(t.Dim.Render, reach)
	}
	add(t.Dim.Render, "It works once, "+i.remains()+". Waiting for "+name+"…")
	if len(out)+len(ends)+len(last) <= h {
		for n, at := range slices.Backward(ends) {
			if n > 0 || withCode {
				out = slices.Insert(out, at, "")
			}
		}
	}
	return append(out, last...)
}

// over is what became of an invite that is no longer open.
func (i *invite) over(w, h int) []string {
	if i.state == client.StateFriend && i.f != nil {
		return i.befriended(w, h)
	}
	name := line(i.inv.Name, 24)
	text := "The invite for " + name + " is no longer open."
	switch i.known() {
	case client.StateFriend:
		text = name + " is a friend now. Their posts show the name, the earlier ones too."
	case client.StateAccepted:
		text = "Someone accepted the invite for " + name + " and waits for your answer."
	case client.StateExpired:
		text = "The invite for " + name + " expired before anybody used it."
	case client.StateRevoked:
		text = "The invite for " + name + " was revoked: its link opens nothing any more."
	case client.StateRefused:
		text = "You refused whoever accepted the invite for " + name + "."
	}
	out := []string{""}
	for _, l := range wrapOwn(text, w-4) {
		out = append(out, "  "+l)
	}
	if i.canRemake() {
		out = append(append(out, ""), i.choices(w, i.keys(), choice{keymap.Reissue, "make a new one for " + name})...)
	}
	return out
}

// befriended is who the friend is that an invite made, and what to do next.
func (i *invite) befriended(w, h int) []string {
	name := line(i.f.Name, 24)
	var out []string
	add := func(style func(...string) string, text string) {
		for _, l := range wrapOwn(text, w-4) {
			out = append(out, "  "+style(l))
		}
	}
	add(i.theme.Good.Render, "✓ "+name+" is a friend now. Their posts show the name, the earlier ones too.")
	if i.f.Unsent {
		add(i.theme.Warn.Render, "! The server has not got it yet; it is told when it is reached.")
	}
	told := len(out)
	for _, l := range numberLines(i.f.SafetyNumber, w-4) {
		out = append(out, "  "+i.theme.Strong.Render(l))
	}
	if i.f.Verified {
		add(i.theme.Good.Render, "✓ You compared it: "+name+" is verified.")
	} else {
		add(i.theme.Text.Render, "Ask "+name+", by voice or side by side: if the same number stands there, nobody sits between you.")
	}
	compared := len(out)
	out = append(out, i.choices(w, keymap.InviteShown, choice{keymap.Verify, "compare safety numbers"}, choice{keymap.Whose, "what " + name + " posted"})...)
	if len(out)+3 <= h {
		out = slices.Insert(out, compared, "")
		out = slices.Insert(out, told, "", "  "+i.theme.Dim.Render("Safety number"))
		out = slices.Insert(out, 0, "")
	}
	return out
}

func (i *invite) canRemake() bool {
	return !i.offline() && reissuable(client.Friendship{State: i.known(), Inviter: true})
}

func (i *invite) title() string { return i.heading("Invite") }

func (i *invite) keys() keymap.Map { return i.bound(keymap.InviteShown) }

func (i *invite) hints() []keymap.Intent {
	if !i.isOpen() {
		if i.state == client.StateFriend && i.f != nil {
			return []keymap.Intent{keymap.Verify, keymap.Back, keymap.Whose}
		}
		if i.canRemake() {
			return []keymap.Intent{keymap.Reissue, keymap.Back}
		}
		return []keymap.Intent{keymap.Back}
	}
	hints := []keymap.Intent{keymap.Copy}
	if !i.inv.Link.Loopback() {
		hints = append(hints, keymap.SMS)
	}
	if opens, shuts := i.reachable(); opens || shuts {
		hints = append(hints, keymap.Reach)
	}
	if i.err == nil {
		hints = append(hints, keymap.SavePNG)
	}
	return append(hints, keymap.ShowLink, keymap.Back)
}

func (i *invite) typing() bool { return false }
