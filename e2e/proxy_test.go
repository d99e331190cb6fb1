package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"p4p/protocol"
	"p4p/server"
	"p4p/server/api"
)

// fromREADME is the example of README.md that begins with a line, with the given
// words replaced. Each of them must be there.
func fromREADME(t *testing.T, first string, replace map[string]string) string {
	t.Helper()
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		rest, in := strings.CutPrefix(line, "    ")
		switch {
		case out.Len() == 0 && strings.TrimSpace(rest) != first:
			continue
		case !in && strings.TrimSpace(line) != "":
			return replaced(t, out.String(), replace)
		}
		out.WriteString(rest)
	}
	t.Fatalf("README.md has no example that begins with %q", first)
	return ""
}

func replaced(t *testing.T, s string, by map[string]string) string {
	t.Helper()
	for old, text := range by {
		if !strings.Contains(s, old) {
			t.Fatalf("the README's example has no %q:\n%s", old, s)
		}
		s = strings.ReplaceAll(s, old, text)
	}
	return s
}

// proxyProgram finds a proxy; a missing one skips the test, and fails it in CI.
func proxyProgram(t *testing.T, name, pkg string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("P4P_CI") != "":
		t.Fatalf("%s is missing: apt install %s", name, pkg)
	default:
		t.Skipf("%s is not installed (apt install %s)", name, pkg)
	}
	return found
}

// The examples are run as they stand in the README, but for ports and certificates.
func TestTheREADMEsProxiesServeThePageTheStreamAndPicturesForWhomTheyAre(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("one machine has several addresses on loopback on Linux only")
	}
	for name, begin := range map[string]func(t *testing.T, port, upstream string){"nginx": startNginx, "caddy": startCaddy} {
		t.Run(name, func(t *testing.T) {
			port := freePort(t)
			s := behindProxy(t, "https://p4p.example:"+port)
			begin(t, port, strings.TrimPrefix(s.URL(), "http://"))
			goesThrough(t, "p4p.example:"+port, "127.0.0.1:"+port)
		})
	}
}

// behindProxy is a server whose callers have 100 calls each.
func behindProxy(t *testing.T, public string) *server.Server {
	t.Helper()
	limits := api.DefaultLimits()
	limits.Calls = api.Rate{PerSecond: 0.001, Burst: 100}
	s, err := server.Start(t.Context(), server.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", PublicURL: public, Limits: &limits})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endServer(t, s) })
	return s
}

func startNginx(t *testing.T, port, upstream string) {
	t.Helper()
	program, dir := proxyProgram(t, "nginx", "nginx-light"), t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, cert, key)
	example := fromREADME(t, "server {", map[string]string{
		"listen 443 ssl": "listen 127.0.0.1:" + port + " ssl", "127.0.0.1:4747": upstream,
		"/etc/letsencrypt/live/p4p.example/fullchain.pem": cert, "/etc/letsencrypt/live/p4p.example/privkey.pem": key,
		"/var/log/nginx": dir,
	})
	config := filepath.Join(dir, "nginx.conf")
	// One process: the test ends it whole.
	own := fmt.Sprintf("daemon off; master_process off; pid %[1]s/pid; error_log stderr;\nevents {}\nhttp {\n"+
		"client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;\n%[2]s}\n", dir, example)
	if err := os.WriteFile(config, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	beside(t, nil, program, "-p", dir, "-e", "stderr", "-c", config)
}

func startCaddy(t *testing.T, port, upstream string) {
	t.Helper()
	program, dir := proxyProgram(t, "caddy", "caddy"), t.TempDir()
	example := fromREADME(t, "p4p.example {", map[string]string{"127.0.0.1:4747": upstream})
	config := filepath.Join(dir, "Caddyfile")
	own := fmt.Sprintf("{\nadmin off\nhttps_port %s\nhttp_port %s\ndefault_bind 127.0.0.1\nlocal_certs\nskip_install_trust\n}\n%s", port, freePort(t), example)
	if err := os.WriteFile(config, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	beside(t, []string{"XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "HOME=" + dir}, program, "run", "--config", config, "--adapter", "caddyfile")
}

// goesThrough does by a proxy at addr what a phone does, and more.
func goesThrough(t *testing.T, host, addr string) {
	t.Helper()
	one, two := caller(t, addr, "127.0.0.1"), caller(t, addr, "127.0.0.2")
	get := func(c *http.Client, path string, change ...func(*http.Request)) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range change {
			f(req)
		}
		r, err := c.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return 0, err.Error()
		}
		return r.StatusCode, string(b)
	}
	eventually(t, "the proxy's first answer", func() bool { status, _ := get(one, "/healthz"); return status == 200 })
	if status, body := get(one, "/"); status != 200 || !strings.Contains(body, "/static/app/main.js") {
		t.Errorf("the page: %d %s", status, body)
	}
	if status, body := get(one, "/v1/info"); status != 200 || !strings.Contains(body, `"public_url":"https://`+host+`"`) {
		t.Errorf("what the server says of itself: %d %s", status, body)
	}

	dial := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, NetDialContext: dialing(addr, "127.0.0.1")}
	ws, up, err := dial.Dial("wss://"+host+"/v1/stream", http.Header{"Origin": {"https://" + host}})
	if err != nil {
		t.Fatalf("the stream: %v", err)
	}
	defer up.Body.Close()
	defer ws.Close()
	var hello protocol.ServerFrame
	if err := ws.ReadJSON(&hello); err != nil || hello.Hello == nil {
		t.Errorf("the stream begins with %+v, %v", hello, err)
	}

	picture := largePicture(t)
	put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://"+host+"/v1/blobs/"+protocol.BlobOf(picture).String(), bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	put.Header.Set("Origin", "https://"+host)
	r, err := one.Do(put)
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if r.StatusCode != http.StatusNoContent {
		t.Errorf("a picture of %d bytes: %d %s", len(picture), r.StatusCode, answer)
	}

	// One uses up what it has; what it says of itself counts for nothing, and another
	// has its own.
	for range 100 {
		if status, _ := get(one, "/v1/info"); status == http.StatusTooManyRequests {
			break
		}
	}
	forged := func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.77") }
	if status, _ := get(one, "/v1/info", forged); status != http.StatusTooManyRequests {
		t.Errorf("who has called too much and names another address gets %d", status)
	}
	if status, body := get(two, "/v1/info"); status != 200 {
		t.Errorf("somebody else gets %d %s", status, body)
	}
	if status, body := get(two, "/v1/info", func(r *http.Request) { r.Host = "evil.example" }); status == 200 && strings.Contains(body, "public_url") {
		t.Errorf("under another name it answers %d %s", status, body)
	}
}

func dialing(addr, from string) func(context.Context, string, string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	return func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) }
}

// caller calls from an address of this machine.
func caller(t *testing.T, addr, from string) *http.Client {
	t.Helper()
	tr := &http.Transport{DialContext: dialing(addr, from), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// largePicture has nearly as many bytes as a picture may have: nothing in it repeats.
func largePicture(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 1160, 1160))
	source := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(source.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if b.Len() < 4_000_000 || b.Len() > protocol.MaxPicture {
		t.Fatalf("the picture has %d bytes", b.Len())
	}
	return b.Bytes()
}
