package api

import (
	"bytes"
	"net/http"
	"time"

	"p4p/server/web"
)

// page serves a document for people, who know no status but "it is there". It
// reads nothing of the link and changes nothing.
func page(f web.File) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Security-Policy", web.ContentSecurityPolicy)
		serveFile(w, r, f)
		return nil
	}
}

// missing is the page of an address at which there is nothing.
func missing(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", web.ContentSecurityPolicy)
	w.Header().Set("Content-Type", web.Nowhere.Type)
	w.WriteHeader(http.StatusNotFound)
	if r.Method != http.MethodHead {
		_, _ = w.Write(web.Nowhere.Body) // an error means that the client is gone
	}
}

// asset serves what the pages load.
func asset(w http.ResponseWriter, r *http.Request) error {
	f, ok := web.Asset("static/" + r.PathValue("file"))
	if !ok {
		return notFound()
	}
	serveFile(w, r, f)
	return nil
}

// serveFile lets a browser keep the file, but has it ask each time whether it is
// still the newest: a page and its program must be of one version.
func serveFile(w http.ResponseWriter, r *http.Request, f web.File) {
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.ETag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.Body))
}
