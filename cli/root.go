// Package cli is the command line: flags in, calls of the client, text or JSON
// out. Scripts and tests rely on it.
//
// Its rules:
//
//   - Results go to standard output, everything else to standard error.
//   - Exit 0 is done, 1 refused or failed, 2 a command line that does not fit.
//   - An error is one line, "p4p: sentence (code)", with --json
//     {"error":{"code","message"}}.
//   - What strangers wrote passes plain before it reaches a terminal; JSON
//     carries it as it was signed.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/server"
	"p4p/tui/graphics"
)

// Streams are a program's standard streams.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Execute runs one command line and returns the exit code.
func Execute(ctx context.Context, args []string, std Streams) int {
	a := &app{Streams: std}
	ctx, stop := a.signals.endBy(ctx)
	defer stop()
	ctx, a.fail = context.WithCancelCause(ctx)
	defer a.fail(nil)
	root := newRoot(a)
	root.SetArgs(linkFirst(root, args))
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	// What comes back from fang is a command line that does not fit; commands
	// report their own failures through a.err.
	err := fang.Execute(ctx, root, fang.WithVersion(server.Version()),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}))
	if err != nil {
		a.report(usage(err))
		return 2
	}
	if a.err == nil {
		return 0
	}
	if ctx.Err() != nil && errors.Is(a.err, context.Canceled) {
		a.err = protocol.Errorf(protocol.CodeInterrupted, "Interrupted.")
	}
	a.report(a.err)
	if protocol.CodeOf(a.err) == protocol.CodeUsage {
		return 2
	}
	return 1
}

// linkFirst turns `p4p LINK` into `p4p accept LINK`.
func linkFirst(root *cobra.Command, args []string) []string {
	for i, arg := range args {
		if strings.HasPrefix(arg, "-") {
			continue
		}
		if c, _, err := root.Find(args[i:]); err == nil && c != root {
			return args
		}
		if protocol.LooksLikeLink(arg) {
			return append([]string{"accept"}, args...)
		}
	}
	return args
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "p4p [LINK]",
		Short: "A feed in which nobody signs up and only your friends know who you are",
		Long: "P4P opens its terminal app, with a server of its own unless one is configured.\n" +
			"Given the link of an invite it accepts that.",
		Example: "p4p\np4p post \"Hello, whoever you are\"\np4p invite Bob\np4p accept --name Alice -- LINK\np4p serve --public-url https://p4p.example",
		Args:    cobra.NoArgs,
		RunE:    a.run(a.openApp),
	}
	root.Flags().BoolVar(&a.plain, "plain", false, "the app in plain lines and typed commands, for screen readers")
	f := root.PersistentFlags()
	f.StringVar(&a.home, "home", os.Getenv("P4P_HOME"), "folder for all of P4P's files (P4P_HOME)")
	f.StringVar(&a.profile, "profile", "", "which of your selves to be")
	f.StringVar(&a.serverURL, "server", os.Getenv("P4P_SERVER"), "address of the P4P server to use (P4P_SERVER); for one with a key of its own with the fingerprint, as https://ADDRESS#FINGERPRINT")
	f.BoolVar(&a.json, "json", false, "print JSON")
	root.Flags().StringVar(&a.images, "images", "", "how the app shows pictures: "+graphics.Words+" (default: as the settings say)")
	root.AddCommand(
		serveCommand(a), whoamiCommand(a),
		feedCommand(a), postCommand(a), commentCommand(a), deleteCommand(a), reportCommand(a),
		inviteCommand(a), invitesCommand(a), acceptCommand(a), openCommand(a),
		friendsCommand(a), contactsCommand(a), profilesCommand(a),
		backupCommand(a), restoreCommand(a), lockCommand(a), rotateCommand(a), forgetCommand(a), moveCommand(a),
		configCommand(a), reportsCommand(a), takedownCommand(a), handlerCommand(a),
	)
	return root
}

// run makes a cobra handler that leaves its error in a.err.
func (a *app) run(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.err = f(cmd.Context(), args)
		if fault, ok := errors.AsType[*client.Panic](context.Cause(cmd.Context())); ok {
			a.err, a.fault = fault, true
		}
		if fault := a.panicked.Load(); fault != nil {
			a.err, a.fault = fault, true
		}
		a.close()
		if fault := a.panicked.Load(); fault != nil {
			a.err = fault // while it was closing
		}
		return nil
	}
}

func usage(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) {
		return e
	}
	return protocol.Errorf(protocol.CodeUsage, "%s. Try p4p --help.", strings.TrimSuffix(sentence(err.Error()), "."))
}

// sentence gives an error of a library a capital letter.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// report prints the one line that an error is.
func (a *app) report(err error) {
	code, message := protocol.CodeOf(err), err.Error()
	if a.json {
		_ = a.writeJSON(a.Err, protocol.ErrorBody{Error: &protocol.Error{Code: code, Message: message}})
		return
	}
	_, _ = fmt.Fprintf(a.Err, "p4p: %s (%s)\n", safeLine(message), code)
	if p, ok := errors.AsType[*client.Panic](err); ok {
		a.say("Please report this, with what follows:\n\n%s", plain.Block(string(p.Stack)))
	}
}
