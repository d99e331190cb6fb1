package api

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"p4p/server/web"
)

// page serves a document for people, who know no status but "it is there". It
// reads nothing of the link and changes nothing.
func page(f web.File) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		document(w.Header())
		serveFile(w, r, f)
		return nil
	}
}

// document sets what a page may do.
func document(h http.Header) {
	h.Set("Content-Security-Policy", web.ContentSecurityPolicy)
	h.Set("Permissions-Policy", web.PermissionsPolicy)
}

// missing is the page of an address at which there is nothing.
func missing(w http.ResponseWriter, r *http.Request) {
	document(w.Header())
	w.Header().Set(web.VersionHeader, web.Version)
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
// still the newest: a page and its program must be of one version. Parts of it are
// parts of the plain bytes.
func serveFile(w http.ResponseWriter, r *http.Request, f web.File) {
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Cache-Control", "no-cache")
	h.Set(web.VersionHeader, web.Version)
	body, tag := f.Body, f.ETag
	if packed, its := f.Gzip(); packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r) && r.Header.Get("Range") == "" && r.Header.Get("If-Match") == "" {
			h.Set("Content-Encoding", "gzip")
			h.Set("Content-Length", strconv.Itoa(len(packed))) // ServeContent leaves it out; a 304 takes it back
			body, tag = packed, its
		}
	}
	h.Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
