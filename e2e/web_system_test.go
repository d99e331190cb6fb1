package e2e

import (
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"p4p/protocol"
)

// hindrances are why a browser would not install the page as an app, but for that this
// browser keeps nothing.
func (p *phone) hindrances() []string {
	p.t.Helper()
	got, err := chromedp.Call(p.ctx, page.GetInstallabilityErrors, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	var ids []string
	for _, e := range got.InstallabilityErrors {
		if e.ErrorID != "in-incognito" {
			ids = append(ids, e.ErrorID)
		}
	}
	return ids
}

func TestThePageCanBeInstalledAsAnApp(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL() + "/v1/info")
	if got := p.hindrances(); !slices.Contains(got, "no-manifest") {
		t.Fatalf("what is no page can be installed but for %q", got)
	}
	p.open(s.URL())
	p.until(isLive)
	if got := p.hindrances(); len(got) > 0 {
		t.Errorf("it cannot be installed: %q", got)
	}
	got, err := chromedp.Call(p.ctx, page.GetAppManifest, page.GetAppManifestParams{})
	if err != nil || len(got.Errors) > 0 || got.Manifest == nil || got.Manifest.Name != "P4P" {
		t.Errorf("the manifest: %+v, %v", got, err)
	}
}

func TestLinksGoOnToTheInstalledAppAndByThePhonesOwnShareSheet(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	post := alice.posts("to be shared")
	invite := alice.invites("Bob")
	p.before(`navigator.share = async ({ url }) => { window.shared = url; };`)
	p.open(invite.Link.URL())
	p.press("Other ways to accept")
	p.until(`document.querySelector('a[href^="p4p:"]')?.checkVisibility()`)
	if got := eval[string](p, `document.querySelector('a[href^="p4p:"]').href`); got != invite.Link.App() {
		t.Errorf("the app is given %s in place of %s", got, invite.Link.App())
	}

	p.open(s.URL())
	p.until(showsPost("to be shared"))
	p.press("Share")
	p.until(`window.shared !== undefined`)
	if got := eval[string](p, `window.shared`); got != s.URL()+"/p/"+post.String() {
		t.Errorf("a post is shared as %s", got)
	}

	eval[bool](p, `(delete window.shared, true)`)
	p.press("Friends")
	p.press("Invite somebody")
	p.types("Who is it for?", "Carol")
	p.press("Make the invite")
	p.press("Share the link")
	p.until(`window.shared !== undefined`)
	link, err := protocol.ParseLink(eval[string](p, `window.shared`))
	if err != nil || link.Server != s.URL() || link.URL() != eval[string](p, `document.querySelector(".link").textContent`) {
		t.Errorf("an invite is shared as %v, %v", link, err)
	}
}
