package tui

import (
	"fmt"
	"testing"
	"time"

	"p4p/client"
	"p4p/protocol"
)

// unreadFriends is a phone book whose friends posted since it was last read.
func unreadFriends() *fake {
	f := crowded()
	u, carol := bob.UUID(), key(5)
	befriend := func(n int, name string, device protocol.PublicKey) {
		f.labels[device] = client.Label{Kind: client.Friend, Name: name}
		f.friends = append(f.friends, client.Friendship{Name: name, UUID: &u, Friendship: id(n), State: client.StateFriend, Since: t0.Add(-9 * 24 * time.Hour)})
	}
	befriend(610, "Frank", carol)
	befriend(611, "Grace", key(4))
	befriend(612, "Heidi", bob)
	befriend(613, "Heidi", bob) // her second device
	for v := range views {
		f.read[client.View(v)] = uint64(len(f.log))
	}
	f.says(bob, 50*time.Minute, "one")
	f.says(bob, 20*time.Minute, "two")
	f.says(carol, 2*time.Minute, "unheard")
	f.muted[carol.UUID().String()] = true
	return f
}

func TestFriendsTellWhatTheyPostedAndWhatIsUnread(t *testing.T) {
	f := unreadFriends()
	p := sit(t, f, 80, 24).press("f")
	p.sees("Alice posted 3h ago · friend for 3d, verified", "Frank muted · friend", "Grace posted nothing yet", "Heidi 2 new · posted 20m ago", "Heidi friend for 9d")
	f.says(bob, 0, "three") // and it is told at once
	p.hears(client.FeedChanged).sees("Heidi 3 new · posted just now")
	looks := f.activityReads
	for range 50 {
		f.says(bob, 0, "more")
		p.hears(client.FeedChanged)
	}
	if f.activityReads != looks {
		t.Errorf("it looked %d times within a second", f.activityReads-looks)
	}
	p.wait().sees("Heidi 53 new")
	if f.activityReads != looks+1 {
		t.Errorf("it looked %d times", f.activityReads-looks)
	}
	p.wait().wait()
	if f.activityReads != looks+1 {
		t.Errorf("it looked %d times although nothing changed", f.activityReads-looks)
	}
}

func TestReadingAFriendsPostsLowersTheCount(t *testing.T) {
	f := unreadFriends()
	p := sit(t, f, 80, 24).press("f").selects("Heidi").press("w")
	p.sees("┃★ Heidi", "two", "•★ Heidi", "one").wait().doesNotSee("•")
	p.press("esc").hears(client.FeedChanged).wait().sees("Heidi posted 20m ago").doesNotSee("2 new")
	if f.readOf["Heidi"] != 10 || f.read[client.Everyone] != 8 {
		t.Errorf("read is %v, %v", f.readOf, f.read)
	}
}

func TestAFriendsPostsCountAsReadOnlyOnceAllWereOnTheScreen(t *testing.T) {
	f := unreadFriends()
	for i := range 100 {
		f.says(bob, 0, fmt.Sprint("further ", i))
	}
	p := sit(t, f, 80, 24).press("f").selects("Heidi")
	p.sees("Heidi 99+ new").press("w").wait()
	if n := f.readOf["Heidi"]; n != 0 {
		t.Errorf("the first page read up to %d", n)
	}
	p.press("G").wait()
	if n := f.readOf["Heidi"]; n != 0 {
		t.Errorf("a leap read up to %d", n)
	}
	p.press("g")
	for range 150 {
		p.press("j")
	}
	p.wait()
	if n := f.readOf["Heidi"]; n != uint64(len(f.log)) {
		t.Errorf("all of it read up to %d of %d:\n%s", n, len(f.log), p.text())
	}
	p.press("esc").hears(client.FeedChanged).wait().doesNotSee("99+")
}
