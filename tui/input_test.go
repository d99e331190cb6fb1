package tui

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/charmbracelet/x/term"
	"pgregory.net/rapid"
)

func cleaned(t interface{ Fatal(...any) }, in io.Reader) string {
	var out bytes.Buffer
	if _, err := io.CopyBuffer(struct{ io.Writer }{&out}, struct{ io.Reader }{in}, make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAPasteComesWithoutSequences(t *testing.T) {
	for in, want := range map[string]string{
		"j\x1b[200~a\x1b]0;x\x00b\r\n\tc\x1b[201~\x03":        "j\x1b[200~a]0;xb\r\n\tc\x1b[201~\x03",
		"\x1b[200~\x1b\x1b[201~\x1b[A":                        "\x1b[200~\x1b[201~\x1b[A",
		"\x1b[200~\x1b[201\x1b[20\x1b[201~q":                  "\x1b[200~[201[20\x1b[201~q",
		"\x1b[20\x1b[200~\x01\x1b[201~\x01":                   "\x1b[20\x1b[200~\x1b[201~\x01",
		"\x1b[200~\u009dn\x9dé 漢\xe6\x1b[201~":                "\x1b[200~né 漢\x1b[201~",
		"ctrl\x01 \x1b[200x \x1b[201~ outside stays \x1b]0;x": "ctrl\x01 \x1b[200x \x1b[201~ outside stays \x1b]0;x",
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in))} {
			if got := cleaned(t, &pasteReader{Reader: r}); got != want {
				t.Errorf("%s: %q becomes %q, not %q", name, in, got, want)
			}
		}
	}
}

func TestWhatIsNoPastePassesUntouchedHoweverItIsCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "\x1b", "[20", "0", "1~", "\x1b[A", "\x1b[201~", "\x03", "漢"})).Draw(t, "in"), "")
		in = strings.ReplaceAll(in, pasteBegins, "")
		cut := rapid.IntRange(0, len(in)).Draw(t, "cut")
		r := io.MultiReader(strings.NewReader(in[:cut]), strings.NewReader(in[cut:]))
		if got := cleaned(t, &pasteReader{Reader: r}); !strings.Contains(in, pasteBegins) && got != in {
			t.Fatalf("%q becomes %q", in, got)
		}
	})
}

func TestATerminalStaysOneBehindTheReader(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := cleanPastes(f)
	type named interface { // what Bubble Tea's reader asks for
		term.File
		Name() string
	}
	if c, ok := r.(named); !ok || c.Name() != os.DevNull {
		t.Error("its reads cannot be ended")
	}
	if c, ok := r.(term.File); !ok || c.Fd() != f.Fd() {
		t.Error("it cannot be made raw")
	}
}
