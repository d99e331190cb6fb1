package tui

import (
	"cmp"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// maxEntries is how many names of a folder are read.
const maxEntries = 5000

// picker finds a picture: its path is typed, with completion, or it is chosen from the
// folders.
type picker struct {
	*ui
	field   field
	done    func(path string) tea.Cmd
	base    string  // the folder that one is in, with its last slash
	dir     string  // whose entries these are: that one, or one that is typed
	entries []entry // folders, then pictures
	sel     int
	from    int // the first that is shown
	h       int // rows of the list in the last view
	gen     int
	loaded  bool
	cut     bool // there are more than were read
	err     error
}

// entry is a folder or a picture in one.
type entry struct {
	name   string
	folder bool
	size   int64
}

type folderReadMsg struct {
	gen     int
	dir     string
	entries []entry
	cut     bool
	err     error
}

// newPicker begins in a folder. done gets the path of what is chosen.
func newPicker(u *ui, done func(path string) tea.Cmd) *picker {
	return &picker{
		ui: u, done: done, base: u.pictureDir, dir: u.pictureDir, gen: u.next(),
		field: newField("a part of its name, or its path"),
	}
}

func withSlash(dir string) string {
	if strings.HasSuffix(dir, "/") || strings.HasSuffix(dir, string(filepath.Separator)) {
		return dir
	}
	return dir + string(filepath.Separator)
}

func (p *picker) init() tea.Cmd { return p.read() }

// typedDir is the folder of what is typed, with its last slash, and the rest.
func (p *picker) typedDir() (dir, rest string) {
	typed := strings.Trim(p.field.value(), `'"`)
	if typed == "~" {
		return "~/", ""
	}
	dir, rest = filepath.Split(typed)
	if !filepath.IsAbs(dir) && !strings.HasPrefix(dir, "~/") {
		dir = p.base + dir
	}
	return dir, rest
}

// read asks for what lies in the typed folder.
func (p *picker) read() tea.Cmd {
	p.gen = p.next()
	gen, dir := p.gen, p.dir
	return p.do(func(context.Context) tea.Msg {
		msg := folderReadMsg{gen: gen, dir: dir}
		msg.entries, msg.cut, msg.err = readFolder(expandHome(cmp.Or(dir, "./")))
		return msg
	})
}

// readFolder reads the folders and pictures in dir, folders first.
func readFolder(dir string) (out []entry, cut bool, err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, false, err
	}
	defer d.Close()
	names, err := d.ReadDir(maxEntries)
	if err != nil && err != io.EOF { //nolint:errorlint // ReadDir returns it as it is
		return nil, false, err
	}
	for _, n := range names {
		e := entry{name: n.Name(), folder: n.IsDir()}
		if n.Type()&os.ModeSymlink != 0 || !e.folder && isPicture(e.name) {
			info, err := os.Stat(filepath.Join(dir, e.name))
			if err != nil {
				continue
			}
			e.folder, e.size = info.IsDir(), info.Size()
			if !e.folder && !info.Mode().IsRegular() {
				continue
			}
		}
		if e.folder || isPicture(e.name) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b entry) int {
		if a.folder != b.folder {
			if a.folder {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)), cmp.Compare(a.name, b.name))
	})
	return out, len(names) == maxEntries, nil
}

// update: see screen.
func (p *picker) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return p.key(msg)
	case tea.PasteMsg:
		if path, ok := droppedPath(msg.Content); ok {
			p.field.set(path)
			return p.typed()
		}
		cmd := p.field.update(msg)
		return tea.Batch(cmd, p.typed())
	case folderReadMsg:
		if msg.gen == p.gen {
			p.loaded, p.entries, p.cut, p.err = true, msg.entries, msg.cut, msg.err
			p.sel, p.from = 0, 0
		}
	}
	return nil
}

