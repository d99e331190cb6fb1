package desktop

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const aSecret = "https://p4p.example/f/1#SECRET"

// sat is a system with these programs and this environment; what a program is run with
// is written down.
func sat(name string, env map[string]string, programs string, ran *[]string) system {
	return system{
		os:     name,
		getenv: func(key string) string { return env[key] },
		lookPath: func(name string) (string, error) {
			for _, p := range strings.Fields(programs) {
				if strings.TrimPrefix(p, "broken:") == name {
					return p, nil
				}
			}
			return "", errors.New("none")
		},
		feed: func(_ context.Context, text, name string, args ...string) error {
			*ran = append(*ran, strings.Join(append([]string{name}, args...), " ")+" < "+text)
			if strings.HasPrefix(name, "broken:") {
				return errors.New("exit 1")
			}
			return nil
		},
	}
}

func TestEachDesktopHasItsClipboard(t *testing.T) {
	type env = map[string]string
	wayland, x11, both := env{"WAYLAND_DISPLAY": "wayland-0"}, env{"DISPLAY": ":0"}, env{"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
	for _, tt := range []struct {
		os       string
		env      env
		programs string
		want     string // who took it
	}{
		{"linux", wayland, "wl-copy xclip xsel", "wl-copy"},
		{"linux", x11, "wl-copy xclip xsel", "xclip"},
		{"linux", x11, "xsel", "xsel"},
		{"linux", both, "xclip", "xclip"},
		{"linux", both, "broken:wl-copy xclip", "xclip"},
		{"freebsd", x11, "xclip", "xclip"},
		{"linux", env{}, "wl-copy xclip xsel", ""},
		{"linux", both, "", ""},
		{"linux", both, "broken:wl-copy broken:xclip broken:xsel", ""},
		{"darwin", env{}, "pbcopy xclip", "pbcopy"},
		{"windows", env{}, "clip.exe powershell.exe", "clip"},
		{"linux", env{"WSL_DISTRO_NAME": "Debian", "WAYLAND_DISPLAY": "wayland-0"}, "clip.exe wl-copy", "clip"},
		{"linux", env{"WSL_INTEROP": "/run/WSL/8_interop", "WAYLAND_DISPLAY": "wayland-0"}, "wl-copy", "wl-copy"},
		{"linux", env{"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22", "DISPLAY": "localhost:10.0"}, "xclip", ""},
		{"linux", env{"SSH_TTY": "/dev/pts/1", "WAYLAND_DISPLAY": "wayland-0"}, "wl-copy", ""},
		{"darwin", env{"SSH_CLIENT": "192.0.2.1 50000 22"}, "pbcopy", ""},
	} {
		var ran []string
		got, err := sat(tt.os, tt.env, tt.programs, &ran).copy(t.Context(), aSecret)
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s %v with %q: %q, %v", tt.os, tt.env, tt.programs, got, err)
		}
		for _, r := range ran {
			if command, input, _ := strings.Cut(r, " < "); strings.Contains(command, "SECRET") || input != aSecret {
				t.Errorf("it ran %q", r)
			}
		}
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("the error tells the text: %v", err)
		}
	}
}

func TestWindowsKeepsWhatIsNotASCII(t *testing.T) {
	var ran []string
	got, err := sat("windows", nil, "clip.exe powershell.exe", &ran).copy(t.Context(), "日本語 🎉")
	if got != "powershell" || err != nil || len(ran) != 1 {
		t.Errorf("%q, %v, %q", got, err, ran)
	}
}

// The test binary stands in for a clipboard's program.
func TestMain(m *testing.M) {
	switch file := os.Getenv("P4P_TEST_CLIPBOARD"); file {
	case "":
		os.Exit(m.Run())
	case "hangs":
		select {}
	default:
		b, err := io.ReadAll(os.Stdin)
		if err == nil {
			err = os.WriteFile(file, b, 0o600)
		}
		if err != nil {
			os.Exit(1)
		}
	}
}

func TestAProgramGetsTheTextAsItsInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clipboard")
	t.Setenv("P4P_TEST_CLIPBOARD", file)
	text := strings.Repeat("a long text 日本語\n", 20_000) // more than a pipe holds
	if err := feed(t.Context(), text, os.Args[0]); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != text {
		t.Errorf("%d bytes of %d came, %v", len(got), len(text), err)
	}
}

func TestAClipboardThatHangsHoldsUpNobody(t *testing.T) {
	t.Setenv("P4P_TEST_CLIPBOARD", "hangs")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // sooner than the program's own limit
	defer cancel()
	if err := feed(ctx, strings.Repeat("text", 100_000), os.Args[0]); err == nil || !strings.Contains(err.Error(), "in time") {
		t.Error(err)
	}
}

// The real programs, where a machine has them.
func TestARealClipboardTakesALink(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Xvfb and xclip")
	}
	for _, p := range []string{"Xvfb", "xclip"} {
		if _, err := exec.LookPath(p); err != nil {
			if os.Getenv("P4P_CI") != "" {
				t.Fatal(p + " is missing")
			}
			t.Skip(p + " is not installed (apt-get install xvfb xclip)")
		}
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	x := exec.CommandContext(t.Context(), "Xvfb", "-displayfd", "3", "-screen", "0", "640x480x8", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{write}
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	defer func() { _ = x.Process.Kill(); _ = x.Wait() }()
	display := make([]byte, 8)
	n, err := read.Read(display) // once it is ready
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "WSL_INTEROP"} {
		t.Setenv(name, "")
	}
	t.Setenv("DISPLAY", ":"+strings.TrimSpace(string(display[:n])))
	if program, err := Copy(t.Context(), aSecret); program != "xclip" || err != nil {
		t.Fatalf("%q, %v", program, err)
	}
	got, err := exec.CommandContext(t.Context(), "xclip", "-selection", "clipboard", "-out").Output()
	if err != nil || string(got) != aSecret {
		t.Errorf("%q, %v", got, err)
	}
}
