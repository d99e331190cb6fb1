package localmap

import (
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pressly/goose/v3"

	"p4p/protocol"
)

func TestTheFolderAndItsFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home", "profile")
	m := reopened(t, dir)
	befriend(t, m, "Bob", somebody("Bob"))
	ok(t, m.Enqueue(ctx, post(t, m, "hello", nil), nil)) // so that there is a journal
	unlock, _, err := m.LockOutbox()
	ok(t, err)
	defer unlock()
	want := map[string]fs.FileMode{
		FileName: 0o600, FileName + "-wal": 0o600, FileName + "-shm": 0o600, setupLock: 0o600, outboxLock: 0o600,
	}
	entries, err := os.ReadDir(dir)
	ok(t, err)
	for _, e := range entries {
		info, err := e.Info()
		ok(t, err)
		if mode, known := want[e.Name()]; !known || info.Mode() != mode {
			t.Errorf("%s has the rights %s", e.Name(), info.Mode())
		}
		delete(want, e.Name())
	}
	if len(want) != 0 {
		t.Errorf("there is no %v", want)
	}
	info, err := os.Stat(dir)
	ok(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has the rights %s", info.Mode())
	}
}

func TestLooseRightsAreTakenAway(t *testing.T) {
	m := fresh(t)
	ok(t, m.Close())
	file := filepath.Join(m.dir, FileName)
	ok(t, os.Chmod(m.dir, 0o755))
	ok(t, os.Chmod(file, 0o644))
	reopened(t, m.dir)
	for name, want := range map[string]fs.FileMode{m.dir: 0o700, file: 0o600} {
		info, err := os.Stat(name)
		ok(t, err)
		if info.Mode().Perm() != want {
			t.Errorf("%s has the rights %s", name, info.Mode())
		}
	}
}

func TestAFolderCanHaveAnyName(t *testing.T) {
	for _, name := range []string{"with space", "a?b=c&mode=memory", "#hash", "100%25", "ünï çödé", "quote'\"", "-rf", "a+b;c"} {
		m := reopened(t, filepath.Join(t.TempDir(), name))
		must[Contact](t)(m.AddContact(ctx, "Bob"))
		if _, err := os.Stat(filepath.Join(m.dir, FileName)); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if e, err := os.ReadDir(filepath.Dir(m.dir)); err != nil || len(e) != 1 {
			t.Errorf("%q: files beside the folder: %v, %v", name, e, err)
		}
	}
}

func TestARelativeFolderIsFoundAgainFromElsewhere(t *testing.T) {
	t.Chdir(t.TempDir())
	m := reopened(t, "profile")
	t.Chdir(t.TempDir())
	unlock, got, err := m.LockOutbox()
	if err != nil || !got {
		t.Fatal(got, err)
	}
	unlock()
}

// Rights do not bind root, but a path below a file is writable for nobody.
func TestAFolderThatCannotBeWrittenIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(file, []byte("x"), 0o600))
	for _, dir := range []string{file, filepath.Join(file, "profile")} {
		_, err := Open(dir, Options{})
		wantCode(t, err, protocol.CodeHomeUnwritable)
		if !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "not a directory") {
			t.Errorf("the sentence is %q", err)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "x" {
		t.Errorf("the file became %q, %v", b, err)
	}
}

func TestASecondMapMadeAtTheSameMomentHasTheSameKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profile")
	keys := make([]protocol.PublicKey, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			m, err := Open(dir, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = m.Key().Public
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k.IsZero() || k != keys[0] {
			t.Fatal("two profiles were made in one folder")
		}
	}
}

func TestWhatAnInterruptedBeginningLeftIsCleared(t *testing.T) {
	dir := t.TempDir()
	for _, end := range []string{"", "-wal", "-shm", "-journal"} {
		ok(t, os.WriteFile(filepath.Join(dir, FileName+".new"+end), []byte("half done"), 0o600))
	}
	reopened(t, dir)
	for name := range contents(t, dir) {
		if strings.Contains(name, ".new") {
			t.Errorf("%s is still there", name)
		}
	}
}

