package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"p4p/client"
	"p4p/tui/keymap"
)

// find is the cell where a text begins on the screen, the n-th time that it is there.
func (p *person) find(text string, n int) (x, y int) {
	p.t.Helper()
	for y, l := range strings.Split(p.text(), "\n") {
		before := ""
		for {
			head, rest, ok := strings.Cut(l, text)
			if !ok {
				break
			}
			if n--; n < 0 {
				return ansi.StringWidth(before + head), y
			}
			before, l = before+head+text, rest
		}
	}
	p.t.Fatalf("the screen does not show %q:\n%s", text, p.text())
	return 0, 0
}

// clicks clicks on a text, each time the first that is there.
func (p *person) clicks(texts ...string) *person {
	p.t.Helper()
	for _, s := range texts {
		x, y := p.find(s, 0)
		p.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	}
	return p
}

func (p *person) turns(over string, b tea.MouseButton) *person {
	p.t.Helper()
	x, y := p.find(over, 0)
	return p.send(tea.MouseWheelMsg{X: x, Y: y, Button: b})
}

func TestAClickSelectsAPostAndAnotherOpensIt(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.clicks("Who else").sees("┃◆ you").clicks("Sunset").sees("┃★ Alice").clicks("Who else", "Who else").sees("Here, by the lake.")
	p.clicks("city").sees("┃▐▌").clicks("esc").sees("everyone")
}

func TestAClickLeavesThePostWhereItIs(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	_, before := p.find("Who else", 0)
	p.clicks("Who else")
	if _, y := p.find("Who else", 0); y != before {
		t.Errorf("it moved from row %d to %d", before, y)
	}
}

func TestTheWheelScrollsWhatItIsOver(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.turns("Sunset", tea.MouseWheelDown).sees("┃▐▌ anonymous 9573").turns("Sunset", tea.MouseWheelDown).sees("┃▐▌ anonymous f8df")
	p.turns("Sunset", tea.MouseWheelUp).sees("┃▐▌ anonymous 9573").turns("Sunset", tea.MouseWheelUp).doesNotSee("┃")
	p.press("?").turns("down", tea.MouseWheelDown).turns("up", tea.MouseWheelDown).doesNotSee("j ↓ down")
}

func TestATabIsClicked(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.clicks("mine").sees("Who else").doesNotSee("me!").clicks("friends").sees("Alice").clicks("replies").sees("in the city").clicks("everyone").sees("me!")
}

func TestTheKeysOfTheFooterAreClicked(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.clicks("n post").sees("New post").clicks("esc close").clicks("f friends").sees("Phone book").clicks("esc back").clicks("? help").sees("write a post")
}

func TestAQuestionIsAnsweredWithTheMouseAndWhatIsBelowIsNot(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.clicks("me!").press("z").sees("Mute anonymous 9573?").clicks("Who else").sees("┃▐▌ anonymous 9573", "Mute anonymous").clicks("n keep").doesNotSee("Mute anonymous")
	p.press("z").clicks("y mute").did("mute " + key(6).UUID().String())
}

func TestTheNewPostsAndAnAcceptanceAreClicked(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j")
	p.fake.says(key(30), 0, "news")
	p.hears(client.FeedChanged).clicks("↑ 1 new").sees("news")
	p.press("i").types("Bob").press("enter", "esc")
	p.fake.someoneAccepts()
	p.hears(client.NoticesChanged).clicks("Press y").sees("Is this Bob?")
}

func TestBothSidesOfAWideWindowAreClicked(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.clicks("Who else").seesBeside("┃◆ you", "by the lake").clicks("by the lake").seesBeside("│◆ you", "┃★ Alice · 4m")
	p.clicks("me!").seesBeside("┃▐▌ anonymous 9573 · 5m", "No comments yet")
	p.clicks("Who else").turns("by the lake", tea.MouseWheelDown).seesBeside("┃◆ you", "by the lake")
}

func TestAFriendIsClicked(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.press("f").clicks("Carol").sees("┃", "Carol").clicks("Carol").sees("Carol", "Friendship")
}

func TestTheMouseIsGivenBackToTheTerminal(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	if p.app.View().MouseMode != tea.MouseModeCellMotion {
		t.Error("there is no mouse")
	}
	p.press("M").sees("The mouse selects text now")
	if p.app.View().MouseMode != tea.MouseModeNone {
		t.Error("the mouse is not given back")
	}
	p.press("M").sees("The mouse scrolls")
}

func TestEveryKeyOfTheMapsCanBePressedByName(t *testing.T) {
	for _, m := range append([]keymap.Map{keymap.Typing, keymap.Field, keymap.AcceptShown, keymap.Ask, keymap.Pages, keymap.Commands}, keymap.All...) {
		for _, b := range m.Bindings {
			for _, k := range b.Keys {
				if got := keyPress(k).String(); got != k {
					t.Errorf("%s: %q is pressed as %q", m.Name, k, got)
				}
			}
		}
	}
}

func TestWhatAnEmptyScreenOffersIsClicked(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.clicks("write a first post").sees("New post").press("esc").clicks("invite a friend").sees("Who is it for?").press("esc")
	p.clicks("friends").sees("No friends yet").clicks("accept an invite").sees("invite").press("esc")
	p.press("f").clicks("add a name").sees("phone book").press("esc", "esc").sees("P4P")
	p = sit(t, lively(), 40, 12).press("P").sees("Device")
	p.clicks("back up your").sees("Back up to which file?")
}

func TestATinyWindowSaysWhatItNeeds(t *testing.T) {
	p := sit(t, lively(), 10, 3)
	p.sees("Too small: 40x12 needed")
	p.send(tea.WindowSizeMsg{Width: 80, Height: 24}).sees("Who else is out there")
	sit(t, lively(), 39, 12).sees("The window is too small: P4P needs 40 columns and 12 rows.")
	sit(t, lively(), 1, 1)
}
