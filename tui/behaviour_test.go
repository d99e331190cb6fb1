package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"p4p/client"
	"p4p/protocol"
)

func TestTheFirstPostIsThreeKeysAway(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.sees("nobody signs up", "n write a first post", "i invite a friend", "a accept", "s enter a server's address")
	p.press("n").types("Hello").press("ctrl+s")
	p.did("make Hello").sees("◆ you", "Hello", "Posted.").doesNotSee("Welcome")
}

func TestANewPostFlowsInAtTheTop(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.fake.says(key(30), 0, "just now")
	p.hears(client.FeedChanged).sees("just now", "me!").doesNotSee("new g shows")
}

func TestWhatIsReadStaysWhereItIsWhileOthersPost(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "j", "j")
	before := p.text()
	for i := range 250 {
		p.fake.says(key(30), 0, fmt.Sprint("noise ", i))
		p.hears(client.FeedChanged)
	}
	p.sees("↑ 99+ new", "┃◆ you").doesNotSee("noise")
	row := func(s string) int {
		return strings.Index(s, "Who else") - strings.LastIndex(s[:strings.Index(s, "Who else")], "\n")
	}
	if row(before) != row(p.text()) {
		t.Errorf("the selected post moved:\n%s\n%s", before, p.text())
	}
	p.press("g").sees("noise 249").doesNotSee("new g shows")
}

func TestTheNewPostsAreCounted(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j")
	p.fake.says(key(30), 0, "first news")
	p.fake.says(key(30), 0, "second news")
	p.hears(client.FeedChanged).sees("↑ 2 new").doesNotSee("first news")
	p.press("up").sees("second news", "first news").doesNotSee("2 new")
}

func TestADeletedSelectionLeavesItsNeighbourSelected(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "j", "j", "d").did("delete " + id(4).String()).sees("Deleted: U undoes it")
	p.hears(client.FeedChanged).doesNotSee("Who else").sees("┃★ Alice")
}

func TestAForeignPostCannotBeDeletedAndSaysWhy(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "d").sees("Only what you wrote yourself can be deleted").did()
}

func TestWithoutASelectionAKeyActsOnNothing(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("d").sees("selected now").doesNotSee("Delete this").did()
}

func TestAReportCarriesItsReason(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "!").types("spam").press("enter")
	p.did("report " + id(6).String() + " spam").sees("Reported")
}

func TestScrollingReachesTheOldestAndTheNewestOfThousands(t *testing.T) {
	f := newFake()
	for i := range 1000 {
		f.says(key(i), time.Hour, fmt.Sprint("post ", i, "."))
	}
	p := sit(t, f, 80, 24)
	for range 400 {
		p.press("pgdown")
	}
	p.sees("post 1.", "post 0.")
	if n := len(p.app.layers[0].screen.(*feed).items); n > 2*maxWindow {
		t.Errorf("%d posts are kept", n)
	}
	for range 400 {
		p.press("pgup")
	}
	p.sees("post 999.", "post 998.")
}

func TestEachPostPassesOnceWhileScrolling(t *testing.T) {
	f := newFake()
	for i := range 300 {
		f.says(key(i), time.Hour, fmt.Sprint("post ", i, "."))
	}
	p := sit(t, f, 80, 24)
	p.press("j")
	for i := 299; i >= 0; i-- {
		it, ok := p.app.layers[0].screen.(*feed).selected()
		if !ok || it.Text != fmt.Sprint("post ", i, ".") {
			t.Fatalf("%q is selected instead of post %d", it.Text, i)
		}
		p.press("j")
	}
}

func TestADraftSurvivesEscapeAndTheEndOfTheProgram(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.press("n").types("half a thought").press("esc").sees("The draft is kept")
	p.press("n").sees("half a thought").types(" more").press("ctrl+c")
	if !p.quit || p.fake.drafts["post"] != "half a thought more" {
		t.Errorf("quit %v with the draft %q", p.quit, p.fake.drafts["post"])
	}
}

