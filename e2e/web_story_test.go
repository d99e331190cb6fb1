package e2e

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"p4p/protocol"
	"p4p/server/embed"
	"p4p/server/lan"
)

// The whole idea, as somebody at a terminal and somebody with a phone live it.
func TestThePhoneThatScansTheTerminalsScreenBecomesAFriend(t *testing.T) {
	t.Parallel()
	phone := newPhone(t)
	home := t.TempDir()
	const phoneName, terminalName = "Bobadilla Prusiner", "Alicia Quackenbush"
	dark := themes["dark"]
	alice := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	alice.see("Welcome to P4P", "online")
	alice.press("i")
	alice.see("name")
	alice.press(phoneName + "\r")
	alice.see("An invite for", "Waiting")
	invite := decode[[]invited](t, run(t, home, "--json", "invites"))[0]

	scanned := zbarimg(t, alice.photograph())
	phone.open(scanned) // as the phone's camera gives it, in upper case
	phone.types("Who did the invite come from?", terminalName)
	phone.press("Accept")
	phone.sees("Safety number")
	alice.see("Someone accepted the invite you made for", "Safety number")
	if numbers := alice.text(); !strings.Contains(strings.Join(strings.Fields(numbers), " "), eval[string](phone, `document.querySelector(".number").innerText.trim().replace(/\s+/g, " ")`)) {
		t.Errorf("the phone and the terminal show different safety numbers:\n%s", numbers)
	}
	alice.press("y")
	alice.see("Bobadilla Prusiner is a friend", "compare safety numbers")
	alice.press("\x1b") // from the invite to the feed
	alice.see("Nobody has posted here yet")

	alice.press("n")
	alice.see("New post")
	alice.press("said at the terminal")
	alice.see("20 / 4,000")
	alice.press("\x13")
	phone.press("Go on to the feed")
	phone.until(`[...document.querySelectorAll(".post")].some((e) => e.innerText.includes("said at the terminal") && e.querySelector(".friend bdi")?.innerText === ` + quote(terminalName) + `)`)

	phone.press("Write")
	phone.types("What do you want to say?", "seen from the phone")
	const place = "N 52.5163 E 13.3777"
	phone.do(chromedp.SetUploadFiles(chromedp.CSS("#photo"), []string{photo(t, place)}))
	phone.types("Describe it for those who cannot see it", "A lake")
	phone.until(`document.querySelector(".preview img")?.complete`)
	phone.press("Post")
	alice.see(phoneName+" ·", "seen from the phone", "▀▀▀▀▀▀▀▀") // the picture, in half blocks

	// What a thief of the server's folder reads. The search first finds a control.
	data := embed.Data(home)
	link, err := protocol.ParseLink(scanned)
	if err != nil {
		t.Fatal(err)
	}
	for text, there := range map[string]bool{
		"seen from the phone": true, phoneName: false, terminalName: false, "Quackenbush": false,
		link.Secret.Base32(): false, string(link.Secret[:]): false, place: false, "Exif": false,
	} {
		found, err := searchFolder(data, text)
		if err != nil {
			t.Fatal(err)
		}
		if (len(found) > 0) != there {
			t.Errorf("%q in the server's folder: %v", text, found)
		}
	}
	devices := []protocol.UUID{decode[identity](t, run(t, home, "--json", "whoami")).UUID, protocol.MustParseUUID(eval[string](phone, whoami))}
	rows := rowBytes(t, filepath.Join(data, "server.db"), "mailboxes")
	if len(rows) != 1 || !names(rows[0], invite.Friendship) {
		t.Fatalf("the server has %d friendships, or not this one", len(rows))
	}
	for _, d := range devices {
		if names(rows[0], d) {
			t.Errorf("the friendship's row names the device %s", d)
		}
	}
	// And nothing is in it but the two sealed slots, in which both clients found the
	// other's key, or they would show no names.
	if got := friendshipRow(t, filepath.Join(data, "server.db")); got != "f:16 state:accepted expires: link_hash:32 owner_a:32 owner_b:32 e:32 n_a:2 n_b:1 zeros:0 slot_a:4124 slot_b:4124" {
		t.Errorf("the friendship's row holds %s", got)
	}
}

// friendshipRow is what the server keeps of its one friendship: of bytes their number,
// of zeros none.
func friendshipRow(t *testing.T, file string) string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM mailboxes")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || !rows.Next() {
		t.Fatal(err, rows.Err())
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, v := range values {
		switch b := v.(type) {
		case nil:
			v = ""
		case []byte:
			v = len(bytes.TrimRight(b, "\x00"))
			if columns[i] != "zeros" {
				v = len(b)
			}
		}
		out = append(out, fmt.Sprint(columns[i], ":", v))
	}
	return strings.Join(out, " ")
}

