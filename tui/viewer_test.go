package tui

import (
	"testing"
	"time"

	"p4p/client"
)

func TestAPictureIsShownOnTheWholeWindow(t *testing.T) {
	f := lively()
	it := f.says(key(30), time.Minute, "another one")
	f.paint(it, 32, 64, "A tower")
	p := sit(t, f, 80, 24)
	p.press("j", "p").sees("Picture", "1 of 2", "anonymous", "▀", "▣ A tower").doesNotSee("another one")
	p.press("j").sees("2 of 2", "Alice", "▀", "An orange sky").press("j").sees("This is the last picture here.")
	p.press("k").sees("A tower").press("k").sees("This is the first picture here.")
	p.press("esc").sees("another one").press("j", "p").sees("There is no picture in this post.")
	p.press("enter", "p").sees("There is no picture in this post.")
}

func TestAPictureOfAThreadAndOfWhatWasFoundIsShownAsWell(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("/").types("sunset").press("enter", "p").sees("Picture", "An orange sky").doesNotSee("1 of")
	p.press("q", "enter", "p").sees("Picture", "An orange sky").press("p").sees("No comments yet")
}

func TestThePictureOfADeletedPostIsNotShownOn(t *testing.T) {
	f := lively()
	p := sit(t, f, 80, 24)
	p.press("j", "j", "j", "j", "p").sees("An orange sky")
	f.log = append(f.log[:2:2], f.log[3:]...)
	p.hears(client.FeedChanged).sees("The post was deleted, and its picture with it.").doesNotSee("An orange sky")
}