func TestADraftIsWrittenAWhileAfterAKey(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.press("n").types("a")
	if p.fake.drafts["post"] != "" {
		t.Error("written at once")
	}
	p.wait()
	if p.fake.drafts["post"] != "a" {
		t.Error("not written")
	}
}

func TestAFailureToSendKeepsEverything(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.fake.err = protocol.Errorf(protocol.CodeUnavailable, "The disk is full: free some space.")
	p.press("n").types("precious").press("ctrl+s").sees("precious", "The disk is full")
	p.fake.err = nil
	p.press("ctrl+s").sees("precious", "Posted.")
	if p.fake.drafts["post"] != "" {
		t.Error("the draft stays behind a sent post")
	}
}

func TestTheWholeTextIsADraftBeforeItIsSentAndNoneAfterwards(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.press("n").types("not saved yet")
	p.fake.sends = func(where string) {
		if where != "post" || p.fake.drafts[where] != "not saved yet" {
			t.Errorf("the draft %q of %q is sent", p.fake.drafts[where], where)
		}
	}
	c := p.app.top().screen.(*compose)
	send := c.send()
	p.press("esc").sees("New post", "not saved yet", "sending…", "It is being sent")
	p.run(send)
	p.sees("Posted.").wait() // a save that was due comes too late
	if d, ok := p.fake.drafts["post"]; ok {
		t.Errorf("the draft %q stays behind", d)
	}
}

func TestACommentIsADraftBeforeItIsSentAndNotAfterwards(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "j", "j", "enter", "c").types("Welcome")
	p.fake.sends = func(where string) {
		if p.fake.drafts[where] != "Welcome" {
			t.Errorf("the drafts are %q, and that of %q is sent", p.fake.drafts, where)
		}
	}
	th := p.app.top().screen.(*thread)
	send := th.send()
	p.press("esc").sees("Welcome", "It is being sent")
	p.run(send)
	if p.sees("Sent.").wait(); len(p.fake.drafts) != 0 {
		t.Errorf("left are %q", p.fake.drafts)
	}
}

// overtaken is who sends while another window begins a draft in that place, and is refused.
func overtaken(t *testing.T, where string) *person {
	p := sit(t, lively(), 80, 24)
	p.fake.sends = func(string) {
		p.fake.drafts[where] = "from the other window"
		p.fake.draftPicture, p.fake.draftFile = &client.Picture{Bytes: []byte("another"), Alt: "a hill"}, "hill.png"
		p.fake.err, p.fake.stillWaits = protocol.Errorf(protocol.CodeClockAhead, "Your clock is ahead."), id(77)
	}
	return p
}

func TestARefusedPostWaitsInTheOutboxAndLeavesTheDraftOfAnotherWindowAlone(t *testing.T) {
	p := overtaken(t, "post")
	p.press("n").types("Look").press("ctrl+o").types("sun").press("enter", "esc").press("ctrl+s")
	p.sees("Your clock is ahead.", "It is in the outbox: O opens it.").doesNotSee("New post").wait()
	if f := p.fake; f.drafts["post"] != "from the other window" || f.draftPicture.Alt != "a hill" || f.draftFile != "hill.png" {
		t.Errorf("the draft is %q with %v, %q", f.drafts["post"], f.draftPicture, f.draftFile)
	}
}

func TestARefusedCommentWaitsInTheOutboxAndLeavesTheDraftOfAnotherWindowAlone(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	where := ""
	p.press("j", "j", "j", "enter", "c").types("Welcome")
	p.fake.sends = func(at string) {
		where = at
		p.fake.drafts[where] = "from the other window"
		p.fake.err, p.fake.stillWaits = protocol.Errorf(protocol.CodeClockAhead, "Your clock is ahead."), id(77)
	}
	p.press("ctrl+s").sees("Your clock is ahead.", "It is in the outbox: in the feed O opens it.").doesNotSee("Welcome")
	p.press("c").sees("from the other window").press("esc", "esc").wait() // nobody writes over it unseen
	if d := p.fake.drafts[where]; d != "from the other window" {
		t.Errorf("the draft is %q", d)
	}
}

