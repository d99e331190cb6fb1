package tui

import (
	"context"
	"path/filepath"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/qr"
	"p4p/tui/keymap"
)

type selfClient interface {
	Whoami(ctx context.Context) client.Identity
	Backup(ctx context.Context, file, passphrase string) error
	ImportContacts(ctx context.Context, file string, o client.ImportOptions) (client.ImportReport, error)
	Move(ctx context.Context) (client.MoveOffer, error)
	Empty(ctx context.Context) error
	CheckBackup(file string) error
	forgetClient
}

// Selves are the profiles of this home. Switching ends the app: whoever runs it
// opens the other profile and runs it again.
type Selves interface {
	List(ctx context.Context) ([]client.Profile, error)
	// Check tells why a name cannot be a profile's, or nil.
	Check(name string) error
	Switch(name string)
	// Carry has the app that is run next begin with a link.
	Carry(link protocol.Link)
	// Arrive ends the app too: this profile becomes the one that arrives, and the app
	// is run again with it, or with what went wrong.
	Arrive(a client.Arrival)
}

// self is the screen about oneself: who this is, what would be lost with this
// machine, and one's other profiles.
type self struct {
	*ui
	me     client.Identity
	empty  bool // it could become another one
	others []client.Profile
	sel    int
	gen    int
	loaded bool
	err    error
	tall   bool // the last view had not room for all
	down   bool // the profiles are looked at, not what stands above them
}

type selfLoadedMsg struct {
	gen    int
	me     client.Identity
	empty  bool
	others []client.Profile
	err    error
}

func newSelf(u *ui) *self { return &self{ui: u, gen: u.next()} }

func (s *self) init() tea.Cmd {
	c, selves, gen := s.client, s.selves, s.gen
	return s.do(func(ctx context.Context) tea.Msg {
		msg := selfLoadedMsg{gen: gen, me: c.Whoami(ctx), empty: c.Empty(ctx) == nil}
		if selves != nil {
			msg.others, msg.err = selves.List(ctx)
		}
		return msg
	})
}

// update: see screen.
func (s *self) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return s.key(s.keys().Intent(msg.String()))
	case selfLoadedMsg:
		if msg.gen == s.gen {
			s.loaded, s.me, s.empty, s.others, s.err = true, msg.me, msg.empty, msg.others, msg.err
			s.clamp()
		}
	case changedMsg:
		if msg.what&client.StatusChanged != 0 {
			return s.init()
		}
	}
	return nil
}

func (s *self) clamp() { s.sel = max(0, min(s.sel, len(s.others)-1)) }

func (s *self) key(i keymap.Intent) tea.Cmd {
	switch i {
	case keymap.Back:
		return s.close(s)
	case keymap.Down:
		if s.tall && !s.down {
			s.down = true
			return nil
		}
		s.sel++
	case keymap.Up:
		s.down = s.sel > 0
		s.sel--
	case keymap.Backup:
		return s.open(askBackupPath(s.ui))
	case keymap.Import:
		return s.open(askImport(s.ui))
	case keymap.Move:
		return s.open(askMove(s.ui))
	case keymap.Restore:
		return s.comeBack(askRestore)
	case keymap.Receive:
		return s.comeBack(askReceive)
	case keymap.Forget:
		return s.open(askForgetAll(s.ui))
	case keymap.Rotate:
		return s.open(askRotate(s.ui, ""))
	case keymap.Add:
		return s.open(askProfile(s.ui))
	case keymap.Open:
		if s.sel < len(s.others) {
			return s.become(s.others[s.sel].Name)
		}
	}
	s.clamp()
	return nil
}

// become goes on as another profile.
func (s *self) become(name string) tea.Cmd {
	if name == s.me.Profile {
		return s.say(note, "You are "+line(name, 40)+" now.")
	}
	s.selves.Switch(name)
	return leave
}

// leaveMsg ends the app as its key does.
type leaveMsg struct{}

func leave() tea.Msg { return leaveMsg{} }

