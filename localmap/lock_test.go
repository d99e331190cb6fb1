package localmap

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"p4p/protocol"
)

const password = "four words make it"

// with are options that unlock with a passphrase, in a folder that stands for memory.
func with(t tester, passphrase string) Options {
	memory := filepath.Join(os.TempDir(), "p4p-test-memory")
	if tt, ok := t.(interface{ TempDir() string }); ok {
		memory = tt.TempDir()
	}
	return Options{
		Memory: memory, ScryptWork: 4,
		Passphrase: func() (string, error) { return passphrase, nil },
	}
}

// secrets are what a thief of a profile's folder would like to read.
func secretsOf(t *testing.T, m *Map) map[string][]byte {
	t.Helper()
	root := m.Root()
	all := map[string][]byte{"root": root[:], "name": []byte("Quillon Featherstone"), "draft": []byte("a draft that nobody shall read"), "mute": []byte("mute:somebody")}
	for _, f := range must[[]Friendship](t)(m.Friendships(ctx)) {
		_, other := f.sides()
		all["friend's key"] = slices.Clone(other.Key[:])
		if f.Keys != nil {
			all["pair key"] = slices.Clone(f.Keys.Inviter[:])
		}
	}
	return all
}

func lockable(t *testing.T) *Map {
	t.Helper()
	m := fresh(t)
	befriend(t, m, "Quillon Featherstone", somebody("Quillon"))
	ok(t, m.SaveDraft(ctx, "post", "a draft that nobody shall read"))
	ok(t, m.SetSetting(ctx, "mute:somebody", "yes"))
	return m
}

// holding are the files of a folder that hold some bytes.
func holding(t *testing.T, dir string, b []byte) (files []string) {
	t.Helper()
	for name, content := range contents(t, dir) {
		if bytes.Contains(content, b) {
			files = append(files, name)
		}
	}
	return files
}

func TestALockedMapTellsAThiefOfTheFolderNothing(t *testing.T) {
	m := lockable(t)
	secrets := secretsOf(t, m)
	key := m.Key().Public
	ok(t, m.Close())
	for what, b := range secrets {
		if len(holding(t, m.dir, b)) == 0 {
			t.Fatalf("before it is locked the %s is found nowhere: the search does not work", what)
		}
	}
	o := with(t, password)
	ok(t, Lock(m.dir, password, o))
	nothing := func(when string) {
		t.Helper()
		for what, b := range secrets {
			if files := holding(t, m.dir, b); len(files) > 0 {
				t.Errorf("%s the %s is in %v", when, what, files)
			}
		}
	}
	nothing("locked,")
	again := must[*Map](t)(Open(m.dir, o))
	if again.Key().Public != key {
		t.Error("it is somebody else's now")
	}
	if l, known := again.Label(somebody("Quillon").key()); !known || l.Name != "Quillon Featherstone" {
		t.Errorf("the label is %+v", l)
	}
	nothing("while it is open,")
	ok(t, again.SaveDraft(ctx, "post", "another draft that nobody shall read"))
	secrets["new draft"] = []byte("another draft that nobody shall read")
	nothing("after a change,")
	ok(t, again.Close())
	nothing("closed again,")
	if left, err := filepath.Glob(filepath.Join(o.Memory, "p4p-*", FileName+"*")); err != nil || len(left) > 0 {
		t.Errorf("in memory there is still %v, %v", left, err)
	}

	ok(t, Unlock(m.dir, o))
	open := reopened(t, m.dir)
	if d := must[string](t)(open.Draft(ctx, "post")); d != "another draft that nobody shall read" || open.Key().Public != key {
		t.Errorf("after the lock was taken off: %q", d)
	}
}

func TestWhatWasWrittenToALockedMapSurvivesTheLossOfMemory(t *testing.T) {
	m := lockable(t)
	ok(t, m.Close())
	o := with(t, password)
	ok(t, Lock(m.dir, password, o))
	for i := range 5 {
		killed := must[*Map](t)(Open(m.dir, o)) // and never closed
		t.Cleanup(func() { _ = killed.disconnect() })
		text := strings.Repeat("x", i+1)
		ok(t, killed.SaveDraft(ctx, "post", text))
		if i%2 == 0 { // the power is cut as well
			ok(t, os.RemoveAll(o.Memory))
			ok(t, os.MkdirAll(o.Memory, 0o700))
		}
		again := must[*Map](t)(Open(m.dir, o))
		if d := must[string](t)(again.Draft(ctx, "post")); d != text {
			t.Fatalf("after round %d the draft is %q", i, d)
		}
		ok(t, again.Close())
	}
}

