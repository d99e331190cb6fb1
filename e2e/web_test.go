package e2e

import (
	"bytes"
	"crypto/rand"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"p4p/client"
	"p4p/client/wire"
	"p4p/protocol"
	"p4p/qr"
	"p4p/server"
	"p4p/server/web"
)

func TestThePhoneThatOpensAnInviteBecomesAFriend(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL()) // to the phone he is Alice; to him the phone is Bob
	bob.posts("before we met")
	invite := bob.invites("Bob")
	p.open(invite.Link.URL())
	p.sees("Somebody you know wants you to recognise their posts.")
	if url := eval[string](p, "location.href"); strings.Contains(strings.ToUpper(url), invite.Link.Secret.Base32()) {
		t.Errorf("the address bar still holds the secret: %s", url)
	}
	if n := eval[int](p, "history.length"); n > 2 {
		t.Errorf("the history has %d entries", n)
	}
	p.shot("invite")
	p.press("Accept")
	p.sees("Type the name by which you know this person.")
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Safety number")
	got := bob.becomes(invite.Friendship, client.StateAccepted)
	p.sees(got.SafetyNumber)
	p.shot("accepted")
	p.press("Go on to the feed")
	p.until(`document.querySelector(".post .friend bdi")?.innerText === "Alice"`)

	if _, err := bob.Confirm(t.Context(), invite.Friendship); err != nil {
		t.Fatal(err)
	}
	bob.posts("good morning")
	p.until(`document.querySelector(".post")?.innerText.includes("good morning")`)
	if who := eval[string](p, `document.querySelector(".post .who").innerText`); !strings.HasPrefix(who, "Alice") {
		t.Errorf("the post is by %q", who)
	}

	const place = "N 52.5163 E 13.3777"
	p.press("Write")
	p.types("What do you want to say?", "from the lake")
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#photo"), []string{photo(t, place)}))
	p.types("Describe it for those who cannot see it", "A lake")
	p.until(`document.querySelector(".preview img")?.complete`)
	p.shot("write")
	p.press("Post")
	item := bob.sees(func(i client.Item) bool { return i.Text == "from the lake" })
	if item.Label.Kind != client.Friend || item.Label.Name != "Bob" || item.Image == nil || item.Image.Alt != "A lake" {
		t.Fatalf("the terminal sees %+v", item)
	}
	if item.Image.Width != 1600 || item.Image.Height != 800 {
		t.Errorf("the picture measures %d by %d", item.Image.Width, item.Image.Height)
	}
	b, err := bob.Picture(t.Context(), *item.Image)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte(place)) || bytes.Contains(b, []byte("Exif")) {
		t.Error("the picture still says where it was taken")
	}
	p.until(`document.querySelector(".post img")?.naturalWidth === 1600`)

	if _, err := bob.Comment(t.Context(), item.ID, "how deep is it?"); err != nil {
		t.Fatal(err)
	}
	p.press("1 comment")
	p.sees("how deep is it?")
	p.types("Your comment", "deep enough")
	p.press("Comment")
	bob.sees(func(i client.Item) bool { return i.ID == item.ID && i.Comments == 2 })
	p.sees("deep enough")
	p.shot("post")
	p.press("Friends")
	p.sees("Friend.")
	p.press("Safety number")
	p.press("We compared: it is the same")
	p.sees("you compared the safety numbers")
	p.shot("friends")
	p.press("Feed")
	p.until(`document.querySelectorAll(".post").length === 3`)
	p.shot("feed")

	p.until(`[...document.querySelectorAll(".post")].find((e) => e.innerText.includes("good morning")).querySelector("footer").innerText.includes("Report")`)
	eval[bool](p, `([...document.querySelectorAll(".post")].find((e) => e.innerText.includes("good morning")).querySelector("footer .quiet").click(), true)`)
	p.press("Report it")
	p.sees("Reported.")

	// What the other side deletes goes, and so does what one deletes oneself.
	if _, err := bob.Delete(t.Context(), bob.sees(func(i client.Item) bool { return i.Text == "good morning" }).ID); err != nil {
		t.Fatal(err)
	}
	p.until(`!document.body.innerText.includes("good morning")`)
	p.press("Delete")
	p.press("Delete it")
	p.until(`!document.body.innerText.includes("from the lake")`)
	bob.sees(func(i client.Item) bool { return i.Text == "before we met" })

	// A removed friend is a stranger again.
	p.press("Friends")
	p.press("Remove")
	p.until(`document.querySelector("dialog") !== null`)
	eval[bool](p, `(document.querySelector("dialog .danger").click(), true)`)
	p.sees("No friends yet.")
	bob.becomes(invite.Friendship, client.StateEnded)
	p.press("Feed")
	p.until(`document.querySelector(".post .anonymous") !== null && document.querySelector(".post .friend") === null`)
}

