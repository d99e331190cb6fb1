package store

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"p4p/protocol"
)

// spellings are the ways in which s may stand in a file: as it is, in UTF-16,
// and inside base64 at any of its three alignments.
func spellings(s string) [][]byte {
	units := utf16.Encode([]rune(s))
	var little, big []byte
	for _, u := range units {
		little = binary.LittleEndian.AppendUint16(little, u)
		big = binary.BigEndian.AppendUint16(big, u)
	}
	all := [][]byte{[]byte(s), little, big}
	for shift := range 3 {
		// Only whole groups of three bytes are encoded alike whatever is around.
		inner := s[(3-shift)%3:]
		inner = inner[:len(inner)/3*3]
		all = append(all, []byte(base64.RawURLEncoding.EncodeToString([]byte(inner))))
	}
	return all
}

// files are the bytes of every file of the folder, one after the other.
func files(t testing.TB, dir string) []byte {
	t.Helper()
	var all []byte
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(all, b...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// traces are the spellings of s that the folder's files hold.
func traces(all []byte, s string) (found []string) {
	for _, spelling := range spellings(s) {
		if bytes.Contains(all, spelling) {
			found = append(found, fmt.Sprintf("%.60q", spelling))
		}
	}
	return found
}

func TestASearchForTracesFindsWhatIsPlanted(t *testing.T) {
	const secret = "the quick brown fox"
	for _, spelling := range spellings(secret) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x"), append([]byte("~~"), append(spelling, "~~"...)...), 0o600); err != nil {
			t.Fatal(err)
		}
		if len(traces(files(t, dir), secret)) == 0 {
			t.Errorf("%q is not found", spelling)
		}
	}
	for shift := range 3 {
		encoded := base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("~", shift) + secret + "~~"))
		if len(traces([]byte(encoded), secret)) == 0 {
			t.Errorf("%q is not found", encoded)
		}
	}
}

func TestDeletingErases(t *testing.T) {
	w := newWorld(t)
	const text, alt, control = "zanzibarregretsnothing", "quokkaonabicycle", "thiscontrolstaysinside"
	b, img := w.upload(7, 60)
	img.Alt = alt
	w.taken(w.post(device(2), control))
	post := w.taken(w.sign(device(1), protocol.KindPost, protocol.Payload{Text: text + " and others", Image: &img}))
	before := files(t, w.dir)
	for _, s := range []string{text, alt, control, string(b[100:200])} {
		if len(traces(before, s)) == 0 {
			t.Fatalf("the search is no good: %.20q is not found while it is there", s)
		}
	}
	w.taken(w.about(device(1), protocol.KindDeletion, post.ID, ""))
	w.sweep()

	after := files(t, w.dir)
	for _, s := range []string{text, alt, string(b), string(b[:60]), string(b[100:200])} {
		if found := traces(after, s); found != nil {
			t.Errorf("%.20q is still there: %s", s, found)
		}
	}
	payload := strings.Split(post.JWS, ".")
	for _, part := range []string{payload[1][60:], payload[2]} {
		if bytes.Contains(after, []byte(part)) {
			t.Error("a part of the signed record is still there")
		}
	}
	if len(traces(after, control)) == 0 {
		t.Error("the control is gone as well")
	}
	w.refused(post, protocol.CodeDeleted)
	if found := traces(files(t, w.dir), text); found != nil {
		t.Errorf("posting it again brought it back: %s", found)
	}
}

func TestClosingErasesWithoutASweep(t *testing.T) {
	w := newWorld(t)
	const text = "zanzibarregretsnothing"
	post := w.taken(w.post(device(1), text))
	w.taken(w.about(device(1), protocol.KindDeletion, post.ID, ""))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if found := traces(files(t, w.dir), text); found != nil {
		t.Errorf("still there: %s", found)
	}
}

func TestAKilledServerErasesAfterItsNextStart(t *testing.T) {
	w := newWorld(t)
	const text = "zanzibarregretsnothing"
	post := w.taken(w.post(device(1), text))
	w.taken(w.about(device(1), protocol.KindDeletion, post.ID, ""))
	dir := copyFolder(t, w.dir)
	if len(traces(files(t, dir), text)) == 0 {
		t.Fatal("nothing is left to erase: the test shows nothing")
	}
	s, err := Open(dir, options(w.clock, 8))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := traces(files(t, dir), text); found != nil {
		t.Errorf("still there: %s", found)
	}
}

func TestAReaderHoldsUpErasingNoLongerThanItReads(t *testing.T) {
	w := newWorld(t)
	const text = "zanzibarregretsnothing"
	post := w.taken(w.post(device(1), text))
	reader, err := w.readers.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback()
	var n int
	if err := reader.QueryRow("SELECT count(*) FROM records").Scan(&n); err != nil {
		t.Fatal(err)
	}
	w.taken(w.about(device(1), protocol.KindDeletion, post.ID, ""))
	w.sweep() // it must not fail, and others must be able to write
	w.taken(w.post(device(2), "meanwhile"))
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	w.sweep()
	if found := traces(files(t, w.dir), text); found != nil {
		t.Errorf("still there: %s", found)
	}
}

