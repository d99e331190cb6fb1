package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"p4p/protocol"
	"p4p/server/mailbox"
)

// office keeps the mailboxes of one server behind real HTTP. What a call does is
// decided by the server's own logic, and the post can be lost on either way.
type office struct {
	*httptest.Server
	t testing.TB

	mu    sync.Mutex
	info  protocol.Info
	now   time.Time
	rows  map[protocol.UUID]*mailbox.Row
	calls int // that reached a mailbox

	// lose decides what becomes of a mailbox call; nil loses nothing.
	lose func(method string) loss
	// answer replaces what a mailbox says; nil leaves it.
	answer func(method string) *protocol.Error
	// before runs outside of the lock, ahead of a mailbox call.
	before func(method string)
}

type loss uint8

const (
	nothing loss = iota
	theRequest
	theReply
)

var testStart = time.Date(2026, 3, 1, 10, 20, 0, 0, time.UTC)

func newOffice(t testing.TB) *office {
	o := &office{
		t: t, now: testStart, rows: map[protocol.UUID]*mailbox.Row{},
		info: protocol.Info{
			Server: protocol.MustParseUUID("5f0c6f1e-8a43-4c0e-9d52-6d3b8f1b2a01"),
			Epoch:  protocol.MustParseUUID("0b6a4f0e-1111-4c0e-9d52-6d3b8f1b2a02"),
			Limits: protocol.CurrentLimits(),
		},
	}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/info" {
		o.mu.Lock()
		defer o.mu.Unlock()
		reply(w, http.StatusOK, o.info)
		return
	}
	o.mu.Lock()
	before := o.before
	o.mu.Unlock()
	if before != nil {
		before(r.Method)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	fate := nothing
	if o.lose != nil {
		fate = o.lose(r.Method)
	}
	if fate == theRequest {
		panic(http.ErrAbortHandler)
	}
	view, err := o.apply(r)
	if fate == theReply {
		panic(http.ErrAbortHandler)
	}
	var refused *protocol.Error
	if errors.As(err, &refused) {
		reply(w, refused.Code.Status(), protocol.ErrorBody{Error: refused})
		return
	}
	reply(w, http.StatusOK, view)
}

func (o *office) apply(r *http.Request) (protocol.MailboxView, error) {
	o.calls++
	if o.answer != nil {
		if e := o.answer(r.Method); e != nil {
			return protocol.MailboxView{}, e
		}
	}
	f, err := protocol.ParseUUID(strings.TrimPrefix(r.URL.Path, "/v1/friendships/"))
	if err != nil {
		return protocol.MailboxView{}, err
	}
	c := mailbox.Call{Method: mailbox.Method(r.Method)}
	if r.Header.Get("Authorization") != "" {
		t, err := protocol.ParseAuthorization(r.Header.Get("Authorization"))
		if err != nil {
			return protocol.MailboxView{}, err
		}
		c.Token = &t
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		switch c.Method {
		case mailbox.Post:
			c.Post, err = strictly[protocol.MailboxPost](body)
		case mailbox.Put:
			c.Put, err = strictly[protocol.MailboxPut](body)
		case mailbox.Delete:
			c.Delete, err = strictly[protocol.MailboxDelete](body)
		}
	}
	if err != nil {
		return protocol.MailboxView{}, err
	}
	res, err := mailbox.Apply(o.rows[f], c, o.now)
	o.rows[f] = res.Row
	return res.View, err
}

func strictly[T any](body []byte) (*T, error) {
	v := new(T)
	return v, protocol.DecodeStrict(body, v)
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// set changes what the office does.
func (o *office) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

// state is where a mailbox stands; "" for none.
func (o *office) state(f protocol.UUID) protocol.MailboxState {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.rows[f]; r != nil {
		return r.State
	}
	return ""
}

// row is a mailbox as the server has it.
func (o *office) row(f protocol.UUID) mailbox.Row {
	o.mu.Lock()
	defer o.mu.Unlock()
	return *o.rows[f]
}

// made is how many calls reached a mailbox.
func (o *office) made() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls
}

