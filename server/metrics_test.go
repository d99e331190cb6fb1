package server

import (
	"net/http"
	"strings"
	"testing"

	"p4p/protocol"
)

func get(t *testing.T, r *running, url string) int {
	t.Helper()
	res, err := r.client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestMetricsAreNotWhereAProxyCouldPassThemOn(t *testing.T) {
	for name, c := range map[string]struct {
		config      Config
		main, apart int
	}{
		"for oneself":                  {Config{}, 200, 0},
		"for others":                   {Config{PublicURL: "https://p4p.example"}, 404, 0},
		"for others, with a port":      {Config{PublicURL: "https://p4p.example", MetricsListen: "127.0.0.1:0"}, 404, 200},
		"for oneself, with a port":     {Config{MetricsListen: "127.0.0.1:0"}, 404, 200},
		"for oneself, another address": {Config{MetricsListen: "localhost:0"}, 404, 200},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, c.config)
			if got := get(t, r, r.URL()+"/metrics"); got != c.main {
				t.Errorf("beside the calls: %d, want %d", got, c.main)
			}
			if (r.MetricsURL() == "") != (c.apart == 0) {
				t.Fatalf("the metrics' address is %q", r.MetricsURL())
			}
			if c.apart != 0 {
				if got := get(t, r, r.MetricsURL()); got != c.apart {
					t.Errorf("on their port: %d, want %d", got, c.apart)
				}
			}
		})
	}
}

func TestThePortOfTheMetricsServesNothingElseAndNobodyElse(t *testing.T) {
	r := start(t, Config{MetricsListen: "127.0.0.1:0"})
	base := strings.TrimSuffix(r.MetricsURL(), "/metrics")
	if got := get(t, r, base+"/v1/info"); got != http.StatusNotFound {
		t.Errorf("a call of the server: %d", got)
	}
	for name, change := range map[string]func(*http.Request){
		"through a proxy":   func(q *http.Request) { q.Header.Set("X-Forwarded-For", "192.0.2.1") },
		"by another name":   func(q *http.Request) { q.Host = "evil.example" },
		"from a page":       func(q *http.Request) { q.Header.Set("Origin", base) },
		"with another verb": func(q *http.Request) { q.Method = http.MethodPost },
	} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.MetricsURL(), nil)
		if err != nil {
			t.Fatal(err)
		}
		change(q)
		res, err := r.client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode < 400 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
}

func TestTheMetricsOfAServerListenOnThisMachineOnly(t *testing.T) {
	taken := start(t, Config{})
	for listen, code := range map[string]protocol.Code{
		"0.0.0.0:0": protocol.CodeUsage,
		"nonsense":  protocol.CodeUsage,
		strings.TrimPrefix(taken.URL(), "http://"): protocol.CodePortTaken,
	} {
		s, err := Start(t.Context(), Config{Data: t.TempDir(), Listen: "127.0.0.1:0", MetricsListen: listen})
		if err == nil {
			_ = s.Shutdown(t.Context())
		}
		if protocol.CodeOf(err) != code || !strings.Contains(err.Error(), "--metrics") {
			t.Errorf("%s: %v, want %s", listen, err, code)
		}
	}
}
