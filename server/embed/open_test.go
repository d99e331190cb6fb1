package embed

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"p4p/protocol"
)

// keepOpen is keep on a machine whose network is loopback.
func keepAt(t *testing.T, home string, lan func() (string, error)) *Keeper {
	t.Helper()
	k, err := Keep(t.Context(), Config{Home: home, Listen: "127.0.0.1:0", Every: time.Millisecond, lan: lan})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close(context.Background()) })
	return k
}

func here() (string, error) { return "127.0.0.1", nil }

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

func TestWithoutANetworkThePersonIsToldSo(t *testing.T) {
	k := keepAt(t, t.TempDir(), func() (string, error) {
		return "", protocol.Errorf(protocol.CodeUsage, "No network.")
	})
	if url, err := k.Open(t.Context()); protocol.CodeOf(err) != protocol.CodeUsage || url != "" {
		t.Errorf("%q, %v", url, err)
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
