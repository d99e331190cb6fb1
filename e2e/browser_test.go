package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// chromium is one browser process for all tests of this package; each tab gets a
// profile of its own, so it stands for a phone of its own.
var chromium struct {
	once sync.Once
	ctx  context.Context //nolint:containedctx // the browser's life
	end  func()
	err  error
}

// withChromium ends the browser after the tests.
type withChromium struct{ m *testing.M }

func (w withChromium) Run() int {
	code := w.m.Run()
	if chromium.end != nil {
		chromium.end()
	}
	return code
}

// insecureName leads the browser to this machine, which it does not know for that.
const insecureName = "p4p.test"

func startChromium() {
	chromium.ctx, chromium.end, chromium.err = launch() //nolint:fatcontext // the browser outlives the test that started it
}

// launch starts a browser, which end ends, with flags beside the usual ones.
func launch(flags ...chromedp.ExecAllocatorOption) (ctx context.Context, end func(), err error) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, err
	}
	folder, err := os.MkdirTemp("", "p4p-chromium-")
	if err != nil {
		return nil, nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(folder),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
	}
	options = append(options, chromedp.Flag("host-resolver-rules", "MAP "+insecureName+" 127.0.0.1"))
	for _, off := range []string{
		"quic", "background-networking", "component-update", "sync", "dev-shm-usage", "breakpad",
		// Of two windows one is behind the other, and would be held up.
		"background-timer-throttling", "backgrounding-occluded-windows", "renderer-backgrounding",
	} {
		options = append(options, chromedp.Flag("disable-"+off, true))
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), append(options, flags...)...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	end = func() {
		endBrowser()
		endAllocator()
		_ = os.RemoveAll(folder)
	}
	return ctx, end, chromedp.Do(ctx)
}

// phone is a browser with an empty profile, on a phone's screen.
type phone struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // the tab's life
}

// newPhone starts a browser of its own. The test is skipped where Chromium is
// missing, and fails there in CI.
func newPhone(t *testing.T) *phone {
	t.Helper()
	needsChromium(t)
	chromium.once.Do(startChromium)
	if chromium.err != nil {
		t.Fatalf("chromium does not start: %v", chromium.err)
	}
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &phone{t, ctx}
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	return p
}

func needsChromium(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	if _, missing := exec.LookPath("chromium"); missing != nil && os.Getenv("P4P_CI") == "" {
		t.Skip("chromium is not installed (apt-get install chromium)")
	}
}

// newPhoneTrusting is newPhone in a browser of its own that takes certificates of
// one key, whoever signed them: spki is the base64 of its SHA-256.
func newPhoneTrusting(t *testing.T, spki string) *phone {
	t.Helper()
	needsChromium(t)
	ctx, end, err := launch(chromedp.Flag("ignore-certificate-errors-spki-list", spki))
	if err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	t.Cleanup(end)
	p := &phone{t, ctx}
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	return p
}

// tab opens another tab of the same browser.
func (p *phone) tab() *phone {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	q := &phone{p.t, ctx}
	q.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	return q
}

func (p *phone) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx); err != nil { // opens the tab, for longer than one step's time
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail(err)
	}
}

func (p *phone) fail(err error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	p.t.Fatalf("%v; the page says:\n%s", err, text)
}

func (p *phone) open(url string) {
	p.t.Helper()
	p.do(chromedp.Navigate(url))
}

// before has a script run in every document before anything else does.
func (p *phone) before(script string) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		p.t.Fatal(err)
	}
}

// eval gives what a JavaScript expression, or the promise that it makes, comes to.
func eval[T any](p *phone, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.fail(err)
	}
	return v
}

// until waits until a JavaScript expression about the document is true, looking
// again whenever the document changes or one of its pictures is there.
func (p *phone) until(expression string) {
	p.t.Helper()
	eval[bool](p, fmt.Sprintf(`new Promise((resolve, reject) => {
		const look = () => { if (%s) { clearTimeout(timer); eye.disconnect(); document.removeEventListener("load", look, true); resolve(true); } };
		const eye = new MutationObserver(look);
		const timer = setTimeout(() => reject(new Error("waited in vain for " + %s)), 50000);
		eye.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
		document.addEventListener("load", look, true);
		look();
	})`, expression, quote(expression)))
}

// sees waits for a text on the screen.
func (p *phone) sees(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.body?.innerText.includes(%s)`, quote(text)))
}

// press presses the button or link with that name, once it is there.
func (p *phone) press(name string) {
	p.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("button, a, summary, label")].find((b) =>
		(b.getAttribute("aria-label") ?? b.innerText).trim() === %s && !b.disabled && !b.ariaDisabled && b.checkVisibility())`, quote(name))
	p.until(find + ` !== undefined`)
	eval[bool](p, `(`+find+`.click(), true)`)
}

// types writes into the field with that label.
func (p *phone) types(label, text string) {
	p.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("label")].find((l) => l.innerText.trim() === %s && l.control?.checkVisibility())`, quote(label))
	p.until(find + ` !== undefined`)
	eval[bool](p, `(`+find+`.control.focus(), `+find+`.control.select?.(), true)`)
	p.do(chromedp.KeyEvent(text))
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has JSON
	}
	return string(b)
}

// shot audits a view, light and dark, on a phone and a computer, and light on a small
// phone, and keeps pictures of it where P4P_SCREENSHOTS says.
func (p *phone) shot(name string) {
	p.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		p.scheme(scheme)
		for _, size := range [][2]int64{{390, 844}, {320, 640}, {1280, 800}} {
			if scheme == "dark" && size[0] == 320 {
				continue // its places are those of the light one, its colours those of the phone
			}
			p.do(chromedp.EmulateViewport(size[0], size[1]))
			view := fmt.Sprintf("%s-%dx%d-%s", strings.ReplaceAll(name, " ", "-"), size[0], size[1], scheme)
			// The colours are the same whatever the size, the places whatever the colours.
			if scheme == "light" || size[0] == 390 {
				p.audit(view)
			}
			p.picture(view)
		}
	}
	p.scheme("")
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
}

// picture keeps a picture of the screen where P4P_SCREENSHOTS says.
func (p *phone) picture(name string) {
	p.t.Helper()
	folder := os.Getenv("P4P_SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// scheme has the system ask for light or dark; nothing is asked for with "".
func (p *phone) scheme(name string) {
	p.t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, media); err != nil {
		p.t.Fatal(err)
	}
}
