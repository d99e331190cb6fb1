package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"p4p/client"
)

// sides are what a window of 120 columns shows at the left and at the right, as words.
func (p *person) sides() (left, right string) {
	for _, l := range strings.Split(p.text(), "\n")[1:39] {
		left += " " + ansi.Cut(l, 0, 54)
		right += " " + ansi.Cut(l, 55, 120)
	}
	return strings.Join(strings.Fields(left), " "), strings.Join(strings.Fields(right), " ")
}

func (p *person) seesBeside(left, right string) *person {
	p.t.Helper()
	if l, r := p.sides(); !strings.Contains(l, left) || !strings.Contains(r, right) {
		p.t.Fatalf("there is no %q beside %q:\n%s", left, right, p.text())
	}
	return p
}

func TestInAWideWindowTheSelectedPostStandsBesideTheFeed(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.seesBeside("me!", "The one that you select opens here").press("j", "j", "j").seesBeside("Sunset at the lake", "Here, by the lake.")
	p.press("j").seesBeside("Who else", "Sunset at the lake").seesBeside("", "No comments yet")
}

func TestANarrowWindowShowsOneAtATime(t *testing.T) {
	p := sit(t, lively(), 109, 40)
	p.press("j", "j", "j").doesNotSee("Here, by the lake.").press("enter").sees("Here, by the lake.").doesNotSee("Sunset")
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40}).seesBeside("Sunset", "Here, by the lake.")
	p.send(tea.WindowSizeMsg{Width: 80, Height: 24}).doesNotSee("Sunset").press("esc").sees("Sunset")
}

func TestTheKeysGoToThePostThatWasOpenedBesideTheFeed(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.press("j", "j", "j").seesBeside("┃◆ you", "◆ you").press("enter").seesBeside("│◆ you", "┃◆ you").press("j").seesBeside("│◆ you", "┃★ Alice · 4m")
	p.press("c").types("Hi there").press("ctrl+s").did("make Hi there").seesBeside("Sunset", "Hi there")
	p.press("esc").seesBeside("┃◆ you", "Hi there").press("j").seesBeside("┃★ Alice · 3h", "Sunset")
}

func TestBothSidesFollowWhatChanges(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.press("j", "j", "j")
	p.fake.comments(id(4), key(8), 0, "one more")
	p.hears(client.FeedChanged).seesBeside("3 comments", "one more")
	p.press("enter")
	p.fake.comments(id(4), key(8), 0, "and another")
	p.fake.says(key(30), 0, "news")
	p.hears(client.FeedChanged).seesBeside("↑ 1 new", "and another").seesBeside("4 comments", "4 comments")
}

func TestADeletedPostLeavesTheRightSideToItsNeighbour(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.press("j", "j", "j", "d").hears(client.FeedChanged).doesNotSee("Who else").seesBeside("┃★ Alice", "No comments yet")
}

// Whatever stands at the left, the right side begins in its column.
func TestTheTwoSidesDoNotPushEachOther(t *testing.T) {
	for _, f := range []*fake{lively(), hostile()} {
		p := sit(t, f, 120, 40)
		for range 12 {
			p.press("j")
			e := p.screen()
			for y := 1; y < 39; y++ {
				if c := e.CellAt(54, y); c == nil || c.Content != "│" {
					t.Fatalf("row %d has no rule:\n%s", y, p.text())
				}
			}
			e.Close()
		}
	}
	if !strings.Contains(sit(t, lively(), 80, 24).press("j").text(), "┃") {
		t.Error("nothing is selected")
	}
}

func TestInAWideWindowAFoundPostStandsBesideTheOthers(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.press("/").types("lake").seesBeside("Sunset at the lake", "The post that you select opens here")
	p.press("enter").seesBeside("┃★ Alice", "Sunset at the lake")
	p.press("enter").seesBeside("│★ Alice", "┃★ Alice").press("c").types("Hi there").press("ctrl+s").did("make Hi there")
	p.press("esc", "v").seesBeside("#", "record ").doesNotSee("Alice")
}

func TestAnAuthorsPostsStandBesideTheSelectedOne(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.press("j", "j", "j", "w").seesBeside("┃◆ you", "Here, by the lake.")
	p.fake.comments(id(4), key(8), 0, "one more")
	p.hears(client.FeedChanged).seesBeside("3 comments", "one more")
	p.send(tea.WindowSizeMsg{Width: 80, Height: 24}).doesNotSee("one more").press("enter").sees("one more").press("esc").sees("Posts")
}
