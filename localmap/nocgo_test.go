//go:build !cgo

package localmap

import (
	"path/filepath"
	"strings"
	"testing"

	"p4p/protocol"
)

func TestWithoutCgoNothingIsTouched(t *testing.T) {
	parent := t.TempDir()
	_, err := Open(filepath.Join(parent, "profile"), Options{})
	wantCode(t, err, protocol.CodeNoCGO)
	if !strings.Contains(err.Error(), "CGO_ENABLED=1") {
		t.Errorf("the sentence is %q", err)
	}
	if left := contents(t, parent); len(left) != 0 {
		t.Errorf("there is %v now", left)
	}
}
