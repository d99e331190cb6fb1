// Package lines is the app for those who listen to it, and for terminals that can do
// nothing but print: plain lines out, typed commands in.
//
// Its rules:
//
//   - Nothing but text and line feeds is printed: no escape sequence, no box, no line
//     that is written over. What was printed stays as it is.
//   - A line that begins at the left edge is the app's own. What others wrote stands
//     behind a number and an author, and goes on indented: no text can pass for a line
//     of the app or for another author.
//   - News is told in whole lines, at most once in a while, and many of them as a count.
//   - Everything that a newcomer needs can be typed; help lists it.
package lines

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
)

// newsEvery is how often at most news is told.
const newsEvery = time.Second

// maxLine bounds a typed line, in bytes.
const maxLine = 64 << 10

// Client is what is asked of a client.
type Client interface {
	Timeline(ctx context.Context, q client.Query) ([]client.Item, error)
	Thread(ctx context.Context, post protocol.UUID) (client.Item, []client.Item, error)
	Unread(ctx context.Context, v client.View, most int) (client.Unread, error)
	MarkRead(ctx context.Context, v client.View, seq uint64) error
	Status() client.Status
	writer
	keeper
	befriender
}

// Changes tells what may look different; *client.Changes is one.
type Changes interface {
	Next(ctx context.Context) (client.Change, error)
}

// Options of the app. Client, Changes, In and Out are needed.
type Options struct {
	Client  Client
	Changes Changes
	Link    *protocol.Link // an invite to begin with; nothing is asked of the network before a yes
	Note    func() string  // what the embedded server has to say once, or ""
	First   []string       // to be told at the start
	// SMS has the system's program for messages begin one; nil says that there is none.
	SMS func(ctx context.Context, number, text string) error

	In    io.Reader
	Out   io.Writer
	Width func() int // of the terminal in cells; 80 when nil

	now   func() time.Time
	after func(time.Duration) <-chan time.Time
}

// reader is one who listens.
type reader struct {
	Options
	lines  <-chan string
	err    error  // of Out
	refs   []ref  // what was read, by its number
	gone   int    // numbers that were forgotten
	place  place  // what "more" goes on with
	seen   uint64 // the newest post that was told
	heard  uint64 // the newest comment on one's own posts that was told
	online bool
	told   string // the connection as it was told last
	noted  string
	// prompted tells that the last thing printed is the prompt.
	prompted bool
	asked    map[protocol.UUID]bool // acceptances that were told
	over     map[protocol.UUID]bool // friendships whose end was told
	attach   *client.Picture
	deleted  []deletion // the last one last
	// unheard is what "muted" listed last.
	unheard client.Muted
}

// errQuit ends the loop.
var errQuit = errors.New("quit")

// Run reads commands until quit, the end of In or of ctx.
func Run(ctx context.Context, o Options) error {
	if o.now == nil {
		o.now = time.Now
	}
	if o.after == nil {
		o.after = time.After
	}
	if o.SMS == nil {
		o.SMS = func(context.Context, string, string) error {
			return errors.New("There is no program for messages here")
		}
	}
	if o.Width == nil {
		o.Width = func() int { return 80 }
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r := &reader{Options: o, lines: typed(ctx, o.In), asked: map[protocol.UUID]bool{}, over: map[protocol.UUID]bool{}}
	defer func() { r.finish(ctx) }()
	changes := make(chan client.Change)
	go listen(ctx, o, changes)
	r.begin(ctx)
	for {
		r.prompt()
		if err := r.once(ctx, changes); err != nil || r.err != nil {
			if errors.Is(err, errQuit) {
				err = nil
			}
			return errors.Join(err, r.err)
		}
	}
}

// once does one command or tells the news of one change.
func (r *reader) once(ctx context.Context, changes <-chan client.Change) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case line, ok := <-r.lines:
		if !ok {
			return errQuit
		}
		r.prompted = false // its end is a new line
		return r.command(ctx, line)
	case what := <-changes:
		r.news(ctx, what)
		return nil
	}
}

// listen passes changes on, with a pause after each.
func listen(ctx context.Context, o Options, to chan<- client.Change) {
	for {
		what, err := o.Changes.Next(ctx)
		if err != nil {
			return
		}
		select {
		case to <- what:
		case <-ctx.Done():
			return
		}
		select {
		case <-o.after(newsEvery):
		case <-ctx.Done():
			return
		}
	}
}

// typed gives the lines of a reader; one that is too long comes cut. The goroutine ends
// with its reader or, once a line is there, with ctx.
func typed(ctx context.Context, in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		b := bufio.NewReader(in)
		for {
			line, err := readLine(b)
			if err != nil && line == "" {
				return
			}
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

func readLine(b *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, more, err := b.ReadLine()
		if len(line) < maxLine {
			line = append(line, part[:min(len(part), maxLine-len(line))]...)
		}
		if err != nil || !more {
			return plain.Line(string(line)).String(), err
		}
	}
}

// prompt says that a command can be typed, unless that is what stands there.
func (r *reader) prompt() {
	if !r.prompted {
		r.write("> ")
		r.prompted = true
	}
}

func (r *reader) write(s string) {
	r.prompted = false
	if r.err == nil {
		_, r.err = io.WriteString(r.Out, s)
	}
}

// say prints a text of the app's own, or of others behind words of the app's: the first
// line at the left edge, the others indented.
func (r *reader) say(text string) {
	w := max(r.Width()-2, 20)
	for i, l := range plain.Line(text).Wrap(w) {
		if i > 0 {
			r.write("  ")
		}
		r.write(l.String() + "\n")
	}
}

// raw prints a text of our own in one line, however long, to be copied.
func (r *reader) raw(text string) { r.write(text + "\n") }

// fail tells an error.
func (r *reader) fail(err error) {
	var e *protocol.Error
	if errors.As(err, &e) {
		r.say("That did not work. " + e.Message)
		return
	}
	r.say("That did not work: " + err.Error() + ".")
}

// ask asks for a line. It is false when there is none any more.
func (r *reader) ask(ctx context.Context, question string) (string, bool) {
	r.say(question)
	r.prompt()
	select {
	case <-ctx.Done():
		return "", false
	case line, ok := <-r.lines:
		r.prompted = false
		return strings.TrimSpace(line), ok
	}
}

// yes asks until yes or no is typed; anything else that is no answer counts as no after
// the third time.
func (r *reader) yes(ctx context.Context, question string) bool {
	for range 3 {
		answer, ok := r.ask(ctx, question+" Type yes or no.")
		switch strings.ToLower(answer) {
		case "yes", "y":
			return true
		case "no", "n":
			return false
		}
		if !ok {
			return false
		}
	}
	r.say("Then no.")
	return false
}
