package tui

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"p4p/client"
	"p4p/desktop"
	"p4p/protocol"
)

// t0 is now in all tests.
var t0 = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// fake is a client whose server answers at once, or fails with err.
type fake struct {
	mu         sync.Mutex
	log        []client.Item // posts and comments, oldest first
	outbox     []client.Item
	counts     map[protocol.UUID]int // of comments
	labels     map[protocol.PublicKey]client.Label
	friends    []client.Friendship
	invites    []client.Invite
	contacts   []client.Contact
	drafts     map[string]string
	sends      func(where string) // hears of each text that is sent, before it is
	stillWaits protocol.UUID      // what stays in the outbox when sending it fails; zero for nothing
	read       map[client.View]uint64
	muted      map[string]bool // UUIDs of authors and records
	status     client.Status
	preview    client.Preview
	other      string         // the server of the profile work
	arrived    client.Arrival // whom the profile is to become
	pictures   map[protocol.BlobID][]byte
	err        error // of everything that asks the server
	offline    bool  // posts wait in the outbox
	calls      []string
	warnings   []client.Warning
	ended      []protocol.UUID // friendships that Bob ended

	forgotten client.Forgotten
	profile   string
	unsent    bool   // the server is not reached
	left      int    // friends to be told of a new key
	uncounted error  // why they cannot be counted
	network   string // that the home's server is open to
	away      bool   // it was opened to another network
	unsure    bool   // or to this one
	clip      string // the clipboard's program, "" for none
	clipErr   error  // that it ends with
	smsErr    error  // of the program for messages

	now      func() time.Time // when invites are made; t0 when nil
	loopback bool

	deleted       []taken
	scratch       string // for a text that an editor has
	scratchErr    error
	draftPicture  *client.Picture
	draftFile     string
	position      client.Position
	kept          int // times that the position was kept
	readOf        map[string]uint64
	activityReads int // at the friends' activity
}

func newFake() *fake {
	return &fake{
		labels: map[protocol.PublicKey]client.Label{}, drafts: map[string]string{}, read: map[client.View]uint64{}, readOf: map[string]uint64{}, muted: map[string]bool{},
		pictures: map[protocol.BlobID][]byte{}, counts: map[protocol.UUID]int{},
		preview: client.Preview{Inviter: alice.UUID()},
		status:  client.Status{Connection: client.Online, Server: "https://p4p.example"},
	}
}

// key is the n-th of the strangers' keys, id the n-th UUID.
func key(n int) (k protocol.PublicKey) {
	for i := range k {
		k[i] = byte(n*37 + i)
	}
	return k
}

func id(n int) (u protocol.UUID) {
	u[0], u[1], u[15] = byte(n>>8), byte(n), byte(n)
	u[6], u[8] = 0x80, 0x80
	return u
}

var (
	me    = key(1)
	alice = key(2)
	bob   = key(3)
)

// says adds a post.
func (f *fake) says(who protocol.PublicKey, ago time.Duration, text string) *client.Item {
	n := len(f.log) + 1
	f.log = append(f.log, client.Item{
		Seq: uint64(n), ID: id(n), Kind: protocol.KindPost, Author: who, Text: text, CreatedAt: t0.Add(-ago),
	})
	return &f.log[n-1]
}

// comments adds a comment on a post.
func (f *fake) comments(post protocol.UUID, who protocol.PublicKey, ago time.Duration, text string) {
	it := f.says(who, ago, text)
	it.Kind, it.Target = protocol.KindComment, post
	f.counts[post]++
}

func (f *fake) label(it client.Item) client.Item {
	it.Label = f.labels[it.Author]
	if it.Author == me {
		it.Label = client.Label{Kind: client.You}
	}
	it.Comments = f.counts[it.ID]
	return it
}

func (f *fake) note(call string) {
	f.calls = append(f.calls, call)
}

