package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"p4p/client"
)

// upload gives the page a file as its file chooser would.
func (p *phone) upload(field, file string) {
	p.t.Helper()
	p.until(`document.querySelector("` + field + `") !== null`)
	p.do(chromedp.SetUploadFiles(chromedp.CSS(field), []string{file}))
}

// plainPhoto is a JPEG of one colour.
func plainPhoto(t *testing.T, width, height int, c color.Color) string {
	t.Helper()
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{c})
	name := filepath.Join(t.TempDir(), "photo.jpg")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(f, img, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// squashed tells how the picture %s is drawn, if that is not in its own shape and on the screen.
const squashed = `(() => {
	const i = document.querySelector(%s), r = i.getBoundingClientRect();
	return Math.abs(i.naturalWidth / i.naturalHeight - r.width / r.height) > 0.02 || r.height > 0.76 * innerHeight || r.right > innerWidth
		? i.naturalWidth + "x" + i.naturalHeight + " is drawn " + Math.round(r.width) + "x" + Math.round(r.height) : "";
})()`

// A slow phone: a photo is prepared only when the test says so.
const slowPhotos = `window.photos = []; const made = window.createImageBitmap;
	window.createImageBitmap = (...a) => new Promise((r) => (document.body.dataset.photos = photos.push(() => r(made(...a)))));`

func TestPhotosKeepTheirShapeAndTheirPlace(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.before(`window.shifts = []; new PerformanceObserver((l) => {
		for (const e of l.getEntries()) for (const s of e.sources) if (s.node?.parentElement?.closest(".post")) shifts.push(s.node.nodeName + " by " + (s.currentRect.top - s.previousRect.top));
	}).observe({ type: "layout-shift", buffered: true });`)
	tall, wide, small := plainPhoto(t, 720, 1600, color.White), plainPhoto(t, 3000, 500, color.Black), plainPhoto(t, 40, 30, color.White)
	for _, file := range []string{tall, wide, small} {
		p.open(s.URL() + "/#write")
		p.upload("#photo", file)
		p.until(`document.querySelector(".preview img")?.naturalWidth > 0`)
		if wrong := eval[string](p, strings.ReplaceAll(squashed, "%s", `".preview img"`)); wrong != "" {
			t.Errorf("in the preview %s", wrong)
		}
		p.press("Post")
		p.sees("Posted.")
	}
	for _, size := range [][2]int64{{320, 640}, {1280, 800}, {390, 844}} {
		p.do(chromedp.EmulateViewport(size[0], size[1]))
		p.open("about:blank")
		p.open(s.URL())
		p.until(`document.querySelectorAll(".post").length === 3`)
		eval[bool](p, `(shifts.length = 0, true)`)
		for n := range 3 {
			i := `document.querySelectorAll(".post img")[` + string(rune('0'+n)) + `]`
			eval[bool](p, `(`+i+`.scrollIntoView(), true)`)
			p.until(i + `.naturalWidth > 0`)
			if wrong := eval[string](p, strings.ReplaceAll(squashed, "document.querySelector(%s)", i)); wrong != "" {
				t.Errorf("at %d wide, in the feed %s", size[0], wrong)
			}
		}
		if moved := eval[string](p, `String(shifts)`); moved != "" {
			t.Errorf("at %d wide, loading the pictures moved the page: %s", size[0], moved)
		}
	}
}

func TestAPostWaitsForItsPhoto(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	p.before(slowPhotos)
	p.open(s.URL() + "/#write")
	p.types(says, "look at this")
	p.upload("#photo", plainPhoto(t, 300, 100, color.White))
	p.until(`document.body.dataset.photos === "1"`)
	p.press("Post")
	p.sees("Preparing the photo …")
	eval[bool](p, `(photos[0](), true)`)
	if i := bob.sees(func(i client.Item) bool { return i.Text == "look at this" }); i.Image == nil || i.Image.Width != 300 {
		t.Errorf("it was posted as %+v", i)
	}

	// The photo that was chosen last is posted, however long the other one takes.
	p.press("Write")
	p.types(says, "the second one")
	for n, width := range []int{200, 400} {
		p.upload("#photo", plainPhoto(t, width, 100, color.White))
		p.until(`document.body.dataset.photos === "` + string(rune('2'+n)) + `"`)
	}
	eval[bool](p, `(photos[2](), true)`)
	p.until(`document.querySelector(".preview img")?.naturalWidth === 400`)
	eval[bool](p, `(photos[1](), true)`)
	p.press("Post")
	if i := bob.sees(func(i client.Item) bool { return i.Text == "the second one" }); i.Image == nil || i.Image.Width != 400 {
		t.Errorf("it was posted as %+v", i)
	}
}

func TestWhatIsWrongWithAPhotoIsSaidBesideIt(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL() + "/#write")
	file := func(name, body string) string {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	const alert = `document.querySelector("form [role=alert]")?.innerText ?? ""`
	for body, tells := range map[string]string{
		"no picture at all": "This browser cannot read that file as a picture.",
		"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic": "This browser cannot read HEIC photos.",
	} {
		p.types(says, "with a photo")
		p.upload("#photo", file("photo.bin", body))
		p.until(`(` + alert + `).includes(` + quote(tells) + `)`)
	}
	if eval[string](p, `document.activeElement.id`) != "photo" {
		t.Error("the focus is not where the photo is chosen")
	}
	p.press("Post") // without a photo then
	p.sees("Posted.")
	p.press("Write")

	// What is transparent becomes white, not black.
	img := image.NewNRGBA(image.Rect(0, 0, 60, 60))
	name := filepath.Join(t.TempDir(), "clear.png")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	f.Close()
	p.upload("#photo", name)
	p.until(`document.querySelector(".preview img")?.naturalWidth === 60`)
	if c := eval[string](p, `(() => { const c = document.createElement("canvas").getContext("2d"); c.drawImage(document.querySelector(".preview img"), 0, 0); return String(c.getImageData(30, 30, 1, 1).data); })()`); c != "255,255,255,255" {
		t.Errorf("a transparent picture became %s", c)
	}

	// A description has a limit of its own, and is said to where it is typed.
	p.types(describes, "x")
	eval[bool](p, `(() => { const a = document.activeElement; a.value = "ä".repeat(501); a.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`)
	p.press("Post")
	p.sees("A description holds at most 1,000 bytes; this one has 1,002.")
	if !eval[bool](p, `document.activeElement.closest(".preview") !== null && document.activeElement.getAttribute("aria-invalid") === "true"`) {
		t.Error("the focus is not in the description")
	}
	p.types(describes, "A white square")
	p.press("Post")
	p.sees("Posted.")
}

// holds waits until the field with that label holds a text.
func (p *phone) holds(label, text string) {
	p.t.Helper()
	p.until(`[...document.querySelectorAll("label")].some((l) => l.innerText.trim() === ` + quote(label) + ` && l.control?.checkVisibility())`)
	eval[bool](p, `new Promise((resolve, reject) => {
		const look = () => [...document.querySelectorAll("label")].find((l) => l.innerText.trim() === `+quote(label)+`)?.control?.value === `+quote(text)+` ? resolve(true) : setTimeout(look, 10);
		setTimeout(() => reject(new Error("the field does not hold " + `+quote(text)+`)), 20000);
		look();
	})`)
}

// keeps waits until the phone keeps a text as a draft.
func (p *phone) keeps(text string) {
	p.t.Helper()
	eval[bool](p, `new Promise((resolve, reject) => {
		setTimeout(() => reject(new Error("not kept: " + `+quote(text)+`)), 20000);
		const look = () => { indexedDB.open("p4p").onsuccess = (e) => {
			const db = e.target.result;
			db.transaction("settings").objectStore("settings").getAll().onsuccess = (g) => {
				db.close();
				g.target.result.some((r) => r.name.startsWith("draft ") && r.value.text === `+quote(text)+`) ? resolve(true) : setTimeout(look, 20);
			};
		}; };
		look();
	})`)
}

// settles waits until the page has brought back what was begun, and keeps what is there.
func (p *phone) settles() {
	p.t.Helper()
	p.until(`document.querySelector("main form") !== null`)
	eval[bool](p, `import("/static/app/draft.js").then((d) => d.settled()).then(() => true)`)
}

// empties waits until nothing is in the page's outbox.
func (p *phone) empties() {
	p.t.Helper()
	eval[bool](p, `import("/static/app/app.js").then(({ app }) => new Promise((resolve, reject) => {
		setTimeout(() => reject(new Error(app.outbox.rows.length + " records wait")), 20000);
		const look = () => app.outbox.rows.length === 0 ? resolve(true) : setTimeout(look, 10);
		look();
	}))`)
}

const (
	says      = "What do you want to say?"
	describes = "Describe it for those who cannot see it"
)

func TestWhatWasBegunToBeWrittenIsThereAgain(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	one, other := bob.posts("one post"), bob.posts("another post")
	invite := bob.invites("Bob")
	p.open(s.URL())
	p.sees("one post")
	sub := func(name string, f func(p *phone)) {
		t.Run(name, func(t *testing.T) { f(&phone{t, p.ctx}) })
	}
	last := ""
	for name, leave := range map[string]func(p *phone){
		"pressing Write again":     func(p *phone) { p.press("Write") },
		"looking into the feed":    func(p *phone) { p.press("Feed"); p.sees("one post"); p.press("Write") },
		"reloading":                func(p *phone) { p.do(chromedp.Reload()) },
		"going back and forth":     func(p *phone) { p.do(chromedp.NavigateBack()); p.sees("one post"); p.do(chromedp.NavigateForward()) },
		"leaving for another page": func(p *phone) { p.open("about:blank"); p.open(s.URL() + "/#write") },
	} {
		sub(name, func(p *phone) {
			p.press("Feed")
			p.press("Write")
			p.holds(says, last)
			last = "begun, then " + name
			p.types(says, last)
			leave(p)
			p.holds(says, last)
		})
	}
	sub("the phone ends the page, photo and description come back as well", func(p *phone) {
		q := p.tab()
		q.open(s.URL() + "/#write")
		q.holds(says, last)
		q.types(says, "a long walk")
		q.upload("#photo", plainPhoto(t, 321, 123, color.White))
		q.types(describes, "a path")
		q.keeps("a long walk")
		q.until(`document.querySelector(".preview img")?.naturalWidth === 321`)
		q.settles()
		chromedp.Cancel(q.ctx)
		p.open("about:blank")
		p.open(s.URL() + "/#write")
		p.holds(says, "a long walk")
		p.holds(describes, "a path")
		p.until(`document.querySelector(".preview img")?.naturalWidth === 321`)
		p.shot("write, begun before")
	})
	sub("posting it ends it", func(p *phone) {
		p.press("Post")
		if i := bob.sees(func(i client.Item) bool { return i.Text == "a long walk" }); i.Image == nil || i.Image.Width != 321 || i.Image.Alt != "a path" {
			t.Errorf("it was posted as %+v", i)
		}
		p.press("Write")
		p.holds(says, "")
		p.open("about:blank")
		p.open(s.URL() + "/#write")
		p.settles()
		p.holds(says, "")
		if eval[bool](p, `document.querySelector(".preview").checkVisibility()`) {
			p.t.Error("the photo is still there")
		}
	})
	sub("discarding it ends it", func(p *phone) {
		p.types(says, "better not")
		p.press("Feed")
		p.press("Write")
		p.holds(says, "better not")
		p.press("Discard")
		p.press("Discard it")
		p.holds(says, "")
		p.do(chromedp.Reload())
		p.settles()
		p.holds(says, "")
	})
	sub("of many drafts the newest are kept", func(p *phone) {
		kept := eval[[]string](p, `import("/static/app/draft.js").then(async ({ Draft, settled }) => {
			const left = new AbortController();
			for (let n = 0; n < 60; n++) {
				const d = new Draft("thread " + n, left.signal, () => ({ text: "draft " + n }));
				d.restore(() => {});
				await settled();
				d.changed();
				await settled();
			}
			left.abort();
			const db = await new Promise((r) => (indexedDB.open("p4p").onsuccess = (e) => r(e.target.result)));
			const rows = await new Promise((r) => (db.transaction("settings").objectStore("settings").getAll().onsuccess = (e) => r(e.target.result)));
			db.close();
			return rows.filter((r) => r.name.startsWith("draft ")).map((r) => r.value.text);
		})`)
		if len(kept) != 50 || !slices.Contains(kept, "draft 59") || !slices.Contains(kept, "draft 10") || slices.Contains(kept, "draft 9") {
			t.Errorf("kept are %d: %q", len(kept), kept)
		}
	})
	sub("each post has a comment of its own", func(p *phone) {
		p.open(s.URL() + "/p/" + one.String())
		p.types("Your comment", "on the one")
		p.settles()
		p.open(s.URL() + "/p/" + other.String())
		p.types("Your comment", "on the other")
		p.settles()
		p.open(s.URL() + "/p/" + one.String())
		p.holds("Your comment", "on the one")
		p.press("Comment")
		bob.sees(func(i client.Item) bool { return i.ID == one && i.Comments == 1 })
		p.holds("Your comment", "")
		p.open(s.URL() + "/p/" + other.String())
		p.holds("Your comment", "on the other")
	})
	sub("the name on an invite", func(p *phone) {
		p.open(invite.Link.URL())
		p.types("Who did the invite come from?", "Alice from work")
		p.settles()
		p.do(chromedp.Reload())
		p.holds("Who did the invite come from?", "Alice from work")
		p.open("about:blank")
		p.open(s.URL() + "/#invite")
		p.types("Who is it for?", "Carol")
		p.press("Feed")
		p.press("Friends")
		p.press("Invite somebody")
		p.holds("Who is it for?", "Carol")
		p.press("Make the invite")
		p.until(`document.querySelector("canvas.qr") !== null`)
		p.press("Friends")
		p.press("Invite somebody")
		p.holds("Who is it for?", "")
	})
}

// The server's answer to a record: the test says when, and what.
const answers = `window.answers = []; const ask = window.fetch;
	window.fetch = (...a) => a[1]?.method !== "POST" || !window.holding ? ask(...a) : new Promise((resolve, reject) => {
		document.body.dataset.asked = answers.push((error) => error === "away" ? reject(new TypeError("away")) : resolve(error
			? new Response(JSON.stringify({ results: [{ error: { code: "clock_ahead", message: "The clock is ahead." } }] })) : ask(...a)));
	});`

func TestWhatTheServerRefusesCanBeEditedAgain(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	post := bob.posts("to be commented on")
	p.before(answers)
	p.open(s.URL() + "/#write")
	p.settles()
	eval[bool](p, `(window.holding = true)`)
	p.types(says, "refused at first")
	p.upload("#photo", plainPhoto(t, 222, 111, color.White))
	p.types(describes, "a wall")
	p.press("Post")
	p.until(`document.body.dataset.asked === "1"`)
	p.press("Friends") // whoever posts it is gone when the answer comes
	eval[bool](p, `(answers[0](true), true)`)
	p.sees("Your post was not sent.")
	p.press("Feed")
	p.sees("Not sent: The clock is ahead.")
	p.until(`document.querySelector(".post img")?.naturalWidth === 222`)
	p.shot("feed, not sent")
	p.press("Discard")
	p.sees("It was never sent, and is nowhere but here.")
	p.press("Leave it")
	// What was begun meanwhile is not lost either.
	p.press("Write")
	p.settles()
	p.types(says, "begun meanwhile")
	p.press("Feed")
	p.press("Edit again")
	p.holds(says, "refused at first\n\nbegun meanwhile")
	p.holds(describes, "a wall")
	p.until(`document.querySelector(".preview img")?.naturalWidth === 222`)
	eval[bool](p, `(window.holding = false, true)`)
	p.types(says, "taken at last")
	p.press("Post")
	if i := bob.sees(func(i client.Item) bool { return i.Text == "taken at last" }); i.Image == nil || i.Image.Width != 222 || i.Image.Alt != "a wall" {
		t.Errorf("it was posted as %+v", i)
	}
	p.empties()

	// A comment as well; what is typed while it is sent stays.
	p.open(s.URL() + "/p/" + post.String())
	p.settles()
	eval[bool](p, `(window.holding = true)`)
	p.types("Your comment", "the first")
	p.press("Comment")
	p.until(`document.body.dataset.asked === "1"`)
	p.holds("Your comment", "")
	p.types("Your comment", "the second")
	eval[bool](p, `(answers[0](true), true)`)
	p.sees("Not sent: The clock is ahead.")
	p.press("Feed")
	p.press("The post")
	p.holds("Your comment", "the second")
	p.shot("thread, not sent")
	p.press("Edit again")
	p.holds("Your comment", "the first\n\nthe second")
	eval[bool](p, `(window.holding = false, true)`)
	p.press("Comment")
	bob.sees(func(i client.Item) bool { return i.ID == post && i.Comments == 1 })
	p.holds("Your comment", "")
	p.empties()
}

func TestWhatIsDeletedWithoutTheServerSaysSoAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	p.before(`const ask = window.fetch; window.fetch = (...a) => window.away ? Promise.reject(new TypeError("away")) : ask(...a);`)
	p.open(s.URL() + "/#write")
	p.settles()
	p.types(says, "oops")
	p.press("Post")
	bob.sees(func(i client.Item) bool { return i.Text == "oops" })
	p.until(`document.querySelector(".post footer")?.innerText.includes("Delete")`)
	away := `import("/static/app/app.js").then(({ app, bus }) => { window.away = true; app.stream.drop(); clearTimeout(app.stream.timer); app.state = "offline"; bus.dispatchEvent(new Event("state")); return true; })`
	eval[bool](p, away)
	p.press("Delete")
	p.press("Delete it")
	p.sees("It is deleted once the server is reached.")
	p.until(`![...document.querySelectorAll(".post button")].some((b) => b.innerText === "Delete")`)
	p.shot("feed, deleted without the server")
	p.press("Keep it")
	p.until(`[...document.querySelectorAll(".post button")].some((b) => b.innerText === "Delete")`)
	p.empties()
	p.press("Delete")
	p.press("Delete it")
	p.press("Keep it")
	p.press("Delete")
	p.press("Delete it")
	p.until(`document.querySelector(".post").innerText.includes("It is deleted once the server is reached.")`)
	eval[bool](p, `(window.away = false, true)`)
	p.open("about:blank")
	p.open(s.URL())
	bob.posts("still here")
	p.sees("still here")
	p.until(`!document.body.innerText.includes("oops")`)
}

