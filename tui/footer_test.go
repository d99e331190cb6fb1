package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"p4p/client"
	"p4p/protocol"
)

// states are scenes beyond the golden ones, for the keys that are told in them.
var states = []struct {
	name string
	fake func() *fake
	act  func(p *person)
}{
	{"a stranger's post", lively, func(p *person) { p.press("j") }},
	{"the oldest post", lively, func(p *person) { p.press("G") }},
	{"a friend's picture", lively, func(p *person) { p.press("j", "j", "j", "j") }},
	{"the only post", func() *fake { f := newFake(); f.says(me, 0, "mine"); return f }, func(p *person) { p.press("j") }},
	{"what waits", pending, func(p *person) { p.press("j") }},
	{"the thread of what waits", pending, func(p *person) { p.press("j", "enter") }},
	{"a comment of one's own", lively, func(p *person) {
		p.fake.comments(id(4), me, 0, "I am here too.")
		p.press("j", "j", "j", "enter", "G")
	}},
	{"a comment of another's", lively, func(p *person) { p.press("j", "j", "j", "enter", "j") }},
	{"a comment without a word", lively, func(p *person) { p.press("j", "c") }},
	{"one reply", func() *fake { f := lively(); f.read[client.Replies] = 7; return f }, func(p *person) { p.press("shift+tab", "j") }},
	{"the eye on nothing", newFake, func(p *person) { p.press("v") }},
	{"the eye on no friends", newFake, func(p *person) { p.press("f", "v") }},
	{"the eye on no bookmarks", lively, func(p *person) { p.press("B", "v") }},
	{"nobody but a name", func() *fake { f := newFake(); f.contacts = []client.Contact{{Name: "Grandma"}}; return f }, func(p *person) { p.press("f") }},
	{"one muted", func() *fake { f := lively(); f.muted[key(6).UUID().String()] = true; return f }, func(p *person) { p.press("Z") }},
	{"the help's end", lively, func(p *person) { p.press("?", "G") }},
	{"a text that fits", crowded, func(p *person) { p.press("f", "j", "enter") }},
	{"a number that differs", lively, func(p *person) { p.press("f", "s") }},
	{"a palette without a find", lively, func(p *person) { p.press(":").types("xyzzy") }},
	{"found one", lively, func(p *person) { p.press("/").types("Sunset").press("enter") }},
	{"an own post among some", lively, func(p *person) { p.press("/").types("else").press("enter") }},
	{"the last picture", func() *fake { f := lively(); f.paint(f.says(alice, 0, "again"), 8, 8, ""); return f }, func(p *person) { p.press("G", "k", "k", "k", "p") }},
	{"the first picture", func() *fake { f := lively(); f.paint(f.says(alice, 0, "again"), 8, 8, ""); return f }, func(p *person) { p.press("j", "p") }},
	{"a search without a server", func() *fake {
		f := lively()
		f.status = client.Status{Connection: client.Offline, Err: protocol.Errorf(protocol.CodeNoServer, "The server cannot be reached.")}
		return f
	}, func(p *person) { p.press("/").types("xyzzy") }},
	{"an editor", lively, func(p *person) {
		p.app.env = []string{"EDITOR=sh -c 'echo more >> \"$0\"'"}
		p.press("n").types("Hello")
	}},
	{"a log of one line", lively, func(p *person) { p.run(p.app.say(note, "said")); p.press("L") }},
	{"offline", func() *fake {
		f := lively()
		f.err, f.offline = protocol.Errorf(protocol.CodeNoServer, "The server cannot be reached."), true
		f.status = client.Status{Connection: client.Offline, Err: f.err}
		return f
	}, func(p *person) { p.press("j") }},
	{"an invite that waits for the server", func() *fake { f := lively(); f.unsent = true; return f }, func(p *person) { p.press("i").types("Bob").press("enter") }},
	{"an invite on a server of others", func() *fake { f := lively(); f.loopback = true; return f }, func(p *person) { p.app.reach = nil; p.press("i").types("Bob").press("enter") }},
	{"no profiles", lively, func(p *person) { p.app.selves = nil; p.press("P") }},
	{"another profile", lively, func(p *person) { p.press("P", "j") }},
	{"a move that waits", lively, func(p *person) { p.press("P", "m") }},
}

func init() {
	for row, f := range crowded().friends { // each friendship of the list
		states = append(states, struct {
			name string
			fake func() *fake
			act  func(p *person)
		}{fmt.Sprint("friend ", row, " ", f.State), crowded, func(p *person) {
			p.press("f")
			for range row {
				p.press("j")
			}
		}})
	}
}

// told are the keys of the footer, in its order.
func (p *person) told() (all []hit) {
	_ = p.app.View()
	for _, h := range p.app.hits.all {
		if h.y0 == p.app.height-1 && h.of == nil && h.click != nil {
			all = append(all, h)
		}
	}
	return all
}

// forgets takes away what was said, and of questions only what was said of an empty
// answer unless all is to go.
func (p *person) forgets(all bool) {
	p.app.toast.text = ""
	for _, l := range p.app.layers {
		if s, ok := l.screen.(*sheet); ok && (all || s.field != nil && s.field.value() == "") {
			s.err = ""
		}
		if a, ok := l.screen.(*accept); ok && (all || a.typing() && a.field.value() == "") {
			a.err = ""
		}
	}
}

// shows is all that a key can change but a sentence that goes by itself.
func (p *person) shows() string {
	return fmt.Sprint(ansi.Strip(p.app.View().Content), p.fake.calls, p.copied, p.raw, p.quit)
}

func TestTheFooterTellsNoKeyThatDoesNothingHere(t *testing.T) {
	all := slices.Clone(states)
	if !testing.Short() {
		all = append(all, scenes...)
	}
	for n, s := range all {
		if s.name == "too_small" || strings.Contains(s.name, "hostile") {
			continue
		}
		size := sizes[1] // in which the most keys have room
		if n < len(states) {
			size = sizes[0]
		}
		begin := func() *person {
			p := sit(t, s.fake(), size.w, size.h)
			s.act(p)
			p.forgets(true)
			return p
		}
		for i, h := range begin().told() {
			p := begin()
			before := p.shows()
			p.run(p.told()[i].click())
			said := p.app.toast
			if p.forgets(false); p.shows() == before && (said.text == "" || said.mood != good) {
				footer := strings.Split(begin().text(), "\n")[size.h-1]
				t.Errorf("%s: the key at column %d of %q only says %q", s.name, h.x0, footer, said.text)
			}
		}
	}
}

func TestWithoutAServerNoNewInviteIsOffered(t *testing.T) {
	p := sit(t, crowded(), 120, 40)
	p.press("f").selects("Peggy").sees("expired unused; n makes a new one", "n new invite")
	p.fake.err = protocol.Errorf(protocol.CodeNoServer, "The server cannot be reached.")
	p.fake.status = client.Status{Connection: client.Offline, Err: p.fake.err}
	p.hears(client.StatusChanged).sees("○ offline", "expired unused").doesNotSee("makes a new one", "n new invite")
	p.press("n").sees("A new invite for Peggy", "y try again", "The server cannot be reached.")
	p.fake.err, p.fake.status = nil, client.Status{Connection: client.Online}
	p.hears(client.StatusChanged).press("y").sees("An invite for Peggy")
}
