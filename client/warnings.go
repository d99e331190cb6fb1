package client

import (
	"context"
	"strings"
	"time"

	"p4p/localmap"
	"p4p/plain"
	"p4p/protocol"
)

// The kinds of warning.
const (
	MoveShown      WarningKind = "move"   // the profile's secret was shown
	AnotherMachine WarningKind = "twin"   // another machine posts with this profile's key
	NamesMissing   WarningKind = "names"  // moved here, without the names yet
	BackupDue      WarningKind = "backup" // there are friends that no backup has
	KeyChanged     WarningKind = "key"    // a key took a friend's place without the old one's word

	FriendshipEnded WarningKind = "ended" // by the other side, and the name is still there
)

// WarningKind is what a warning is about.
type WarningKind string

// Warning is something that the owner of a profile should know. [Client.Warnings] tells
// it until [Client.Dismiss] gets it back.
type Warning struct {
	Kind WarningKind
	Text string // a whole sentence or several
	Loud bool   // somebody else may be at work

	Friendships []protocol.UUID // of FriendshipEnded: what it is about

	seen string // what Dismiss keeps, for it not to be told again
}

const (
	warnPrefix    = "warn."
	noTime        = "2006-01-02 15:04"
	settingBackup = "backup.friends" // the friendships of the last backup or dismissal
)

// warnOf keeps a warning until it is dismissed; of two the later date stands.
func (c *Client) warnOf(ctx context.Context, kind WarningKind, at time.Time) error {
	key := warnPrefix + string(kind)
	before, err := c.local.Setting(ctx, key)
	stamp := at.UTC().Format(time.RFC3339)
	if err != nil || before >= stamp {
		return err
	}
	if err := c.local.SetSetting(ctx, key, stamp); err != nil {
		return err
	}
	c.notify(NoticesChanged)
	return nil
}

// Warnings are what the profile's owner should know now, the gravest first.
func (c *Client) Warnings(ctx context.Context) ([]Warning, error) {
	kept, err := c.local.Settings(ctx, warnPrefix)
	if err != nil {
		return nil, err
	}
	date := func(kind WarningKind) string {
		at, err := time.Parse(time.RFC3339, kept[string(kind)])
		if err != nil {
			return ""
		}
		return at.Local().Format(noTime)
	}
	var all []Warning
	if at := date(AnotherMachine); at != "" {
		all = append(all, Warning{Kind: AnotherMachine, Text: "Another machine posts as you (" + at + "). If you moved this profile, go on with it on one machine only and retire the other: delete the profile's folder there. If it was not you, somebody has your secret: take back what they say with p4p delete, tell your friends by another way, and begin a new profile.", Loud: true})
	}
	if at := date(MoveShown); at != "" {
		all = append(all, Warning{Kind: MoveShown, Text: "A move of this profile was shown here on " + at + ". If you did it, retire this machine once the new one works. If it was not you, whoever saw the code and the picture is you now: begin a new profile and tell your friends by another way.", Loud: true})
	}
	changed, err := c.keyChanges(ctx)
	if err != nil {
		return nil, err
	}
	if changed != "" && kept[string(KeyChanged)] != changed {
		all = append(all, Warning{Kind: KeyChanged, Text: "Another key took the place of " + changed + ", and the key that you know did not sign for it. It is not shown by that name, and it is not verified any more. Ask your friend, by another way than P4P, whether their device was lost or copied; if so, remove the friendship and make a new invite.", Loud: true, seen: changed})
	}
	ended, err := c.ended(ctx, kept[string(FriendshipEnded)])
	if err != nil {
		return nil, err
	}
	all = append(all, ended...)
	moved, err := c.local.Moved(ctx)
	if err != nil {
		return nil, err
	}
	if moved && kept[string(NamesMissing)] == "" {
		all = append(all, Warning{Kind: NamesMissing, Text: "This profile was moved here without its names and friendships: run p4p backup FILE on the old machine, bring the file here, and p4p restore FILE puts them in.", seen: "seen"})
	}
	due, friends, err := c.unsaved(ctx)
	if err != nil {
		return nil, err
	}
	if due != "" {
		all = append(all, Warning{Kind: BackupDue, Text: due, seen: friends})
	}
	return all, nil
}

// Dismiss ends a warning that Warnings told: its owner has seen it. What came since
// then is told all the same.
func (c *Client) Dismiss(ctx context.Context, w Warning) error {
	key := warnPrefix + string(w.Kind)
	if w.Kind == BackupDue {
		key = settingBackup
	}
	err := c.local.SetSetting(ctx, key, w.seen)
	if err == nil {
		c.notify(NoticesChanged)
	}
	return err
}

// keyChanges are the names of those whose mailbox brought a key that the known one
// did not sign for, "" for nobody.
func (c *Client) keyChanges(ctx context.Context) (string, error) {
	odd, err := c.friendships(ctx, func(r localmap.Friendship) bool { return r.Refusal == protocol.CodeBrokenSuccession })
	var names []string
	for _, f := range odd {
		names = append(names, plain.Line(f.Name).String())
	}
	return strings.Join(names, ", "), err
}

// friendIDs are the friendships that would be lost with this machine, sorted.
func (c *Client) friendIDs(ctx context.Context) ([]string, error) {
	all, err := c.Friendships(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, f := range all {
		if f.State == StateFriend || f.State == StateAccepted && !f.Inviter {
			ids = append(ids, f.Friendship.String())
		}
	}
	return ids, nil
}

// noteBackup notes that the friendships of now are in a backup.
func (c *Client) noteBackup(ctx context.Context) error {
	ids, err := c.friendIDs(ctx)
	if err != nil {
		return err
	}
	return c.local.SetSetting(ctx, settingBackup, strings.Join(ids, " "))
}

// unsaved tells, in a sentence, of friends that no backup has; "" if all are in
// one, or their owner has dismissed it. friends are all of now.
func (c *Client) unsaved(ctx context.Context) (due, friends string, err error) {
	ids, err := c.friendIDs(ctx)
	if err != nil {
		return "", "", err
	}
	known, err := c.local.Setting(ctx, settingBackup)
	if err != nil {
		return "", "", err
	}
	friends = strings.Join(ids, " ")
	n := 0
	for _, id := range ids {
		if !strings.Contains(known, id) {
			n++
		}
	}
	switch {
	case n == 0:
		return "", "", nil
	case known == "":
		return "There is no backup of your friends: if this machine is lost, nobody can give their names back. p4p backup FILE makes one.", friends, nil
	}
	return "You have friends whom your last backup does not have: p4p backup FILE makes a new one.", friends, nil
}
