package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
)

type acceptClient interface {
	ReadInvite(ctx context.Context, l protocol.Link) (client.Preview, error)
	Accept(ctx context.Context, l protocol.Link, name string, samePerson bool, consent ...client.Consent) (client.Friendship, error)
	Contacts(ctx context.Context) ([]client.Contact, error)
}

// step is how far the accepting of a link has come.
type step uint8

const (
	askLink  step = iota // no link yet, or a wrong one
	askRead              // a link; no network was used
	askOther             // it is of another server than this profile's: as another self?
	reading              //
	askName              // it was read: who is it from?
	askSame              // the name is in the phone book
	askAlike             // it could be mistaken for one that is
	taking               // being accepted
	accepted             //
)

// accept takes a link from the first sight to a friendship. Nothing is asked of
// the network before a key says so, and nothing is accepted before another.
type accept struct {
	*ui
	step  step
	link  protocol.Link
	field field
	name  string
	from  protocol.UUID // the inviter's device
	made  client.Friendship
	self  string // the profile that belongs to the link's server, "" if there is none
	alike string // what the name could be mistaken for: a sentence
	err   string
	tried bool // the network was asked
	gen   int
}

type (
	inviteReadMsg struct {
		gen   int
		from  protocol.UUID
		names []string
		self  string
		err   error
	}
	inviteTakenMsg struct {
		gen  int
		made client.Friendship
		err  error
	}
)

// newAccept begins with a link, or asks for one when it is "".
func newAccept(u *ui, link string) *accept {
	a := &accept{ui: u, gen: u.next(), field: newField("https://…/f/…#…")}
	if link != "" {
		a.parse(link)
	}
	return a
}

func (a *accept) init() tea.Cmd { return nil }

func (a *accept) parse(text string) {
	if found := findLink(text); found != "" {
		text = found
	}
	l, err := protocol.ParseLink(text)
	if err != nil {
		a.step, a.err = askLink, sentence(err)
		a.field.set(text)
		return
	}
	a.link, a.step, a.err, a.tried = l, askRead, "", false
}

func (a *accept) takesLinks() bool { return a.step <= askRead }

// update: see screen.
func (a *accept) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return a.key(msg)
	case tea.PasteMsg:
		if a.takesLinks() && findLink(msg.Content) != "" {
			a.parse(msg.Content)
			return nil
		}
		if a.typing() {
			return a.field.update(msg)
		}
	case inviteReadMsg:
		if msg.gen == a.gen && a.step == reading {
			a.tookPreview(msg)
		}
	case inviteTakenMsg:
		if msg.gen == a.gen && a.step == taking {
			a.tookFriendship(msg)
		}
	}
	return nil
}

func (a *accept) key(msg tea.KeyPressMsg) tea.Cmd {
	switch a.keys().Intent(msg.String()) {
	case keymap.Back:
		return a.close(a)
	case keymap.Complete:
		a.field.tab()
	case keymap.Submit:
		return a.submit()
	case keymap.Yes:
		switch a.step {
		case askOther:
			return a.becomeOther()
		case askAlike:
			return a.take(false, client.LookAlike)
		}
		return a.take(true)
	case keymap.No:
		if a.step == askOther {
			return a.close(a)
		}
		a.step, a.err = askName, "Then give this friend another name, so that you can tell them apart."
		a.field.set(a.name)
	default:
		if a.typing() {
			a.err = ""
			return a.field.update(msg)
		}
	}
	return nil
}

func (a *accept) submit() tea.Cmd {
	switch a.step {
	case askLink:
		if a.field.value() == "" {
			a.err = "Paste the link that your friend sent, or type it."
			return nil
		}
		a.parse(a.field.value())
	case askRead:
		return a.read()
	case askName:
		a.name = a.field.value()
		if a.name == "" {
			a.err = "Type who sent it to you; the name stays on this machine."
			return nil
		}
		return a.take(false)
	case accepted:
		return a.close(a)
	}
	return nil
}