func TestTwoProcessesShareALockedMap(t *testing.T) {
	m := lockable(t)
	ok(t, m.Close())
	o := with(t, password)
	ok(t, Lock(m.dir, password, o))
	a, b := must[*Map](t)(Open(m.dir, o)), must[*Map](t)(Open(m.dir, o))
	var both sync.WaitGroup
	for _, one := range []*Map{a, b} {
		both.Go(func() {
			for i := range 20 {
				if err := one.SetSetting(ctx, string(rune('a'+i)), "by both"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	ok(t, a.SaveDraft(ctx, "post", "by one"))
	if !must[bool](t)(b.Refresh(ctx)) {
		t.Error("the other one does not notice")
	}
	wantCode(t, Lock(m.dir, "another", o), "") // only the key's file is written anew
	ok(t, a.Close())
	if d := must[string](t)(b.Draft(ctx, "post")); d != "by one" {
		t.Errorf("the other reads %q", d)
	}
	wantCode(t, Unlock(m.dir, with2(o, "another")), protocol.CodeWrongState)
	ok(t, b.Close())
	ok(t, os.RemoveAll(o.Memory))
	ok(t, os.MkdirAll(o.Memory, 0o700))
	again := must[*Map](t)(Open(m.dir, with2(o, "another")))
	if d := must[string](t)(again.Draft(ctx, "post")); d != "by one" {
		t.Errorf("on the disk is %q", d)
	}
	ok(t, again.Close())
}

func with2(o Options, passphrase string) Options {
	o.Passphrase = func() (string, error) { return passphrase, nil }
	return o
}

func TestALockRefusesWhatIsNotItsPassphrase(t *testing.T) {
	m := lockable(t)
	o := with(t, password)
	wantCode(t, Lock(m.dir, password, o), protocol.CodeWrongState) // it is open
	wantCode(t, Unlock(m.dir, o), protocol.CodeWrongState)
	ok(t, m.Close())
	wantCode(t, Lock(m.dir, "", o), protocol.CodeLocked) // no keyring either
	ok(t, Lock(m.dir, password, o))
	before := contents(t, m.dir)
	_, err := Open(m.dir, with2(o, "something else"))
	wantCode(t, err, protocol.CodeWrongPassphrase)
	nobody := o
	nobody.Passphrase = nil
	_, err = Open(m.dir, nobody)
	wantCode(t, err, protocol.CodeLocked)
	_, there, err := Peek(ctx, m.dir)
	if wantCode(t, err, protocol.CodeLocked); !there {
		t.Error("a locked profile is none")
	}
	wantCode(t, Lock(m.dir, "new", with2(o, "something else")), protocol.CodeWrongPassphrase)
	wantCode(t, Unlock(m.dir, with2(o, "something else")), protocol.CodeWrongPassphrase)
	for name, b := range contents(t, m.dir) {
		if !bytes.Equal(b, before[name]) && !strings.HasSuffix(name, ".lock") {
			t.Errorf("%s was changed", name)
		}
	}
	ok(t, Lock(m.dir, "new", o)) // another passphrase
	_, err = Open(m.dir, o)
	wantCode(t, err, protocol.CodeWrongPassphrase)
	must[*Map](t)(Open(m.dir, with2(o, "new"))).Close()
}

func TestADamagedKeyIsNoWrongPassphrase(t *testing.T) {
	m := lockable(t)
	ok(t, m.Close())
	o := with(t, password)
	ok(t, Lock(m.dir, password, o))
	file := filepath.Join(m.dir, keyFile)
	whole := must[[]byte](t)(os.ReadFile(file))
	for what, b := range map[string][]byte{
		"empty":              {},
		"cut in its head":    whole[:30],
		"cut at its end":     whole[:len(whole)-1],
		"changed at its end": append(slices.Clone(whole[:len(whole)-1]), whole[len(whole)-1]^1),
		"something else":     []byte("Dear Alice"),
		"longer than it was": append(slices.Clone(whole), 0),
	} {
		ok(t, os.WriteFile(file, b, 0o600))
		_, err := Open(m.dir, o)
		if protocol.CodeOf(err) != protocol.CodeMapDamaged || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", what, err)
		}
	}
	ok(t, os.WriteFile(file, whole, 0o600))
	ok(t, must[*Map](t)(Open(m.dir, o)).Close())
}

func TestASealedFileThatWasTamperedWithIsNotOpened(t *testing.T) {
	m := lockable(t)
	ok(t, m.Close())
	o := with(t, password)
	ok(t, Lock(m.dir, password, o))
	file := filepath.Join(m.dir, SealedName)
	whole := must[[]byte](t)(os.ReadFile(file))
	for _, bad := range [][]byte{{}, whole[:11], whole[:len(whole)-1], append(slices.Clone(whole), 0), flipped(whole, 0), flipped(whole, len(whole)/2)} {
		ok(t, os.WriteFile(file, bad, 0o600))
		_, err := Open(m.dir, o)
		wantCode(t, err, protocol.CodeMapDamaged)
	}
	ok(t, os.WriteFile(file, whole, 0o600))
	ok(t, must[*Map](t)(Open(m.dir, o)).Close())
}

func flipped(b []byte, at int) []byte {
	b = slices.Clone(b)
	b[at] ^= 1
	return b
}

// A kill between any two steps of locking or unlocking leaves a map that opens.
func TestALockThatWasInterruptedLeavesAMapThatOpens(t *testing.T) {
	o := with(t, password)
	states := map[string]func(t *testing.T, dir string){
		"the key is written": func(t *testing.T, dir string) { ok(t, os.Remove(filepath.Join(dir, SealedName))) },
		"both are there":     func(*testing.T, string) {},
		"the open one is being overwritten": func(t *testing.T, dir string) {
			ok(t, os.Rename(filepath.Join(dir, FileName), filepath.Join(dir, FileName+destroyed)))
		},
	}
	for name, leave := range states {
		t.Run(name, func(t *testing.T) {
			m := lockable(t)
			key := m.Key().Public
			ok(t, m.Close())
			plain := must[[]byte](t)(os.ReadFile(filepath.Join(m.dir, FileName)))
			ok(t, Lock(m.dir, password, o))
			ok(t, os.WriteFile(filepath.Join(m.dir, FileName), plain, 0o600))
			leave(t, m.dir)
			again := must[*Map](t)(Open(m.dir, o))
			if again.Key().Public != key {
				t.Error("it is somebody else's")
			}
			ok(t, again.Close())
			if fileThere(filepath.Join(m.dir, FileName+destroyed)) {
				t.Error("what was being overwritten is still there")
			}
			ok(t, Lock(m.dir, password, o)) // and it can be locked, again or at last
			ok(t, must[*Map](t)(Open(m.dir, o)).Close())
		})
	}
}

// ring is a keyring, or one that does not answer.
type ring struct {
	all  map[string]string
	shut bool
}

func (r *ring) Get(name string) (string, error) {
	if s, ok := r.all[name]; ok && !r.shut {
		return s, nil
	}
	return "", errors.New("it does not answer")
}
func (r *ring) Set(name, secret string) error { r.all[name] = secret; return nil }
func (r *ring) Delete(name string) error      { delete(r.all, name); return nil }

func TestAKeyringOpensAMapWithoutAPassphrase(t *testing.T) {
	m := lockable(t)
	ok(t, m.Close())
	o := with(t, "")
	o.Passphrase = nil
	keys := &ring{all: map[string]string{}}
	o.Keyring = keys
	ok(t, Lock(m.dir, "", o))
	if len(holding(t, m.dir, []byte("Quillon Featherstone"))) > 0 {
		t.Error("the name lies open")
	}
	ok(t, must[*Map](t)(Open(m.dir, o)).Close())
	keys.shut = true
	_, err := Open(m.dir, o)
	wantCode(t, err, protocol.CodeLocked)
	keys.shut = false
	ok(t, Lock(m.dir, password, o)) // a passphrase instead
	if len(keys.all) > 0 {
		t.Errorf("the keyring still has %v", keys.all)
	}
	ok(t, must[*Map](t)(Open(m.dir, with2(o, password))).Close())
	ok(t, Unlock(m.dir, with2(o, password)))
	ok(t, reopened(t, m.dir).Close())
}

// busyRing lets something happen while a key is being kept: in the middle of a lock.
type busyRing struct {
	ring
	meanwhile func()
}

func (r *busyRing) Set(name, secret string) error {
	r.meanwhile()
	return r.ring.Set(name, secret)
}

// A program that starts while a lock is put on is turned away, or what it writes is
// there afterwards: nothing acknowledged is lost.
func TestNothingAcknowledgedIsLostToALockThatIsPutOnMeanwhile(t *testing.T) {
	m := lockable(t)
	ok(t, m.Close())
	o := with(t, "")
	o.Passphrase = nil
	const text = "written in the middle"
	acknowledged := make(chan bool, 1)
	keys := &busyRing{ring: ring{all: map[string]string{}}}
	keys.meanwhile = func() {
		go func() {
			one, err := Open(m.dir, o)
			if err != nil {
				acknowledged <- false
				return
			}
			saved := one.SaveDraft(ctx, "post", text) == nil
			_ = one.Close()
			acknowledged <- saved
		}()
		select { // whoever is made to wait goes on once the lock is on
		case saved := <-acknowledged:
			acknowledged <- saved
		case <-time.After(300 * time.Millisecond):
		}
	}
	o.Keyring = keys
	err := Lock(m.dir, "", o)
	if code := protocol.CodeOf(err); err != nil && code != protocol.CodeWrongState {
		t.Fatal(err)
	}
	saved := <-acknowledged
	again := must[*Map](t)(Open(m.dir, o))
	defer again.Close()
	if d := must[string](t)(again.Draft(ctx, "post")); saved && d != text {
		t.Errorf("it was acknowledged, and the draft is %q", d)
	}
}

// Whoever had the working copy before the lock was taken off is told so: what it would
// seal, nobody would read.
func TestWhatIsWrittenToACopyThatNoLongerCountsIsNotAcknowledged(t *testing.T) {
	m := lockable(t)
	ok(t, m.Close())
	plain := must[[]byte](t)(os.ReadFile(filepath.Join(m.dir, FileName)))
	o := with(t, password)
	ok(t, Lock(m.dir, password, o))
	late := must[*Map](t)(Open(m.dir, o))
	t.Cleanup(func() { _ = late.Close() })
	ok(t, os.WriteFile(filepath.Join(m.dir, FileName), plain, 0o600)) // as Unlock does
	wantCode(t, late.SaveDraft(ctx, "post", "too late"), protocol.CodeWrongState)
}
