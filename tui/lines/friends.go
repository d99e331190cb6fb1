package lines

import (
	"context"
	"errors"
	"strings"
	"time"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
)

// befriender is what friendships ask of a client.
type befriender interface {
	Friendships(ctx context.Context) ([]client.Friendship, error)
	Notices(ctx context.Context) ([]client.Friendship, error)
	Warnings(ctx context.Context) ([]client.Warning, error)
	inviter
	Invite(ctx context.Context, name string, expires time.Duration, consent ...client.Consent) (client.Invite, error)
	ReadInvite(ctx context.Context, l protocol.Link) (client.Preview, error)
	Accept(ctx context.Context, l protocol.Link, name string, samePerson bool, consent ...client.Consent) (client.Friendship, error)
	Confirm(ctx context.Context, f protocol.UUID) (client.Friendship, error)
	ConfirmDevice(ctx context.Context, f protocol.UUID) (client.Friendship, error)
	ConfirmAs(ctx context.Context, f protocol.UUID, name string, consent ...client.Consent) (client.Friendship, error)
	Refuse(ctx context.Context, f protocol.UUID) (client.Friendship, error)
	Remove(ctx context.Context, f protocol.UUID) (client.Friendship, error)
	Verify(ctx context.Context, f protocol.UUID, number string) (client.Friendship, error)
	Rename(ctx context.Context, oldName, newName string, consent ...client.Consent) ([]client.Friendship, error)
	UseServer(ctx context.Context, url string) error
}

// friends lists who is who.
func (r *reader) friends(ctx context.Context) {
	list, err := r.Client.Friendships(ctx)
	if err != nil {
		r.fail(err)
		return
	}
	if len(list) == 0 {
		r.say("No friends yet. Type invite and a name to make an invite, or accept and the link that a friend sent.")
		return
	}
	for _, f := range list {
		r.say(clip(f.Name) + ": " + state(f) + ".")
	}
}

func clip(name string) string { return plain.Line(name).Truncate(40).String() }

func state(f client.Friendship) string {
	switch f.State {
	case client.StateInvited:
		return "invited; the link was not used yet"
	case client.StateAccepted:
		if f.Inviter {
			return "somebody accepted; type confirm or refuse with the name"
		}
		return "you accepted; not confirmed yet"
	case client.StateFriend:
		if f.Verified {
			return "friend, verified"
		}
		return "friend; type verify with the name to compare safety numbers"
	case client.StateEnded:
		return "the friendship ended; type remove with the name to forget it"
	case client.StateExpired, client.StateRevoked, client.StateRefused:
		if f.Inviter {
			return string(f.State) + "; type reissue with the name to make a new invite"
		}
	}
	return string(f.State)
}

// invite makes an invite, or reads the open ones.
func (r *reader) invite(ctx context.Context, name string) {
	if name == "" {
		r.invites(ctx)
		return
	}
	i, err := r.Client.Invite(ctx, name, 0)
	if r.meant(ctx, err) {
		i, err = r.Client.Invite(ctx, name, 0, client.LookAlike)
	}
	if protocol.CodeOf(err) == protocol.CodeNameTaken {
		if !r.yes(ctx, clip(name)+" has a device already. Is the invite for another device of the same person?") {
			r.say("Then type invite and another name, so that you can tell them apart.")
			return
		}
		i, err = r.Client.Invite(ctx, name, 0, client.SamePerson)
	}
	if err != nil {
		r.fail(err)
		return
	}
	r.link(i)
}

func (r *reader) link(i client.Invite) {
	name := clip(i.Name)
	r.say("An invite for " + name + ", until " + i.ExpiresAt.Local().Format("2 January 15:04") + ". Send this link to " + name + " only: it works once, for whoever uses it first.")
	r.raw(i.Link.URL())
	if i.Link.Loopback() {
		r.say("It works on this machine only: the server listens nowhere else.")
	}
	if i.Unsent {
		r.say("The server has not been told yet: the link works once it is reached.")
	}
}