// code is what the QR code on the page says.
func (p *phone) code() string {
	p.t.Helper()
	eval[bool](p, `(document.querySelector("canvas.qr").scrollIntoView({ block: "center" }), true)`) // from under the bar
	png, err := chromedp.Run(p.ctx, chromedp.Screenshot(chromedp.CSS("canvas.qr")))
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := qr.Decode(bytes.NewReader(png))
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

func TestAPhonesInviteIsAcceptedConfirmedAndItsCodeCanBeRead(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL())
	p.sees("Nothing here yet")
	p.shot("empty")
	p.press("Friends")
	p.press("Invite somebody")
	p.types("Who is it for?", "Carol")
	p.press("Make the invite")
	p.until(`document.querySelector("canvas.qr") !== null`)
	p.shot("made-invite")
	link, err := protocol.ParseLink(p.code())
	if err != nil {
		t.Fatal(err)
	}
	if text := eval[string](p, `document.querySelector(".link").textContent`); link.URL() != text {
		t.Errorf("the code says %s, the page %s", link.URL(), text)
	}

	carol := newPeer(t, s.URL())
	f, err := carol.Accept(t.Context(), link, "Phone", false)
	if err != nil {
		t.Fatal(err)
	}
	p.sees("Somebody accepted the invite that you made for Carol.")
	p.sees(f.SafetyNumber)
	p.shot("confirm")
	p.press("It is Carol")
	carol.becomes(f.Friendship, client.StateFriend)
	carol.posts("hello phone")
	p.press("Feed")
	p.until(`document.querySelector(".post .friend bdi")?.innerText === "Carol"`)
	p.press("Write")
	p.types("What do you want to say?", "hello Carol")
	p.press("Post")
	if i := carol.sees(func(i client.Item) bool { return i.Text == "hello Carol" }); i.Label.Name != "Phone" {
		t.Errorf("Carol sees %+v", i.Label)
	}

	// One's own link leads nowhere.
	p.press("Friends")
	p.press("Invite somebody")
	p.types("Who is it for?", "Dave")
	p.press("Make the invite")
	p.until(`document.querySelector("canvas.qr") !== null`)
	p.open(eval[string](p, `document.querySelector(".link").textContent`))
	p.sees("This is your own invite")
}

// Two invites for one name, open at once, may be used by two people.
func TestTheSecondDeviceOfANameIsAskedAboutOnThePhone(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL())
	var links [2]protocol.Link
	for i := range links {
		p.press("Friends")
		p.press("Invite somebody")
		p.types("Who is it for?", "Carol")
		p.press("Make the invite")
		if i > 0 {
			p.sees("Carol is there already")
			p.press("It is the same person")
		}
		p.until(`document.querySelector(".link") !== null`)
		link, err := protocol.ParseLink(eval[string](p, `document.querySelector(".link").textContent`))
		if err != nil {
			t.Fatal(err)
		}
		links[i] = link
	}
	var states [2]client.Friendship
	var peers [2]*peer
	for i, link := range links {
		peers[i] = newPeer(t, s.URL())
		f, err := peers[i].Accept(t.Context(), link, "Phone", false)
		if err != nil {
			t.Fatal(err)
		}
		states[i] = f
	}
	p.press("To the friends")
	p.until(`[...document.querySelectorAll("button")].filter((b) => b.textContent === "It is Carol").length === 2`)
	p.press("It is Carol")
	p.until(`[...document.querySelectorAll("button")].filter((b) => b.textContent === "It is Carol").length === 1`)
	p.press("It is Carol")
	p.sees("Carol has a device already")
	p.press("Leave it")
	p.until(`[...document.querySelectorAll("button")].filter((b) => b.textContent === "It is Carol").length === 1`)
	p.press("It is Carol")
	p.press("It is the same person")
	for i, peer := range peers {
		peer.becomes(states[i].Friendship, client.StateFriend)
	}
}