func (a *accept) read() tea.Cmd {
	a.step, a.err, a.tried = reading, "", true
	c, gen, link := a.client, a.gen, a.link
	names, selves := contactNames(c), a.selves
	return a.do(func(ctx context.Context) tea.Msg {
		preview, err := c.ReadInvite(ctx, link)
		msg := inviteReadMsg{gen: gen, from: preview.Inviter, names: names(ctx, ""), err: err}
		if protocol.CodeOf(err) == protocol.CodeOtherServer && selves != nil {
			all, _ := selves.List(ctx) // without it a new one is offered
			for _, p := range all {
				if p.Err == nil && p.Server == link.Server {
					msg.self = p.Name
					break
				}
			}
		}
		return msg
	})
}

// becomeOther goes on with the link as the self that belongs to its server.
func (a *accept) becomeOther() tea.Cmd {
	if a.self == "" {
		return a.open(askProfileFor(a.ui, a.link))
	}
	a.selves.Carry(a.link)
	a.selves.Switch(a.self)
	return leave
}

func (a *accept) tookPreview(msg inviteReadMsg) {
	if protocol.CodeOf(msg.err) == protocol.CodeOtherServer && a.selves != nil {
		a.step, a.self = askOther, msg.self
		return
	}
	if msg.err != nil {
		a.step, a.err = askRead, sentence(msg.err)
		return
	}
	a.step, a.from = askName, msg.from
	a.field = newField("a name that you know your friend by")
	a.field.complete = func(typed string) []string { return withPrefix(msg.names, typed) }
}

func (a *accept) take(same bool, consent ...client.Consent) tea.Cmd {
	a.step, a.err = taking, ""
	c, gen, link, name := a.client, a.gen, a.link, a.name
	return a.do(func(ctx context.Context) tea.Msg {
		made, err := c.Accept(ctx, link, name, same, consent...)
		return inviteTakenMsg{gen, made, err}
	})
}

func (a *accept) tookFriendship(msg inviteTakenMsg) {
	switch protocol.CodeOf(msg.err) {
	case "":
		a.step, a.made = accepted, msg.made
	case protocol.CodeNameTaken:
		a.step = askSame
	case protocol.CodeLooksLike:
		a.step, a.alike = askAlike, sentence(msg.err)
	case protocol.CodeBadName:
		a.step, a.err = askName, sentence(msg.err)
	case protocol.CodeNoServer, protocol.CodeUnavailable, protocol.CodeRateLimited:
		a.step, a.err = askName, sentence(msg.err)
	default:
		a.step, a.err = askRead, sentence(msg.err)
	}
}

