package lines

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"p4p/client"
	"p4p/protocol"
)

// desk is a server whose client has invites, on a desktop that sends SMS.
type desk struct {
	*server
	friends []client.Friendship
	number  string // that is kept of Bob
	host    string
	sent    []string
	smsErr  error
	calls   []string
	unsent  bool
}

func newDesk(states ...client.FriendState) *desk {
	d := &desk{server: newServer(), host: "https://p4p.example"}
	for i, s := range states {
		d.friends = append(d.friends, client.Friendship{Name: "Bob", Friendship: protocol.UUID{byte(i + 1)}, State: s, Inviter: true})
	}
	return d
}

func (d *desk) Friendships(context.Context) ([]client.Friendship, error) { return d.friends, nil }

func (d *desk) invite(f protocol.UUID) client.Invite {
	return client.Invite{Name: "Bob", Friendship: f, State: client.StateInvited, ExpiresAt: t0, Link: protocol.Link{Server: d.host, Friendship: f}}
}

func (d *desk) Invites(context.Context) (out []client.Invite, _ error) {
	for _, f := range d.friends {
		if f.State == client.StateInvited {
			out = append(out, d.invite(f.Friendship))
		}
	}
	return out, nil
}

func (d *desk) Contacts(context.Context) ([]client.Contact, error) {
	return []client.Contact{{Name: "Bob", Number: d.number}}, nil
}

func (d *desk) Revoke(_ context.Context, f protocol.UUID) (client.Invite, error) {
	d.calls = append(d.calls, "revoke "+f.String()[:2])
	return client.Invite{Unsent: d.unsent}, nil
}

func (d *desk) Reissue(_ context.Context, f protocol.UUID) (client.Invite, error) {
	d.calls = append(d.calls, "reissue "+f.String()[:2])
	return d.invite(protocol.UUID{9}), nil
}

func (d *desk) hear(t *testing.T, typed string) string {
	t.Helper()
	var out strings.Builder
	err := Run(t.Context(), Options{
		Client: d, Changes: d.server, In: strings.NewReader(typed), Out: &out, now: func() time.Time { return t0 },
		SMS: func(_ context.Context, number, text string) error {
			if d.smsErr == nil {
				d.sent = append(d.sent, number+" < "+text)
			}
			return d.smsErr
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAnInviteGoesBySMSToTheKeptNumberOrATypedOne(t *testing.T) {
	for typed, want := range map[string]string{
		"sms bob\n\n":                   "+491711234567",
		"sms Bob\n+49 (0)171 / 99-88\n": "+491719988",
	} {
		d := newDesk(client.StateInvited)
		d.number = "+491711234567"
		wants(t, d.hear(t, typed), "can see the link and the number", "To +491711234567?", "send it there.")
		if len(d.sent) != 1 || !strings.HasPrefix(d.sent[0], want+" < My invite to P4P") || !strings.Contains(d.sent[0], d.invite(protocol.UUID{1}).Link.URL()) {
			t.Errorf("%q sent %q", typed, d.sent)
		}
	}
	d := newDesk(client.StateInvited)
	wants(t, d.hear(t, "sms Bob\n\n"), "To which number?", "send it there.")
	if len(d.sent) != 1 || !strings.HasPrefix(d.sent[0], " < My invite") {
		t.Errorf("sent %q", d.sent)
	}
}

func TestNothingIsSentThatWasNotMeantOrBringsNobody(t *testing.T) {
	d := newDesk(client.StateInvited)
	wants(t, d.hear(t, "sms\nsms Carol\nsms Bob\ncancel\nsms Bob\nask him\nsms Bob\n"),
		"Type sms and the name", "There is no open invite for that name", "Nothing was sent.", "That is no phone number", "Nothing was sent.")
	d.host = "http://127.0.0.1:4747"
	wants(t, d.hear(t, "sms Bob\n"), "works on this machine only: an SMS with it brings nobody here.")
	wants(t, newDesk(client.StateExpired).hear(t, "sms Bob\n"), "There is no open invite for that name")
	if d.sent != nil {
		t.Errorf("sent %q", d.sent)
	}
}

func TestWhereNoProgramSendsSMSTheMessageIsRead(t *testing.T) {
	d := newDesk(client.StateInvited)
	d.smsErr = errors.New("There is no desktop here that could open a message")
	out := d.hear(t, "sms Bob\n\n")
	wants(t, out, "There is no desktop here that could open a message. This is the message, to be sent otherwise:", "My invite to P4P")
	if !strings.Contains(out, "\n"+d.invite(protocol.UUID{1}).Message()+"\n") {
		t.Errorf("it is broken over lines:\n%s", out)
	}
}

func TestAnInviteIsMadeAnewAndAnOpenOneOnlyAfterAQuestion(t *testing.T) {
	d := newDesk(client.StateExpired)
	wants(t, d.hear(t, "friends\nreissue Bob\n"), "Bob: expired; type reissue with the name", "An invite for Bob", "https://p4p.example/f/09000000")
	d = newDesk(client.StateInvited)
	wants(t, d.hear(t, "reissue Bob\nno\n"), "opens nothing any more then. Make a new one?")
	if d.calls != nil {
		t.Errorf("it did %q without a yes", d.calls)
	}
	d.hear(t, "reissue Bob\nyes\n")
	if !slices.Equal(d.calls, []string{"reissue 01"}) {
		t.Errorf("it did %q", d.calls)
	}
	wants(t, newDesk(client.StateFriend).hear(t, "reissue Bob\n"), "There is no invite for that name that could be made anew")
}

// Bob has a device already, and an invite for another.
func TestRevokingMeansTheOpenInvite(t *testing.T) {
	d := newDesk(client.StateFriend, client.StateInvited)
	wants(t, d.hear(t, "revoke Bob\n"), "Revoked: the link opens nothing any more.")
	if !slices.Equal(d.calls, []string{"revoke 02"}) {
		t.Errorf("it did %q", d.calls)
	}
	d.unsent = true
	wants(t, d.hear(t, "revoke Bob\n"), "the link still works")
	wants(t, newDesk(client.StateInvited, client.StateInvited).hear(t, "revoke Bob\n"), "Which one?", "01000000-", "02000000-")
}