// passes lets time pass, for everybody.
func (o *office) passes(d time.Duration) { o.set(func() { o.now = o.now.Add(d) }) }

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

// loseNext lets one thing happen to each of the next calls.
func (o *office) loseNext(losses ...loss) {
	o.set(func() {
		o.lose = func(string) loss {
			if len(losses) == 0 {
				return nothing
			}
			next := losses[0]
			losses = losses[1:]
			return next
		}
	})
}

// person is somebody with a profile of their own.
type person struct {
	*Client
	t   testing.TB
	opt Options
}

// enters lets somebody in who has never been here.
func (o *office) enters(name string) *person {
	o.t.Helper()
	p := &person{t: o.t, opt: Options{Home: folder(o.t, name), Server: o.URL, Now: o.clock}}
	p.start()
	o.t.Cleanup(func() { _ = p.Close() })
	return p
}

// folder is a new one, in memory where there is such a place: these tests commit
// thousands of times, and what is on the disk afterwards is not their matter.
func folder(t testing.TB, name string) string {
	t.Helper()
	parent := "/dev/shm"
	if _, err := os.Stat(parent); err != nil {
		parent = ""
	}
	dir, err := os.MkdirTemp(parent, "p4p-"+name) //nolint:usetesting // t.TempDir is on the disk
	if err != nil {
		dir, err = os.MkdirTemp("", "p4p-"+name) //nolint:usetesting // as above
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (p *person) start() {
	p.t.Helper()
	var err error
	if p.Client, err = Open(context.Background(), p.opt); err != nil {
		p.t.Fatal(err)
	}
}

// restarts ends the person's program and starts it again.
func (p *person) restarts() {
	p.t.Helper()
	if err := p.Close(); err != nil {
		p.t.Fatal(err)
	}
	p.start()
	p.catchesUp()
}

// catchesUp does what every start and every notice does.
func (p *person) catchesUp() {
	p.t.Helper()
	if err := p.resumeFriendships(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) invites(name string) Invite {
	p.t.Helper()
	i, err := p.Invite(p.t.Context(), name, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	return i
}

func (p *person) accepts(i Invite, name string) Friendship {
	p.t.Helper()
	f, err := p.Accept(p.t.Context(), i.Link, name, false)
	if err != nil {
		p.t.Fatal(err)
	}
	return f
}

// does makes one of the answers that take a friendship.
func (p *person) does(act func(context.Context, protocol.UUID) (Friendship, error), f protocol.UUID) Friendship {
	p.t.Helper()
	got, err := act(p.t.Context(), f)
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

// friends makes two people friends, each by the name the other is given.
func (o *office) friends(a *person, nameOfB string, b *person, nameOfA string) protocol.UUID {
	o.t.Helper()
	i := a.invites(nameOfB)
	b.accepts(i, nameOfA)
	a.catchesUp()
	a.does(a.Confirm, i.Friendship)
	b.catchesUp()
	return i.Friendship
}

// sees is the state in which a person's list shows a friendship; "" if it does not.
func (p *person) sees(f protocol.UUID) FriendState {
	p.t.Helper()
	list, err := p.Friendships(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, row := range list {
		if row.Friendship == f {
			return row.State
		}
	}
	return ""
}

// calls is the name that a person's screen shows for somebody, "" for anonymous.
func (p *person) calls(other *person) string {
	l, _ := p.local.Label(other.local.Key().Public)
	return l.Name
}

func wantCode(t testing.TB, err error, want protocol.Code) {
	t.Helper()
	if got := protocol.CodeOf(err); got != want {
		t.Fatalf("got %q (%v), want %q", got, err, want)
	}
}

func wantState(t testing.TB, p *person, f protocol.UUID, want FriendState) {
	t.Helper()
	if got := p.sees(f); got != want {
		t.Fatalf("the friendship is %q, want %q", got, want)
	}
}

func wantName(t testing.TB, p, other *person, want string) {
	t.Helper()
	if got := p.calls(other); got != want {
		t.Fatalf("the name is %q, want %q", got, want)
	}
}