// view: see screen.
func (s *self) view(w, h int) frame {
	if !s.loaded {
		return frame{lines: []string{"", "  Loading…"}}
	}
	server := plain.Line(s.me.Server).String()
	if server == "" {
		server = "not reached yet"
	}
	lines := []string{""}
	for _, p := range [][2]string{{"Device", s.me.UUID.String()}, {"Profile", line(s.me.Profile, 40)}, {"Server", server}} {
		lines = append(lines, cut("  "+s.theme.Dim.Render(pad(p[0], 9))+p[1], w))
	}
	var where []int
	lines = append(lines, "")
	lines = append(lines, s.choices(w, keymap.SelfShown,
		choice{keymap.Backup, "back up your keys, names and friendships"},
		choice{keymap.Import, "take over a phone book (vCard)"},
		choice{keymap.Rotate, "become a stranger to everybody but your friends"},
		choice{keymap.Move, "move to another machine of yours"})...)
	if s.empty {
		lines = append(lines, s.choices(w, keymap.SelfShown,
			choice{keymap.Restore, "be who you were: restore a backup"},
			choice{keymap.Receive, "be who you are on another machine"})...)
	} else {
		lines = append(lines, s.choices(w, keymap.SelfShown, choice{keymap.Forget, "delete all that you ever posted"})...)
	}
	if s.selves != nil {
		lines = append(lines, "", " "+s.theme.Dim.Render("Your profiles: no server can tell that they are one person"))
		for i, p := range s.others {
			bar := " "
			if i == s.sel {
				bar = s.theme.Select.Render("┃")
			}
			where = append(where, len(lines))
			lines = append(lines, cut(bar+s.profile(p), w))
		}
		lines = append(lines, "")
		lines = append(lines, s.choices(w, keymap.SelfShown, choice{keymap.Add, "a new profile"})...)
	}
	if s.err != nil {
		lines = append(lines, "  "+s.theme.Bad.Render(cut("! "+sentence(s.err), w-2)))
	}
	s.tall = len(lines) > h
	at := 0
	if s.sel < len(where) && s.down {
		at = where[s.sel] - 1 // so that no row is behind both marks
	}
	lines, from := s.excerptOf(lines, at, h)
	for i, y := range where {
		if y >= from && y < from+h {
			s.hit(0, y-from, w, y-from+1, func() tea.Cmd { s.sel, s.down = i, true; return nil })
		}
	}
	return frame{lines: lines}
}

// profile is one of the profiles in a line.
func (s *self) profile(p client.Profile) string {
	server := plain.Line(p.Server).String()
	switch {
	case protocol.CodeOf(p.Err) == protocol.CodeLocked && p.Err != nil:
		server = "locked"
	case p.Err != nil:
		server = "cannot be read"
	case server == "":
		server = "this computer's own server"
	}
	now := ""
	if p.Name == s.me.Profile {
		now = " (you now)"
	}
	return "  " + pad(line(p.Name, 24), 26) + s.theme.Dim.Render(server+now)
}

func (s *self) title() string { return s.heading("You") }

func (s *self) keys() keymap.Map { return s.bound(keymap.SelfShown) }

func (s *self) hints() []keymap.Intent {
	hints := []keymap.Intent{keymap.Backup, keymap.Import, keymap.Rotate, keymap.Move}
	if s.sel < len(s.others) && s.others[s.sel].Name != s.me.Profile {
		hints = append(hints, keymap.Open)
	}
	if s.selves != nil {
		hints = append(hints, keymap.Add)
	}
	return append(hints, keymap.Back)
}

func (s *self) unseen() string {
	return "The server sees nothing of this but " + s.me.UUID.String() + ", under what you posted: no profile, no phone book, no backup."
}

func (s *self) typing() bool { return false }

func askProfile(u *ui) *sheet {
	f := newField("a name for it")
	return &sheet{
		ui: u, subject: "A new profile", field: &f,
		body: []string{"It has a key, names and friends of its own, and nothing connects it with this one. Only you see its name."},
		onYes: func(name string) work {
			return func(context.Context) (func() tea.Cmd, error) {
				if err := u.selves.Check(name); err != nil {
					return nil, err
				}
				return func() tea.Cmd {
					u.selves.Switch(name)
					return leave
				}, nil
			}
		},
	}
}

// askProfileFor asks for the name of a new self, which goes on with a link.
func askProfileFor(u *ui, link protocol.Link) *sheet {
	s := askProfile(u)
	s.subject = "A new profile, for " + plain.Line(link.Server).String()
	become := s.onYes
	s.onYes = func(name string) work {
		then := become(name)
		return func(ctx context.Context) (func() tea.Cmd, error) {
			done, err := then(ctx)
			return func() tea.Cmd {
				u.selves.Carry(link)
				return done()
			}, err
		}
	}
	return s
}

