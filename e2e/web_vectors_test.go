package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"p4p/server/web"
)

func TestThePageReproducesEveryVectorAndRefusesWhatMustBeRefused(t *testing.T) {
	p := newPhone(t)
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
	for path, file := range map[string]string{"/vectors.json": "../protocol/testdata/vectors.json", "/vectors.js": "testdata/vectors.mjs"} {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			if strings.HasSuffix(path, ".js") {
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
	defer s.Close()
	p.open(s.URL)
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