func (f *fake) Timeline(_ context.Context, q client.Query) ([]client.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []client.Item
	if q.Before == 0 && q.After == 0 && q.View != client.Replies && q.Name == "" && q.Author == nil && q.Search == "" {
		for _, it := range slices.Backward(f.outbox) {
			out = append(out, f.label(it))
		}
	}
	for i := range f.log {
		it := f.log[len(f.log)-1-i]
		if q.After > 0 {
			it = f.log[i]
		}
		if kind := f.kindIn(q.View); it.Kind != kind || f.unheard(it) || q.Before > 0 && it.Seq >= q.Before || it.Seq <= q.After {
			continue
		}
		if len(out) >= q.Limit {
			break
		}
		it = f.label(it)
		if q.View == client.Replies && (it.Label.Kind == client.You || !f.isMine(it.Target)) {
			continue
		}
		if q.Name != "" && it.Label.Name != q.Name || q.Author != nil && it.Author.UUID() != *q.Author || !strings.Contains(strings.ToLower(it.Text), strings.ToLower(q.Search)) {
			continue
		}
		if q.View == client.Mine && it.Label.Kind != client.You || q.View == client.Friends && it.Label.Kind == client.Anonymous {
			continue
		}
		out = append(out, it)
	}
	if q.After > 0 {
		slices.Reverse(out)
	}
	return out, nil
}

// Whoami, Backup, ImportContacts and Move: as the client does.
func (f *fake) Whoami(context.Context) client.Identity {
	return client.Identity{UUID: me.UUID(), Profile: cmp.Or(f.profile, "default"), Server: "https://p4p.example"}
}

func (f *fake) Backup(_ context.Context, file, passphrase string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("backup under " + passphrase)
	return f.err
}

// CheckBackup refuses a file called foreign.
func (f *fake) CheckBackup(file string) error {
	if strings.HasSuffix(file, "foreign") {
		return protocol.Errorf(protocol.CodeExists, "%q is there already and is no backup: choose another name.", file)
	}
	return nil
}

func (f *fake) ForgetAll(context.Context) (client.Forgotten, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("forget all")
	return f.forgotten, f.err
}

func (f *fake) ImportContacts(_ context.Context, file string, o client.ImportOptions) (client.ImportReport, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !o.DryRun {
		call := "import " + file
		if o.Numbers {
			call += " with numbers"
		}
		f.note(call)
	}
	r := client.ImportReport{
		Added: 1203, Changed: 2, Unchanged: 17, Skipped: []client.SkippedCard{{Card: 6, Reason: "The card in line 40 has no name."}},
		Notes: []string{"\x1b[31m\"Воb\" can be mistaken for \"Bob\"."},
		People: []client.ImportedPerson{
			{Name: "Ann Oak", What: `called "Ann Ash" before`}, {Name: "Ben", What: "with the nickname \"\x1b]0;own\x07B\""},
		},
	}
	for i := range r.Added - 3 {
		p := client.ImportedPerson{Name: "Person " + strconv.Itoa(i), New: true}
		if o.Numbers && i%2 == 0 {
			p.Number = "+4917100" + strconv.Itoa(1000+i)
		}
		r.People = append(r.People, p)
	}
	return r, f.err
}

func (f *fake) Move(context.Context) (client.MoveOffer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("move")
	return client.MoveOffer{Text: "P4P://MOVE/1/ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", Code: "ABCD-EFGH-JKLM", NoServer: f.loopback}, f.err
}

// List, Check and Switch: see Selves.
func (f *fake) List(context.Context) ([]client.Profile, error) {
	mine, other := me.UUID(), bob.UUID()
	return []client.Profile{{Name: "default", UUID: &mine}, {Name: "work", UUID: &other, Server: cmp.Or(f.other, "https://work.example")}}, nil
}

func (f *fake) Check(name string) error {
	_, err := client.ProfileDir("/home", name)
	return err
}

// Empty is as the client's; Arrive notes that somebody came.
func (f *fake) Empty(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.friends)+len(f.contacts) > 0 {
		return protocol.Errorf(protocol.CodeProfileInUse, "This profile has something in it already.")
	}
	return nil
}

func (f *fake) Arrive(a client.Arrival) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("arrive")
	f.arrived = a
}

func (f *fake) Carry(link protocol.Link) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("carry " + link.Server)
}

func (f *fake) Switch(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("switch to " + name)
}

