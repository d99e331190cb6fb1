package client

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"p4p/protocol"
)

func warned(t *testing.T, c *Client) []WarningKind {
	t.Helper()
	all, err := c.Warnings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []WarningKind
	for _, w := range all {
		kinds = append(kinds, w.Kind)
	}
	return kinds
}

func wantWarned(t *testing.T, c *Client, kinds ...WarningKind) {
	t.Helper()
	if got := warned(t, c); !slices.Equal(got, kinds) {
		t.Errorf("the warnings are %q, want %q", got, kinds)
	}
}

// dismisses is what whoever has seen a warning does with it.
func dismisses(t *testing.T, c *Client, kind WarningKind) {
	t.Helper()
	if err := c.Dismiss(t.Context(), shown(t, c, kind)); err != nil {
		t.Fatal(err)
	}
}

// shown is the warning of a kind that there is now.
func shown(t *testing.T, c *Client, kind WarningKind) Warning {
	t.Helper()
	all, err := c.Warnings(t.Context())
	i := slices.IndexFunc(all, func(w Warning) bool { return w.Kind == kind })
	if err != nil || i < 0 {
		t.Fatalf("warned of %v, %v; want %q", all, err, kind)
	}
	return all[i]
}

func TestOldMachineIsToldThatAMoveWasShownAndThatAnotherMachinePosts(t *testing.T) {
	w := newTown(t)
	old := opens(t, Options{Home: t.TempDir(), Server: w.URL(), after: quick, Now: func() time.Time { return time.Now().Add(-3 * time.Minute) }})
	old.posts("before the move")
	old.syncs()
	wantWarned(t, old.Client)
	o, err := old.Move(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantWarned(t, old.Client, MoveShown)
	dismisses(t, old.Client, MoveShown)
	wantWarned(t, old.Client)

	to := Options{Home: t.TempDir(), Server: w.URL(), after: quick}
	if _, err := ReceiveMove(t.Context(), to, o.Text, strings.ToLower(o.Code)); err != nil {
		t.Fatal(err)
	}
	_, err = ReceiveMove(t.Context(), to, o.Text, o.Code)
	if protocol.CodeOf(err) != protocol.CodeProfileInUse {
		t.Errorf("a second move into it is answered %v", err)
	}
	next := opens(t, to)
	next.syncs()
	wantWarned(t, next.Client, NamesMissing)
	if next.local.Key().Public != old.local.Key().Public {
		t.Fatal("it is somebody else")
	}
	next.posts("after the move")
	next.syncs()
	wantWarned(t, next.Client, NamesMissing) // what it said itself is no other machine's
	old.syncs()
	wantWarned(t, old.Client, AnotherMachine)
	dismisses(t, old.Client, AnotherMachine)
	wantWarned(t, old.Client)
	next.posts("once more")
	next.syncs()
	old.syncs()
	wantWarned(t, old.Client, AnotherMachine)
}

func TestMovedProfileTakesTheBackupOfTheSameIdentityAlone(t *testing.T) {
	o := newOffice(t)
	alice, bob := o.enters("alice"), o.enters("bob")
	o.friends(alice, "Bob", bob, "Alice")
	shown, err := alice.Move(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !shown.NoServer { // the office stands on this machine
		t.Error("the move is said to name a server")
	}
	to := Options{Home: filepath.Join(folder(t, "next"), "home"), Server: o.URL, Now: o.clock}
	if _, err := ReceiveMove(t.Context(), to, shown.Text, shown.Code); err != nil {
		t.Fatal(err)
	}
	if err := CanRestore(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), to, bob.backsUp(), passphrase); protocol.CodeOf(err) != protocol.CodeProfileInUse {
		t.Errorf("Bob's backup is answered %v", err)
	}
	if _, err := Restore(t.Context(), to, alice.backsUp(), passphrase); err != nil {
		t.Fatal(err)
	}
	if err := alice.Close(); err != nil {
		t.Fatal(err)
	}
	next := &person{t: t, opt: to}
	next.start()
	t.Cleanup(func() { _ = next.Close() })
	wantName(t, next, bob, "Bob")
	if slices.Contains(warned(t, next.Client), NamesMissing) {
		t.Error("the names are still said to be missing")
	}
	if err := CanRestore(t.Context(), to); protocol.CodeOf(err) != protocol.CodeProfileInUse {
		t.Errorf("once more: %v", err)
	}
}

func TestBackupIsAskedForOnceAFriendIsAddedAndAgainOnlyForMoreFriends(t *testing.T) {
	o := newOffice(t)
	alice, bob, carol := o.enters("alice"), o.enters("bob"), o.enters("carol")
	wantWarned(t, alice.Client)
	o.friends(alice, "Bob", bob, "Alice")
	wantWarned(t, alice.Client, BackupDue)
	alice.backsUp()
	wantWarned(t, alice.Client)
	o.friends(alice, "Carol", carol, "Alice")
	wantWarned(t, alice.Client, BackupDue)
	dismisses(t, alice.Client, BackupDue)
	wantWarned(t, alice.Client)
	// A backup that could not be written counts for nothing.
	wantWarned(t, bob.Client, BackupDue)
	if err := bob.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "folder"), passphrase); err == nil {
		t.Fatal("written into no folder")
	}
	wantWarned(t, bob.Client, BackupDue)
}
