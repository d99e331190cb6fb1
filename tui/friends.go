package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

type friendsClient interface {
	Friendships(ctx context.Context) ([]client.Friendship, error)
	Invites(ctx context.Context) ([]client.Invite, error)
	Revoke(ctx context.Context, f protocol.UUID) (client.Invite, error)
	Rename(ctx context.Context, oldName, newName string, consent ...client.Consent) ([]client.Friendship, error)
	Remove(ctx context.Context, f protocol.UUID) (client.Friendship, error)
	Verify(ctx context.Context, f protocol.UUID, number string) (client.Friendship, error)
	Unverify(ctx context.Context, f protocol.UUID) (client.Friendship, error)
	Contacts(ctx context.Context) ([]client.Contact, error)
	AddContact(ctx context.Context, name string, consent ...client.Consent) error
	RemoveContact(ctx context.Context, name string) error
	answerClient
	rotateClient
	reissuer
	activityClient
}

// friendRow is one line of the friends screen: a friendship, with its invite while
// that is open, or a mere name of the phone book.
type friendRow struct {
	section string
	name    string
	f       *client.Friendship
	invite  *client.Invite
	posts   bool // what the person posted is told in this row
}

// id tells rows apart when the list is read anew.
func (r friendRow) id() string {
	if r.f != nil {
		return r.f.Friendship.String()
	}
	return r.name
}

// hasPosts tells that posts can stand under the name, hasNumber that there is a safety
// number to compare.
func (r friendRow) hasPosts() bool { return r.f != nil && r.section != sections[0] }

func (r friendRow) hasNumber() bool {
	return r.f != nil && r.section == "Friends" && r.f.SafetyNumber != ""
}

// friends shows who is who: what waits for an answer, friends, invites, names.
type friends struct {
	*ui
	rows    []friendRow
	sel     int
	gen     int
	loading bool
	stale   bool
	loaded  bool
	err     error
	h       int
	left    int           // friends who do not know this device's new key yet
	wanted  protocol.UUID // to be selected once it is there

	activity map[string]client.Activity
	resting  bool // the friends were read a moment ago
	again    bool // and are to be read again then
}

type friendsLoadedMsg struct {
	gen  int
	rows []friendRow
	left int
	err  error

	activity map[string]client.Activity
}

func newFriends(u *ui) *friends { return &friends{ui: u, gen: u.next()} }

func (f *friends) init() tea.Cmd { return f.load() }

func (f *friends) load() tea.Cmd {
	if f.loading {
		f.stale = true
		return nil
	}
	f.loading, f.stale = true, false
	c, gen := f.client, f.gen
	return f.do(func(ctx context.Context) tea.Msg {
		rows, err := readFriends(ctx, c)
		left := 0
		if err == nil {
			left, err = c.FriendsToTell(ctx)
		}
		var activity map[string]client.Activity
		if err == nil {
			activity, err = c.Activity(ctx, "", countLimit)
		}
		return friendsLoadedMsg{gen, rows, left, err, activity}
	})
}

// The sections, in their order on the screen.
var sections = []string{"Waiting for your answer", "Friends", "Open invites", "Phone book", "Past"}

func readFriends(ctx context.Context, c friendsClient) ([]friendRow, error) {
	fs, err := c.Friendships(ctx)
	if err != nil {
		return nil, err
	}
	invites, err := c.Invites(ctx)
	if err != nil {
		return nil, err
	}
	contacts, err := c.Contacts(ctx)
	if err != nil {
		return nil, err
	}
	open := map[protocol.UUID]client.Invite{}
	for _, i := range invites {
		open[i.Friendship] = i
	}
	by := map[string][]friendRow{}
	named, told := map[string]bool{}, map[string]bool{}
	for _, f := range fs {
		r := friendRow{section: sectionOf(f), name: f.Name, f: &f}
		if i, ok := open[f.Friendship]; ok && f.State == client.StateInvited {
			r.invite = &i
		}
		if f.State == client.StateFriend && !told[f.Name] {
			r.posts, told[f.Name] = true, true // once, for all devices
		}
		by[r.section] = append(by[r.section], r)
		if r.section != "Past" {
			named[f.Name] = true
		}
	}
	for _, p := range contacts {
		if !named[p.Name] {
			by["Phone book"] = append(by["Phone book"], friendRow{section: "Phone book", name: p.Name})
		}
	}
	var rows []friendRow
	for _, s := range sections {
		rows = append(rows, by[s]...)
	}
	return rows, nil
}

