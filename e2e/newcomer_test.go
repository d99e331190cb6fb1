package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"p4p/protocol"
)

// gone waits until a text no longer stands on the screen.
func (s *terminal) gone(text string) {
	s.t.Helper()
	defer func() {
		if s.t.Failed() {
			s.t.Logf("the screen shows:\n%s", s.text())
		}
	}()
	eventually(s.t, "“"+text+"” leaving the screen", func() bool { return !strings.Contains(s.text(), text) })
}

// row waits for a line of the screen that fits a pattern.
func (s *terminal) row(pattern string) {
	s.t.Helper()
	defer func() {
		if s.t.Failed() {
			s.t.Logf("the screen shows:\n%s", s.text())
		}
	}()
	re := regexp.MustCompile("(?m)" + pattern)
	eventually(s.t, "a line like “"+pattern+"” on the screen", func() bool { return re.MatchString(s.text()) })
}

// linkOn reads the link of an invite off a screen that shows nothing else with a
// server's address in it: what a friend would type from a photograph.
func (s *terminal) linkOn(server string) string {
	s.t.Helper()
	var link string
	eventually(s.t, "a whole link on the screen", func() bool {
		_, text, found := strings.Cut(s.text(), server+"/f/")
		if !found {
			return false
		}
		link = server + "/f/"
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			link += line
		}
		_, err := protocol.ParseLink(link)
		return err == nil
	})
	return link
}

// ends waits for the program in the terminal to end by itself.
func (s *terminal) ends() {
	s.t.Helper()
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Fatalf("p4p ended with %v; the screen shows:\n%s", err, s.text())
		}
	case <-time.After(patience):
		s.t.Fatalf("p4p goes on; the screen shows:\n%s", s.text())
	}
}

// One person's first evening: a look, a search, a post, a friend, and the next
// morning.
func TestANewcomersFirstEvening(t *testing.T) {
	data, alice, bob := t.TempDir(), t.TempDir(), t.TempDir()
	server := decode[served](t, start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", data).next()).URL
	dark := themes["dark"]
	open := func() *terminal { return openTerminal(t, alice, 80, 24, dark.fg, dark.bg, "--server", server) }

	s := open()
	s.see("Welcome to P4P", "online", "write a first post")
	for _, text := range []string{"The tram was late", "Plums are ripe by the canal", "The tram was on time"} {
		run(t, bob, "--server", server, "--json", "post", text)
	}
	s.see("The tram was late", "Plums are ripe by the canal", "The tram was on time", "anonymous")
	s.gone("Welcome to P4P")

	s.press("/")
	s.see("words that stand in a post")
	s.press("plums")
	s.see("1 post.", "Plums are ripe by the canal")
	s.gone("The tram was late")
	s.press("\r\r")
	s.see("Plums are ripe by the canal", "No comments")
	s.press("\x1b")
	s.gone("No comments")
	s.press("\x1b") // to the words again
	s.see("enter results")
	s.press("\x1b")
	s.see("The tram was late")

	s.press("n")
	s.see("New post")
	s.press("Hello, whoever you are")
	s.see("22 / 4,000")
	s.press("\x13") // ctrl+s
	s.row(`◆  you ·.*\n.*Hello, whoever you are`)

	s.press("i")
	s.see("Who is it for?")
	s.press("Bobadilla\r")
	s.see("An invite for Bobadilla", "Waiting for Bobadilla")
	s.press("l")
	s.see("The link for Bobadilla")
	link := s.linkOn(server)
	s.press("\x1b")
	s.see("Waiting for Bobadilla")
	accepted := decode[struct {
		Safety string `json:"safety_number"`
	}](t, run(t, bob, "--json", "accept", "--name", "Alicia", "--", link))
	s.see("Someone accepted the invite you made for Bobadilla", "Safety number "+accepted.Safety)
	s.press("y")
	s.see("Bobadilla is a friend now", accepted.Safety)
	s.press("\x1b")
	// What was on the screen as a stranger's is a friend's, the past included.
	s.row(`Bobadilla\b.*\n.*The tram was late`)
	s.row(`Bobadilla\b.*\n.*Plums are ripe by the canal`)
	run(t, bob, "--json", "post", "I know who you are now")
	s.row(`Bobadilla\b.*\n.*I know who you are now`)
	if feed := run(t, bob, "--json", "feed"); !strings.Contains(feed, `"name":"Alicia"`) {
		t.Errorf("her friend reads %s", feed)
	}

	run(t, t.TempDir(), "--server", server, "--json", "post", "A stranger passes by")
	s.see("A stranger passes by")
	s.press("\t") // to what friends posted
	s.gone("A stranger passes by")
	here := `┃.*Bobadilla\b.*\n.*Plums are ripe by the canal`
	for range 10 {
		s.press("j")
	}
	s.row(`┃.*Bobadilla\b.*\n.*The tram was late`) // the oldest
	s.press("k")
	s.row(here)

	s.press("q")
	s.ends()
	run(t, bob, "--json", "post", "While you were away")
	s = open()
	s.row(here)
	if strings.Contains(s.text(), "A stranger passes by") {
		t.Errorf("it opens in another view:\n%s", s.text())
	}
	s.see("online", "1 new")
	s.press("g")
	s.row(`Bobadilla\b.*\n.*While you were away`)
	s.row(`◆  you ·.*\n.*Hello, whoever you are`)
	s.press("q")
	s.ends()
}