// crashed is a folder as a process that was killed leaves it: the file, and a
// journal with changes that are not in the file yet.
func crashed(t *testing.T) (dir string, bob person) {
	t.Helper()
	m := fresh(t)
	bob = somebody("Bob")
	befriend(t, m, "Bob", bob)
	for _, n := range []string{"Carol", "Dave", "Erin"} {
		must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, n), n, false))
	}
	dir = t.TempDir()
	for name, b := range contents(t, m.dir) {
		if !strings.HasSuffix(name, "-shm") {
			ok(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
		}
	}
	if len(contents(t, dir)[FileName+"-wal"]) == 0 {
		t.Fatal("there is no journal to test with")
	}
	return dir, bob
}

// closed is such a folder after an orderly end: no journal.
func closed(t *testing.T) (dir string) {
	t.Helper()
	dir, _ = crashed(t)
	ok(t, openAt(t, dir).Close())
	if _, found := contents(t, dir)[FileName+"-wal"]; found {
		t.Fatal("the journal is still there")
	}
	return dir
}

func TestAKilledProcessesJournalIsRead(t *testing.T) {
	dir, bob := crashed(t)
	m := reopened(t, dir)
	if l, _ := m.Label(bob.key()); l.Name != "Bob" {
		t.Errorf("label %+v", l)
	}
	if n := len(must[[]Friendship](t)(m.Friendships(ctx))); n != 4 {
		t.Errorf("%d friendships, want 4", n)
	}
}

// damage opens a damaged folder and holds it against the promise: the code, a
// sentence that names the file and says what to do, and every byte as it was.
func damage(t *testing.T, what, dir string) {
	t.Helper()
	before := contents(t, dir)
	m, err := Open(dir, Options{})
	if err == nil {
		m.Close()
		t.Errorf("%s: it was opened", what)
		return
	}
	file := filepath.Join(dir, FileName)
	if protocol.CodeOf(err) != protocol.CodeMapDamaged || !strings.Contains(err.Error(), file) ||
		!strings.Contains(err.Error(), "Do not delete it") || !strings.Contains(err.Error(), "backup") {
		t.Errorf("%s: %v", what, err)
	}
	after := contents(t, dir)
	for _, name := range []string{FileName, FileName + "-wal"} {
		// An empty journal and none at all are the same.
		if was, is := before[name], after[name]; !bytes.Equal(was, is) {
			t.Errorf("%s: %s had %d bytes and has %d", what, name, len(was), len(is))
		}
	}
}

func edit(t *testing.T, dir string, change func([]byte) []byte) {
	t.Helper()
	file := filepath.Join(dir, FileName)
	b, err := os.ReadFile(file)
	ok(t, err)
	ok(t, os.WriteFile(file, change(bytes.Clone(b)), 0o600))
}

func TestADamagedMapIsLeftAsItIs(t *testing.T) {
	garbage := rand.NewChaCha8([32]byte{1})
	whole := closed(t)
	size := len(contents(t, whole)[FileName])
	t.Logf("%d bytes", size)
	at := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:n] } }
	for name, change := range map[string]func([]byte) []byte{
		"empty":                        at(0),
		"one byte":                     at(1),
		"half a header":                at(50),
		"only a header":                at(100),
		"half a page":                  at(2048),
		"one page":                     at(4096),
		"cut in the middle of a page":  at(size/2 + 1000),
		"cut between pages":            at(size / 8192 * 4096),
		"without its last page":        at(size - 4096),
		"without its last byte":        at(size - 1),
		"text":                         func([]byte) []byte { return []byte(strings.Repeat("this is no database\n", 400)) },
		"zeros":                        func(b []byte) []byte { clear(b); return b },
		"garbage":                      func(b []byte) []byte { garbage.Read(b); return b },
		"garbage behind its header":    func(b []byte) []byte { garbage.Read(b[100:]); return b },
		"garbage in the schema's page": func(b []byte) []byte { garbage.Read(b[100:4096]); return b },
	} {
		dir := t.TempDir()
		ok(t, os.CopyFS(dir, os.DirFS(whole)))
		edit(t, dir, change)
		damage(t, name, dir)
	}
}

