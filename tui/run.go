// Package tui is the app in the terminal: it draws what the client knows and
// turns keys into calls of the client. It decides nothing.
//
// Its rules:
//
//   - Update never waits. What takes time is a command that captured what it
//     needs; an answer that comes too late is dropped by its number.
//   - Text from anybody passes plain before it is drawn, and never stands in the
//     columns where the app's own marks stand.
//   - What changed is only a hint: at most once a frame the visible screen asks
//     again for the part that it shows.
//   - Nothing that a person wrote is lost by a key.
package tui

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"p4p/client"
	"p4p/desktop"
	"p4p/protocol"
	"p4p/tui/graphics"
	"p4p/tui/settings"
	"p4p/tui/theme"
)

// Client is what the app asks of a client: what its screens ask.
type Client interface {
	feedClient
	threadClient
	outboxClient
	composeClient
	inviteClient
	acceptClient
	friendsClient
	serverClient
	pictureClient
	eyeClient
	unreadClient
	muteClient
	postsClient
	warningClient
	selfClient
	Status() client.Status
}

var _ Client = (*client.Client)(nil)

// Changes tells what may look different; *client.Changes is one.
type Changes interface {
	Next(ctx context.Context) (client.Change, error)
}

// Options of the app. Client and Changes are needed.
type Options struct {
	Client  Client
	Changes Changes
	Link    *protocol.Link // an invite to show at the start; nothing is asked of the network before a key
	SaveDir string         // where the pictures of codes are saved; the working directory when ""
	// Open opens a web address outside of the terminal; desktop.Open when nil.
	Open func(ctx context.Context, address string) error
	// Copy puts a text on the system's clipboard and tells by which program;
	// desktop.Copy when nil.
	Copy func(ctx context.Context, text string) (program string, err error)
	// SMS has the system's program for messages begin one; desktop.SMS when nil.
	SMS    func(ctx context.Context, number, text string) error
	Reach  Reach
	Selves Selves        // the profiles of this home
	Note   func() string // what the embedded server has to say once, or ""
	Said   string        // what is to be told at the start, or ""
	Failed error         // what went wrong before it

	Settings *settings.Settings // those that the app comes with when nil
	Problems []settings.Problem // of the file that they are from: told once, and kept in the log

	// Images is how pictures are shown; with blocks unless told otherwise.
	Images graphics.Mode

	In  io.Reader // os.Stdin when nil
	Out io.Writer // os.Stdout when nil
	Env []string  // os.Environ() when nil

	// Hold leaves interrupts to the program that has the terminal, until its answer is
	// called; nil where they do not end the app.
	Hold func() (release func())

	program []tea.ProgramOption // for tests
}

// Run shows the app until the person quits or ctx ends. The terminal is restored
// whatever happens.
func Run(ctx context.Context, o Options) error {
	if o.Env == nil {
		o.Env = os.Environ()
	}
	if o.In == nil {
		o.In = os.Stdin
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	profile, colour := colours(o.Out, o.Env)
	canvas := graphics.NewCanvas(o.Out)
	canvas.Family = 1 + rand.IntN(255)
	a := newApp(ctx, o, profile, colour, canvas)
	a.readFirst()
	program := append([]tea.ProgramOption{
		tea.WithContext(ctx), tea.WithInput(cleanPastes(o.In)), tea.WithOutput(canvas.File()),
		tea.WithEnvironment(o.Env), tea.WithColorProfile(profile),
		tea.WithFPS(120),           // a key waits half as long for its frame; see docs/performance.md
		tea.WithoutSignalHandler(), // signals end ctx
	}, o.program...)
	_, err := tea.NewProgram(a, program...).Run()
	keepLast(func() { a.putAway(context.WithoutCancel(ctx)) })
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// keepLast puts away what was being written, after a panic too: then the state may be
// such that this panics as well, and what matters is that the terminal is restored.
func keepLast(putAway func()) {
	defer func() { _ = recover() }()
	putAway()
}

func newApp(ctx context.Context, o Options, profile colorprofile.Profile, colour bool, canvas *graphics.Canvas) *app {
	set := settings.Default()
	if o.Settings != nil {
		set = *o.Settings
	}
	u := &ui{
		set: set,
		ctx: ctx, client: o.Client, theme: chooseTheme(set.Theme, true, colour), profile: profile,
		now: time.Now, saveDir: o.SaveDir, pictures: newPictures(o.Images, canvas, o.Env),
		drafts: newDraftBox(), terminal: tty{o.In, o.Out, o.Hold, tea.Exec}, env: o.Env,
		after: func(d time.Duration, msg tea.Msg) tea.Cmd {
			return tea.Tick(d, func(time.Time) tea.Msg { return msg })
		},
	}
	if !colour {
		u.profile = colorprofile.ASCII
	}
	if u.openPage = o.Open; u.openPage == nil {
		u.openPage = desktop.Open
	}
	if u.toClipboard = o.Copy; u.toClipboard == nil {
		u.toClipboard = desktop.Copy
	}
	if u.sendSMS = o.SMS; u.sendSMS == nil {
		u.sendSMS = desktop.SMS
	}
	u.reach, u.selves = o.Reach, o.Selves
	u.profileName = o.Client.Whoami(ctx).Profile
	if u.saveDir == "" {
		u.saveDir = "."
	}
	u.layers = []*layer{{screen: newFeed(u)}}
	a := &app{ui: u, changes: o.Changes, colour: colour, note: o.Note, said: o.Said, failed: o.Failed, problems: o.Problems}
	a.notifier = notifier{how: set.Notifications, speaks: speaks(o.Env), key: u.now()}
	if o.Link != nil {
		a.link = o.Link.URL()
	}
	return a
}

// chooseTheme is the theme of a setting, for a background that the terminal told or
// that is guessed.
func chooseTheme(setting string, isDark, colour bool) theme.Theme {
	name, of, _ := strings.Cut(setting, settings.HighContrast)
	switch name + of {
	case "dark", "-dark":
		isDark = true
	case "light", "-light":
		isDark = false
	}
	if strings.HasPrefix(setting, settings.HighContrast) {
		return theme.HighContrast(isDark, colour)
	}
	return theme.New(isDark, colour)
}

// still tells that nothing is to move that need not.
func (u *ui) still() bool { return u.set.Motion == settings.MotionReduced }

// colours is what the terminal can show, and whether the person wants colours.
// NO_COLOR is the theme's to honour: if it reached Bubble Tea, that would take
// the forced black and white out of QR codes, and no phone could read them.
func colours(out io.Writer, env []string) (colorprofile.Profile, bool) {
	colour := true
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		name, value, _ := strings.Cut(v, "=")
		if name == "NO_COLOR" && value != "" {
			colour = false
		}
		return name == "NO_COLOR" || name == "CLICOLOR"
	})
	p := colorprofile.Detect(out, env)
	return max(p, colorprofile.ANSI), colour
}
