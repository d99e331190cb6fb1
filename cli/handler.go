package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"p4p/desktop"
	"p4p/protocol"
)

func handlerCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "handler",
		Short: "Have the desktop open p4p:// links with this program",
		Long: "The page that an invite's link opens offers to open it in the installed app, by a link\n" +
			"that begins with p4p://. Once the handler is installed, a click on it opens P4P in a\n" +
			"terminal, which shows the invite and asks before anything happens.",
		Args: cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error {
			return protocol.Errorf(protocol.CodeUsage, "Say what to do with the handler: p4p handler install, or p4p handler uninstall.")
		}),
	}
	one := func(use, short, done string, f func(ctx context.Context) (string, error)) {
		cmd.AddCommand(&cobra.Command{
			Use: use, Short: short, Args: cobra.NoArgs,
			RunE: a.run(func(ctx context.Context, _ []string) error {
				file, err := f(ctx)
				if err != nil {
					return protocol.Errorf(protocol.CodeUnavailable, "%s.", err)
				}
				return a.print(struct {
					File string `json:"file"`
				}{file}, done, safeLine(file))
			}),
		})
	}
	one("install", "Register this program for p4p:// links, for your user alone", "A click on a p4p:// link opens P4P in a terminal now (%s).",
		func(ctx context.Context) (string, error) {
			program, err := os.Executable()
			if err == nil {
				program, err = filepath.EvalSymlinks(program)
			}
			if err != nil {
				return "", err
			}
			if strings.Contains(program, string(filepath.Separator)+"go-build") {
				return "", errors.New("This program was started with go run and is gone when it ends: build it with go build, and run that")
			}
			return desktop.InstallHandler(ctx, program)
		})
	one("uninstall", "Take that back", "P4P opens no p4p:// links; %s is not there any more.", desktop.UninstallHandler)
	return cmd
}
