package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"p4p/client"
	"p4p/protocol"
)

// axe is axe-core's program, which finds what keeps people from using a page: the
// file that P4P_AXE names, or the one that .ci/run keeps among its tools. It is
// empty where there is none.
func axe(t *testing.T) string {
	t.Helper()
	file := os.Getenv("P4P_AXE")
	if file == "" {
		tools := os.Getenv("P4P_TOOLS")
		if home, err := os.UserHomeDir(); tools == "" && err == nil {
			tools = filepath.Join(home, ".cache", "p4p-tools")
		}
		found, err := filepath.Glob(filepath.Join(tools, "axe-core-*", "axe.min.js"))
		if err != nil || len(found) == 0 {
			return ""
		}
		file = slices.Max(found)
	}
	program, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(program)
}

// faults are what axe-core calls serious or critical about the page as it is.
func (p *phone) faults() []string {
	p.t.Helper()
	if eval[bool](p, `window.axe === undefined`) {
		p.do(chromedp.Evaluate[chromedp.Void](axe(p.t)))
	}
	return eval[[]string](p, `axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations
		.filter((v) => v.impact === "serious" || v.impact === "critical")
		.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.html).join(" ")))`)
}

// audit fails for each fault of the page as it is, where axe-core is there.
func (p *phone) audit(name string) {
	p.t.Helper()
	if axe(p.t) == "" {
		return
	}
	for _, fault := range p.faults() {
		p.t.Errorf("%s: %s", name, fault)
	}
}

// needsAxe skips a test by name where axe-core is missing, which fails in CI.
func needsAxe(t *testing.T) {
	t.Helper()
	if axe(t) != "" {
		return
	}
	if os.Getenv("P4P_CI") != "" {
		t.Fatal("axe-core is missing: .ci/run axe gets it")
	}
	t.Skip("axe-core is not there (.ci/run axe gets it from npm)")
}

