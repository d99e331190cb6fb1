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

	"p4p/client"
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
	t.Parallel()
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

func TestANameThatLooksLikeAFriendsIsAskedAboutOnThePhone(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	alice, mallory := newPeer(t, s.URL()), newPeer(t, s.URL())
	first := alice.invites("Bob")
	p.open(first.Link.URL())
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Safety number")
	alice.becomes(first.Friendship, client.StateAccepted)

	const cyrillic = "\u0410lice"
	second := mallory.invites("Bob")
	p.open("about:blank")
	p.open(second.Link.URL())
	p.types("Who did the invite come from?", cyrillic)
	p.press("Accept")
	p.sees(cyrillic + " could be mistaken for Alice, whom you know.")
	p.shot("invite, look-alike")
	// The box stands for this doubt alone.
	p.press("They are two people: this one, and Alice")
	p.types("Who did the invite come from?", "alice")
	p.press("Accept")
	p.sees("You know somebody called Alice already.")
	p.types("Who did the invite come from?", "\u0410nonymous")
	p.press("Accept")
	p.sees("That would look like one of this page's own labels")
	if f, err := mallory.Find(t.Context(), second.Friendship.String()); err != nil || f.State != client.StateInvited {
		t.Errorf("without a yes the invite is %s: %v", f.State, err)
	}
	p.types("Who did the invite come from?", cyrillic)
	p.press("Accept")
	p.sees(cyrillic + " could be mistaken for Alice, whom you know.")
	p.press("They are two people: this one, and Alice")
	p.press("Accept")
	p.sees("Safety number")
	mallory.becomes(second.Friendship, client.StateAccepted)

	p.press("Go on to the feed")
	p.press("Friends")
	p.press("Invite somebody")
	p.types("Who is it for?", "A1ice")
	p.press("Make the invite")
	p.sees("That looks like Alice")
	p.press("Leave it")
	p.sees("Who is it for?")
}
