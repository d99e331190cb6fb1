package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// servedAt is the address that a home's server announced, or "".
func servedAt(home string) string {
	b, err := os.ReadFile(filepath.Join(home, "server", "address"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func healthy(url string) bool {
	r, err := http.Get(url + "/healthz")
	if err != nil {
		return false
	}
	defer r.Body.Close()
	return r.StatusCode == http.StatusOK
}
