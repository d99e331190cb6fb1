package e2e

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"p4p/server"
)

// desktopOf is a folder with programs that write down what they get: the arguments beside
// the name of the file, and the input in NAME.in.
func desktopOf(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		script := "#!/bin/sh\nprintf '%s\\n' \"$*\" > '" + dir + "/" + name + ".args'\n"
		if name == "wl-copy" {
			script += "cat > '" + dir + "/" + name + ".in'\n"
		}
		if name == "xdg-mime" {
			script += "echo messages.desktop\n"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func content(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The app itself, with a clipboard and a program for messages around it.
func TestALinkLeavesTheAppByClipboardAndBySMS(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have other programs")
	}
	s, err := server.Start(t.Context(), server.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", PublicURL: "https://p4p.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer endServer(t, s)
	home, desk, dark := t.TempDir(), desktopOf(t, "wl-copy", "xdg-open", "xdg-mime"), themes["dark"]
	book := filepath.Join(t.TempDir(), "book.vcf")
	if err := os.WriteFile(book, []byte("BEGIN:VCARD\nVERSION:3.0\nFN:Bob\nTEL;TYPE=CELL:+49 171 1234567\nEND:VCARD\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("p4p", "--server", s.URL())
	cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=", "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=",
		"PATH="+desk+string(os.PathListSeparator)+os.Getenv("PATH"), "WAYLAND_DISPLAY=wayland-7", "DISPLAY=",
		"SSH_CONNECTION=", "SSH_CLIENT=", "SSH_TTY=", "WSL_DISTRO_NAME=", "WSL_INTEROP=")
	a := runTerminal(t, cmd, 80, 24, dark.fg, dark.bg)
	a.see("Welcome to P4P", "online")

	a.press("P")
	a.see("Your profiles")
	a.press("i")
	a.see("path of a .vcf file")
	a.press(book + "\r")
	a.see("Keep a phone number")
	a.press("y")
	a.see("It would add 1 person", "+ Bob +491711234567")
	a.press("y")
	a.see("Added 1, changed 0, skipped 0.")
	a.press("\x1b")
	a.see("Your profiles")
	a.press("\x1b")
	a.see("Welcome to P4P")

	a.press("i")
	a.see("Who is it for?")
	a.press("Bob\r")
	a.see("An invite for Bob", "Waiting for Bob")
	link := decode[[]invited](t, run(t, home, "--json", "--server", s.URL(), "invites"))[0].Link
	a.press("c")
	a.see("Copied with wl-copy.")
	if got := content(t, filepath.Join(desk, "wl-copy.in")); got != link {
		t.Errorf("the clipboard has %q, want %q", got, link)
	}
	if got := content(t, filepath.Join(desk, "wl-copy.args")); strings.Contains(got, "p4p.example") {
		t.Errorf("everybody can read the arguments %q", got)
	}
	a.press("m")
	a.see("by SMS", "+491711234567")
	a.press("\r")
	a.see("✓ Your program for messages")
	u, err := url.Parse(strings.TrimSpace(content(t, filepath.Join(desk, "xdg-open.args"))))
	if err != nil || u.Scheme != "sms" || u.Opaque != "+491711234567" || !strings.HasSuffix(u.Query().Get("body"), link) {
		t.Errorf("a message was begun by %v, %v", u, err)
	}
}
