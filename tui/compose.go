package tui

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/client/picture"
	"p4p/protocol"
	"p4p/tui/keymap"
)

type composeClient interface {
	Post(ctx context.Context, text string, p *client.Picture) (client.Sent, error)
	drafter
	Scratch() (string, error)
}

// compose is where a post is written.
type compose struct {
	*ui
	editor  editor
	gen     int
	sending bool
}

// attachment is the picture of the post that is being written. It outlives the
// screen, as the draft does, but not the program.
type attachment struct {
	picture *client.Picture // nil for none
	file    string          // its name on this machine
}

type postSentMsg struct {
	gen  int
	sent client.Sent
	err  error
}

func newCompose(u *ui) *compose {
	c := &compose{ui: u, gen: u.next(), editor: newEditor(u, "post", "What do you want to say? Only your friends will know that it was you.")}
	c.editor.area.Focus()
	return c
}

func (c *compose) init() tea.Cmd { return c.editor.read() }

// update: see screen.
func (c *compose) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return c.key(msg)
	case postSentMsg:
		if msg.gen == c.gen {
			return c.took(msg)
		}
		return nil
	case tea.PasteMsg:
		if c.sending {
			return nil
		}
		return c.editor.update(msg)
	default:
		return c.editor.update(msg)
	}
}

func (c *compose) key(msg tea.KeyPressMsg) tea.Cmd {
	switch c.keys().Intent(msg.String()) {
	case keymap.Back:
		cmd := tea.Batch(c.keep(), c.close(c))
		if strings.TrimSpace(c.editor.value()) != "" {
			cmd = tea.Batch(cmd, c.say(note, "The draft is kept: "+c.inFeed()+c.keyOf(keymap.Feed, keymap.NewPost)+" goes on with it."))
		}
		return cmd
	case keymap.Send:
		return c.send()
	case keymap.Attach:
		return c.open(askPicture(c))
	case keymap.Detach:
		c.attached = attachment{}
		return nil
	}
	if c.sending {
		return nil
	}
	if c.keys().Intent(msg.String()) == keymap.Editor {
		return c.editor.openOutside()
	}
	return c.editor.update(msg)
}

// inFeed says where the feed's keys are, in words, if that is not below.
func (c *compose) inFeed() string {
	if len(c.layers) > 1 {
		return "in the feed "
	}
	return ""
}

func (c *compose) keep() tea.Cmd { return c.editor.keep() }

func (c *compose) send() tea.Cmd {
	text := c.editor.value()
	switch _, over := c.editor.budget(); {
	case c.sending:
		return nil
	case strings.TrimSpace(text) == "" && c.attached.picture == nil:
		return c.say(note, "There is nothing to send yet: write something, or attach a picture with "+c.keyOf(keymap.Write, keymap.Attach)+".")
	case over:
		return c.say(bad, "A post holds at most 4,000 bytes; shorten it a little, or send it in two.")
	}
	c.sending, c.editor.sent = true, true
	cl, gen, p, forget := c.client, c.gen, c.attached.picture, c.editor.forget()
	return c.do(func(ctx context.Context) tea.Msg {
		sent, err := cl.Post(ctx, text, p)
		if err == nil {
			forget(ctx)
		}
		return postSentMsg{gen, sent, err}
	})
}

// took ends the screen when the post is safe; when it is not, everything stays.
func (c *compose) took(msg postSentMsg) tea.Cmd {
	c.sending = false
	if msg.err != nil {
		c.editor.sent = false
		return c.fail(msg.err)
	}
	c.attached = attachment{}
	said := c.say(good, "Posted.")
	if msg.sent.Seq == nil {
		said = c.say(note, "Kept in the outbox; it is sent when the server is reached.")
	}
	return tea.Batch(c.close(c), said, func() tea.Msg { return newsMsg{} })
}

