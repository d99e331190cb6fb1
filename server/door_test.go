package server

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
	"p4p/server/tlsconf"
)

// pinned are calls by somebody who knows the server by its pin, and notes the pin
// that it showed.
func pinned(t *testing.T) (*http.Client, *tls.Config, *protocol.Pin) {
	t.Helper()
	seen := new(protocol.Pin)
	c := &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		h := sha256.Sum256(s.PeerCertificates[0].RawSubjectPublicKeyInfo)
		*seen = protocol.Pin(h[:16])
		return nil
	}}
	tr := &http.Transport{TLSClientConfig: c}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}, c, seen
}

func TestADoorIsEncryptedAndToldWithItsPin(t *testing.T) {
	r := start(t, Config{Door: &Door{Listen: "127.0.0.1:0"}})
	var i protocol.Info
	if _, err := r.call("GET", "/v1/info", nil, nil, &i); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(i.PublicURL, "https://127.0.0.1:") || !strings.HasPrefix(r.URL(), "http://127.0.0.1:") {
		t.Fatalf("others are told %q, this machine %q", i.PublicURL, r.URL())
	}
	client, config, seen := pinned(t)
	res, err := client.Get(i.PublicURL + "/v1/info")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 || seen.Base32() != i.Pin {
		t.Errorf("status %d; it showed %s and tells %s", res.StatusCode, seen.Base32(), i.Pin)
	}
	ws, up, err := (&websocket.Dialer{TLSClientConfig: config}).Dial("wss"+strings.TrimPrefix(i.PublicURL, "https")+"/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer up.Body.Close()
	defer ws.Close()
	var f protocol.ServerFrame
	if err := ws.ReadJSON(&f); err != nil || f.Hello == nil || f.Hello.Epoch != i.Epoch {
		t.Errorf("the stream begins with %+v, %v", f, err)
	}
	if res, err := http.Get(i.PublicURL + "/v1/info"); err == nil {
		res.Body.Close()
		t.Error("somebody without the pin trusts the certificate")
	}
}

func TestAClosedDoorLeavesNobodyInside(t *testing.T) {
	r := start(t, Config{})
	reach, err := r.OpenDoor(t.Context(), Door{Listen: "127.0.0.1:0"})
	if err != nil || r.Info().PublicURL != reach.URL || r.Info().Pin != reach.Pin || reach.Pin == "" {
		t.Fatalf("%+v, %v; told: %+v", reach, err, r.Info())
	}
	client, config, _ := pinned(t)
	ws, up, err := (&websocket.Dialer{TLSClientConfig: config}).Dial("wss"+strings.TrimPrefix(reach.URL, "https")+"/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer up.Body.Close()
	defer ws.Close()
	r.CloseDoor()
	for {
		if _, _, err = ws.ReadMessage(); err != nil {
			break
		}
	}
	if res, err := client.Get(reach.URL + "/v1/info"); err == nil {
		res.Body.Close()
		t.Error("it is still reached")
	}
	if i := r.Info(); i.PublicURL != "" || i.Pin != "" {
		t.Errorf("it still tells %q, %q", i.PublicURL, i.Pin)
	}
	again, err := r.OpenDoor(t.Context(), Door{Listen: strings.TrimPrefix(reach.URL, "https://")})
	if err != nil || again != reach {
		t.Errorf("opened again it is %+v, was %+v; %v", again, reach, err)
	}
}

func TestADoorKeepsThePinOfItsDataFolder(t *testing.T) {
	data := t.TempDir()
	first := start(t, Config{Data: data, Door: &Door{Listen: "127.0.0.1:0"}})
	pin := first.Info().Pin
	first.end()
	if got := start(t, Config{Data: data, Door: &Door{Listen: "127.0.0.1:0"}}).Info().Pin; got != pin || pin == "" {
		t.Errorf("it is %s after a restart, was %s", got, pin)
	}
}

// A door is no proxy: what callers say of themselves counts for nothing, and the
// names are those of the door.
func TestADoorGoesByNumbersAndByItsNameOnly(t *testing.T) {
	r := start(t, Config{Door: &Door{Listen: "127.0.0.1:0", URL: "https://pi.home:4747"}})
	if got := r.Info().PublicURL; got != "https://pi.home:4747" {
		t.Errorf("it tells %q", got)
	}
	client, _, _ := pinned(t)
	at := r.door.conns.Addr().String()
	for host, want := range map[string]int{"192.168.1.5:4747": 200, "pi.home:4747": 200, "evil.example": 403} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+at+"/v1/info", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Host = host
		res, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d", host, res.StatusCode)
		}
	}
}

func TestADoorThatCannotOpenSaysWhyAndLeavesNothingOpen(t *testing.T) {
	r := start(t, Config{})
	data := t.TempDir()
	_, err := Start(t.Context(), Config{Data: data, Listen: "127.0.0.1:0", Door: &Door{Listen: strings.TrimPrefix(r.URL(), "http://")}})
	if protocol.CodeOf(err) != protocol.CodePortTaken {
		t.Error(err)
	}
	_, err = Start(t.Context(), Config{Data: data, Listen: "127.0.0.1:0", Door: &Door{Listen: "127.0.0.1:0", URL: "http://p4p.example"}})
	if protocol.CodeOf(err) != protocol.CodeInsecureLink {
		t.Error(err)
	}
	start(t, Config{Data: data}) // the folder is free
}

func TestANoisyVisitorDoesNotFillTheLog(t *testing.T) {
	log := &logged{}
	r := start(t, Config{Log: log.logger(), Door: &Door{Listen: "127.0.0.1:0"}})
	res, err := http.Get("http://" + r.door.conns.Addr().String()) // not encrypted
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != 400 {
		t.Errorf("%d %s", res.StatusCode, b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "TLS handshake") && strings.Contains(line, `"level":"DEBUG"`) {
			return
		}
	}
	t.Errorf("%s", log)
}

func TestOnlyANameWithACertificateThatAllTrustIsForHTTPSAlone(t *testing.T) {
	own, err := tlsconf.OpenSelfSigned(t.TempDir(), []string{"127.0.0.1"}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		door Door
		want string
	}{
		"of an authority":          {Door{URL: "https://p4p.example", TLS: own.Config()}, "max-age=31536000"},
		"the same on another port": {Door{URL: "https://p4p.example:8443", TLS: own.Config()}, ""},
		"self-signed":              {Door{URL: "https://p4p.example"}, ""},
	} {
		c.door.Listen = "127.0.0.1:0"
		r := start(t, Config{Door: &c.door})
		client, _, _ := pinned(t)
		for at, want := range map[string]string{"https://" + r.door.conns.Addr().String(): c.want, r.URL(): ""} {
			res, err := client.Get(at + "/")
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got := res.Header.Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s, %s: %q, want %q", what, at, got, want)
			}
		}
	}
}
