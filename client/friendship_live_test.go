package client

import (
	"slices"
	"sync"
	"testing"

	"p4p/protocol"
)

// has tells whether the list shows a friendship in a state.
func (r *reader) has(f protocol.UUID, s FriendState) func() bool {
	return func() bool {
		list, err := r.Friendships(r.t.Context())
		if err != nil {
			r.t.Error(err)
		}
		return slices.ContainsFunc(list, func(row Friendship) bool { return row.Friendship == f && row.State == s })
	}
}

// names is the name on the post with this text.
func (r *reader) names(text string) string {
	for _, i := range r.shows() {
		if i.Text == text {
			return i.Label.Name
		}
	}
	return "(not there)"
}

// The whole story over a real server, with nobody asking for anything: each step
// reaches the other side by the stream.
func TestAFriendshipIsMadeOverTheStreamAndRelabelsThePast(t *testing.T) {
	w := newTown(t)
	anna, bob := reads(t, w.URL()).runs(), reads(t, w.URL()).runs()
	for r, text := range map[*reader]string{anna: "Anna's first", bob: "Bob's first"} {
		if _, err := r.Post(t.Context(), text, nil); err != nil {
			t.Fatal(err)
		}
	}
	anna.waits("it has Bob's post", func() bool { return anna.sees("Bob's first") })
	bob.waits("it has Anna's post", func() bool { return bob.sees("Anna's first") })
	if got := anna.names("Bob's first") + bob.names("Anna's first"); got != "" {
		t.Fatalf("a stranger has the name %q", got)
	}

	i, err := anna.Invite(t.Context(), "Bob", 0)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		if f, err := anna.WaitAccepted(t.Context(), i.Friendship); err != nil || f.State != StateAccepted {
			t.Errorf("waiting ended with %+v, %v", f, err)
		}
	})
	if _, err := bob.Accept(t.Context(), i.Link, "Anna", false); err != nil {
		t.Fatal(err)
	}
	if got := bob.names("Anna's first"); got != "Anna" {
		t.Errorf("at Bob, Anna is %q", got)
	}
	wait.Wait()
	anna.waits("the notice is there", func() bool { n, _ := anna.Notices(t.Context()); return len(n) == 1 })
	if _, err := anna.Confirm(t.Context(), i.Friendship); err != nil {
		t.Fatal(err)
	}
	if got := anna.names("Bob's first"); got != "Bob" {
		t.Errorf("at Anna, Bob is %q", got)
	}
	bob.waits("the confirmation is read", bob.has(i.Friendship, StateFriend))

	// Also a server that was away tells what happened meanwhile.
	w.stop()
	if f, err := bob.Remove(t.Context(), i.Friendship); err != nil || !f.Unsent {
		t.Fatalf("%+v, %v", f, err)
	}
	w.start(false)
	anna.waits("the end is read", anna.has(i.Friendship, StateEnded))
}

// Twenty rounds of five people, who leave a barrier on separate connections.
func TestOfManyWithTheSameLinkExactlyOneIsAccepted(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := reads(t, w.URL())
	const rivals = 5
	var people []*reader
	for range rivals {
		r := reads(t, w.URL())
		if err := r.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		people = append(people, r)
	}
	for range 8 {
		i, err := anna.Invite(t.Context(), "Bob", 0)
		if err != nil {
			t.Fatal(err)
		}
		barrier := make(chan struct{})
		errs := make([]error, rivals)
		var wait sync.WaitGroup
		for n, p := range people {
			wait.Go(func() {
				<-barrier
				_, errs[n] = p.Accept(t.Context(), i.Link, "Anna", true)
			})
		}
		close(barrier)
		wait.Wait()
		accepted := 0
		for n, p := range people {
			list, err := p.Friendships(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			switch code := protocol.CodeOf(errs[n]); {
			case code == "" && len(list) == 1:
				accepted++
				if _, err := p.Remove(t.Context(), i.Friendship); err != nil { // free for the next round
					t.Fatal(err)
				}
			case code != protocol.CodeAlreadyAccepted || len(list) != 0:
				t.Fatalf("rival %d: %v, and keeps %+v", n, errs[n], list)
			}
		}
		if accepted != 1 {
			t.Fatalf("%d were accepted", accepted)
		}
	}
}
