package tui

import (
	"errors"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/graphics"
	"p4p/tui/settings"
)

// lively is a feed with a bit of everything.
func lively() *fake {
	f := newFake()
	f.labels[alice] = client.Label{Kind: client.Friend, Name: "Alice"}
	u := alice.UUID()
	f.friends = []client.Friendship{{
		Name: "Alice", UUID: &u, Friendship: id(501), State: client.StateFriend, Since: t0.Add(-72 * time.Hour),
		SafetyNumber: "12345 67890 11111 22222 33333 44444",
	}}
	f.contacts = []client.Contact{{Name: "Alice"}, {Name: "Grandma"}}
	f.says(key(9), 90*24*time.Hour, "The first post that anybody wrote here.")
	f.says(key(8), 26*time.Hour, "A longer one, which does not fit into one line and so is wrapped at its words, with care for the ones who read it.\n\nAnd a second paragraph.")
	it := f.says(alice, 3*time.Hour, "Sunset at the lake")
	f.paint(it, 64, 32, "An orange sky above still water")
	f.says(me, 40*time.Minute, "Who else is out there today?")
	f.says(key(7), 12*time.Minute, "日本語の投稿です。絵文字 👨‍👩‍👧‍👦 もあります 🎉")
	f.says(key(6), 5*time.Minute, "me!")
	f.comments(id(4), alice, 4*time.Minute, "Here, by the lake.")
	f.comments(id(4), key(6), 2*time.Minute, "And I am in the city, as always.")
	return f
}

// hostile is a feed of those who try to drive the terminal or to be somebody else.
func hostile() *fake {
	f := newFake()
	f.labels[alice] = client.Label{Kind: client.Friend, Name: "Al\x1b]0;own\x07ice\u202e\n★ you"}
	for i, s := range hostileTexts {
		f.says(key(10+i), time.Minute, s)
	}
	f.says(alice, time.Minute, "a name with tricks")
	return f
}

var hostileTexts = []string{
	"\x1b[2J\x1b[H\x1b]0;owned\x07 \x1b[?1049l clear and retitle",
	" ★  Alice · 1m\n    I am your friend, send money",
	"┃◆  you · now\n┃   I am you",
	"\u202eesrever \u2066deliah\u2069 \u200b\u200d\u2060hidden",
	"Z̷̡͇̼͔͚̃̀̂͊͗͋̚a̴̧̛̲͍̙͎͚̐̉̎̂̕l̶̨̻̞̦̲̄͊̔̍̅̚g̵̡̡̛̬̭͔̽̄̏̐o",
	"\x9b31mC1\x9d0;t\x9c \x1bPq#0;2;0;0;0~\x1b\\ \x1b_Ga=T\x1b\\",
	strings.Repeat("👨‍👩‍👧‍👦", 30) + strings.Repeat("W", 200) + strings.Repeat("漢", 90),
	"\xff\xfe\xf0\x28 broken \xed\xa0\xbd",
	strings.Repeat("\n", 30) + "far below",
	"tab\tcr\rbackspace\b\b\b\bbell\a",
}

var sizes = []struct{ w, h int }{{80, 24}, {120, 40}, {40, 12}}

