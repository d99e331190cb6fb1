package localmap

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

func nothingPasses(string) bool { return false }

// lived is a profile with a bit of everything.
func lived(t *testing.T) *Map {
	t.Helper()
	m := fresh(t)
	befriend(t, m, "Bob", somebody("Bob"))
	must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Eve"), "Eve", false))
	must[Friendship](t)(m.CreateFriendship(ctx, acceptanceOf(t, m, somebody("Ann"), "Ann"), "Ann", false))
	imports(t, m, ImportCard{Name: "Cy", UID: "u", Numbers: []string{"1234567"}, Nickname: "C"}, ImportCard{Name: "Dot"})
	picture := []byte("a picture")
	r := post(t, m, "look", &protocol.Image{Blob: protocol.BlobOf(picture), Width: 1, Height: 1})
	ok(t, m.Enqueue(ctx, r, picture))
	refused := post(t, m, "refused", nil)
	ok(t, m.Enqueue(ctx, refused, nil))
	ok(t, m.MarkRefused(ctx, refused.ID, protocol.Errorf(protocol.CodeTooLarge, "Too large.")))
	ok(t, m.SaveDraft(ctx, "post", "once upon a “time”\n\x00"))
	ok(t, m.SaveDraftPicture(ctx, "post", DraftPicture{Bytes: []byte("a picture to come"), Alt: "what it shows", File: "to come.png"}))
	ok(t, m.SetSetting(ctx, "theme", "dark"))
	return m
}

func backupOf(t *testing.T, m *Map) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, m.WriteBackup(ctx, &b))
	return b.Bytes()
}

func tablesOf(t *testing.T, m *Map) []table {
	t.Helper()
	var all []table
	ok(t, m.read(ctx, func(q querier) (err error) { all, err = readTables(ctx, q); return err }))
	// What is to be erased is of this file, and what waits may have been sent since.
	for name, column := range map[string]string{"profile": "erase_due", "outbox": "tried"} {
		for i := range all {
			if all[i].Name == name {
				for _, row := range all[i].Rows {
					row[all[i].column(column)] = nil
				}
			}
		}
	}
	return all
}

func TestARestoredProfileHasAllThatItHad(t *testing.T) {
	m := lived(t)
	b := must[*Backup](t)(ReadBackup(ctx, bytes.NewReader(backupOf(t, m))))
	if !b.MadeAt().Equal(noon) {
		t.Errorf("made at %s", b.MadeAt())
	}
	again := fresh(t)
	stranger := again.Key().Public
	ok(t, again.Empty(ctx, nothingPasses))
	ok(t, again.Restore(ctx, b, nothingPasses))
	if since := must[time.Time](t)(again.Watch(ctx)); !since.Equal(noon.Add(time.Minute)) {
		t.Errorf("own records are looked at from %s on", since)
	}
	must[time.Time](t)(m.Watch(ctx))
	if d := cmp.Diff(tablesOf(t, m), tablesOf(t, again)); d != "" {
		t.Error(d)
	}
	if again.Key().Public != m.Key().Public || again.Own(stranger) {
		t.Error("the key is another one")
	}
	if l, _ := again.Label(somebody("Bob").key()); l.Name != "Bob" {
		t.Errorf("Bob's label is %+v", l)
	}
	if id, url, _ := again.Server(); id == nil || *id != server || url != "https://feed.example" {
		t.Errorf("the server is %v at %q", id, url)
	}
	ok(t, again.Close())
	again = reopened(t, again.dir)
	if d := cmp.Diff(tablesOf(t, m), tablesOf(t, again)); d != "" {
		t.Error(d)
	}
	// People who come later are never mistaken for earlier ones.
	if c := must[Contact](t)(again.AddContact(ctx, "Zoe")); c.ID <= must[Contact](t)(again.ContactByName(ctx, "Dot")).ID {
		t.Errorf("Zoe has the number %d", c.ID)
	}
}

func TestAnotherProcessNoticesTheRestoredProfile(t *testing.T) {
	m, again := lived(t), fresh(t)
	second := reopened(t, again.dir)
	ok(t, again.Restore(ctx, must[*Backup](t)(ReadBackup(ctx, bytes.NewReader(backupOf(t, m)))), nothingPasses))
	if changed, err := second.Refresh(ctx); err != nil || !changed {
		t.Fatalf("changed %v, %v", changed, err)
	}
	if second.Key().Public != m.Key().Public {
		t.Error("it goes on with the key that is gone")
	}
}

