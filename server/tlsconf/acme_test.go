package tlsconf

import (
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
