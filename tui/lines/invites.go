package lines

import (
	"context"

	"p4p/client"
	"p4p/client/vcard"
	"p4p/plain"
	"p4p/protocol"
)

// inviter is what open invites ask of a client.
type inviter interface {
	Invites(ctx context.Context) ([]client.Invite, error)
	Revoke(ctx context.Context, f protocol.UUID) (client.Invite, error)
	Reissue(ctx context.Context, f protocol.UUID) (client.Invite, error)
	Contacts(ctx context.Context) ([]client.Contact, error)
}

// invitedAs finds the invite that was made for a name, among those in one of the states.
func (r *reader) invitedAs(ctx context.Context, word, name, none string, states ...client.FriendState) (client.Friendship, bool) {
	if name == "" {
		r.say("Type " + word + " and the name that the invite is for; friends lists them.")
		return client.Friendship{}, false
	}
	list, err := r.Client.Friendships(ctx)
	if err != nil {
		r.fail(err)
		return client.Friendship{}, false
	}
	var found []client.Friendship
	for _, s := range states {
		for _, f := range list {
			if f.Inviter && f.State == s {
				found = append(found, f)
			}
		}
	}
	return r.named(found, name, none)
}

// revoke has the link of an open invite open nothing.
func (r *reader) revoke(ctx context.Context, name string) {
	f, ok := r.invitedAs(ctx, "revoke", name, "There is no open invite for that name; type invite for the list.", client.StateInvited)
	if !ok {
		return
	}
	i, err := r.Client.Revoke(ctx, f.Friendship)
	text := "Revoked: the link opens nothing any more."
	if i.Unsent {
		text = "The server is not reached, so the link still works: it opens nothing any more as soon as it is."
	}
	r.done(err, text)
}

// reissue makes an invite anew, with another link.
func (r *reader) reissue(ctx context.Context, name string) {
	f, ok := r.invitedAs(ctx, "reissue", name, "There is no invite for that name that could be made anew; type invite and the name to make one.",
		client.StateInvited, client.StateExpired, client.StateRevoked, client.StateRefused)
	if !ok || f.State == client.StateInvited && !r.yes(ctx, "The link that you sent to "+clip(f.Name)+" opens nothing any more then. Make a new one?") {
		return
	}
	i, err := r.Client.Reissue(ctx, f.Friendship)
	if err != nil {
		r.fail(err)
		return
	}
	r.link(i)
}

// sms has the desktop's program for messages begin one with an open invite. Where there
// is none the message is read, to be sent otherwise.
func (r *reader) sms(ctx context.Context, name string) {
	f, ok := r.invitedAs(ctx, "sms", name, "There is no open invite for that name; type invite and the name to make one.", client.StateInvited)
	if !ok {
		return
	}
	i, number, err := r.toSend(ctx, f)
	switch {
	case err != nil:
		r.fail(err)
		return
	case i.Link.Loopback():
		r.say("That link works on this machine only: an SMS with it brings nobody here.")
		return
	}
	question := "To which number? Type nothing to choose it in your program for messages, or cancel to send nothing."
	if number != "" {
		question = "To " + number + "? Type nothing for that number, another number, or cancel to send nothing."
	}
	typed, ok := r.ask(ctx, "Your desktop's program for messages opens. Whoever else uses this machine can see the link and the number in its list of programs while that one runs. "+question)
	to := vcard.Dialled(typed)
	switch {
	case !ok || typed == "cancel":
		r.say("Nothing was sent.")
		return
	case typed == "":
		to = number
	case to == "":
		r.say("That is no phone number: type sms again, and it with digits, and + before the country.")
		return
	}
	if err := r.SMS(ctx, to, i.Message()); err != nil {
		r.say(plain.Line(err.Error()).String() + ". This is the message, to be sent otherwise:")
		r.raw(i.Message())
		return
	}
	r.say("Your program for messages has the invite: send it there.")
}

// toSend is an open invite with the number that is kept of whom it is for, "" for none.
func (r *reader) toSend(ctx context.Context, f client.Friendship) (found client.Invite, number string, err error) {
	open, err := r.Client.Invites(ctx)
	if err != nil {
		return found, "", err
	}
	book, err := r.Client.Contacts(ctx)
	if err != nil {
		return found, "", err
	}
	for _, c := range book {
		if c.Name == f.Name {
			number = c.Number
		}
	}
	for _, i := range open {
		if i.Friendship == f.Friendship && i.State == client.StateInvited {
			return i, number, nil
		}
	}
	return found, "", protocol.Errorf(protocol.CodeWrongState, "That invite is not open any more.")
}
