package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"p4p/protocol"
	"p4p/server"
)

// tap sits between the clients and a server and keeps every byte that goes either
// way, unmasked and uncompressed.
type tap struct {
	t  *testing.T
	to *url.URL

	mu  sync.Mutex
	log bytes.Buffer
}

func newTap(t *testing.T, to string) (*tap, string) {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	w := &tap{t: t, to: u}
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	return w, s.URL
}

// keep keeps bytes, apart from those before.
func (w *tap) keep(what ...[]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range what {
		w.log.Write(b)
		w.log.WriteString("\n--\n")
	}
}

func (w *tap) keepHeader(h http.Header) {
	var b bytes.Buffer
	_ = h.Write(&b)
	w.keep(b.Bytes())
}

// ServeHTTP passes a call on.
func (w *tap) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	w.keep([]byte(in.Method + " " + in.RequestURI))
	w.keepHeader(in.Header)
	if websocket.IsWebSocketUpgrade(in) {
		w.stream(out, in)
		return
	}
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return
	}
	w.keep(body)
	req, err := http.NewRequestWithContext(in.Context(), in.Method, w.to.String()+in.RequestURI, bytes.NewReader(body))
	if err != nil {
		w.t.Error(err)
		return
	}
	req.Header = in.Header.Clone()
	req.Header.Del("Accept-Encoding") // so that the answer is not compressed
	answer, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		return
	}
	w.keepHeader(answer.Header)
	w.keep(got)
	for k, v := range answer.Header {
		out.Header()[k] = v
	}
	out.WriteHeader(answer.StatusCode)
	_, _ = out.Write(got)
}

// stream passes a websocket's messages on.
func (w *tap) stream(out http.ResponseWriter, in *http.Request) {
	header := in.Header.Clone()
	for k := range header {
		if strings.HasPrefix(k, "Sec-Websocket-") || k == "Connection" || k == "Upgrade" {
			header.Del(k)
		}
	}
	to := *w.to
	to.Scheme = "ws"
	up, answer, err := websocket.DefaultDialer.DialContext(in.Context(), to.String()+in.RequestURI, header)
	if err != nil {
		if answer != nil {
			out.WriteHeader(answer.StatusCode)
		}
		return
	}
	defer up.Close()
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	down, err := upgrader.Upgrade(out, in, nil)
	if err != nil {
		return
	}
	defer down.Close()
	carry := func(from, to *websocket.Conn) {
		defer from.Close()
		defer to.Close()
		for {
			kind, b, err := from.ReadMessage()
			if err != nil {
				return
			}
			w.keep(b)
			if to.WriteMessage(kind, b) != nil {
				return
			}
		}
	}
	var both sync.WaitGroup
	both.Go(func() { carry(up, down) })
	carry(down, up)
	both.Wait()
}

// finds are the encodings in which a text went over the wire.
func (w *tap) finds(text string) (forms []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := encodings(text)
	all["percent"] = []byte(strings.ReplaceAll(url.QueryEscape(text), "+", "%20"))
	all["percent, plus"] = []byte(url.QueryEscape(text))
	all["upper"] = []byte(strings.ToUpper(text))
	all["lower"] = []byte(strings.ToLower(text))
	for form, b := range all {
		if len(b) > 0 && bytes.Contains(w.log.Bytes(), b) {
			forms = append(forms, form)
		}
	}
	return forms
}

const phoneBook = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:uid-4711-of-quill\r\nFN:Quillon Featherstone\r\nNICKNAME:Featherbrain\r\nTEL:+49 30 555 0199\r\nEMAIL:quillon@mail.example\r\nEND:VCARD\r\n"

