package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/settings"
)

const (
	newsAfter   = 2 * time.Second  // how long news gathers before it is looked at
	notifyEvery = 30 * time.Second // how often at most the terminal tells
	presence    = time.Minute      // how long a key shows that somebody is there, where focus is unknown
	newsLimit   = 20               // news of a kind that is counted
)

// A notifier has the terminal tell that something for this person happened, while
// they look elsewhere. What it tells is of the app's own words: a desktop may log
// notifications and pass them on to a phone, so neither a name nor a text is in them.
type notifier struct {
	how     string // the setting
	speaks  string // how the terminal takes notifications: "9", "777" or "" for the bell alone
	begun   bool   // it is known what was there at the start
	waiting bool   // a look at the news is due
	looking bool   // and under way
	place   uint64 // the newest seq that was looked at
	known   map[protocol.UUID]bool
	ended   map[protocol.UUID]bool // friendships that had ended at the last look
	news    news
	last    time.Time // of the last notification

	focusKnown, away bool
	key              time.Time // the last one
}

// news is what happened and was not told.
type news struct{ posts, replies, accepted, ended int }

type (
	newsDueMsg  struct{}
	newsReadMsg struct {
		place   uint64
		news    news
		notices []client.Friendship
		ended   map[protocol.UUID]bool
		first   bool
		err     error
	}
)

// speaks is how a terminal takes notifications. Behind tmux or screen nothing but the
// bell arrives, and Linux's console would print them.
func speaks(env []string) string {
	var term, program string
	for _, v := range env {
		switch name, value, _ := strings.Cut(v, "="); {
		case name == "TERM":
			term = value
		case name == "TERM_PROGRAM":
			program = value
		case name == "TMUX" && value != "", name == "STY" && value != "":
			return ""
		}
	}
	switch {
	case strings.HasPrefix(term, "foot"), strings.HasPrefix(term, "rxvt"):
		return "777"
	case program == "iTerm.app", program == "WezTerm", program == "ghostty",
		strings.HasPrefix(term, "xterm-kitty"), strings.HasPrefix(term, "xterm-ghostty"):
		return "9"
	}
	return ""
}

// heard notes a message that says whether somebody looks at the app.
func (n *notifier) heard(msg tea.Msg, now time.Time) {
	switch msg := msg.(type) {
	case tea.FocusMsg:
		n.focusKnown, n.away = true, false
	case tea.BlurMsg:
		n.focusKnown, n.away = true, true
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeFocusEvent && (msg.Value == ansi.ModeReset || msg.Value == ansi.ModeSet) {
			n.focusKnown = true
		}
	case tea.KeyPressMsg, tea.MouseMsg, tea.PasteMsg:
		n.key = now
	}
}

// elsewhere tells that nobody looks at the app.
func (n *notifier) elsewhere(now time.Time) bool {
	if n.focusKnown {
		return n.away
	}
	return now.Sub(n.key) >= presence
}

// newsCame has a look at the news be due, one for many changes.
func (a *app) newsCame() tea.Cmd {
	n := &a.notifier
	if n.how == settings.Off || n.waiting {
		return nil
	}
	n.waiting = true
	return a.after(newsAfter, newsDueMsg{})
}

// lookForNews looks for what is new of friends, of comments on one's own posts and of
// acceptances. The first look only learns what is there.
func (a *app) lookForNews() tea.Cmd {
	n := &a.notifier
	n.waiting = false
	if n.looking || a.status.Connection != client.Online {
		return nil // coming back online is a change that asks again
	}
	n.looking = true
	c, place, first := a.client, n.place, !n.begun
	return a.do(func(ctx context.Context) tea.Msg {
		msg := readNews(ctx, c, place)
		msg.first = first
		return msg
	})
}

// readNews counts what is behind a place, and finds the next one: that of everything,
// because a name that is given later makes news of nothing that was there.
func readNews(ctx context.Context, c Client, place uint64) newsReadMsg {
	msg := newsReadMsg{place: place}
	for _, v := range []client.View{client.Everyone, client.Friends, client.Replies} {
		q := client.Query{View: v, Limit: newsLimit}
		if v != client.Everyone {
			q.After = max(place, 1)
		}
		items, err := c.Timeline(ctx, q)
		if err != nil {
			msg.err = err
			return msg
		}
		for _, it := range items {
			switch {
			case v == client.Everyone:
				msg.place = max(msg.place, it.Seq)
			case v == client.Replies:
				msg.news.replies++
				msg.place = max(msg.place, it.Seq)
			case it.Label.Kind == client.Friend && it.Seq > 0 && it.Seq <= msg.place:
				msg.news.posts++
			}
		}
	}
	if msg.notices, msg.err = c.Notices(ctx); msg.err != nil {
		return msg
	}
	warnings, err := c.Warnings(ctx)
	msg.ended, msg.err = map[protocol.UUID]bool{}, err
	for _, w := range warnings {
		for _, f := range w.Friendships {
			msg.ended[f] = true
		}
	}
	return msg
}

// tookNews tells it, or keeps it for later.
func (a *app) tookNews(msg newsReadMsg) tea.Cmd {
	n := &a.notifier
	n.looking = false
	if msg.err != nil {
		return nil
	}
	known := map[protocol.UUID]bool{}
	for _, f := range msg.notices {
		known[f.Friendship] = true
		if n.begun && !n.known[f.Friendship] {
			n.news.accepted++
		}
	}
	for f := range msg.ended {
		if n.begun && !n.ended[f] {
			n.news.ended++
		}
	}
	n.known, n.ended, n.place, n.begun = known, msg.ended, msg.place, true
	if msg.first {
		return nil
	}
	n.news.posts += msg.news.posts
	n.news.replies += msg.news.replies
	return a.tellNews()
}

func (a *app) tellNews() tea.Cmd {
	n := &a.notifier
	switch now := a.now(); {
	case n.news == news{}:
		return nil
	case !n.elsewhere(now):
		n.news = news{} // it is on the screen
		return nil
	case now.Sub(n.last) < notifyEvery:
		if n.waiting {
			return nil
		}
		n.waiting = true
		return a.after(notifyEvery-now.Sub(n.last), newsDueMsg{})
	default:
		text := n.news.words()
		n.news, n.last = news{}, now
		return tea.Raw(n.sequence(text))
	}
}

// words tell news without a name and without a word of anybody's.
func (n news) words() string {
	var out []string
	add := func(number int, one, many string) {
		if number > 0 {
			out = append(out, count(number, one, many))
		}
	}
	add(n.accepted, "accepted invite waits for your answer", "accepted invites wait for your answer")
	add(n.ended, "friendship was ended", "friendships were ended")
	add(n.posts, "new post of friends", "new posts of friends")
	add(n.replies, "new comment on your posts", "new comments on your posts")
	return "P4P: " + strings.Join(out, ", ")
}

// sequence is what the terminal is sent: the bell, and the words where it takes them.
func (n *notifier) sequence(text string) string {
	const bell = "\a"
	switch {
	case n.how == settings.Bell || n.speaks == "":
		return bell
	case n.speaks == "777":
		return ansi.URxvtExt("notify", "P4P", strings.TrimPrefix(text, "P4P: ")) + bell
	}
	return ansi.Notify(text) + bell
}