func TestNoViewOfThePageHasASeriousAccessibilityFault(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	needsAxe(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	sub := func(name string, f func(p *phone)) {
		t.Run(name, func(t *testing.T) { f(&phone{t, p.ctx}) })
	}
	sub("a fault is found where one is planted", func(p *phone) {
		p.open(s.URL())
		p.sees("Nothing here yet")
		eval[bool](p, `(document.querySelector("main").append(document.createElement("input")), true)`)
		if faults := p.faults(); len(faults) != 1 || !strings.HasPrefix(faults[0], "label: ") {
			t.Errorf("it finds %q", faults)
		}
		p.do(chromedp.Reload())
	})
	sub("a copy of oneself", func(p *phone) {
		p.open(s.URL() + "/#copy")
		p.sees("The passphrase once more")
		p.press("Make the copy")
		p.sees("A copy needs a passphrase")
		p.shot("copy, empty")
		p.open("about:blank")
		p.open(s.URL())
	})
	sub("an empty feed", func(p *phone) {
		p.sees("Nothing here yet")
		p.shot("empty")
	})
	sub("no friends", func(p *phone) {
		p.press("Friends")
		p.sees("No friends yet.")
		p.shot("no friends")
	})

	invite := alice.invites("Bob")
	sub("an invite", func(p *phone) {
		p.open(invite.Link.URL())
		p.sees("Who did the invite come from?")
		p.shot("invite")
		p.press("Other ways to accept")
		p.shot("invite, other ways")
	})
	sub("an invite without a name", func(p *phone) {
		p.press("Accept")
		p.sees("Type the name by which you know this person.")
		p.shot("invite, no name")
	})
	sub("accepted", func(p *phone) {
		p.types("Who did the invite come from?", "Alice")
		p.press("Accept")
		p.sees("Safety number")
		p.shot("accepted")
	})
	sub("an invite from a name that is taken", func(p *phone) {
		p.open(newPeer(t, s.URL()).invites("Bob").Link.URL())
		p.types("Who did the invite come from?", "alice")
		p.press("Accept")
		p.sees("You know somebody called Alice already.")
		p.shot("invite, name taken")
	})
	alice.becomes(invite.Friendship, client.StateAccepted)
	sub("waiting to be confirmed", func(p *phone) {
		p.open(s.URL() + "/#friends")
		p.sees("Waits for Alice to confirm.")
		p.shot("waiting")
	})
	if _, err := alice.Confirm(t.Context(), invite.Friendship); err != nil {
		t.Fatal(err)
	}
	sub("friends", func(p *phone) {
		p.open(invite.Link.URL())
		p.sees("You are friends")
		p.shot("friends at last")
	})
	sub("what is wrong with an invite", func(p *phone) {
		page := s.URL() + "/f/" + invite.Friendship.String()
		revoked := alice.invites("Carol")
		if _, err := alice.Revoke(t.Context(), revoked.Friendship); err != nil {
			t.Fatal(err)
		}
		for name, url := range map[string]string{
			"taken back": revoked.Link.URL(),
			"cut off":    strings.Replace(page, invite.Friendship.String(), revoked.Friendship.String(), 1),
			"unknown":    s.URL() + "/f/01837f64-4057-8650-972f-eae1b4479ad4#AAAAAAAAAAAAAAAAAAAAAAAAAA",
			"no address": s.URL() + "/f/01837f64",
		} {
			p.open("about:blank")
			p.open(url)
			p.until(`document.querySelector(".trouble") !== null`)
			p.shot("invite " + name)
		}
	})

	stranger := newPeer(t, s.URL())
	post := alice.posts("good morning")
	if _, err := alice.Comment(t.Context(), post, "and good night"); err != nil {
		t.Fatal(err)
	}
	stranger.posts("I am nobody")
	sub("a feed", func(p *phone) {
		p.open(s.URL())
		p.sees("good morning")
		p.sees("I am nobody")
		p.shot("feed")
	})
	sub("a post with comments", func(p *phone) {
		p.press("1 comment")
		p.sees("and good night")
		p.shot("post")
	})
	sub("a post that is not there", func(p *phone) {
		p.open(s.URL() + "/p/01837f64-4057-8650-972f-eae1b4479ad4")
		p.sees("There is no such post on this server.")
		p.shot("no post")
	})
	sub("a question before what cannot be undone", func(p *phone) {
		p.open(s.URL() + "/#friends")
		p.press("Remove")
		p.sees("You forget the name")
		p.shot("question")
		p.press("Leave it")
	})
	sub("a friend's safety number, and another name", func(p *phone) {
		p.press("Safety number")
		p.press("We compared: it is the same")
		p.sees("you compared the safety numbers")
		p.press("Safety number")
		p.press("Rename")
		p.shot("friend")
	})
	sub("writing, with a photo", func(p *phone) {
		p.press("Write")
		p.until(`document.querySelector("textarea") !== null`)
		eval[bool](p, `((area) => (area.value = "word ".repeat(801), area.dispatchEvent(new Event("input"))))(document.querySelector("textarea"))`)
		p.do(chromedp.SetUploadFiles(chromedp.CSS("#photo"), []string{photo(t, "x")}))
		p.until(`document.querySelector(".preview img")?.complete`)
		p.sees("bytes too many")
		p.shot("write")
		p.press("Post")
		p.until(`document.querySelector("form [role=alert]") !== null`)
		p.shot("write, refused")
	})
	sub("an invite of one's own", func(p *phone) {
		p.open(s.URL() + "/#invite")
		p.sees("Who is it for?")
		p.shot("invite somebody")
		p.types("Who is it for?", "Dave")
		p.press("Make the invite")
		p.until(`document.querySelector("canvas.qr") !== null`)
		p.press("The link as text")
		p.shot("made invite")
		link, err := protocol.ParseLink(eval[string](p, `document.querySelector(".link").textContent`))
		if err != nil {
			t.Fatal(err)
		}
		p.open(link.URL())
		p.sees("This is your own invite")
		p.shot("own invite")
		if _, err := stranger.Accept(t.Context(), link, "the phone", false); err != nil {
			t.Fatal(err)
		}
		p.open(s.URL())
		p.sees("Somebody accepted the invite that you made for Dave.")
		p.shot("notice")
		p.open(s.URL() + "/#friends")
		p.sees("It is Dave")
		p.shot("confirm")
	})
	sub("scanning", func(p *phone) {
		p.open(s.URL() + "/#scan")
		p.sees("Scan a code")
		p.shot("scan")
	})
}

// cutOff are the parts of a view that a screen of that width does not show whole, and
// the names and buttons in which a word is broken.
const cutOff = `((wide) => {
	const ink = document.createElement("canvas").getContext("2d");
	const broken = (e) => {
		if (e.tagName === "BDI") return e.offsetHeight > 2 * parseFloat(getComputedStyle(e).fontSize);
		if (!e.matches("button, .button")) return false;
		const { font, paddingLeft, paddingRight } = getComputedStyle(e);
		ink.font = font;
		const room = e.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) + 1;
		return e.innerText.split(/\s+/).some((word) => ink.measureText(word).width > room);
	};
	return [...document.querySelectorAll("#app *, dialog *")].filter((e) => {
		const { left, right, width } = e.getBoundingClientRect();
		return width > 0 && !e.closest(".offscreen") && (left < 0 || right > wide || broken(e));
	}).map((e) => e.tagName + " " + e.className + " " + e.textContent.slice(0, 30));
})`

func TestWithTextTwiceAsLargeNothingIsCutOff(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	post := alice.posts("good morning")
	p.befriends(alice, "Alice")
	newPeer(t, s.URL()).posts("I am nobody")
	for _, width := range []int64{320, 390} {
		p.do(chromedp.EmulateViewport(width, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
		for _, view := range []string{"/", "/p/" + post.String(), "/#write", "/#friends", "/#invite", "/#scan"} {
			p.open("about:blank")
			p.open(s.URL() + view)
			p.until(`document.querySelector("main h1") !== null`)
			if view == "/" {
				p.sees("I am nobody")
			}
			eval[bool](p, `(document.documentElement.style.fontSize = "200%", document.querySelectorAll(".post time").forEach((t) => (t.textContent = "28 November 2026")), true)`)
			if view == "/#friends" {
				p.press("Remove")
				p.until(`document.querySelector("dialog") !== null`)
			}
			if cut := eval[[]string](p, cutOff+`(`+strconv.FormatInt(width, 10)+`)`); len(cut) > 0 {
				t.Errorf("%s, %d wide: %q is cut off, or in pieces", view, width, cut)
			}
			p.picture(fmt.Sprintf("large-%d-%s", width, strings.NewReplacer("/", "", "#", "").Replace(view)))
		}
	}
}

// Where somebody's own colours replace the page's, none of its tints is left.
func TestWithTheReadersOwnColoursOneSeesWhatIsChosen(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	alice.posts("good morning")
	p.befriends(alice, "Alice")
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}}}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	p.open(s.URL())
	p.sees("good morning")
	for what, chosen := range map[string]string{"whose posts": `.choice [aria-pressed="true"]`, "the screen": "nav [aria-current]"} {
		// A ground that is none has its colour's numbers all the same.
		if eval[bool](p, `((rgb) => rgb(document.querySelector(`+quote(chosen)+`)) === rgb(document.body))((e) => getComputedStyle(e).backgroundColor.match(/\d+/g).slice(0, 3).join())`) {
			t.Errorf("one does not see which is chosen: %s", what)
		}
	}
	if got := eval[string](p, `getComputedStyle(document.querySelector(".post footer button")).paddingLeft`); got == "0px" {
		t.Error("the text of a post's buttons stands on their border")
	}
	p.picture("own-colours")
}

func TestTheKeyboardReachesTheMainLinksBeforeThePosts(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	newPeer(t, s.URL()).posts("good morning")
	p.do(chromedp.EmulateViewport(1280, 800))
	p.open(s.URL())
	p.sees("good morning")
	var reached []string
	for range 6 {
		p.do(chromedp.KeyEvent("\t"))
		reached = append(reached, eval[string](p, `document.activeElement.innerText`))
	}
	if got := strings.Join(reached, ", "); !strings.HasPrefix(got, "Skip to the content, P4P, Feed, Write, Friends, ") {
		t.Errorf("the keyboard goes to %s", got)
	}
}
