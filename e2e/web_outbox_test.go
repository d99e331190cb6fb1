package e2e

import "testing"

// lateStream has what the server tells by its socket arrive when a test says so.
const lateStream = `
	window.late = [];
	const Socket = window.WebSocket;
	window.WebSocket = class extends Socket {
		set onmessage(f) { super.onmessage = f && ((e) => (late ? late.push(() => f(e)) : f(e))); }
		get onmessage() { return super.onmessage; }
	};
	window.arrive = () => { const all = late; late = null; all.forEach((f) => f()); return true; };
`

func TestWhatThePhoneSaysIsThereAtOnceHoweverLateTheStreamIs(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.before(lateStream)
	s := webServer(t)
	p.open(s.URL())
	p.sees("Nothing here yet")
	for _, text := range []string{"soon to be gone", "I am here"} {
		p.press("Write")
		p.types("What do you want to say?", text)
		p.press("Post")
		p.sees("Posted.")
		p.until(showsPost(text) + ` && document.querySelector(".post .you") !== null && !document.querySelector(".feed").innerText.includes("Waits here")`)
	}
	eval[bool](p, `([...document.querySelectorAll(".post")].find((e) => e.innerText.includes("soon to be gone")).querySelector("footer button:last-child").click(), true)`)
	p.press("Delete it")
	p.until(`!` + showsPost("soon to be gone"))

	newPeer(t, s.URL()).posts("from somebody else")
	eval[bool](p, `arrive()`)
	p.until(isLive)
	p.until(showsPost("from somebody else"))
	if n := eval[int](p, `document.querySelectorAll(".post").length`); n != 2 {
		t.Errorf("%d posts are shown", n)
	}
	if behind := eval[int](p, inApp+`app.info.seq + 4 - app.stream.cursor.seq)`); behind != 0 {
		t.Errorf("the stream is %d records behind", behind)
	}
}
