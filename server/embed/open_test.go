package embed

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"p4p/protocol"
	"p4p/server/lan"
)

// keepOpen is keep on a machine whose network is loopback.
func keepAt(t *testing.T, home string, lan func() (place, error)) *Keeper {
	t.Helper()
	k, err := Keep(t.Context(), Config{Home: home, Listen: "127.0.0.1:0", Every: time.Millisecond, lan: lan})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close(context.Background()) })
	return k
}

func here() (place, error) { return atHome, nil }

// Two networks with the same numbers, as most have them.
var (
	atHome = place{"127.0.0.1", lan.Network{Subnet: "wlan0 127.0.0.0/8", Gateway: "02:00:00:00:00:01"}}
	atCafe = place{"127.0.0.1", lan.Network{Subnet: "wlan0 127.0.0.0/8", Gateway: "02:00:00:00:00:02"}}
)

// answers tells whether a server answers at an address, whoever vouches for it.
func answers(url string) bool {
	c := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	r, err := c.Get(url + "/healthz")
	if err != nil {
		return false
	}
	r.Body.Close()
	return r.StatusCode == http.StatusOK
}

func TestAHomesServerIsOpenedToTheNetworkStaysSoAndIsShut(t *testing.T) {
	home := t.TempDir()
	k := keepAt(t, home, here)
	url, err := k.Open(t.Context())
	if err != nil || !strings.HasPrefix(url, "https://127.0.0.1:") || k.Opened() != url || !answers(url) {
		t.Fatalf("open at %q, %v", url, err)
	}
	if again, err := k.Open(t.Context()); err != nil || again != url {
		t.Errorf("opened twice: %q, %v", again, err)
	}
	if err := k.Close(t.Context()); err != nil || answers(url) {
		t.Fatalf("%v, or it still answers", err)
	}
	k = keepAt(t, home, here)
	waitUntil(t, func() bool { return k.Opened() == url && answers(url) })
	if err := k.Shut(t.Context()); err != nil || k.Opened() != "" || answers(url) {
		t.Errorf("shut: %v, %q", err, k.Opened())
	}
	if err := k.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	k = keepAt(t, home, here)
	plain, err := k.URL(t.Context())
	if err != nil || !answers(plain) || k.Opened() != "" || answers(url) {
		t.Error("it is open again although it was shut")
	}
}

func TestAnotherProgramOfTheHomeOpensAndShutsTheServerThatTheFirstRuns(t *testing.T) {
	home := t.TempDir()
	first, second := keepAt(t, home, here), keepAt(t, home, here)
	url, err := second.Open(t.Context())
	if err != nil || url == "" || !answers(url) {
		t.Fatalf("%q, %v", url, err)
	}
	waitUntil(t, func() bool { return first.Opened() == url })
	if err := second.Shut(t.Context()); err != nil || answers(url) {
		t.Errorf("%v, or it still answers", err)
	}
}

// It looks around for up to a third of a second, and then opens what was asked for before.
func TestWhatIsShutWhileTheServerIsJustBeingOpenedIsShut(t *testing.T) {
	for name, byAnother := range map[string]bool{"by the same program": false, "by another one": true} {
		home := t.TempDir()
		k := keepAt(t, home, here)
		url, err := k.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_ = k.Close(t.Context())
		file := filepath.Join(Data(home), openFile)
		looking, goOn := make(chan bool, 1), make(chan bool)
		k = keepAt(t, home, func() (place, error) {
			select {
			case looking <- true:
				<-goOn
			default:
			}
			return atHome, nil
		})
		<-looking
		done := make(chan error, 1)
		if byAnother {
			done <- os.Remove(file)
		} else {
			go func() { done <- k.Shut(context.Background()) }()
			soon := time.After(30 * time.Millisecond)
			for waits := true; waits; { // Shut may do its work now, or wait for its turn
				select {
				case <-soon:
					waits = false
				default:
					_, err := os.Stat(file)
					waits = err == nil
				}
			}
		}
		close(goOn)
		if err := <-done; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		k.adjust(t.Context(), true)
		if _, err := os.Stat(file); !os.IsNotExist(err) || k.Opened() != "" || answers(url) {
			t.Errorf("shut %s, it is open at %q, file: %v", name, k.Opened(), err)
		}
		_ = k.Close(t.Context())
	}
}

