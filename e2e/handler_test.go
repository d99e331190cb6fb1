package e2e

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// desktopTerminal stands for the desktop's terminal: it writes down what it is to run.
const desktopTerminal = `#!/bin/sh
[ "$1" = -e ] && shift
printf '%s\n' "$@" >"$ASKED.new"
/bin/mv "$ASKED.new" "$ASKED"
`

// A click on a link, from the entry that p4p writes to the screen that opens: GLib, by
// which GNOME, Xfce and Firefox open links, finds the entry and reads its Exec line.
func TestTheDesktopOpensALinkInTheApp(t *testing.T) {
	if testing.Short() {
		t.Skip("several processes, which start slowly under the race detector")
	}
	for _, name := range []string{"gio", "xdg-mime"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("P4P_CI") == "1" {
				t.Fatalf("%s is missing: apt install libglib2.0-bin xdg-utils", name)
			}
			t.Skipf("%s is missing (libglib2.0-bin and xdg-utils in Debian)", name)
		}
	}
	dir := t.TempDir()
	bin, asked := filepath.Join(dir, "bin"), filepath.Join(dir, "asked")
	for _, d := range []string{bin, filepath.Join(dir, "config")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"xdg-terminal-exec", "xterm"} { // newer and older GLib
		if err := os.WriteFile(filepath.Join(bin, name), []byte(desktopTerminal), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	env := append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+filepath.Join(dir, "data"), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"),
		"XDG_DATA_DIRS="+filepath.Join(dir, "system"), "XDG_CURRENT_DESKTOP=", "DBUS_SESSION_BUS_ADDRESS=", "ASKED="+asked,
		"P4P_HOME="+filepath.Join(dir, "home"), "P4P_SERVER=", "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=")
	install := exec.Command("p4p", "handler", "install")
	install.Env = env
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	click := exec.Command("gio", "open", "p4p://p4p.example/f/01837f64-4057-8650-972f-eae1b4479ad4#U6T2PJ5HU6T2PJ5HU6T2PJ5HU4")
	click.Env = append(env, "PATH="+bin)
	if out, err := click.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var line string
	eventually(t, "the desktop asking a terminal for something", func() bool {
		b, err := os.ReadFile(asked)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		line = strings.TrimSuffix(string(b), "\n")
		return err == nil
	})
	args := strings.Split(line, "\n")
	app := exec.Command(args[0], args[1:]...)
	app.Env = env
	dark := themes["dark"]
	s := runTerminal(t, app, 80, 24, dark.fg, dark.bg)
	s.see("A friend invite on https://p4p.example", "Nothing was asked of the network yet")
	s.press("\x03")
	s.ends()
}
