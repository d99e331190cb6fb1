package tui

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/client/picture"
	"p4p/protocol"
	"p4p/tui/keymap"
)

const (
	// postDraft is where the draft of a post is kept.
	postDraft = "post"
	// pictureDraft is what the [draftBox] calls its picture.
	pictureDraft = "post picture"
)

// pictureKinds are the names' ends of the files that can be attached.
var pictureKinds = []string{".jpg", ".jpeg", ".png", ".gif", ".webp"}

// attachment is the picture of the post that is being written. It is kept with the
// draft.
type attachment struct {
	picture *client.Picture // nil for none
	file    string          // its name on this machine
	blob    protocol.BlobID // names the picture, for its preview
}

func newAttachment(p *client.Picture, file string) attachment {
	return attachment{p, file, protocol.BlobOf(p.Bytes)}
}

type attachClient interface {
	DraftPicture(ctx context.Context, where string) (p *client.Picture, file string, err error)
	SaveDraftPicture(ctx context.Context, where string, p *client.Picture, file string) error
}

type (
	// attachmentReadMsg is the picture that was kept with the draft.
	attachmentReadMsg struct {
		gen     int
		picture *client.Picture
		file    string
		err     error
	}
	// preparedMsg is a file that was read to be attached. pasted is the text that
	// named it, where that was a paste.
	preparedMsg struct {
		gen    int
		file   string
		p      picture.Prepared
		pasted string
		err    error
	}
)

// readAttachment asks for the picture of the draft.
func (c *compose) readAttachment() tea.Cmd {
	if c.attached.picture != nil {
		return nil
	}
	cl, gen := c.client, c.gen
	return c.do(func(ctx context.Context) tea.Msg {
		p, file, err := cl.DraftPicture(ctx, postDraft)
		return attachmentReadMsg{gen, p, file, err}
	})
}

func (c *compose) tookAttachment(msg attachmentReadMsg) tea.Cmd {
	switch {
	case msg.err != nil:
		return c.fail(msg.err)
	case msg.picture != nil && c.attached.picture == nil && !c.detached && !c.sending:
		c.attached = newAttachment(msg.picture, msg.file)
	}
	return nil
}

// prepareFile reads a file to be attached, off the update loop.
func (c *compose) prepareFile(path, pasted string) tea.Cmd {
	gen := c.gen
	return c.do(func(context.Context) tea.Msg {
		p, err := preparePicture(path)
		return preparedMsg{gen, filepath.Base(path), p, pasted, err}
	})
}

// prepared attaches what was read and asks what it shows. A paste that names no file stays
// the text that it is.
func (c *compose) prepared(msg preparedMsg) tea.Cmd {
	if msg.err != nil {
		var cmd tea.Cmd
		if msg.pasted != "" {
			cmd = c.editor.update(tea.PasteMsg{Content: msg.pasted})
			if errors.Is(msg.err, fs.ErrNotExist) {
				return cmd
			}
		}
		return tea.Batch(cmd, c.fail(msg.err))
	}
	p := &client.Picture{Bytes: msg.p.Bytes, Width: msg.p.Width, Height: msg.p.Height}
	return tea.Batch(c.attach(p, msg.file), c.open(askAlt(c)))
}

// attach takes a picture along with the post, and keeps it with the draft.
func (c *compose) attach(p *client.Picture, file string) tea.Cmd {
	c.attached, c.detached = newAttachment(p, file), false
	return c.keepAttachment(p, file)
}

// detach takes it off again.
func (c *compose) detach() tea.Cmd {
	if c.attached.picture == nil {
		return c.say(note, "There is no picture to take off.")
	}
	c.attached, c.detached = attachment{}, true
	return tea.Batch(c.keepAttachment(nil, ""), c.say(good, "The picture is taken off; the file is where it was."))
}

func (c *compose) keepAttachment(p *client.Picture, file string) tea.Cmd {
	cl, d, n := c.client, c.drafts, c.drafts.begin(pictureDraft, c.next())
	return c.do(func(ctx context.Context) tea.Msg {
		if err := d.savePicture(ctx, cl, p, file, n); err != nil {
			return attemptedMsg{err: err}
		}
		return nil
	})
}

// nameAttachment keeps the picture of a draft that came back with its file, unless another
// window's is there.
func (c *compose) nameAttachment(p *client.Picture, file string) tea.Cmd {
	cl, d, n := c.client, c.drafts, c.next()
	return c.do(func(ctx context.Context) tea.Msg {
		kept, _, err := cl.DraftPicture(ctx, postDraft)
		if err == nil && kept != nil && !bytes.Equal(kept.Bytes, p.Bytes) {
			return nil
		}
		if err == nil {
			err = d.savePicture(ctx, cl, p, file, n)
		}
		if err != nil {
			return attemptedMsg{err: err}
		}
		return nil
	})
}