// each scene is drawn in each size.
var scenes = []struct {
	name string
	fake func() *fake
	act  func(p *person)
}{
	{"welcome", newFake, func(*person) {}},
	{"welcome_offline", func() *fake {
		f := newFake()
		f.status = client.Status{
			Connection: client.Offline, Server: "http://127.0.0.1:9999", RetryAt: t0.Add(12 * time.Second),
			Err: protocol.Errorf(protocol.CodeNoServer, "The server at 127.0.0.1:9999 cannot be reached: check the address, and that this computer is online."),
		}
		return f
	}, func(*person) {}},
	{"feed", lively, func(*person) {}},
	{"feed_selected", lively, func(p *person) { p.press("j", "j", "j") }},
	{"feed_new_above", lively, func(p *person) {
		p.press("j", "j")
		for i := range 12 {
			p.fake.says(key(20+i), 0, fmt.Sprintf("new post %d", i))
		}
		p.hears(client.FeedChanged)
	}},
	{"feed_hostile", hostile, func(*person) {}},
	{"feed_hostile_end", hostile, func(p *person) { p.press("G") }},
	{"feed_outbox", func() *fake {
		f := lively()
		f.outbox = []client.Item{
			{ID: id(901), Kind: protocol.KindPost, Author: me, Text: "Waiting for the train, and for the server.", CreatedAt: t0, Pending: &client.Pending{}},
			{ID: id(902), Kind: protocol.KindPost, Author: me, Text: "Too early.", CreatedAt: t0, Pending: &client.Pending{
				Refused: protocol.Errorf(protocol.CodeClockAhead, "Your clock is 9 minutes ahead of the server's: set it right, then send again."),
			}},
		}
		f.status = client.Status{
			Connection: client.Offline, Server: "https://p4p.example", Outbox: 2, Refused: 1, RetryAt: t0.Add(12 * time.Second),
			Err: protocol.Errorf(protocol.CodeNoServer, "The server at p4p.example cannot be reached."),
		}
		return f
	}, func(p *person) { p.press("j") }},
	{"feed_catching_up", func() *fake {
		f := lively()
		f.status = client.Status{Connection: client.CatchingUp, Behind: 12345}
		return f
	}, func(*person) {}},
	{"feed_friends_empty", newFake, func(p *person) { p.press("tab") }},
	{"feed_mine_empty", newFake, func(p *person) { p.press("tab", "tab") }},
	{"feed_delete", lively, func(p *person) { p.press("j", "j", "j", "d"); p.hears(client.FeedChanged) }},
	{"feed_undo", lively, func(p *person) {
		p.press("j", "j", "j", "d")
		p.hears(client.FeedChanged)
		p.press("U")
		p.hears(client.FeedChanged)
	}},
	{"thread_delete", lively, func(p *person) {
		p.fake.comments(id(4), me, time.Minute, "I am here too.")
		p.fake.comments(id(4), me, time.Minute, "And here.")
		p.press("j", "j", "j", "enter", "G", "d")
		p.hears(client.FeedChanged)
		p.press("d")
		p.hears(client.FeedChanged)
	}},
	{"feed_report", lively, func(p *person) { p.press("j", "!"); p.types("spam") }},
	{"feed_unread", func() *fake { f := lively(); f.read[client.Everyone], f.read[client.Replies] = 2, 7; return f }, func(*person) {}},
	{"feed_replies", func() *fake { f := lively(); f.read[client.Replies] = 7; return f }, func(p *person) { p.press("shift+tab") }},
	{"feed_replies_empty", newFake, func(p *person) { p.press("shift+tab") }},
	{"feed_address", func() *fake { return linked("Look: " + longAddress + ", and (https://b.example/ü).") }, func(p *person) { p.press("j") }},
	{"addresses", func() *fake {
		return linked("Look: " + longAddress + ", and (https://b.example/ü). http://c.example \x1b]8;;https://evil.example\x07https://\u202eelpmaxe.d/\x07")
	}, func(p *person) { p.press("j", "o") }},
	{"addresses_copied", func() *fake { return linked("https://b.example/ü http://c.example") }, func(p *person) { p.press("j", "y", "j", "j") }},
	{"name_looks_alike", lively, func(p *person) { p.press("i").types("\u0410lice").press("enter") }},
	{"palette", lively, func(p *person) { p.press("j", ":") }},
	{"palette_found", lively, func(p *person) { p.press(":"); p.types("post") }},
	{"mute_asks", lively, func(p *person) { p.press("j", "z") }},
	{"muted", func() *fake {
		f := hostile()
		f.muted[alice.UUID().String()], f.muted[key(11).UUID().String()] = true, true
		for n := 3; n < 9; n++ {
			f.muted[id(n).String()] = true
		}
		f.muted[id(999).String()] = true
		return f
	}, func(p *person) { p.press("Z", "j") }},
	{"you", lively, func(p *person) { p.press("P") }},
	{"you_forget", lively, func(p *person) { p.press("P", "X"); p.types("forge") }},
	{"warning_backup", func() *fake {
		f := lively()
		f.warnings = []client.Warning{{Kind: client.BackupDue, Text: "There is no backup of your friends: if this machine is lost, nobody can give their names back. p4p backup FILE makes one."}}
		return f
	}, func(p *person) { p.press("W") }},
	{"you_passphrase", lively, func(p *person) { p.press("P", "b", "enter"); p.types("secret words") }},
	{"you_import_numbers", lively, func(p *person) { p.press("P", "i"); p.types("book.vcf"); p.press("enter") }},
	{"you_import_plan", lively, func(p *person) { p.press("P", "i"); p.types("book.vcf"); p.press("enter", "y") }},
	{"you_imported", lively, func(p *person) { p.press("P", "i"); p.types("book.vcf"); p.press("enter", "n", "y") }},
	{"you_move", func() *fake { f := lively(); f.loopback = true; return f }, func(p *person) { p.press("P", "m", "y") }},
	{"warning", warned, func(p *person) {}},
	{"warning_read", warned, func(p *person) { p.press("W") }},
	{"friends_key_changed", warned, func(p *person) { p.press("f") }},
	{"change_key", lively, func(p *person) { p.press("f", "K") }},
	{"change_key_told", lively, func(p *person) { p.press("f", "K", "y"); p.hears(client.FriendsChanged) }},
	{"search", lively, func(p *person) { p.press("/") }},
	{"search_found", lively, func(p *person) { p.press("/"); p.types("e") }},
	{"search_nothing", lively, func(p *person) { p.press("/"); p.types("xyzzy") }},
	{"search_hostile", hostile, func(p *person) { p.press("/"); p.types("a"); p.press("enter", "j") }},
	{"search_server", lively, func(p *person) { p.press("/"); p.types("e"); p.press("ctrl+s") }},
	{"author", lively, func(p *person) { p.press("j", "j", "w") }},
	{"bookmarks", lively, func(p *person) { p.press("j", "j", "b", "B") }},
	{"bookmarks_empty", lively, func(p *person) { p.press("B") }},
	{"outbox", pending, func(p *person) { p.press("O") }},
	{"outbox_waiting", pending, func(p *person) { p.press("O", "j", "j") }},
	{"outbox_sending", pending, func(p *person) { p.press("O", "j") }},
	{"outbox_undo", pending, func(p *person) { p.press("O", "j", "j", "j", "j") }},
	{"outbox_discard", pending, func(p *person) { p.press("O", "x") }},
	{"outbox_edit", pending, func(p *person) { p.press("O", "e") }},
	{"outbox_empty", lively, func(p *person) { p.press("O") }},
	{"outbox_hostile", pendingHostile, func(p *person) { p.press("O", "j") }},
	{"outbox_hostile_end", pendingHostile, func(p *person) { p.press("O", "G") }},
	{"muted_empty", lively, func(p *person) { p.press("Z") }},
	{"eye", lively, func(p *person) { p.press("j", "j", "j", "v") }},
	{"eye_hostile", hostile, func(p *person) { p.press("j", "j", "v") }},
	{"eye_thread", lively, func(p *person) { p.press("j", "j", "j", "enter", "j", "v") }},
	{"eye_whole", lively, func(p *person) { p.press("j", "v", "r") }},
	{"eye_friends", crowded, func(p *person) { p.press("f", "v") }},
	{"eye_offline", func() *fake { f := lively(); f.err = protocol.Errorf(protocol.CodeNoServer, "x"); return f }, func(p *person) { p.press("v") }},
	{"thread", lively, func(p *person) { p.press("j", "j", "j", "enter") }},
	{"thread_picture", lively, func(p *person) { p.press("j", "j", "j", "j", "enter") }},
	{"picture", lively, func(p *person) { p.press("j", "j", "j", "j", "p") }},
	{"picture_loading", func() *fake { f := lively(); f.pictures = nil; return f }, func(p *person) { p.app.pictures.wait = true; p.press("j", "j", "j", "j", "p") }},
	{"picture_missing", func() *fake { f := lively(); f.pictures = nil; return f }, func(p *person) { p.press("j", "j", "j", "j", "p") }},
	{"picture_off", lively, func(p *person) { p.app.pictures.mode = graphics.Off; p.press("j", "j", "j", "j", "p") }},
	{"picture_hostile", func() *fake {
		f := hostile()
		it := f.says(alice, 0, "look")
		f.paint(it, 2000, 40, strings.Join(hostileTexts, " "))
		return f
	}, func(p *person) { p.press("j", "p") }},
	{"thread_writing", lively, func(p *person) { p.press("j", "j", "j", "c"); p.types("So many of us!") }},
	{"compose", lively, func(p *person) { p.press("n") }},
	{"compose_text", lively, func(p *person) { p.press("n"); p.types("Hello, whoever you are.\nA second line.") }},
	{"compose_over", lively, func(p *person) { p.press("n"); p.paste(strings.Repeat("too long ", 500)) }},
	{"compose_choose", lively, func(p *person) { p.press("n"); p.types("Look:"); p.press("ctrl+o", "down") }},
	{"compose_choose_typed", lively, func(p *person) { p.press("n", "ctrl+o"); p.types("un") }},
	{"compose_choose_nothing", lively, func(p *person) { p.press("n", "ctrl+o"); p.types("no/such.png") }},
	{"compose_choose_bad", lively, func(p *person) {
		p.press("n")
		p.types("Look:")
		p.press("ctrl+o")
		p.types("broken")
		p.press("enter")
	}},
	{"compose_alt", lively, func(p *person) { p.press("n"); p.types("Look:"); p.press("ctrl+o"); p.types("sun"); p.press("enter") }},
	{"compose_picture", lively, func(p *person) {
		p.press("n")
		p.types("Look:")
		p.press("ctrl+o")
		p.types("sun")
		p.press("enter")
		p.types("Orange over navy")
		p.press("enter")
	}},
	{"invite_name", lively, func(p *person) { p.press("i"); p.types("G") }},
	{"invite", lively, func(p *person) { p.press("i"); p.types("Bob"); p.press("enter") }},
	{"invite_loopback", func() *fake { f := lively(); f.loopback = true; return f }, func(p *person) { p.press("i"); p.types("Bob"); p.press("enter") }},
	{"invite_sms", lively, func(p *person) { p.press("i"); p.types("Bob"); p.press("enter", "m") }},
	{"invite_expired", lively, func(p *person) {
		p.press("i")
		p.types("Bob")
		p.press("enter")
		p.app.now = func() time.Time { return t0.Add(8 * 24 * time.Hour) }
	}},
	{"invite_network", func() *fake { f := lively(); f.loopback = true; return f }, func(p *person) { p.press("i"); p.types("Bob"); p.press("enter", "L") }},
	{"invite_accepted", lively, func(p *person) {
		p.press("i")
		p.types("Bob")
		p.press("enter")
		p.fake.someoneAccepts()
		p.hears(client.FriendsChanged | client.NoticesChanged)
	}},
	{"invite_friend", lively, func(p *person) {
		p.press("i").types("Bob").press("enter")
		p.fake.someoneAccepts()
		p.hears(client.FriendsChanged | client.NoticesChanged).press("y")
		p.hears(client.FriendsChanged | client.NoticesChanged)
	}},
	{"invite_later", lively, func(p *person) {
		p.press("i").types("Bob").press("enter")
		p.fake.someoneAccepts()
		p.hears(client.FriendsChanged | client.NoticesChanged).press("esc")
	}},
	{"invite_same", lively, func(p *person) { p.press("i").types("Alice").press("enter") }},
	{"confirm_same", lively, func(p *person) {
		p.fake.friends = append(p.fake.friends, client.Friendship{Name: "Alice", Friendship: id(502), State: client.StateInvited, Inviter: true, Since: t0})
		p.fake.someoneAccepts()
		p.hears(client.FriendsChanged | client.NoticesChanged)
		p.press("y", "y")
	}},
	{"notice", lively, func(p *person) {
		p.press("i")
		p.types("Bob")
		p.press("enter", "esc")
		p.fake.someoneAccepts()
		p.hears(client.FriendsChanged | client.NoticesChanged)
	}},
	{"accept_asks", newFake, func(p *person) { p.press("a") }},
	{"accept_bad", newFake, func(p *person) { p.press("a"); p.types("https://p4p.example/f/12345"); p.press("enter") }},
	{"accept_shown", newFake, func(p *person) { p.paste("look: " + aLink(false).URL()) }},
	{"accept_name", newFake, func(p *person) { p.paste(aLink(false).URL()); p.press("enter"); p.types("Ali") }},
	{"accept_same", lively, func(p *person) {
		p.paste(aLink(false).URL())
		p.press("enter")
		p.types("Alice")
		p.press("enter")
	}},
	{"accept_done", newFake, func(p *person) {
		p.paste(aLink(false).URL())
		p.press("enter")
		p.types("Alice")
		p.press("enter")
	}},
	{"accept_error", newFake, func(p *person) {
		p.fake.err = protocol.Errorf(protocol.CodeAlreadyAccepted, "This invite was already used; if it was not you, tell your friend.")
		p.paste(aLink(false).URL())
		p.press("enter")
	}},
	{"friends_empty", newFake, func(p *person) { p.press("f") }},
	{"friends", crowded, func(p *person) { p.press("f", "j") }},
	{"friends_unread", unreadFriends, func(p *person) { p.press("f", "j", "j") }},
	{"friends_details", crowded, func(p *person) { p.press("f", "j", "enter") }},
	{"friends_remove", crowded, func(p *person) { p.press("f", "j", "d") }},
	{"friends_verify", lively, func(p *person) { p.press("f", "s") }},
	{"friends_verify_type", lively, func(p *person) { p.press("f", "s"); p.paste("12345 67890") }},
	{"friends_rename", crowded, func(p *person) { p.press("f", "j", "r") }},
	{"server", newFake, func(p *person) { p.press("s") }},
	{"help", lively, func(p *person) { p.press("?") }},
	{"too_small", lively, func(p *person) { p.send(tea.WindowSizeMsg{Width: 20, Height: 5}) }},
	{"log", lively, func(p *person) {
		p.run(p.app.fail(protocol.Errorf(protocol.CodeNoServer, "The server at p4p.example cannot be reached.").Because(errors.New("dial tcp: connection refused"))))
		p.run(p.app.say(good, "Posted."))
		p.press("L")
	}},
	{"log_empty", lively, func(p *person) { p.press("L") }},
	{"log_hostile", lively, func(p *person) {
		for _, text := range hostileTexts {
			p.run(p.app.fail(errors.New(text)))
		}
		p.press("L")
	}},
	{"thread_empty", lively, func(p *person) { p.press("j", "enter") }},
	{"thread_hostile", func() *fake {
		f := hostile()
		for i, text := range hostileTexts {
			f.comments(id(11), key(40+i), time.Minute, text)
		}
		return f
	}, func(p *person) { p.press("j", "enter", "j", "j", "j") }},
	{"friends_hostile", func() *fake {
		f := crowded()
		for i, text := range hostileTexts {
			f.friends[i%len(f.friends)].Name = text
		}
		return f
	}, func(p *person) { p.press("f", "j") }},
	{"notice_hostile", func() *fake { f := crowded(); f.friends[1].Name = hostileTexts[0] + hostileTexts[1]; return f }, func(p *person) { p.press("y") }},
	{"author_empty", crowded, func(p *person) {
		p.press("f")
		p.selects("Carol")
		p.press("w")
	}},
	{"friends_add", crowded, func(p *person) { p.press("f", "+"); p.types("Grandpa") }},
	{"friends_forget", lively, func(p *person) { p.press("f", "G", "d") }},
	{"friends_revoke", crowded, func(p *person) {
		p.press("f")
		p.selects("Eve")
		p.press("x")
	}},
	{"friends_removed", lively, func(p *person) { p.press("f", "d", "y") }},
	{"friends_tell", func() *fake { f := lively(); f.left = 3; return f }, func(p *person) { p.press("f", "T") }},
	{"refuse", crowded, func(p *person) { p.press("y", "n") }},
	{"refused", crowded, func(p *person) {
		p.press("y", "n", "y")
		p.hears(client.NoticesChanged | client.FriendsChanged)
	}},
	{"you_profile", lively, func(p *person) { p.press("P", "+"); p.types("work") }},
	{"you_backup", lively, func(p *person) { p.press("P", "b") }},
	{"you_backup_differs", lively, func(p *person) {
		p.press("P", "b", "enter")
		p.types("secret words")
		p.press("enter")
		p.types("secret world")
		p.press("enter")
	}},
	{"search_server_name", lively, func(p *person) {
		p.press("/")
		p.types("alice")
		p.fake.err = protocol.Errorf(protocol.CodeNamesStayLocal, "That is a name in your phone book, and names stay on this machine.")
		p.press("ctrl+s")
	}},
	{"search_server_offline", lively, func(p *person) {
		p.press("/")
		p.types("lake")
		p.fake.err = protocol.Errorf(protocol.CodeNoServer, "The server at p4p.example cannot be reached: check the address, and that this computer is online.")
		p.press("ctrl+s")
	}},
	{"restore", newFake, func(p *person) { p.press("R") }},
	{"restore_passphrase", newFake, func(p *person) {
		p.press("R")
		p.types("testdata/album/notes.txt")
		p.press("enter")
		p.types("open sesame")
	}},
	{"restore_bad", newFake, func(p *person) {
		p.press("R")
		p.types("testdata/album/notes.txt")
		p.press("enter")
		p.types("open sesame")
		p.press("enter")
	}},
	{"receive", newFake, func(p *person) { p.press("V") }},
	{"receive_bad", newFake, func(p *person) {
		p.press("V")
		p.paste(aLink(false).URL())
		p.press("enter")
	}},
	{"other_server", func() *fake { f := elsewhere(); f.other = "https://p4p.example"; return f }, func(p *person) {
		p.press("a")
		p.paste(aLink(false).URL())
		p.press("enter")
	}},
	{"other_server_new", elsewhere, func(p *person) {
		p.press("a")
		p.paste(aLink(false).URL())
		p.press("enter", "y")
	}},
	{"discard", func() *fake {
		f := lively()
		f.waits(protocol.KindPost, protocol.UUID{}, "Waiting for the train.")
		return f
	}, func(p *person) { p.press("j", "x") }},
}