// One key opens the terminal's own server to the network. The phone's browser is at that
// address, and trusts the very key of the server and no other.
func TestOverTheNetworksOwnCertificateTheWholeFlowWorks(t *testing.T) {
	needsChromium(t)
	home := t.TempDir()
	t.Setenv("P4P_LAN", networkAddress(t))
	dark := themes["dark"]
	bob := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	bob.see("Welcome to P4P", "online")
	bob.press("i")
	bob.see("name")
	bob.press("Bob\r")
	bob.see("Your phone cannot", "reach this computer yet", "press", "L to open it to your network.")
	bob.press("L")
	bob.see("Open to your network")
	scanned := zbarimg(t, bob.photograph())
	link, err := protocol.ParseLink(scanned)
	if err != nil {
		t.Fatal(err)
	}
	spki := keyOf(t, link.Server)
	if link.Pin == nil || !strings.HasPrefix(spki, strings.TrimRight(base64.StdEncoding.EncodeToString(link.Pin[:15]), "=")) {
		t.Fatalf("the code's link has the pin of another key than %s: %+v", spki, link)
	}

	other := sha256.Sum256([]byte("another key"))
	stranger := newPhoneTrusting(t, base64.StdEncoding.EncodeToString(other[:]))
	if _, err := chromedp.Run(stranger.ctx, chromedp.Navigate(scanned)); err == nil || !strings.Contains(err.Error(), "ERR_CERT") {
		t.Fatalf("a browser that knows another key opens the page: %v", err)
	}

	p := newPhoneTrusting(t, spki)
	p.open(scanned)
	if !eval[bool](p, "window.isSecureContext") {
		t.Fatal("no secure context")
	}
	p.sees("your browser cannot tell whether somebody in this network altered it")
	p.sees("make lasting friends through a server that has a name for good")
	p.shot("in the network")
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Safety number")
	bob.see("Someone accepted the invite you made for", "Safety number")
	bob.press("y")
	bob.see("Bob is a friend")
	p.sees("You are friends")
	post := decode[struct{ ID protocol.UUID }](t, run(t, home, "--json", "post", "over the air"))
	p.press("Go on to the feed")
	p.until(`[...document.querySelectorAll(".post")].some((e) => e.innerText.includes("over the air") && e.querySelector(".friend bdi")?.innerText === "Alice")`)
	p.press("Write")
	p.types("What do you want to say?", "from the sofa")
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#photo"), []string{photo(t, "x")}))
	p.until(`document.querySelector(".preview img")?.complete`)
	p.press("Post")
	p.until(`document.querySelector(".post img")?.naturalWidth === 1600`)
	bob.press("\x1b")
	bob.see("Bob ·", "from the sofa", "▀▀▀▀▀▀▀▀")
	run(t, home, "comment", post.ID.String(), "can you hear me?")
	p.press("1 comment")
	p.sees("can you hear me?")
	p.types("Your comment", "loud and clear")
	p.press("Comment")
	p.sees("loud and clear")
	p.press("Friends")
	p.sees("make lasting friends through a server that has a name for good")
	if eval[bool](p, `document.body.innerText.includes("keep a copy of yourself")`) {
		t.Error("a copy is advised that cannot be made any more")
	}

	// Another program follows the same link, and knows the key by its pin.
	carol := t.TempDir()
	if out := fails(t, carol, "accept", "--name", "Alice", "--", link.URL()); !strings.Contains(out, "already_accepted") {
		t.Errorf("p4p accept says %s", out)
	}
	wrong := *link.Pin
	wrong[0] ^= 1
	forged := link
	forged.Pin = &wrong
	if out := fails(t, carol, "accept", "--name", "Alice", "--", forged.URL()); !strings.Contains(out, "pin_mismatch") {
		t.Errorf("by another pin, p4p accept says %s", out)
	}
}

// networkAddress is an address of this machine that is not loopback. Without one there is
// no network to open anything to: the test is skipped, and fails in CI.
func networkAddress(t *testing.T) string {
	t.Helper()
	for _, s := range lan.All() {
		if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
			return s
		}
	}
	if os.Getenv("P4P_CI") != "" {
		t.Fatal("this machine is in no network: it needs an IPv4 address besides loopback")
	}
	t.Skip("this machine is in no network")
	return ""
}

// keyOf is the base64 of the SHA-256 of the key that a server shows.
func keyOf(t *testing.T, at string) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", u.Host, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sum := sha256.Sum256(c.ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}