// Activity and MarkReadOf: as the client does.
func (f *fake) Activity(_ context.Context, name string, most int) (map[string]client.Activity, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.activityReads++
	all := map[string]client.Activity{}
	for _, it := range f.log {
		l := f.labels[it.Author]
		if l.Kind != client.Friend || name != "" && l.Name != name || it.Kind != protocol.KindPost {
			continue
		}
		a := all[l.Name]
		a.Place = max(f.read[client.Everyone], f.read[client.Friends], f.readOf[l.Name])
		if a.Muted = f.muted[it.Author.UUID().String()]; !a.Muted && !f.unheard(it) {
			a.Last = it.CreatedAt
			if it.Seq > a.Place && a.Unread < most {
				a.Unread++
			}
		}
		all[l.Name] = a
	}
	return all, nil
}

func (f *fake) MarkReadOf(_ context.Context, name string, seq uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readOf[name] = max(f.readOf[name], seq)
	return nil
}

// Position and KeepPosition: as the client does.
func (f *fake) Position(context.Context) client.Position {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.position
}

func (f *fake) KeepPosition(_ context.Context, p client.Position) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.position = p
	f.kept++
	return nil
}

// Warnings and Dismiss: as the client does.
func (f *fake) Warnings(context.Context) ([]client.Warning, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Clone(f.warnings)
	w := client.Warning{Kind: client.FriendshipEnded, Text: "Bob ended the friendship: the name stays on those posts until you remove it from your friends."}
	w.Friendships = slices.Clone(f.ended)
	if len(f.ended) > 0 {
		all = append(all, w)
	}
	return all, nil
}

func (f *fake) Dismiss(_ context.Context, seen client.Warning) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("dismiss " + string(seen.Kind))
	f.warnings = slices.DeleteFunc(f.warnings, func(w client.Warning) bool { return w.Kind == seen.Kind })
	f.ended = slices.DeleteFunc(f.ended, func(id protocol.UUID) bool { return slices.Contains(seen.Friendships, id) })
	return f.err
}

// Rotate, FriendsToTell, TellFriends and RefuseAndReissue: as the client does.
func (f *fake) Rotate(context.Context, time.Duration) (client.Rotated, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("rotate")
	f.left = 2
	return client.Rotated{ToTell: 2, Invites: f.invites}, f.err
}

func (f *fake) FriendsToTell(context.Context) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left, f.uncounted
}

func (f *fake) TellFriends(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("tell friends")
	f.left = 0
	return f.err
}

func (f *fake) RefuseAndReissue(ctx context.Context, fid protocol.UUID) (client.Friendship, client.Invite, error) {
	refused, err := f.set(fid, "refuse", client.StateRefused)
	if err != nil {
		return refused, client.Invite{}, err
	}
	f.friends = slices.DeleteFunc(f.friends, func(x client.Friendship) bool { return x.Friendship == fid }) // all links here are for one
	made, err := f.Invite(ctx, refused.Name, protocol.DefaultExpiry)
	return refused, made, err
}

// Bookmark, Bookmarks and RemoteSearch: as the client does.
func (f *fake) Bookmark(_ context.Context, post protocol.UUID, on bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("bookmark " + strconv.FormatBool(on))
	for i := range f.log {
		if f.log[i].ID == post {
			f.log[i].Bookmarked = on
		}
	}
	return f.err
}

func (f *fake) Bookmarks(context.Context) ([]client.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []client.Item
	for _, it := range f.log {
		if it.Bookmarked {
			out = append(out, f.label(it))
		}
	}
	return out, nil
}

func (f *fake) RemoteSearch(_ context.Context, words string, limit int) ([]client.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("ask the server for " + words)
	if f.err != nil {
		return nil, f.err
	}
	var out []client.Item
	for _, it := range f.log {
		if strings.Contains(strings.ToLower(it.Text), strings.ToLower(words)) && len(out) < limit {
			out = append(out, f.label(it))
		}
	}
	return out, nil
}