func (p *picker) key(msg tea.KeyPressMsg) tea.Cmd {
	n := len(p.found())
	switch p.keys().Intent(msg.String()) {
	case keymap.Back:
		return p.close(p)
	case keymap.Down:
		p.sel = min(p.sel+1, max(n-1, 0))
	case keymap.Up:
		p.sel = max(p.sel-1, 0)
	case keymap.PageDown:
		p.sel = min(p.sel+max(p.h-1, 1), max(n-1, 0))
	case keymap.PageUp:
		p.sel = max(p.sel-max(p.h-1, 1), 0)
	case keymap.FolderUp:
		return p.folderUp()
	case keymap.Complete:
		if found := p.found(); p.sel < len(found) {
			return p.take(found[p.sel], false)
		}
	case keymap.Submit:
		return p.choose()
	default:
		before := p.field.input.Value()
		cmd := p.field.update(msg)
		if p.field.input.Value() == before {
			return cmd
		}
		return tea.Batch(cmd, p.typed())
	}
	return nil
}

// typed follows what is typed: another folder is read.
func (p *picker) typed() tea.Cmd {
	p.sel, p.from = 0, 0
	dir, _ := p.typedDir()
	if dir == p.dir {
		return nil
	}
	p.dir, p.loaded, p.entries, p.err = dir, false, nil, nil
	return p.read()
}

// found are the entries with what is typed in their name. Hidden ones are found by
// their dot only.
func (p *picker) found() []entry {
	_, rest := p.typedDir()
	low := strings.ToLower(rest)
	var begin, out []entry
	for _, e := range p.entries {
		name := strings.ToLower(e.name)
		switch {
		case strings.HasPrefix(name, ".") && !strings.HasPrefix(rest, "."):
		case strings.HasPrefix(name, low):
			begin = append(begin, e)
		case strings.Contains(name, low) && !strings.HasPrefix(rest, "."):
			out = append(out, e)
		}
	}
	return append(begin, out...)
}

// choose opens the selected folder or takes the selected picture; a path that was typed
// whole is taken as it is.
func (p *picker) choose() tea.Cmd {
	found := p.found()
	dir, rest := p.typedDir()
	whole := slices.ContainsFunc(p.entries, func(e entry) bool { return e.name == rest && !e.folder })
	switch {
	case rest != "" && (whole || len(found) == 0):
		return p.chosen(dir + rest)
	case p.sel < len(found):
		return p.take(found[p.sel], true)
	}
	return p.say(note, "Type the path of a picture, or go to another folder.")
}

// take goes into a folder, or to a picture, which is chosen at once where that is meant.
func (p *picker) take(e entry, chosen bool) tea.Cmd {
	path := p.dir + e.name
	if e.folder {
		return p.enter(withSlash(path))
	}
	if chosen {
		return p.chosen(path)
	}
	p.field.set(strings.TrimPrefix(path, p.base))
	return p.typed()
}

// enter goes into a folder.
func (p *picker) enter(dir string) tea.Cmd {
	p.base = dir
	p.field.set("")
	return p.typed()
}

// chosen ends with a path. The next picture is looked for where this one was.
func (p *picker) chosen(path string) tea.Cmd {
	p.pictureDir, _ = p.typedDir()
	return tea.Sequence(p.close(p), p.done(expandHome(path)))
}

// folderUp goes to the folder above.
func (p *picker) folderUp() tea.Cmd {
	dir, err := filepath.Abs(expandHome(cmp.Or(p.dir, "./")))
	if err != nil {
		return nil
	}
	return p.enter(withSlash(filepath.Dir(dir)))
}