// A friendship that ended leaves its name on the old posts: on a second device's as
// well it stands only by a yes, however the second device comes.
func TestTheNameOfAnEndedFriendshipIsAskedAboutOnThePhone(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	before, after := newPeer(t, s.URL()), newPeer(t, s.URL())
	before.posts("from the first device")
	invite := before.invites("Phone")
	p.open(invite.Link.URL())
	p.types("Who did the invite come from?", "Carol")
	p.press("Accept")
	p.sees("Safety number")
	before.becomes(invite.Friendship, client.StateAccepted)
	// An invite that is open beside the friendship, and is taken once that has ended.
	p.press("Go on to the feed")
	p.press("Friends")
	p.press("Invite somebody")
	p.types("Who is it for?", "CAROL")
	p.press("Make the invite")
	p.sees("Carol is there already")
	p.press("It is the same person")
	p.until(`document.querySelector(".link") !== null`)
	link, err := protocol.ParseLink(eval[string](p, `document.querySelector(".link").textContent`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.Remove(t.Context(), invite.Friendship); err != nil {
		t.Fatal(err)
	}
	p.press("Done")
	p.sees("Carol ended the friendship. Old posts still show the name.")
	taken, err := after.Accept(t.Context(), link, "Phone", false)
	if err != nil {
		t.Fatal(err)
	}
	p.press("It is CAROL")
	p.sees("Carol has a device already")
	p.press("Leave it")
	p.press("Refuse")
	p.sees("Whoever accepted the invite")
	eval[bool](p, `(document.querySelector("dialog .danger").click(), true)`)
	after.becomes(taken.Friendship, client.StateEnded)

	p.press("Invite somebody")
	p.types("Who is it for?", "Carol")
	p.press("Make the invite")
	p.sees("Carol is there already")
	p.press("Leave it")

	p.open("about:blank")
	second := after.invites("The same phone")
	p.open(second.Link.URL())
	p.types("Who did the invite come from?", "carol")
	p.press("Accept")
	p.sees("You know somebody called Carol already.")
	if f, err := after.Find(t.Context(), second.Friendship.String()); err != nil || f.State != client.StateInvited {
		t.Errorf("without a yes the invite is %s: %v", f.State, err)
	}
	p.press("It is the same Carol, with another device")
	p.press("Accept")
	p.sees("Safety number")
	after.becomes(second.Friendship, client.StateAccepted)
	p.press("Go on to the feed")
	p.until(`document.querySelector(".post .friend bdi")?.innerText === "Carol"`)
}

func TestAnInviteThatHasExpiredSaysSoOnThePhone(t *testing.T) {
	p := newPhone(t)
	var later atomic.Int64
	s, err := server.Start(t.Context(), server.Config{
		Data: t.TempDir(), Listen: "127.0.0.1:0",
		Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endServer(t, s) })
	invite := newPeer(t, s.URL()).invites("Bob")
	p.open(invite.Link.URL())
	p.sees("Who did the invite come from?")
	later.Store(int64(protocol.DefaultExpiry + 2*time.Hour))
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("This invite has expired")
	p.open("about:blank")
	p.open(invite.Link.URL())
	p.sees("This invite has expired")
	p.sees("Read the feed")
	p.shot("expired")
}

func TestGettingALinkFiftyTimesConsumesNothing(t *testing.T) {
	s := webServer(t)
	alice := newPeer(t, s.URL())
	invite := alice.invites("Bob")
	id := invite.Friendship.String()
	paths := []string{"/f/" + id, "/F/" + strings.ToUpper(id)}
	methods := []string{"GET", "HEAD"}
	agents := []string{"Mozilla/5.0 (iPhone)", "curl/8", "WhatsApp/2", "TelegramBot (like TwitterBot)", "facebookexternalhit/1.1"}
	times := 0
	for range 3 { // 60 times
		for _, path := range paths {
			for _, method := range methods {
				for _, agent := range agents {
					body := asked(t, method, s.URL()+path, agent)
					if strings.Contains(strings.ToLower(body), id) {
						t.Fatalf("the page for %s names the friendship: %s", agent, body)
					}
					if method == "GET" && !strings.Contains(body, "p4p accept -- ") {
						t.Fatalf("the page for %s: %s", agent, body)
					}
					if method == "GET" && !strings.Contains(body, `<meta property="og:title" content="A friend invite on P4P">`) {
						t.Fatalf("the card for %s: %s", agent, body)
					}
					times++
				}
			}
		}
	}
	if times < 50 {
		t.Errorf("it was asked for %d times", times)
	}
	bob := newPeer(t, s.URL())
	if _, err := bob.Accept(t.Context(), invite.Link, "Alice", false); err != nil {
		t.Errorf("the invite is not as good as before: %v", err)
	}
}

// asked is the body of a page that a program of that name gets.
func asked(t *testing.T, method, url, agent string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", agent)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d, %v", method, url, a.StatusCode, err)
	}
	return string(body)
}

// hostile are posts that would like to be more than text.
var hostile = []string{
	`<script>window.owned = 1</script><img src=x onerror="window.owned = 1"><svg onload="window.owned = 1">`,
	`javascript:window.owned=1 <a href="javascript:window.owned=1">press me</a> ${window.owned=1} {{constructor.constructor("window.owned=1")()}}`,
	"</p></article><style>body { display: none }</style><iframe srcdoc='<script>parent.owned=1</script>'></iframe>",
	"\u202egnihton ton si siht\u202c \u2066isolated\u2069 You \u2713",
	strings.Repeat("W", 3900),
	"e" + strings.Repeat("\u0301", 1500),
	strings.Repeat("line\n", 700),
	"\u0000\u001b]0;title\u0007\u001b[31m\u200b\u2060\ufeff",
}

func TestHostilePostsAreTextAndNothingElse(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL())
	p.sees("Nothing here yet")
	mallory := newPeer(t, s.URL())
	for _, text := range hostile {
		mallory.posts(text)
	}
	for _, when := range []string{"live", "loaded"} {
		p.until(`document.querySelectorAll(".post").length === ` + strconv.Itoa(len(hostile)))
		p.isText(when)
		if h := eval[int](p, `Math.max(...[...document.querySelectorAll(".post")].map((e) => e.offsetHeight))`); h > 844 {
			t.Errorf("%s: a post in the feed is %d pixels high", when, h)
		}
		p.shot("hostile")
		p.open(s.URL())
	}

	// The same as comments, as a picture's description, and by a shared address.
	var dot bytes.Buffer
	if err := jpeg.Encode(&dot, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	described, err := mallory.Post(t.Context(), hostile[0], &client.Picture{Bytes: dot.Bytes(), Alt: `"><script>window.owned = 1</script>` + hostile[3]})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range hostile {
		if _, err := mallory.Comment(t.Context(), described.ID, text); err != nil {
			t.Fatal(err)
		}
	}
	p.open(s.URL() + "/p/" + described.ID.String())
	p.until(`document.querySelectorAll(".comments .post").length === ` + strconv.Itoa(len(hostile)))
	p.until(`document.querySelector("figure img")?.naturalWidth === 8`)
	p.isText("with comments")
	if alt := eval[string](p, `document.querySelector("figure img").alt`); !strings.HasPrefix(alt, `"><script>`) || strings.ContainsAny(alt, "\u202e\u2066") {
		t.Errorf("the picture is described as %q", alt)
	}
}

