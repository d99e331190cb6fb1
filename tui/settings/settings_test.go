package settings_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"p4p/tui/keymap"
	"p4p/tui/settings"
)

func parse(t *testing.T, text string) (settings.Settings, []settings.Problem) {
	t.Helper()
	return settings.Parse("config", strings.NewReader(text))
}

func TestWhatAFileSaysHolds(t *testing.T) {
	s, bad := parse(t, "\ufeff# mine\r\ntheme = high-contrast\r\n  images=off\nmotion = reduced\nnotifications = off\n\n[keys]\ncomment = C\n[keys feed]\nopen = e ctrl+E\n")
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	if s.Theme != "high-contrast" || s.Images != "off" || s.Motion != settings.MotionReduced || s.Notifications != settings.Off {
		t.Errorf("%+v", s)
	}
	if f := s.Keys.Map(keymap.Feed); f.Intent("C") != keymap.Comment || f.Intent("ctrl+e") != keymap.Open || f.Intent("enter") != keymap.None {
		t.Error("the keys do not hold")
	}
}

func TestAWrongLineIsLeftOutAndSaysWhatWouldFit(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"thme = dark", `config, line 2: there is no setting "thme" (do you mean theme?).`},
		{"theme = drak", `theme cannot be "drak" (do you mean dark?): it is auto, dark, light, high-contrast, high-contrast-dark or high-contrast-light.`},
		{"theme", `"theme" is no setting; one is written as theme = dark.`},
		{"= dark", `"= dark" is no setting`},
		{"theme =", `theme has no value`},
		{"images = off\nimages = auto", `line 3: images was set in line 2 already; that one holds.`},
		{"[kyes]\nnew-post = x", `"[kyes]" is no section; there is [keys], and [keys feed] for one place.`},
		{"[keys fed]\nnew-post = x", `there is no place "fed" (do you mean feed?)`},
		{"[keys]\nnew-pots = x", `line 3: nothing that keys do is called "new-pots" (do you mean new-post?)`},
		{"[keys writing]\nnew-post = f5", `there is no new-post in writing`},
		{"[keys]\nnew-post = strg+n", `there is no key "strg+n"; keys are written as n, N, ctrl+s`},
		{"[keys feed]\nnew-post = i", `"i" would mean both new-post and invite in feed`},
		{"\xff = dark", "it is not UTF-8"},
		{"\x1b]0;own\a\u202e = dark", "there is no setting"},
	} {
		t.Run(tt.line, func(t *testing.T) {
			s, bad := parse(t, "motion = reduced\n"+tt.line+"\n[keys feed]\nreport = X\n")
			if len(bad) != 1 || !strings.Contains(bad[0].String(), tt.want) {
				t.Fatalf("told: %v", bad)
			}
			if strings.ContainsAny(bad[0].String(), "\x1b\a\u202e") {
				t.Errorf("a problem would drive the terminal: %q", bad[0])
			}
			if s.Motion != settings.MotionReduced || s.Theme != "auto" || s.Keys.Map(keymap.Feed).Intent("X") != keymap.Report {
				t.Error("the other lines do not hold")
			}
		})
	}
}

func TestAFileThatIsNotThereSaysNothing(t *testing.T) {
	if _, bad := settings.Read(filepath.Join(t.TempDir(), "config")); len(bad) > 0 {
		t.Error(bad)
	}
}

func TestAFileThatCannotBeReadIsTold(t *testing.T) {
	if s, bad := settings.Read(t.TempDir()); len(bad) != 1 || s.Theme != "auto" {
		t.Error(s, bad)
	}
	long := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(long, bytes.Repeat([]byte("x"), 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, bad := settings.Read(long); len(bad) != 1 {
		t.Error(bad)
	}
}

func TestWhatIsPrintedCanBeReadAgain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := ""
		for _, m := range rapid.SliceOfN(rapid.SampledFrom(keymap.Places()), 0, 3).Draw(rt, "places") {
			b := rapid.SampledFrom(m.Bindings).Draw(rt, "binding")
			text += "[keys " + m.Place() + "]\n" + b.Intent.String() + " = " + rapid.SampledFrom([]string{"f5", "f6", "alt+x", "#", "=", "["}).Draw(rt, "key") + "\n"
		}
		before, _ := settings.Parse("config", strings.NewReader("theme = light\n"+text))
		var printed, again bytes.Buffer
		if err := before.Write(&printed); err != nil {
			rt.Fatal(err)
		}
		after, bad := settings.Parse("printed", bytes.NewReader(printed.Bytes()))
		if len(bad) > 0 {
			rt.Fatalf("%v in\n%s", bad, printed.String())
		}
		if err := after.Write(&again); err != nil {
			rt.Fatal(err)
		}
		if printed.String() != again.String() {
			rt.Fatalf("%s became\n%s", printed.String(), again.String())
		}
	})
}

func FuzzNoFileKeepsTheAppFromStarting(f *testing.F) {
	f.Add("theme = dark\n[keys feed]\nopen = e\n")
	f.Add("[keys\n[]\n]=[\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, bad := settings.Parse("config", strings.NewReader(text))
		if s.Theme == "" || len(s.Keys.Map(keymap.Feed).Bindings) == 0 {
			t.Error("there are no settings")
		}
		for _, p := range bad {
			if p.Text == "" || strings.ContainsAny(p.String(), "\x1b\n\r") {
				t.Errorf("%q", p)
			}
		}
	})
}