// view: see screen.
func (p *picker) view(w, h int) frame {
	text, cursor := p.field.view(p.theme, w-2)
	lines := []string{p.theme.Dim.Render(" in " + tailOf(cmp.Or(p.dir, "./"), w-5)), " " + text}
	if cursor != nil {
		cursor.X++
		cursor.Y++
	}
	p.h = max(h-len(lines), 1)
	found := p.found()
	if p.cut {
		p.h = max(p.h-1, 1)
	}
	p.from = max(0, min(max(p.from, p.sel-p.h+1), p.sel))
	for i := p.from; i < min(len(found), p.from+p.h); i++ {
		e, bar := found[i], " "
		if i == p.sel {
			bar = p.theme.Select.Render("┃")
		}
		name, size := line(e.name, max(w-16, 10)), sizeInWords(e.size)
		if e.folder {
			name, size = p.theme.Key.Render(name+"/"), ""
		}
		p.hit(0, len(lines), w, len(lines)+1, func() tea.Cmd { p.sel = i; return p.take(e, true) })
		lines = append(lines, cut(bar+" "+pad(name, max(w-14, 10))+" "+p.theme.Dim.Render(size), w))
	}
	if len(found) == 0 {
		for _, l := range wrap(plain.Line(p.nothing()), w-4) {
			lines = append(lines, "  "+p.theme.Dim.Render(l))
		}
	}
	if p.cut {
		lines = append(lines, "  "+p.theme.Dim.Render(cut("Only the first "+thousands(maxEntries)+" names here are listed: type the path of another.", w-2)))
	}
	return frame{lines: lines, cursor: cursor}
}

// tailOf is the end of a path that is too long to be shown.
func tailOf(path string, w int) string {
	shown := plain.Line(path).String()
	if cells(shown) <= w {
		return shown
	}
	r := []rune(shown)
	for len(r) > 0 && cells(string(r))+1 > w {
		r = r[1:]
	}
	return "…" + string(r)
}

func (p *picker) nothing() string {
	_, rest := p.typedDir()
	switch {
	case p.err != nil:
		return "There is no such folder, or it cannot be read."
	case !p.loaded:
		return "Loading…"
	case rest != "":
		return "No folder and no picture here has that in its name."
	}
	return "There are no folders and no pictures here. " + p.keyOf(keymap.Pick, keymap.FolderUp) + " goes one up."
}

// sizeInWords is a file's size.
func sizeInWords(n int64) string {
	if n < 1<<20 {
		return thousands(int((n+1023)>>10)) + " KiB"
	}
	return thousands(int((n+1<<20-1)>>20)) + " MiB"
}

func (p *picker) title() string { return p.heading("Attach a picture") }

func (p *picker) keys() keymap.Map { return p.bound(keymap.Pick) }

func (p *picker) hints() []keymap.Intent {
	n := len(p.found())
	var hints []keymap.Intent
	if n > 0 || p.field.value() != "" {
		hints = append(hints, keymap.Submit)
	}
	hints = append(hints, keymap.FolderUp, keymap.Back)
	if n > 0 {
		hints = append(hints, keymap.Complete)
	}
	return append(hints, among(p.sel, n)...)
}

func (p *picker) typing() bool { return true }

// chooser opens the picker for the post.
func (c *compose) chooser() tea.Cmd {
	if c.pictureDir == "" {
		c.pictureDir = pictureFolder()
	}
	return c.open(newPicker(c.ui, func(path string) tea.Cmd {
		if path == "" {
			return c.fail(protocol.Errorf(protocol.CodeBadPicture, "That is no path."))
		}
		return c.prepareFile(path, "")
	}))
}

// pictureFolder is where the picker begins: the person's pictures, else the home folder.
func pictureFolder() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	if info, err := os.Stat(filepath.Join(home, "Pictures")); err == nil && info.IsDir() {
		return "~/Pictures/"
	}
	return "~/"
}

// listPaths lists what in the typed folder goes on as typed, for questions about other
// files. It reads at most a thousand names.
func listPaths(_ context.Context, typed string) []string {
	if typed == "" {
		return nil
	}
	dir, prefix := filepath.Split(typed)
	d, err := os.Open(expandHome(dir + "./"))
	if err != nil {
		return nil
	}
	defer d.Close()
	entries, _ := d.ReadDir(1000)
	var out []string
	for _, e := range entries {
		if name := e.Name(); hasPrefixFold(name, prefix) {
			if e.IsDir() {
				name += "/"
			}
			out = append(out, dir+name)
		}
	}
	return out
}