func (f *fake) Thread(_ context.Context, post protocol.UUID) (client.Item, []client.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var p client.Item
	var out []client.Item
	for _, it := range append(slices.Clone(f.log), f.outbox...) {
		if it.ID == post {
			p = f.label(it)
		}
		if it.Kind == protocol.KindComment && it.Target == post && !f.unheard(it) {
			out = append(out, f.label(it))
		}
	}
	if p.ID.IsZero() {
		return p, nil, protocol.Errorf(protocol.CodeUnknownRecord, "This post is not here.")
	}
	return p, out, nil
}

func (f *fake) Picture(_ context.Context, image protocol.Image) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b, ok := f.pictures[image.Blob]; ok {
		return b, nil
	}
	return nil, protocol.Errorf(protocol.CodeNoServer, "The server cannot be reached.")
}

func (f *fake) make(kind protocol.Kind, target protocol.UUID, text string) (client.Sent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("make " + text)
	if f.err != nil {
		return client.Sent{ID: f.stillWaits}, f.err
	}
	n := len(f.log) + 1
	it := client.Item{Seq: uint64(n), ID: id(1000 + n + len(f.outbox)), Kind: kind, Target: target, Author: me, Text: text, CreatedAt: t0}
	if f.offline {
		it.Seq, it.Pending = 0, &client.Pending{}
		f.outbox = append(f.outbox, it)
		return client.Sent{ID: it.ID}, nil
	}
	f.log = append(f.log, it)
	if kind == protocol.KindComment {
		f.counts[target]++
	}
	return client.Sent{ID: it.ID, Seq: &it.Seq}, nil
}

// connects sends what waits.
func (f *fake) connects() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, it := range f.outbox {
		it.Seq, it.Pending = uint64(len(f.log)+1), nil
		f.log = append(f.log, it)
	}
	f.offline, f.outbox = false, nil
}

func (f *fake) browse(_ context.Context, address string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("browse " + address)
	return f.err
}

// copy is the system's clipboard, and browse its browser.
func (f *fake) copy(_ context.Context, text string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.clipErr != nil:
		return "", f.clipErr
	case f.clip == "":
		return "", desktop.ErrNoClipboard
	}
	f.note(f.clip + " < " + text)
	return f.clip, nil
}

func (f *fake) sms(_ context.Context, number, text string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.smsErr == nil {
		f.note("sms " + number + " < " + text)
	}
	return f.smsErr
}

// Reissue puts a new invite in the place of an old one, as the client does.
func (f *fake) Reissue(ctx context.Context, fid protocol.UUID) (client.Invite, error) {
	f.mu.Lock()
	f.note("reissue")
	err, name := f.err, ""
	for _, fr := range f.friends {
		if fr.Friendship == fid {
			name = fr.Name
		}
	}
	if err == nil {
		f.friends = slices.DeleteFunc(f.friends, func(x client.Friendship) bool { return x.Friendship == fid })
		f.invites = slices.DeleteFunc(f.invites, func(x client.Invite) bool { return x.Friendship == fid })
	}
	f.mu.Unlock()
	if err != nil {
		return client.Invite{}, err
	}
	return f.Invite(ctx, name, protocol.DefaultExpiry)
}

// PostDraft and CommentDraft: as the client does.
func (f *fake) PostDraft(_ context.Context, where, text string, p *client.Picture) (client.Sent, error) {
	return f.makeOf(where, protocol.KindPost, protocol.UUID{}, text, p)
}

func (f *fake) CommentDraft(_ context.Context, where string, post protocol.UUID, text string) (client.Sent, error) {
	return f.makeOf(where, protocol.KindComment, post, text, nil)
}

func (f *fake) makeOf(where string, kind protocol.Kind, target protocol.UUID, text string, p *client.Picture) (client.Sent, error) {
	if f.sends != nil {
		f.sends(where)
	}
	sent, err := f.make(kind, target, text)
	f.mu.Lock()
	defer f.mu.Unlock()
	if isPost := kind == protocol.KindPost; err == nil && f.drafts[where] == text && (!isPost || f.draftPicture == p) {
		delete(f.drafts, where)
		if isPost {
			f.draftPicture, f.draftFile = nil, ""
		}
	}
	return sent, err
}

// Scratch: as the client does.
func (f *fake) Scratch() (string, error) { return f.scratch, f.scratchErr }

