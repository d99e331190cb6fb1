package cli

import (
	"context"
	"path/filepath"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"p4p/tui/keymap"
	"p4p/tui/settings"
)

// settingsFile is where a person's settings are: config in the home of P4P's files, or
// p4p/config in the XDG config folder when no home is named.
func (a *app) settingsFile() string {
	if a.home != "" {
		return filepath.Join(a.home, "config")
	}
	return filepath.Join(xdg.ConfigHome, "p4p", "config")
}

type configured struct {
	File     string            `json:"file"`
	Settings map[string]string `json:"settings"`
	Keys     []configuredKey   `json:"keys"`
	Problems []configProblem   `json:"problems"`
}

type configuredKey struct {
	Place  string   `json:"place"`
	Intent string   `json:"intent"`
	Keys   []string `json:"keys"`
	Does   string   `json:"does"`
}

type configProblem struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

func configCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Print the app's settings and keys, as a file to start from",
		Long: "config prints what holds now: every setting and, place by place, every key. Written to the settings' file\n" +
			"(which standard error names) it says the same; take out what you do not want to say yourself.\n" +
			"A line of the file that does not hold is told on standard error.",
		Example: "p4p config > /tmp/config",
		Args:    cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error {
			file := a.settingsFile()
			set, problems := settings.Read(file)
			if a.json {
				return a.writeJSON(a.Out, configJSON(file, set, problems))
			}
			a.say("p4p: the settings' file is %s", safeLine(file))
			for _, p := range problems {
				a.say("p4p: warning: %s", safeLine(p.String()))
			}
			return set.Write(a.Out)
		}),
	}
}

func configJSON(file string, set settings.Settings, problems []settings.Problem) configured {
	c := configured{File: file, Settings: set.Values(), Problems: []configProblem{}}
	for _, m := range keymap.Places() {
		for _, b := range set.Keys.Map(m).Bindings {
			c.Keys = append(c.Keys, configuredKey{m.Place(), b.Intent.String(), b.Keys, b.Words})
		}
	}
	for _, p := range problems {
		c.Problems = append(c.Problems, configProblem{p.Line, p.Text})
	}
	return c
}
