package cli

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/protocol"
)

func backupCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write your keys, names and friendships to a file, encrypted with a passphrase",
		Long: "Backup writes all that nobody else could give back to you. The file is encrypted\n" +
			"in the format of age; the passphrase is asked for, or taken from P4P_PASSPHRASE.\n" +
			"Whoever has both is you: keep them apart.",
		Example: "p4p backup p4p-backup.age",
		Args:    cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			c, err := a.open(ctx, slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			if err := c.CheckBackup(args[0]); err != nil {
				return err
			}
			passphrase, err := a.passphrase(true)
			if err != nil {
				return err
			}
			if err := c.Backup(ctx, args[0], passphrase); err != nil {
				return err
			}
			me := c.Whoami(ctx)
			return a.print(struct {
				File    string        `json:"file"`
				UUID    protocol.UUID `json:"uuid"`
				Profile string        `json:"profile"`
			}{args[0], me.UUID, me.Profile},
				"The profile %s is in %s. Make another when you have new friends.", me.Profile, safeLine(filepath.Base(args[0])))
		}),
	}
}

func restoreCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Become who you were when a backup was made; only a profile with nothing in it is filled",
		Long: "Restore checks the whole backup before it changes anything, and fills a profile that\n" +
			"is new or has nothing in it. One that was moved here (p4p move) takes the backup of\n" +
			"the same identity for its names. Go on with it in one place only: two machines\n" +
			"with one profile would contradict each other.",
		Example: "p4p restore p4p-backup.age\np4p --profile old restore p4p-backup.age",
		Args:    cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			o := client.Options{Home: a.homeDir(), Profile: a.profile}
			if err := client.CanRestore(ctx, o); err != nil {
				return err
			}
			passphrase, err := a.passphrase(false)
			if err != nil {
				return err
			}
			me, err := client.Restore(ctx, o, args[0], passphrase)
			if err != nil {
				return err
			}
			return a.print(struct {
				UUID    protocol.UUID `json:"uuid"`
				Profile string        `json:"profile"`
				Server  string        `json:"server"`
			}{me.UUID, me.Profile, me.Server}, "The profile %s is %s again. Go on with it in one place only.", me.Profile, me.UUID)
		}),
	}
}

// passphrase is P4P_PASSPHRASE, or what is typed without being shown; twice where
// a slip would lock the person out.
func (a *app) passphrase(twice bool) (string, error) {
	if p := os.Getenv("P4P_PASSPHRASE"); p != "" {
		return p, nil
	}
	in, ok := a.In.(*os.File)
	if !ok || !a.interactive() {
		return "", protocol.Errorf(protocol.CodeUsage, "There is no terminal to type the passphrase on: set P4P_PASSPHRASE.")
	}
	ask := func(prompt string) (string, error) {
		_, _ = a.Err.Write([]byte(prompt))
		typed, err := term.ReadPassword(in.Fd())
		a.say("")
		if err != nil {
			return "", protocol.Errorf(protocol.CodeUsage, "Nobody typed a passphrase.").Because(err)
		}
		return string(typed), nil
	}
	first, err := ask("Passphrase: ")
	if err != nil || !twice || first == "" {
		return first, err
	}
	second, err := ask("Once more: ")
	if err == nil && first != second {
		return "", protocol.Errorf(protocol.CodeWrongPassphrase, "The two are not the same: nothing was written.")
	}
	return first, err
}