// isText fails where what strangers wrote is more than text, or leaves its place.
func (p *phone) isText(when string) {
	p.t.Helper()
	if eval[bool](p, `window.owned !== undefined || !document.title.endsWith("P4P")`) {
		p.t.Errorf("%s: a post ran", when)
	}
	if n := eval[int](p, `document.querySelectorAll("main script, main iframe, main style, main svg, main .text *, main [onload], main [onerror]").length`); n != 0 {
		p.t.Errorf("%s: posts made %d elements", when, n)
	}
	if eval[bool](p, `/[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\u0000\u001b]/.test(document.querySelector("main").textContent)`) {
		p.t.Errorf("%s: invisible characters are in the page", when)
	}
	if eval[bool](p, `document.documentElement.scrollWidth > innerWidth`) {
		p.t.Errorf("%s: a post makes the page wider than the screen", when)
	}
	if n := eval[int](p, `Math.max(...[...document.querySelectorAll(".text")].map((e) => (e.textContent.match(/\u0301/g) ?? []).length))`); n > 4 {
		p.t.Errorf("%s: %d marks pile up", when, n)
	}
}

func TestReloadingAndASecondTabKeepIdentityAndNames(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	alice.posts("hello")
	invite := alice.invites("Bob")
	p.open(invite.Link.URL())
	p.sees("Who did the invite come from?")
	p.do(chromedp.Reload()) // before the acceptance: the tab keeps the link
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Safety number")
	who := eval[string](p, whoami)
	p.do(chromedp.Reload()) // the page says what it said
	p.sees("Safety number")
	if got := eval[string](p, whoami); got != who {
		t.Errorf("after reloading it is %s, before %s", got, who)
	}
	second := p.tab()
	second.open(s.URL())
	second.until(`document.querySelector(".post .friend bdi")?.innerText === "Alice"`)
	if got := eval[string](second, whoami); got != who {
		t.Errorf("the second tab is %s, the first %s", got, who)
	}
	p.press("Go on to the feed")
	p.until(`document.querySelector(".post .friend bdi")?.innerText === "Alice"`)

	// A rename in one tab reaches the other.
	second.press("Friends")
	second.press("Rename")
	second.types("New name", "Alicia")
	eval[bool](second, `(document.querySelector(".friend-card form button").click(), true)`)
	p.until(`document.querySelector(".post .friend bdi")?.innerText === "Alicia"`)
	if eval[bool](p, rootReadable) {
		t.Error("the page can read the secret that everything derives from")
	}
}

const (
	whoami = `import("/static/app/app.js").then(({ app }) => app.profile.uuid)`

	rootReadable = `import("/static/app/app.js").then(({ app }) => app.profile.root.extractable || app.profile.device.key.extractable ||
		crypto.subtle.exportKey("raw", app.profile.root).then(() => true, () => false))`
)

func TestOfTwoPhonesWithOneLinkOneWinsAndTheOtherIsTold(t *testing.T) {
	phones := []*phone{newPhone(t), newPhone(t)}
	s := webServer(t)
	alice := newPeer(t, s.URL())
	invite := alice.invites("Bob")
	for _, p := range phones {
		p.open(invite.Link.URL())
		p.types("Who did the invite come from?", "Alice")
	}
	// Both press at once.
	var ready, done sync.WaitGroup
	ready.Add(len(phones))
	for _, p := range phones {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			_, _ = chromedp.Run(p.ctx, chromedp.Evaluate[bool](`(document.querySelector("form button.primary").click(), true)`))
		})
	}
	done.Wait()
	for _, p := range phones {
		p.until(`["Accepted", "This invite was already used"].includes(document.querySelector("h1")?.innerText)`)
	}
	winner, loser := phones[0], phones[1]
	if eval[string](winner, `document.querySelector("h1").innerText`) != "Accepted" {
		winner, loser = loser, winner
	}
	got := alice.becomes(invite.Friendship, client.StateAccepted)
	if who := eval[string](winner, whoami); got.UUID.String() != who {
		t.Errorf("Alice sees %s, who won is %s", got.UUID, who)
	}
	winner.sees(got.SafetyNumber)
	loser.sees("This invite was already used")
	loser.shot("already-used")
	loser.press("Read the feed")
	loser.press("Friends")
	loser.sees("No friends yet.") // nothing is left of it
	third := newPhone(t)
	third.open(invite.Link.URL())
	third.sees("This invite was already used")
}