// savePicture keeps the picture of the post's draft unless something newer was kept.
func (d *draftBox) savePicture(ctx context.Context, c attachClient, p *client.Picture, file string, gen int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if gen < d.last[pictureDraft] {
		return nil
	}
	err := c.SaveDraftPicture(ctx, postDraft, p, file)
	if err == nil {
		d.last[pictureDraft] = gen
	}
	return err
}

// preview is how the picture is shown below the text, where the window has room for it.
func (c *compose) preview(w, h int) (drawing, bool) {
	a := c.attached.picture
	if a == nil || h < 14 {
		return drawing{}, false
	}
	return c.drawingFor(c.attached.blob, a.Width, a.Height, min(w-8, 48), min(h/3, 10))
}

// need: see needer.
func (c *compose) need(w, h int) tea.Cmd {
	d, ok := c.preview(w, h)
	if !ok {
		return nil
	}
	if _, asked := c.pictures.get(d); asked {
		return nil
	}
	b := c.attached.picture.Bytes
	return c.drawPicture(d, func(context.Context) ([]byte, error) { return b, nil })
}

// previewLines are the picture below the text.
func (c *compose) previewLines(w, h int) []string {
	d, ok := c.preview(w, h)
	if !ok {
		return nil
	}
	a := c.attached.picture
	lines := c.placeholder(d, &protocol.Image{Blob: c.attached.blob, Width: a.Width, Height: a.Height})
	if got := c.pictures.have[d]; got != nil && got.lines != nil {
		lines = got.lines
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = "    " + l
	}
	return out
}

// askAlt asks what the attached picture shows. Without an answer it stays attached.
func askAlt(c *compose) *sheet {
	f := newField("what does it show? (may be left empty)")
	p, file := c.attached.picture, c.attached.file
	f.set(p.Alt)
	return &sheet{
		ui: c.ui, subject: "Describe the picture", field: &f, optional: true,
		body: []string{
			line(cmp.Or(file, "The picture"), 60) + " is attached. Only its pixels leave this machine: place, time and camera are taken out.",
			"What it shows, for those who cannot see it, and for search:",
		},
		onYes: func(alt string) work {
			return func(context.Context) (func() tea.Cmd, error) {
				if len(alt) > protocol.MaxAlt {
					return nil, protocol.Errorf(protocol.CodeTooLarge, "A description holds at most %d bytes; this one has %d.", protocol.MaxAlt, len(alt))
				}
				return func() tea.Cmd {
					if c.attached.picture != p { // taken off meanwhile
						return nil
					}
					described := *p
					described.Alt = alt
					return c.attach(&described, file)
				}, nil
			}
		},
	}
}

func preparePicture(path string) (picture.Prepared, error) {
	file, err := os.Open(path)
	if err != nil {
		return picture.Prepared{}, protocol.Errorf(protocol.CodeBadPicture, "Cannot open %q: is the path right?", path).Because(err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && !info.Mode().IsRegular() {
		return picture.Prepared{}, protocol.Errorf(protocol.CodeBadPicture, "%q is not a file that can be attached.", path)
	}
	return picture.Prepare(file)
}

func isPicture(name string) bool {
	return slices.Contains(pictureKinds, strings.ToLower(filepath.Ext(name)))
}

func expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}

// droppedPath is the path of a picture that a paste consists of, as terminals write it
// when a file is dropped on them: plain, quoted, with backslashes, or as a file: URL.
// Whether the file is there is not looked at.
func droppedPath(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if n := len(text); n == 0 || n > 4096 || strings.ContainsAny(text, "\n\r\x00") {
		return "", false
	}
	path := text
	switch quote := text[0]; {
	case quote == '\'' || quote == '"':
		if len(text) < 2 || text[len(text)-1] != quote {
			return "", false
		}
		path = text[1 : len(text)-1]
		if strings.ContainsRune(path, rune(quote)) {
			return "", false // two of them, or part of a sentence
		}
	case strings.HasPrefix(text, "file://"):
		u, err := url.Parse(text)
		if err != nil || u.Host != "" && u.Host != "localhost" {
			return "", false
		}
		path = filepath.FromSlash(u.Path)
	case runtime.GOOS != "windows":
		plain, ok := unescape(text)
		if !ok {
			return "", false
		}
		path = plain
	}
	path = expandHome(path)
	return path, filepath.IsAbs(path) && isPicture(path)
}

// unescape takes out the backslashes of a shell's word. A bare space is taken as part
// of it: not every terminal escapes what is dropped.
func unescape(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			if i++; i == len(s) {
				return "", false
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), true
}

// dropped attaches the picture whose path was pasted, if it is one.
func (c *compose) dropped(msg tea.PasteMsg) (tea.Cmd, bool) {
	path, ok := droppedPath(msg.Content)
	if !ok {
		return nil, false
	}
	return c.prepareFile(path, msg.Content), true
}

// attachHint tells the key that attaches.
func (c *compose) attachHint() string {
	return c.keyOf(keymap.Write, keymap.Attach) + " attaches one, or drop it here"
}
