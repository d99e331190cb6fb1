package web

import (
	"strings"
	"testing"
)

func TestThePageAsksAtOnceForWhatItStartsWithAndForNothingElse(t *testing.T) {
	html := string(Home.Body)
	for name := range assets {
		if !strings.HasSuffix(name, ".js") {
			continue
		}
		asked := strings.Contains(html, `<link rel="modulepreload" href="/`+name+`">`)
		switch base := name[strings.LastIndex(name, "/")+1:]; base {
		case "main.js", "app.js", "feed.js", "record.js", "crypto.js":
			if !asked {
				t.Errorf("the browser meets %s only later", name)
			}
		case "copyworker.js", "age.js", "chacha.js", "scrypt.js", "qr.js":
			if asked {
				t.Errorf("%s is loaded before anybody needs it", name)
			}
		}
	}
}