func TestWhatIsWrongWithAnInviteIsSaidWithAWayOut(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	revoked := alice.invites("Bob")
	if _, err := alice.Revoke(t.Context(), revoked.Friendship); err != nil {
		t.Fatal(err)
	}
	good := alice.invites("Carol")
	page := s.URL() + "/f/" + good.Friendship.String()
	other := "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	for _, tt := range []struct{ name, url, says, way string }{
		{"taken back", revoked.Link.URL(), "This invite was taken back", "Read the feed"},
		{"without its fragment", page, "A part of the link is missing", "The whole link"},
		{"cut off", page + "#" + other[:9], "The part behind the # is missing or cut short", "The whole link"},
		{"damaged", page + "#" + other[:25] + "B", "The link is damaged", "The whole link"},
		{"another secret", page + "#" + other, "The server does not know this invite", "Read the feed"},
		{"no friendship", s.URL() + "/f/01837f64-4057-8650-972f-eae1b4479ad4#" + other, "The server does not know this invite", "Read the feed"},
		{"of another computer", s.URL() + "/f/01837f64-4057-8650-972f-eae1b4479ad4#" + other, "works only on the computer that it was made on", "press L"},
		{"no UUID", s.URL() + "/f/01837f64", "There is nothing at this address", "The whole link"},
		{"nothing at all", s.URL() + "/nothing", "There is nothing at this address", "Read the feed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &phone{t, p.ctx}
			p.open("about:blank") // else a fragment alone would open no page
			p.open(tt.url)
			p.sees(tt.says)
			p.sees(tt.way)
		})
	}

	t.Run("pasted whole, with the message around it", func(t *testing.T) {
		p := &phone{t, p.ctx}
		whole := alice.invites("Erin").Link.URL()
		cut, _, _ := strings.Cut(whole, "#")
		p.open("about:blank")
		p.open(cut)
		p.types("The whole link", "no idea")
		p.press("Open it")
		p.sees("There is no P4P link in that text")
		p.types("The whole link", "Komm: „"+whole+"“. Bis bald!")
		p.press("Open it")
		p.sees("Who did the invite come from?")
	})
	t.Run("upper case, as a QR code carries it", func(t *testing.T) {
		p := &phone{t, p.ctx}
		p.open(good.Link.QR())
		p.sees("Who did the invite come from?")
	})
	t.Run("an address that is not secure", func(t *testing.T) {
		p := &phone{t, p.ctx}
		p.do(chromedp.Navigate(insecurely(t, s)))
		p.sees("This address is not secure")
		p.sees("Ask your friend for a link that begins with https://.")
		if eval[bool](p, `document.body.innerText.includes("Copy the command")`) {
			t.Error("a command is offered that p4p refuses") // it takes no http:// from elsewhere
		}
		p.shot("insecure")
	})
	t.Run("an address that is not secure, of a server that has one that is", func(t *testing.T) {
		p := &phone{t, p.ctx}
		s, err := server.Start(t.Context(), server.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", PublicURL: "https://p4p.example"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { endServer(t, s) })
		at := insecurely(t, s)
		p.do(chromedp.Navigate(at))
		p.sees("Open it securely")
		_, path, _ := strings.Cut(strings.TrimPrefix(at, "http://"), "/")
		if got := eval[string](p, `document.querySelector("main a.primary").href`); got != "https://p4p.example/"+path {
			t.Errorf("it leads to %s", got)
		}
		p.shot("insecure, with another address")
	})
	t.Run("a browser that lacks Ed25519", func(t *testing.T) {
		old := newPhone(t)
		old.before(`const all = SubtleCrypto.prototype.importKey;
			SubtleCrypto.prototype.importKey = function (f, k, a, ...r) { return a.name === "Ed25519" ? Promise.reject(new DOMException("", "NotSupportedError")) : all.call(this, f, k, a, ...r); };`)
		old.open(good.Link.URL())
		old.sees("This browser is too old for P4P")
		old.sees("Copy the command")
		old.shot("too old")
	})
	t.Run("a browser inside another app", func(t *testing.T) {
		app := newPhone(t)
		app.before(`Object.defineProperty(navigator, "userAgent", { value: navigator.userAgent + " Instagram 300.0" });`)
		app.open(good.Link.URL())
		app.sees("Another app shows you this page")
		app.shot("inside another app")
	})
	t.Run("the server is away", func(t *testing.T) {
		away := newPhone(t)
		away.before(`window.fetch = () => Promise.reject(new TypeError("no route"));`)
		away.open(good.Link.URL())
		away.sees("The server cannot be reached")
		away.sees("Try again")
		away.shot("away")
	})
	t.Run("a browser that keeps nothing", func(t *testing.T) {
		private := newPhone(t)
		private.before(`IDBFactory.prototype.open = () => { throw new DOMException("The operation is insecure.", "SecurityError"); };`)
		private.open(good.Link.URL())
		private.sees("This browser does not let P4P keep anything")
		private.sees("Copy the command")
		private.shot("keeps nothing")
	})
}