func (r *reader) invites(ctx context.Context) {
	open, err := r.Client.Invites(ctx)
	if err != nil {
		r.fail(err)
		return
	}
	if len(open) == 0 {
		r.say("No open invites. Type invite and a name to make one.")
	}
	for _, i := range open {
		r.link(i)
	}
}

// accept accepts an invite, step by step.
func (r *reader) accept(ctx context.Context, text string) {
	if text == "" {
		var ok bool
		if text, ok = r.ask(ctx, "Paste the link that your friend sent."); !ok {
			return
		}
	}
	link, err := protocol.ParseLink(findLink(text))
	if err != nil {
		r.fail(err)
		return
	}
	if !r.yes(ctx, "A friend invite on "+link.Server+". Nothing was asked of the network yet. Read it?") {
		return
	}
	if _, err = r.Client.ReadInvite(ctx, link); err != nil {
		r.fail(err)
		return
	}
	name, ok := r.ask(ctx, "The invite is good. Who sent it to you? Type the name that you know your friend by; it stays on this machine. Type nothing to stop.")
	if !ok || name == "" {
		r.say("Nothing was accepted.")
		return
	}
	f, err := r.Client.Accept(ctx, link, name, false)
	if protocol.CodeOf(err) == protocol.CodeNameTaken {
		if !r.yes(ctx, clip(name)+" is in your phone book already. Is this another device of the same person?") {
			r.say("Then accept it again with another name, so that you can tell them apart.")
			return
		}
		f, err = r.Client.Accept(ctx, link, name, true)
	}
	if r.meant(ctx, err) {
		f, err = r.Client.Accept(ctx, link, name, false, client.LookAlike)
	}
	if err != nil {
		r.fail(err)
		return
	}
	r.say("Accepted. " + clip(name) + " is asked to confirm now. Safety number " + f.SafetyNumber + "; if the same one stands there, nobody sits between you.")
}

// meant asks whether a name that was refused for its looks is to be taken all the same.
func (r *reader) meant(ctx context.Context, err error) bool {
	var e *protocol.Error
	return errors.As(err, &e) && e.Code == protocol.CodeLooksLike && r.yes(ctx, e.Message+" Keep the name all the same?")
}

// findLink is the word of a text that is meant to be a link; the text if there is none.
func findLink(text string) string {
	for _, word := range strings.Fields(text) {
		if word = strings.Trim(word, "<>()[]\"'.,;"); protocol.LooksLikeLink(word) {
			return word
		}
	}
	return strings.TrimSpace(text)
}

// answer confirms or refuses an acceptance.
func (r *reader) answer(ctx context.Context, word, name string) {
	waiting, err := r.Client.Notices(ctx)
	if err != nil {
		r.fail(err)
		return
	}
	f, ok := r.named(waiting, name, "Nobody waits for an answer under that name.")
	if !ok {
		return
	}
	r.say("Someone accepted the invite you made for " + clip(f.Name) + ". Safety number " + f.SafetyNumber + ". Ask " + clip(f.Name) + " by voice whether the same number stands there.")
	if word == "refuse" {
		if r.yes(ctx, "Refuse whoever accepted? It cannot be taken back, and nobody gets the name.") {
			_, err = r.Client.Refuse(ctx, f.Friendship)
			r.done(err, "Refused.")
		}
		return
	}
	if r.yes(ctx, "Is this "+clip(f.Name)+"?") {
		r.confirm(ctx, f)
	}
}

