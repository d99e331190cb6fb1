package tui

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/qr"
	"p4p/tui/keymap"
)

type inviteClient interface {
	Invite(ctx context.Context, name string, expires time.Duration, consent ...client.Consent) (client.Invite, error)
	Contacts(ctx context.Context) ([]client.Contact, error)
	Friendships(ctx context.Context) ([]client.Friendship, error)
	answerClient
	sameClient
	relinker
	reissuer
}

// invite shows an invite: the code, the link, and what became of it.
type invite struct {
	*ui
	inv     client.Invite
	code    qr.Code
	err     error // why there is no code
	state   client.FriendState
	f       *client.Friendship // as it was read last
	unsent  bool
	number  string // of the friend, "" for none that is kept
	gen     int
	reads   int // how often it was read, or became known otherwise: what was read before is old
	loading bool
	stale   bool
	ticking bool // the countdown's next tick is under way

	reaching bool // the server is being opened or shut
}

type inviteStateMsg struct {
	gen    int
	read   int
	f      *client.Friendship
	number string
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
		onYes: meant(u, func(typed string) *sheet { return askInviteFor(u, typed) },
			func(ctx context.Context, name string, consent ...client.Consent) (func() tea.Cmd, error) {
				if name == "" {
					return nil, protocol.Errorf(protocol.CodeBadName, "Type a name first; only you will see it.")
				}
				inv, err := u.client.Invite(ctx, name, protocol.DefaultExpiry, consent...)
				return u.invited(name, inv, err)
			}),
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

func (i *invite) init() tea.Cmd { return tea.Batch(i.load(), i.countDown()) }

// lastStretch is from when on the countdown goes by seconds.
const lastStretch = 2 * time.Minute

type inviteTickMsg struct{ gen int }

// countDown draws the screen again when the time that is left reads otherwise: from the
// last minutes on by seconds. Before, the app draws everything once a minute, and asks.
func (i *invite) countDown() tea.Cmd {
	d := i.inv.ExpiresAt.Sub(i.now())
	switch {
	case i.ticking, !i.isOpen(), d > lastStretch+time.Minute:
		return nil
	case d > lastStretch:
		d -= lastStretch
	case !i.still():
		d = min(d, time.Second)
	}
	i.ticking = true
	return i.after(d, inviteTickMsg{i.gen})
}

// isOpen tells whether the invite can still be used, by this machine's clock.
func (i *invite) isOpen() bool {
	return i.state == client.StateInvited && i.inv.ExpiresAt.After(i.now())
}

// known is the state as this machine's clock has it: the server tells of an expiry later.
func (i *invite) known() client.FriendState {
	if i.state == client.StateInvited && !i.isOpen() {
		return client.StateExpired
	}
	return i.state
}

// remains is how long the invite is open yet.
func (i *invite) remains() string {
	if d := i.inv.ExpiresAt.Sub(i.now()); d > 0 && d <= lastStretch && !i.still() {
		return "for " + count(int((d+time.Second-1)/time.Second), "more second", "more seconds")
	}
	return left(i.inv.ExpiresAt, i.now())
}

// load asks what became of the invite.
func (i *invite) load() tea.Cmd {
	if i.loading {
		i.stale = true
		return nil
	}
	i.loading, i.stale = true, false
	i.reads++
	c, gen, read, id := i.client, i.gen, i.reads, i.inv.Friendship
	return i.do(func(ctx context.Context) tea.Msg {
		msg := inviteStateMsg{gen: gen, read: read}
		list, err := c.Friendships(ctx)
		if err != nil {
			return msg
		}
		for _, f := range list {
			if f.Friendship == id {
				msg.f = &f
			}
		}
		if msg.f != nil {
			msg.number = numberOf(ctx, c, msg.f.Name)
		}
		return msg
	})
}

// numberOf is the telephone number of somebody in the phone book, "" if none is kept.
func numberOf(ctx context.Context, c inviteClient, name string) string {
	list, err := c.Contacts(ctx)
	if err != nil {
		return "" // it can be typed
	}
	for _, p := range list {
		if p.Name == name {
			return p.Number
		}
	}
	return ""
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
	case minuteMsg:
		return i.countDown()
	case inviteTickMsg:
		if msg.gen == i.gen {
			i.ticking = false
			if !i.isOpen() {
				return i.load()
			}
			return i.countDown()
		}
	case inviteStateMsg:
		if msg.gen == i.gen && msg.read == i.reads {
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
	var cmd tea.Cmd
	if msg.f != nil {
		was := i.state
		i.f, i.state, i.unsent, i.number = msg.f, msg.f.State, msg.f.Unsent, msg.number
		if i.state == client.StateAccepted && was != i.state && !i.answering() {
			cmd = tea.Batch(i.closeAbove(i), i.open(newAnswer(i.ui, *i.f)))
		}
	}
	if i.stale {
		return tea.Batch(cmd, i.load())
	}
	return cmd
}

// settled tells what became of an acceptance: on the screen of its invite, where that is
// open, in place of a link that opens nothing any more.
func (u *ui) settled(f client.Friendship, said string) tea.Cmd {
	for _, l := range u.layers {
		if i, ok := l.screen.(*invite); ok && i.inv.Friendship == f.Friendship {
			i.f, i.state, i.unsent, i.loading = &f, f.State, f.Unsent, false
			return tea.Batch(u.closeAbove(i), i.load()) // what is being read may be from before
		}
	}
	return u.say(good, said)
}

func (i *invite) key(intent keymap.Intent) tea.Cmd {
	friend := i.state == client.StateFriend && i.f != nil
	switch intent {
	case keymap.Verify, keymap.Whose:
		if !friend {
			return i.say(note, "Nobody is a friend by this invite yet.")
		}
	case keymap.None, keymap.Back, keymap.Reissue:
	default:
		if !i.isOpen() {
			return i.say(note, "This link opens nothing any more.")
		}
	}
	switch intent {
	case keymap.Verify:
		return i.open(newSafety(i.ui, *i.f))
	case keymap.Whose:
		return i.open(postsOfFriend(i.ui, i.f.Name))
	case keymap.Back:
		return i.close(i)
	case keymap.Copy:
		return i.copy(copying{text: i.inv.Link.URL(), instead: i.keyOf(i.keys(), keymap.ShowLink) + " shows the link"})
	case keymap.SMS:
		return i.sms()
	case keymap.Reissue:
		return i.remake(client.Friendship{Name: i.inv.Name, Friendship: i.inv.Friendship, State: i.known(), Inviter: true})
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