// The other window began its draft when this text was kept already.
func TestSendingLeavesTheNewerDraftOfAnotherWindowAlone(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("n").types("Look").press("ctrl+o").types("sun").press("enter", "esc").wait()
	if p.fake.drafts["post"] != "Look" || p.fake.draftPicture == nil {
		t.Fatalf("the draft is %q with %v", p.fake.drafts["post"], p.fake.draftPicture)
	}
	p.fake.drafts["post"], p.fake.draftPicture = "from the other window", &client.Picture{Bytes: []byte("another"), Alt: "a hill"}
	p.press("ctrl+s").sees("Posted.").wait()
	if f := p.fake; f.drafts["post"] != "from the other window" || f.draftPicture.Alt != "a hill" {
		t.Errorf("the draft is %q with %v", f.drafts["post"], f.draftPicture)
	}
	p.press("j", "j", "j", "j", "enter", "c").types("Welcome").wait()
	for where := range p.fake.drafts {
		p.fake.drafts[where] = "from the other window"
	}
	p.press("ctrl+s").sees("Sent.").wait()
	if len(p.fake.drafts) != 2 {
		t.Fatalf("the drafts are %q", p.fake.drafts)
	}
	for where, d := range p.fake.drafts {
		if d != "from the other window" {
			t.Errorf("the draft of %s is %q", where, d)
		}
	}
}

func TestARefusedDraftKnowsItsPicturesFileAgain(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("n").types("Look").press("ctrl+o").types("sun").press("enter", "esc")
	p.fake.sends = func(string) { // it was in the outbox meanwhile, which knows no file
		p.fake.draftFile, p.fake.err = "", protocol.Errorf(protocol.CodeClockAhead, "Your clock is ahead.")
	}
	p.press("ctrl+s").sees("Your clock is ahead.")
	p.fake.sends, p.fake.err = nil, nil
	p.press("esc", "n").sees("Look", "▣ sunset.png")
	if p.fake.draftFile != "sunset.png" {
		t.Errorf("the file is %q", p.fake.draftFile)
	}
}

func TestAPostThatIsTooLongIsNotSent(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.press("n").paste(strings.Repeat("é", 2001)).press("ctrl+s").sees("4,002 / 4,000", "at most 4,000 bytes").did()
}

func TestOfflineAPostGoesIntoTheOutbox(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.fake.offline = true
	p.press("n").types("later").press("ctrl+s").sees("later", "waits for the server", "Kept in the outbox")
	p.press("j", "x").sees("Discard this post?").press("y").did("make later", "discard "+p.fake.lastMade())
}

func (f *fake) lastMade() string { return id(1000 + len(f.log) + 1).String() }

func TestARefusedPostCanBeSentAgain(t *testing.T) {
	f := newFake()
	f.outbox = []client.Item{{ID: id(9), Kind: protocol.KindPost, Author: me, Text: "x", CreatedAt: t0, Pending: &client.Pending{
		Refused: protocol.Errorf(protocol.CodeClockAhead, "Your clock is ahead."),
	}}}
	p := sit(t, f, 80, 24)
	p.sees("Refused: Your clock is ahead. r tries again").press("j", "r").did("retry " + id(9).String())
}

func TestAPictureIsPreparedDescribedAndSent(t *testing.T) {
	f := newFake()
	it := f.says(key(5), time.Hour, "x")
	f.paint(it, 30, 20, "")
	file := filepath.Join(t.TempDir(), "lake view.png")
	if err := os.WriteFile(file, f.pictures[it.Image.Blob], 0o600); err != nil {
		t.Fatal(err)
	}
	p := sit(t, f, 100, 30)
	p.press("n").types("Look").press("ctrl+o").types(file[:len(file)-6]).sees(filepath.Base(file), "1 KiB")
	p.press("tab", "enter").sees("Describe the picture").types("A lake").press("enter").sees("lake view.png, 30×20", "A lake")
	p.press("ctrl+s").did("make Look")
}