func TestProgramsOfAHomeThatWriteAtOnceDoNotDisturbEachOther(t *testing.T) {
	home := t.TempDir()
	k := keepAt(t, home, here)
	var all sync.WaitGroup
	for writer := range 8 {
		all.Go(func() {
			for i := range 100 {
				if err := k.want(wish{listen: fmt.Sprintf("127.0.0.1:%d", 1+writer*100+i)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	files, err := os.ReadDir(k.dir)
	for _, f := range files {
		if strings.Contains(f.Name(), openFile) && f.Name() != openFile {
			t.Errorf("%s stays behind", f.Name())
		}
	}
	if err != nil || !strings.HasPrefix(k.wanted().listen, "127.0.0.1:") {
		t.Errorf("wanted: %+v, %v", k.wanted(), err)
	}
}

func TestWithoutANetworkThePersonIsToldSo(t *testing.T) {
	k := keepAt(t, t.TempDir(), func() (place, error) {
		return place{}, protocol.Errorf(protocol.CodeUsage, "No network.")
	})
	if url, err := k.Open(t.Context()); protocol.CodeOf(err) != protocol.CodeUsage || url != "" {
		t.Errorf("%q, %v", url, err)
	}
}

func TestAnAddressThatCannotBeOpenedLeavesAllAsItWas(t *testing.T) {
	home, l := t.TempDir(), &laptop{at: place{"203.0.113.9", lan.Network{Subnet: "tun0 203.0.113.0/24"}}} // nobody's
	k := keepAt(t, home, l.where)
	url, err := k.Open(t.Context())
	if protocol.CodeOf(err) != protocol.CodeUsage || !strings.Contains(err.Error(), "P4P_LAN") || strings.Contains(err.Error(), "--listen") {
		t.Errorf("%q, %v", url, err)
	}
	if k.wanted() != (wish{}) {
		t.Errorf("the next start wants it at %s", k.wanted().listen)
	}
	there := l.at
	l.goes(atHome)
	if url, err = k.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.goes(there)
	waitUntil(t, k.Away)
	if _, err := k.Open(t.Context()); err == nil {
		t.Error("opened at an address of another computer")
	}
	l.goes(atHome)
	waitUntil(t, func() bool { return k.Opened() == url && answers(url) })
}

// answersLate is at a place whose gateway is silent at first.
func answersLate(at place) func() (place, error) {
	var asked atomic.Bool
	return func() (place, error) {
		if asked.Swap(true) {
			return at, nil
		}
		return place{at.addr, lan.Network{Subnet: at.network.Subnet}}, nil
	}
}

func TestAGatewayThatAnswersWhileTheServerIsBeingOpenedIsKnown(t *testing.T) {
	home := t.TempDir()
	k := keepAt(t, home, answersLate(atHome))
	url, err := k.Open(t.Context())
	if err != nil || !answers(url) || k.marks.is(k.wanted().network, atHome.network) != same || k.marks.is(k.wanted().network, atCafe.network) != other {
		t.Errorf("%q, %v", url, err)
	}

	nobodys := place{"203.0.113.9", lan.Network{Subnet: "tun0 203.0.113.0/24", Gateway: atCafe.network.Gateway}}
	k = keepAt(t, t.TempDir(), answersLate(nobodys))
	if _, err := k.Open(t.Context()); protocol.CodeOf(err) != protocol.CodeUsage || k.wanted() != (wish{}) {
		t.Errorf("%v, and the next start wants it at %q", err, k.wanted().listen)
	}
}

// Every ten seconds it would see by itself that the machine has moved.
func TestTheProgramThatServesFollowsAtOnceWhereAnotherOpensTheServer(t *testing.T) {
	home, l := t.TempDir(), &laptop{at: atHome}
	k := keepStill(t, home, l)
	before, err := k.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	there := place{"127.0.0.2", atCafe.network}
	l.goes(there)
	if err := k.want(wish{"127.0.0.2:0", k.marks.of(there.network)}); err != nil { // as another's Open does
		t.Fatal(err)
	}
	k.adjust(t.Context(), false)
	if url := k.Opened(); hostOf(url) != there.addr || !answers(url) || answers(before) {
		t.Errorf("it is open at %q, which was %s", url, before)
	}
}

func TestProgramsOfAHomeThatDisagreeAboutTheAddressSayWhatToDo(t *testing.T) {
	home := t.TempDir()
	first := keepAt(t, home, here)
	second, err := Keep(t.Context(), Config{Home: home, Every: time.Millisecond, wait: 50 * time.Millisecond, lan: func() (place, error) {
		return place{"127.0.0.2", lan.Network{Subnet: "tun0 127.0.0.0/8"}}, nil // as with P4P_LAN
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = second.Close(context.Background()) })
	if at, err := second.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "start both with the same P4P_LAN") {
		t.Errorf("it is shut in the first: %q, %v", at, err)
	}
	if first.wanted() != (wish{}) {
		t.Errorf("the next start wants it at %s", first.wanted().listen)
	}
	url, err := first.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if at, err := second.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "open at "+url) || !strings.Contains(err.Error(), "start both with the same P4P_LAN") {
		t.Errorf("it is open in the first: %q, %v", at, err)
	}
	if first.adjust(t.Context(), true); first.Opened() != url || !answers(url) {
		t.Error("the first's door is shut")
	}
}

// laptop is a machine that is carried about.
type laptop struct {
	mu sync.Mutex
	at place
}

func (l *laptop) where() (place, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at, nil
}

func (l *laptop) goes(to place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = to
}

func TestAServerThatWasOpenedAtHomeIsShutInACafeAndOpenAtHomeAgain(t *testing.T) {
	home, l := t.TempDir(), &laptop{at: atHome}
	k := keepAt(t, home, l.where)
	url, err := k.Open(t.Context())
	if err != nil || k.Away() {
		t.Fatal(url, err)
	}
	l.goes(atCafe)
	waitUntil(t, func() bool { return k.Away() && k.Opened() == "" })
	if answers(url) {
		t.Error("in the café it answers")
	}
	l.goes(atHome)
	waitUntil(t, func() bool { return k.Opened() == url && answers(url) && !k.Away() })

	if err := k.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.goes(atCafe)
	k = keepAt(t, home, l.where)
	waitUntil(t, k.Away)
	if k.Opened() != "" || answers(url) {
		t.Error("it is open after a start in the café")
	}
	there, err := k.Open(t.Context())
	if err != nil || !answers(there) || k.Away() {
		t.Errorf("opened in the café on purpose: %q, %v", there, err)
	}
	l.goes(atHome)
	waitUntil(t, func() bool { return k.Away() && !answers(there) })
	if err := k.Shut(t.Context()); err != nil || k.Away() {
		t.Errorf("shut: %v, or it still tells of another network", err)
	}
}

func TestAProgramThatDoesNotServeKnowsThatTheServerIsShutHere(t *testing.T) {
	home, l := t.TempDir(), &laptop{at: atHome}
	first := keepAt(t, home, l.where)
	if _, err := first.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.goes(atCafe)
	second := keepAt(t, home, l.where)
	waitUntil(t, func() bool { return second.Away() && second.Opened() == "" && first.Opened() == "" })
}

func TestAGatewayThatIsSilentForAWhileIsNoOtherNetwork(t *testing.T) {
	home, l := t.TempDir(), &laptop{at: atHome}
	k := keepAt(t, home, l.where)
	url, err := k.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	silent := atHome
	silent.network.Gateway = ""
	l.goes(silent)
	k.adjust(t.Context(), true)
	if k.Opened() != url || !answers(url) {
		t.Error("it is shut")
	}
	if err := k.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	k = keepStill(t, home, l) // now nobody knows where this is
	k.adjust(t.Context(), true)
	if answers(url) || !k.Away() || !k.Unsure() {
		t.Error("it is open before the network is known again, or said to be in another one")
	}
	l.goes(atHome)
	if k.adjust(t.Context(), false); k.Opened() != url || !answers(url) || k.Away() || k.Unsure() {
		t.Error("it is not open although the gateway has answered")
	}
	l.goes(atCafe)
	if k.adjust(t.Context(), true); !k.Away() || k.Unsure() {
		t.Error("in a café it is not known to be elsewhere")
	}
}

// atHomeSilent is home while its gateway says nothing.
var atHomeSilent = place{atHome.addr, lan.Network{Subnet: atHome.network.Subnet}}

// keepStill is keepAt, but looks around only when it is told to.
func keepStill(t *testing.T, home string, l *laptop) *Keeper {
	t.Helper()
	k, err := Keep(t.Context(), Config{Home: home, Listen: "127.0.0.1:0", Every: time.Hour, lan: l.where})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close(context.Background()) })
	return k
}

func TestAGatewayThatWasSilentWhenTheServerWasOpenedIsKnownLater(t *testing.T) {
	for name, learns := range map[string]func(*Keeper) error{
		"by itself": func(k *Keeper) error { k.adjust(t.Context(), false); return nil },
		"by the key pressed again": func(k *Keeper) error {
			_, err := k.Open(t.Context())
			return err
		},
	} {
		home, l := t.TempDir(), &laptop{at: atHomeSilent}
		k := keepStill(t, home, l)
		url, err := k.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l.goes(atHome)
		if err := learns(k); err != nil || k.Opened() != url || !answers(url) {
			t.Errorf("%s: it is shut when its gateway answers: %v", name, err)
		}
		_ = k.Close(t.Context())

		l.goes(atCafe)
		k = keepAt(t, home, l.where)
		waitUntil(t, k.Away)
		if k.Opened() != "" || answers(url) {
			t.Errorf("%s: it is open in a café with the same numbers", name)
		}
		l.goes(atHome)
		waitUntil(t, func() bool { return k.Opened() == url && answers(url) })
		_ = k.Close(t.Context())
	}
}

func TestANetworkThatWasKnownByItsNumbersAloneIsNotTakenForAnotherLater(t *testing.T) {
	home, l := t.TempDir(), &laptop{at: atHomeSilent}
	k := keepStill(t, home, l)
	url, err := k.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range lookEvery + 1 {
		k.adjust(t.Context(), true)
	}
	if k.Opened() != url {
		t.Error("it is shut at home, where nothing has changed")
	}
	l.goes(atCafe)
	k.adjust(t.Context(), true)
	if k.Opened() != "" || answers(url) || !k.Away() {
		t.Error("carried into a café with the same numbers it is open")
	}
	_ = k.Close(t.Context())

	k = keepAt(t, home, l.where)
	waitUntil(t, k.Away)
	if answers(url) {
		t.Error("it is open after a start in the café")
	}
	if _, err := k.Open(t.Context()); err != nil || k.Away() {
		t.Errorf("the key does not open it there: %v", err)
	}
}

func TestTheFileTellsNobodyWhichNetworkItIs(t *testing.T) {
	home := t.TempDir()
	k := keepAt(t, home, here)
	if _, err := k.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(Data(home), openFile)
	first, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(first), "02:00") || strings.Contains(string(first), "wlan0") || strings.Count(string(first), "\n") != 2 {
		t.Errorf("%q, %v", first, err)
	}
	a, b := k.marks.of(atHome.network), k.marks.of(atHome.network)
	if a == b || k.marks.is(a, atHome.network) != same || parseMark(b.String()) != b {
		t.Errorf("%v and %v", a, b)
	}
	// Of each maker's 2^24 hardware addresses 256 fit.
	for _, n := range []lan.Network{atHome.network, atHomeSilent.network} {
		if tag, err := hex.DecodeString(k.marks.of(n).tag); err != nil || len(tag) != 2 {
			t.Errorf("of %v so much is kept: %x", n, tag)
		}
	}
}

func TestANetworkIsHashedOnceHoweverOftenItIsLookedAt(t *testing.T) {
	var s marks
	hashes := 0
	s.hash = func(salt, value string) string { hashes++; return slowly(salt, value) }
	m := s.of(atHome.network)
	for range 10 {
		if s.is(m, atHome.network) != same || s.is(m, atCafe.network) != other || s.is(m, atHomeSilent.network) != unsure {
			t.Fatal("the networks are not told apart")
		}
	}
	if hashes != 2 {
		t.Errorf("two networks: %d slow hashes", hashes)
	}
}

func TestAFileThatNamesNoNetworkOpensNothing(t *testing.T) {
	for _, content := range []string{
		"127.0.0.1:4747", "127.0.0.1:4747\n\n", "127.0.0.1:4747\nx y z w\n", "127.0.0.1:4747\nx gateway abc\n", "127.0.0.1:4747\nx town abcd\n", "x",
		"127.0.0.1:4747\nRYZK 5a7a6bfb7f4b53b2fb7a9ee1b3dd2d6a 0d3c9f1f4f0a4f6e8f3a2f7d0b9b7c11\n", // whole hashes, which could be turned back
	} {
		home := t.TempDir()
		if err := os.MkdirAll(Data(home), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(Data(home), openFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		k := keepAt(t, home, here)
		waitUntil(t, k.Away)
		if k.Opened() != "" {
			t.Errorf("%q opened %s", content, k.Opened())
		}
		_ = k.Close(t.Context())
	}
}

// waitUntil asks until something that another goroutine does has come about.
func waitUntil(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it did not come about")
		}
	}
}

func TestASilentGatewayShutsNothingForTheSecondProgramEither(t *testing.T) {
	home, l := t.TempDir(), &laptop{at: atHome}
	first := keepStill(t, home, l)
	url, err := first.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := keepStill(t, home, l)
	second.adjust(t.Context(), true)
	l.goes(atHomeSilent)
	first.adjust(t.Context(), true)
	second.adjust(t.Context(), true)
	if !answers(url) || first.Opened() != url {
		t.Fatal("it is shut")
	}
	if second.Opened() != url || second.Away() || second.Unsure() {
		t.Errorf("it is open at %s, and the second program says %q, away %v, unsure %v", url, second.Opened(), second.Away(), second.Unsure())
	}
}
