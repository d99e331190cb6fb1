package e2e

import (
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
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
	p := newPhone(t)
	s := webServer(t)
	p.before(`window.shifts = []; new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) shifts.push(e.value); }).observe({ type: "layout-shift", buffered: true });`)
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
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	p.before(slowPhotos)
	p.open(s.URL() + "/#write")
	p.types("What do you want to say?", "look at this")
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
	p.types("What do you want to say?", "the second one")
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
	for body, says := range map[string]string{
		"no picture at all": "This browser cannot read that file as a picture.",
		"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic": "This browser cannot read HEIC photos.",
	} {
		p.types("What do you want to say?", "with a photo")
		p.upload("#photo", file("photo.bin", body))
		p.until(`(` + alert + `).includes(` + quote(says) + `)`)
	}
	if eval[string](p, `document.activeElement.id`) != "photo" {
		t.Error("the focus is not where the photo is chosen")
	}

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
	p.types("Describe it for those who cannot see it", "x")
	eval[bool](p, `(() => { const a = document.activeElement; a.value = "ä".repeat(501); a.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`)
	p.press("Post")
	p.sees("A description holds at most 1,000 bytes; this one has 1,002.")
	if !eval[bool](p, `document.activeElement.closest(".preview") !== null && document.activeElement.getAttribute("aria-invalid") === "true"`) {
		t.Error("the focus is not in the description")
	}
	p.shot("write, description too long")
	p.types("Describe it for those who cannot see it", "A white square")
	p.press("Post")
	p.sees("Posted.")
}
