package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"go.mau.fi/util/confusable"
)

var update = flag.Bool("update", false, "write the files that are made from others anew")

// The table is a file, since nothing of the page is built; this makes it.
func TestThePagesTableOfLookAlikesIsTheTerminals(t *testing.T) {
	var b strings.Builder
	b.WriteString("// Unicode's confusable characters (UTS 39), as localmap has them from go.mau.fi/util:\n" +
		"// go test ./e2e -run TableOfLookAlikes -update\n\n" +
		"// A line is a character and what it is read as.\n" +
		"const lines = `\\\n")
	n := 0
	for r := range rune(unicode.MaxRune) {
		if as := confusable.GetReplacement(r); as != "" {
			b.WriteString(ascii(string(r)+as) + "\n")
			n++
		}
	}
	b.WriteString("`;\n\nexport const confusables = new Map(\n  lines.trimEnd().split(\"\\n\").map((line) => {\n" +
		"    const [from, ...to] = line;\n    return [from, to.join(\"\")];\n  }),\n);\n")
	const file = "../server/web/static/app/confusables.js"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Error("the table is another one: go test ./e2e -run TableOfLookAlikes -update")
	}
	if n < 6000 {
		t.Errorf("the table has %d characters", n)
	}
}

// ascii writes a text so that no reader of the file is misled by how it is drawn.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r > unicode.MaxASCII, r < ' ', r == '`', r == '\\', r == '$':
			fmt.Fprintf(&b, "\\u{%x}", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func TestThePageFindsTheLookAlikesThatTheTerminalFinds(t *testing.T) {
	p := newPhone(t)
	body, err := os.ReadFile("../localmap/testdata/looks.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs []struct {
		What, A, B string
		Alike      bool
	}
	if err := json.Unmarshal(body, &pairs); err != nil {
		t.Fatal(err)
	}
	p.open(serveModules(t, map[string][]byte{"/looks.json": body}))
	got := eval[[]bool](p, `Promise.all([import("/static/app/looks.js"), fetch("/looks.json").then((r) => r.json())])
		.then(([m, pairs]) => Promise.all(pairs.map(async ({ a, b }) =>
			(await m.lookAlike(a, ["Zzyzx", b])) === b && (await m.lookAlike(b, [a, "Zzyzx"])) === a)))`)
	if len(got) != len(pairs) || len(got) < 30 {
		t.Fatalf("%d answers for %d pairs", len(got), len(pairs))
	}
	for i, c := range pairs {
		if got[i] != c.Alike {
			t.Errorf("%s: %q and %q: alike %v", c.What, c.A, c.B, got[i])
		}
	}
}
