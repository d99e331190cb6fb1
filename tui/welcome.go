package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
)

type serverClient interface {
	UseServer(ctx context.Context, url string) error
}

// wrapOwn breaks a text of the app's own.
func wrapOwn(s string, w int) []string { return wrap(plain.Block(s), w) }

// welcome says in two lines what this is, and which key is for what.
func (u *ui) welcome(w int) []string {
	var out []string
	text := "A feed in which nobody signs up. You are anonymous to everybody\nbut to those whom you make your friends."
	accept := "accept an invite that you got (or just paste its link)"
	if w < 72 {
		text, accept = strings.ReplaceAll(text, "\n", " "), "accept an invite that you got"
	}
	for _, l := range wrapOwn(text, w-4) {
		out = append(out, "  "+l)
	}
	return append(append(out, ""), u.choices(w, keymap.Feed,
		choice{keymap.NewPost, "write a first post"},
		choice{keymap.Invite, "invite a friend"},
		choice{keymap.Accept, accept},
		choice{keymap.Server, "enter a server's address"},
		choice{keymap.Restore, "I have a backup"},
		choice{keymap.Receive, "I move here from another machine of mine"})...)
}

// unreached is the welcome where no server answers: what is wrong, and what can be done.
func (u *ui) unreached(w int) []string {
	text := "It is tried again by itself; what you write meanwhile is kept."
	if u.status.Err != nil {
		text = sentence(u.status.Err) + " " + text
	}
	var out []string
	for _, l := range wrapOwn(text, w-4) {
		out = append(out, "  "+l)
	}
	return append(append(out, ""), u.choices(w, keymap.Feed,
		choice{keymap.Server, "enter another server's address"},
		choice{keymap.NewPost, "write a first post"},
		choice{keymap.Friends, "friends, invites and phone book"})...)
}

// choice is something to do and its words.
type choice struct {
	intent keymap.Intent
	words  string
}

// choices are intents of a place with what they do, told by their keys. Where their
// lines stand in the end, they can be clicked.
func (u *ui) choices(w int, m keymap.Map, all ...choice) []string {
	var out []string
	wide := 1
	for _, c := range all {
		wide = max(wide, cells(u.keyOf(m, c.intent)))
	}
	for _, c := range all {
		for n, l := range wrapOwn(c.words, w-5-wide) {
			key := ""
			if n == 0 {
				key = u.theme.Key.Render(u.keyOf(m, c.intent))
			}
			line := "  " + pad(key, wide) + "  " + l
			if b, ok := u.bound(m).Binding(c.intent); ok && u.hits.buttons != nil {
				u.hits.buttons[line] = b.Keys[0]
			}
			out = append(out, line)
		}
	}
	return out
}

// empty is what the feed says when it has nothing to show, and what to press.
func (f *feed) empty(w, h int) []string {
	say := func(text string) []string {
		var out []string
		for _, l := range wrapOwn(text, w-4) {
			out = append(out, "  "+l)
		}
		return out
	}
	out := []string{""}
	switch {
	case f.err != nil:
		out = append(out, say(sentence(f.err))...)
	case !f.loaded:
		return append(out, say("Loading…")...)
	case f.view_ == client.Friends:
		if f.friends > 0 {
			out = append(append(out, say("Neither you nor your friends have posted yet.")...), "")
			return append(out, f.choices(w, keymap.Feed, choice{keymap.NewPost, "write a post"})...)
		}
		out = append(append(out, say("No friends yet. What a friend posts shows the name that you gave; everybody else stays anonymous.")...), "")
		return append(out, f.choices(w, keymap.Feed, choice{keymap.Invite, "invite a friend"}, choice{keymap.Accept, "accept an invite that you got"})...)
	case f.view_ == client.Mine:
		out = append(append(out, say("You have posted nothing yet.")...), "")
		return append(out, f.choices(w, keymap.Feed, choice{keymap.NewPost, "write a first post"})...)
	case f.view_ == client.Replies:
		return append(out, say("Nobody has commented on your posts yet. What others write there gathers here.")...)
	case f.newcomer():
		title := []string{"  " + f.theme.Title.Render("Welcome to P4P"), ""}
		if h < 14 {
			title, out = nil, nil
		}
		out = append(out, title...)
		if f.status.Connection == client.Offline && !f.starting() {
			return append(out, f.unreached(w)...)
		}
		return append(out, f.welcome(w)...)
	default:
		out = append(append(out, say("Nobody has posted here yet.")...), "")
		return append(out, f.choices(w, keymap.Feed, choice{keymap.NewPost, "write the first post"}, choice{keymap.Invite, "invite a friend"})...)
	}
	return out
}

// askServer asks for a server's address.
func askServer(u *ui) *sheet {
	f := newField("p4p.example or 127.0.0.1:4747")
	now := "You use the server that runs inside this app."
	if u.status.Server != "" {
		now = "You use " + plain.Line(u.status.Server).String() + "."
	}
	return &sheet{
		ui: u, subject: "A server's address", field: &f,
		body: []string{now + " A profile belongs to one server from its first post or friendship on; for another start p4p --profile NAME --server ADDRESS."},
		onYes: func(typed string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				url, err := protocol.ParseServerURL(typed)
				if err != nil {
					return nil, err
				}
				err = u.client.UseServer(ctx, url)
				return func() tea.Cmd {
					return u.say(good, "You are on "+strings.TrimPrefix(url, "https://")+" now.")
				}, err
			}
		},
	}
}
