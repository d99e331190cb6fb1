package tlsconf

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"p4p/protocol"
)

const (
	// Apple's systems refuse certificates of more than 825 days.
	lifetime = 365 * 24 * time.Hour
	renewal  = 30 * 24 * time.Hour // before the end
	// A phone whose clock is behind takes the certificate all the same.
	backdated = 24 * time.Hour

	// After a certificate could not be written it is not tried again for so long.
	patience = time.Minute

	keyFile  = "key.pem"
	certFile = "cert.pem"
)

// SelfSigned is a key with a certificate that it signed itself. It is safe for
// concurrent use.
type SelfSigned struct {
	dir   string
	hosts []string
	now   func() time.Time
	log   *slog.Logger
	key   *ecdsa.PrivateKey
	pin   protocol.Pin

	mu    sync.Mutex
	cert  *tls.Certificate
	again time.Time // before that no other certificate is tried
}

// OpenSelfSigned reads the key and the certificate in dir, or makes what is
// missing, for hosts: names and addresses, without ports. Codes: data_damaged (a
// key that cannot be read; it is left as it is), home_unwritable (and there is no
// certificate that still runs; with one, the log is told).
func OpenSelfSigned(dir string, hosts []string, now func() time.Time, log *slog.Logger) (*SelfSigned, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unwritable(dir, err)
	}
	key, err := openKey(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	h := sha256.Sum256(spki)
	s := &SelfSigned{dir: dir, hosts: hosts, now: now, log: log, key: key, pin: protocol.Pin(h[:16])}
	s.cert = s.kept()
	if _, err := s.certificate(); err != nil {
		return nil, err
	}
	return s, nil
}

// Pin is what programs know the server by: of the key, not of the certificate.
func (s *SelfSigned) Pin() protocol.Pin { return s.pin }

// Config is for listening; it never goes stale.
func (s *SelfSigned) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.certificate() },
	}
}

// certificate is the present one, or the next where that nears its end or is for
// other addresses. Where the next cannot be written, the present one is shown for as
// long as it runs: programs know the server by its key, and a browser's person can
// still look and decide.
func (s *SelfSigned) certificate() (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	runs := s.cert != nil && !now.Before(s.cert.Leaf.NotBefore) && !now.After(s.cert.Leaf.NotAfter)
	if runs && (s.fits(s.cert.Leaf) || now.Before(s.again)) {
		return s.cert, nil
	}
	c, err := s.issue()
	switch {
	case err == nil:
		s.cert = c
		return c, nil
	case !runs:
		return nil, err
	}
	s.again = now.Add(patience)
	s.log.Error("the server's next certificate cannot be written; the present one is shown until it ends",
		"code", protocol.CodeOf(err), "ends", s.cert.Leaf.NotAfter)
	return s.cert, nil
}

// fits tells whether a certificate that runs is for the hosts, and for a while.
func (s *SelfSigned) fits(c *x509.Certificate) bool {
	if s.now().After(c.NotAfter.Add(-renewal)) {
		return false
	}
	for _, h := range s.hosts {
		if c.VerifyHostname(h) != nil {
			return false
		}
	}
	return true
}

// kept is the certificate in the folder, nil where there is none of this key: a
// browser that was told to trust it need not be told again.
func (s *SelfSigned) kept() *tls.Certificate {
	b, err := os.ReadFile(filepath.Join(s.dir, certFile))
	if err != nil {
		return nil
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	if k, ok := leaf.PublicKey.(*ecdsa.PublicKey); !ok || !k.Equal(s.key.Public()) {
		return nil
	}
	return &tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: s.key, Leaf: leaf}
}

// issue writes a certificate for the hosts.
func (s *SelfSigned) issue() (*tls.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := s.now()
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "P4P"},
		NotBefore: now.Add(-backdated), NotAfter: now.Add(lifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, h := range s.hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, s.key.Public(), s.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	if err := writeWhole(filepath.Join(s.dir, certFile), "CERTIFICATE", der); err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: s.key, Leaf: leaf}, nil
}

// openKey reads the key, or makes one where there is none. What is there and
// cannot be read is not replaced: all who pinned it would be turned away.
func openKey(file string) (*ecdsa.PrivateKey, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return newKey(file)
	}
	if err != nil {
		return nil, damaged(file, err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, damaged(file, errors.New("it is not PEM"))
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, damaged(file, err)
	}
	key, ok := k.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, damaged(file, errors.New("it is not a key of P-256"))
	}
	return key, nil
}

func newKey(file string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writeWhole(file, "PRIVATE KEY", der)
}

// writeWhole replaces a file by a whole one that only its owner can read, or
// leaves it as it was.
func writeWhole(file, kind string, der []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".new-*") // 0600
	if err != nil {
		return unwritable(filepath.Dir(file), err)
	}
	_, err = tmp.Write(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return unwritable(filepath.Dir(file), err)
	}
	return nil
}

func damaged(file string, cause error) error {
	return protocol.Errorf(protocol.CodeDataDamaged,
		"The server's key %q cannot be read: restore it from a backup of the data folder, or delete it for a new one, after which links and programs that know the old fingerprint are turned away.", file).Because(cause)
}

func unwritable(dir string, cause error) error {
	return protocol.Errorf(protocol.CodeHomeUnwritable, "Cannot write to the folder %q: check its permissions and the free space.", dir).Because(cause)
}
