package tui

import (
	"fmt"
	"strings"
	"testing"
)

const twoAddresses = "https://a.example/x and http://b.example"

func TestOfSeveralAddressesTheChosenOneIsOpened(t *testing.T) {
	p := sit(t, linked(twoAddresses), 80, 24)
	p.press("j", "o").did().sees("Which of these 2 is to be opened?", "┃ 1 https://a.example/x", "2 http://b.example")
	p.press("j").sees("┃ 2 http://b.example").press("enter").did("browse http://b.example").sees("Opened http://b.example.").doesNotSee("Which of these")
	p.press("o", "1").did("browse http://b.example", "browse https://a.example/x").doesNotSee("Which of these")
	p.press("o", "9").sees("Which of these").press("esc").doesNotSee("Which of these").sees("┃▐▌")
	p.press("enter", "o").sees("Which of these").press("y").sees("Sent https://a.example/x to your terminal")
}

func TestOfSeveralAddressesOneIsCopiedOrTheText(t *testing.T) {
	p := sit(t, linked(twoAddresses), 80, 24)
	for key, want := range map[string]string{"1": "https://a.example/x", "2": "http://b.example", "3": twoAddresses} {
		p.press("g", "j", "y").sees("Which of these 3 is to be copied?", "3 the whole text").press(key).doesNotSee("Which of these")
		if p.copied != want {
			t.Errorf("%s copied %q", key, p.copied)
		}
	}
	p.press("y", "j", "j").sees("┃ 3 the whole text").press("o").sees("choose an address to open").did()
	p.press("k", "o").did("browse http://b.example")
}

func TestAnInviteAmongSeveralAddressesIsOpenedHere(t *testing.T) {
	p := sit(t, linked("https://a.example/x "+aLink(false).URL()), 80, 24)
	p.press("j", "o", "2").did().sees("A friend invite on https://p4p.example")
}

// Where it leads is seen before it is opened.
func TestALongAddressStandsInFullWhileItIsSelected(t *testing.T) {
	p := sit(t, linked(twoAddresses+" "+longAddress), 40, 12)
	p.press("j", "o").doesNotSee("and=more").press("j", "j")
	if !strings.Contains(strings.ReplaceAll(p.flat(), " ", ""), longAddress) {
		t.Errorf("it is not whole:\n%s", p.text())
	}
}

func TestManyAddressesAreReachedByGoingDown(t *testing.T) {
	var text []string
	for i := range 60 {
		text = append(text, fmt.Sprintf("https://a.example/%d", i))
	}
	p := sit(t, linked(strings.Join(text, " ")), 40, 12)
	p.press("j", "o")
	for range 70 {
		p.press("j")
	}
	p.sees("https://a.example/59").press("enter").did("browse https://a.example/59")
}

func TestAnAddressIsChosenWithTheMouse(t *testing.T) {
	p := sit(t, linked(twoAddresses), 80, 24)
	p.press("j", "o").clicks("http://b.example").did("browse http://b.example")
}
