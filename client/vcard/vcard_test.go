package vcard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// person is a card as the files beside the fixtures write it.
type person struct {
	Name     string   `json:"name,omitempty"`
	Nickname string   `json:"nickname,omitempty"`
	Org      string   `json:"org,omitempty"`
	UID      string   `json:"uid,omitempty"`
	Numbers  []string `json:"numbers,omitempty"`
	Phone    string   `json:"phone,omitempty"`
	Group    bool     `json:"group,omitempty"`
	Problems []string `json:"problems,omitempty"`
}

func readAll(t testing.TB, r io.Reader) []Card {
	t.Helper()
	var all []Card
	for cards := NewReader(r); ; {
		c, err := cards.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
}

func people(cards []Card) []person {
	var all []person
	for _, c := range cards {
		p := person{c.Name, c.Nickname, c.Org, c.UID, c.Numbers, c.Phone, c.Group, nil}
		for _, problem := range c.Problems {
			p.Problems = append(p.Problems, problem.String())
		}
		all = append(all, p)
	}
	return all
}

func TestPhoneBooksOfManyProgramsAreReadAsTheyWereMeant(t *testing.T) {
	files, err := filepath.Glob("testdata/*.vcf")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 25 {
		t.Fatalf("only %d fixtures", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b, err := os.ReadFile(strings.TrimSuffix(file, ".vcf") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want []person
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			// One byte at a time: what a buffer happens to hold decides nothing.
			if d := cmp.Diff(want, people(readAll(t, iotest.OneByteReader(f)))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWhatIsNoPhoneBookSaysSo(t *testing.T) {
	for text, want := range map[string]error{
		"":                               ErrEmpty,
		"\r\n \n":                        ErrEmpty,
		"\xef\xbb\xbf":                   ErrEmpty,
		"<html>BEGIN:VCARD is missing":   ErrNoCards,
		"PK\x03\x04\x00\x00\xff\xfe\x80": ErrNoCards,
		"Name,Phone\nBob,123\n":          ErrNoCards,
	} {
		if _, err := NewReader(strings.NewReader(text)).Next(); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	broken := errors.New("the disk is gone")
	r := NewReader(io.MultiReader(strings.NewReader("BEGIN:VCARD\nFN:Ann\n"), iotest.ErrReader(broken)))
	if _, err := r.Next(); !errors.Is(err, broken) {
		t.Errorf("a failing file: %v", err)
	}
}

// card is a card with a picture of the given size, without ever holding it.
func card(name string, picture int64) io.Reader {
	return io.MultiReader(
		strings.NewReader("BEGIN:VCARD\r\nVERSION:3.0\r\nPHOTO;ENCODING=b:"),
		io.LimitReader(letters{}, picture),
		strings.NewReader("\r\nFN:"+name+"\r\nEND:VCARD\r\n"),
	)
}

type letters struct{}

func (letters) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'A'
	}
	return len(b), nil
}

func TestThousandsOfCardsWithPicturesOfMegabytesAreRead(t *testing.T) {
	var parts []io.Reader
	for i := range 4000 {
		size := int64(2000)
		if i%500 == 0 {
			size = 3 << 20
		}
		parts = append(parts, card(fmt.Sprintf("Person %d", i), size))
	}
	cards := NewReader(io.MultiReader(parts...))
	n := 0
	for {
		c, err := cards.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("Person %d", n); c.Name != want || len(c.Problems) > 0 {
			t.Fatalf("card %d is %+v, want %s", n, c, want)
		}
		n++
	}
	if n != 4000 {
		t.Errorf("%d cards", n)
	}
}

func TestAPictureIsNeverInMemoryAsAWhole(t *testing.T) {
	size := int64(64 << 20)
	if testing.Short() {
		size = 16 << 20
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	all := readAll(t, card("Ann", size))
	runtime.ReadMemStats(&after)
	if len(all) != 1 || all[0].Name != "Ann" || len(all[0].Problems) > 0 {
		t.Errorf("%+v", all)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("%d bytes of picture took %d of memory", size, took)
	}
}

func TestALineBeyondTheLimitIsReportedAndTheCardKept(t *testing.T) {
	text := "BEGIN:VCARD\nNICKNAME:" + strings.Repeat("x", maxLine) + "\nFN:Ann\nEND:VCARD\n"
	want := []person{{Name: "Ann", Problems: []string{"Line 2 is longer than 64 KiB and was left out."}}}
	if d := cmp.Diff(want, people(readAll(t, strings.NewReader(text)))); d != "" {
		t.Error(d)
	}
	text = "BEGIN:VCARD\nFN:Ann\n" + strings.Repeat("EMAIL:"+strings.Repeat("x", maxLine-100)+"\n", 20) + "END:VCARD\n"
	if c := readAll(t, strings.NewReader(text))[0]; c.Name != "Ann" || len(c.Problems) == 0 || len(c.Problems) > maxProblems {
		t.Errorf("%+v", c)
	}
}

// FuzzReader holds the reader to its first promise: whatever stands in between,
// the card before it and one after it are read.
func FuzzReader(f *testing.F) {
	files, err := filepath.Glob("testdata/*.vcf")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, between []byte) {
		const before, after = "BEGIN:VCARD\r\nFN:Before\r\nEND:VCARD\r\n", "\r\nBEGIN:VCARD\r\nFN:After\r\nEND:VCARD\r\n"
		// Twice: the first may be taken for a card inside of the last one.
		all := readAll(t, strings.NewReader(before+string(between)+after+after))
		if all[0].Name != "Before" || all[len(all)-1].Name != "After" {
			t.Errorf("lost a card: %+v", people(all))
		}
		for i, c := range all {
			if c.N != i+1 || len(c.Problems) > maxProblems || strings.ContainsAny(c.Name+c.Nickname+c.Org+c.UID+c.Phone, "\r\n\x00\x1f") {
				t.Errorf("card %+v", c)
			}
		}
	})
}

func TestTheNumberForAMessageIsTheMobileOneAsItIsDialled(t *testing.T) {
	for lines, want := range map[string]string{
		"TEL:030 1234":                                     "0301234",
		"TEL;TYPE=CELL:+49 (0)171 / 123-45.67":             "+491711234567",
		"TEL;VALUE=uri:tel:+1-201-555-0123;ext=5":          "+12015550123",
		"TEL:0049 171 1":                                   "00491711",
		"TEL:+49\u00a0171\u20111234567":                    "+491711234567",
		"TEL:\u202a+49 171 1234567\u202c":                  "+491711234567",
		"TEL:+44 20 7946 0018,,123#":                       "+442079460018",
		"TEL:1-800-FLOWERS":                                "",
		"TEL:*100#":                                        "",
		"TEL:12":                                           "",
		"TEL:++49 171 1234":                                "",
		"TEL:" + strings.Repeat("1", 33):                   "",
		"TEL;TYPE=FAX:030 1\nTEL;TYPE=PAGER:0302":          "",
		"TEL;TYPE=FAX:030111\nTEL:030222":                  "030222",
		"TEL;TYPE=HOME,pref:030111\nTEL;TYPE=CELL:0171222": "0171222",
		"TEL;HOME:030111\nTEL;WORK;PREF:030222":            "030222",
		"TEL;TYPE=CELL:0171111\nTEL;TYPE=CELL;TYPE=pref:0171222\nTEL;TYPE=CELL:0171333": "0171222",
		"TEL;TYPE=cell;PREF=2:0171111\nTEL;TYPE=cell;PREF=1:0171222":                    "0171222",
		"TEL;TYPE=CELL:nobody knows\nTEL:030222":                                        "030222",
		"TEL:030111\nTEL:030222":                                                        "030111",
		"item1.TEL;type=IPHONE;type=pref:+49 171 5\nitem1.X-ABLabel:mine":               "+491715",
	} {
		all := readAll(t, strings.NewReader("BEGIN:VCARD\nVERSION:3.0\nFN:Ann\n"+lines+"\nEND:VCARD\n"))
		if got := all[0].Phone; got != want {
			t.Errorf("%q: %q, want %q", lines, got, want)
		}
	}
}
