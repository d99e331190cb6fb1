package keymap_test

import (
	"strings"
	"testing"

	"p4p/tui/keymap"
)

var maps = keymap.Places()

func TestNoKeyMeansTwoThingsInOnePlace(t *testing.T) {
	for _, m := range maps {
		seen := map[string]string{}
		for _, b := range m.Bindings {
			for _, k := range b.Keys {
				if other, twice := seen[k]; twice {
					t.Errorf("%s: %q means %q and %q", m.Name, k, other, b.Words)
				}
				seen[k] = b.Words
			}
		}
	}
}

func TestEveryKeyThatIsTold(t *testing.T) {
	arrows := map[string]string{"↑": "up", "↓": "down", "pgdn": "pgdown"}
	for _, m := range maps {
		for _, b := range m.Bindings {
			if b.Words == "" || b.Short == "" || b.Intent == keymap.None {
				t.Errorf("%s: %q has no words", m.Name, b.Label)
			}
			for _, k := range strings.Fields(b.Label) {
				if name, ok := arrows[k]; ok {
					k = name
				}
				if got := m.Intent(k); got != b.Intent {
					t.Errorf("%s: %q is told to be %q but is another intent", m.Name, k, b.Words)
				}
			}
		}
	}
}

func TestAKeyWithoutAMeaningIsNone(t *testing.T) {
	if got := keymap.Feed.Intent("ctrl+alt+shift+f12"); got != keymap.None {
		t.Errorf("it is %d", got)
	}
	if _, ok := keymap.Ask.Binding(keymap.Attach); ok {
		t.Error("a question attaches pictures")
	}
}

// The places where one types must not bind letters.
func TestWhereOneTypesLettersAreText(t *testing.T) {
	for _, m := range []keymap.Map{keymap.Write, keymap.Field, keymap.Typing, keymap.Commands} {
		for _, b := range m.Bindings {
			for _, k := range b.Keys {
				if len([]rune(k)) == 1 {
					t.Errorf("%s: the letter %q is a key", m.Name, k)
				}
			}
		}
	}
}
