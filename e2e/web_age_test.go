package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"testing"

	"filippo.io/age"
)

const importAge = `import("/age.js")`

func agePage(t *testing.T) *phone {
	t.Helper()
	p := newPhone(t)
	script, err := os.ReadFile("testdata/age.mjs")
	if err != nil {
		t.Fatal(err)
	}
	p.open(serveModules(t, map[string][]byte{"/age.js": script}))
	return p
}

func TestThePagesOwnCryptographyReproducesThePublishedVectors(t *testing.T) {
	for _, w := range eval[[]string](agePage(t), importAge+`.then((m) => m.vectors())`) {
		t.Error(w)
	}
}

func TestThePageAndAgeReadEachOthersFiles(t *testing.T) {
	p := agePage(t)
	const passphrase, work = "cafe\u0301 au lait", 6 // typed in two characters, kept as one
	const spelled = "caf\u00e9 au lait"
	for _, size := range []int{0, 1, 16, 65535, 65536, 65537, 200_000} {
		text := bytes.Repeat([]byte("0123456789abcdef\xff"), size/17+1)[:size]
		var file bytes.Buffer
		to, err := age.NewScryptRecipient(spelled)
		if err != nil {
			t.Fatal(err)
		}
		to.SetWorkFactor(work)
		w, err := age.Encrypt(&file, to)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		in64, text64 := base64.StdEncoding.EncodeToString(file.Bytes()), base64.StdEncoding.EncodeToString(text)
		if got := eval[string](p, fmt.Sprintf(`%s.then((m) => m.opens(%q, %s))`, importAge, in64, quote(passphrase))); got != text64 {
			t.Errorf("%d bytes: the page reads %.40q", size, got)
		}
		if got := eval[string](p, fmt.Sprintf(`%s.then((m) => m.opens(%q, "another"))`, importAge, in64)); got != "nothing" {
			t.Errorf("%d bytes: with another passphrase the page reads %.40q", size, got)
		}

		made, err := base64.StdEncoding.DecodeString(eval[string](p, fmt.Sprintf(`%s.then((m) => m.seals(%q, %s, %d))`, importAge, text64, quote(passphrase), work)))
		if err != nil {
			t.Fatal(err)
		}
		with, err := age.NewScryptIdentity(spelled)
		if err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(bytes.NewReader(made), with)
		if err != nil {
			t.Fatalf("%d bytes: %v in %.200q", size, err, made)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes: age reads %d, %v", size, len(got), err)
		}
	}
}

func TestThePageRefusesAFileOfWhichAByteWasChangedOrCut(t *testing.T) {
	p := agePage(t)
	file := eval[string](p, importAge+`.then((m) => m.seals("AAAA", "x", 2))`)
	if got := eval[string](p, fmt.Sprintf(`%s.then((m) => m.opens(%q, "x"))`, importAge, file)); got != "AAAA" {
		t.Fatalf("it reads %q", got)
	}
	if got := eval[[]int](p, fmt.Sprintf(`%s.then((m) => m.accepted(%q, "x"))`, importAge, file)); len(got) != 0 {
		t.Errorf("these bytes count for nothing: %v", got)
	}
}
