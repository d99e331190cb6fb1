package protocol

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"testing"
)

func TestEveryErrorCodeIsInTheProtocolsDescription(t *testing.T) {
	source, err := os.ReadFile("errors.go")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`Code = "([a-z_]+)"`).FindAllSubmatch(source, -1)
	if len(codes) < 50 {
		t.Fatalf("found only %d codes in errors.go", len(codes))
	}
	known := map[Code]bool{}
	for _, m := range codes {
		c := Code(m[1])
		known[c] = true
		row := "\n| `" + string(c) + "` | "
		if s, ok := statuses[c]; ok {
			row += fmt.Sprintf("%d | ", s)
		}
		if !regexp.MustCompile(regexp.QuoteMeta(row)).Match(doc) {
			t.Errorf("docs/protocol.md has no row %q", row)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (?:\\d{3} \\| )?[a-z]").FindAllSubmatch(doc[bytes.Index(doc, []byte("## Error codes")):], -1) {
		if c := Code(m[1]); !known[c] {
			t.Errorf("docs/protocol.md has a row for %q, which errors.go has not", c)
		}
	}
}