// askBackupPath asks where the backup goes, then twice for its passphrase.
func askBackupPath(u *ui) *sheet {
	f := newField("path of a new file")
	f.set("p4p-" + u.now().Format("2006-01-02") + ".age")
	return &sheet{
		ui: u, subject: "Back up to which file?", field: &f, prepare: listPaths,
		body: []string{"It holds your keys, names and friendships, encrypted under a passphrase. " + u.keyOf(keymap.Feed, keymap.Restore) + " in the app, or p4p restore FILE, makes you yourself again, here or on another machine."},
		onYes: func(typed string) work {
			return func(context.Context) (func() tea.Cmd, error) {
				if typed == "" {
					return nil, protocol.Errorf(protocol.CodeUsage, "Type the path of a file.")
				}
				file := expandHome(typed)
				if !filepath.IsAbs(file) {
					file = filepath.Join(u.saveDir, file)
				}
				return func() tea.Cmd { return u.open(askPassphrase(u, file, "")) }, u.client.CheckBackup(file)
			}
		},
	}
}

// askPassphrase asks for a passphrase, and again where first is the one typed before.
func askPassphrase(u *ui, file, first string) *sheet {
	f := newField("several words that nobody guesses")
	f.input.EchoMode = textinput.EchoPassword
	subject := "Passphrase for the backup"
	if first != "" {
		subject = "The passphrase once more"
	}
	return &sheet{
		ui: u, subject: subject, field: &f,
		body: []string{"Whoever has the file and the passphrase is you; without it the file is worth nothing, to you too. Keep them apart."},
		onYes: func(typed string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				switch {
				case typed == "":
					return nil, protocol.Errorf(protocol.CodeUsage, "A backup needs a passphrase: type one.")
				case first == "":
					return func() tea.Cmd { return u.open(askPassphrase(u, file, typed)) }, nil
				case typed != first:
					return nil, protocol.Errorf(protocol.CodeWrongPassphrase, "The two are not the same: type it once more, or press esc and begin again.")
				}
				err := u.client.Backup(ctx, file, first)
				return func() tea.Cmd {
					return u.say(good, "The backup is in "+file+". Make another when you have new friends.")
				}, err
			}
		},
	}
}

// askMove warns before the profile's secret is on the screen.
func askMove(u *ui) *sheet {
	return &sheet{
		ui: u, subject: "Move this profile to another machine of yours?", yes: "show it", no: "not now",
		body: []string{
			"Only to a machine of your own, which you have in front of you. Whoever sees the code and the picture is you from then on: nobody who asks you to show, scan or send them is your friend.",
			"Names and friendships come by a backup; where you have one, restoring it alone does both.",
		},
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				o, err := u.client.Move(ctx)
				return func() tea.Cmd { return u.open(newMove(u, o)) }, err
			}
		},
	}
}

// newMove shows the two halves of a move.
func newMove(u *ui, o client.MoveOffer) *pager {
	code, err := qr.Encode(o.Text)
	p := newPager(u, "Move: code "+o.Code, func(w int) []string {
		cols, beside := 0, false
		if err == nil {
			cols, _ = code.Size()
			beside = w >= cols+words+2
		}
		room := w - 2
		if beside {
			room = w - cols - 3
		}
		var text []string
		add := func(style func(...string) string, s string) {
			for _, l := range wrapOwn(s, room) {
				text = append(text, style(l))
			}
			text = append(text, "")
		}
		add(u.theme.Strong.Render, "Code: "+o.Code)
		add(u.theme.Dim.Render, "On the new machine: "+u.keyOf(keymap.Feed, keymap.Receive)+" in the app, or p4p move --receive; it takes a picture of this, or the text here, and the code. Then a backup brings the names.")
		if o.NoServer {
			add(u.theme.Warn.Render, "! Name the server there with --server: this one's address works on this machine only.")
		}
		for _, l := range hardWrap(o.Text, room) {
			text = append(text, u.theme.Key.Render(l))
		}
		var out []string
		switch {
		case beside:
			return besideCode(code, text)
		case err == nil && cols <= w:
			out = append(code.Lines(), "")
		default:
			out = append(out, " "+u.theme.Warn.Render("! The window is too narrow for the picture: enlarge it, or copy the text."), "")
		}
		for _, l := range text {
			out = append(out, " "+l)
		}
		return out
	})
	p.more = "It is for your other machine alone; the code is typed there by hand."
	p.map_, p.copied = keymap.MoveShown, func() string { return o.Text }
	return p
}
