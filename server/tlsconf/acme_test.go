package tlsconf

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"p4p/protocol"
)

func TestAnAuthorityIsOnlyAskedForANameThatItCouldReach(t *testing.T) {
	folder := t.TempDir()
	empty := filepath.Join(folder, "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	const good = "https://p4p.example"
	for _, bad := range []ACME{
		{PublicURL: ""},
		{PublicURL: "http://p4p.example"},
		{PublicURL: "https://203.0.113.7"},
		{PublicURL: "https://[2001:db8::1]:4747"},
		{PublicURL: "https://localhost"},
		{PublicURL: "https://p4p.localhost"},
		{PublicURL: "https://printer.local"},
		{PublicURL: good, Directory: "http://ca.example/dir"},
		{PublicURL: good, Directory: "ca.example"},
		{PublicURL: good, CA: filepath.Join(folder, "nowhere.pem")},
		{PublicURL: good, CA: empty},
	} {
		if _, err := bad.Manager(); protocol.CodeOf(err) != protocol.CodeUsage {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	m, err := ACME{PublicURL: good + ":8443", Data: folder}.Manager()
	if err != nil {
		t.Fatal(err)
	}
	if m.HostPolicy(t.Context(), "p4p.example") != nil || m.HostPolicy(t.Context(), "other.example") == nil {
		t.Error("it asks for another name than its own, or not for that")
	}
}

func TestPort80SendsToThePublicAddressWithItsPort(t *testing.T) {
	const public = "https://p4p.example:8443"
	m, err := ACME{PublicURL: public, Data: t.TempDir()}.Manager()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	Answer(ctx, m, l, public)
	client := http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DisableKeepAlives: true},
	}
	for path, want := range map[string]string{"/": public + "/", "/f/x?y=1": public + "/f/x?y=1", "//evil.example/": public + "//evil.example/"} {
		r, err := client.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if got := r.Header.Get("Location"); r.StatusCode != http.StatusFound || got != want {
			t.Errorf("%s leads to %d %q, want %q", path, r.StatusCode, got, want)
		}
	}
	r, err := client.Post("http://"+l.Addr().String()+"/v1/records", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusBadRequest {
		t.Errorf("a post is answered with %d", r.StatusCode)
	}
}