// confirm gives the name, or another one to somebody else than the person who has it.
func (r *reader) confirm(ctx context.Context, f client.Friendship) {
	name := clip(f.Name)
	_, err := r.Client.Confirm(ctx, f.Friendship)
	if protocol.CodeOf(err) == protocol.CodeNameTaken {
		if r.yes(ctx, name+" has a device already: this becomes one more of "+name+"'s. Is it the same person?") {
			_, err = r.Client.ConfirmDevice(ctx, f.Friendship)
		} else if name, err = r.confirmAs(ctx, f); name == "" {
			r.say("Nobody was confirmed; type refuse and the name to refuse whoever accepted.")
			return
		}
	}
	r.done(err, name+" is a friend now: all their posts have the name, the earlier ones too.")
}

// confirmAs asks for a name of their own; "" is for none given.
func (r *reader) confirmAs(ctx context.Context, f client.Friendship) (name string, err error) {
	other, ok := r.ask(ctx, "Who is it then? Type a name of their own; type nothing to confirm nobody.")
	if !ok || other == "" {
		return "", nil
	}
	_, err = r.Client.ConfirmAs(ctx, f.Friendship, other)
	if r.meant(ctx, err) {
		_, err = r.Client.ConfirmAs(ctx, f.Friendship, other, client.LookAlike)
	}
	if protocol.CodeOf(err) == protocol.CodeNameTaken {
		err = protocol.Errorf(protocol.CodeNameTaken, "You call somebody %s already: two people need two names.", clip(other))
	}
	return clip(other), err
}

func (r *reader) done(err error, text string) {
	if err != nil {
		r.fail(err)
		return
	}
	r.say(text)
}

// named is the friendship with a name; the only one when no name is given.
func (r *reader) named(list []client.Friendship, name, none string) (client.Friendship, bool) {
	var found []client.Friendship
	for _, f := range list {
		if name == "" || strings.EqualFold(plain.Line(f.Name).String(), name) || f.Friendship.String() == name {
			found = append(found, f)
		}
	}
	switch len(found) {
	case 0:
		r.say(none)
		return client.Friendship{}, false
	case 1:
		return found[0], true
	}
	r.say("Which one? Type the command with one of these:")
	for _, f := range found {
		r.say(f.Friendship.String() + ", " + clip(f.Name) + ": " + state(f) + ".")
	}
	return client.Friendship{}, false
}

// change does something with a friendship: remove, verify or rename.
func (r *reader) change(ctx context.Context, word, name string) {
	list, err := r.Client.Friendships(ctx)
	if err != nil {
		r.fail(err)
		return
	}
	if name == "" {
		r.say("Type " + word + " and a name; friends lists them.")
		return
	}
	f, ok := r.named(list, name, "There is nobody of that name; type friends for the list.")
	if !ok {
		return
	}
	name = clip(f.Name)
	switch word {
	case "remove":
		told := ", and " + name + " sees that it ended. "
		if f.State == client.StateEnded {
			told = "; the other side has ended the friendship already. "
		}
		if r.yes(ctx, "Remove "+name+"? You forget the name of this device"+told+name+" still knows which posts are yours.") {
			_, err = r.Client.Remove(ctx, f.Friendship)
			r.done(err, "Removed.")
		}
	case "verify":
		if f.SafetyNumber == "" {
			r.say("There is no safety number with " + name + " yet.")
			return
		}
		if r.yes(ctx, "The safety number with "+name+" is "+f.SafetyNumber+". Does the same one stand at "+name+"'s?") {
			_, err = r.Client.Verify(ctx, f.Friendship, f.SafetyNumber)
			r.done(err, name+" is verified.")
		} else {
			r.say("Then somebody may sit between you: compare again, and remove the friend if the numbers differ.")
		}
	case "rename":
		fresh, ok := r.ask(ctx, "What is the new name? Only you see it. Type nothing to stop.")
		if ok && fresh != "" {
			_, err = r.Client.Rename(ctx, f.Name, fresh)
			if r.meant(ctx, err) {
				_, err = r.Client.Rename(ctx, f.Name, fresh, client.LookAlike)
			}
			r.done(err, name+" is "+clip(fresh)+" now.")
		}
	}
}
