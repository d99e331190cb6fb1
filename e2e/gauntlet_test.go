package e2e

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"p4p/client"
	"p4p/server"
)

// diesAt names a file with a line for each crash point at which a program does not
// die. At the first one that it passes and that is not there, it adds that and dies.
const diesAt = "P4P_E2E_DIES_AT"

// panicsAt names the crash point at which a program panics, of the client or the server.
const panicsAt = "P4P_E2E_PANICS_AT"

// mortal has a program that is told so kill itself with SIGKILL: nothing of it gets to
// run any more. Only the tests' p4p is built with this.
func mortal(ctx context.Context) context.Context {
	if at := os.Getenv(panicsAt); at != "" {
		fault := func(point string) {
			if point == at {
				panic("the fault that a test asked for")
			}
		}
		ctx = server.WithFault(client.WithFault(ctx, fault), fault)
	}
	file := os.Getenv(diesAt)
	if file == "" {
		return ctx
	}
	return client.WithFault(ctx, func(point string) {
		survived, err := os.ReadFile(file)
		if err == nil && slices.Contains(strings.Split(string(survived), "\n"), point) {
			return
		}
		err = os.WriteFile(file, append(survived, point+"\n"...), 0o600)
		if err == nil {
			err = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		panic(errors.Join(errors.New("the program outlived its death"), err))
	})
}

// gauntlet is people of one server whose programs die wherever they can, if mortal.
type gauntlet struct {
	t      *testing.T
	dir    string
	server string
	mortal bool
	met    map[string]bool // the points at which somebody died
}

func (g *gauntlet) home(who string) string { return filepath.Join(g.dir, who) }

// tries runs a command, and tells where it died; "" if it did not.
func (g *gauntlet) tries(who, survived string, args ...string) (diedAt string) {
	g.t.Helper()
	cmd := exec.Command("p4p", append([]string{"--json", "--server", g.server}, args...)...)
	cmd.Env = append(os.Environ(), "P4P_HOME="+g.home(who), diesAt+"="+survived)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		g.t.Fatalf("%s: p4p %s: %v: %s", who, strings.Join(args, " "), err, out)
	}
	points, err := os.ReadFile(survived)
	if err != nil {
		g.t.Fatal(err)
	}
	all := strings.Split(strings.TrimSpace(string(points)), "\n")
	return all[len(all)-1]
}

// acts runs a command that dies at each point that it comes to, and after each death
// the next start, which dies at the points that are left, until one lives: what was
// begun must have come to its end by itself. ignoring are points of other steps.
func (g *gauntlet) acts(who string, ignoring []string, args ...string) {
	g.t.Helper()
	if !g.mortal {
		run(g.t, g.home(who), append([]string{"--json", "--server", g.server}, args...)...)
		return
	}
	survived := filepath.Join(g.t.TempDir(), "survived")
	if err := os.WriteFile(survived, []byte(strings.Join(ignoring, "\n")+"\n"), 0o600); err != nil {
		g.t.Fatal(err)
	}
	for next := args; ; {
		at := g.tries(who, survived, next...)
		if at == "" {
			return
		}
		g.met[at] = true
		if next = []string{"friends"}; at == "rotate owed" { // nothing was changed yet: it is asked for again
			next = args
		}
	}
}

var (
	everybody = []string{"alice", "bob", "mallory"}
	readings  = []string{"read answered", "read stored"}
)

// does is a step of one's own; what others did was read before.
func (g *gauntlet) does(who string, args ...string) {
	g.t.Helper()
	g.acts(who, readings, args...)
}

// reads is what every start does.
func (g *gauntlet) reads(who string) { g.t.Helper(); g.acts(who, nil, "friends") }

// open is the one invite that waits.
func (g *gauntlet) open(who string) invited {
	g.t.Helper()
	open := decode[[]invited](g.t, run(g.t, g.home(who), "--json", "--server", g.server, "invites"))
	if len(open) != 1 {
		g.t.Fatalf("%s has these invites: %+v", who, open)
	}
	return open[0]
}

// befriends makes two people friends.
func (g *gauntlet) befriends(who, name, other, called string) {
	g.t.Helper()
	g.does(who, "invite", name)
	g.does(other, "accept", "--name", called, "--", g.open(who).Link)
	g.reads(who)
	g.does(who, "friends", "confirm", name)
	g.reads(other)
}

var changing = regexp.MustCompile(`"(uuid|friendship|since|author|id|cursor|created_at|target|image|link|expires_at)":("[^"]*"|null|\{[^}]*\}),?`)

