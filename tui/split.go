package tui

import (
	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// split is a list of posts of which the selected one stands at the right, with its
// picture and its comments, where the window is wide.
type split struct {
	ui   *ui
	main *list
	side *thread // the selected post
	wide bool    // the window is
}

// A splitter is a screen that has one. Its card says what the right side is for while
// nothing is selected.
type splitter interface {
	screen
	parts() *split
	card(w int) []string
}

func (s *split) parts() *split { return s }

// update gives the post at the right what it asked for: never a key.
func (s *split) update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return nil
	}
	if s.side == nil {
		return nil
	}
	return s.side.update(msg)
}

// eyeRows is how many of h rows the selected record takes below the list.
func (s *split) eyeRows(h int) int {
	if s.wide {
		return 0 // it stands beside it
	}
	return s.ui.panelRows(h)
}

// beside is what stands at the right of a list: the selected post with its comments,
// for the server's eye its row.
func beside(l splitter, x, w int) pane {
	nothing := func(int, int) tea.Cmd { return nil }
	s := l.parts()
	switch it, ok := s.main.selected(); {
	case s.ui.eye.open:
		return pane{x: x, w: w, need: nothing, view: func(w, h int) frame { return frame{lines: s.ui.recordPanel(s.main, w, h)} }}
	case ok && s.side != nil && s.side.post.ID == postOf(it):
		s.side.bar = barNone
		if it.Kind == protocol.KindComment {
			s.side.bar = barFaint // which of them
		}
		p := paneOf(s.side, x, w)
		p.of = nil
		return p
	}
	return pane{x: x, w: w, need: nothing, view: func(w, h int) frame { return frame{lines: l.card(w)} }}
}

// cardText is a text at the right side.
func (u *ui) cardText(text string, w int) []string {
	out := []string{""}
	for _, l := range wrapOwn(text, w-4) {
		out = append(out, "  "+u.theme.Dim.Render(l))
	}
	return out
}

// card: see splitter.
func (f *feed) card(w int) []string {
	out := f.cardText("New posts flow in at the left. The one that you select opens here, with its picture and its comments.", w)
	return append(append(out, ""), f.choices(w, keymap.Feed, choice{keymap.Down, "select the newest post"},
		choice{keymap.NewPost, "write a post"}, choice{keymap.Eye, "look with the server's eye"})...)
}

// card: see splitter.
func (p *posts) card(w int) []string {
	return p.cardText("The post that you select opens here, with its picture and its comments.", w)
}

// openThread opens a post with its comments: the thread at the right, if it is that.
func (s *split) openThread(it client.Item, write bool) tea.Cmd {
	t := s.side
	s.side = nil
	if t == nil || t.post.ID != it.ID {
		return s.ui.open(newThread(s.ui, it, write))
	}
	if write {
		t.writing = true
		t.editor.area.Focus()
	}
	return s.ui.open(t)
}

// preselect has the selected post stand at the right.
func (s *split) preselect() tea.Cmd {
	it, ok := s.main.selected()
	if !s.wide || !ok || s.ui.eye.open {
		s.side = nil
		return nil
	}
	if s.side != nil && s.side.post.ID == postOf(it) {
		if it.Kind == protocol.KindComment {
			s.side.focus = it.ID
			s.side.focusOn()
		}
		return nil
	}
	if it.Kind == protocol.KindComment {
		s.side = newThreadAt(s.ui, it, false)
	} else {
		s.side = newThread(s.ui, it, false)
	}
	return s.side.init()
}
