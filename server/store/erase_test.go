package store

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

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
	for i := range byte(240) {
		c := openCall()
		c.Post.Slot = slotOf(i)
		w.call(protocol.UUID{i * 37, i}, c)
	}
	if !bytes.Contains(files(t, w.dir), secret) {
		t.Fatal("the search is no good")
	}
	for i := range byte(240) {
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

// TestNothingErasedIsLeftWhateverTheOrder deletes texts and pictures of all
// sizes in a random order, so that the database's pages are rearranged in many
// ways.
func TestNothingErasedIsLeftWhateverTheOrder(t *testing.T) {
	const posts, round = 500, 50
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w := newWorldWith(t, 256)
	author := device(1)

	type victim struct {
		record protocol.Record
		marks  []string // what only this record brings into the files
	}
	var victims []victim
	var there [5]int
	var batch []protocol.Record
	for i := range posts {
		h := protocol.BlobOf(fmt.Appendf(nil, "%d %d", seed, i))
		mark := fmt.Sprintf("%x", h[:12])
		var v victim
		p := protocol.Payload{Text: mark + strings.Repeat(" so", random.IntN(400)) + " " + mark}
		var inPicture []string
		if i%3 == 0 {
			b, img := w.upload(int(seed)+i, 8+random.IntN(50))
			p.Image = &img
			inPicture = []string{string(b[45:75]), string(b[len(b)-60 : len(b)-30])}
		}
		v.record = w.sign(author, protocol.KindPost, p)
		nonce := strings.Split(v.record.JWS, ".")[1][75:100]
		v.marks = append([]string{mark[8:], nonce, v.record.JWS[len(v.record.JWS)-30:]}, inPicture...)
		victims, batch = append(victims, v), append(batch, v.record)
	}
	w.append(batch...)
	random.Shuffle(posts, func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })

	for len(victims) > 0 {
		before := files(t, w.dir)
		var deletions []protocol.Record
		for _, v := range victims[:round] {
			for i, m := range v.marks {
				if bytes.Contains(before, []byte(m)) {
					there[i]++ // not every one: some cross from one page to another
				}
			}
			deletions = append(deletions, w.about(author, protocol.KindDeletion, v.record.ID, ""))
		}
		w.append(deletions...)
		w.sweep()
		after := files(t, w.dir)
		for _, v := range victims[:round] {
			for _, m := range v.marks {
				if bytes.Contains(after, []byte(m)) {
					t.Errorf("with %d posts left, %.30q is still there", len(victims)-round, m)
				}
			}
		}
		victims = victims[round:]
	}
	for i, n := range there {
		if n < posts/4 {
			t.Errorf("the search is no good: it found mark %d of only %d posts before they were deleted", i, n)
		}
	}
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

// TestPicturesAndSlotsLieInNoPageThatIsRearranged looks at the database's pages.
// When SQLite rearranges a B-tree page, copies of the rows that were on it can
// stay in its unused part for good, so content that is to be erased must lie in
// overflow pages. (A B-tree page begins with its type; an overflow page with the
// number of the next, whose first byte is 0 here.)
func TestPicturesAndSlotsLieInNoPageThatIsRearranged(t *testing.T) {
	const pageSize = 4096
	w := newWorld(t)
	var content [][]byte
	for i := range 60 {
		b, img := w.upload(i, 4+3*i) // from 73 bytes to some 30 KB
		w.taken(w.imagePost(1, img))
		content = append(content, b[33:len(b)-12]) // between PNG's constant header and end

		f, c := protocol.UUID{byte(i * 37), byte(i)}, openCall()
		c.Post.Slot = slot(byte('A' + i))
		w.call(f, c)
		content = append(content, c.Post.Slot)
		if i%2 == 0 {
			w.call(f, acceptCall(protocol.Token{5}))
			w.call(f, rewriteCall(inviter, 2, slot(byte('A'+i))))
		}
	}
	w.sweep()
	all, err := os.ReadFile(filepath.Join(w.dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	trees, others := 0, 0
	for n := 1; n < len(all)/pageSize; n++ { // the first page holds the schema
		page := all[n*pageSize:][:pageSize]
		if !slices.Contains([]byte{2, 5, 10, 13}, page[0]) {
			others++
			continue
		}
		trees++
		for _, c := range content {
			for i := 0; i+16 <= len(c); i += 16 {
				if bytes.Contains(page, c[i:i+16]) {
					t.Fatalf("page %d, of type %d, holds %.16q", n+1, page[0], c[i:i+16])
				}
			}
		}
	}
	if trees < 10 || others < 60 {
		t.Errorf("%d B-tree pages and %d others: this is not how the file is laid out", trees, others)
	}
}