func sectionOf(f client.Friendship) string {
	switch f.State {
	case client.StateInvited:
		return "Open invites"
	case client.StateAccepted:
		if f.Inviter {
			return "Waiting for your answer"
		}
		return "Friends"
	case client.StateFriend, client.StateEnded:
		return "Friends"
	default:
		return "Past"
	}
}

// update: see screen.
func (f *friends) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return f.key(f.keys().Intent(msg.String()))
	case changedMsg:
		if msg.what&(client.FriendsChanged|client.NoticesChanged|client.LabelsChanged) != 0 {
			return f.load()
		}
		if msg.what&client.FeedChanged != 0 {
			return f.pace()
		}
	case activityDueMsg:
		if msg.gen == f.gen {
			return f.rested()
		}
	case friendsLoadedMsg:
		if msg.gen == f.gen {
			return f.took(msg)
		}
	case untoldCountedMsg:
		if msg.gen == f.gen && f.top().screen == screen(f) {
			return f.counted(msg)
		}
	}
	return nil
}

// follow takes new rows and stays with who is selected, in whichever section they are
// now.
func (f *friends) follow(rows []friendRow) {
	var was friendRow
	if f.sel < len(f.rows) {
		was = f.rows[f.sel]
	}
	f.rows = rows
	for _, is := range []func(friendRow) bool{
		func(r friendRow) bool { return r.f != nil && r.f.Friendship == f.wanted },
		func(r friendRow) bool { return was.name != "" && r.id() == was.id() },
		func(r friendRow) bool { return was.name != "" && r.name == was.name },
	} {
		if i := slices.IndexFunc(rows, is); i >= 0 {
			f.sel = i
			if rows[i].f != nil && rows[i].f.Friendship == f.wanted {
				f.wanted = protocol.UUID{}
			}
			return
		}
	}
}

func (f *friends) took(msg friendsLoadedMsg) tea.Cmd {
	f.loading, f.loaded, f.err = false, true, msg.err
	if msg.err == nil {
		f.follow(msg.rows)
		f.left, f.activity = msg.left, msg.activity
	}
	f.clamp()
	if f.stale {
		return f.load()
	}
	return nil
}

func (f *friends) clamp() { f.sel = max(0, min(f.sel, len(f.rows)-1)) }

func (f *friends) key(i keymap.Intent) tea.Cmd {
	switch i {
	case keymap.Back:
		return f.close(f)
	case keymap.Down:
		f.sel++
	case keymap.Up:
		f.sel--
	case keymap.PageDown:
		f.sel += max(1, f.h-3)
	case keymap.PageUp:
		f.sel -= max(1, f.h-3)
	case keymap.Top:
		f.sel = 0
	case keymap.Bottom:
		f.sel = len(f.rows)
	case keymap.Whole:
		return f.wholeMailbox()
	case keymap.Invite:
		return f.open(askInvite(f.ui))
	case keymap.Accept:
		return f.open(newAccept(f.ui, ""))
	case keymap.Add:
		return f.open(askContact(f.ui))
	case keymap.Rotate:
		return f.open(askRotate(f.ui, ""))
	case keymap.Tell:
		return f.countUntold()
	default:
		if f.sel < len(f.rows) {
			return f.act(i, f.rows[f.sel])
		}
	}
	f.clamp()
	return nil
}