// DeleteLater, Undo and FinishDeletions: as the client does.
func (f *fake) DeleteLater(_ context.Context, record protocol.UUID, _ time.Duration) (protocol.UUID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("delete " + record.String())
	if f.err != nil {
		return protocol.UUID{}, f.err
	}
	d := record
	d[2]++
	i := slices.IndexFunc(f.log, func(it client.Item) bool { return it.ID == record })
	f.deleted = append(f.deleted, taken{d, i, f.log[i]})
	f.log = slices.Delete(f.log, i, i+1)
	return d, nil
}

// taken is a record that was deleted, and from where.
type taken struct {
	deletion protocol.UUID
	at       int
	client.Item
}

func (f *fake) Undo(_ context.Context, deletion protocol.UUID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("undo")
	i := slices.IndexFunc(f.deleted, func(t taken) bool { return t.deletion == deletion })
	if i < 0 || f.err != nil {
		return protocol.Errorf(protocol.CodeUnknownRecord, "It is too late to undo this: it is on its way to the server.")
	}
	f.log = slices.Insert(f.log, f.deleted[i].at, f.deleted[i].Item)
	f.deleted = slices.Delete(f.deleted, i, i+1)
	return nil
}

func (f *fake) FinishDeletions(_ context.Context, ids []protocol.UUID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("finish " + thousands(len(ids)))
	f.deleted = slices.DeleteFunc(f.deleted, func(t taken) bool { return slices.Contains(ids, t.deletion) })
	return f.err
}

func (f *fake) Report(_ context.Context, record protocol.UUID, reason string) (client.Sent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("report " + record.String() + " " + reason)
	return client.Sent{ID: record}, f.err
}

func (f *fake) Retry(_ context.Context, record protocol.UUID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("retry " + record.String())
	return f.err
}

func (f *fake) Discard(_ context.Context, record protocol.UUID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("discard " + record.String())
	f.outbox = slices.DeleteFunc(f.outbox, func(it client.Item) bool { return it.ID == record })
	return f.err
}

// DraftPicture and SaveDraftPicture: as the client keeps it.
func (f *fake) DraftPicture(context.Context, string) (*client.Picture, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.draftPicture, f.draftFile, nil
}

func (f *fake) SaveDraftPicture(_ context.Context, _ string, p *client.Picture, file string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.draftPicture, f.draftFile = p, file
	return f.err
}

func (f *fake) Draft(_ context.Context, where string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.drafts[where], nil
}

func (f *fake) SaveDraft(_ context.Context, where, text string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drafts[where] = text
	return nil
}

// aLink is a link as a server for friends, or the embedded one, gives it.
func aLink(loopback bool) protocol.Link {
	s := "HTTPS://P4P.EXAMPLE/f/12345678-9abc-8def-8123-456789abcdef#ABCDEFGHIJKLMNOPQRSTUVWXYY"
	if loopback {
		s = strings.Replace(s, "HTTPS://P4P.EXAMPLE", "http://127.0.0.1:4747", 1)
	}
	l, err := protocol.ParseLink(strings.ToLower(s))
	if err != nil {
		panic(err)
	}
	return l
}

func (f *fake) Invite(_ context.Context, name string, expires time.Duration, consent ...client.Consent) (client.Invite, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(consent, client.SamePerson) && f.hasDevice(name) {
		return client.Invite{}, nameTaken()
	}
	f.note("invite " + name)
	if err := f.looks(name, consent); err != nil {
		return client.Invite{}, err
	}
	l, now := aLink(f.loopback), t0
	if f.now != nil {
		now = f.now()
	}
	inv := client.Invite{Name: name, Friendship: l.Friendship, Link: l, State: client.StateInvited, ExpiresAt: now.Add(expires)}
	f.invites = append(f.invites, inv)
	f.friends = append(f.friends, client.Friendship{
		Name: name, Friendship: l.Friendship, State: client.StateInvited, Inviter: true, Since: t0, ExpiresAt: &inv.ExpiresAt,
	})
	return inv, nil
}

// hasDevice tells whether posts show the name.
func (f *fake) hasDevice(name string) bool {
	return slices.ContainsFunc(f.friends, func(x client.Friendship) bool {
		return strings.EqualFold(x.Name, name) && (x.State == client.StateFriend || x.State == client.StateEnded || x.State == client.StateAccepted && !x.Inviter)
	})
}