func TestGarbageInAnyPageIsNoticed(t *testing.T) {
	garbage := rand.NewChaCha8([32]byte{2})
	whole := closed(t)
	size := len(contents(t, whole)[FileName])
	for at := 0; at < size; at += 4096 {
		dir := t.TempDir()
		ok(t, os.CopyFS(dir, os.DirFS(whole)))
		edit(t, dir, func(b []byte) []byte { garbage.Read(b[at : at+4096]); return b })
		damage(t, fmt.Sprintf("garbage in page %d", at/4096+1), dir)
	}
}

func TestADamagedMapBesideAJournalIsLeftAsItIs(t *testing.T) {
	garbage := rand.NewChaCha8([32]byte{3})
	dir, _ := crashed(t)
	edit(t, dir, func(b []byte) []byte { return nil })
	damage(t, "empty beside a journal", dir)

	ok(t, os.Remove(filepath.Join(dir, FileName)))
	damage(t, "missing beside a journal", dir)

	dir, _ = crashed(t)
	edit(t, dir, func(b []byte) []byte { garbage.Read(b); return b })
	ok(t, os.WriteFile(filepath.Join(dir, FileName+"-wal"), []byte(strings.Repeat("junk", 3000)), 0o600))
	damage(t, "garbage beside a garbage journal", dir)
}

func TestWhatIsNoFileIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	ok(t, os.Mkdir(filepath.Join(dir, FileName), 0o700))
	_, err := Open(dir, Options{})
	wantCode(t, err, protocol.CodeMapDamaged)

	dir = t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, FileName)); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	_, err = Open(dir, Options{})
	wantCode(t, err, protocol.CodeMapDamaged)
	if _, err := os.Stat(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a file was made behind the link")
	}
}

func TestAnotherProgramsDatabaseIsNoLocalMap(t *testing.T) {
	dir := closed(t)
	doSQL(t, dir, "PRAGMA application_id = 7")
	damage(t, "another program's", dir)
}

// These damages leave a sound database.
func TestValuesThatThisPackageNeverWroteAreDamage(t *testing.T) {
	for name, query := range map[string]string{
		"no secret":                   "DELETE FROM profile",
		"another secret":              "UPDATE profile SET root = randomblob(32)",
		"another public key":          "UPDATE profile SET base_key = randomblob(32)",
		"a short secret":              "PRAGMA ignore_check_constraints = ON; UPDATE profile SET root = x'00'",
		"a short key":                 "PRAGMA ignore_check_constraints = ON; UPDATE friendships SET invitee_key = x'00' WHERE named",
		"steps that are no steps":     "PRAGMA ignore_check_constraints = ON; UPDATE friendships SET seen_steps = x'00' WHERE named",
		"steps with keys that are no": "UPDATE friendships SET seen_steps = zeroblob(184) WHERE named",
		"no table of people":          "PRAGMA foreign_keys = OFF; DROP TABLE contacts",
		"no format":                   "DELETE FROM goose_db_version",
		"no table of formats":         "DROP TABLE goose_db_version",
	} {
		dir := closed(t)
		doSQL(t, dir, query)
		damage(t, name, dir)
	}
}

func TestAMapOfANewerVersionIsLeftAsItIs(t *testing.T) {
	dir := closed(t)
	doSQL(t, dir, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, 1)", schemaVersion+1)
	before := contents(t, dir)[FileName]
	_, err := Open(dir, Options{})
	wantCode(t, err, protocol.CodeMapNewer)
	if !strings.Contains(err.Error(), filepath.Join(dir, FileName)) || !strings.Contains(err.Error(), "update p4p") {
		t.Errorf("the sentence is %q", err)
	}
	if !bytes.Equal(before, contents(t, dir)[FileName]) {
		t.Error("the file was changed")
	}
}