func TestACommentIsWrittenInTheThread(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "j", "j", "enter").sees("Here, by the lake.", "And I am in the city").press("c").types("Welcome").press("ctrl+s")
	p.did("make Welcome").sees("And I am in the city", "◆ you · now", "Welcome", "Sent.")
}

func TestAPastedLinkIsRecognisedAndAsksNothingOfTheNetwork(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.paste("Join me!\n<"+aLink(false).URL()+">").sees("A friend invite on https://p4p.example", "Nothing was asked of the network yet").did()
	p.press("enter").did("read").sees("Who sent it to you?", "anonymous").types("Alice").press("enter").did("read", "accept Alice")
	p.sees("Accepted. You see Alice's posts by name", "12345 67890 11111 22222 33333 44444")
	p.press("enter").sees("everyone friends mine")
}

func TestAKnownNameNeedsAWordThatItIsTheSamePerson(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.paste(aLink(false).URL()).press("enter").types("Alice").press("enter").sees("another device of the same person?")
	p.press("n").sees("another name").types("2").press("enter").did("read", "accept Alice", "accept Alice2").sees("Accepted")
}

func TestInTheComposerALinkStaysTextAndIsOffered(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.press("n").paste(aLink(false).URL()).sees("https://p4p.example/f/", "To open it press ctrl+l").press("ctrl+l").sees("A friend invite on")
	p.press("esc").sees("New post", "https://p4p.example/f/")
}

func TestALinkOnTheCommandLineIsShownFirst(t *testing.T) {
	l := aLink(false)
	p := sitWith(t, newFake(), 80, 24, Options{Link: &l}, true)
	p.sees("A friend invite on https://p4p.example", "Nothing was asked").did()
}

func TestEachWrongLinkGetsItsSentence(t *testing.T) {
	for link, want := range map[string]string{
		"https://p4p.example/f/12345678-9abc-8def-8123-456789abcdef": "The part behind # is missing",
		"https://p4p.example/p/12345678-9abc-8def-8123-456789abcdef": "This is a link to a post, not an invite.",
		"hello": "", // whatever the sentence, there is one
	} {
		p := sit(t, newFake(), 80, 24)
		p.press("a").types(link).press("enter").sees("! "+want, "").did()
	}
}

func TestAnotherServersLinkSaysWhatToDo(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.fake.err = protocol.Errorf(protocol.CodeOtherServer, "This profile belongs to another server: start p4p --profile NAME and paste the link there.")
	p.paste(aLink(false).URL()).press("enter").sees("This link is of another server", "Make a profile for it?")
}

func TestAnInviteEndsInANameOnTheWholeFeed(t *testing.T) {
	f := lively()
	f.says(bob, time.Minute, "I am Bob, by the way.")
	p := sit(t, f, 80, 24)
	p.press("i").types("Bob").press("enter").did("invite Bob").sees("An invite for Bob", "Waiting for Bob")
	p.press("c")
	if p.copied != aLink(false).URL() {
		t.Errorf("copied %q", p.copied)
	}
	f.someoneAccepts()
	p.hears(client.FriendsChanged|client.NoticesChanged).sees("Someone accepted the invite you made for Bob", "12345 67890 11111 22222 33333 44444", "Is this Bob?")
	p.press("y").did("invite Bob", "confirm Bob").sees("Bob is a friend now", "12345 67890", "s compare safety numbers")
	p.hears(client.LabelsChanged|client.NoticesChanged|client.FriendsChanged).press("esc").sees("★ Bob", "I am Bob, by the way.").doesNotSee("Press y")
}

func TestComparedSafetyNumbersMarkAFriendEverywhere(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.sees("★ Alice").press("f", "s").sees("12345 67890 11111 22222 33333 44444", "the same").press("y")
	p.did("verify 12345 67890 11111 22222 33333 44444").sees("Alice is verified")
	p.hears(client.FriendsChanged|client.LabelsChanged).sees("┃✓ Alice", "verified").press("esc").sees("✓ Alice").doesNotSee("★ Alice")
	p.press("f", "s").sees("You compared it: Alice is verified", "n it differs").press("esc").press("s", "n")
	p.did("verify 12345 67890 11111 22222 33333 44444", "unverify").sees("no longer marked as verified")
	p.hears(client.FriendsChanged | client.LabelsChanged).press("esc").sees("★ Alice")
	p.press("f", "s", "n").sees("Alice is not verified: somebody may sit between you")
	p.press("j", "s").sees("There is a safety number once")
}

