package tui

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/qr"
	"p4p/tui/keymap"
)

type inviteClient interface {
	Invite(ctx context.Context, name string, expires time.Duration) (client.Invite, error)
	Contacts(ctx context.Context) ([]client.Contact, error)
	Friendships(ctx context.Context) ([]client.Friendship, error)
	answerClient
	relinker
}

// invite shows an invite: the code, the link, and what became of it.
type invite struct {
	*ui
	inv     client.Invite
	code    qr.Code
	err     error // why there is no code
	state   client.FriendState
	unsent  bool
	gen     int
	loading bool
	stale   bool

	reaching bool // the server is being opened or shut
}

type inviteStateMsg struct {
	gen int
	f   *client.Friendship
}

// words is the least room for the words beside a code.
const words = 26

func newInvite(u *ui, inv client.Invite) *invite {
	i := &invite{ui: u, gen: u.next()}
	i.show(inv)
	return i
}

// show takes the invite as it is now.
func (i *invite) show(inv client.Invite) {
	i.inv, i.state, i.unsent = inv, inv.State, inv.Unsent
	i.code, i.err = qr.Encode(inv.Link.QR())
}

// askInvite asks whom the invite is for.
func askInvite(u *ui) *sheet {
	f := newField("a name that you know your friend by")
	return &sheet{
		ui: u, subject: "Invite a friend", field: &f, prepare: contactNames(u.client),
		body: []string{"Who is it for? The name stays on this machine."},
		onYes: func(name string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				if name == "" {
					return nil, protocol.Errorf(protocol.CodeBadName, "Type a name first; only you will see it.")
				}
				inv, err := u.client.Invite(ctx, name, protocol.DefaultExpiry)
				return func() tea.Cmd { return u.open(newInvite(u, inv)) }, err
			}
		},
	}
}

func contactNames(c interface {
	Contacts(ctx context.Context) ([]client.Contact, error)
},
) func(context.Context, string) []string {
	return func(ctx context.Context, _ string) []string {
		list, err := c.Contacts(ctx)
		if err != nil {
			return nil // completion is a convenience
		}
		out := make([]string, len(list))
		for i, p := range list {
			out[i] = plain.Line(p.Name).String()
		}
		return out
	}
}

func (i *invite) init() tea.Cmd { return i.load() }

// load asks what became of the invite.
func (i *invite) load() tea.Cmd {
	if i.loading {
		i.stale = true
		return nil
	}
	i.loading, i.stale = true, false
	c, gen, id := i.client, i.gen, i.inv.Friendship
	return i.do(func(ctx context.Context) tea.Msg {
		list, err := c.Friendships(ctx)
		if err != nil {
			return inviteStateMsg{gen, nil}
		}
		for _, f := range list {
			if f.Friendship == id {
				return inviteStateMsg{gen, &f}
			}
		}
		return inviteStateMsg{gen, nil}
	})
}

// update: see screen.
func (i *invite) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return i.key(i.keys().Intent(msg.String()))
	case changedMsg:
		if msg.what&(client.FriendsChanged|client.NoticesChanged) != 0 {
			return i.load()
		}
	case inviteStateMsg:
		if msg.gen == i.gen {
			return i.took(msg)
		}
	case reachedMsg:
		if msg.gen == i.gen {
			return i.reached(msg)
		}
	}
	return nil
}

func (i *invite) took(msg inviteStateMsg) tea.Cmd {
	i.loading = false
	if msg.f != nil {
		i.state, i.unsent = msg.f.State, msg.f.Unsent
		if i.state == client.StateAccepted {
			return tea.Batch(i.close(i), i.open(newAnswer(i.ui, *msg.f)))
		}
	}
	if i.stale {
		return i.load()
	}
	return nil
}

func (i *invite) key(intent keymap.Intent) tea.Cmd {
	switch intent {
	case keymap.Back:
		return i.close(i)
	case keymap.Copy:
		return i.copy(copying{text: i.inv.Link.URL(), instead: i.keyOf(i.keys(), keymap.ShowLink) + " shows the link"})
	case keymap.Reach:
		return i.toggleReach()
	case keymap.SavePNG:
		return i.savePNG()
	case keymap.ShowLink:
		return i.open(newPager(i.ui, "The link for "+i.inv.Name, func(w int) []string { return hardWrap(i.inv.Link.URL(), w) }))
	}
	return nil
}

// hardWrap breaks without adding anything, so that a selection by mouse joins again.
func hardWrap(s string, w int) []string {
	var out []string
	for len(s) > w && w > 0 {
		out, s = append(out, s[:w]), s[w:]
	}
	return append(out, s)
}

