package client

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"golang.org/x/text/unicode/norm"

	"p4p/localmap"
	"p4p/protocol"
)

const (
	ageMagic = "age-encryption.org/"
	// maxBackup bounds what is read of a file, in bytes.
	maxBackup = 1 << 30
	// maxWork is the hardest scrypt, as a power of two, that a file may ask for: one
	// from somebody else must not keep the machine busy for an hour.
	maxWork = 20
)

// Backup writes all that the profile must never lose (keys, names, friendships,
// drafts, what waits to be sent) to a file, encrypted with a passphrase in the
// format of age (age-encryption.org). The file appears whole or not at all, and
// for its owner alone. An earlier backup is replaced, any other file is not.
//
// Codes: usage for an empty passphrase or a file that cannot be written; exists
// for a file that is no backup.
func (c *Client) Backup(ctx context.Context, file, passphrase string) error {
	if passphrase == "" {
		return errNoPassphrase()
	}
	if err := replaceable(file); err != nil {
		return err
	}
	// Whom it has is noted in it, so that nobody is reminded where it is restored.
	before, err := c.local.Setting(ctx, settingBackup)
	if err != nil {
		return err
	}
	if err := c.noteBackup(ctx); err != nil {
		return err
	}
	if err := c.writeBackup(ctx, file, passphrase); err != nil {
		return errors.Join(err, c.local.SetSetting(ctx, settingBackup, before))
	}
	c.notify(NoticesChanged)
	return nil
}

// CheckBackup tells whether [Client.Backup] could write this file now, so that nobody
// types a passphrase for nothing. Codes: as there.
func (c *Client) CheckBackup(file string) error {
	if err := replaceable(file); err != nil {
		return err
	}
	probe, err := os.CreateTemp(filepath.Dir(file), ".p4p-backup-*")
	if err == nil {
		_ = probe.Close()
		err = os.Remove(probe.Name())
	}
	if err != nil {
		return protocol.Errorf(protocol.CodeUsage, "Cannot write the backup %q: %v. Nothing was written.", file, reason(err)).Because(err)
	}
	return nil
}

func (c *Client) writeBackup(ctx context.Context, file, passphrase string) error {
	var plain bytes.Buffer
	if err := c.local.WriteBackup(ctx, &plain); err != nil {
		return err
	}
	if err := writeWhole(file, func(w io.Writer) error { return encrypt(w, plain.Bytes(), passphrase, c.opt.scryptWork) }); err != nil {
		return protocol.Errorf(protocol.CodeUsage, "Cannot write the backup %q: %v. Nothing was written.", file, reason(err)).Because(err)
	}
	return nil
}

// Restore makes an empty or new profile the one of a backup. Everything is
// checked before anything is changed; a profile with something in it is left as
// it is. Codes: profile_in_use, wrong_passphrase, bad_backup, map_newer, usage for
// a file that cannot be read, and those of [Open].
//
// Two machines must not go on with one profile: of two that answer the same
// friend, one would be taken for a rollback.
func Restore(ctx context.Context, o Options, file, passphrase string) (Identity, error) {
	if _, err := ProfileDir(o.Home, o.Profile); err != nil {
		return Identity{}, err
	}
	a, err := OpenBackup(ctx, file, passphrase)
	if err != nil {
		return Identity{}, err
	}
	// Only now: a file that cannot be restored leaves no profile behind.
	return a.Settle(ctx, o)
}

// Arrival is somebody whom a profile is to become: read, checked, and not in a
// profile yet.
type Arrival struct {
	settle func(ctx context.Context, into *localmap.Map) error
}

// OpenBackup reads a backup for [Arrival.Settle], and changes nothing. Codes:
// wrong_passphrase, bad_backup, map_newer, usage for a file that cannot be read.
func OpenBackup(ctx context.Context, file, passphrase string) (Arrival, error) {
	if passphrase == "" {
		return Arrival{}, errNoPassphrase()
	}
	backup, err := readBackup(ctx, file, passphrase)
	if err != nil {
		return Arrival{}, err
	}
	return Arrival{func(ctx context.Context, into *localmap.Map) error {
		return into.Restore(ctx, backup, passingSetting)
	}}, nil
}

// Settle makes a new or empty profile, which nobody has open, the one that arrives:
// all of it or nothing. Codes: profile_in_use, and those of [Open].
func (a Arrival) Settle(ctx context.Context, o Options) (Identity, error) {
	dir, err := ProfileDir(o.Home, o.Profile)
	if err != nil {
		return Identity{}, err
	}
	local, err := localmap.Open(dir, o.local())
	if err != nil {
		return Identity{}, err
	}
	if err := a.settle(ctx, local); err != nil {
		return Identity{}, errors.Join(err, local.Close())
	}
	_, url, _ := local.Server()
	me := Identity{UUID: local.Key().Public.UUID(), Profile: filepath.Base(dir), Server: url}
	return me, local.Close()
}

// Empty tells whether this profile has anything that an [Arrival] would take the place
// of: profile_in_use.
func (c *Client) Empty(ctx context.Context) error { return c.local.Empty(ctx, passingSetting) }

