package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
	"p4p/tui/settings"
)

// frameTime is how often at most the screen asks again for what it shows.
const frameTime = 33 * time.Millisecond

// app is the root: it owns the window's size, the stack of screens, the toasts
// and the global keys. It is the only tea.Model.
type app struct {
	*ui
	changes    Changes
	colour     bool
	link       string  // to open at the start
	first      tea.Cmd // of the first screen, where its answer was read before the program began
	ticking    bool    // a second's tick is under way
	note       func() string
	noted      string // what the embedded server said last
	whyOffline string // as the log was told last
	said       string // to be told at the start
	failed     error  // before it

	problems []settings.Problem // of the settings' file
	notifier notifier
}

type (
	// changedMsg tells what may look different; see client.Change.
	changedMsg struct{ what client.Change }
	statusMsg  struct{ status client.Status }
	noticesMsg struct {
		list []client.Friendship
		err  error
	}
	listenMsg struct{}
	minuteMsg struct{}
	secondMsg struct{}
)

// Init asks for the background, and begins to listen.
func (a *app) Init() tea.Cmd {
	cmds := []tea.Cmd{
		tea.RequestBackgroundColor, a.probe(), a.listen(), a.readStatus(), a.readNotices(), a.readWarnings(),
		a.after(time.Minute, minuteMsg{}), a.firstScreen(),
	}
	if a.notifier.how != settings.Off {
		cmds = append(cmds, tea.Raw(ansi.RequestModeFocusEvent), a.newsCame())
	}
	if len(a.problems) > 0 {
		cmds = append(cmds, a.tellProblems())
	}
	if a.failed != nil {
		cmds = append(cmds, a.fail(a.failed))
	} else if a.said != "" {
		cmds = append(cmds, a.say(good, a.said))
	}
	if a.link != "" {
		cmds = append(cmds, a.open(newAccept(a.ui, a.link)))
	}
	return tea.Batch(cmds...)
}

// readFirst reads what the first screen shows, for the first frame to show it. It takes
// a few milliseconds, in which nobody can press a key yet. What panics does so again in
// the program, which restores the terminal and tells of it.
func (a *app) readFirst() {
	defer func() { _ = recover() }()
	if a.first = a.layers[0].init(); a.first != nil {
		msg := a.first()
		a.first = func() tea.Msg { return msg }
	}
}

func (a *app) firstScreen() tea.Cmd {
	first := a.first
	if a.first = nil; first == nil {
		first = a.layers[0].init()
	}
	return first
}

// tellProblems tells what in the settings' file does not hold.
func (a *app) tellProblems() tea.Cmd {
	for _, p := range a.problems {
		a.record(bad, p.String(), "")
	}
	text := "A line of your settings was left out: " + a.problems[0].Text + "."
	if n := len(a.problems); n > 1 {
		text = thousands(n) + " lines of your settings were left out: " + a.problems[0].Text + ", and more."
	}
	return a.show(bad, text+" "+a.keyOf(keymap.Global, keymap.Log)+" shows it in full.")
}

// listen waits for the next change.
func (a *app) listen() tea.Cmd {
	ctx, changes := a.ctx, a.changes
	return func() tea.Msg {
		what, err := changes.Next(ctx)
		if err != nil {
			return nil // the program or the client ends
		}
		return changedMsg{what}
	}
}

func (a *app) readStatus() tea.Cmd {
	c := a.client
	return func() tea.Msg { return statusMsg{c.Status()} }
}

func (a *app) readNotices() tea.Cmd {
	ctx, c := a.ctx, a.client
	return func() tea.Msg {
		list, err := c.Notices(ctx)
		return noticesMsg{list, err}
	}
}

// Update takes a message and asks the screens for what their view lacks.
func (a *app) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := a.handle(msg)
	a.toast.place(a.top().screen)
	return a, tea.Batch(cmd, a.prepare())
}

