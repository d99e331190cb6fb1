package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"testing"

	"p4p/server/web"
)

// serveModules serves an empty page with the program's modules beside it, and what
// the test adds, and gives the page's address.
func serveModules(t *testing.T, more map[string][]byte) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/static/", func(w http.ResponseWriter, r *http.Request) {
		f, ok := web.Asset(strings.TrimPrefix(r.URL.Path, "/"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", f.Type)
		_, _ = w.Write(f.Body)
	})
	for name, body := range more {
		mux.HandleFunc(name, func(w http.ResponseWriter, _ *http.Request) {
			if path.Ext(name) == ".js" {
				w.Header().Set("Content-Type", "text/javascript")
			}
			_, _ = w.Write(body)
		})
	}
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>vectors</title>"))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestThePageReproducesEveryVectorAndRefusesWhatMustBeRefused(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	files := map[string][]byte{}
	for name, file := range map[string]string{"/vectors.json": "../protocol/testdata/vectors.json", "/vectors.js": "testdata/vectors.mjs"} {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = body
	}
	p.open(serveModules(t, files))
	r := eval[struct {
		Wrong  []string
		Checks int
	}](p, `import("/vectors.js").then((m) => m.run())`)
	for _, w := range r.Wrong {
		t.Error(w)
	}
	if r.Checks < 200 {
		t.Errorf("only %d checks were made", r.Checks)
	}
	t.Logf("%d checks", r.Checks)
}
