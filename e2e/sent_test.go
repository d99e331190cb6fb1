package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// slowServer is a server that lets posts wait until its answer is called; posted has one
// for each that came.
func slowServer(t *testing.T) (address string, posted <-chan struct{}, goOn func()) {
	t.Helper()
	s := start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	behind, err := url.Parse(decode[served](t, s.next()).URL)
	if err != nil {
		t.Fatal(err)
	}
	came, free := make(chan struct{}, 10), make(chan struct{})
	through := httputil.NewSingleHostReverseProxy(behind)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/v1/records" {
			came <- struct{}{}
			select {
			case <-free:
			case <-r.Context().Done(): // who sent it is dead
				return
			}
		}
		through.ServeHTTP(w, r)
	}))
	goOn = sync.OnceFunc(func() { close(free) })
	t.Cleanup(func() {
		goOn()
		front.CloseClientConnections()
		front.Close()
	})
	return front.URL, came, goOn
}

func TestAKillWhileAPostIsSentLeavesItOnceAndNoDraftBesideIt(t *testing.T) {
	address, posted, goOn := slowServer(t)
	home, dark := t.TempDir(), themes["dark"]
	cmd := exec.Command("p4p", "--server", address)
	cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=", "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=")
	alice := runTerminal(t, cmd, 80, 24, dark.fg, dark.bg)
	alice.see("Welcome to P4P", "online")
	alice.press("n")
	alice.see("New post")
	alice.press("Said only")
	alice.see("9 / 4,000")
	alice.press("\x1b")
	alice.see("The draft is kept")
	alice.press("n")
	alice.see("New post", "Said only", "9 / 4,000")
	alice.press("\x13") // ctrl+s
	<-posted
	alice.press("\x1b")
	alice.see("It is being sent")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-alice.ended

	goOn()
	feed := run(t, home, "feed")
	if n := strings.Count(feed, "Said only"); n != 1 {
		t.Errorf("it is in the feed %d times:\n%s", n, feed)
	}
	again := listenIn(t, home)
	again.hears("Online.")
	again.types("post")
	if said := again.hears("Type the text."); strings.Contains(said, "draft") {
		t.Errorf("it can be sent once more: %s", said)
	}
}