func nameTaken() error {
	return protocol.Errorf(protocol.CodeNameTaken, "The name has a device already: say --same-person.")
}

// someoneAccepts is the news that the invite was used.
func (f *fake) someoneAccepts() {
	f.mu.Lock()
	defer f.mu.Unlock()
	u := bob.UUID()
	f.invites = nil
	for i := range f.friends {
		if f.friends[i].State == client.StateInvited {
			f.friends[i].State, f.friends[i].UUID = client.StateAccepted, &u
			f.friends[i].SafetyNumber = "12345 67890 11111 22222 33333 44444"
		}
	}
}

func (f *fake) Friendships(context.Context) ([]client.Friendship, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.friends), nil
}

func (f *fake) Notices(context.Context) ([]client.Friendship, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []client.Friendship
	for _, fr := range f.friends {
		if fr.State == client.StateAccepted && fr.Inviter {
			out = append(out, fr)
		}
	}
	return out, nil
}

func (f *fake) Invites(context.Context) ([]client.Invite, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.invites), nil
}

// Relink has the links follow the network that the home's server is open to.
func (f *fake) Relink(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("relink")
	for n := range f.invites {
		f.invites[n].Link.Server, f.invites[n].Link.Pin = "http://127.0.0.1:4747", nil
		if f.network != "" {
			f.invites[n].Link.Server, f.invites[n].Link.Pin = f.network, &protocol.Pin{1, 2, 3}
		}
	}
	return nil
}

// Own, Opened, Open and Shut: see Reach.
func (f *fake) Own() bool { return f.loopback }

func (f *fake) Opened() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.network
}

func (f *fake) Away() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.away
}

func (f *fake) Unsure() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unsure
}

func (f *fake) Open(context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = false
	if f.err == nil {
		f.network = "https://192.168.1.20:4747"
	}
	return f.network, f.err
}

func (f *fake) Shut(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.network = ""
	return f.err
}

func (f *fake) set(fid protocol.UUID, call string, s client.FriendState) (client.Friendship, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.friends {
		if f.friends[i].Friendship == fid {
			f.note(call + " " + f.friends[i].Name)
			if f.err != nil {
				return client.Friendship{}, f.err
			}
			f.friends[i].State = s
			if s == client.StateFriend {
				f.labels[bob] = client.Label{Kind: client.Friend, Name: f.friends[i].Name}
			}
			return f.friends[i], nil
		}
	}
	return client.Friendship{}, protocol.Errorf(protocol.CodeUnknownFriendship, "There is no such friendship.")
}

func (f *fake) Confirm(_ context.Context, fid protocol.UUID) (client.Friendship, error) {
	f.mu.Lock()
	i := slices.IndexFunc(f.friends, func(x client.Friendship) bool { return x.Friendship == fid })
	taken := i >= 0 && f.friends[i].State != client.StateFriend && f.hasDevice(f.friends[i].Name)
	f.mu.Unlock()
	if taken {
		return client.Friendship{}, nameTaken()
	}
	return f.set(fid, "confirm", client.StateFriend)
}

func (f *fake) ConfirmDevice(_ context.Context, fid protocol.UUID) (client.Friendship, error) {
	return f.set(fid, "confirm device", client.StateFriend)
}

func (f *fake) ConfirmAs(_ context.Context, fid protocol.UUID, name string, _ ...client.Consent) (client.Friendship, error) {
	f.mu.Lock()
	taken := f.hasDevice(name)
	for i := range f.friends {
		if f.friends[i].Friendship == fid && !taken {
			f.friends[i].Name = name
		}
	}
	f.mu.Unlock()
	if taken {
		return client.Friendship{}, nameTaken()
	}
	return f.set(fid, "confirm as", client.StateFriend)
}

func (f *fake) Refuse(_ context.Context, fid protocol.UUID) (client.Friendship, error) {
	return f.set(fid, "refuse", client.StateRefused)
}

