package e2e

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"

	"p4p/client"
)

func TestAnOldPostThatIsOpenStaysWhateverTheFeedForgets(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	old := bob.posts("the very first post")
	if _, err := bob.Comment(t.Context(), old, "the very first comment"); err != nil {
		t.Fatal(err)
	}
	newCrowd(t, s).posts("number ", 231)
	for range 3 { // by its shared link, while the feed is loaded
		p.open("about:blank")
		p.open(s.URL() + "/p/" + old.String())
		p.sees("the very first post")
		p.until(stateIs("live"))
		p.sees("the very first comment")
		p.sees("the very first post")
	}
	p.settles()
	p.types("Your comment", "half a comm")
	forgets := `import("/static/app/app.js").then(({ app, bus }) => { app.feed.startOver(); bus.dispatchEvent(new Event("feed")); return true; })`
	eval[bool](p, forgets)
	p.sees("the very first post")
	p.sees("the very first comment")
	p.holds("Your comment", "half a comm")
	// Comments still arrive.
	second, err := bob.Comment(t.Context(), old, "a new comment")
	if err != nil {
		t.Fatal(err)
	}
	p.sees("a new comment")
	eval[bool](p, forgets)
	if _, err := bob.Delete(t.Context(), second.ID); err != nil {
		t.Fatal(err)
	}
	p.until(`!document.body.innerText.includes("a new comment")`)
	p.sees("the very first comment")
	// Only its author's deletion takes it away, and never what somebody is writing.
	if _, err := bob.Delete(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	p.sees("This post was deleted.")
	p.holds("Your comment", "half a comm")
	p.sees("nobody could read your comment")
	p.shot("post deleted while one comments")
	p.open("about:blank")
	p.open(s.URL() + "/p/" + old.String())
	p.sees("This post was deleted.")
	p.holds("Your comment", "half a comm")
}

func TestAPostStaysAsItIsWhileItIsCommentedOn(t *testing.T) {
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	var dot bytes.Buffer
	if err := jpeg.Encode(&dot, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	sent, err := bob.Post(t.Context(), "with a picture", &client.Picture{Bytes: dot.Bytes(), Alt: "a dot"})
	if err != nil {
		t.Fatal(err)
	}
	for i, address := range []string{"/p/" + sent.ID.String(), "/"} {
		p.open(s.URL() + address)
		p.until(isLive)
		p.until(`document.querySelector(".post img")?.naturalWidth > 0`)
		// Somebody marks a word of it, and stands on one of its buttons.
		eval[bool](p, `(() => {
			window.post = document.querySelector(".post.post");
			window.at = post.querySelector("footer button");
			at.focus();
			getSelection().selectAllChildren(post.querySelector(".text"));
			new MutationObserver((all) => { if (all.some((m) => m.target !== document.querySelector("footer .count"))) window.touched = true; }).observe(post, { subtree: true, childList: true, attributes: true });
			return true;
		})()`)
		if _, err := bob.Comment(t.Context(), sent.ID, []string{"one", "another"}[i]); err != nil {
			t.Fatal(err)
		}
		p.sees([]string{"one", "2 comments"}[i])
		if !eval[bool](p, `post.isConnected && document.activeElement === at && String(getSelection()) === "with a picture" && !window.touched`) {
			t.Errorf("at %s the post was drawn anew: %s", address, eval[string](p, `[post.isConnected, document.activeElement === at, String(getSelection()), window.touched].join()`))
		}
	}
}

func TestAPostThatWasOpenedInAMomentWithoutNetworkComesWithIt(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	old := newPeer(t, s.URL()).posts("the very first post")
	newCrowd(t, s).posts("number ", 231)
	p.before(`const ask = window.fetch; window.fetch = (...a) => window.away || (sessionStorage.away && String(a[0]).includes("/v1/records/")) ? Promise.reject(new TypeError("away")) : ask(...a);`)
	p.open(s.URL())
	p.until(stateIs("live"))
	eval[string](p, `(sessionStorage.away = "1")`)
	p.open(s.URL() + "/p/" + old.String())
	p.until(stateIs("live"))
	p.sees("The server cannot be reached right now.")
	eval[bool](p, `(delete sessionStorage.away, import("/static/app/app.js").then(({ app }) => (app.stream.socket.close(), true)))`)
	p.sees("the very first post")
}

func TestAnInviteThatWasOpenedInAMomentWithoutNetworkComesWithIt(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	invite := newPeer(t, s.URL()).invites("Bob")
	p.before(`const ask = window.fetch; window.fetch = (...a) => sessionStorage.away && String(a[0]).includes("/v1/friendships/") ? Promise.reject(new TypeError("away")) : ask(...a);`)
	p.open(s.URL())
	p.until(stateIs("live"))
	eval[string](p, `(sessionStorage.away = "1")`)
	p.open(invite.Link.URL())
	p.until(stateIs("live"))
	p.sees("The server cannot be reached")
	eval[bool](p, `(delete sessionStorage.away, import("/static/app/app.js").then(({ app }) => (app.stream.socket.close(), true)))`)
	p.sees("Who did the invite come from?")
}

func TestWhoDeletesAnOpenPostIsToldWhereTheFocusIs(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL() + "/#write")
	p.types(says, "oops")
	p.press("Post")
	p.sees("Posted.")
	p.press("Comment")
	p.sees("Your comment")
	eval[bool](p, `([...document.querySelectorAll("button")].find((b) => b.innerText === "Delete").focus(), true)`)
	p.press("Delete")
	p.press("Delete it")
	p.sees("This post was deleted.")
	if got := eval[string](p, `document.activeElement.textContent`); got != "This post was deleted." {
		t.Errorf("the focus is on %.80q", got)
	}
}

func TestALateAnswerLeavesThePersonWhereTheyAre(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	post := bob.posts("a post")
	comment, err := bob.Comment(t.Context(), post, "a comment")
	if err != nil {
		t.Fatal(err)
	}
	p.before(`const ask = window.fetch; window.fetch = async (...a) => { const r = await ask(...a);
		if (String(a[0]).includes("/v1/records/")) await new Promise((r) => { window.late = r; document.body.dataset.late = "yes"; });
		return r; };`)
	p.open(s.URL())
	p.sees("a post")
	eval[bool](p, `import("/static/app/app.js").then(({ go }) => (go("/p/`+comment.ID.String()+`"), true))`)
	p.until(`document.body.dataset.late === "yes"`)
	p.press("Write")
	p.settles()
	eval[bool](p, `(window.late(), new Promise((r) => setTimeout(r, 100, true)))`)
	if at := eval[string](p, `location.hash`); at != "#write" {
		t.Errorf("the late answer led to %q", eval[string](p, `location.href`))
	}
}
