package localmap

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

func names(all []Contact) []string {
	var n []string
	for _, c := range all {
		n = append(n, c.Name)
	}
	return n
}

func TestThePhoneBookIsSortedByNameWhateverTheCase(t *testing.T) {
	m := fresh(t)
	for _, n := range []string{"zoe", "Bob", "alice", "Åsa", "bea"} {
		must[Contact](t)(m.AddContact(ctx, n))
	}
	if d := cmp.Diff([]string{"alice", "bea", "Bob", "zoe", "Åsa"}, names(must[[]Contact](t)(m.Contacts(ctx)))); d != "" {
		t.Error(d)
	}
}

func TestANameIsInThePhoneBookOnce(t *testing.T) {
	m := fresh(t)
	bob := must[Contact](t)(m.AddContact(ctx, " Bob "))
	for _, n := range []string{"Bob", "bOB", "Ｂｏｂ", "𝐁𝐨𝐛"} {
		_, err := m.AddContact(ctx, n)
		wantCode(t, err, protocol.CodeNameTaken)
		if c := must[Contact](t)(m.ContactByName(ctx, n)); c.ID != bob.ID || c.Name != "Bob" {
			t.Errorf("%q is %+v", n, c)
		}
	}
	_, err := m.AddContact(ctx, "you")
	wantCode(t, err, protocol.CodeBadName)
	_, err = m.ContactByName(ctx, "you")
	wantCode(t, err, protocol.CodeUnknownName)
}

func TestARenamedPersonIsRelabelledAtOnce(t *testing.T) {
	m, phone := fresh(t), somebody("Bob's phone")
	befriend(t, m, "Bob", phone)
	must[Contact](t)(m.AddContact(ctx, "Carol"))
	_, err := m.RenameContact(ctx, "Bob", "carol")
	wantCode(t, err, protocol.CodeNameTaken)
	_, err = m.RenameContact(ctx, "Bob", "anonymous")
	wantCode(t, err, protocol.CodeBadName)
	_, err = m.RenameContact(ctx, "Dave", "David")
	wantCode(t, err, protocol.CodeUnknownName)
	for _, to := range []string{"BOB", "Robert", "Bob"} { // his own name in another case is free to him
		from, _ := m.Label(phone.key())
		c := must[Contact](t)(m.RenameContact(ctx, from.Name, to))
		if l, _ := m.Label(phone.key()); l.Name != to || c.Name != to || !slices.Equal(c.UUIDs, []protocol.UUID{phone.key().UUID()}) {
			t.Errorf("renamed to %q: label %+v, contact %+v", to, l, c)
		}
	}
	must[Contact](t)(m.RenameContact(ctx, "bob", "Robert"))
	must[Contact](t)(m.AddContact(ctx, "Bob")) // the old name is free again
}

func TestOnePersonCanOwnSeveralDevices(t *testing.T) {
	m, phone, laptop := fresh(t), somebody("phone"), somebody("laptop")
	befriend(t, m, "Bob", phone)
	befriend(t, m, "Bob", laptop)
	want := []protocol.UUID{phone.key().UUID(), laptop.key().UUID()}
	slices.SortFunc(want, compareUUIDs)
	if c := must[Contact](t)(m.ContactByName(ctx, "Bob")); !slices.Equal(c.UUIDs, want) {
		t.Errorf("Bob has %v, want %v", c.UUIDs, want)
	}
	if all := must[[]Contact](t)(m.Contacts(ctx)); len(all) != 1 || !slices.Equal(all[0].UUIDs, want) {
		t.Errorf("the phone book has %+v", all)
	}
	if !slices.Equal(m.LabelledUUIDs(), want) {
		t.Errorf("labelled are %v, want %v", m.LabelledUUIDs(), want)
	}
}

func TestAPersonIsRemovedOnlyWithoutFriendships(t *testing.T) {
	for _, s := range states {
		t.Run(string(s), func(t *testing.T) {
			m := fresh(t)
			f := befriend(t, m, "Bob", somebody("Bob"))
			set := func(pending Call) {
				must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error {
					f.State, f.Pending = s, pending
					return nil
				}))
			}
			set(CallEnd)
			wantCode(t, m.RemoveContact(ctx, "bob"), protocol.CodeWrongState)
			set(CallNone)
			err := m.RemoveContact(ctx, "bob")
			if s != StateRevoked && s != StateExpired && s != StateRefused {
				wantCode(t, err, protocol.CodeWrongState)
				ok(t, m.DeleteFriendship(ctx, f.ID))
				err = m.RemoveContact(ctx, "bob")
			}
			ok(t, err)
			if all := must[[]Contact](t)(m.Contacts(ctx)); len(all) != 0 {
				t.Errorf("left: %+v", all)
			}
			if all := must[[]Friendship](t)(m.Friendships(ctx)); len(all) != 0 {
				t.Errorf("left: %+v", all)
			}
		})
	}
	wantCode(t, fresh(t).RemoveContact(ctx, "Bob"), protocol.CodeUnknownName)
}

func TestThePersonOfALabelIsNeverMistakenForALaterOne(t *testing.T) {
	m := fresh(t)
	first := must[Contact](t)(m.AddContact(ctx, "Bob"))
	ok(t, m.RemoveContact(ctx, "Bob"))
	if second := must[Contact](t)(m.AddContact(ctx, "Carol")); second.ID == first.ID {
		t.Errorf("Carol has Bob's number %d", first.ID)
	}
}
