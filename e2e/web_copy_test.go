package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"p4p/client"
)

// downloads has the browser keep files without asking, and gives the folder.
func (p *phone) downloads() string {
	p.t.Helper()
	folder := p.t.TempDir()
	p.do() // opens the tab
	if _, err := chromedp.CallBrowser(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder,
		BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
	}); err != nil {
		p.t.Fatal(err)
	}
	return folder
}

// secretReadable tells whether a program on the page could read the device's secret.
const secretReadable = `import("/static/app/app.js").then(({ app }) => app.profile.copy !== null)`

func TestTheTerminalIsThePhoneAgainWithTheCopyThatWasMadeAtTheBeginning(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	invite := alice.invites("Bob")
	folder := p.downloads()
	const passphrase = "vier caf\u00e9s, bitte"

	p.open(s.URL())
	p.sees("Keep a copy of yourself?")
	p.shot("copy, offered")
	p.press("Keep a copy")
	p.types("Passphrase", passphrase)
	p.press("Make the copy")
	p.sees("The two are not the same.")
	p.shot("copy")
	p.types("The passphrase once more", passphrase)
	p.press("Make the copy")
	p.sees("The copy is made")
	p.shot("copy, made")
	who := eval[string](p, whoami)
	file := filepath.Join(folder, "p4p-copy-"+who[:4]+".age")
	eventually(t, "the browser's download", func() bool { _, err := os.Stat(file); return err == nil })
	p.press("I have it")
	p.sees("From now on nobody can read your key.")
	if eval[bool](p, secretReadable) {
		t.Error("the secret can still be read")
	}

	// The phone lives on, and says things.
	p.open(invite.Link.URL())
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Safety number")
	p.open(s.URL())
	p.press("Write")
	p.types("What do you want to say?", "from the phone")
	p.press("Post")
	alice.sees(func(i client.Item) bool { return i.Text == "from the phone" })
	if got := eval[string](p, whoami); got != who {
		t.Fatalf("the phone is %s and was %s", got, who)
	}

	if b, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(b, []byte("age-encryption.org/v1\n-> scrypt ")) || bytes.Contains(b, []byte("root")) {
		t.Errorf("%v: the file begins with %.60q", err, b)
	}
	t.Setenv("P4P_PASSPHRASE", passphrase)
	home := t.TempDir()
	type identity struct{ UUID, Server string }
	if got := decode[identity](t, run(t, home, "--json", "restore", file)); got != (identity{who, s.URL()}) {
		t.Errorf("the restored profile is %+v, the phone %s at %s", got, who, s.URL())
	}
	if got := decode[identity](t, run(t, home, "--json", "whoami")); got.UUID != who {
		t.Errorf("the terminal is %s, the phone %s", got.UUID, who)
	}
	type event struct {
		ID, Text string
		You      bool
	}
	post := decode[event](t, run(t, home, "--json", "feed"))
	if !post.You || post.Text != "from the phone" {
		t.Errorf("the terminal sees %+v", post)
	}
	run(t, home, "delete", post.ID)
	p.until(`!document.body.innerText.includes("from the phone")`)
}

func TestACopyIsOfferedWhileNobodyKnowsThePhoneAndNeverAfter(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL())
	p.sees("Keep a copy of yourself?")
	second := p.tab() // shares the first one's identity, and cannot read it
	second.open(s.URL())
	second.sees("Nothing here yet")
	who := eval[string](p, whoami)
	if got := eval[string](second, whoami); got != who || eval[bool](second, secretReadable) {
		t.Errorf("the second tab is %s, the first %s", got, who)
	}
	p.press("Friends")
	p.press("Keep a copy of yourself")
	p.sees("The passphrase once more")
	eval[bool](second, `(navigator.storage.persist = async () => (window.asked = true), true)`)
	second.press("Write")
	second.types("What do you want to say?", "now I am somebody")
	second.press("Post")
	second.until(`document.querySelector(".post .you") !== null`)
	if !eval[bool](second, `window.asked === true`) {
		t.Error("the browser was not asked to keep what is stored")
	}
	p.open("about:blank")
	p.open(s.URL() + "/#copy")
	p.sees("The moment for it is over")
	p.shot("copy, too late")
	if got := eval[string](p, whoami); got != who || eval[bool](p, secretReadable) {
		t.Errorf("after its first post it is %s, before %s", got, who)
	}
}

func TestTheSecretIsReadableNoLongerThanForTheCopy(t *testing.T) {
	t.Parallel()
	s := webServer(t)
	t.Run("until it is declined", func(t *testing.T) {
		p := newPhone(t)
		p.open(s.URL())
		p.sees("Keep a copy of yourself?")
		who := eval[string](p, whoami)
		p.press("Not now")
		p.sees("From now on nobody can read your key.")
		p.until(`!document.body.innerText.includes("Keep a copy of yourself?")`)
		if eval[bool](p, secretReadable) {
			t.Error("the secret can still be read")
		}
		p.press("Friends")
		p.sees("Got an invite link?")
		if eval[bool](p, `document.body.innerText.includes("Keep a copy of yourself")`) {
			t.Error("the copy is still offered")
		}
		p.do(chromedp.Reload())
		p.until(isLive)
		if got := eval[string](p, whoami); got != who || eval[bool](p, secretReadable) {
			t.Errorf("it is %s and was %s, or is readable again", got, who)
		}
	})
	t.Run("until the first word, though the screen after an acceptance offers the copy", func(t *testing.T) {
		p := newPhone(t)
		p.open(newPeer(t, s.URL()).invites("Bob").Link.URL())
		p.types("Who did the invite come from?", "Alice")
		p.press("Accept")
		p.sees("Keep a copy of yourself?")
		p.press("Go on to the feed")
		p.press("Write")
		p.types("What do you want to say?", "hello")
		if !eval[bool](p, secretReadable) {
			t.Error("the copy that is offered cannot be made")
		}
		p.press("Post")
		p.sees("Posted.")
		if eval[bool](p, secretReadable) {
			t.Error("the secret can still be read")
		}
	})
}

func TestACopyThatCannotBeMadeCostsNothing(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.before(`window.Worker = class { constructor() { throw new Error("There is no memory left."); } };`)
	p.open(s.URL())
	p.press("Keep a copy")
	who := eval[string](p, whoami)
	p.press("Make the copy")
	p.sees("A copy needs a passphrase")
	p.types("Passphrase", "x")
	p.types("The passphrase once more", "x")
	p.press("Make the copy")
	p.sees("The copy could not be made: There is no memory left. Nothing is lost")
	p.press("Write")
	p.types("What do you want to say?", "still me")
	p.press("Post")
	p.until(`document.querySelector(".post .you") !== null`)
	p.do(chromedp.Reload())
	p.until(`document.querySelector(".post .you") !== null`)
	if got := eval[string](p, whoami); got != who {
		t.Errorf("it is %s and was %s", got, who)
	}
}
