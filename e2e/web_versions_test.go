package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"p4p/server"
	"p4p/server/web"
)

// upgrades stands before a server which, once it is told to, has the next version of the
// page: under another name, and without the table of look-alikes.
type upgrades struct {
	URL  string
	part atomic.Pointer[string] // what the paths begin with that are of the next version
}

func (u *upgrades) changes(path string) bool {
	part := u.part.Load()
	return part != nil && strings.HasPrefix(path, *part) && !strings.HasPrefix(path, "/v1/")
}

// all has everything be of the next version.
func (u *upgrades) all() {
	part := "/"
	u.part.Store(&part)
}

const (
	looksTable  = "/static/app/confusables.js"
	nextVersion = "the-next"
)

// thisVersion is what the page is called, as its service worker has it.
var thisVersion = regexp.MustCompile(`const version = "(?:p4p )?([^"]+)"`).FindStringSubmatch(string(web.Worker.Body))[1]

func newUpgrades(t *testing.T, s *server.Server) *upgrades {
	t.Helper()
	u := &upgrades{}
	to, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(a *http.Response) error {
		if a.StatusCode != http.StatusOK || !u.changes(a.Request.URL.Path) {
			return nil
		}
		body, err := io.ReadAll(a.Body)
		if err != nil {
			return err
		}
		text := strings.ReplaceAll(string(body), thisVersion, nextVersion)
		text = strings.ReplaceAll(text, strconv.Quote(looksTable)+", ", "")
		a.Body = io.NopCloser(bytes.NewReader([]byte(text)))
		a.Header.Set("Content-Length", strconv.Itoa(len(text)))
		a.ContentLength = int64(len(text))
		if a.Header.Get(web.VersionHeader) != "" {
			a.Header.Set(web.VersionHeader, nextVersion)
		}
		return nil
	}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == looksTable && u.changes(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		r.Host = to.Host
		r.Header.Del("Origin")
		r.Header.Del("If-None-Match") // the same file may be changed here
		r.Header.Set("Accept-Encoding", "identity")
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	u.URL = h.URL
	return u
}

// caching waits until a condition about the names of the page's caches is true.
func (p *phone) caching(condition string) {
	p.t.Helper()
	eval[bool](p, `new Promise((resolve, reject) => {
		let names = [];
		setTimeout(() => reject(new Error("the caches are " + names)), 20000);
		const look = async () => { names = await caches.keys(); (`+condition+`) ? resolve(true) : setTimeout(look, 20); };
		look();
	})`)
}

func TestAPageGoesOnWithTheVersionThatItBeganWith(t *testing.T) {
	t.Parallel()
	const (
		hasTable = `import(` + "`" + looksTable + "`" + `).then((m) => m.confusables.size > 6000, () => false)`
		version  = `document.documentElement.dataset.version`
		// known waits until the service worker knows with which version the page began.
		known = `new Promise((resolve, reject) => {
			setTimeout(() => reject(new Error("the worker knows no page")), 20000);
			const look = async () => (await (await caches.open("p4p pages")).keys()).length > 0 ? resolve(true) : setTimeout(look, 20);
			look();
		})`
		upgrade = `navigator.serviceWorker.getRegistration().then((r) => new Promise((done, fail) => {
			navigator.serviceWorker.addEventListener("controllerchange", () => done(true));
			r.update().catch(fail);
		}))`
	)
	for when, again := range map[string]bool{"that came before the worker": false, "that the worker brought": true} {
		t.Run("a page "+when, func(t *testing.T) {
			p := newPhone(t)
			u := newUpgrades(t, webServer(t))
			p.open(u.URL)
			p.until(isLive)
			eval[bool](p, `navigator.serviceWorker.ready.then(() => true)`)
			if again {
				p.do(chromedp.Reload())
				p.until(isLive)
			} else {
				eval[bool](p, known)
			}
			u.all()
			eval[bool](p, upgrade)
			if !eval[bool](p, hasTable) {
				t.Error("a file of the page's own version is gone")
			}

			q := p.tab()
			q.open(u.URL)
			q.until(isLive)
			if got := eval[string](q, version); got != nextVersion {
				t.Errorf("a page that begins is of the version %q", got)
			}
			if eval[bool](q, hasTable) {
				t.Error("it got a file of the version before")
			}

			p.do(chromedp.Reload())
			p.until(isLive)
			if got := eval[string](p, version); got != nextVersion {
				t.Errorf("after a reload it is of the version %q", got)
			}
			p.caching(`!names.some((n) => n.includes("` + thisVersion + `")) && names.some((n) => n.includes("` + nextVersion + `"))`)
		})
	}
}

func TestAVersionThatIsHalfThereIsNotKept(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	u := newUpgrades(t, webServer(t))
	p.open(u.URL)
	p.until(isLive)
	eval[bool](p, `navigator.serviceWorker.ready.then(() => true)`)
	for _, tt := range [][2]string{{"/sw.js", "redundant"}, {"/", "installed"}} {
		part, want := tt[0], tt[1]
		u.part.Store(&part)
		// The next worker's first state after the installation began.
		if got := eval[string](p, `navigator.serviceWorker.getRegistration().then((r) => new Promise((done, fail) => {
			r.addEventListener("updatefound", () => ((w) => w.addEventListener("statechange", () => done(w.state), { once: true }))(r.installing), { once: true });
			r.update().catch(fail);
		}))`); got != want {
			t.Errorf("where %s* is of the next version, it is %s", part, got)
		}
	}
}
