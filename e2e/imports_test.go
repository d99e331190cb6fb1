package e2e_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestTheTreeImportsOnlyWhatTheArchitecturePageAllows(t *testing.T) {
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	h, err := readHouse("p4p", string(page))
	if err != nil {
		t.Fatalf("docs/architecture.md: %v", err)
	}
	found, err := h.violations(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// A made-up house with the same kinds of rows as the real one.
const page = "# A page\n\n" + tableHead + `
|---|---|---|
| ` + "`plain` | nothing | nothing |" + `
| ` + "`protocol` | `plain` | `os`, `net/http` |" + `
| ` + "`client` | `protocol`, `plain` | nothing |" + `
| ` + "`cli` | `client` | nothing |" + `
| ` + "`main` | `cli` | nothing |" + `
| ` + "`e2e` | everything | nothing |" + `

And some text, | with | bars |.
`

// lawful is a made-up tree that keeps every rule of the made-up page.
func lawful() fstest.MapFS {
	return fstest.MapFS{
		"main.go":                      goFile("x/cli", "os"),
		"cli/root.go":                  goFile("fmt", "x/client/cache"),
		"client/client.go":             goFile("x/client/cache", "x/protocol"),
		"client/cache/cache.go":        goFile("x/plain", "database/sql"),
		"client/testdata/bad.go":       goFile("x/cli"),
		"protocol/record.go":           goFile("x/plain", "net/url", "example.com/x/cli"),
		"protocol/record_test.go":      goFile("x/client", "os"),
		"plain/plain.go":               goFile("strings"),
		"plain/README.md":              {Data: []byte(`import "x/cli"`)},
		"e2e/e2e_test.go":              goFile("x/client"),
		".hidden/a.go":                 goFile("x/cli"),
		"docs/_old/a.go":               goFile("x/cli"),
		"docs/node_modules/a/index.go": goFile("x/cli"),
	}
}

func goFile(imports ...string) *fstest.MapFile {
	src := "//go:build anything\n\npackage p\n"
	for _, i := range imports {
		src += "import _ \"" + i + "\"\n"
	}
	return &fstest.MapFile{Data: []byte(src)}
}

func TestAPlantedViolationIsFound(t *testing.T) {
	for _, tt := range []struct {
		name  string
		plant fstest.MapFS
		want  []string
	}{
		{"nothing planted", nil, nil},
		{
			"a folder imports one above it",
			fstest.MapFS{"plain/up.go": goFile("x/protocol")},
			[]string{"plain/up.go: plain may not import protocol (x/protocol)"},
		},
		{
			"a folder inside a folder, by a path inside a folder",
			fstest.MapFS{"protocol/deep/er/up.go": goFile("x/client/cache")},
			[]string{"protocol/deep/er/up.go: protocol may not import client (x/client/cache)"},
		},
		{
			"main reaches past the command line",
			fstest.MapFS{"other.go": goFile("x/client")},
			[]string{"other.go: main may not import client (x/client)"},
		},
		{
			"somebody imports main",
			fstest.MapFS{"cli/round.go": goFile("x")},
			[]string{"cli/round.go: cli may not import main (x)"},
		},
		{
			"a package from outside that must never be there",
			fstest.MapFS{"protocol/file.go": goFile("os", "io")},
			[]string{"protocol/file.go: protocol must never import os"},
		},
		{
			"a folder without a row",
			fstest.MapFS{"lab/lab.go": goFile("fmt")},
			[]string{"lab/lab.go: lab has no row in the table"},
		},
		{
			"a folder without a row is imported",
			fstest.MapFS{"cli/lab.go": goFile("x/lab")},
			[]string{"cli/lab.go: cli may not import lab (x/lab)"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := readHouse("x", page)
			if err != nil {
				t.Fatal(err)
			}
			tree := lawful()
			for name, file := range tt.plant {
				tree[name] = file
			}
			got, err := h.violations(tree)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARowWithoutItsFolderIsFound(t *testing.T) {
	h, err := readHouse("x", page)
	if err != nil {
		t.Fatal(err)
	}
	tree := lawful()
	delete(tree, "plain/plain.go")
	got, err := h.violations(tree)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"the table has a row for plain, where there is no Go file"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func TestAFileThatIsNotGoStopsTheCheck(t *testing.T) {
	h, err := readHouse("x", page)
	if err != nil {
		t.Fatal(err)
	}
	tree := lawful()
	tree["cli/broken.go"] = &fstest.MapFile{Data: []byte("import nothing")}
	if _, err := h.violations(tree); err == nil {
		t.Error("a file that cannot be parsed was passed over")
	}
}

func TestATableThatIsNotUnderstoodAllowsNothing(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"no table", tableHead, "| something | else |", "no table"},
		{"an empty table", "|---|---|---|", "", "empty"},
		{"a cell too few", "`cli` | `client` | nothing", "`cli` | `client`", "three cells"},
		{"a name without backticks", "| `client` |", "| client |", "neither a name in backticks"},
		{"an empty cell", "| `client` |", "| |", "neither a name in backticks"},
		{"two names in front", "| `cli` |", "| `cli`, `tui` |", "no single name"},
		{"a row twice", "`e2e`", "`cli`", "twice"},
		{"a misspelt name", "| `client` |", "| `cleint` |", "no row"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(page, tt.old, tt.new, 1)
			if changed == page {
				t.Fatalf("the page has no %q to change", tt.old)
			}
			_, err := readHouse("x", changed)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v; it should say %q", err, tt.want)
			}
		})
	}
}