func TestARefusalIsAskedTwice(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("i").types("Bob").press("enter", "esc")
	p.fake.someoneAccepts()
	p.hears(client.NoticesChanged).sees("Press y").press("y").sees("Is this Bob?").press("n").sees("Refuse whoever accepted").press("n")
	p.did("invite Bob", "refuse Bob").sees("Nobody got the name Bob")
}

func TestAnAcceptanceShowsWhereverOneIs(t *testing.T) {
	for _, keys := range [][]string{{}, {"n"}, {"f"}, {"j", "enter"}, {"?"}, {"a"}, {"j", "c"}} {
		p := sit(t, lively(), 80, 24)
		p.press("i").types("Bob").press("enter", "esc")
		p.press(keys...)
		p.fake.someoneAccepts()
		p.hears(client.NoticesChanged).sees("someone accepted your invite for Bob")
		p.press("ctrl+y").sees("Is this Bob?").press("esc").sees("someone accepted your invite for Bob")
	}
}

func TestASmallWindowGetsAPictureInsteadOfACutCode(t *testing.T) {
	p := sit(t, lively(), 60, 20)
	p.press("i").types("Bob").press("enter").sees("The window is too small for the code").doesNotSee("▀")
	p.press("p").sees("Saved as")
	found, err := filepath.Glob(filepath.Join(p.app.saveDir, "*.png"))
	if err != nil || len(found) != 1 {
		t.Fatalf("saved %v, %v", found, err)
	}
	p.press("l").sees(aLink(false).URL()[:50])
}

func TestRenamingKeepsWhatWasTypedWhenItFails(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.press("f", "j", "r")
	p.fake.err = protocol.Errorf(protocol.CodeNameTaken, "Bob is taken: choose another name.")
	p.types("X").press("enter").sees("AliceX", "Bob is taken")
	p.fake.err = nil
	p.press("enter").sees("Alice is AliceX now")
}

func TestLateAnswersAreDropped(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	f := p.app.layers[0].screen.(*feed)
	old := f.gen
	p.press("tab") // another view: what was asked for the first is late
	p.send(feedLoadedMsg{gen: old, asked: true, follows: true, items: []client.Item{{ID: id(77), Seq: 7, Kind: protocol.KindPost, Text: "late"}}})
	p.doesNotSee("late").sees("Alice")
}

func TestACoveredScreenAsksAgainWhenItAppears(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("f")
	p.fake.says(key(30), 0, "meanwhile")
	p.hears(client.FeedChanged).press("esc").sees("meanwhile")
}

func TestTheCountdownMoves(t *testing.T) {
	f := lively()
	f.status = client.Status{Connection: client.Offline, RetryAt: t0.Add(9 * time.Second), Err: protocol.Errorf(protocol.CodeNoServer, "No server.")}
	p := sit(t, f, 80, 24)
	p.sees("○ Next try in 9 s. No server.")
	p.app.now = func() time.Time { return t0.Add(2 * time.Second) }
	p.wait().sees("Next try in 7 s.")
}

func TestAServersAddressIsEntered(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.press("s").types("p4p.other").press("enter").did("server https://p4p.other").sees("You are on p4p.other now.")
	p.press("s").types("http://x.example").press("enter").sees("without encryption")
}

func TestCtrlCQuitsFromEverywhere(t *testing.T) {
	for _, keys := range [][]string{{}, {"n"}, {"i"}, {"f"}, {"?"}, {"a"}, {"j", "c"}, {"j", "!"}} {
		p := sit(t, lively(), 80, 24)
		p.press(keys...)
		if p.press("ctrl+c"); !p.quit {
			t.Errorf("not after %v", keys)
		}
	}
}

