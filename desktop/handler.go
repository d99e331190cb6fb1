package desktop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode"
)

const (
	entryFile = "p4p.desktop"
	scheme    = "x-scheme-handler/p4p"
)

// InstallHandler has the desktop open p4p:// links with `program open -- LINK` in a
// terminal: it writes a desktop entry into the user's applications folder and makes
// it the default for the scheme with xdg-mime. program is an absolute path. To
// repeat it is harmless. file is the entry. The error is a sentence for a person.
//
// The format is the freedesktop.org Desktop Entry Specification 1.5.
func InstallHandler(ctx context.Context, program string) (file string, err error) {
	return system{os: runtime.GOOS, getenv: os.Getenv, lookPath: exec.LookPath, run: runToEnd}.installHandler(ctx, program)
}

// UninstallHandler takes back what InstallHandler did.
func UninstallHandler(context.Context) (file string, err error) {
	return system{os: runtime.GOOS, getenv: os.Getenv}.uninstallHandler()
}

func (s system) installHandler(ctx context.Context, program string) (string, error) {
	if err := s.hasEntries(); err != nil {
		return "", err
	}
	mime, err := s.lookPath("xdg-mime")
	if err != nil {
		return "", errors.New("There is no xdg-mime here to register links with: install xdg-utils first")
	}
	entry, err := desktopEntry(program)
	if err != nil {
		return "", err
	}
	file, err := s.entry()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // the desktop's folder, not ours
		return "", fmt.Errorf("The folder %s cannot be made: %w", filepath.Dir(file), errors.Unwrap(err))
	}
	if err := os.WriteFile(file, []byte(entry), 0o644); err != nil { //nolint:gosec // the desktop reads it
		return "", fmt.Errorf("The file %s cannot be written: %w", file, errors.Unwrap(err))
	}
	if err := s.run(ctx, mime, "default", entryFile, scheme); err != nil {
		return "", fmt.Errorf("xdg-mime does not make P4P the program for p4p:// links: %w", err)
	}
	if update, err := s.lookPath("update-desktop-database"); err == nil {
		_ = s.run(ctx, update, filepath.Dir(file)) // only some desktops keep such a database
	}
	return file, nil
}

func (s system) uninstallHandler() (string, error) {
	if err := s.hasEntries(); err != nil {
		return "", err
	}
	file, err := s.entry()
	if err != nil {
		return "", err
	}
	for _, list := range s.mimeLists() {
		if err := forgetDefault(list); err != nil {
			return "", fmt.Errorf("The file %s cannot be written: %w", list, err)
		}
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("The file %s cannot be removed: %w", file, errors.Unwrap(err))
	}
	return file, nil
}

// hasEntries tells whether this system's desktops work by such entries.
func (s system) hasEntries() error {
	switch s.os {
	case "darwin", "windows", "ios", "android":
		return errors.New("On this system P4P cannot register itself for p4p:// links: paste a link into the app, or give it to p4p accept")
	}
	return nil
}

// entry is where the entry belongs: in $XDG_DATA_HOME/applications.
func (s system) entry() (string, error) {
	data := s.getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		home := s.getenv("HOME")
		if !filepath.IsAbs(home) {
			return "", errors.New("There is no home folder to register links in: set HOME")
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "applications", entryFile), nil
}

// mimeLists are the files in which xdg-mime may have noted the default.
func (s system) mimeLists() []string {
	config := s.getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(s.getenv("HOME"), ".config")
	}
	lists := []string{filepath.Join(config, "mimeapps.list")}
	if entry, err := s.entry(); err == nil {
		lists = append(lists, filepath.Join(filepath.Dir(entry), "mimeapps.list"), filepath.Join(filepath.Dir(entry), "defaults.list"))
	}
	return lists
}

// forgetDefault takes our entry out of a list of defaults and leaves all else.
func forgetDefault(list string) error {
	b, err := os.ReadFile(list)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errors.Unwrap(err)
	}
	lines := strings.SplitAfter(string(b), "\n")
	kept := slices.DeleteFunc(slices.Clone(lines), func(l string) bool {
		key, value, ok := strings.Cut(strings.TrimSpace(l), "=")
		return ok && key == scheme && strings.Trim(value, ";") == entryFile
	})
	if len(kept) == len(lines) {
		return nil
	}
	info, err := os.Stat(list)
	if err != nil {
		return errors.Unwrap(err)
	}
	if err := os.WriteFile(list, []byte(strings.Join(kept, "")), info.Mode().Perm()); err != nil {
		return errors.Unwrap(err)
	}
	return nil
}

// desktopEntry is the file's content.
func desktopEntry(program string) (string, error) {
	if !filepath.IsAbs(program) || strings.IndexFunc(program, unicode.IsControl) >= 0 {
		return "", fmt.Errorf("The program's path %q cannot stand in a desktop entry: put p4p into another folder", program)
	}
	return "[Desktop Entry]\n" +
		"Type=Application\n" +
		"Version=1.5\n" +
		"Name=P4P\n" +
		"Comment=Open a friend's invite\n" +
		"Exec=" + quoteExec(program) + " open -- %u\n" +
		"Terminal=true\n" +
		"NoDisplay=true\n" +
		"MimeType=" + scheme + ";\n", nil
}

// quoteExec writes an argument of the Exec key: quoted, with a backslash before what
// is special inside quotes, a percent sign doubled, and then every backslash doubled,
// because the value is a string ("The Exec key" and "Possible value types"). What
// needs no quotes gets none: xdg-open's own reader, for where there is no GNOME and
// no KDE, does not know them.
func quoteExec(arg string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@"
	if strings.Trim(arg, plain) == "" {
		return arg
	}
	quoted := strings.NewReplacer(`"`, `\"`, "`", "\\`", `$`, `\$`, `\`, `\\`, `%`, `%%`).Replace(arg)
	return `"` + strings.ReplaceAll(quoted, `\`, `\\`) + `"`
}

// runToEnd runs a program and tells its own words if it fails.
func runToEnd(ctx context.Context, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if words := strings.Join(strings.Fields(string(out)), " "); err != nil && words != "" {
		return fmt.Errorf("%s (%w)", words, err)
	}
	return err
}