func TestAnAcceptanceThatIsRefusedSaysThatItIsOver(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	invite := alice.invites("Bob")
	p.open(invite.Link.URL())
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Safety number")
	alice.becomes(invite.Friendship, client.StateAccepted)
	if _, err := alice.Refuse(t.Context(), invite.Friendship); err != nil {
		t.Fatal(err)
	}
	p.sees("That friendship is over")
	if eval[bool](p, `/Safety number|once it is confirmed/.test(document.querySelector("main").innerText)`) {
		t.Error("the page still speaks of what is to come")
	}
	p.shot("over")
}

func TestAnotherInviteOfAFriendIsToldApart(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	first := alice.invites("Bob")
	p.open(first.Link.URL())
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Safety number")
	alice.becomes(first.Friendship, client.StateAccepted)
	p.open("about:blank")
	p.open(alice.invites("Bobby").Link.URL())
	p.sees("You know each other already")
	p.sees("This invite is from Alice, who is your friend already: nothing was changed.")
}

func TestWhatIsSaidWhileTheServerIsAwayIsSentWhenItIsBack(t *testing.T) {
	p := newPhone(t)
	data := t.TempDir()
	s, err := server.Start(t.Context(), server.Config{Data: data, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	alice := newPeer(t, s.URL())
	alice.posts("still here")
	p.open(s.URL())
	p.sees("still here")
	p.until(`document.querySelector("#state").innerText === "live"`)
	endServer(t, s)
	p.until(`document.querySelector("#state").innerText === "offline"`)
	p.press("Write")
	p.types("What do you want to say?", "into the void")
	p.press("Post")
	p.sees("Waits here until the server is reached.")
	p.shot("offline")
	s, err = server.Start(t.Context(), server.Config{Data: data, Listen: strings.TrimPrefix(s.URL(), "http://")})
	if err != nil {
		t.Fatal(err)
	}
	defer endServer(t, s)
	alice.sees(func(i client.Item) bool { return i.Text == "into the void" && i.Label.Kind == client.Anonymous })
	p.until(`document.querySelectorAll(".post").length === 2 && !document.body.innerText.includes("Waits here")`)
}

func TestThePagesCardSaysNothingOfAnybody(t *testing.T) {
	for name, f := range map[string]web.File{"invite": web.Invite, "post": web.Post, "home": web.Home, "missing": web.Nowhere} {
		body := string(f.Body)
		if !strings.Contains(body, `property="og:title"`) || !strings.Contains(body, "<noscript>") || strings.Contains(body, "{{") {
			t.Errorf("the %s page: %s", name, body)
		}
	}
}

func TestWithoutTheServerThePageStartsFromWhatItKept(t *testing.T) {
	p := newPhone(t)
	data := t.TempDir()
	s, err := server.Start(t.Context(), server.Config{Data: data, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	alice := newPeer(t, s.URL())
	post := alice.posts("kept for later")
	invite := alice.invites("Bob")
	p.open(invite.Link.URL())
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Safety number")
	p.press("Go on to the feed")
	p.sees("kept for later")
	who := eval[string](p, whoami)
	eval[bool](p, `navigator.serviceWorker.ready.then(() => true)`)
	endServer(t, s)
	p.open(s.URL() + "/")
	p.until(`document.querySelector("#state")?.innerText === "offline"`)
	p.until(`document.querySelector(".post .friend bdi")?.innerText === "Alice"`)
	if got := eval[string](p, whoami); got != who {
		t.Errorf("it is %s now and was %s", got, who)
	}
	// A post's own address and the invite's start it just as well, and what is
	// written meanwhile is sent later.
	p.open(s.URL() + "/p/" + post.String())
	p.until(`document.querySelector(".post .friend bdi")?.innerText === "Alice" && document.querySelector(".text")?.innerText === "kept for later"`)
	p.open(s.URL() + "/f/" + invite.Friendship.String())
	p.sees("Safety number")
	p.press("Friends")
	p.press("Safety number")
	p.until(`document.querySelector("canvas.qr") !== null`) // by a program that was never loaded before
	p.press("Write")
	p.types("What do you want to say?", "in a tunnel")
	p.press("Post")
	p.sees("Waits here until the server is reached.")
	s, err = server.Start(t.Context(), server.Config{Data: data, Listen: strings.TrimPrefix(s.URL(), "http://")})
	if err != nil {
		t.Fatal(err)
	}
	defer endServer(t, s)
	if got := alice.sees(func(i client.Item) bool { return i.Text == "in a tunnel" }); got.Author.UUID().String() != who {
		t.Errorf("what was written without the server is by %s, the phone is %s", got.Author.UUID(), who)
	}
	alice.posts("back again")
	p.press("Feed")
	p.sees("back again")
	if kept := eval[string](p, `caches.keys().then(async (names) => {
		const urls = [];
		for (const n of names) for (const r of await (await caches.open(n)).keys()) urls.push(r.url);
		return urls.join(" ");
	})`); strings.Contains(kept, "/f/") || strings.Contains(kept, "/v1/") || !strings.Contains(kept, "/static/app/main.js") {
		t.Errorf("the cache holds %s", kept)
	}
}

func TestACodeHeldBeforeTheCameraOpensItsInvite(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	invite := alice.invites("Bob")
	// This browser reads no codes: what a phone's would read is put in its place.
	p.before(`window.codes = ["hello"];
		window.BarcodeDetector = class {
			static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
			detect() { return Promise.resolve(window.codes.map((rawValue) => ({ rawValue }))); }
		};
		navigator.mediaDevices.getUserMedia = async () => {
			const canvas = document.createElement("canvas");
			canvas.getContext("2d").fillRect(0, 0, 9, 9);
			window.camera = canvas.captureStream(5);
			return window.camera;
		};`)
	p.open(s.URL())
	p.press("Friends")
	p.press("Scan a code")
	p.sees("This is not a link")
	eval[bool](p, `(window.codes = [`+quote(invite.Link.QR())+`], true)`)
	p.sees("Who did the invite come from?")
	if !eval[bool](p, `window.camera.getTracks().every((t) => t.readyState === "ended")`) {
		t.Error("the camera still runs")
	}
	if url := eval[string](p, "location.href"); strings.Contains(url, "#") {
		t.Errorf("the address bar holds %s", url)
	}

	// The safety number's code that the friend shows verifies; any other is an alarm.
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Safety number")
	f := alice.becomes(invite.Friendship, client.StateAccepted)
	if _, err := alice.Confirm(t.Context(), invite.Friendship); err != nil {
		t.Fatal(err)
	}
	p.open(s.URL() + "/#friends")
	p.sees("Friend.")
	p.press("Safety number")
	p.until(`document.querySelector(".friend-card canvas.qr") !== null`)
	p.shot("friend, safety code")
	if got := p.code(); got != protocol.SafetyQR(f.SafetyNumber) {
		t.Errorf("the page's code holds %q, the number is %s", got, f.SafetyNumber)
	}
	eval[bool](p, `(window.codes = ["P4P SAFETY 00000 00000 00000 00000 00000 00001"], true)`)
	p.press("Scan a code")
	p.sees("No friend of yours has this safety number.")
	eval[bool](p, `(window.codes = [`+quote(protocol.SafetyQR(f.SafetyNumber))+`], true)`)
	p.sees("you compared the safety numbers")
}

func TestThePageFollowsAFriendWhoChangedTheKey(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	alice, ex := newPeer(t, s.URL()), newPhone(t)
	alice.posts("from before")
	for name, phone := range map[string]*phone{"Bob": p, "Eve": ex} {
		invite := alice.invites(name)
		phone.open(invite.Link.URL())
		phone.types("Who did the invite come from?", "Alice")
		phone.press("Accept")
		phone.sees("Safety number")
		alice.becomes(invite.Friendship, client.StateAccepted)
		if _, err := alice.Confirm(t.Context(), invite.Friendship); err != nil {
			t.Fatal(err)
		}
		phone.open(s.URL())
		phone.until(`document.querySelector(".post .friend bdi")?.innerText === "Alice"`)
		if name == "Eve" {
			if _, err := alice.Remove(t.Context(), invite.Friendship); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := alice.Rotate(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	alice.posts("from after")
	named := func(text, name string) string {
		return `(() => { const e = [...document.querySelectorAll(".post")].find((e) => e.innerText.includes(` + quote(text) + `)); return e && (e.querySelector(".friend bdi")?.innerText ?? "") === ` + quote(name) + ` })()`
	}
	p.until(named("from after", "Alice"))
	p.until(named("from before", "Alice"))
	ex.until(named("from after", ""))
	p.do(chromedp.Reload())
	p.until(named("from after", "Alice"))
}

func TestWhatAMaliciousServerMakesUpIsNotShown(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	alice.posts("genuine")
	// The page's calls are answered as a server would that changes a text and keeps
	// the signature, tells a comment as a post, and hands out another's record.
	p.before(`const ask = window.fetch;
		window.fetch = async (...a) => {
			const r = await ask(...a);
			if (!String(a[0]).startsWith("/v1/records?")) return r;
			const page = await r.json();
			const [e] = page.events;
			const [head, body, sig] = e.jws.split(".");
			const said = JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/")));
			const forge = (s) => [head, btoa(JSON.stringify({ ...said, text: s })).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""), sig].join(".");
			page.events.unshift({ seq: e.seq + 2, kind: "post", jws: forge("made up") });
			page.events.unshift({ seq: e.seq + 3, kind: "comment", jws: e.jws });
			page.events.unshift({ seq: e.seq + 4, kind: "post", jws: "x" }, { seq: e.seq + 5, kind: "post" });
			return new Response(JSON.stringify(page));
		};`)
	alice.sees(func(i client.Item) bool { return i.Seq != 0 })
	p.open(s.URL())
	p.sees("genuine")
	if n := eval[int](p, `document.querySelectorAll(".post").length`); n != 1 || eval[bool](p, `document.body.innerText.includes("made up")`) {
		t.Errorf("%d posts are shown", n)
	}
}

func TestAnAcceptanceThatWasInterruptedIsCompletedAtTheNextStart(t *testing.T) {
	for name, lose := range map[string]string{
		"the call is lost":   `throw new TypeError("no route")`,
		"the answer is lost": `await ask(...a); throw new TypeError("no route")`,
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t)
			s := webServer(t)
			alice := newPeer(t, s.URL())
			invite := alice.invites("Bob")
			p.before(`const ask = window.fetch;
				window.fetch = async (...a) => {
					if (a[1].method !== "PUT" || sessionStorage.getItem("lost")) return ask(...a);
					sessionStorage.setItem("lost", "yes");
					` + lose + `;
				};`)
			p.open(invite.Link.URL())
			p.types("Who did the invite come from?", "Alice")
			p.press("Accept")
			p.sees("Kept on this phone")
			p.do(chromedp.Reload())
			got := alice.becomes(invite.Friendship, client.StateAccepted)
			p.until(`document.querySelector("h1")?.innerText === "Accepted"`)
			p.sees(got.SafetyNumber)
			if _, err := alice.Confirm(t.Context(), invite.Friendship); err != nil {
				t.Fatal(err)
			}
			p.sees("You are friends")
		})
	}
}

func TestAnAcceptanceThatCameTooLateSaysSoHoweverLateItIsSent(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	invite := alice.invites("Bob")
	p.before(`const ask = window.fetch;
		window.fetch = async (...a) => {
			if (a[1]?.method !== "PUT" || sessionStorage.getItem("there")) return ask(...a);
			throw new TypeError("no route");
		};`)
	p.open(invite.Link.URL())
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Kept on this phone")
	if _, err := alice.Revoke(t.Context(), invite.Friendship); err != nil {
		t.Fatal(err)
	}
	eval[bool](p, `(sessionStorage.setItem("there", "yes"), true)`)
	p.do(chromedp.Reload())
	const said = "Your acceptance came too late. This invite was withdrawn; ask your friend for a new one."
	p.sees("That was too late")
	p.sees(said)
	p.press("Friends")
	p.sees("Alice")
	p.sees(said)
	p.press("Remove from the list")
	p.sees("No friends yet.")
}

func TestNothingThatIsTypedOnThePhoneAboutPeopleReachesTheServersFiles(t *testing.T) {
	p := newPhone(t)
	data := t.TempDir()
	s, err := server.Start(t.Context(), server.Config{Data: data, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	const name, control = "Zebulon Quillfeather", "a sentence that everybody may read"
	p.open(s.URL())
	p.press("Write")
	p.types("What do you want to say?", control)
	p.press("Post")
	p.sees(control)
	p.press("Friends")
	p.press("Invite somebody")
	p.types("Who is it for?", name)
	p.press("Make the invite")
	p.until(`document.querySelector(".link") !== null`)
	link, err := protocol.ParseLink(eval[string](p, `document.querySelector(".link").textContent`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newPeer(t, s.URL()).Accept(t.Context(), link, "the phone", false); err != nil {
		t.Fatal(err)
	}
	p.press("It is " + name)
	p.sees("Friend.")
	endServer(t, s)
	for text, allowed := range map[string]bool{control: true, name: false, "Zebulon": false, link.Secret.Base32(): false, string(link.Secret[:]): false} {
		found, err := searchFolder(data, text)
		if err != nil {
			t.Fatal(err)
		}
		if (len(found) > 0) != allowed {
			t.Errorf("%q is found in the server's folder: %v", text, found)
		}
	}
}

func TestOlderPostsAreLoadedAndAnotherHistoryStartsTheFeedOver(t *testing.T) {
	p := newPhone(t)
	data := t.TempDir()
	s, err := server.Start(t.Context(), server.Config{Data: data, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	const n = 450 // more than two pages of the server's
	stranger, err := protocol.NewRoot(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := wire.New(s.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer calls.Close()
	var batch []string
	for i := range n {
		nonce, err := protocol.NewNonce(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		r, err := protocol.Sign(stranger.DeviceKey(0), protocol.KindPost, protocol.Payload{
			Server: s.Info().Server, Nonce: nonce, CreatedAt: protocol.Cut(time.Now()), Text: "number " + strconv.Itoa(i),
		})
		if err != nil {
			t.Fatal(err)
		}
		if batch = append(batch, r.JWS); len(batch) == protocol.MaxBatch || i == n-1 {
			if _, err := calls.PostRecords(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
			batch = nil
		}
	}
	p.open(s.URL())
	p.until(`document.querySelectorAll(".post").length === 60`)
	for shown := 120; shown < n+60; shown += 60 {
		p.press("Older posts")
		p.until(`document.querySelectorAll(".post").length === ` + strconv.Itoa(min(shown, n)))
	}
	p.until(`![...document.querySelectorAll("button")].some((b) => b.innerText === "Older posts" && b.checkVisibility())`)
	texts := eval[[]string](p, `[...document.querySelectorAll(".post .text")].map((e) => e.textContent)`)
	for i, text := range texts {
		if want := "number " + strconv.Itoa(n-1-i); text != want {
			t.Fatalf("place %d says %q, want %q", i, text, want)
		}
	}

	endServer(t, s)
	s, err = server.Start(t.Context(), server.Config{Data: data, Listen: strings.TrimPrefix(s.URL(), "http://"), NewEpoch: true})
	if err != nil {
		t.Fatal(err)
	}
	defer endServer(t, s)
	newPeer(t, s.URL()).posts("a new history")
	p.until(`document.querySelector(".post")?.innerText.includes("a new history")`)
	p.until(`document.querySelector("#state").innerText === "live"`)
}