func TestTheHelpTellsTheKeysOfThePlaceFirst(t *testing.T) {
	sit(t, lively(), 80, 40).press("f", "?").sees("Friends", "rename", "Feed")
	sit(t, lively(), 80, 24).press("n", "f1").sees("Writing", "send it")
}

func TestAThemeWithoutColoursHasNone(t *testing.T) {
	p := sitWith(t, lively(), 80, 24, Options{}, false)
	p.press("j")
	if s := p.app.View().Content; strings.Contains(s, "38;") || strings.Contains(s, "48;") {
		t.Error("there are colours under NO_COLOR")
	}
	p.press("i").types("Bob").press("enter")
	if s := p.app.View().Content; !strings.Contains(s, "38;5;232;48;5;231") {
		t.Error("the code lost its black and white")
	}
	for _, it := range []struct {
		env  []string
		want bool
	}{{[]string{"TERM=xterm-256color", "NO_COLOR=1"}, false}, {[]string{"TERM=xterm-256color"}, true}, {[]string{"NO_COLOR="}, true}} {
		if _, got := colours(nil, it.env); got != it.want {
			t.Errorf("%v: %v", it.env, got)
		}
	}
}

func TestOfSeveralWaitingTextsThereIsOneWord(t *testing.T) {
	if got := findLink("see (" + aLink(true).URL() + ")."); got != aLink(true).URL() {
		t.Errorf("found %q", got)
	}
	for _, s := range []string{"", "hello world", "https://example.org/f", "f/"} {
		if got := findLink(s); got != "" {
			t.Errorf("%q: found %q", s, got)
		}
	}
}

func TestWhatWaitedStaysSelectedWhenItIsSent(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.fake.offline = true
	p.press("n").types("offline one").press("ctrl+s").press("n").types("offline two").press("ctrl+s", "j")
	p.sees("┃◆ you", "offline two", "offline one")
	p.fake.says(key(30), 0, "news from elsewhere")
	p.fake.connects()
	p.fake.says(key(30), 0, "news after that")
	p.hears(client.FeedChanged).sees("↑ 1 new", "┃◆ you", "offline two", "offline one").doesNotSee("after that")
}

func TestTheEndOfALongPostWithoutCommentsIsReached(t *testing.T) {
	f := newFake()
	f.says(key(9), time.Minute, strings.Repeat("and on it goes\n", 60)+"the very end")
	p := sit(t, f, 40, 12)
	p.press("j", "enter").doesNotSee("the very end").press("G").sees("the very end").press("g").doesNotSee("the very end")
}

func TestAPostOfControlCharactersSaysThatNothingCanBeShown(t *testing.T) {
	f := newFake()
	f.says(key(9), time.Minute, "\x1b[2J\x1b[H\u202e")
	sit(t, f, 80, 24).sees("anonymous", "(nothing that can be shown)")
}

// It wrote over this one's draft, and what it sent took that away.
func TestADraftThatAnotherWindowTookAwayIsKeptWhenItIsLeft(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("n").types("My long text").wait()
	delete(p.fake.drafts, "post")
	p.press("esc").sees("The draft is kept").wait()
	if d := p.fake.drafts["post"]; d != "My long text" {
		t.Errorf("the draft is %q", d)
	}
}

func TestWhatIsNotSentAtAllLeavesThePictureOfAnotherWindowsDraftAlone(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("n").types("Look").press("ctrl+o").types("sun").press("enter", "esc").wait()
	p.fake.drafts["post"], p.fake.draftPicture, p.fake.draftFile = "from the other window", &client.Picture{Bytes: []byte("another"), Alt: "a hill"}, "hill.png"
	p.fake.sends = func(string) {
		p.fake.err = protocol.Errorf(protocol.CodeNoServer, "The server does not answer: try again later.")
	}
	p.press("ctrl+s").sees("does not answer").wait()
	p.fake.err, p.fake.sends = nil, nil
	p.press("esc").sees("The draft is kept").wait()
	if p.fake.draftPicture.Alt != "a hill" {
		t.Errorf("the other window's draft has the picture %q", p.fake.draftPicture.Alt)
	}
}
