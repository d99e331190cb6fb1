package settings

import (
	"fmt"
	"io"
	"strings"

	"p4p/tui/keymap"
)

// Write prints the settings as a file that says the same.
func (s Settings) Write(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# The settings of P4P. What is left out is as the app comes with it.\n")
	for _, o := range options {
		fmt.Fprintf(&b, "\n# %s\n# It is %s.\n%s = %s\n", o.words, either(o.may), o.name, *o.of(&s))
	}
	b.WriteString("\n# Keys. Below [keys] a line holds in every place that has the intent, below [keys PLACE]\n" +
		"# in that place. Keys are written as n, N, ctrl+s, alt+enter, f5, up, pgdown, space or esc.\n")
	for _, m := range keymap.Places() {
		fmt.Fprintf(&b, "\n[keys %s]\n", m.Place())
		for _, bound := range s.Keys.Map(m).Bindings {
			fmt.Fprintf(&b, "%s = %s\n", bound.Intent, strings.Join(bound.Keys, " "))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
