package tui

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"p4p/client"
)

// linked is a feed whose newest post is the text.
func linked(text string) *fake {
	f := lively()
	f.says(key(5), time.Minute, text)
	return f
}

const longAddress = "https://a.example/a/path/that/is/longer/than/a/narrow/window/has/columns?and=more"

func TestAWrappedAddressIsOneLink(t *testing.T) {
	for _, w := range []int{40, 80, 120} {
		p := sit(t, linked("Look: "+longAddress+", and (https://b.example/ü)."), w, 24)
		e := p.screen()
		shown, ids := map[string]string{}, map[string]string{}
		for y := range 24 {
			for x := range w {
				c := e.CellAt(x, y)
				if c == nil || c.Link.URL == "" {
					continue
				}
				shown[c.Link.URL] += c.Content
				if had, ok := ids[c.Link.URL]; ok && had != c.Link.Params {
					t.Errorf("%d: %s is two links: %s, %s", w, c.Link.URL, had, c.Link.Params)
				}
				ids[c.Link.URL] = c.Link.Params
				if c.Style.Underline == 0 {
					t.Errorf("%d: %q is not underlined", w, c.Content)
				}
			}
		}
		_ = e.Close()
		if len(shown) != 2 || shown[longAddress] != longAddress || shown["https://b.example/%C3%BC"] != "https://b.example/ü" {
			t.Errorf("%d: %q\n%s", w, shown, p.text())
		}
		if !strings.HasPrefix(ids[longAddress], "id=") || ids[longAddress] == ids["https://b.example/%C3%BC"] {
			t.Errorf("%d: %q", w, ids)
		}
	}
}

func TestNoTextMakesALinkOfItsOwn(t *testing.T) {
	p := sit(t, linked("\x1b]8;;https://evil.example\x07https://a.example/\x07x\x1b]8;;\x07 https://bank.example@evil.example/"), 80, 24)
	e := p.screen()
	defer e.Close()
	for y := range 24 {
		for x := range 80 {
			if c := e.CellAt(x, y); c != nil && c.Link.URL != "" && c.Link.URL != "https://a.example/x" {
				t.Fatalf("a link to %q:\n%s", c.Link.URL, p.text())
			}
		}
	}
	p.press("j", "o").did("browse https://a.example/x")
}

func TestAnAddressIsOpenedWhereItsPostIsSelected(t *testing.T) {
	p := sit(t, linked("https://a.example/x and https://a.example/x"), 80, 24)
	p.press("o").sees("selected now").did()
	p.press("o").did("browse https://a.example/x").sees("Opened https://a.example/x.")
	p.press("enter", "o").did("browse https://a.example/x", "browse https://a.example/x")
	p.fake.err = errors.New("There is no xdg-open here to open a page with; copy the address instead")
	p.press("o").sees("! There is no xdg-open here to open a page with; copy the address instead.")
}

func TestAKeyForAnAddressSaysWhyThereIsNone(t *testing.T) {
	p := sit(t, linked("no address"), 80, 24)
	p.press("j", "o").sees("There is no web address in this post to open").doesNotSee("o open page").did()
}

func TestAnAddressIsInTheFooterAndThePalette(t *testing.T) {
	p := sit(t, linked("https://a.example/x"), 80, 24)
	p.press("j").sees("o open page", "y copy")
	p.press(":").types("web").press("enter").did("browse https://a.example/x")
}

func TestAnInviteInAPostIsOpenedHere(t *testing.T) {
	p := sit(t, linked("For anybody: "+aLink(false).URL()), 80, 24)
	p.press("j", "o").did().sees("invite")
	if _, ok := p.app.top().screen.(*accept); !ok {
		t.Errorf("it is not the invite:\n%s", p.text())
	}
}

func TestWhatIsCopiedIsSaid(t *testing.T) {
	p := sit(t, linked("See https://a.example/ü."), 80, 24)
	p.press("j", "y").sees("Sent https://a.example/ü to your terminal (OSC 52), which confirms nothing", "M lets you select it")
	if p.copied != "https://a.example/ü" {
		t.Errorf("%q", p.copied)
	}
	p.press("j", "y").sees("Sent the post's text to your terminal")
	if p.copied != "me!" {
		t.Errorf("%q", p.copied)
	}
	p.fake.says(key(5), 0, "two\x1b[31m\nlines\u202e")
	p.press("g", "j", "y")
	if p.copied != "two\nlines" {
		t.Errorf("%q", p.copied)
	}
	p.fake.paint(p.fake.says(key(5), 0, ""), 8, 8, "")
	p.copied = ""
	p.press("g", "j", "y").sees("There is no text in this post to copy.")
	if p.copied != "" {
		t.Errorf("%q", p.copied)
	}
}

func TestWhileAnAcceptanceWaitsYAnswersAndShiftCopies(t *testing.T) {
	f := linked("https://a.example/x")
	f.friends = append(f.friends, client.Friendship{Name: "Bob", Friendship: id(601), State: client.StateAccepted, Inviter: true})
	p := sit(t, f, 80, 24)
	p.press("j", "Y").sees("Sent https://a.example/x")
	p.press("y").sees("Is this Bob?").press("esc")
	p.press(":").types("copy its web").press("enter").doesNotSee("Is this Bob?").sees("Sent https://a.example/x")
	p.press("enter").press("y").sees("Is this Bob?")
}

// Between the app and the terminal stands the renderer: it keeps the links.
func TestTheWholeProgramWritesLinks(t *testing.T) {
	out := newTerminal(t)
	in, keys := io.Pipe()
	f := linked("Look: " + longAddress)
	shown := ""
	go func() {
		out.await("=more")
		out.mu.Lock()
		for y := range 24 {
			for x := range 80 {
				if c := out.e.CellAt(x, y); c != nil && c.Link.URL == longAddress && strings.HasPrefix(c.Link.Params, "id=") {
					shown += c.Content
				}
			}
		}
		out.mu.Unlock()
		_, _ = keys.Write([]byte("q"))
	}()
	if err := runIn(t, Options{Client: f, Changes: still{f}, In: in, Out: out, Env: env}); err != nil {
		t.Fatal(err)
	}
	if shown != longAddress {
		t.Errorf("the link is %q", shown)
	}
}