func TestClosedMailboxesLeaveNoSlotInTheFiles(t *testing.T) {
	w := newWorld(t)
	secret := []byte("sixteen byte mark")
	slotOf := func(i byte) protocol.Bytes {
		return append(append(bytes.Clone(secret), i), bytes.Repeat([]byte{i}, protocol.SlotSize-len(secret)-1)...)
	}
	for i := range byte(60) {
		c := openCall()
		c.Post.Slot = slotOf(i)
		w.call(protocol.UUID{i * 37, i}, c)
	}
	if !bytes.Contains(files(t, w.dir), secret) {
		t.Fatal("the search is no good")
	}
	for i := range byte(60) {
		f := protocol.UUID{i * 37, i}
		if i%3 == 0 { // accepted: the slot is rewritten, as a confirmation does
			w.call(f, acceptCall(protocol.Token{5}))
			w.call(f, rewriteCall(inviter, 2, slot('c')))
			continue
		}
		w.call(f, deleteCall(inviter, 0, nil))
	}
	w.sweep()
	if n := bytes.Count(files(t, w.dir), secret); n > 0 {
		t.Errorf("%d slots are still there", n)
	}
}

// TestNothingErasedIsLeftWhateverTheOrder posts texts and pictures of all sizes
// and deletes them in any order, so that the database's pages are rearranged in
// many ways; no file may keep a piece of what was erased.
func TestNothingErasedIsLeftWhateverTheOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorldWith(t, rapid.SampledFrom([]uint64{4, 32, partSize}).Draw(rt, "part"))
		defer w.Close()
		type living struct {
			record protocol.Record
			marks  []string
		}
		root := w.taken(w.post(device(1), "everybody comments on this one"))
		var live []living
		var gone []string
		serial := 0
		mark := func() string { // 24 letters that occur nowhere else, and do not compress
			serial++
			h := protocol.BlobOf(fmt.Appendf(nil, "%d", serial))
			return strings.ToLower(fmt.Sprintf("%x", h[:12]))
		}
		for range rapid.IntRange(10, 60).Draw(rt, "posts") {
			m := mark()
			filler := strings.Repeat("so ", rapid.SampledFrom([]int{0, 1, 50, 300, 1000, 1250}).Draw(rt, "filler"))
			p := protocol.Payload{Text: m + " " + filler + m}
			marks := []string{m, m[8:]}
			if rapid.IntRange(0, 4).Draw(rt, "picture") == 0 {
				b, img := w.upload(serial, rapid.IntRange(6, 90).Draw(rt, "size"))
				img.Alt = mark()
				p.Image = &img
				marks = append(marks, img.Alt, string(b[45:75]))
			}
			live = append(live, living{w.taken(w.sign(device(1), protocol.KindPost, p)), marks})
		}
		for len(live) > 0 && rapid.IntRange(0, 20).Draw(rt, "enough") > 0 {
			i := rapid.IntRange(0, len(live)-1).Draw(rt, "victim")
			w.taken(w.about(device(1), protocol.KindDeletion, live[i].record.ID, ""))
			gone = append(gone, live[i].marks...)
			live = append(live[:i], live[i+1:]...)
			if rapid.IntRange(0, 3).Draw(rt, "sweep") == 0 {
				w.sweep()
			}
			if rapid.Bool().Draw(rt, "comment") {
				m := mark()
				r := w.taken(w.about(device(1), protocol.KindComment, root.ID, m))
				live = append(live, living{r, []string{m}})
			}
		}
		w.sweep()
		all := files(t, w.dir)
		for _, m := range gone {
			if found := traces(all, m); found != nil {
				rt.Fatalf("%.30q is still there: %s", m, found)
			}
		}
		for _, l := range live {
			for _, m := range l.marks {
				if len(traces(all, m)) == 0 {
					rt.Fatalf("%.30q is gone, but its record lives", m)
				}
			}
			if diff := cmp.Diff([]string{l.record.Text}, w.words(l.marks[0])); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
}

func TestOnlyTheLengthOfAnErasedBodyIsKept(t *testing.T) {
	w := newWorld(t)
	post := w.taken(w.post(device(1), strings.Repeat("long ", 700)))
	w.taken(w.about(device(1), protocol.KindDeletion, post.ID, ""))
	var jws []byte
	if err := w.writer.QueryRow("SELECT jws FROM bodies WHERE seq = 1").Scan(&jws); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(jws, make([]byte, len(post.JWS))) {
		t.Error("the body is not zeros of its own length: it was not overwritten in place")
	}
}
