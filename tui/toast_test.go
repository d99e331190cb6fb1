package tui

import (
	"strings"
	"testing"

	"p4p/client"
)

func TestWhatWasSaidOfOneScreenDoesNotStandOnTheNext(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.press("f").selects("Eve").press("x", "y").sees("✓ Revoked.")
	p.hears(client.FriendsChanged).sees("✓ Revoked.")
	p.press("i").types("Bob").press("enter").sees("An invite for Bob").doesNotSee("Revoked.")
	p.press("esc").doesNotSee("Revoked.")
}

func TestWhatIsSaidAtTheEndOfAScreenStandsOnTheOneBelow(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("n").types("Hello").press("ctrl+s").sees("Hello", "✓ Posted.")
	p.hears(client.FeedChanged).sees("✓ Posted.")
	p.press("enter").doesNotSee("Posted.")
}

func TestOnlyAQuestionThatIsAskedAgainOffersLater(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.press("y").sees("Someone accepted", "esc later")
	p.press("n").sees("Refuse whoever accepted", "esc later").press("esc").sees("Press y")
	p.press("f").selects("Eve").press("x").sees("Revoke the invite for Eve?", "esc close").doesNotSee("later").press("esc").did()
	q := sit(t, warned(), 80, 24)
	q.press("W").sees("A warning", "esc later").press("esc").sees("Press W").did()
}

// The words around a key go before the key does.
func TestASmallWindowKeepsTheKeyOfEachNotice(t *testing.T) {
	backup := lively()
	backup.warnings = []client.Warning{{Kind: client.BackupDue, Text: "There is no backup of your friends: p4p backup FILE makes one."}}
	told := lively()
	told.left = 3
	near := func() *fake { f := lively(); f.loopback = true; return f }()
	for _, tt := range []struct {
		fake *fake
		act  func(p *person)
		key  string
	}{
		{backup, func(*person) {}, "(W)"},
		{told, func(p *person) { p.press("f") }, "; T tells them now"},
		{crowded(), func(p *person) { p.press("f") }, "; enter answers"},
		{crowded(), func(p *person) { p.press("f").selects("Peggy") }, "; n makes a new one"},
		{lively(), func(p *person) { p.press("f") }, "; enter invites"},
		{lively(), func(p *person) { p.press("j", "v") }, "v closes it."},
		{near, func(p *person) { p.press("i").types("Bob").press("enter", "L") }, "until you press L here again."},
		{lively(), func(p *person) { p.press("i").types("Bob").press("enter", "c") }, "l shows the link."},
		{lively(), func(p *person) {
			p.press("n", "ctrl+o").types("sun").press("enter", "esc")
		}, "ctrl+x takes it off"},
		{lively(), func(p *person) {
			p.run(p.app.say(bad, "One line of it: "+strings.Repeat("words ", 90)+"and at the end L shows it in full."))
		}, "L shows it in full."},
	} {
		p := sit(t, tt.fake, 40, 12)
		tt.act(p)
		p.sees(tt.key)
	}
}