// CanRestore tells before anything is asked for whether a profile is new or
// empty: profile_in_use.
func CanRestore(ctx context.Context, o Options) error {
	dir, err := ProfileDir(o.Home, o.Profile)
	if err != nil {
		return err
	}
	if _, there, err := localmap.Peek(ctx, dir); err != nil || !there {
		return err
	}
	local, err := localmap.Open(dir, o.local())
	if err != nil {
		return err
	}
	return errors.Join(local.Empty(ctx, passingSetting), local.Close())
}

// passingSetting tells which settings a profile gets by being looked at.
func passingSetting(key string) bool {
	return key == settingServer || key == settingBackup || key == settingPosition || strings.HasPrefix(key, readPrefix) || strings.HasPrefix(key, warnPrefix)
}

func errNoPassphrase() *protocol.Error {
	return protocol.Errorf(protocol.CodeUsage, "A backup needs a passphrase: type one, or set P4P_PASSPHRASE.")
}

// secret is a passphrase in the one spelling of Unicode, whatever keyboard it
// was typed on.
func secret(passphrase string) string { return norm.NFC.String(passphrase) }

func encrypt(w io.Writer, plain []byte, passphrase string, work int) error {
	to, err := age.NewScryptRecipient(secret(passphrase))
	if err != nil {
		return err
	}
	if work != 0 {
		to.SetWorkFactor(work)
	}
	out, err := age.Encrypt(w, to)
	if err != nil {
		return err
	}
	if _, err := out.Write(plain); err != nil {
		return err
	}
	return out.Close()
}

func readBackup(ctx context.Context, file, passphrase string) (*localmap.Backup, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, errUnreadable(file, err)
	}
	defer f.Close()
	in := bufio.NewReader(io.LimitReader(f, maxBackup))
	if err := looksLikeBackup(in, file); err != nil {
		return nil, err
	}
	with, err := age.NewScryptIdentity(secret(passphrase))
	if err != nil {
		return nil, err
	}
	with.SetMaxWorkFactor(maxWork)
	plain, err := age.Decrypt(in, with)
	var other *age.NoIdentityMatchError
	switch {
	case errors.As(err, &other) && len(other.StanzaTypes) == 1 && other.StanzaTypes[0] == "scrypt":
		return nil, protocol.Errorf(protocol.CodeWrongPassphrase,
			"That is not the passphrase of the backup %q. Nothing was changed: try again.", file)
	case errors.As(err, &other):
		return nil, errForeign(file, "it is encrypted for a key, not with a passphrase")
	case err != nil:
		return nil, errDamagedBackup(file, err)
	}
	// All of it before any of it is used: only its end proves that it is whole.
	whole, err := io.ReadAll(plain)
	if err != nil {
		return nil, errDamagedBackup(file, err)
	}
	return localmap.ReadBackup(ctx, bytes.NewReader(whole))
}

// looksLikeBackup tells a file that was cut from one that never was a backup.
func looksLikeBackup(in *bufio.Reader, file string) error {
	head, err := in.Peek(len(ageMagic))
	switch {
	case len(head) == 0 && errors.Is(err, io.EOF):
		return errForeign(file, "it is empty")
	case !strings.HasPrefix(ageMagic, string(head)):
		return errForeign(file, "it is something else")
	case errors.Is(err, io.EOF):
		return errDamagedBackup(file, io.ErrUnexpectedEOF)
	case err != nil:
		return errUnreadable(file, err)
	}
	return nil
}

func errUnreadable(file string, err error) *protocol.Error {
	return protocol.Errorf(protocol.CodeUsage, "Cannot read the backup %q: %v.", file, reason(err)).Because(err)
}

func errForeign(file, why string) *protocol.Error {
	return protocol.Errorf(protocol.CodeBadBackup, "%q is no backup of P4P: %s. Nothing was changed.", file, why)
}

func errDamagedBackup(file string, err error) *protocol.Error {
	return protocol.Errorf(protocol.CodeBadBackup,
		"The backup %q is damaged or was cut (%v). Nothing was changed: copy it again, or use another one.", file, err).Because(err)
}

// reason is the system's own words, without the path that our sentence names.
func reason(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return p.Err
	case errors.As(err, &l):
		return l.Err
	}
	return err
}

// replaceable refuses to write over what is no backup.
func replaceable(file string) error {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return protocol.Errorf(protocol.CodeUsage, "Cannot write the backup %q: %v.", file, reason(err)).Because(err)
	}
	defer f.Close()
	head := make([]byte, len(ageMagic))
	if _, err := io.ReadFull(f, head); err != nil || string(head) != ageMagic {
		return protocol.Errorf(protocol.CodeExists, "%q is there already and is no backup: choose another name. Nothing was written.", file)
	}
	return nil
}

// writeWhole writes a file beside its place and moves it there when it is
// complete and on the disk.
func writeWhole(file string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".p4p-backup-*") // 0600
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	// The name is on the disk only with the folder; not every system can do that.
	if dir, err := os.Open(filepath.Dir(file)); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return nil
}
