package desktop

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// home is a desktop with folders of its own.
func home(t *testing.T) (s system, folder string) {
	t.Helper()
	folder = t.TempDir()
	env := map[string]string{"HOME": folder, "XDG_DATA_HOME": filepath.Join(folder, "data"), "XDG_CONFIG_HOME": filepath.Join(folder, "config")}
	for k, v := range env {
		t.Setenv(k, v)
	}
	if err := os.MkdirAll(env["XDG_CONFIG_HOME"], 0o700); err != nil {
		t.Fatal(err)
	}
	return system{os: "linux", getenv: os.Getenv, lookPath: exec.LookPath, run: runToEnd}, folder
}

// execLine takes an Exec line apart as the specification says, with a link for %u.
func execLine(t *testing.T, file, link string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "\nExec=")
	line, _, _ := strings.Cut(rest, "\n")
	if !ok {
		t.Fatalf("no Exec line in %s", b)
	}
	line = strings.ReplaceAll(line, `\\`, "\x00")
	if strings.Contains(line, `\`) {
		t.Fatalf("a single backslash in the value: %q", line)
	}
	line = strings.ReplaceAll(line, "\x00", `\`)
	var args []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		var arg strings.Builder
		if line[0] != '"' {
			word, after, _ := strings.Cut(line, " ")
			args, line = append(args, word), after
			continue
		}
		i := 1
		for ; line[i] != '"'; i++ {
			if line[i] == '\\' {
				i++
			}
			arg.WriteByte(line[i])
		}
		args, line = append(args, arg.String()), line[i+1:]
	}
	for i, a := range args {
		if a == "%u" {
			args[i] = link
		} else {
			args[i] = strings.ReplaceAll(a, "%%", "%")
		}
	}
	return args
}

func TestLinksOfTheSchemeAreOpenedByTheProgramWhateverItsPath(t *testing.T) {
	const link = "p4p://a.example/f/01837f64-4057-8650-972f-eae1b4479ad4#U6T2PJ5HU6T2PJ5HU6T2PJ5HU4"
	for _, program := range []string{"/usr/bin/p4p", "/home/jo smith/bin/p4p", `/opt/a"b\c$d` + "`e`/50%/p4p"} {
		s, _ := home(t)
		s.run = func(context.Context, string, ...string) error { return nil }
		s.lookPath = func(name string) (string, error) { return "/bin/" + name, nil }
		file, err := s.installHandler(t.Context(), program)
		if err != nil {
			t.Fatal(err)
		}
		got := execLine(t, file, link)
		want := []string{program, "open", "--", link}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("it runs %q, want %q", got, want)
		}
	}
}

func TestTheDesktopKnowsTheHandlerUntilItIsUninstalled(t *testing.T) {
	if _, err := exec.LookPath("xdg-mime"); err != nil {
		if os.Getenv("P4P_CI") != "" {
			t.Fatal("xdg-mime is missing")
		}
		t.Skip("xdg-mime is not installed (apt-get install xdg-utils)")
	}
	s, folder := home(t)
	list := filepath.Join(folder, "config", "mimeapps.list")
	const others = "[Default Applications]\ntext/html=browser.desktop\n"
	if err := os.WriteFile(list, []byte(others), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func() string {
		out, err := exec.CommandContext(t.Context(), "xdg-mime", "query", "default", scheme).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	if got := ask(); got != "" {
		t.Fatalf("before, it is %q", got)
	}
	for range 2 { // repeating is harmless
		if _, err := s.installHandler(t.Context(), "/usr/bin/p4p"); err != nil {
			t.Fatal(err)
		}
		if got := ask(); got != entryFile {
			t.Errorf("the desktop opens such links with %q", got)
		}
	}
	for range 2 {
		file, err := s.uninstallHandler()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) || ask() != "" {
			t.Errorf("it is still there: %v, %q", err, ask())
		}
	}
	b, err := os.ReadFile(list)
	if err != nil || !strings.Contains(string(b), "text/html=browser.desktop") {
		t.Errorf("what was others' is gone: %q, %v", b, err)
	}
}

func TestWhereLinksCannotBeRegisteredThatIsSaid(t *testing.T) {
	for want, change := range map[string]func(*system){
		"cannot register itself": func(s *system) { s.os = "darwin" },
		"install xdg-utils":      func(s *system) { s.lookPath = func(string) (string, error) { return "", errors.New("none") } },
		"does not make P4P": func(s *system) {
			s.run = func(context.Context, string, ...string) error { return errors.New("exit 4") }
		},
		"no home folder": func(s *system) { s.getenv = func(string) string { return "" } },
	} {
		s, _ := home(t)
		s.run = func(context.Context, string, ...string) error { return nil }
		s.lookPath = func(name string) (string, error) { return "/bin/" + name, nil }
		change(&s)
		if _, err := s.installHandler(t.Context(), "/usr/bin/p4p"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	s, _ := home(t)
	s.lookPath = func(name string) (string, error) { return "/bin/" + name, nil }
	for _, program := range []string{"p4p", "./p4p", "/bin/p4\np"} {
		if _, err := s.installHandler(t.Context(), program); err == nil {
			t.Errorf("%q was taken", program)
		}
	}
}
