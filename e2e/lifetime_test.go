package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A friendship from the phone book to the day that a machine is lost, in the app: the
// names come in, one of them is invited and becomes a friend, another friend is
// removed and sees a stranger, and a backup makes one oneself again elsewhere.
func TestAFriendshipForLifeInTheApp(t *testing.T) {
	if testing.Short() {
		t.Skip("a passphrase is slow to try on purpose")
	}
	dir := t.TempDir()
	alice, robin, mallory, next := filepath.Join(dir, "alice"), filepath.Join(dir, "robin"), filepath.Join(dir, "mallory"), filepath.Join(dir, "next")
	book, backup := filepath.Join(dir, "book.vcf"), filepath.Join(dir, "alice.age")
	if err := os.WriteFile(book, []byte("BEGIN:VCARD\nVERSION:3.0\nFN:Robin Okonkwo\nTEL;TYPE=CELL:+49 171 1\nEND:VCARD\n"+
		"BEGIN:VCARD\nVERSION:3.0\nTEL:+49 171 2\nEND:VCARD\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := decode[served](t, start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", t.TempDir()).next()).URL
	on := func(home string, args ...string) string {
		t.Helper()
		return run(t, home, append([]string{"--server", server, "--json"}, args...)...)
	}
	dark := themes["dark"]
	open := func(home string) *terminal {
		return openTerminal(t, home, 100, 30, dark.fg, dark.bg, "--server", server)
	}
	link := func(name string) string {
		t.Helper()
		for _, i := range decode[[]struct{ Name, Link string }](t, on(alice, "invites")) {
			if i.Name == name {
				return i.Link
			}
		}
		t.Fatalf("no invite for %s", name)
		return ""
	}

	s := open(alice)
	s.see("Welcome to P4P", "online")
	s.press("P")
	s.see("Profile", "take over a phone book")
	s.press("i")
	s.see("Import a phone book")
	s.press(book + "\r")
	s.see("Keep a phone number of each person too?")
	s.press("n")
	s.see("Nothing is changed yet", "Robin Okonkwo", "has no name")
	s.press("y")
	s.see("Added 1")
	s.press("\x1b")
	s.see("take over a phone book")
	s.press("\x1b")
	s.see("write a first post")

	for _, friend := range []struct{ typed, name, home string }{{"Rob\t", "Robin Okonkwo", robin}, {"Mallory", "Mallory", mallory}} {
		s.press("i")
		s.see("Who is it for?")
		s.press(friend.typed)
		s.see("› " + friend.name)
		s.press("\r")
		s.see("An invite for "+friend.name, "It works once")
		on(friend.home, "accept", "--name", "Alicia", "--", link(friend.name))
		s.see("Someone accepted the invite you made for " + friend.name)
		s.press("y")
		s.see(friend.name+" is a friend now", "compare safety numbers")
		s.press("\x1b")
		on(friend.home, "post", "Hello from "+friend.name)
		s.row(friend.name + ` ·.*\n.*Hello from ` + friend.name)
	}

	s.press("f")
	s.row(`┃★  Mallory\b.*`)
	s.press("d")
	s.see("Remove Mallory?", "sees that it ended")
	s.press("y")
	s.see("Mallory is removed. Become a stranger to Mallory as well?", "your friends follow by themselves")
	s.press("y")
	s.see("You have a new key.", "1 friend will be told")
	s.press("T")
	s.see("Tell 1 friend of your new key now?")
	s.press("y")
	s.see("Your friends know your new key.")
	s.press("\x1b")
	s.row(`anonymous .*\n.*Hello from Mallory`)
	s.press("n")
	s.see("New post")
	s.press("From somebody new")
	s.see("17 / 4,000")
	s.press("\x13")
	s.row(`◆  you ·.*\n.*From somebody new`)
	eventually(t, "the post on the server", func() bool { return strings.Contains(on(robin, "feed"), "From somebody new") })
	if got := on(robin, "feed"); !strings.Contains(got, `"name":"Alicia","you":false,"text":"From somebody new"`) {
		t.Errorf("her friend reads %s", got)
	}
	if got := on(mallory, "feed"); !strings.Contains(got, `"name":null,"you":false,"text":"From somebody new"`) {
		t.Errorf("who was her friend reads %s", got)
	}

	s.press("P")
	s.see("back up your keys")
	s.press("b")
	s.see("Back up to which file?")
	s.press("\x15" + backup + "\r")
	s.see("Passphrase for the backup")
	s.press(openSesame + "\r")
	s.see("The passphrase once more")
	s.press(openSesame + "\r")
	s.see("The backup is in")
	if strings.Contains(s.text(), openSesame) {
		t.Errorf("the passphrase is shown:\n%s", s.text())
	}
	s.press("\x03")
	s.ends()
	if err := os.RemoveAll(alice); err != nil {
		t.Fatal(err)
	}

	t.Setenv("P4P_PASSPHRASE", openSesame)
	run(t, next, "--json", "restore", backup)
	s = open(next)
	s.row(`Robin Okonkwo ·.*\n.*Hello from Robin Okonkwo`)
	s.row(`◆  you ·.*\n.*From somebody new`)
	s.row(`anonymous .*\n.*Hello from Mallory`)
	s.press("\x03")
	s.ends()
}
