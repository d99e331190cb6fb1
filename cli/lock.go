package cli

import (
	"context"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/desktop"
	"p4p/localmap"
	"p4p/protocol"
)

func lockCommand(a *app) *cobra.Command {
	var off, ring bool
	cmd := &cobra.Command{
		Use:   "lock",
		Short: "Seal this profile's keys, names and friendships on the disk, under a passphrase",
		Long: "Once it is locked, whoever copies the profile's folder reads nothing of it: no key, no\n" +
			"name, no friend. p4p asks for the passphrase at each start (scripts set\n" +
			"P4P_LOCK_PASSPHRASE). Locking again changes the passphrase; --off takes the lock off.\n" +
			"With --keyring, or where you type nothing, the key lies in your desktop's keyring\n" +
			"instead, and nothing is asked while you are logged in.\n\n" +
			"While p4p runs, the open copy lies in memory. What you have seen of the public feed\n" +
			"(cache.db) is not sealed. Nobody can open a lock whose passphrase is forgotten: make\n" +
			"a backup first.",
		Example: "p4p backup p4p-backup.age && p4p lock\np4p lock --keyring\np4p lock --off",
		Args:    cobra.NoArgs,
		RunE: a.run(func(_ context.Context, _ []string) error {
			if off && ring {
				return protocol.Errorf(protocol.CodeUsage, "--off takes the lock off, and --keyring puts one on: choose one.")
			}
			dir, err := client.ProfileDir(a.homeDir(), a.profile)
			if err != nil {
				return err
			}
			o := localmap.Options{Passphrase: a.lockPassphrase, Keyring: desktop.Keyring{}}
			if err := haveProfile(dir); err != nil {
				return err
			}
			if off {
				if err := localmap.Unlock(dir, o); err != nil {
					return err
				}
				return a.printLock(false, "The lock is off: who can read this profile's folder can read its keys and names.")
			}
			passphrase := ""
			if !ring {
				if a.interactive() && os.Getenv("P4P_PASSPHRASE") == "" {
					a.say("Type nothing to have your desktop's keyring hold the key instead.")
				}
				if passphrase, err = a.passphrase(true); err != nil {
					return err
				}
				if passphrase == "" {
					if err := a.leaveToKeyring(o.Keyring); err != nil {
						return err
					}
				}
			}
			if err := localmap.Lock(dir, passphrase, o); err != nil {
				return err
			}
			return a.printLock(true, "Locked. Without the passphrase (or your keyring) nobody opens it, you included: is there a backup?")
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&off, "off", false, "take the lock off")
	f.BoolVar(&ring, "keyring", false, "keep the key in the desktop's keyring instead of under a passphrase")
	return cmd
}

// leaveToKeyring asks, after an empty passphrase, whether the desktop's keyring is to
// hold the key; nil is yes.
func (a *app) leaveToKeyring(ring localmap.Keyring) error {
	const probe = "probe"
	err := ring.Set(probe, probe)
	if err == nil {
		err = ring.Delete(probe)
	}
	if err != nil {
		return protocol.Errorf(protocol.CodeLocked, "There is no keyring here that keeps a key (%s): lock with a passphrase. Nothing was locked.", safeLine(err.Error())).Because(err)
	}
	a.say("Your desktop's keyring answers, and can hold the key: then nothing is asked while you are logged in.")
	a.say("Whoever uses your desktop opens the profile. A keyring that is lost, with a desktop that is")
	a.say("installed anew for instance, takes the profile with it: make a backup first (p4p backup FILE).")
	yes, err := a.ask("Leave the key to the keyring? [y/N] ")
	if err == nil && !yes {
		err = protocol.Errorf(protocol.CodeInterrupted, "Nothing was locked.")
	}
	return err
}

// haveProfile refuses to lock what is not there.
func haveProfile(dir string) error {
	for _, name := range []string{localmap.FileName, localmap.SealedName} {
		if _, err := os.Stat(dir + string(os.PathSeparator) + name); err == nil {
			return nil
		}
	}
	return protocol.Errorf(protocol.CodeWrongState, "There is no such profile yet: p4p makes it at its first start.")
}

func (a *app) printLock(locked bool, text string) error {
	profile := a.profile
	if profile == "" {
		profile = client.DefaultProfile
	}
	return a.print(struct {
		Profile string `json:"profile"`
		Locked  bool   `json:"locked"`
	}{profile, locked}, "%s", text)
}

// lockPassphrase is what a locked profile is opened with: P4P_LOCK_PASSPHRASE, or what
// is typed without being shown.
func (a *app) lockPassphrase() (string, error) {
	if p := os.Getenv("P4P_LOCK_PASSPHRASE"); p != "" {
		return p, nil
	}
	in, ok := a.In.(*os.File)
	if !ok || !a.interactive() {
		return "", protocol.Errorf(protocol.CodeLocked,
			"This profile is locked with a passphrase: run p4p in a terminal, which asks for it, or set P4P_LOCK_PASSPHRASE.")
	}
	_, _ = a.Err.Write([]byte("Passphrase of the profile's lock: "))
	typed, err := term.ReadPassword(in.Fd())
	a.say("")
	if err != nil {
		return "", protocol.Errorf(protocol.CodeUsage, "Nobody typed a passphrase.").Because(err)
	}
	return string(typed), nil
}