func (a *app) handle(msg tea.Msg) tea.Cmd {
	a.notifier.heard(msg, a.now())
	if a.answered(msg) {
		return nil
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.width, a.height = msg.Width, msg.Height
		return a.askCell() // a larger font makes a smaller window
	case tea.BackgroundColorMsg:
		a.theme = chooseTheme(a.set.Theme, msg.IsDark(), a.colour)
		return nil
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeUnicodeCore && (msg.Value == ansi.ModeReset || msg.Value == ansi.ModeSet || msg.Value == ansi.ModePermanentlySet) {
			a.graphemes = true // as Bubble Tea decides for its renderer
		}
		return nil
	case tea.KeyPressMsg:
		return a.key(msg)
	case pressedMsg:
		return a.key(msg.key)
	case tea.MouseMsg:
		return a.mouse(msg)
	case tea.PasteMsg:
		return a.paste(msg)
	case changedMsg:
		return a.changed(msg.what)
	case newsDueMsg:
		return a.lookForNews()
	case newsReadMsg:
		return a.tookNews(msg)
	case listenMsg:
		return a.listen()
	case statusMsg:
		if msg.status.Connection == client.Online && a.status.Connection != client.Online {
			a.pictures.retry()
		}
		a.noteOffline(msg.status)
		a.status = msg.status
		return tea.Batch(a.tick(), a.takeNote())
	case noticesMsg:
		if msg.err == nil {
			a.notices = msg.list
		}
		return nil
	case warningsMsg:
		if msg.err == nil {
			a.warnings = msg.list
			return a.tellEnded()
		}
		return nil
	case minuteMsg: // ages are drawn anew by drawing at all
		return tea.Batch(a.after(time.Minute, msg), a.tell(msg))
	case secondMsg:
		a.ticking = false
		return a.tick()
	case toastGoneMsg:
		if msg.gen == a.toast.gen {
			a.toast.text = ""
		}
		return nil
	case recordSeenMsg, mailboxSeenMsg:
		a.eye.saw(msg)
		return nil
	case pictureDrawnMsg:
		a.pictures.took(msg)
		return nil
	case pageOpenedMsg:
		if msg.err != nil {
			return a.say(bad, plain.Line(msg.err.Error()).String()+".")
		}
		return a.say(good, msg.done)
	case copiedMsg:
		return a.copyEnded(msg)
	case deletedMsg:
		return a.tookDeletion(msg)
	case undoOverMsg:
		a.undoOver(msg)
		return nil
	case undoneMsg:
		return a.undone(msg)
	case openMsg:
		return a.open(msg.screen())
	case leaveMsg:
		return a.quit()
	case attemptedMsg:
		if msg.err != nil {
			return a.fail(msg.err)
		}
		return a.say(good, msg.done)
	case sheetDoneMsg:
		if msg.err != nil && !a.asking(msg.gen) {
			return a.fail(msg.err) // its sheet was closed while it was under way
		}
		return a.tell(msg)
	default:
		return a.tell(msg)
	}
}

func (a *app) asking(gen int) bool {
	return slices.ContainsFunc(a.layers, func(l *layer) bool {
		s, ok := l.screen.(*sheet)
		return ok && s.gen == gen
	})
}

// noteOffline has the log tell in full why there is no connection: the banner may have no
// room for it. The same reason is told once.
func (a *app) noteOffline(st client.Status) {
	switch {
	case st.Connection == client.Online:
		a.whyOffline = ""
	case st.Connection == client.Offline && st.Err != nil && sentence(st.Err) != a.whyOffline:
		a.whyOffline = sentence(st.Err)
		a.record(bad, a.whyOffline, "")
	}
}

// takeNote shows, once, what the embedded server has to say.
func (a *app) takeNote() tea.Cmd {
	if a.note == nil {
		return nil
	}
	if n := a.note(); n != a.noted {
		a.noted = n
		if n != "" {
			return a.say(note, n)
		}
	}
	return nil
}

// tick keeps the countdown to the next try moving while there is one.
func (a *app) tick() tea.Cmd {
	if a.ticking || a.still() || a.status.Connection != client.Offline || !a.status.RetryAt.After(a.now()) {
		return nil
	}
	a.ticking = true
	return a.after(time.Second, secondMsg{})
}

// tell gives an answer to all screens: one of them asked.
func (a *app) tell(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, l := range append([]*layer(nil), a.layers...) {
		cmds = append(cmds, l.update(msg))
	}
	return tea.Batch(cmds...)
}

// changed has the visible screens ask again; the covered ones do when they appear.
func (a *app) changed(what client.Change) tea.Cmd {
	cmds := []tea.Cmd{a.after(frameTime, listenMsg{})} // changes within a frame's time become one
	if what&client.StatusChanged != 0 {
		cmds = append(cmds, a.readStatus())
	}
	if what&(client.FeedChanged|client.NoticesChanged|client.StatusChanged) != 0 {
		cmds = append(cmds, a.newsCame())
	}
	if what&(client.NoticesChanged|client.FriendsChanged) != 0 {
		cmds = append(cmds, a.readNotices(), a.readWarnings())
	}
	for _, l := range append([]*layer(nil), a.layers...) {
		if a.shown(l.screen) {
			cmds = append(cmds, l.update(changedMsg{what}))
		} else {
			l.missed |= what
		}
	}
	return tea.Batch(cmds...)
}