func (f *friends) act(i keymap.Intent, r friendRow) tea.Cmd {
	switch i {
	case keymap.Open:
		switch {
		case r.section == sections[0]:
			return f.open(newAnswer(f.ui, *r.f))
		case r.invite != nil:
			delete(f.resend, r.invite.Friendship)
			return f.open(newInvite(f.ui, *r.invite))
		case r.f != nil:
			return f.open(newPager(f.ui, r.name, func(w int) []string { return f.details(*r.f, w) }))
		}
		return f.open(askInviteFor(f.ui, r.name))
	case keymap.Whose:
		if !r.hasPosts() {
			return f.say(note, "This is no friend yet: there are no posts by that name.")
		}
		return f.open(postsOfFriend(f.ui, r.name))
	case keymap.Rename:
		return f.open(askRename(f.ui, r.name))
	case keymap.Remove:
		switch {
		case r.section == sections[0]:
			return f.open(askRefuse(f.ui, *r.f))
		case r.invite != nil:
			return f.open(askRevoke(f.ui, *r.invite))
		case r.f != nil:
			return f.open(askRemove(f.ui, *r.f))
		}
		return f.open(askForget(f.ui, r.name))
	case keymap.Revoke:
		if r.invite != nil {
			return f.open(askRevoke(f.ui, *r.invite))
		}
		return f.say(note, "Only an open invite can be revoked.")
	case keymap.Reissue:
		if r.f == nil || !reissuable(*r.f) {
			return f.say(note, "Only an invite that is open, expired, revoked or was refused can be made anew; "+f.keyOf(f.keys(), keymap.Invite)+" makes one.")
		}
		return f.remake(*r.f)
	case keymap.Verify:
		if !r.hasNumber() {
			return f.say(note, "There is a safety number once an invite was accepted and confirmed.")
		}
		return f.open(newSafety(f.ui, *r.f))
	}
	return nil
}

// view: see screen.
func (f *friends) view(w, h int) frame {
	f.h = h
	if f.eye.open {
		return f.eyeView(w, h)
	}
	if len(f.rows) == 0 {
		return frame{lines: f.empty(w)}
	}
	lines := f.toTell(w)
	var where []int
	at, section := 0, ""
	for i, r := range f.rows {
		if r.section != section {
			if section != "" {
				lines = append(lines, "")
			}
			section = r.section
			lines = append(lines, " "+f.theme.Dim.Render(section))
		}
		if i == f.sel {
			at = len(lines)
		}
		where = append(where, len(lines))
		lines = append(lines, f.row(r, i == f.sel, w))
	}
	lines, from := f.excerptOf(lines, at, h)
	for i, y := range where {
		if y >= from && y < from+h {
			f.hit(0, y-from, w, y-from+1, func() tea.Cmd { return f.clicked(i) })
		}
	}
	return frame{lines: lines}
}

// row is a bar, a mark, the name and the state in words.
func (f *friends) row(r friendRow, selected bool, w int) string {
	bar, name := " ", line(r.name, max(8, min(24, w/3)))
	if selected {
		bar = f.theme.Select.Render("┃")
	}
	mark, style := "  ", f.theme.Text
	switch {
	case r.section == sections[0]:
		mark, style = "! ", f.theme.Warn
	case r.f == nil || r.section == "Past":
	case r.section == "Friends" && r.f.Refusal == protocol.CodeBrokenSuccession:
		mark, style = "! ", f.theme.Warn
	case r.section == "Friends":
		mark, style = friendMark(r.f.Verified), f.theme.Friend
	default:
		mark = "… "
	}
	left := bar + style.Render(mark) + " " + style.Render(pad(name, max(8, min(24, w/3)))) + "  "
	return cut(left+keyed(f.said(r), f.theme.Dim.Render(f.offer(r)), w-cells(left)), w)
}

// said is what stands beside a name: first what is new, last how long it is known.
func (f *friends) said(r friendRow) string {
	unread, words := f.lately(r)
	text := f.theme.Dim.Render(f.state(r))
	if words != "" {
		text = f.theme.Dim.Render(words+" · ") + text
	}
	if unread != "" {
		text = f.theme.Key.Render(unread) + f.theme.Dim.Render(" · ") + text
	}
	return text
}