// ending is all that somebody sees in the end, without what differs from run to run.
func (g *gauntlet) ending(who string) []string {
	g.t.Helper()
	var out []string
	for _, args := range [][]string{{"friends"}, {"invites"}, {"friends", "tell"}, {"feed"}} {
		got := run(g.t, g.home(who), append([]string{"--json", "--server", g.server}, args...)...)
		got = strings.ReplaceAll(changing.ReplaceAllString(got, ""), ",}", "}")
		lines := strings.Split(strings.ReplaceAll(strings.Trim(got, "[]"), "},{", "}\n{"), "\n")
		if args[0] != "feed" {
			slices.Sort(lines) // those of one name stand by a random UUID
		}
		out = append(out, lines...)
	}
	return out
}

// The life of three friendships: made, refused and made anew, revoked, ended, and
// followed over changes of key.
func (g *gauntlet) life() map[string][]string {
	g.t.Helper()
	for _, who := range everybody {
		run(g.t, g.home(who), "--server", g.server, "--json", "post", who+", before")
	}
	// Somebody else takes Bob's invite.
	g.does("alice", "invite", "Bob")
	g.does("mallory", "accept", "--name", "Alicia", "--", g.open("alice").Link)
	g.reads("alice")
	g.does("alice", "friends", "refuse", "Bob", "--reissue")
	g.reads("mallory")
	g.does("bob", "accept", "--name", "Alice", "--", g.open("alice").Link)
	g.reads("alice")
	g.does("alice", "friends", "confirm", "Bob")
	g.reads("bob")
	g.does("mallory", "friends", "remove", "Alicia")
	// A friendship that ends, and an invite that is taken back.
	g.befriends("mallory", "Ally", "alice", "Mallory")
	g.does("alice", "friends", "remove", "Mallory")
	g.reads("mallory")
	g.does("alice", "invite", "Carol")
	g.does("alice", "invites", "revoke", g.open("alice").Friendship.String())
	// A change of key, with an invite open: Bob follows, Mallory does not.
	g.does("alice", "invite", "Dora")
	g.does("alice", "rotate", "--spread", "0")
	g.reads("bob")
	g.does("bob", "rotate", "--spread", "0")
	g.reads("alice")
	for _, who := range everybody {
		run(g.t, g.home(who), "--server", g.server, "--json", "post", who+", after")
	}
	end := map[string][]string{}
	for _, who := range everybody {
		end[who] = g.ending(who)
	}
	return end
}

// Programs are killed at every point of every step at which the local map and the
// server know different things, one death after the other, and everybody ends up
// where they do when nobody dies.
func TestProgramsThatAreKilledBetweenAnyTwoStepsEndWhereOthersDo(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred processes, which start slowly under the race detector")
	}
	begin := func(mortal bool) *gauntlet {
		s := start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", t.TempDir())
		return &gauntlet{t: t, dir: t.TempDir(), server: decode[served](t, s.next()).URL, mortal: mortal, met: map[string]bool{}}
	}
	want := begin(false).life()
	killed := begin(true)
	if diff := cmp.Diff(want, killed.life()); diff != "" {
		t.Error(diff)
	}
	for _, point := range client.CrashPoints() {
		if !killed.met[point] {
			t.Errorf("nobody died at the point %q", point)
		}
	}
	if alice := strings.Join(want["alice"], "\n"); !strings.Contains(alice, `"name":"Bob","you":false,"text":"bob, after"`) {
		t.Errorf("even without a death Alice does not follow Bob:\n%s", alice)
	}
	if mallory := strings.Join(want["mallory"], "\n"); !strings.Contains(mallory, `"name":null,"you":false,"text":"alice, after"`) {
		t.Errorf("even without a death Alice is no stranger to Mallory:\n%s", mallory)
	}
}

// What is shipped has nothing in it that kills it.
func TestOnlyTestsMakeAProgramDie(t *testing.T) {
	looked := 0
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return err
		}
		looked++
		text, err := os.ReadFile(file)
		makes := file == filepath.Join("..", "client", "crash.go") || file == filepath.Join("..", "server", "fault.go")
		if err == nil && strings.Contains(string(text), "WithFault(") != makes {
			t.Errorf("%s: a fault is made in client/crash.go and server/fault.go and used by tests, nowhere else", file)
		}
		return err
	})
	if err != nil || looked < 100 {
		t.Errorf("looked at %d files, %v", looked, err)
	}
}
