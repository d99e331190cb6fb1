package embed

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"p4p/protocol"
)

// keep starts a keeper that is closed with the test, and tells when it takes over.
func keep(t *testing.T, home, listen string) (*Keeper, chan string) {
	t.Helper()
	took := make(chan string, 4)
	k, err := Keep(t.Context(), Config{Home: home, Listen: listen, Every: time.Millisecond, TookOver: func(u string) { took <- u }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close(context.Background()) })
	return k, took
}

func serverAt(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url + "/v1/info")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var b [4096]byte
	n, _ := r.Body.Read(b[:])
	_, rest, _ := strings.Cut(string(b[:n]), `"server":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func TestTheSecondProgramOfAHomeUsesTheFirstOnesServerAndTakesItOver(t *testing.T) {
	home := t.TempDir()
	first, _ := keep(t, home, "127.0.0.1:0")
	second, took := keep(t, home, "127.0.0.1:0")
	at, err := first.URL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if u, err := second.URL(t.Context()); err != nil || u != at || !first.Serving() || second.Serving() {
		t.Fatalf("the second uses %q (%v), the first serves at %q", u, err, at)
	}
	id := serverAt(t, at)
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case u := <-took:
		if u != at {
			t.Errorf("the second took over at %s; links made before say %s", u, at)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the second did not take over")
	}
	if got := serverAt(t, at); got != id || id == "" {
		t.Errorf("the server is %q after the take-over, was %q", got, id)
	}
}

func TestAForeignServerOnTheUsualPortIsNotUsed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	k, _ := keep(t, t.TempDir(), l.Addr().String())
	u, err := k.URL(t.Context())
	if err != nil || strings.HasSuffix(u, l.Addr().String()) {
		t.Fatalf("the embedded server is at %q, %v", u, err)
	}
	if !strings.Contains(k.Note(), l.Addr().String()) || !strings.Contains(k.Note(), strings.TrimPrefix(u, "http://")) {
		t.Errorf("the note does not say what happened: %q", k.Note())
	}
}

func TestADamagedOrForeignAddressFileIsNotFollowed(t *testing.T) {
	for _, content := range []string{"", "nonsense", "https://evil.example", "http://192.168.0.1:4747", "http://127.0.0.1:1/\x1b[31m"} {
		home := t.TempDir()
		if err := os.MkdirAll(Data(home), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(Data(home), addressFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		k, _ := keep(t, home, "127.0.0.1:0")
		u, err := k.URL(t.Context())
		if err != nil || !strings.HasPrefix(u, "http://127.0.0.1:") {
			t.Errorf("with the address file %q the server is at %q, %v", content, u, err)
		}
		_ = k.Close(t.Context())
	}
}

func TestAHomeThatCannotHoldAServerSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Keep(t.Context(), Config{Home: filepath.Join(file, "home")})
	if protocol.CodeOf(err) != protocol.CodeHomeUnwritable {
		t.Errorf("Keep = %v", err)
	}
}

func TestAPanicWhileItStandsByIsTheGuards(t *testing.T) {
	home := t.TempDir()
	first, _ := keep(t, home, "127.0.0.1:0")
	fault := make(chan any, 10)
	second, err := Keep(t.Context(), Config{
		Home: home, Listen: "127.0.0.1:0", Every: time.Millisecond, TookOver: func(string) { panic("oh, standing by") },
		Guard: func(f func()) {
			defer func() {
				if v := recover(); v != nil {
					fault <- v
				}
			}()
			f()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := <-fault; v != "oh, standing by" {
		t.Errorf("the fault is %v", v)
	}
	if err := second.Close(t.Context()); err != nil { // nobody waits for what ended
		t.Error(err)
	}
}
