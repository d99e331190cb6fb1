package desktop

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// desk is a system of that name; what it runs is written down.
func desk(name string, ran *[]string) system {
	return system{
		os:       name,
		getenv:   func(string) string { return ":0" },
		lookPath: func(name string) (string, error) { return "/bin/" + name, nil },
		run: func(_ context.Context, name string, args ...string) error {
			*ran = append([]string{name}, args...)
			return nil
		},
	}
}

func TestEachSystemHasItsOpener(t *testing.T) {
	const page = "https://a.example/$(id)?x=1&y='2'"
	for name, want := range map[string][]string{
		"linux":   {"/bin/xdg-open", page},
		"freebsd": {"/bin/xdg-open", page},
		"darwin":  {"/bin/open", page},
		"windows": {"/bin/rundll32", "url.dll,FileProtocolHandler", page},
	} {
		var ran []string
		if err := desk(name, &ran).open(t.Context(), page); err != nil || !slices.Equal(ran, want) {
			t.Errorf("%s: %q, %v", name, ran, err)
		}
	}
}

func TestOnlyWebAddressesAreOpened(t *testing.T) {
	for _, address := range []string{
		"", "--help", "/etc/passwd", "file:///etc/passwd", "javascript:alert(1)", "ftp://a.example", "https:a.example", "https://",
		"https://u@a.example", "https://a.example/\n", "https://a.example/ x", "https://bücher.example", "mailto:a@a.example",
	} {
		var ran []string
		if err := desk("linux", &ran).open(t.Context(), address); err == nil || ran != nil {
			t.Errorf("%q: %q, %v", address, ran, err)
		}
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	for want, change := range map[string]func(*system){
		"no desktop":  func(s *system) { s.getenv = func(string) string { return "" } },
		"no xdg-open": func(s *system) { s.lookPath = func(string) (string, error) { return "", errors.New("none") } },
		"could not be opened": func(s *system) {
			s.run = func(context.Context, string, ...string) error { return errors.New("exit 3") }
		},
	} {
		var ran []string
		s := desk("linux", &ran)
		change(&s)
		if err := s.open(t.Context(), "https://a.example"); err == nil || !strings.Contains(err.Error(), want) || ran != nil {
			t.Errorf("%s: %v, %q", want, err, ran)
		}
	}
}

func TestAProgramThatFailsIsNoticed(t *testing.T) {
	if err := run(t.Context(), "/nonexistent/opener"); err == nil {
		t.Error("what is not there has run")
	}
	if err := run(t.Context(), os.Args[0], "-no-such-flag"); err == nil {
		t.Error("a program that ended badly counts as one that ended well")
	}
	if err := run(t.Context(), os.Args[0], "-test.run=^$"); err != nil {
		t.Error(err)
	}
}
