package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
	"p4p/server/api"
	"p4p/server/store"
)

func TestAServerGoesOnWhereItEnded(t *testing.T) {
	dir := t.TempDir()
	r := start(t, Config{Data: dir})
	before := r.Info()
	rec := r.sign(1, protocol.KindPost, protocol.UUID{}, "kept")
	r.mustPost(rec)
	r.end()

	r = start(t, Config{Data: dir})
	after := r.Info()
	if after.Server != before.Server || after.Epoch != before.Epoch || after.Seq != 1 {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if seq := r.mustPost(rec); seq != 1 {
		t.Errorf("a repeated post is at seq %d", seq)
	}
	got, err := r.follow(0).until(1)
	if err != nil || got[0].JWS != rec.JWS {
		t.Errorf("got %+v, %v", got, err)
	}
	r.end()

	r = start(t, Config{Data: dir, NewEpoch: true})
	if i := r.Info(); i.Server != before.Server || i.Epoch == before.Epoch {
		t.Errorf("with another epoch: %+v", i)
	}
}

func TestEverySubscriberSeesEveryAcknowledgedRecordOnceAndInOrder(t *testing.T) {
	r := start(t, Config{RingBytes: 20_000}) // so that some fall behind it
	const posters, each, subscribers = 8, 40, 12
	var wg sync.WaitGroup
	acknowledged := make([]string, posters*each+1) // by seq
	for p := range posters {
		wg.Go(func() {
			for i := range each {
				rec := r.sign(p, protocol.KindPost, protocol.UUID{}, fmt.Sprint("post ", i, strings.Repeat(".", i*10)))
				seq, err := r.post(rec)
				if err != nil {
					t.Error(err)
					return
				}
				acknowledged[seq] = rec.JWS
			}
		})
	}
	feeds := make([][]protocol.Event, subscribers)
	for i := range subscribers {
		f := r.follow(0)
		wg.Go(func() {
			var err error
			if feeds[i], err = f.until(posters * each); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, f := range feeds {
		for _, e := range f {
			if e.JWS != acknowledged[e.Seq] {
				t.Fatalf("seq %d is not the record that was acknowledged there", e.Seq)
			}
		}
	}
}

func TestOfTwoPeopleWithTheSameLinkExactlyOneIsAccepted(t *testing.T) {
	r := start(t, Config{})
	slot := make(protocol.Bytes, 4124)
	for try := range 100 {
		f := protocol.RecordUUID(fmt.Sprint("friendship ", try))
		a, link := protocol.Token{1, byte(try)}, protocol.Token{2, byte(try)}
		status, err := r.call("POST", "/v1/friendships/"+f.String(), nil, protocol.MailboxPost{
			LinkHash: link.Hash(), OwnerHash: a.Hash(), ExpiresIn: 3600, N: 1, Slot: slot,
		}, nil)
		if err != nil || status != http.StatusCreated {
			t.Fatal(status, err)
		}
		barrier := make(chan struct{})
		var wg sync.WaitGroup
		var errs [2]error
		var views [2]protocol.MailboxView
		for who := range errs {
			owner, e := protocol.Token{3, byte(who)}.Hash(), protocol.Key32{byte(who + 1)}
			wg.Go(func() {
				one := *r
				one.client = &http.Client{Transport: &http.Transport{}} // a connection of its own
				defer one.client.CloseIdleConnections()
				<-barrier
				_, errs[who] = one.call("PUT", "/v1/friendships/"+f.String(), &link,
					protocol.MailboxPut{OwnerHash: &owner, E: &e, N: 1, Slot: slot}, &views[who])
			})
		}
		close(barrier)
		wg.Wait()
		won := 0
		if errs[0] != nil {
			won = 1
		}
		if errs[won] != nil || protocol.CodeOf(errs[1-won]) != protocol.CodeAlreadyAccepted {
			t.Fatalf("try %d: %v and %v", try, errs[0], errs[1])
		}
		var v protocol.MailboxView
		if _, err := r.call("GET", "/v1/friendships/"+f.String(), &a, nil, &v); err != nil || *v.E != (protocol.Key32{byte(won + 1)}) {
			t.Fatalf("try %d: the inviter reads %+v, %v", try, v, err)
		}
	}
}

func TestAWatcherHearsOfTheAcceptance(t *testing.T) {
	r := start(t, Config{})
	f, a, link := protocol.RecordUUID("f"), protocol.Token{1}, protocol.Token{2}
	slot := make(protocol.Bytes, 4124)
	if _, err := r.call("POST", "/v1/friendships/"+f.String(), nil, protocol.MailboxPost{
		LinkHash: link.Hash(), OwnerHash: a.Hash(), ExpiresIn: 3600, N: 1, Slot: slot,
	}, nil); err != nil {
		t.Fatal(err)
	}
	by := map[string]*feed{"owner": r.follow(0), "link": r.follow(0)}
	for who, token := range map[string]protocol.Token{"owner": a, "link": link} {
		if err := by[who].ws.WriteJSON(protocol.ClientFrame{Watch: []protocol.Watch{{Friendship: f, Token: token}}}); err != nil {
			t.Fatal(err)
		}
		if v, err := by[who].next(); err != nil || v.Mailbox == nil || v.Mailbox.State != protocol.MailboxOpen {
			t.Fatalf("%s: %+v, %v", who, v.Mailbox, err)
		}
	}
	owner, e := protocol.Token{3}.Hash(), protocol.Key32{1}
	if _, err := r.call("PUT", "/v1/friendships/"+f.String(), &link, protocol.MailboxPut{OwnerHash: &owner, E: &e, N: 1, Slot: slot}, nil); err != nil {
		t.Fatal(err)
	}
	if v, err := by["owner"].next(); err != nil || v.Mailbox.State != protocol.MailboxAccepted {
		t.Errorf("the inviter hears %+v, %v", v.Mailbox, err)
	}
	if v, err := by["link"].next(); err != nil || v.Mailbox.Error == nil || v.Mailbox.Error.Code != protocol.CodeAlreadyAccepted || v.Mailbox.N != nil {
		t.Errorf("the link's holder hears %+v, %v", v.Mailbox, err)
	}
}

func TestWhatIsDeletedIsToldAsErasedAndIsInNoFileAfterwards(t *testing.T) {
	dir := t.TempDir()
	r := start(t, Config{Data: dir, SweepEvery: time.Hour})
	text, control := "regret"+rand.Text(), "control"+rand.Text()
	rec := r.sign(1, protocol.KindPost, protocol.UUID{}, text)
	r.mustPost(rec)
	r.mustPost(r.sign(1, protocol.KindPost, protocol.UUID{}, control))
	r.mustPost(r.sign(1, protocol.KindDeletion, rec.ID, ""))
	got, err := r.follow(0).until(3)
	if err != nil || got[0].Kind != protocol.EventErased || got[0].JWS != "" || got[2].Kind != protocol.EventDeletion {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := r.post(rec); protocol.CodeOf(err) != protocol.CodeDeleted {
		t.Errorf("posting it again: %v", err)
	}
	r.end()
	if !inFiles(t, dir, control) {
		t.Fatal("the search does not find what is there")
	}
	if inFiles(t, dir, text) {
		t.Error("the text is in the data folder still")
	}
}

// inFiles tells whether a file below dir holds a word of a post.
func inFiles(t *testing.T, dir, word string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(bytes.ToLower(b), []byte(strings.ToLower(word)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWhatTheOperatorTakesDownIsToldToAll(t *testing.T) {
	dir := t.TempDir()
	r := start(t, Config{Data: dir, SweepEvery: 20 * time.Millisecond})
	rec := r.sign(1, protocol.KindPost, protocol.UUID{}, "unlawful")
	r.mustPost(rec)
	f := r.follow(1)
	op, err := store.OpenOperator(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer op.Close()
	if err := op.QueueTakedown(t.Context(), rec.ID); err != nil {
		t.Fatal(err)
	}
	got, err := f.until(2)
	if err != nil || got[0].Kind != protocol.EventTakedown || *got[0].Target != rec.ID {
		t.Fatalf("got %+v, %v", got, err)
	}
	if got, err := r.follow(0).until(1); err != nil || got[0].JWS != "" {
		t.Errorf("a newcomer reads %+v, %v", got, err)
	}
}

func TestShutdownFinishesTheCallsUnderWayAndTellsTheStreams(t *testing.T) {
	r := start(t, Config{})
	f := r.follow(0)
	// A call whose body the server waits for: it says so with "100 Continue".
	body := fmt.Sprintf(`{"records":[%q]}`, r.sign(1, protocol.KindPost, protocol.UUID{}, "last").JWS)
	call, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()
	fmt.Fprintf(call, "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body))
	answers := bufio.NewReader(call)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Shutdown(context.Background()) }()
	for {
		c, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
		if err != nil {
			break // it takes no new connections
		}
		c.Close()
	}
	if _, err := io.WriteString(call, body); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(answers); err != nil || !bytes.Contains(got, []byte("200 OK")) || !bytes.Contains(got, []byte(`"seq":1`)) {
		t.Errorf("the call under way: %q, %v", got, err)
	}
	if _, err := f.until(1); err != nil {
		t.Errorf("the stream: %v", err)
	}
	if _, err := f.next(); !websocket.IsCloseError(err, protocol.CloseShutdown) {
		t.Errorf("the stream ended with %v", err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAConnectionThatAsksForNothingDoesNotHoldUpTheEnd(t *testing.T) {
	r := start(t, Config{})
	c, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := r.call("GET", "/v1/info", nil, nil, nil); err != nil { // the server has seen c by now
		t.Fatal(err)
	}
	begin := time.Now()
	r.end()
	if took := time.Since(begin); took > 4*time.Second { // net/http alone waits five
		t.Errorf("the end took %v", took)
	}
}

func TestShutdownThatRunsOutOfTimeStillEndsEverything(t *testing.T) {
	s, err := Start(t.Context(), Config{Data: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "PUT /v1/blobs/"+strings.Repeat("A", 43)+" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	again, err := Start(t.Context(), Config{Data: s.config.Data, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatalf("the data folder is not free: %v", err)
	}
	if err := again.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	r := start(t, Config{})
	taken := strings.TrimPrefix(r.URL(), "http://")
	for name, c := range map[string]struct {
		config Config
		code   protocol.Code
	}{
		"the port is taken":    {Config{Data: t.TempDir(), Listen: taken}, protocol.CodePortTaken},
		"no such address":      {Config{Data: t.TempDir(), Listen: "192.0.2.1:0"}, protocol.CodeUsage},
		"not an address":       {Config{Data: t.TempDir(), Listen: "nonsense"}, protocol.CodeUsage},
		"the data is in use":   {Config{Data: r.config.Data, Listen: "127.0.0.1:0"}, protocol.CodeDataLocked},
		"not a public URL":     {Config{Data: t.TempDir(), PublicURL: "https://p4p.example/path"}, protocol.CodeBadLink},
		"a public URL in http": {Config{Data: t.TempDir(), PublicURL: "http://p4p.example"}, protocol.CodeInsecureLink},
	} {
		s, err := Start(t.Context(), c.config)
		if err == nil {
			_ = s.Shutdown(t.Context())
		}
		if protocol.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

func TestAThousandPostsASecondFromThisMachineAreNotLimited(t *testing.T) {
	r := start(t, Config{})
	var wg sync.WaitGroup
	for p := range 10 {
		wg.Go(func() {
			for i := range 100 {
				if _, err := r.post(r.sign(p, protocol.KindPost, protocol.UUID{}, fmt.Sprint(i))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestAServerOnAllAddressesIsReachedByLoopback(t *testing.T) {
	r := start(t, Config{Listen: "0.0.0.0:0", PublicURL: "p4p.example"})
	var i protocol.Info
	if _, err := r.call("GET", "/v1/info", nil, nil, &i); err != nil || i.PublicURL != "https://p4p.example" {
		t.Errorf("%s: %+v, %v", r.URL(), i, err)
	}
}

func TestASearchThatTakesTooLongIsBusyAndNoFault(t *testing.T) {
	limits := api.DefaultLimits()
	limits.Search = time.Nanosecond
	log := &logged{}
	r := start(t, Config{Limits: &limits, Log: log.logger()})
	r.mustPost(r.sign(1, protocol.KindPost, protocol.UUID{}, "words"))
	status, err := r.call("GET", "/v1/records?q=words", nil, nil, nil)
	if status != http.StatusServiceUnavailable || protocol.CodeOf(err) != protocol.CodeUnavailable {
		t.Errorf("got %d %v", status, err)
	}
	if strings.Contains(log.String(), "a call failed") {
		t.Errorf("it is logged as a failure: %s", log)
	}
}
