package desktop

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
)

const aMessage = "It works once: https://p4p.example/f/1#SECRET & 100% \"日本\"\n"

// messenger is a system that has a program for messages; what it runs is written down,
// with the input behind a <.
func messenger(name string, ran *[]string) system {
	note := func(words ...string) error {
		*ran = append(*ran, strings.Join(words, " "))
		return nil
	}
	return system{
		os:       name,
		getenv:   func(key string) string { return map[string]string{"DISPLAY": ":0"}[key] },
		lookPath: func(name string) (string, error) { return name, nil },
		run: func(_ context.Context, name string, args ...string) error {
			return note(append([]string{name}, args...)...)
		},
		feed: func(_ context.Context, text, name string, args ...string) error {
			return note(strings.Join(append([]string{name}, args...), " "), "<", text)
		},
		output: func(_ context.Context, name string, args ...string) (string, error) {
			return "messages.desktop\n", note(append([]string{name}, args...)...)
		},
	}
}

func TestAMessageIsBegunWithTheSystemsProgram(t *testing.T) {
	const link = "sms:+491711234567?body=It%20works%20once%3A%20https%3A%2F%2Fp4p.example%2Ff%2F1%23SECRET%20%26%20100%25%20%22%E6%97%A5%E6%9C%AC%22%0A"
	for name, want := range map[string]string{
		"linux":   "xdg-mime query default x-scheme-handler/sms; xdg-open " + link,
		"darwin":  `osascript - < open location "` + link + `"`,
		"windows": "rundll32 url.dll,FileProtocolHandler " + link,
	} {
		var ran []string
		if err := messenger(name, &ran).sms(t.Context(), "+491711234567", aMessage); err != nil || strings.Join(ran, "; ") != want {
			t.Errorf("%s: %q, %v", name, ran, err)
		}
	}
}

func TestAnSMSLinkHoldsTheTextAsItIs(t *testing.T) {
	for _, text := range []string{aMessage, "", "a+b=c?d&e#f;g,h", strings.Repeat("é", 300)} {
		u, err := url.Parse(smsLink("030123", text))
		if err != nil || u.Scheme != "sms" || u.Opaque != "030123" {
			t.Fatalf("%v, %v", u, err)
		}
		if got := u.Query().Get("body"); got != text {
			t.Errorf("%q came as %q", text, got)
		}
		if strings.ContainsAny(smsLink("", text), " \"'\\+\n") {
			t.Errorf("it is not percent-encoded: %q", smsLink("", text))
		}
	}
}

func TestNothingButANumberIsSentTo(t *testing.T) {
	for _, number := range []string{"12", "+", "--help", "030 123", "030123&x=1", "030?body=", "alice", "+49171;ext=1", strings.Repeat("1", 33), "030123\n"} {
		var ran []string
		if err := messenger("linux", &ran).sms(t.Context(), number, aMessage); err == nil || ran != nil {
			t.Errorf("%q: %q, %v", number, ran, err)
		}
	}
	var ran []string
	if err := messenger("linux", &ran).sms(t.Context(), "", "x"); err != nil || ran[1] != "xdg-open sms:?body=x" {
		t.Errorf("without a number: %q, %v", ran, err)
	}
}

func TestWithoutAProgramForMessagesNothingGetsTheLink(t *testing.T) {
	for want, change := range map[string]func(*system){
		"no desktop":  func(s *system) { s.getenv = func(string) string { return "" } },
		"no xdg-mime": func(s *system) { s.lookPath = func(string) (string, error) { return "", errors.New("none") } },
		"no program": func(s *system) {
			s.output = func(context.Context, string, ...string) (string, error) { return "\n", nil }
		},
		"no program f": func(s *system) {
			s.output = func(context.Context, string, ...string) (string, error) { return "", errors.New("exit 4") }
		},
		"could not be opened": func(s *system) {
			s.run = func(context.Context, string, ...string) error { return errors.New("exit 3") }
		},
	} {
		var ran []string
		s := messenger("linux", &ran)
		change(&s)
		err := s.sms(t.Context(), "030123", aMessage)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "SECRET") || strings.Contains(strings.Join(ran, " "), "sms:") {
			t.Errorf("%s: %v, %q", want, err, ran)
		}
	}
}
