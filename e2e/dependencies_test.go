package e2e_test

import (
	"bufio"
	"os"
	"regexp"
	"strings"
	"testing"
)

const decision = "../docs/decisions/0001-dependencies.md"

func TestEachDependencyIsNamedWithWhatItDoesForUs(t *testing.T) {
	direct := directDependencies(t)
	if len(direct) == 0 {
		t.Fatal("go.mod marks no dependency as direct; go mod tidy puts that right")
	}
	page, err := os.ReadFile(decision)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .+ \\|$").FindAllStringSubmatch(string(page), -1) {
		named[row[1]] = true
	}
	for module := range direct {
		if !named[module] {
			t.Errorf("go.mod requires %s, which has no row in %s", module, decision)
		}
	}
	for module := range named {
		if !direct[module] {
			t.Errorf("%s has a row for %s, which go.mod does not require directly", decision, module)
		}
	}
}

// directDependencies reads the modules that go.mod requires without the mark
// "// indirect".
func directDependencies(t *testing.T) map[string]bool {
	t.Helper()
	f, err := os.Open("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	direct := map[string]bool{}
	block := false
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "require (":
			block = true
			continue
		case line == ")":
			block = false
		}
		single, isSingle := strings.CutPrefix(line, "require ")
		if isSingle {
			line = single
		}
		if (block || isSingle) && !strings.HasSuffix(line, "// indirect") {
			if module, _, ok := strings.Cut(line, " v"); ok {
				direct[module] = true
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return direct
}
