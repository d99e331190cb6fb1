package localmap

import (
	"os"
	"strings"
	"testing"
)

func TestATextForAnEditorLiesInMemoryOrInTheProfilesFolder(t *testing.T) {
	m := fresh(t)
	session := t.TempDir()
	ok(t, os.Chmod(session, 0o700))
	t.Setenv("XDG_RUNTIME_DIR", session)
	switch got := must[string](t)(m.Scratch()); inMemory() {
	case "":
		if got != m.dir {
			t.Errorf("it lies in %s", got)
		}
	default:
		if got != session {
			t.Errorf("it lies in %s", got)
		}
	}
	t.Setenv("XDG_RUNTIME_DIR", m.dir+"/none")
	if got := must[string](t)(m.Scratch()); got != m.dir && !strings.HasPrefix(got, "/dev/shm") {
		t.Errorf("without a session's folder it lies in %s", got)
	}
}
