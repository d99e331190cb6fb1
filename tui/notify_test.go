package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"p4p/client"
	"p4p/tui/settings"
)

// looksAway sits down in a terminal that reports focus, and looks elsewhere.
func looksAway(t *testing.T, how, term string) *person {
	t.Helper()
	set := settings.Default()
	set.Notifications = how
	p := sitWith(t, lively(), 80, 24, Options{Settings: &set, Env: []string{"TERM=" + term}}, true)
	p.send(tea.ModeReportMsg{Mode: ansi.ModeFocusEvent, Value: ansi.ModeSet})
	p.send(tea.BlurMsg{})
	p.wait()
	p.raw = ""
	return p
}

// later lets time pass on the clock.
func (p *person) later(d time.Duration) *person {
	now := p.app.now().Add(d)
	p.app.now = func() time.Time { return now }
	return p
}

func TestAFriendsPostIsToldWithoutNameOrText(t *testing.T) {
	p := looksAway(t, settings.On, "xterm-kitty")
	p.fake.says(alice, 0, "a secret \x1b]0;own\a")
	p.hears(client.FeedChanged).wait()
	if want := "\x1b]9;P4P: 1 new post of friends\a\a"; p.raw != want {
		t.Errorf("sent %q, not %q", p.raw, want)
	}
}

func TestNewsAreACommentAndAnAcceptedInviteToo(t *testing.T) {
	p := looksAway(t, settings.On, "foot")
	p.fake.comments(id(4), key(6), 0, "hi")
	p.fake.friends = append(p.fake.friends, client.Friendship{Name: "Bob", Friendship: id(777), Inviter: true, State: client.StateAccepted})
	p.hears(client.FeedChanged | client.NoticesChanged).wait()
	if want := "\x1b]777;notify;P4P;1 accepted invite waits for your answer, 1 new comment on your posts\a\a"; p.raw != want {
		t.Errorf("sent %q, not %q", p.raw, want)
	}
}

func TestWhatIsNoNewsIsNotTold(t *testing.T) {
	for name, happens := range map[string]func(p *person){
		"a stranger's post": func(p *person) { p.fake.says(key(40), 0, "hi") },
		"one's own post":    func(p *person) { p.fake.says(me, 0, "hi") },
		"a muted friend's": func(p *person) {
			p.fake.muted[alice.UUID().String()] = true
			p.fake.says(alice, 0, "hi")
		},
		"an old post that gets a name": func(p *person) { p.fake.labels[key(6)] = client.Label{Kind: client.Friend, Name: "Carol"} },
		"what one looks at": func(p *person) {
			p.send(tea.FocusMsg{})
			p.fake.says(alice, 0, "hi")
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := looksAway(t, settings.On, "xterm-kitty")
			happens(p)
			p.hears(client.FeedChanged | client.LabelsChanged).wait()
			if p.raw != "" {
				t.Errorf("sent %q", p.raw)
			}
		})
	}
}

func TestWhatWasThereAtTheStartIsNoNews(t *testing.T) {
	p := looksAway(t, settings.On, "xterm-kitty")
	p.hears(client.FeedChanged | client.NoticesChanged | client.StatusChanged).wait()
	if p.raw != "" {
		t.Errorf("sent %q", p.raw)
	}
}

func TestNotificationsAreRareAndLoseNothing(t *testing.T) {
	p := looksAway(t, settings.On, "xterm-kitty")
	for range 10 {
		p.fake.says(alice, 0, "hi")
		p.hears(client.FeedChanged).wait()
	}
	if n := strings.Count(p.raw, "\x1b]9;"); n != 1 {
		t.Fatalf("%d notifications at once", n)
	}
	p.raw = ""
	p.later(notifyEvery).wait()
	if !strings.Contains(p.raw, "9 new posts of friends") {
		t.Errorf("sent %q", p.raw)
	}
}

func TestNotificationsCanBeTurnedOff(t *testing.T) {
	p := looksAway(t, settings.Off, "xterm-kitty")
	p.fake.says(alice, 0, "hi")
	p.hears(client.FeedChanged).wait()
	if p.raw != "" || p.app.View().ReportFocus {
		t.Errorf("sent %q", p.raw)
	}
	p = looksAway(t, settings.Bell, "xterm-kitty")
	p.fake.says(alice, 0, "hi")
	p.hears(client.FeedChanged).wait()
	if p.raw != "\a" {
		t.Errorf("sent %q", p.raw)
	}
}

func TestWithoutFocusReportsAKeyShowsThatSomebodyIsThere(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.wait()
	p.raw = ""
	p.press("j")
	p.fake.says(alice, 0, "hi")
	p.hears(client.FeedChanged).wait()
	if p.raw != "" {
		t.Errorf("sent %q to somebody who is there", p.raw)
	}
	p.later(presence).fake.says(alice, 0, "hi")
	p.hears(client.FeedChanged).wait()
	if p.raw != "\a" {
		t.Errorf("sent %q", p.raw)
	}
}

func TestATerminalGetsTheNotificationThatItKnows(t *testing.T) {
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{[]string{"TERM=xterm-256color"}, ""},
		{[]string{"TERM=linux"}, ""},
		{[]string{"TERM=foot"}, "777"},
		{[]string{"TERM=xterm-256color", "TERM_PROGRAM=WezTerm"}, "9"},
		{[]string{"TERM=xterm-kitty", "TMUX=/tmp/tmux-0/default,1,0"}, ""},
	} {
		if got := speaks(tt.env); got != tt.want {
			t.Errorf("%v: %q", tt.env, got)
		}
	}
}