// crowded is a phone book with friendships in every state.
func crowded() *fake {
	f := lively()
	f.friends[0].Verified = true
	soon := t0.Add(50 * time.Hour)
	add := func(n int, name string, s client.FriendState, inviter bool) *client.Friendship {
		f.friends = append(f.friends, client.Friendship{Name: name, Friendship: id(n), State: s, Inviter: inviter, Since: t0.Add(-time.Duration(n-600) * time.Hour)})
		return &f.friends[len(f.friends)-1]
	}
	add(601, "Bob", client.StateAccepted, true).SafetyNumber = "12345 67890 11111 22222 33333 44444"
	add(602, "Carol with a name that is rather long", client.StateAccepted, false).Unsent = true
	add(603, "Dave 👨‍👩‍👧‍👦", client.StateEnded, true)
	add(604, "Eve", client.StateInvited, true).ExpiresAt = &soon
	add(605, "Mallory\x1b[31m", client.StateRefused, true)
	add(606, "Peggy", client.StateExpired, true)
	add(607, "Trent", client.StateRevoked, true)
	f.invites = []client.Invite{{Name: "Eve", Friendship: id(604), Link: aLink(false), State: client.StateInvited, ExpiresAt: soon}}
	return f
}

func TestEveryScreenLooksAsItWasRead(t *testing.T) {
	for _, s := range scenes {
		for _, size := range sizes {
			name := fmt.Sprintf("%s_%dx%d", s.name, size.w, size.h)
			t.Run(name, func(t *testing.T) {
				p := sit(t, s.fake(), size.w, size.h)
				s.act(p)
				p.golden(name)
			})
		}
	}
}