// Everything that two people do, past a recorder: what is said in public crosses
// the wire, and who they are to each other does not.
func TestNoNameNumberPassphraseOrSecretCrossesTheWire(t *testing.T) {
	if testing.Short() {
		t.Skip("dozens of programs, one after the other")
	}
	data := t.TempDir()
	s, err := server.Start(t.Context(), server.Config{Data: data, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	wire, at := newTap(t, s.URL())
	alice, bob := t.TempDir(), t.TempDir()
	const (
		said       = "a sentence that everybody may read"
		comment    = "an answer, public as well"
		passphrase = "correct horse battery staple"
		aliasOfB   = "Bobadilla Prusiner"
		renamed    = "Zebulon Quagmire"
		aliasOfA   = "Alicia Quackenbush"
	)
	t.Setenv("P4P_PASSPHRASE", passphrase)
	book := filepath.Join(t.TempDir(), "book.vcf")
	if err := os.WriteFile(book, []byte(phoneBook), 0o600); err != nil {
		t.Fatal(err)
	}
	a := func(args ...string) string {
		return run(t, alice, append([]string{"--json", "--server", at}, args...)...)
	}
	b := func(args ...string) string {
		return run(t, bob, append([]string{"--json", "--server", at}, args...)...)
	}

	post := decode[struct{ ID string }](t, a("post", said)).ID
	a("contacts", "import", book, "--with-numbers")
	if kept := a("contacts", "--with-numbers"); !strings.Contains(kept, `"+49305550199"`) {
		t.Fatalf("the number is not even kept: %s", kept)
	}
	a("contacts", "add", "Gwendolyn Thistlewood")
	invite := decode[invited](t, a("invite", aliasOfB))
	a("invite", "Quillon Featherstone")
	number := decode[struct {
		Safety string `json:"safety_number"`
	}](t, b("accept", "--name", aliasOfA, "--", invite.Link)).Safety
	a("friends", "confirm", aliasOfB)
	a("friends", "verify", aliasOfB, number)
	b("comment", post, comment)
	b("feed", "--friends", "--search", "Quackenbush")
	a("friends", "rename", aliasOfB, renamed)
	a("backup", filepath.Join(t.TempDir(), "alice.age"))
	a("rotate", "--spread", "0")
	b("friends")
	a("post", "and one more")
	a("friends", "remove", renamed)
	b("friends")

	// Somebody else was quicker: the invite is burnt and made anew.
	stolen := decode[invited](t, a("invite", "Xanthippe Underhill"))
	run(t, t.TempDir(), "--json", "--server", at, "accept", "--name", aliasOfA, "--", stolen.Link)
	anew := decode[struct{ Reissued invited }](t, a("friends", "refuse", "Xanthippe Underhill", "--reissue")).Reissued
	// The server searches for words, but never for a name.
	b("feed", "--search", "anybody", "--remote")
	b("feed", "--search", "everybody may", "--remote")
	if out := fails(t, bob, "--json", "--server", at, "feed", "--search", "quackenbush", "--remote"); !strings.Contains(out, "names_stay_local") {
		t.Fatalf("a name that is searched for: %s", out)
	}
	// To another machine, whose files are locked there.
	moved := decode[struct{ Move, Code string }](t, a("move", "--yes"))
	next := t.TempDir()
	run(t, next, "--json", "--server", at, "move", "--receive", "--code", moved.Code, "--", moved.Move)
	if runtime.GOOS == "linux" {
		t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
		run(t, next, "--json", "lock")
		t.Setenv("P4P_LOCK_PASSPHRASE", passphrase)
	}
	run(t, next, "--json", "--server", at, "post", "from the other machine")
	if out := run(t, alice, "--json", "--server", at, "feed", "--limit", "50"); !strings.Contains(out, said) {
		t.Fatalf("the feed: %s", out)
	}

	// The recorder works: what is public is found as it is said, and as the records
	// carry it.
	for _, public := range []string{said, comment, "from the other machine"} {
		if forms := strings.Join(wire.finds(public), " "); !strings.Contains(forms, "base64url") {
			t.Fatalf("%q crossed the wire and is found only as %q", public, forms)
		}
	}
	if len(wire.finds("everybody may")) == 0 {
		t.Fatal("the words that the server searched for are not found")
	}
	wire.keep([]byte("planted: Ottoline Marchbanks"))
	if len(wire.finds("Ottoline Marchbanks")) == 0 {
		t.Fatal("the search does not find what is planted")
	}

	link, err := protocol.ParseLink(invite.Link)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{
		aliasOfB, "Bobadilla", "Prusiner", renamed, "Quagmire", aliasOfA, "Quackenbush",
		"Quillon Featherstone", "Featherbrain", "Gwendolyn", "Thistlewood",
		"+49 30 555 0199", "+49305550199", "49305550199", "5550199", "quillon@mail.example", "uid-4711-of-quill",
		passphrase, number, strings.ReplaceAll(number, " ", ""),
		"Xanthippe", "Underhill", moved.Move, strings.TrimPrefix(moved.Move, "P4P://MOVE/"), moved.Code, strings.ReplaceAll(moved.Code, "-", ""),
	}
	for _, text := range []string{invite.Link, stolen.Link, anew.Link} {
		link, err := protocol.ParseLink(text)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, link.Secret.Base32(), string(link.Secret[:]))
	}
	for _, secret := range secrets {
		if forms := wire.finds(secret); len(forms) > 0 {
			t.Errorf("%q crossed the wire as %v", secret, forms)
		}
	}
	endServer(t, s)
	for text, there := range map[string]bool{comment: true, aliasOfB: false, aliasOfA: false, "5550199": false, passphrase: false, string(link.Secret[:]): false} {
		found, err := searchFolder(data, text)
		if err != nil {
			t.Fatal(err)
		}
		if (len(found) > 0) != there {
			t.Errorf("%q in the server's folder: %v", text, found)
		}
	}
}
