package e2e_test

import (
	"cmp"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A house is the table "Who may import whom" of docs/architecture.md: for each
// top-level folder what its Go files may and may never import. The table is the
// one place where the rule stands; this file only reads it.
type house struct {
	// module is the path in go.mod.
	module string
	rooms  map[string]room
}

// A room is one row of the table: a top-level folder with all that lies in it,
// or "main", the Go files beside go.mod.
type room struct {
	// everything says that any room may be imported; else may lists them.
	everything bool
	may        []string
	// never lists import paths from outside the module, each exactly.
	never []string
}

const tableHead = "| folder | may import | never |"

var backticked = regexp.MustCompile("`([^`]+)`")

// readHouse reads the table from the page that holds it. A row that it does not
// understand is an error, so that a slip of the pen allows nothing.
func readHouse(module, page string) (house, error) {
	h := house{module: module, rooms: map[string]room{}}
	_, table, found := strings.Cut(page, tableHead+"\n")
	if !found {
		return h, fmt.Errorf("the page has no table that begins %q", tableHead)
	}
	for n, line := range strings.Split(table, "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if n == 0 { // the rule below the head
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 3 {
			return h, fmt.Errorf("the row %q has not three cells", line)
		}
		name, nerr := names(cells[0])
		may, merr := names(cells[1])
		never, verr := names(cells[2])
		everything := strings.TrimSpace(cells[1]) == "everything"
		if everything {
			merr = nil
		}
		if err := errors.Join(nerr, merr, verr); err != nil || len(name) != 1 {
			return h, fmt.Errorf("the row %q is not understood: %w", line, cmp.Or(err, errors.New("it begins with no single name")))
		}
		if _, twice := h.rooms[name[0]]; twice {
			return h, fmt.Errorf("the table names %s twice", name[0])
		}
		h.rooms[name[0]] = room{everything: everything, may: may, never: never}
	}
	if len(h.rooms) == 0 {
		return h, errors.New("the table is empty")
	}
	for name, r := range h.rooms {
		for _, other := range r.may {
			if _, known := h.rooms[other]; !known {
				return h, fmt.Errorf("%s may import %s, which has no row", name, other)
			}
		}
	}
	return h, nil
}

// names reads a cell: "nothing", or names in backticks with commas between.
func names(cell string) ([]string, error) {
	cell = strings.TrimSpace(cell)
	if cell == "nothing" {
		return nil, nil
	}
	var out []string
	for _, part := range strings.Split(cell, ", ") {
		m := backticked.FindStringSubmatch(part)
		if m == nil || m[0] != part {
			return nil, fmt.Errorf("%q is neither a name in backticks nor \"nothing\"", part)
		}
		out = append(out, m[1])
	}
	return out, nil
}

// violations lists, in order, where the Go files of a tree break the house's
// rules. Tests may import what they like and are not looked at; folders that
// the go tool skips are skipped. A row for which there is no Go file at all is
// a violation as well: the table describes what is there.
func (h house) violations(tree fs.FS) ([]string, error) {
	var found []string
	seen := map[string]bool{}
	err := fs.WalkDir(tree, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(file)
		if d.IsDir() {
			if file != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") {
			return nil
		}
		in := roomOf(path.Dir(file))
		seen[in] = true
		if strings.HasSuffix(base, "_test.go") {
			return nil
		}
		imports, err := importsOf(tree, file)
		if err != nil {
			return err
		}
		for _, imported := range imports {
			if why := h.forbids(in, imported); why != "" {
				found = append(found, file+": "+why)
			}
		}
		if _, known := h.rooms[in]; !known {
			found = append(found, fmt.Sprintf("%s: %s has no row in the table", file, in))
		}
		return nil
	})
	for _, name := range slices.Sorted(maps.Keys(h.rooms)) {
		if !seen[name] {
			found = append(found, fmt.Sprintf("the table has a row for %s, where there is no Go file", name))
		}
	}
	return found, err
}

// forbids says why a file of the room may not import the path, or nothing. A
// room may always import itself.
func (h house) forbids(in, imported string) string {
	r := h.rooms[in]
	if slices.Contains(r.never, imported) {
		return fmt.Sprintf("%s must never import %s", in, imported)
	}
	inner, ours := strings.CutPrefix(imported, h.module+"/")
	if !ours && imported != h.module {
		return ""
	}
	to := roomOf(inner)
	if !ours {
		to = "main"
	}
	if to == in || r.everything || slices.Contains(r.may, to) {
		return ""
	}
	return fmt.Sprintf("%s may not import %s (%s)", in, to, imported)
}

// roomOf names the room that a folder of the tree belongs to.
func roomOf(dir string) string {
	if dir == "." {
		return "main"
	}
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// importsOf lists the paths that a Go file imports, whatever its build tags.
func importsOf(tree fs.FS, file string) ([]string, error) {
	src, err := fs.ReadFile(tree, file)
	if err != nil {
		return nil, err
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		paths = append(paths, p)
	}
	return paths, nil
}
