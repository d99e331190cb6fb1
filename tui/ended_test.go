package tui

import (
	"testing"

	"p4p/client"
	"p4p/tui/settings"
)

func TestWhoEndsAFriendshipIsToldOnceAndStaysInABannerUntilSeen(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.fake.ended = append(p.fake.ended, id(603))
	p.hears(client.FriendsChanged | client.NoticesChanged).sees("Bob ended the friendship; the name stays until you remove it (f).")
	p.press("j").hears(client.FriendsChanged).doesNotSee("remove it (f)").sees("○ Bob ended the friendship (W)")
	p.press("W").sees("until you remove it from your friends").press("y").did("dismiss ended")
	p.hears(client.NoticesChanged).doesNotSee("ended the friendship")
	p.press("L").sees("Bob ended the friendship; the name stays").press("esc")
	p.fake.ended = append(p.fake.ended, id(604))
	p.hears(client.NoticesChanged).sees("until you remove it (f).")
}

func TestAnEndThatCameWhileAnotherIsReadStaysInTheBanner(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.fake.ended = append(p.fake.ended, id(603))
	p.hears(client.NoticesChanged).press("W").sees("until you remove it from your friends")
	p.fake.ended = append(p.fake.ended, id(604))
	p.hears(client.NoticesChanged).press("y").did("dismiss ended")
	p.hears(client.NoticesChanged).press("j").hears(client.NoticesChanged).sees("○ Bob ended the friendship (W)")
	p.press("W", "y").hears(client.NoticesChanged).doesNotSee("ended the friendship")
}

func TestAnEndedFriendshipIsNewsWithoutAName(t *testing.T) {
	p := looksAway(t, settings.On, "xterm-kitty")
	p.fake.ended = append(p.fake.ended, id(603))
	p.hears(client.FriendsChanged | client.NoticesChanged).wait()
	if want := "\x1b]9;P4P: 1 friendship was ended\a\a"; p.raw != want {
		t.Errorf("sent %q, not %q", p.raw, want)
	}
	p.later(notifyEvery).hears(client.NoticesChanged).wait()
	if p.raw != "\x1b]9;P4P: 1 friendship was ended\a\a" {
		t.Errorf("told again: %q", p.raw)
	}
}

func TestARemovalSaysWhatItMeansInEachState(t *testing.T) {
	for state, want := range map[client.FriendState]string{
		client.StateFriend:   "Zoe sees that it ended",
		client.StateEnded:    "nobody is told of this",
		client.StateAccepted: "You take back that you accepted",
		client.StateExpired:  "It only leaves this list",
	} {
		f := newFake()
		f.friends = []client.Friendship{{Name: "Zoe", Friendship: id(1), State: state, Since: t0}}
		p := sit(t, f, 80, 24)
		p.press("f", "d").sees("Remove Zoe?", want)
		if state == client.StateEnded {
			p.doesNotSee("sees that it ended")
		}
	}
}
