package tlsconf

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"p4p/protocol"
)

var quiet = slog.New(slog.DiscardHandler)

var day0 = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string, now *time.Time, hosts ...string) *SelfSigned {
	t.Helper()
	s, err := OpenSelfSigned(dir, hosts, func() time.Time { return *now }, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shown is the certificate that a visitor gets.
func shown(t *testing.T, s *SelfSigned) *tls.Certificate {
	t.Helper()
	c, err := s.Config().GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheKeyAndTheCertificateOutliveARestart(t *testing.T) {
	dir, now := filepath.Join(t.TempDir(), "tls"), day0
	first := open(t, dir, &now, "192.168.1.5", "localhost")
	now = now.Add(100 * 24 * time.Hour)
	second := open(t, dir, &now, "192.168.1.5", "localhost")
	if first.Pin() != second.Pin() || !bytes.Equal(shown(t, first).Certificate[0], shown(t, second).Certificate[0]) {
		t.Error("a restart changed the key or the certificate")
	}
	c := shown(t, second).Leaf
	for _, host := range []string{"192.168.1.5", "localhost"} {
		if err := c.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	if c.VerifyHostname("192.168.1.6") == nil || c.NotAfter.Sub(c.NotBefore) > 825*24*time.Hour || !c.NotBefore.Before(day0) {
		t.Errorf("it is for %v and %v, from %s to %s", c.IPAddresses, c.DNSNames, c.NotBefore, c.NotAfter)
	}
}

func TestTheCertificateIsRenewedInTimeAndTheKeyStays(t *testing.T) {
	dir, now := t.TempDir(), day0
	s := open(t, dir, &now, "192.168.1.5")
	pin, first := s.Pin(), shown(t, s).Leaf
	for range 400 {
		now = now.Add(24 * time.Hour)
		if c := shown(t, s).Leaf; now.Before(c.NotBefore) || c.NotAfter.Sub(now) < renewal-24*time.Hour {
			t.Fatalf("on %s a certificate is shown that ends on %s", now, c.NotAfter)
		}
	}
	last := shown(t, s).Leaf
	if last.Equal(first) {
		t.Fatal("the certificate of the first day is still shown")
	}
	if !last.PublicKey.(*ecdsa.PublicKey).Equal(first.PublicKey) || open(t, dir, &now, "192.168.1.5").Pin() != pin {
		t.Error("the renewal changed the key")
	}
}

// What Apple publishes: support.apple.com/103769. That it is no authority's keeps a
// phone that trusts it from trusting whatever its key signs.
func TestTheCertificateIsOneThatPhonesTake(t *testing.T) {
	now := day0
	c := shown(t, open(t, t.TempDir(), &now, "192.168.1.5", "fd00::5", "pi.home")).Leaf
	if days := c.NotAfter.Sub(c.NotBefore).Hours() / 24; days > 825 {
		t.Errorf("it is valid for %.0f days", days)
	}
	if len(c.IPAddresses) != 2 || len(c.DNSNames) != 1 {
		t.Errorf("it is for %v and %v", c.IPAddresses, c.DNSNames)
	}
	if c.SignatureAlgorithm != x509.ECDSAWithSHA256 || !slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) {
		t.Errorf("it is signed by %v, for %v", c.SignatureAlgorithm, c.ExtKeyUsage)
	}
	if !c.BasicConstraintsValid || c.IsCA || c.KeyUsage&x509.KeyUsageCertSign != 0 {
		t.Error("it is an authority's")
	}
}

func TestOtherAddressesGetAnotherCertificateOfTheSameKey(t *testing.T) {
	dir, now := t.TempDir(), day0
	a, b := open(t, dir, &now, "192.168.1.5"), open(t, dir, &now, "10.0.0.7")
	if a.Pin() != b.Pin() || shown(t, b).Leaf.VerifyHostname("10.0.0.7") != nil {
		t.Errorf("%v", shown(t, b).Leaf.IPAddresses)
	}
}

// full makes a folder one that nothing can be written to, root or not.
func full(t *testing.T, dir string) (mend func()) {
	t.Helper()
	if err := os.Rename(dir, dir+".aside"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(os.Remove(dir), os.Rename(dir+".aside", dir)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACertificateThatStillRunsIsShownWhenTheNextCannotBeWritten(t *testing.T) {
	var said strings.Builder
	dir, now := filepath.Join(t.TempDir(), "tls"), day0
	s, err := OpenSelfSigned(dir, []string{"localhost"}, func() time.Time { return now }, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	first := shown(t, s)
	mend := full(t, dir)
	now = day0.Add(lifetime - renewal + time.Hour)
	for range 3 {
		if shown(t, s) != first {
			t.Fatal("another certificate is shown, which nothing was written of")
		}
	}
	if strings.Count(said.String(), "cannot be written") != 1 || !strings.Contains(said.String(), "home_unwritable") {
		t.Errorf("the log says %q", said.String())
	}
	mend()
	now = now.Add(patience)
	if shown(t, s) == first {
		t.Error("it is not renewed when it can be")
	}
	full(t, dir)
	now = now.Add(lifetime + time.Hour)
	if _, err := s.Config().GetCertificate(nil); protocol.CodeOf(err) != protocol.CodeHomeUnwritable {
		t.Errorf("behind its end: %v", err)
	}
}

func TestTheCertificateOfOtherAddressesIsShownWhenTheNextCannotBeWritten(t *testing.T) {
	dir, now := filepath.Join(t.TempDir(), "tls"), day0
	s := open(t, dir, &now, "192.168.1.5")
	first := shown(t, s)
	s.hosts = []string{"10.0.0.7"} // as a start in another network finds it
	full(t, dir)
	if shown(t, s) != first {
		t.Error("another certificate is shown, which nothing was written of")
	}
}

func TestKeysAreForTheirOwnerAlone(t *testing.T) {
	dir, now := filepath.Join(t.TempDir(), "tls"), day0
	open(t, dir, &now, "localhost")
	for name, want := range map[string]os.FileMode{"": 0o700, keyFile: 0o600, certFile: 0o600} {
		i, err := os.Stat(filepath.Join(dir, name))
		if err != nil || i.Mode().Perm() != want {
			t.Errorf("%q: %v, %v", name, i.Mode(), err)
		}
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestAKeyThatCannotBeReadIsNotReplaced(t *testing.T) {
	for _, content := range []string{"", "noise", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		dir := t.TempDir()
		file := filepath.Join(dir, keyFile)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenSelfSigned(dir, []string{"localhost"}, time.Now, quiet); protocol.CodeOf(err) != protocol.CodeDataDamaged {
			t.Errorf("%q: %v", content, err)
		}
		if b, err := os.ReadFile(file); err != nil || string(b) != content {
			t.Errorf("%q became %q, %v", content, b, err)
		}
	}
}

func TestACertificateOfAnotherKeyIsNotShown(t *testing.T) {
	dir, other, now := t.TempDir(), t.TempDir(), day0
	open(t, other, &now, "localhost")
	foreign, err := os.ReadFile(filepath.Join(other, certFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range [][]byte{foreign, []byte("noise"), nil} {
		s := open(t, dir, &now, "localhost")
		if err := os.WriteFile(filepath.Join(dir, certFile), content, 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, dir, &now, "localhost")
		if !shown(t, again).Leaf.PublicKey.(*ecdsa.PublicKey).Equal(s.key.Public()) {
			t.Errorf("%.20q: a certificate of another key is shown", content)
		}
	}
}