// A camera writes how it was held into the file, and turns nothing.
func TestAPhotoIsHeldUprightAsTheCameraWas(t *testing.T) {
	t.Parallel()
	img := image.NewPaletted(image.Rect(0, 0, 400, 200), color.Palette{color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}})
	for y := range 200 {
		for x := 200; x < 400; x++ {
			img.SetColorIndex(x, y, 1)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	const turned = "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
	file := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(turned) + 2)}, turned...)
	name := filepath.Join(t.TempDir(), "turned.jpg")
	if err := os.WriteFile(name, append(file, b.Bytes()[2:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPhone(t)
	p.open(webServer(t).URL() + "/#write")
	p.upload("#photo", name)
	p.until(`document.querySelector(".preview img")?.naturalWidth > 0`)
	if got := eval[string](p, `(() => { const i = document.querySelector(".preview img"), c = document.createElement("canvas").getContext("2d"); c.canvas.height = 400; c.drawImage(i, 0, 0);
		return i.naturalWidth + "x" + i.naturalHeight + " " + [20, 380].map((y) => { const d = c.getImageData(100, y, 1, 1).data; return d[0] > 200 ? "red" : d[2] > 200 ? "blue" : String(d); }); })()`); got != "200x400 red,blue" {
		t.Errorf("the photo is %s", got)
	}
}

func TestAScreenReaderHearsOfTheLimitWhenItComesNearAndNotAtEveryKey(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.open(webServer(t).URL() + "/#write")
	p.settles()
	eval[bool](p, `(() => {
		window.heard = [];
		new MutationObserver(() => heard.push(document.querySelector(".room [role=status]").textContent)).observe(document.querySelector(".room [role=status]"), { childList: true });
		window.left = (n) => { const a = document.querySelector("textarea"); a.value = "x".repeat(4000 - n); a.dispatchEvent(new Event("input", { bubbles: true })); };
		return true;
	})()`)
	for _, left := range []string{"500", "401", "400", "399", "390", "120", "100", "50", "1", "0", "-1", "-2", "-3", "20"} {
		eval[bool](p, `(left(`+left+`), new Promise((r) => setTimeout(r, 0, true)))`)
	}
	if got := eval[string](p, `heard.join("; ")`); got != "400 bytes left; 100 bytes left; 1 byte too many; 20 bytes left" {
		t.Errorf("it hears %q", got)
	}
	if got := eval[string](p, `document.querySelector(".room [aria-hidden]").textContent`); got != "20 bytes left" {
		t.Errorf("it is seen as %q", got)
	}
	// Who goes by the keyboard sees where the photo is chosen.
	p.do(chromedp.KeyEvent("\t")) // for the browser to know that it is the keyboard
	eval[bool](p, `(document.querySelector("#photo").focus(), true)`)
	if got := eval[string](p, `getComputedStyle(document.querySelector("label[for=photo]")).outlineStyle`); got != "solid" {
		t.Errorf("the outline is %q", got)
	}
}

func TestPicturesThatWereSeenDoNotPileUp(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.before(`window.urls = new Set(); const make = URL.createObjectURL, drop = URL.revokeObjectURL;
		URL.createObjectURL = (b) => { const u = make.call(URL, b); urls.add(u); return u; };
		URL.revokeObjectURL = (u) => { urls.delete(u); drop.call(URL, u); };`)
	p.open(s.URL() + "/#write")
	p.settles()
	p.types(says, "with a picture")
	p.upload("#photo", plainPhoto(t, 200, 100, color.White))
	p.until(`document.querySelector(".preview img")?.naturalWidth === 200`)
	p.press("Post")
	p.until(`document.querySelector(".post img")?.naturalWidth === 200`)
	p.empties()
	p.until(`[...document.querySelectorAll(".post button")].some((b) => b.innerText === "Delete")`)
	if n := eval[int](p, `urls.size`); n != 1 {
		t.Errorf("%d pictures are in memory for the one that is seen", n)
	}
	p.press("Delete")
	p.press("Delete it")
	p.until(`document.querySelector(".post") === null`)
	if n := eval[int](p, `urls.size`); n != 0 {
		t.Errorf("%d pictures are in memory after the post is gone", n)
	}

	// Six pictures of 9 MB, one far below the other: a few are kept, and what is gone comes back.
	eval[bool](p, `(async () => {
		const { pictureOf } = await import("/static/app/blobs.js");
		const { blobID } = await import("/static/p4p/record.js");
		const main = document.querySelector("main");
		main.replaceChildren();
		for (let n = 0; n < 6; n++) {
			const picture = new Uint8Array(9 << 20).fill(n + 1);
			const figure = pictureOf({ id: "no " + n, author: new Uint8Array(32), picture, payload: { image: { blob: await blobID(picture), width: 300, height: 300 } } }, "");
			figure.style.paddingBottom = "4000px";
			main.append(figure);
		}
		return true;
	})()`)
	for _, n := range []string{"0", "1", "2", "3", "4", "5", "0"} {
		eval[bool](p, `(document.querySelectorAll("figure")[`+n+`].scrollIntoView(), true)`)
		p.until(`document.querySelectorAll("figure img")[` + n + `].hasAttribute("src")`)
	}
	if n := eval[int](p, `urls.size`); n < 2 || n > 4 {
		t.Errorf("%d pictures of 9 MB are in memory", n)
	}
}

func TestAPhotoThatIsStillPreparedIsNotLostByLookingElsewhere(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	p.before(slowPhotos)
	p.open(s.URL() + "/#write")
	p.settles()
	choose := func(width int, n string) {
		p.upload("#photo", plainPhoto(t, width, 100, color.White))
		p.until(`document.body.dataset.photos === "` + n + `"`)
	}
	choose(210, "1")
	p.press("Feed")
	p.press("Write")
	p.sees("Preparing …")
	eval[bool](p, `(photos[0](), true)`)
	p.until(`document.querySelector(".preview img")?.naturalWidth === 210`)
	p.sees("Add a photo")

	// Removing it ends also the one that is to come in its place.
	choose(220, "2")
	p.press("Remove the photo")
	eval[bool](p, `(photos[1](), new Promise((r) => setTimeout(r, 100, true)))`)
	if eval[bool](p, `document.querySelector(".preview img") !== null`) {
		t.Error("a photo that was removed is there again")
	}

	// What was posted meanwhile goes with it, and is not a draft any more.
	p.types(says, "a slow one")
	choose(230, "3")
	p.press("Post")
	p.press("Feed")
	p.press("Write")
	eval[bool](p, `(photos[2](), true)`)
	if i := bob.sees(func(i client.Item) bool { return i.Text == "a slow one" }); i.Image == nil || i.Image.Width != 230 {
		t.Errorf("it was posted as %+v", i)
	}
	p.settles()
	p.holds(says, "")
	if eval[bool](p, `document.querySelector(".preview img") !== null || location.hash !== "#write"`) {
		t.Error("the photo is there still, or the person somewhere else")
	}
}

func TestTheWayBackFromWhatWasPostedLeadsToWhereOneWas(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL())
	p.until(isLive)
	p.press("Friends")
	p.sees("No friends yet.")
	p.press("Write")
	p.settles()
	p.types(says, "sent from among the friends")
	p.press("Post")
	p.until(showsPost("sent from among the friends"))
	p.do(chromedp.NavigateBack())
	p.until(`document.querySelector("h1")?.textContent !== "Feed"`)
	if at := eval[string](p, `location.hash`); at != "#friends" {
		t.Errorf("the way back leads to %q", at)
	}
	p.sees("No friends yet.")
}

func TestAPostThatThePhoneHasNoRoomForStaysWhereItIsTyped(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	p.before(`const put = IDBObjectStore.prototype.put;
		IDBObjectStore.prototype.put = function (v) { if (window.full && this.name === "outbox") throw new DOMException("full", "QuotaExceededError"); return put.call(this, v); };`)
	p.open(s.URL() + "/#write")
	p.settles()
	p.types(says, "no room")
	eval[bool](p, `(window.full = true)`)
	p.press("Post")
	p.until(`document.querySelector("form [role=alert]")?.innerText.includes("full")`)
	p.holds(says, "no room")
	p.settles()
	p.open("about:blank")
	p.open(s.URL() + "/#write")
	p.holds(says, "no room")
	p.press("Post")
	bob.sees(func(i client.Item) bool { return i.Text == "no room" })
}

func TestAPictureThatWasMissedWithoutNetworkComesWithIt(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.before(`const ask = window.fetch; window.fetch = (...a) => sessionStorage.away && String(a[0]).includes("/v1/blobs/") ? Promise.reject(new TypeError("away")) : ask(...a);`)
	p.open(s.URL() + "/#write")
	p.upload("#photo", plainPhoto(t, 40, 30, color.White))
	p.until(`document.querySelector(".preview img")?.naturalWidth > 0`)
	p.press("Post")
	p.sees("Posted.")
	eval[string](p, `(sessionStorage.away = "1")`)
	p.do(chromedp.Reload())
	p.sees("The picture cannot be loaded right now.")
	p.until(stateIs("live"))
	eval[bool](p, `(delete sessionStorage.away, import("/static/app/app.js").then(({ app }) => (app.stream.socket.close(), true)))`)
	p.until(`document.querySelector(".post img")?.naturalWidth === 40`)
}

// The connection may be back before the browser has drawn that there was none.
func TestAPictureThatWasMissedForAMomentComesAtOnce(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.before(`
		const ready = new Promise((done) => addEventListener("load", async () => {
			const { loadAgain } = await import("/static/app/blobs.js");
			new MutationObserver(() => {
				if (!sessionStorage.away || !document.body.innerText.includes("The picture cannot be loaded")) return;
				delete sessionStorage.away;
				loadAgain();
			}).observe(document, { subtree: true, childList: true });
			done();
		}));
		const ask = window.fetch;
		window.fetch = (...a) => sessionStorage.away && String(a[0]).includes("/v1/blobs/") ? ready.then(() => Promise.reject(new TypeError("away"))) : ask(...a);`)
	p.open(s.URL() + "/#write")
	p.upload("#photo", plainPhoto(t, 40, 30, color.White))
	p.until(`document.querySelector(".preview img")?.naturalWidth > 0`)
	p.press("Post")
	p.sees("Posted.")
	eval[string](p, `(sessionStorage.away = "1")`)
	p.do(chromedp.Reload())
	p.until(`document.querySelector(".post img")?.naturalWidth === 40`)
}

// What is told in passing lies over the buttons at the bottom of the screen for a while.
func TestWhatIsToldInPassingKeepsNobodyFromPressing(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL() + "/#write")
	p.sees("What do you want to say?")
	if !eval[bool](p, `import("/static/app/dom.js").then(({ say }) => {
		say("Posted.");
		const toast = document.getElementById("toast");
		const press = [...document.querySelectorAll("button")].find((b) => b.innerText === "Post");
		window.scrollBy(0, press.getBoundingClientRect().top - toast.getBoundingClientRect().top);
		press.style.transform = "translateY(" + (toast.getBoundingClientRect().top - press.getBoundingClientRect().top) + "px)";
		const { left, top, width, height } = toast.getBoundingClientRect();
		return document.elementFromPoint(left + width / 2, top + height / 2) === press;
	})`) {
		t.Error("the button below does not get the press")
	}
}
