package client

import (
	"slices"
	"strings"
	"testing"

	"p4p/protocol"
)

// told are the friendships whose end p is told of, with the sentence.
func told(p *person) (about []protocol.UUID, text string) {
	p.t.Helper()
	all, err := p.Warnings(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, w := range all {
		if w.Kind == FriendshipEnded {
			about, text = append(about, w.Friendships...), text+w.Text
		}
	}
	return about, text
}

func TestWhoseFriendshipEndedIsToldUntilSeenOrRemoved(t *testing.T) {
	o := newOffice(t)
	anna, bob, carol, dora := o.enters("anna"), o.enters("bob"), o.enters("carol"), o.enters("dora")
	withBob, withCarol, withDora := o.friends(anna, "Bob", bob, "Anna"), o.friends(anna, "Carol", carol, "Anna"), o.friends(anna, "Dora", dora, "Anna")
	wants := func(words string, about ...protocol.UUID) {
		t.Helper()
		got, text := told(anna)
		slices.SortFunc(got, func(a, b protocol.UUID) int { return strings.Compare(a.String(), b.String()) })
		slices.SortFunc(about, func(a, b protocol.UUID) int { return strings.Compare(a.String(), b.String()) })
		if !slices.Equal(got, about) || !strings.HasPrefix(text, words) {
			t.Fatalf("told of %v: %q, want %v: %q", got, text, about, words)
		}
	}
	wants("")
	bob.does(bob.Remove, withBob)
	anna.catchesUp()
	wants("Bob ended the friendship: the name stays", withBob)
	anna.restarts()
	wants("Bob ended the friendship", withBob)
	dismisses(t, anna.Client, FriendshipEnded)
	wants("")
	carol.does(carol.Remove, withCarol)
	dora.does(dora.Remove, withDora)
	anna.catchesUp()
	wants("Carol, Dora ended the friendship", withCarol, withDora)
	anna.does(anna.Remove, withCarol)
	wants("Dora ended the friendship", withDora)
	if got, _ := told(bob); len(got) != 0 { // it is his own doing
		t.Errorf("bob is told of %v", got)
	}
}

func TestAnEndThatCameWhileAnotherWasShownIsToldAfterThatWasSeen(t *testing.T) {
	o := newOffice(t)
	anna, bob, carol := o.enters("anna"), o.enters("bob"), o.enters("carol")
	withBob, withCarol := o.friends(anna, "Bob", bob, "Anna"), o.friends(anna, "Carol", carol, "Anna")
	bob.does(bob.Remove, withBob)
	anna.catchesUp()
	ofBob := shown(t, anna.Client, FriendshipEnded)
	carol.does(carol.Remove, withCarol)
	anna.catchesUp()
	if err := anna.Dismiss(t.Context(), ofBob); err != nil {
		t.Fatal(err)
	}
	if got, text := told(anna); !slices.Equal(got, []protocol.UUID{withCarol}) {
		t.Errorf("told of %v: %q", got, text)
	}
	dismisses(t, anna.Client, FriendshipEnded)
	if got, text := told(anna); len(got) > 0 {
		t.Errorf("told again of %v: %q", got, text)
	}
}

// Nobody ever had the name.
func TestAStrangerWhoEndsAnAcceptanceIsNobodyToTellOf(t *testing.T) {
	o := newOffice(t)
	anna, thief := o.enters("anna"), o.enters("thief")
	i := anna.invites("Bob")
	thief.accepts(i, "Anna")
	anna.catchesUp()
	thief.does(thief.Remove, i.Friendship)
	anna.catchesUp()
	wantState(t, anna, i.Friendship, StateEnded)
	if got, text := told(anna); len(got) != 0 {
		t.Errorf("told %q", text)
	}
}
