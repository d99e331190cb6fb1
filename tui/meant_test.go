package tui

import "testing"

// alike is a Cyrillic А and "lice": see [fake.looks].
const alike = "\u0410lice"

func TestANameThatLooksLikeAnotherIsTakenOnlyAfterAQuestion(t *testing.T) {
	for what, keys := range map[string][]string{"invite ": {"i"}, "add ": {"f", "+"}} {
		p := sit(t, lively(), 80, 24)
		p.press(keys...).types(alike).press("enter").did(what+alike).sees("Keep the name "+alike+" all the same?", `looks like "Alice"`)
		p.press("n").sees("› " + alike) // back, with what was typed
		p.press("enter", "esc").did(what+alike, what+alike)
		p.press(keys[len(keys)-1:]...).types(alike).press("enter", "y").doesNotSee("Keep the name").sees(alike)
	}
}

func TestARenamedFriendThatLooksLikeAnotherIsAskedAbout(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.press("f", "j", "j", "r", "ctrl+u").types(alike).press("enter").sees("Keep the name")
	p.press("n").sees("Rename", "› "+alike).press("enter", "y").sees("is " + alike + " now")
}

func TestAnInviteFromALookAlikeIsAcceptedOnlyAfterAQuestion(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("a").paste(aLink(false).URL()).press("enter").sees("The invite is genuine").types(alike).press("enter")
	p.sees("Keep the name "+alike+" all the same?", `looks like "Alice"`, "to be taken for the other", "y keep it")
	p.press("n").sees("› "+alike).press("enter", "y").sees("✓ Accepted. You see " + alike + "'s posts")
}