func TestAProfileWithAnythingInItIsNotOverwritten(t *testing.T) {
	b := must[*Backup](t)(ReadBackup(ctx, bytes.NewReader(backupOf(t, lived(t)))))
	for what, put := range map[string]func(m *Map) error{
		"a contact":    func(m *Map) error { _, err := m.AddContact(ctx, "Bob"); return err },
		"its picture":  func(m *Map) error { return m.SaveDraftPicture(ctx, "post", DraftPicture{Bytes: []byte{1}}) },
		"a draft":      func(m *Map) error { return m.SaveDraft(ctx, "post", "x") },
		"a setting":    func(m *Map) error { return m.SetSetting(ctx, "mute:x", "x") },
		"a server":     func(m *Map) error { return m.Bind(ctx, other, "", "") },
		"a friendship": func(m *Map) error { _, err := m.CreateFriendship(ctx, invite(t, m, "Eve"), "Eve", false); return err },
	} {
		m := fresh(t)
		ok(t, put(m))
		before := tablesOf(t, m)
		passing := func(key string) bool { return key == "theme" }
		wantCode(t, m.Empty(ctx, passing), protocol.CodeProfileInUse)
		wantCode(t, m.Restore(ctx, b, passing), protocol.CodeProfileInUse)
		if d := cmp.Diff(before, tablesOf(t, m)); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	m := fresh(t)
	ok(t, m.SetSetting(ctx, "theme", "light"))
	ok(t, m.Restore(ctx, b, func(key string) bool { return key == "theme" }))
}

// edited is a backup in which one thing was changed.
func edited(t *testing.T, b []byte, change func(*document)) []byte {
	t.Helper()
	var d document
	ok(t, json.Unmarshal(b, &d))
	change(&d)
	return must[[]byte](t)(json.Marshal(d))
}

func (d *document) table(name string) *table {
	for i := range d.Tables {
		if d.Tables[i].Name == name {
			return &d.Tables[i]
		}
	}
	return nil
}

func (t *table) column(name string) int {
	for i, c := range t.Columns {
		if c == name {
			return i
		}
	}
	return -1
}

func TestABackupThatDoesNotHoldTogetherIsRefused(t *testing.T) {
	whole := backupOf(t, lived(t))
	must[*Backup](t)(ReadBackup(ctx, bytes.NewReader(edited(t, whole, func(*document) {}))))
	for what, c := range map[string]struct {
		want   protocol.Code
		change func(*document)
	}{
		"a newer document":   {protocol.CodeMapNewer, func(d *document) { d.Version++ }},
		"newer tables":       {protocol.CodeMapNewer, func(d *document) { d.Format++ }},
		"no format":          {protocol.CodeBadBackup, func(d *document) { d.Format = 0 }},
		"something else":     {protocol.CodeBadBackup, func(d *document) { d.P4P = "archive" }},
		"no profile":         {protocol.CodeBadBackup, func(d *document) { d.table("profile").Rows = nil }},
		"another root":       {protocol.CodeBadBackup, func(d *document) { p := d.table("profile"); p.Rows[0][p.column("root")] = blob{make([]byte, 32)} }},
		"a short root":       {protocol.CodeBadBackup, func(d *document) { p := d.table("profile"); p.Rows[0][p.column("root")] = blob{make([]byte, 3)} }},
		"an unknown table":   {protocol.CodeBadBackup, func(d *document) { d.table("drafts").Name = "drafts; DROP TABLE profile" }},
		"an unknown column":  {protocol.CodeBadBackup, func(d *document) { d.table("drafts").Columns[0] = "text) --" }},
		"a column too few":   {protocol.CodeBadBackup, func(d *document) { d.table("drafts").Rows[0] = []any{"x"} }},
		"a person missing":   {protocol.CodeBadBackup, func(d *document) { d.table("contacts").Rows = nil }},
		"a fraction":         {protocol.CodeBadBackup, func(d *document) { d.table("contacts").Rows[0][0] = 1.5 }},
		"another's key":      {protocol.CodeBadBackup, func(d *document) { p := d.table("profile"); p.Rows[0][p.column("server")] = blob{other[:]} }},
		"an unsigned record": {protocol.CodeBadBackup, func(d *document) { p := d.table("outbox"); p.Rows[0][p.column("jws")] = "x" }},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := ReadBackup(ctx, bytes.NewReader(edited(t, whole, c.change)))
			wantCode(t, err, c.want)
		})
	}
	for _, text := range []string{"", "{", "[]", "hello", string(whole[:len(whole)/2])} {
		_, err := ReadBackup(ctx, strings.NewReader(text))
		wantCode(t, err, protocol.CodeBadBackup)
	}
}

func TestABackupOfTheFirstVersionIsRestored(t *testing.T) {
	m := lived(t)
	old := edited(t, backupOf(t, m), func(d *document) {
		d.Format = 1
		d.Tables = append(d.Tables[:0:0], d.Tables...)
		var kept []table
		for _, one := range d.Tables {
			for _, later := range map[string][]string{"contacts": {"nickname", "number"}, "outbox": {"due", "tried"}}[one.Name] {
				n := one.column(later)
				one.Columns = append(append([]string{}, one.Columns[:n]...), one.Columns[n+1:]...)
				for i, row := range one.Rows {
					one.Rows[i] = append(append([]any{}, row[:n]...), row[n+1:]...)
				}
			}
			if one.Name == "contacts" {
				one.Columns[one.column("folded")] = "skeleton"
			}
			if !slices.Contains([]string{"cards", "made", "cuts", "reseals", "draft_pictures"}, one.Name) {
				kept = append(kept, one)
			}
		}
		d.Tables = kept
	})
	again := fresh(t)
	ok(t, again.Restore(ctx, must[*Backup](t)(ReadBackup(ctx, bytes.NewReader(old))), nothingPasses))
	if d := cmp.Diff(names(must[[]Contact](t)(m.Contacts(ctx))), names(must[[]Contact](t)(again.Contacts(ctx)))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(must[[]Friendship](t)(m.Friendships(ctx)), must[[]Friendship](t)(again.Friendships(ctx))); d != "" {
		t.Error(d)
	}
}

func TestACancelledRestoreChangesNothing(t *testing.T) {
	b := must[*Backup](t)(ReadBackup(ctx, bytes.NewReader(backupOf(t, lived(t)))))
	m := fresh(t)
	before := tablesOf(t, m)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := m.Restore(gone, b, nothingPasses); err == nil {
		t.Fatal("it was restored")
	}
	if d := cmp.Diff(before, tablesOf(t, m)); d != "" {
		t.Error(d)
	}
	if there, err := exists(filepath.Join(m.dir, FileName)); err != nil || !there {
		t.Error("the map is gone")
	}
}
