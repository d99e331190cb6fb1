package tui

import "testing"

func TestTheWordsOfAQuestionAreAllReadInASmallWindow(t *testing.T) {
	p := sit(t, lively(), 40, 12)
	p.press("f", "d", "y").sees("Alice is removed", "more lines: j shows them", "y change the key").doesNotSee("no longer want to be seen")
	p.press("j", "j", "j", "j", "j", "j", "j", "j").sees("no longer want to be seen", "y change the key").doesNotSee("more line", "Alice still knows")
	p.press("k", "k", "k", "k", "k", "k", "k", "k").sees("Alice still knows").press("n").doesNotSee("change the key")
}

func TestLongAnswersStandBelowEachOther(t *testing.T) {
	p := sit(t, crowded(), 40, 12)
	p.press("y", "n").sees("y refuse and make a new invite", "n only refuse").clicks("only refuse").did("refuse Bob")
}
