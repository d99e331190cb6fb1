package tui

import (
	"testing"

	"p4p/client"
	"p4p/tui/keymap"
)

func TestWhatCanBeDoneIsFoundByItsWords(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press(":").sees("Commands", "open the post").types("invite a f").sees("┃", "invite a friend").doesNotSee("open the post")
	p.press("enter").doesNotSee("Commands").sees("Who is it for?")
	p = sit(t, lively(), 80, 24)
	p.press("ctrl+k").types("FRIENDS phone").press("enter").sees("Grandma")
}

func TestThePaletteActsOnWhatIsSelected(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "j", "j", ":").types("delete").press("enter").sees("Deleted: U undoes it").did("delete " + id(4).String())
}

func TestThePaletteKnowsThePlace(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.press("f", ":").sees("rename").doesNotSee("write a post").press("esc").sees("Bob")
	p.press("v", ":").sees("with its names again").doesNotSee("rename").types("names").press("enter").sees("Bob")
}

func TestThePaletteIsMovedThroughAndClicked(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press(":", "down", "enter").sees("New post").press("esc")
	p.press(":").types("no such thing").sees("Nothing here is called that.").press("enter").sees("Commands").press("esc")
	p.press(":").clicks("write a post").sees("New post")
}

// Whatever a map binds, the palette offers, and its key does the same.
func TestThePaletteOffersEveryIntentOfItsPlace(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.app.notices = []client.Friendship{{}}
	for _, m := range keymap.All {
		offered := newPalette(p.app.ui, m)
		for _, b := range m.Bindings {
			found := false
			for _, o := range offered.all {
				found = found || o.Intent == b.Intent && m.Intent(keyPress(o.Keys[0]).String()) == b.Intent
			}
			switch b.Intent {
			case keymap.Up, keymap.Down, keymap.PageUp, keymap.PageDown, keymap.Palette:
			default:
				if !found {
					t.Errorf("%s: %q is not offered", m.Name, b.Words)
				}
			}
		}
	}
}

func TestThePaletteReachesWhatIsDoneElsewhere(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.press(":").doesNotSee("back up").types("back up").sees("P b", "back up your keys", "in You").press("enter").sees("Back up", "›")
	p = sit(t, crowded(), 80, 24)
	p.press("f", ":").types("write a post").press("enter").sees("New post").press("esc").sees("Bob")
	p.press("esc", ":").types("rename").sees("f r", "in Friends").press("enter").sees("Bob", "Select one, then press r: rename.")
	p.press("r").sees("Rename")
}

// Nobody has to know on which screen something is done.
func TestThePaletteOfTheFeedFindsWhatEveryScreenDoes(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	offered := newPalette(p.app.ui, keymap.Feed)
	words := map[string]bool{}
	for _, c := range offered.all {
		words[c.Words] = true
	}
	for _, m := range []keymap.Map{keymap.FriendList, keymap.SelfShown, keymap.MutedList} {
		for _, b := range (keymap.Room{Door: keymap.Friends, Map: m}).Commands() {
			if !words[b.Words] {
				t.Errorf("%s: %q is not found", m.Name, b.Words)
			}
		}
	}
}
