package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"p4p/protocol"
	"p4p/server/tlsconf"
)

// tool finds a program of the tests in the path or where .ci/run puts it. A missing
// one skips the test, and fails it in CI.
func tool(t *testing.T, name string) string {
	t.Helper()
	if found, err := exec.LookPath(name); err == nil {
		return found
	}
	tools := os.Getenv("P4P_TOOLS")
	if home, err := os.UserHomeDir(); tools == "" && err == nil {
		tools = filepath.Join(home, ".cache", "p4p-tools")
	}
	found, err := filepath.Glob(filepath.Join(tools, "pebble-*", name))
	if err == nil && len(found) > 0 {
		return slices.Max(found)
	}
	if os.Getenv("P4P_CI") != "" {
		t.Fatalf("%s is missing: .ci/run pebble gets it", name)
	}
	t.Skipf("%s is not installed (.ci/run pebble gets it)", name)
	return ""
}

// freePort is a port that nobody listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// authority is a certificate authority that validates, on this machine.
type authority struct {
	directory string
	ca        string // file of the certificate by which the directory is checked
	roots     *x509.CertPool
}

// noPort is one at which nobody answers.
const noPort = "1"

// newAuthority starts pebble, which looks for names at this machine, and for the
// proofs of http-01 and tls-alpn-01 at a port each.
func newAuthority(t *testing.T, httpPort, tlsPort string) authority {
	t.Helper()
	pebble, names := tool(t, "pebble"), tool(t, "pebble-challtestsrv")
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	own := writeCertificate(t, cert, key)
	listen, management, dns := freePort(t), freePort(t), freePort(t)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": "127.0.0.1:" + listen, "managementListenAddress": "127.0.0.1:" + management,
		"certificate": cert, "privateKey": key, "httpPort": json.Number(httpPort), "tlsPort": json.Number(tlsPort),
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "pebble.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	beside(t, nil, names, "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dnsserver", "127.0.0.1:"+dns,
		"-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-management", "127.0.0.1:"+freePort(t))
	beside(t, []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_VA_ALWAYS_VALID=0"}, pebble, "-config", file, "-dnsserver", "127.0.0.1:"+dns)

	pool := x509.NewCertPool()
	pool.AddCert(own)
	c := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	a := authority{directory: "https://127.0.0.1:" + listen + "/dir", ca: cert, roots: x509.NewCertPool()}
	eventually(t, "the authority's root", func() bool {
		r, err := c.Get("https://127.0.0.1:" + management + "/roots/0")
		if err != nil {
			return false
		}
		defer r.Body.Close()
		root, err := io.ReadAll(r.Body)
		return err == nil && a.roots.AppendCertsFromPEM(root)
	})
	return a
}

// beside runs a program until the test ends.
func beside(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	said := &locked{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(name), said)
		}
	})
}

// writeCertificate makes a certificate for this machine that signs itself.
func writeCertificate(t *testing.T, cert, key string) *x509.Certificate {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the tests' authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, &form, &form, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestAServerGetsItsCertificateFromAnAuthorityAndKeepsIt(t *testing.T) {
	const name = "p4p.example.test"
	port := freePort(t)
	ca := newAuthority(t, noPort, port)
	home, data := t.TempDir(), t.TempDir()
	public := "https://" + name + ":" + port
	type served struct {
		URL       string `json:"url"`
		PublicURL string `json:"public_url"`
		Pin       string `json:"pin"`
	}
	var serials []string
	for range 2 {
		p := start(t, home, "--json", "serve", "--data", data, "--tls", "acme", "--listen", "127.0.0.1:"+port,
			"--public-url", public, "--acme-directory", ca.directory, "--acme-ca", ca.ca)
		at := decode[served](t, p.next())
		if at.PublicURL != public || at.Pin != "" {
			t.Fatalf("it says %+v", at)
		}
		var seen *x509.Certificate
		eventually(t, "a certificate of the authority's", func() bool {
			c, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: ca.roots, ServerName: name})
			if err != nil {
				return false
			}
			defer c.Close()
			seen = c.ConnectionState().PeerCertificates[0]
			return true
		})
		serials = append(serials, seen.SerialNumber.String())
		client := http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{RootCAs: ca.roots, ServerName: name},
		}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://127.0.0.1:"+port+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = name + ":" + port
		r, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusOK || r.TLS.NegotiatedProtocol == "h2" {
			t.Errorf("/healthz: %d over %q", r.StatusCode, r.TLS.NegotiatedProtocol)
		}
		link, err := protocol.ParseLink(decode[invited](t, run(t, t.TempDir(), "--json", "--server", at.URL, "invite", "Bob")).Link)
		if err != nil || link.Server != public || link.Pin != nil {
			t.Errorf("the link leads to %+v, %v", link, err)
		}
		// A name that is not its own is not asked for.
		if c, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: ca.roots, ServerName: "other.example.test"}); err == nil {
			c.Close()
			t.Error("it has a certificate for another name")
		}
		p.kill()
	}
	if serials[0] != serials[1] {
		t.Errorf("the certificate was not kept: %v", serials)
	}
	err := filepath.WalkDir(filepath.Join(data, "tls"), func(file string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may read %s (%v)", strings.TrimPrefix(file, data), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Where the authority does not reach the encrypted port, the plain one proves the name,
// and sends everybody else to the encrypted one.
func TestACertificateComesByThePlainPortAsWell(t *testing.T) {
	if testing.Short() {
		t.Skip("the authority first tries the encrypted port for some seconds")
	}
	const name = "p4p.example.test"
	port := freePort(t)
	// The authority asks at port 80, which a test cannot have; where it asks here, a
	// name comes without a port all the same.
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1:" + port})
		r.Out.Host = name
	}})
	defer front.Close()
	ca := newAuthority(t, strings.TrimPrefix(front.URL, "http://127.0.0.1:"), noPort)
	m, err := tlsconf.ACME{PublicURL: "https://" + name, Directory: ca.directory, CA: ca.ca, Data: t.TempDir()}.Manager()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	tlsconf.Answer(t.Context(), m, l, "https://"+name)
	if err := tlsconf.Fetch(m, "https://"+name); err != nil {
		t.Fatal(err)
	}
	got, err := m.GetCertificate(&tls.ClientHelloInfo{ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := got.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: ca.roots, Intermediates: intermediates(t, got)}); err != nil {
		t.Error(err)
	}

	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/f/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = name
	r, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if to := r.Header.Get("Location"); r.StatusCode != http.StatusFound || to != "https://"+name+"/f/x" {
		t.Errorf("another caller gets %d and is sent to %q", r.StatusCode, to)
	}
}

// intermediates are the certificates between a server's and the root.
func intermediates(t *testing.T, c *tls.Certificate) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	for _, der := range c.Certificate[1:] {
		between, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		pool.AddCert(between)
	}
	return pool
}