func (i *invite) savePNG() tea.Cmd {
	if i.err != nil {
		return i.fail(i.err)
	}
	code, name := i.code, filepath.Join(i.saveDir, "p4p-invite-"+i.inv.Friendship.String()[:8]+".png")
	return i.do(func(context.Context) tea.Msg {
		if abs, err := filepath.Abs(name); err == nil {
			name = abs
		}
		var b bytes.Buffer
		err := code.PNG(&b, 8)
		if err == nil {
			err = os.WriteFile(name, b.Bytes(), 0o600)
		}
		if err != nil {
			err = protocol.Errorf(protocol.CodeHomeUnwritable, "The picture cannot be written to %s: start p4p in a folder of yours, or send the link.", name).Because(err)
		}
		return attemptedMsg{"Saved as " + name + ". It is a secret until it is used.", err}
	})
}

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
	return i.state == client.StateInvited && !i.beside(bw, bh) && !i.under(bw, bh) && i.beside(w, h-1)
}

// view: see screen.
func (i *invite) view(w, h int) frame {
	switch {
	case i.state != client.StateInvited:
		return frame{lines: i.over(w)}
	case i.covers(w, h) && h == i.height:
		lines := i.sideBySide(w, h-1, append([]string{i.connection()}, i.news(w)...))
		return frame{lines: append(fit(lines, h-1), i.footer(i, h-1))}
	case i.beside(w, h):
		return frame{lines: i.sideBySide(w, h, nil)}
	case i.under(w, h):
		return frame{lines: append(i.code.Lines(), i.text(w, 0, true, nil)...)}
	default:
		return frame{lines: i.text(w, h, false, nil)}
	}
}

// news is what would stand in banners and toasts.
func (i *invite) news(w int) []string {
	cols, _ := i.code.Size()
	room := w - cols - 3
	out := i.toastIn(room, 6) // a narrow column needs more rows
	if len(i.notices) > 0 {
		for _, l := range wrapOwn("★ Someone accepted your invite for "+line(i.notices[0].Name, 20)+": press "+i.keyOf(keymap.Global, keymap.Answer), room) {
			out = append(out, i.theme.Friend.Render(l))
		}
	}
	return out
}

func (i *invite) sideBySide(w, h int, last []string) []string {
	cols, rows := i.code.Size()
	side := i.text(w-cols-3, min(h, rows), true, last)
	side = fit(side, max(min(h, len(side)), rows))
	out := make([]string, 0, len(side))
	code := i.code.Lines()
	for n, s := range side {
		c := strings.Repeat(" ", cols)
		if n < len(code) {
			c = code[n]
		}
		out = append(out, c+"  "+s)
	}
	return fit(out, min(h, len(out)))
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
	if withCode {
		add(t.Text.Render, "Let the phone scan the code, or send this link in a private message (c copies it):")
	} else {
		cols, rows := i.code.Size()
		add(t.Warn.Render, "! The window is too small for the code: it needs "+thousands(cols+words+2)+" columns and "+thousands(rows+1)+" rows.")
		add(t.Text.Render, "p saves it as a picture; c copies the link, l shows it:")
	}
	for _, l := range hardWrap(i.inv.Link.URL(), w-2) {
		if !withCode {
			l = " " + l
		}
		out = append(out, t.Key.Render(l))
	}
	ends = append(ends, len(out))
	if i.unsent {
		add(t.Warn.Render, "! It does not work yet: the server has to be reached first.")
	} else if text, warn := i.reachWords(); warn {
		add(t.Warn.Render, text)
	} else if text != "" {
		add(t.Dim.Render, text)
	}
	add(t.Dim.Render, "It works once, "+left(i.inv.ExpiresAt, i.now())+". Waiting for "+name+"…")
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
func (i *invite) over(w int) []string {
	name := line(i.inv.Name, 24)
	text := "The invite for " + name + " is no longer open."
	switch i.state {
	case client.StateFriend:
		text = name + " is a friend now. Their posts show the name, the earlier ones too."
	case client.StateExpired:
		text = "The invite for " + name + " expired before anybody used it: make another."
	case client.StateRevoked:
		text = "The invite for " + name + " was revoked: its link opens nothing any more."
	case client.StateRefused:
		text = "You refused whoever accepted the invite for " + name + "."
	}
	out := []string{""}
	for _, l := range wrapOwn(text, w-4) {
		out = append(out, "  "+l)
	}
	return out
}

func (i *invite) title() string { return i.heading("Invite") }

func (i *invite) keys() keymap.Map { return i.bound(keymap.InviteShown) }

func (i *invite) hints() []keymap.Intent {
	if i.state != client.StateInvited {
		return []keymap.Intent{keymap.Back}
	}
	hints := []keymap.Intent{keymap.Copy, keymap.SavePNG, keymap.ShowLink}
	if opens, shuts := i.reachable(); opens || shuts {
		hints = append(hints, keymap.Reach)
	}
	return append(hints, keymap.Back)
}

func (i *invite) typing() bool { return false }