// view: see screen.
func (a *accept) view(w, _ int) frame {
	t := a.theme
	out := []string{""}
	add := func(style func(...string) string, text string) {
		for _, l := range wrapOwn(text, w-4) {
			out = append(out, "  "+style(l))
		}
	}
	host := plain.Line(a.link.Server).String()
	switch a.step {
	case askLink:
		add(t.Text.Render, "Paste the link that a friend sent you. It works from any screen.")
	case askRead:
		add(t.Strong.Render, "A friend invite on "+host)
		if a.link.Loopback() {
			add(t.Dim.Render, "That is this machine itself.")
		}
		if a.tried {
			add(t.Text.Render, a.keyOf(keymap.AcceptShown, keymap.Submit)+" tries it again; "+a.keyOf(keymap.AcceptShown, keymap.Back)+" leaves it.")
		} else {
			add(t.Text.Render, "Nothing was asked of the network yet. "+a.keyOf(keymap.AcceptShown, keymap.Submit)+" reads the invite; that accepts nothing.")
		}
	case askOther:
		add(t.Strong.Render, "This link is of another server: "+host)
		add(t.Text.Render, "This profile belongs to its own server for good. A friend there is met as another self, with a key and names of its own.")
		if a.self != "" {
			add(t.Strong.Render, "Switch to the profile "+line(a.self, 40)+" for it?")
		} else {
			add(t.Strong.Render, "Make a profile for it?")
		}
	case reading:
		add(t.Strong.Render, "A friend invite on "+host)
		add(t.Dim.Render, "Reading it…")
	case askName:
		add(t.Strong.Render, "The invite is genuine. Who sent it to you?")
		if !a.from.IsZero() {
			mark, name := a.stranger(a.from)
			out = append(out, "  "+cut("Until now this was "+mark+" "+name+" to you.", w-4))
		}
		add(t.Text.Render, "The name stays on this machine. "+a.keyOf(keymap.Field, keymap.Submit)+" accepts; the link works for nobody else then.")
	case askSame:
		add(t.Strong.Render, line(a.name, 40)+" is in your phone book already.")
		add(t.Text.Render, "Is this another device of the same person?")
	case askAlike:
		add(t.Strong.Render, "Keep the name "+line(a.name, 40)+" all the same?")
		add(t.Text.Render, a.alike+" If whoever sent the invite asked you for this very name, it may be to be taken for the other.")
	case taking:
		add(t.Dim.Render, "Accepting…")
	case accepted:
		name := line(a.made.Name, 40)
		add(t.Good.Render, "✓ Accepted. You see "+name+"'s posts by name from now on.")
		add(t.Text.Render, "Safety number")
		add(t.Strong.Render, a.made.SafetyNumber)
		add(t.Text.Render, "Ask "+name+", by voice or side by side: if the same number stands there, nobody sits between you. "+
			name+" sees your posts by name after confirming.")
		if a.made.Unsent {
			add(t.Warn.Render, "! The server has not got it yet; it is told when it is reached.")
		}
	}
	out = append(out, "")
	var cursor *tea.Cursor
	if a.typing() {
		text, c := a.field.view(t, w-4)
		if cursor = c; c != nil {
			c.X += 2
			c.Y = len(out)
		}
		out = append(out, "  "+text)
		for i, c := range a.field.candidates() {
			if i < 3 {
				out = append(out, t.Dim.Render("    tab: "+line(c, w-9)))
			}
		}
	}
	switch a.step {
	case askOther:
		out = append(out, "  "+t.Key.Render("y")+" yes, and go on with the link   "+t.Key.Render("n")+" no")
	case askSame:
		out = append(out, "  "+t.Key.Render("y")+" yes, another device   "+t.Key.Render("n")+" no")
	case askAlike:
		out = append(out, "  "+t.Key.Render("y")+" keep it   "+t.Key.Render("n")+" another name")
	}
	for n, l := range wrapOwn(a.err, w-6) {
		mark := "! "
		if n > 0 {
			mark = "  "
		}
		out = append(out, "  "+t.Bad.Render(mark+l))
	}
	return frame{out, cursor}
}

func (a *accept) title() string { return a.heading("Accept an invite") }

func (a *accept) keys() keymap.Map {
	switch {
	case a.asks():
		return a.bound(keymap.Ask)
	case a.typing():
		return a.bound(keymap.Field)
	default:
		return a.bound(keymap.AcceptShown)
	}
}

func (a *accept) hints() []keymap.Intent {
	if a.asks() {
		return []keymap.Intent{keymap.Yes, keymap.No, keymap.Back}
	}
	if a.typing() && a.field.value() == "" {
		return []keymap.Intent{keymap.Back}
	}
	if a.typing() && len(a.field.candidates()) > 0 {
		return []keymap.Intent{keymap.Submit, keymap.Complete, keymap.Back}
	}
	return []keymap.Intent{keymap.Submit, keymap.Back}
}

// asks tells a question that is answered with yes or no.
func (a *accept) asks() bool {
	return a.step == askOther || a.step == askSame || a.step == askAlike
}

func (a *accept) typing() bool { return a.step == askLink || a.step == askName }
