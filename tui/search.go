package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/tui/keymap"
)

// remoteLimit is how many posts the server is asked for.
const remoteLimit = 100

// finder is the words above a list of posts. The cache is searched while one types;
// the server only when it is asked, because it learns the words.
type finder struct {
	field  field
	typing bool
	words  string // those that the list is for
	remote bool   // the list is the server's
}

func newSearch(u *ui) *posts {
	p := newPosts(u, source{name: "search"})
	p.search = &finder{field: newField("words that stand in a post, or in a picture's description"), typing: true}
	return p
}

func (p *posts) searchKey(msg tea.KeyPressMsg) tea.Cmd {
	switch p.keys().Intent(msg.String()) {
	case keymap.Back:
		return p.close(p)
	case keymap.Submit:
		if len(p.items) == 0 {
			return nil
		}
		p.search.typing = false
		p.sel, p.row = max(p.sel, 0), 0
		return nil
	case keymap.Remote:
		return p.askServer()
	}
	return p.typed(p.search.field.update(msg))
}

// retype goes back to the words.
func (p *posts) retype() tea.Cmd {
	p.search.typing = true
	p.sel, p.row = -1, 0
	return nil
}

// typed searches for what is typed now, if that is something else.
func (p *posts) typed(cmd tea.Cmd) tea.Cmd {
	s := p.search
	words := s.field.value()
	if words == s.words && !s.remote {
		return cmd
	}
	s.words, s.remote = words, false
	p.of.query = client.Query{Search: words}
	p.gen, p.loading, p.stale = p.next(), false, false // an answer for other words comes too late
	p.sel, p.row, p.err = -1, 0, nil
	if words == "" {
		p.items, p.loaded = nil, false
		return cmd
	}
	return tea.Batch(cmd, p.load())
}

// askServer searches where everything is. Words that are a contact's name are refused
// by the client: they stay on this machine.
func (p *posts) askServer() tea.Cmd {
	s := p.search
	words := s.field.value()
	if words == "" {
		return p.say(note, "Type some words first.")
	}
	s.words, s.remote = words, true
	p.gen, p.loading, p.stale = p.next(), true, false
	p.items, p.loaded, p.err, p.sel, p.row = nil, false, nil, -1, 0
	c, gen := p.client, p.gen
	return p.do(func(ctx context.Context) tea.Msg {
		found, err := c.RemoteSearch(ctx, words, remoteLimit)
		msg := postsLoadedMsg{gen: gen, err: err}
		for i := len(found) - 1; i >= 0; i-- { // newest first
			msg.items = append(msg.items, found[i])
		}
		return msg
	})
}

// findHints is the keys beside the words, as far as these lead somewhere.
func (p *posts) findHints() (hints []keymap.Intent) {
	if len(p.items) > 0 {
		hints = append(hints, keymap.Submit)
	}
	hints = append(hints, keymap.Back)
	if p.search.field.value() != "" && !p.offline() {
		hints = append(hints, keymap.Remote)
	}
	return hints
}

// searchView is the words and what was found.
func (p *posts) searchView(w int) ([]string, *tea.Cursor) {
	text, cursor := p.search.field.view(p.theme, w-1)
	if cursor != nil {
		cursor.X++
		if !p.search.typing {
			cursor = nil
		}
	}
	where := "Here, in what this machine has."
	switch {
	case p.err != nil:
		where = ""
	case p.search.remote:
		where = "From the server."
	}
	if n := len(p.items); n > 0 {
		where = count(n, "post", "posts") + ". " + where
		if !p.ended && !p.search.remote {
			where = "At least " + where
		}
	}
	return []string{" " + text, " " + p.theme.Dim.Render(cut(where, w-1))}, cursor
}

func (p *posts) searchNothing() string {
	key := p.keyOf(p.bound(keymap.Find), keymap.Remote)
	switch {
	case p.search.words == "":
		return "Search what this machine has while you type. " + key + " asks the server, which then learns the words, but never a name from your phone book."
	case p.loading || !p.loaded:
		return "Searching…"
	case p.search.remote:
		return "The server has nothing with these words."
	}
	return "Nothing here has these words. " + key + " asks the server."
}
