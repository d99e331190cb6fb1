package client

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"p4p/protocol"
)

const (
	passphrase = "correct horse battery staple, crème brûlée"
	quickly    = 10 // tests have no thief
)

// moves restores a person's backup into a new home: their old one is gone.
func (p *person) moves(o *office, file string) *person {
	p.t.Helper()
	if err := p.Close(); err != nil {
		p.t.Fatal(err)
	}
	next := &person{t: p.t, opt: Options{Home: folder(p.t, "next"), Server: o.URL, Now: o.clock}}
	if _, err := Restore(p.t.Context(), next.opt, file, passphrase); err != nil {
		p.t.Fatal(err)
	}
	next.start()
	p.t.Cleanup(func() { _ = next.Close() })
	next.catchesUp()
	return next
}

func (p *person) backsUp() string {
	p.t.Helper()
	file := filepath.Join(folder(p.t, "backup"), "p4p.age")
	p.opt.scryptWork, p.Client.opt.scryptWork = quickly, quickly
	if err := p.Backup(p.t.Context(), file, passphrase); err != nil {
		p.t.Fatal(err)
	}
	return file
}

func TestARestoredPersonGoesOnAsTheSame(t *testing.T) {
	o := newOffice(t)
	alice, bob, carol, dan := o.enters("alice"), o.enters("bob"), o.enters("carol"), o.enters("dan")
	friend := o.friends(alice, "Bob", bob, "Alice")
	waiting, open := alice.invites("Carol"), alice.invites("Dan")
	carol.accepts(waiting, "Alice")
	key := alice.local.Key().Public
	alice = alice.moves(o, alice.backsUp())
	if alice.local.Key().Public != key {
		t.Fatal("she is somebody else")
	}
	wantName(t, alice, bob, "Bob")
	// She confirms what waited before, and the invite that is out still works.
	wantState(t, alice, waiting.Friendship, StateAccepted)
	alice.does(alice.Confirm, waiting.Friendship)
	carol.catchesUp()
	wantState(t, carol, waiting.Friendship, StateFriend)
	wantName(t, alice, carol, "Carol")
	dan.accepts(open, "Alice")
	alice.catchesUp()
	alice.does(alice.Confirm, open.Friendship)
	wantName(t, alice, dan, "Dan")
	// And ends what she had.
	alice.does(alice.Remove, friend)
	bob.catchesUp()
	wantState(t, bob, friend, StateEnded)
}

func TestABackupFromBeforeAStepCatchesUp(t *testing.T) {
	o := newOffice(t)
	alice, bob := o.enters("alice"), o.enters("bob")
	i := alice.invites("Bob")
	file := alice.backsUp() // she confirms after it
	bob.accepts(i, "Alice")
	alice.catchesUp()
	alice.does(alice.Confirm, i.Friendship)
	bob.catchesUp()
	alice = alice.moves(o, file)
	wantState(t, alice, i.Friendship, StateAccepted)
	alice.does(alice.Confirm, i.Friendship)
	alice.catchesUp()
	bob.catchesUp()
	wantState(t, alice, i.Friendship, StateFriend)
	wantState(t, bob, i.Friendship, StateFriend)
	wantName(t, alice, bob, "Bob")
}

func TestABackupAppearsWholeAndForItsOwnerAlone(t *testing.T) {
	c, dir := atHome(t), t.TempDir()
	c.opt.scryptWork = quickly
	file := filepath.Join(dir, "p4p.age")
	for range 2 { // an earlier backup is replaced
		if err := c.Backup(t.Context(), file, passphrase); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	letter := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(letter, []byte("Dear Ann,"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Backup(t.Context(), letter, passphrase), protocol.CodeExists)
	wantCode(t, c.Backup(t.Context(), dir, passphrase), protocol.CodeExists)
	wantCode(t, c.Backup(t.Context(), filepath.Join(dir, "nowhere", "x"), passphrase), protocol.CodeUsage)
	wantCode(t, c.Backup(t.Context(), file, ""), protocol.CodeUsage)
	for name, want := range map[string]protocol.Code{ // before a passphrase is typed
		letter: protocol.CodeExists, dir: protocol.CodeExists, filepath.Join(dir, "nowhere", "x"): protocol.CodeUsage, file: "", filepath.Join(dir, "new"): "",
	} {
		wantCode(t, c.CheckBackup(name), want)
	}
	broken := errors.New("the disk is full")
	if err := writeWhole(file, func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if _, err := Restore(t.Context(), Options{Home: t.TempDir()}, file, passphrase); err != nil {
		t.Errorf("the earlier backup is spoilt: %v", err)
	}
}

func TestWhatCannotBeRestoredSaysWhyAndMakesNothing(t *testing.T) {
	c := atHome(t)
	c.opt.scryptWork = quickly
	file := filepath.Join(t.TempDir(), "p4p.age")
	if err := c.Backup(t.Context(), file, passphrase); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(whole)
	changed[len(changed)-5] ^= 1
	var foreign, forKey bytes.Buffer
	if err := encrypt(&foreign, []byte("Dear diary"), passphrase, quickly); err != nil {
		t.Fatal(err)
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	w, err := age.Encrypt(&forKey, identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(whole); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for what, try := range map[string]struct {
		bytes      []byte
		passphrase string
		want       protocol.Code
	}{
		"a wrong passphrase":    {whole, "correct horse", protocol.CodeWrongPassphrase},
		"no passphrase":         {whole, "", protocol.CodeUsage},
		"cut in its first word": {whole[:7], passphrase, protocol.CodeBadBackup},
		"cut in its head":       {whole[:60], passphrase, protocol.CodeBadBackup},
		"cut at its end":        {whole[:len(whole)-1], passphrase, protocol.CodeBadBackup},
		"a bit changed":         {changed, passphrase, protocol.CodeBadBackup},
		"an empty file":         {nil, passphrase, protocol.CodeBadBackup},
		"a text":                {[]byte("Dear Ann,\n"), passphrase, protocol.CodeBadBackup},
		"another age file":      {foreign.Bytes(), passphrase, protocol.CodeBadBackup},
		"one for a key":         {forKey.Bytes(), passphrase, protocol.CodeBadBackup},
	} {
		t.Run(what, func(t *testing.T) {
			home, file := filepath.Join(t.TempDir(), "home"), filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(file, try.bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Restore(t.Context(), Options{Home: home}, file, try.passphrase)
			wantCode(t, err, try.want)
			if _, err := os.Stat(home); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a home was made: %v", err)
			}
		})
	}
	_, err = Restore(t.Context(), Options{Home: t.TempDir()}, filepath.Join(t.TempDir(), "nowhere"), passphrase)
	wantCode(t, err, protocol.CodeUsage)
}

func TestAPassphraseIsTheSameFromEveryKeyboard(t *testing.T) {
	c, home := atHome(t), t.TempDir()
	c.opt.scryptWork = quickly
	file := filepath.Join(home, "p4p.age")
	if err := c.Backup(t.Context(), file, "cre\u0300me"); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), Options{Home: home}, file, "cr\u00e8me"); err != nil {
		t.Error(err)
	}
	if err := CanRestore(t.Context(), Options{Home: home}); err != nil {
		t.Errorf("an empty profile came of an empty one: %v", err)
	}
}