// state is where a friendship stands, in words.
func (f *friends) state(r friendRow) string {
	if r.f == nil {
		return "in your phone book"
	}
	since := ago(age(r.f.Since, f.now()))
	var s string
	switch r.f.State {
	case client.StateInvited:
		s = "invited"
		if f.resend[r.f.Friendship] {
			s = "has a new link: send it again"
		}
		if r.f.ExpiresAt != nil {
			s += ", " + left(*r.f.ExpiresAt, f.now())
		}
	case client.StateAccepted:
		if r.f.Inviter {
			return "accepted your invite " + since
		}
		s = "you accepted; not confirmed yet"
	case client.StateFriend:
		s = "friend since " + strings.TrimPrefix(since, "on ")
		if t, ok := strings.CutSuffix(since, " ago"); ok {
			s = "friend for " + t
		} else if since == "just now" {
			s = "a new friend"
		}
		if r.f.Verified {
			s += ", verified"
		}
	case client.StateEnded:
		s = "ended by the other side " + since
	case client.StateRefused:
		s = "refused " + since
	case client.StateRevoked:
		s = "revoked " + since
	case client.StateExpired:
		s = "expired unused"
	default:
		s = string(r.f.State)
	}
	if r.f.Unsent {
		s += " (not sent yet)"
	}
	if why := refusal(*r.f); why != "" {
		s = why
	}
	return s
}

// offer is the key to press at a row, with what it does, "" for none that is told there.
func (f *friends) offer(r friendRow) string {
	switch {
	case r.f == nil:
		return "; " + f.keyOf(keymap.FriendList, keymap.Open) + " invites"
	case r.section == sections[0]:
		return "; " + f.keyOf(keymap.FriendList, keymap.Open) + " answers"
	case r.f.State == client.StateExpired && refusal(*r.f) == "" && !f.offline():
		return "; " + f.keyOf(keymap.FriendList, keymap.Reissue) + " makes a new one"
	}
	return ""
}

func (f *friends) details(r client.Friendship, w int) []string {
	var out []string
	add := func(label, text string) {
		if text == "" {
			return
		}
		out = append(out, " "+f.theme.Dim.Render(label))
		for _, l := range wrapOwn(text, w-4) {
			out = append(out, "   "+l)
		}
	}
	out = append(out, " "+f.theme.Friend.Render(line(r.Name, w-2)), "")
	add("State", f.state(friendRow{f: &r}))
	add("Safety number", r.SafetyNumber)
	if r.SafetyNumber != "" {
		add("What for", "Ask your friend, by voice or side by side: if the same number stands there, nobody sits between you.")
	}
	if r.UUID != nil {
		add("Device", r.UUID.String())
	}
	add("Friendship", r.Friendship.String())
	return out
}

func (f *friends) empty(w int) []string {
	text := "No friends yet. Invite one, or accept an invite that you got: then their posts show the name that you give."
	switch {
	case f.err != nil:
		text = sentence(f.err)
	case !f.loaded:
		return []string{"", "  Loading…"}
	}
	out := []string{""}
	for _, l := range wrapOwn(text, w-4) {
		out = append(out, "  "+l)
	}
	return append(append(out, ""), f.choices(w, keymap.FriendList, choice{keymap.Invite, "invite a friend"},
		choice{keymap.Accept, "accept an invite that you got"}, choice{keymap.Add, "add a name to your phone book"})...)
}

func (f *friends) title() string { return f.heading("Friends") }

func (f *friends) eyeTitle() string { return "friendships" }

func (f *friends) keys() keymap.Map {
	if f.eye.open {
		return f.bound(keymap.EyeThread)
	}
	return f.bound(keymap.FriendList)
}

func (f *friends) hints() []keymap.Intent {
	if f.eye.open {
		hints := []keymap.Intent{keymap.Eye}
		if f.hasMailbox() {
			hints = append(hints, keymap.Whole)
		}
		return append(append(hints, among(f.sel, len(f.rows))...), keymap.Back)
	}
	if f.sel >= len(f.rows) {
		return []keymap.Intent{keymap.Back, keymap.Invite, keymap.Accept, keymap.Add}
	}
	r := f.rows[f.sel]
	hints := []keymap.Intent{keymap.Open, keymap.Back}
	if r.f != nil && reissuable(*r.f) {
		if !f.offline() {
			hints = append(hints, keymap.Reissue)
		}
		if r.invite != nil {
			hints = append(hints, keymap.Revoke)
		}
		return append(hints, keymap.Rename, keymap.Remove, keymap.Invite, keymap.Accept)
	}
	if r.hasPosts() {
		hints = append(hints, keymap.Whose)
	}
	hints = append(hints, keymap.Invite, keymap.Accept, keymap.Rename, keymap.Remove)
	if r.hasNumber() {
		hints = append(hints, keymap.Verify)
	}
	return append(hints, keymap.Add)
}

func (f *friends) typing() bool { return false }
