package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/tui/keymap"
)

// bound is a key map with the person's overrides. Screens hand their maps through it,
// and whatever tells or presses a key asks it.
func (u *ui) bound(m keymap.Map) keymap.Map { return u.set.Keys.Map(m) }

// keyOf is how the first key of an intent is told.
func (u *ui) keyOf(m keymap.Map, i keymap.Intent) string {
	b, _ := u.bound(m).Binding(i)
	return firstKey(b)
}

func firstKey(b keymap.Binding) string {
	first, _, _ := strings.Cut(b.Label, " ")
	return first
}

// keyFor is a press of the first key of an intent, for what is done otherwise than on
// the keyboard.
func (u *ui) keyFor(m keymap.Map, i keymap.Intent) tea.KeyPressMsg {
	b, ok := u.bound(m).Binding(i)
	if !ok {
		return tea.KeyPressMsg{}
	}
	return keyPress(b.Keys[0])
}

var keyCodes = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "space": tea.KeySpace, "backspace": tea.KeyBackspace,
	"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
	"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "insert": tea.KeyInsert, "delete": tea.KeyDelete,
	"f1": tea.KeyF1, "f2": tea.KeyF2, "f3": tea.KeyF3, "f4": tea.KeyF4, "f5": tea.KeyF5, "f6": tea.KeyF6, "f7": tea.KeyF7,
	"f8": tea.KeyF8, "f9": tea.KeyF9, "f10": tea.KeyF10, "f11": tea.KeyF11, "f12": tea.KeyF12, "f13": tea.KeyF13, "f14": tea.KeyF14,
	"f15": tea.KeyF15, "f16": tea.KeyF16, "f17": tea.KeyF17, "f18": tea.KeyF18, "f19": tea.KeyF19, "f20": tea.KeyF20,
}

var keyMods = []struct {
	prefix string
	mod    tea.KeyMod
}{
	{"ctrl+", tea.ModCtrl}, {"alt+", tea.ModAlt}, {"shift+", tea.ModShift}, {"meta+", tea.ModMeta}, {"hyper+", tea.ModHyper}, {"super+", tea.ModSuper},
}

// keyPress is the press of a key as Bubble Tea names it.
func keyPress(name string) tea.KeyPressMsg {
	var k tea.Key
	for _, m := range keyMods {
		if rest, ok := strings.CutPrefix(name, m.prefix); ok && rest != "" {
			k.Mod, name = k.Mod|m.mod, rest
		}
	}
	if code, ok := keyCodes[name]; ok {
		k.Code = code
		return tea.KeyPressMsg(k)
	}
	k.Code = []rune(name)[0]
	if k.Mod == 0 {
		k.Text = name
	}
	return tea.KeyPressMsg(k)
}
