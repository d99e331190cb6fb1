package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

type muteClient interface {
	Mute(ctx context.Context, author protocol.PublicKey) error
	Unmute(ctx context.Context, author protocol.PublicKey) error
	Hide(ctx context.Context, record protocol.UUID) error
	Unhide(ctx context.Context, record protocol.UUID) error
	Muted(ctx context.Context) (client.Muted, error)
}

// muted shows whom one does not hear and what one does not see, to undo it.
type muted struct {
	*ui
	all     client.Muted
	sel     int
	gen     int
	loading bool
	stale   bool
	loaded  bool
	err     error
	h       int
}

type mutedLoadedMsg struct {
	gen int
	all client.Muted
	err error
}

func newMuted(u *ui) *muted { return &muted{ui: u, gen: u.next()} }

func (m *muted) init() tea.Cmd { return m.load() }

func (m *muted) load() tea.Cmd {
	if m.loading {
		m.stale = true
		return nil
	}
	m.loading, m.stale = true, false
	c, gen := m.client, m.gen
	return m.do(func(ctx context.Context) tea.Msg {
		all, err := c.Muted(ctx)
		return mutedLoadedMsg{gen, all, err}
	})
}

// update: see screen.
func (m *muted) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m.key(m.keys().Intent(msg.String()))
	case changedMsg:
		if msg.what&(client.FeedChanged|client.LabelsChanged) != 0 {
			return m.load()
		}
	case mutedLoadedMsg:
		if msg.gen == m.gen {
			m.loading, m.loaded, m.err = false, true, msg.err
			if msg.err == nil {
				m.all = msg.all
			}
			m.clamp()
			if m.stale {
				return m.load()
			}
		}
	}
	return nil
}

func (m *muted) rows() int { return len(m.all.Authors) + len(m.all.Records) }

func (m *muted) clamp() { m.sel = max(0, min(m.sel, m.rows()-1)) }

func (m *muted) key(i keymap.Intent) tea.Cmd {
	switch i {
	case keymap.Back:
		return m.close(m)
	case keymap.Down:
		m.sel++
	case keymap.Up:
		m.sel--
	case keymap.PageDown:
		m.sel += max(1, m.h-2)
	case keymap.PageUp:
		m.sel -= max(1, m.h-2)
	case keymap.Top:
		m.sel = 0
	case keymap.Bottom:
		m.sel = m.rows()
	case keymap.Undo:
		return m.undo(m.sel)
	}
	m.clamp()
	return nil
}

// undo lets one hear or see again what is selected.
func (m *muted) undo(i int) tea.Cmd {
	c := m.client
	if i < len(m.all.Authors) {
		a := m.all.Authors[i]
		return m.do(func(ctx context.Context) tea.Msg {
			return attemptedMsg{m.plainName(a.Label, a.Author) + " is heard again.", c.Unmute(ctx, a.Author)}
		})
	}
	if i -= len(m.all.Authors); i < len(m.all.Records) {
		return m.attempt(m.all.Records[i].ID, "It is shown again.", c.Unhide)
	}
	return nil
}

// view: see screen.
func (m *muted) view(w, h int) frame {
	m.h = h
	if m.rows() == 0 {
		text := "Nobody is muted and nothing is hidden. In the feed z mutes an author, and - hides a post."
		switch {
		case m.err != nil:
			text = sentence(m.err)
		case !m.loaded:
			text = "Loading…"
		}
		out := []string{""}
		for _, l := range wrapOwn(text, w-4) {
			out = append(out, "  "+l)
		}
		return frame{lines: out}
	}
	from := max(0, min(m.sel-h/2, m.rows()-h))
	var lines []string
	for i := from; i < min(m.rows(), from+h); i++ {
		bar := " "
		if i == m.sel {
			bar = m.theme.Select.Render("┃")
		}
		m.hit(0, len(lines), w, len(lines)+1, func() tea.Cmd { m.sel = i; return nil })
		lines = append(lines, cut(bar+m.row(i), w))
	}
	return frame{lines: lines}
}

// row is an author, or whose the hidden record is and how it begins.
func (m *muted) row(i int) string {
	if i < len(m.all.Authors) {
		a := m.all.Authors[i]
		mark, name := m.label(a.Label, a.Author)
		return mark + " " + name + m.theme.Dim.Render(" · muted "+ago(age(a.Since, m.now())))
	}
	r := m.all.Records[i-len(m.all.Authors)]
	if r.Item == nil {
		return "-  " + m.theme.Dim.Render("hidden "+ago(age(r.Since, m.now()))+"; it is not here any more")
	}
	_, name := m.label(r.Item.Label, r.Item.Author)
	return "-  " + name + m.theme.Dim.Render(" · hidden "+ago(age(r.Since, m.now()))) + "  " + excerpt(*r.Item)
}

// ago makes a sentence's part of an age.
func ago(age string) string {
	switch {
	case age == "now":
		return "just now"
	case len(age) < 5:
		return age + " ago"
	}
	return "on " + age
}

// plainName is an author's name without colours.
func (u *ui) plainName(l client.Label, author protocol.PublicKey) string {
	switch l.Kind {
	case client.You:
		return "you"
	case client.Friend:
		return line(l.Name, 40)
	}
	id := author.UUID()
	return "anonymous " + id.String()[:4]
}

func (m *muted) title() string { return m.heading("Muted and hidden") }

func (m *muted) keys() keymap.Map { return m.bound(keymap.MutedList) }

func (m *muted) hints() []keymap.Intent {
	if m.rows() == 0 {
		return []keymap.Intent{keymap.Back}
	}
	return append([]keymap.Intent{keymap.Undo, keymap.Back}, among(m.sel, m.rows())...)
}

func (m *muted) unseen() string {
	return "The server sees nothing of this: whom you mute and what you hide is known on this machine only."
}

func (m *muted) typing() bool { return false }

// muteAct mutes an author or hides a record; what cannot be done says why.
func (u *ui) muteAct(i keymap.Intent, it client.Item) tea.Cmd {
	if it.Pending != nil || it.Label.Kind == client.You {
		return u.say(note, "This is your own; d deletes it.")
	}
	if i == keymap.Hide {
		return u.attempt(it.ID, "Hidden, on this machine only. Z shows what is hidden.", u.client.Hide)
	}
	name := u.plainName(it.Label, it.Author)
	return u.open(&sheet{
		ui: u, subject: "Mute " + name + "?", yes: "mute", no: "keep",
		body: []string{"Everything by this author leaves your views and counts, on this machine only: nobody is told. Z undoes it."},
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				err := u.client.Mute(ctx, it.Author)
				return func() tea.Cmd { return u.say(good, name+" is muted. Z undoes it.") }, err
			}
		},
	})
}
