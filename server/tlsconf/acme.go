package tlsconf

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log" //nolint:depguard // net/http takes no other
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"p4p/protocol"
)

// ACME asks an authority for certificates by RFC 8555, and renews them, for one
// name. It proves that it has the name by tls-alpn-01 (RFC 8737) on the encrypted
// port, or by http-01 where [Answer] can be had.
type ACME struct {
	// PublicURL is https and names the server by a name that the authority can
	// reach.
	PublicURL string
	// Directory is the authority's, Let's Encrypt's when "".
	Directory string
	// CA is a file with the certificates (PEM) by which the directory's own is
	// checked, for an authority that the system does not know; "" for the system's.
	CA string
	// Data is the server's data folder: keys and certificates are kept in it.
	Data string
}

// Manager checks what it is given. Nothing is asked of the authority before
// somebody connects. Codes: usage.
func (a ACME) Manager() (*autocert.Manager, error) {
	u, err := url.Parse(a.PublicURL)
	if err != nil || u.Scheme != "https" || !isPublicName(u.Hostname()) {
		return nil, protocol.Errorf(protocol.CodeUsage,
			"--tls acme gets a certificate for a name: say it with --public-url https://NAME, by which the internet reaches this server.")
	}
	client := &acme.Client{DirectoryURL: a.Directory, UserAgent: "p4p"}
	if a.Directory != "" {
		if d, err := url.Parse(a.Directory); err != nil || d.Scheme != "https" || d.Host == "" {
			return nil, protocol.Errorf(protocol.CodeUsage, "--acme-directory is the https address of an authority's directory, not %q.", a.Directory)
		}
	}
	if a.CA != "" {
		pem, err := os.ReadFile(a.CA)
		if err != nil {
			return nil, protocol.Errorf(protocol.CodeUsage, "Cannot read the certificates in %q, named by --acme-ca.", a.CA).Because(err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, protocol.Errorf(protocol.CodeUsage, "There is no certificate in %q, named by --acme-ca: it takes PEM.", a.CA)
		}
		client.HTTPClient = &http.Client{
			Timeout:   time.Minute,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
		}
	}
	return &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(filepath.Join(a.Data, "tls", "acme")),
		HostPolicy: autocert.HostWhitelist(u.Hostname()),
		Client:     client,
	}, nil
}

// isPublicName tells whether an authority could give out a certificate for a host.
func isPublicName(host string) bool {
	_, err := netip.ParseAddr(host)
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	return err != nil && strings.Contains(name, ".") && !strings.HasSuffix(name, ".localhost") && !strings.HasSuffix(name, ".local")
}

// Fetch gets the certificate now, so that the first caller does not wait for it.
func Fetch(m *autocert.Manager, publicURL string) error {
	u, err := url.Parse(publicURL)
	if err != nil {
		return err
	}
	_, err = m.GetCertificate(&tls.ClientHelloInfo{
		ServerName:   u.Hostname(),
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, // as every browser of today has it
	})
	return err
}

// ForManager is the TLS side of a manager: HTTP/1.1, because a websocket needs it,
// and the proofs of tls-alpn-01.
func ForManager(m *autocert.Manager) *tls.Config {
	c := m.TLSConfig()
	c.NextProtos = []string{"http/1.1", acme.ALPNProto}
	c.MinVersion = tls.VersionTLS12
	return c
}

// Answer serves the proofs of http-01 on l, which is on port 80, until ctx ends,
// and sends every other caller to the public URL. It is not needed where the
// encrypted port is 443.
func Answer(ctx context.Context, m *autocert.Manager, l net.Listener, publicURL string) {
	s := &http.Server{
		Handler:           m.HTTPHandler(sendTo(publicURL)),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       log.New(io.Discard, "", 0), // it names who called
	}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	go func() { _ = s.Serve(l) }()
}

// sendTo sends a browser to the same page at the public URL, its port included,
// whatever name it called. autocert's own forgets the port.
func sendTo(publicURL string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead || !strings.HasPrefix(r.URL.Path, "/") {
			http.Error(w, "Use "+publicURL+".", http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, strings.TrimSuffix(publicURL, "/")+r.URL.RequestURI(), http.StatusFound) //nolint:gosec // the path begins with a slash, so the host stays
	})
}