// view: see screen.
func (c *compose) view(w, h int) frame {
	below := c.below(w)
	f := c.editor.view(w-4, h-len(below)-1)
	lines := []string{""}
	for _, l := range fit(f.lines, h-len(below)-1) {
		lines = append(lines, "  "+l)
	}
	if f.cursor != nil {
		f.cursor.X += 2
		f.cursor.Y++
	}
	if c.sending {
		f.cursor = nil
	}
	return frame{append(lines, below...), f.cursor}
}

// below is the budget and the picture.
func (c *compose) below(w int) []string {
	budget, over := c.editor.budget()
	style := c.theme.Dim
	if over {
		style, budget = c.theme.Bad, "! "+budget+": too long to send"
	}
	if c.sending {
		budget = "sending…"
	}
	lines := []string{c.theme.Faint.Render(strings.Repeat("─", w)), style.Render("  " + budget)}
	p := "  ▢ no picture: " + c.keyOf(keymap.Write, keymap.Attach) + " attaches one"
	a := c.attached.picture
	if a != nil {
		p = "  ▣ " + line(c.attached.file, 30) + ", " + strconv.Itoa(a.Width) + "×" + strconv.Itoa(a.Height) + ", " +
			thousands((len(a.Bytes)+1023)/1024) + " KiB: " + c.keyOf(keymap.Write, keymap.Detach) + " takes it off"
	}
	lines = append(lines, c.theme.Dim.Render(cut(p, w)))
	if a != nil && a.Alt != "" {
		lines = append(lines, c.theme.Dim.Render("    "+line(a.Alt, w-4)))
	}
	return lines
}

func (c *compose) title() string { return c.heading("New post") }

func (c *compose) keys() keymap.Map { return c.bound(keymap.Write) }

func (c *compose) hints() []keymap.Intent {
	hints := []keymap.Intent{keymap.Send, keymap.Attach, keymap.Back, keymap.Editor}
	if c.attached.picture != nil {
		hints[1] = keymap.Detach
	}
	return hints
}

func (c *compose) typing() bool { return true }

// askPicture asks for a file, prepares it, and asks what it shows.
func askPicture(c *compose) *sheet {
	f := newField("path of a JPEG, PNG, GIF or WebP file")
	return &sheet{
		ui: c.ui, subject: "Attach a picture", field: &f, prepare: listPaths,
		body: []string{"Only its pixels leave this machine: place, time and camera are taken out."},
		onYes: func(typed string) work {
			return func(context.Context) (func() tea.Cmd, error) {
				path := expandHome(strings.Trim(typed, `'"`))
				p, err := preparePicture(path)
				return func() tea.Cmd { return c.ui.open(askAlt(c, filepath.Base(path), p)) }, err
			}
		},
	}
}

func preparePicture(path string) (picture.Prepared, error) {
	if path == "" {
		return picture.Prepared{}, protocol.Errorf(protocol.CodeBadPicture, "Type the path of a picture, or press esc to go on without one.")
	}
	file, err := os.Open(path)
	if err != nil {
		return picture.Prepared{}, protocol.Errorf(protocol.CodeBadPicture, "Cannot open %q: is the path right?", path).Because(err)
	}
	defer file.Close()
	return picture.Prepare(file)
}

func askAlt(c *compose, name string, p picture.Prepared) *sheet {
	f := newField("what does it show? (may be left empty)")
	return &sheet{
		ui: c.ui, subject: "Describe the picture", field: &f,
		body: []string{"For those who cannot see it, and for search."},
		onYes: func(alt string) work {
			return func(context.Context) (func() tea.Cmd, error) {
				if len(alt) > protocol.MaxAlt {
					return nil, protocol.Errorf(protocol.CodeTooLarge, "A description holds at most %d bytes; this one has %d.", protocol.MaxAlt, len(alt))
				}
				return func() tea.Cmd {
					c.attached = attachment{&client.Picture{Bytes: p.Bytes, Width: p.Width, Height: p.Height, Alt: alt}, name}
					return nil
				}, nil
			}
		},
	}
}

func expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}

// listPaths lists what in the typed folder goes on as typed. It reads at most a
// thousand names.
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