func (f *fake) Remove(_ context.Context, fid protocol.UUID) (client.Friendship, error) {
	removed, err := f.set(fid, "remove", client.StateEnded)
	removed.Unsent = f.unsent
	return removed, err
}

func (f *fake) Verify(_ context.Context, fid protocol.UUID, number string) (client.Friendship, error) {
	return f.mark(fid, "verify "+number, true)
}

func (f *fake) Unverify(_ context.Context, fid protocol.UUID) (client.Friendship, error) {
	return f.mark(fid, "unverify", false)
}

func (f *fake) mark(fid protocol.UUID, call string, verified bool) (client.Friendship, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(call)
	if f.err != nil {
		return client.Friendship{}, f.err
	}
	for i := range f.friends {
		if f.friends[i].Friendship == fid {
			f.friends[i].Verified = verified
			for key, l := range f.labels {
				if l.Name == f.friends[i].Name {
					l.Verified = verified
					f.labels[key] = l
				}
			}
			return f.friends[i], nil
		}
	}
	return client.Friendship{}, protocol.Errorf(protocol.CodeUnknownFriendship, "There is no such friendship.")
}

func (f *fake) Revoke(_ context.Context, fid protocol.UUID) (client.Invite, error) {
	_, err := f.set(fid, "revoke", client.StateRevoked)
	return client.Invite{}, err
}

func (f *fake) Rename(_ context.Context, oldName, newName string, consent ...client.Consent) ([]client.Friendship, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("rename " + oldName + " " + newName)
	if err := f.looks(newName, consent); err != nil {
		return nil, err
	}
	for i := range f.friends {
		if f.friends[i].Name == oldName {
			f.friends[i].Name = newName
		}
	}
	return f.friends, nil
}

func (f *fake) ReadInvite(_ context.Context, l protocol.Link) (client.Preview, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("read")
	return f.preview, f.err
}

func (f *fake) Accept(_ context.Context, l protocol.Link, name string, same bool, consent ...client.Consent) (client.Friendship, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("accept " + name)
	if err := f.looks(name, consent); err != nil {
		return client.Friendship{}, err
	}
	for _, c := range f.contacts {
		if c.Name == name && !same {
			return client.Friendship{}, protocol.Errorf(protocol.CodeNameTaken, "%s is in your phone book already.", name)
		}
	}
	u := alice.UUID()
	fr := client.Friendship{
		Name: name, UUID: &u, Friendship: l.Friendship, State: client.StateAccepted, Since: t0,
		SafetyNumber: "12345 67890 11111 22222 33333 44444",
	}
	f.friends = append(f.friends, fr)
	return fr, nil
}

func (f *fake) Contacts(context.Context) ([]client.Contact, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.contacts), nil
}

// looks refuses the one look-alike that the fake knows, as the client does; and whatever is to fail.
func (f *fake) looks(name string, consent []client.Consent) error {
	if f.err == nil && name == "\u0410lice" && len(consent) == 0 {
		return protocol.Errorf(protocol.CodeLooksLike, "%q looks like \"Alice\", which is in your phone book: one could be mistaken for the other.", name)
	}
	return f.err
}

func (f *fake) AddContact(_ context.Context, name string, consent ...client.Consent) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("add " + name)
	if err := f.looks(name, consent); err != nil {
		return err
	}
	f.contacts = append(f.contacts, client.Contact{Name: name})
	return f.err
}

func (f *fake) RemoveContact(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.contacts = slices.DeleteFunc(f.contacts, func(c client.Contact) bool { return c.Name == name })
	return f.err
}

func (f *fake) UseServer(_ context.Context, url string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("server " + url)
	return f.err
}

func (f *fake) Status() client.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

// Next is the end of changes: tests tell changes themselves.
func (f *fake) Next(context.Context) (client.Change, error) { return 0, context.Canceled }

// paint adds a picture of stripes to a post.
func (f *fake) paint(it *client.Item, w, h int, alt string) {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(255 * x / w), uint8(255 * y / h), 128, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	var blob protocol.BlobID
	blob[0], blob[1] = byte(len(f.pictures)+1), 7
	f.pictures[blob] = b.Bytes()
	it.Image = &protocol.Image{Blob: blob, Width: w, Height: h, Alt: alt}
}
