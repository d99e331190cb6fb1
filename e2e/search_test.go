package e2e

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
)

var (
	background = context.Background()
	servers    sync.Map // process id -> *exec.Cmd of servers that scripts started
)

// encodings are the forms in which a text could hide in a file. Base64 and base32
// depend on where the text begins inside a longer one, so each alignment is
// searched for, without the characters that the neighbours touch.
func encodings(text string) map[string][]byte {
	raw := []byte(text)
	forms := map[string][]byte{
		"raw":       raw,
		"hex":       []byte(hex.EncodeToString(raw)),
		"HEX":       []byte(strings.ToUpper(hex.EncodeToString(raw))),
		"UTF-16 LE": utf16Bytes(text, 0),
		"UTF-16 BE": utf16Bytes(text, 1),
	}
	for shift := range 3 {
		for name, enc := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			e := enc.EncodeToString(append(make([]byte, shift), raw...))
			first := []int{0, 2, 3}[shift]
			last := len(e)
			if (len(raw)+shift)%3 != 0 {
				last--
			}
			forms[fmt.Sprintf("%s+%d", name, shift)] = []byte(e[first:last])
		}
	}
	for shift := range 5 {
		e := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(append(make([]byte, shift), raw...))
		first := (shift*8 + 4) / 5
		last := len(e)
		if (len(raw)+shift)%5 != 0 {
			last--
		}
		forms[fmt.Sprintf("base32+%d", shift)] = []byte(e[first:last])
	}
	return forms
}

func utf16Bytes(text string, high int) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		pair := [2]byte{byte(u), byte(u >> 8)}
		out = append(out, pair[high], pair[1-high])
	}
	return out
}

// searchFolder names every file below dir that holds text, and in which form.
func searchFolder(dir, text string) ([]string, error) {
	var found []string
	forms := encodings(text)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for form, needle := range forms {
			if bytes.Contains(content, needle) {
				found = append(found, filepath.Base(path)+" ("+form+")")
			}
		}
		return nil
	})
	return found, err
}

func TestTheSearchFindsATextInEveryForm(t *testing.T) {
	const text = "Roberta Müller"
	for form, needle := range encodings(text) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "f"), append(append([]byte("xy"), needle...), "zz"...), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := searchFolder(dir, text); err != nil || len(found) == 0 {
			t.Errorf("%s is not found: %v", form, err)
		}
	}
	for shift := range 6 {
		dir := t.TempDir()
		long := strings.Repeat("a", shift) + text + " and more"
		all := base64.RawURLEncoding.EncodeToString([]byte(long)) + " " + base32.StdEncoding.EncodeToString([]byte(long))
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte(all), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := searchFolder(dir, text); err != nil || len(found) < 2 {
			t.Errorf("inside a longer text at %d: found only %v, %v", shift, found, err)
		}
	}
}