func TestEachThemeLooksAsItWasRead(t *testing.T) {
	for _, tt := range []struct {
		name       string
		background color.Color
		colour     bool
		setting    string
	}{
		{"theme_dark", color.Black, true, "auto"},
		{"theme_light", color.White, true, "auto"},
		{"theme_no_color", color.Black, false, "auto"},
		{"theme_high_contrast_dark", color.Black, true, "high-contrast"},
		{"theme_high_contrast_light", color.Black, true, "high-contrast-light"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set := settings.Default()
			set.Theme = tt.setting
			p := sitWith(t, lively(), 80, 24, Options{Settings: &set}, tt.colour)
			p.send(tea.BackgroundColorMsg{Color: tt.background})
			p.press("j", "j", "j")
			p.styled(tt.name)
		})
	}
}

// warned is a profile in which something is wrong.
func warned() *fake {
	f := lively()
	for i := range f.friends {
		if f.friends[i].Name == "Alice" {
			f.friends[i].Refusal = protocol.CodeBrokenSuccession
		}
	}
	f.warnings = []client.Warning{{
		Kind: client.KeyChanged, Loud: true,
		Text: "Another key took the place of Alice, and the key that you know did not sign for it. It is not shown by that name, and it is not verified any more. Ask your friend, by another way than P4P, whether their device was lost or copied; if so, remove the friendship and make a new invite.",
	}}
	return f
}