func (a *app) key(msg tea.KeyPressMsg) tea.Cmd {
	if a.toast.mood != good {
		a.toast.text = "" // read, or at least seen
	}
	s := a.top()
	global := a.bound(keymap.Global)
	if s.typing() {
		global = a.bound(keymap.Typing)
	}
	intent := s.keys().Intent(msg.String())
	if intent == keymap.None {
		intent = global.Intent(msg.String())
	}
	if intent == keymap.CopyText && global.Intent(msg.String()) == keymap.Answer && len(a.notices) > 0 {
		intent = keymap.Answer // as the banner says; Y copies
	}
	switch intent {
	case keymap.Quit:
		return a.quit()
	case keymap.Help:
		return a.open(newHelp(a.ui, s.keys()))
	case keymap.Palette:
		return a.open(newPalette(a.ui, s.keys()))
	case keymap.Log:
		a.eye = eye{} // the log holds names
		return a.open(newLog(a.ui))
	case keymap.Suspend:
		return suspend()
	case keymap.Eye:
		if t, ok := s.screen.(unseen); ok {
			return a.say(note, t.unseen())
		}
		a.blink()
		return nil
	case keymap.Mouse:
		a.noMouse = !a.noMouse
		if a.noMouse {
			return a.say(note, "The mouse selects text now, as your terminal does it. "+a.keyOf(keymap.Global, keymap.Mouse)+" gives it back.")
		}
		return a.say(good, "The mouse scrolls, selects and opens again.")
	case keymap.Undelete:
		return a.undelete()
	case keymap.Warnings:
		if len(a.warnings) > 0 {
			return a.open(askWarning(a.ui))
		}
		return a.say(good, "There is nothing to warn you of.")
	case keymap.Answer:
		if len(a.notices) > 0 {
			return a.open(newAnswer(a.ui, a.notices[0]))
		}
	case keymap.OpenLink:
		if a.pasted != "" {
			link := a.pasted
			a.pasted = ""
			return a.open(newAccept(a.ui, link))
		}
	}
	return s.update(msg)
}

// quit ends the program once every screen has put away what it has.
func (a *app) quit() tea.Cmd {
	var cmds []tea.Cmd
	for _, l := range a.layers {
		if k, ok := l.screen.(keeper); ok {
			cmds = append(cmds, k.keep())
		}
	}
	return tea.Sequence(append(cmds, a.finishDeletions(), tea.Quit)...)
}

// putAway does what quit does, once the program has ended by itself.
func (a *app) putAway(ctx context.Context) {
	a.ctx = ctx
	for _, l := range a.layers {
		if k, ok := l.screen.(keeper); ok {
			if cmd := k.keep(); cmd != nil {
				cmd()
			}
		}
	}
	if cmd := a.finishDeletions(); cmd != nil {
		cmd()
	}
}

// maxPaste bounds what is taken of a paste, in bytes: ten times what a post holds, so
// that one can paste too much and shorten it. More would only make each key slow.
const maxPaste = 10 * protocol.MaxText

// paste recognises a link wherever it lands. Where one types it stays text, and
// the key that opens it is offered.
func (a *app) paste(msg tea.PasteMsg) tea.Cmd {
	s := a.top()
	if n := len(msg.Content); n > maxPaste {
		return a.say(bad, "That paste has "+thousands(n)+" bytes, and a post holds "+thousands(protocol.MaxText)+": nothing of it was taken. Paste a part of it.")
	}
	link := findLink(msg.Content)
	if t, ok := s.screen.(linkTaker); ok && t.takesLinks() {
		if link != "" {
			msg.Content = link
		}
		return s.update(msg)
	}
	if s.typing() {
		cmd := s.update(msg)
		if link == "" {
			return cmd
		}
		if protocol.LooksLikeMove(link) {
			return tea.Batch(cmd, a.say(bad, "Take it out again before you send this. "+protocol.ErrMove().Message))
		}
		a.pasted = link
		return tea.Batch(cmd, a.say(note, "That is a friend invite. To open it press "+a.keyOf(keymap.Typing, keymap.OpenLink)+"; whoever reads it can use it, so do not post it."))
	}
	if link == "" {
		return a.say(note, "This is no invite. To post it press "+a.keyOf(keymap.Feed, keymap.NewPost)+" first, then paste it.")
	}
	return a.open(newAccept(a.ui, link))
}

// findLink is the one word of a pasted text that is meant to be a link, "" if
// there is none: messengers put words around it.
func findLink(s string) string {
	for _, word := range strings.Fields(s) {
		word = strings.Trim(word, "<>()[]\"'.,;")
		if protocol.LooksLikeLink(word) {
			return word
		}
	}
	return ""
}