func TestAMapOfAnOlderVersionIsBroughtToThisOne(t *testing.T) {
	dir := closed(t)
	doSQL(t, dir, "DELETE FROM goose_db_version WHERE version_id > 0")
	for _, table := range []string{"reseals", "cuts", "friendships", "cards", "contacts", "profile", "outbox", "drafts", "draft_pictures", "settings", "made"} {
		doSQL(t, dir, "DROP TABLE "+table)
	}
	file := filepath.Join(dir, FileName)
	if v, err := inspect(ctx, file); err != nil || v != 0 {
		t.Fatalf("format %d, %v", v, err)
	}
	ok(t, upgrade(ctx, file))
	ok(t, upgrade(ctx, file)) // another process that had waited for the first
	doSQL(t, dir, "INSERT INTO profile (id, root, base_key) VALUES (1, ?, ?)", make([]byte, 32), zeroRootsKey())
	if m := reopened(t, dir); len(must[[]Friendship](t)(m.Friendships(ctx))) != 0 {
		t.Error("friendships from nowhere")
	}
}

func TestAMapOfTheFirstVersionKeepsItsPeople(t *testing.T) {
	m := fresh(t)
	befriend(t, m, "Bob", somebody("Bob"))
	ok(t, m.Close())
	for _, query := range []string{
		"DELETE FROM goose_db_version WHERE version_id > 1", "DROP TABLE cards", "DROP TABLE made", "DROP TABLE cuts", "DROP TABLE reseals", "ALTER TABLE contacts DROP COLUMN nickname", "ALTER TABLE contacts DROP COLUMN number",
		"ALTER TABLE outbox DROP COLUMN due", "ALTER TABLE outbox DROP COLUMN tried", "DROP TABLE draft_pictures",
		"ALTER TABLE contacts RENAME COLUMN folded TO skeleton", "UPDATE contacts SET skeleton = 'rob'", // not what a name is found by now
	} {
		doSQL(t, m.dir, query)
	}
	m = reopened(t, m.dir)
	if l, known := m.Label(somebody("Bob").key()); !known || l.Name != "Bob" {
		t.Errorf("Bob's label is %+v", l)
	}
	must[Contact](t)(m.ContactByName(ctx, "BOB"))
	if all := must[[]Contact](t)(m.Contacts(ctx)); len(all) != 1 || all[0].Name != "Bob" || all[0].Nickname != "" {
		t.Errorf("the phone book has %+v", all)
	}
}

func zeroRootsKey() []byte {
	k := protocol.Root{}.DeviceKey(0).Public
	return k[:]
}

func TestTheLastMigrationIsTheKnownFormat(t *testing.T) {
	db := must[*sql.DB](t)(sql.Open("sqlite3", "file::memory:"))
	defer db.Close()
	all := must[*goose.Provider](t)(migrator(db)).ListSources()
	if last := all[len(all)-1].Version; last != schemaVersion || len(all) != schemaVersion {
		t.Errorf("%d migrations up to %d, but the format is called %d", len(all), last, schemaVersion)
	}
}

func TestAMapDamagedWhileItIsOpenSaysSo(t *testing.T) {
	m := fresh(t)
	picture := make([]byte, 3<<20) // more than SQLite keeps in memory
	r := post(t, m, "look", &protocol.Image{Blob: protocol.BlobOf(picture), Width: 1, Height: 1})
	ok(t, m.Enqueue(ctx, r, picture))
	ok(t, m.Close())
	m = reopened(t, m.dir)
	edit(t, m.dir, func(b []byte) []byte { rand.NewChaCha8([32]byte{4}).Read(b[4096:]); return b })
	_, err := m.Outbox(ctx)
	wantCode(t, err, protocol.CodeMapDamaged)
}

func TestABuildWithoutCgoSaysWhatItNeeds(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command")
	}
	c := exec.CommandContext(ctx, goTool, "test", "-count=1", "-v", "-run", "^TestWithoutCgoNothingIsTouched$", ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := c.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestWithoutCgoNothingIsTouched")) {
		t.Errorf("%v\n%s", err, out)
	}
}
