package localmap

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"p4p/protocol"
)

var crashSeed = flag.Uint64("crash.seed", 0, "of the moments at which processes are killed; 0 draws one")

// The script is an endless row of acts in blocks of eight. Everything in act i
// follows from i, so that who looks afterwards knows what there must be.
const block = 8

func act(m *Map, i int) error {
	name := fmt.Sprint("friend ", i/block)
	switch i % block {
	case 0:
		_, err := m.AddContact(ctx, name)
		return err
	case 1:
		_, err := m.CreateFriendship(ctx, scripted(m, i/block), name, false)
		return err
	case 2:
		_, err := m.UpdateFriendship(ctx, scripted(m, i/block).ID, accepted(somebody(name)))
		return err
	case 3: // forgets the secret: the file is written anew
		_, err := m.UpdateFriendship(ctx, scripted(m, i/block).ID, confirmed)
		return err
	case 4:
		return m.Enqueue(ctx, scriptedPost(m, i/block), nil)
	case 6:
		return m.SaveDraft(ctx, scriptedPlace(i/block), scriptedDraft(m, i/block).Text)
	case 7:
		return m.EnqueueDraft(ctx, scriptedPlace(i/block), scriptedDraft(m, i/block), nil)
	default:
		if i/block%2 == 0 {
			return m.Dequeue(ctx, scriptedPost(m, i/block).ID)
		}
		return m.SaveDraft(ctx, name, "draft of "+name)
	}
}

type noT struct{}

func (noT) Helper()                        {}
func (noT) Fatal(a ...any)                 { panic(fmt.Sprint(a...)) }
func (noT) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
func scripted(m *Map, b int) Friendship    { return invite(noT{}, m, fmt.Sprint("friend ", b)) }
func scriptedPlace(b int) string           { return fmt.Sprint("place ", b) }
func scriptedDraft(m *Map, b int) protocol.Record {
	return post(noT{}, m, fmt.Sprint("written ", b), nil)
}

func scriptedPost(m *Map, b int) protocol.Record {
	return post(noT{}, m, fmt.Sprint("post ", b), nil)
}

// child is the process that is killed. Its first argument is what to do.
func child(role string) int {
	what, dir, _ := strings.Cut(role, ":")
	switch what {
	case "act":
		from, dir, _ := strings.Cut(dir, ":")
		i, err := strconv.Atoi(from)
		if err != nil {
			return 2
		}
		m, err := Open(dir, Options{})
		for ; err == nil; i++ {
			if err = act(m, i); err == nil {
				fmt.Fprintln(os.Stdout, i) // acknowledged
			}
		}
		fmt.Fprintln(os.Stderr, err)
		return 1
	case "make":
		_, err := Open(dir, Options{Random: stuck{}})
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 2
}

// stuck says that it was asked, and never answers.
type stuck struct{}

func (stuck) Read([]byte) (int, error) {
	fmt.Fprintln(os.Stdout, "drawing")
	select {}
}

// kill runs the child until it has said n lines, ends it in the middle of what it
// does next, and tells what it said.
func kill(t *testing.T, role string, n int) []string {
	t.Helper()
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), childEnv+"="+role)
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.StdoutPipe()
	ok(t, err)
	ok(t, c.Start())
	said := bufio.NewScanner(out)
	var lines []string
	for len(lines) < n && said.Scan() {
		lines = append(lines, said.Text())
	}
	if len(lines) < n {
		c.Wait()
		t.Fatalf("the child ended by itself after %d lines: %s", len(lines), &complaint)
	}
	ok(t, c.Process.Kill())
	for said.Scan() { // what it acknowledged before the signal came counts as well
		lines = append(lines, said.Text())
	}
	if err := said.Err(); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Fatal(err)
	}
	c.Wait()
	return lines
}

func TestNothingAcknowledgedIsMissingAfterAKill(t *testing.T) {
	seed := *crashSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-crash.seed=%d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := filepath.Join(t.TempDir(), "profile")
	acknowledged := map[int]bool{}
	from := 0
	const kills = 15
	for range kills {
		last := from
		for _, line := range kill(t, fmt.Sprintf("act:%d:%s", from, dir), 1+r.IntN(25)) {
			i, err := strconv.Atoi(line)
			ok(t, err)
			acknowledged[i], last = true, i
		}
		m := openAt(t, dir)
		lookFor(t, m, acknowledged)
		for _, f := range must[[]Friendship](t)(m.Friendships(ctx)) {
			if secret := secretOf(f.Name); f.Secret == nil {
				gone(t, dir, secret[:], "the secret of "+f.Name)
			} else {
				planted(t, dir, secret[:])
			}
		}
		ok(t, m.Close())
		if t.Failed() {
			return
		}
		from = ((last+1)/block + 1) * block // act last+1 may or may not be there
	}
	t.Logf("%d acts acknowledged", len(acknowledged))
}

// lookFor looks for the lasting trace of each act in the file and in memory.
func lookFor(t *testing.T, m *Map, acknowledged map[int]bool) {
	t.Helper()
	waiting := map[protocol.UUID]bool{}
	for _, o := range must[[]Outgoing](t)(m.Outbox(ctx)) {
		waiting[o.ID] = true
	}
	for i := range acknowledged {
		b := i / block
		name := fmt.Sprint("friend ", b)
		missing := func(what string, format string, args ...any) {
			t.Errorf("act %d: %s: %s", i, what, fmt.Sprintf(format, args...))
		}
		switch i % block {
		case 0:
			if _, err := m.ContactByName(ctx, name); err != nil {
				missing(name, "%v", err)
			}
		case 1, 2, 3:
			f, err := m.Friendship(ctx, scripted(m, b).ID)
			_, labelled := m.Label(somebody(name).key())
			atLeast := map[int]bool{1: true, 2: f.Keys != nil, 3: f.State == StateFriend && f.Secret == nil && labelled}[i%block]
			if err != nil || !atLeast {
				missing(name, "%v, %+v, labelled %v", err, f, labelled)
			}
		case 4:
			// The next act may have sent it.
			if id := scriptedPost(m, b).ID; !waiting[id] && b%2 == 1 {
				missing("the record", "%s", id)
			}
		case 5:
			if id := scriptedPost(m, b).ID; b%2 == 0 && waiting[id] {
				missing("the sent record", "%s waits again", id)
			}
			if d := must[string](t)(m.Draft(ctx, name)); b%2 == 1 && d != "draft of "+name {
				missing("the draft", "%q", d)
			}
		case 6, 7:
			// The next act may have put it into the outbox. It is never in both, or in none.
			draft := must[string](t)(m.Draft(ctx, scriptedPlace(b))) != ""
			if id := scriptedDraft(m, b).ID; draft == waiting[id] || draft && i%block == 7 {
				missing("what was written", "a draft: %v, in the outbox: %v", draft, waiting[id])
			}
		}
	}
}

func TestAProcessKilledWhileItMakesTheMapLeavesNoHalfMap(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profile")
	kill(t, "make:"+dir, 1)
	if _, err := os.Stat(filepath.Join(dir, FileName+".new")); err != nil {
		t.Fatalf("it was not in the middle of making one: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, FileName)); err == nil {
		t.Fatal("a map without a key is in place")
	}
	m := reopened(t, dir)
	if m.Key().Public.IsZero() {
		t.Error("no key")
	}
	must[Contact](t)(m.AddContact(ctx, "Bob"))
}
