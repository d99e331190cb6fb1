package tui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"p4p/client"
)

func TestADroppedPictureIsKnownByItsPathHoweverItIsWritten(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for text, want := range map[string]string{
		"/pics/lake.png":                   "/pics/lake.png",
		" /pics/lake.JPG \n":               "/pics/lake.JPG",
		"'/pics/By the lake.jpeg' ":        "/pics/By the lake.jpeg",
		`"/pics/By the lake.gif"`:          "/pics/By the lake.gif",
		`/pics/By\ the\ lake\ \(2\).webp`:  "/pics/By the lake (2).webp",
		"/pics/By the lake.png":            "/pics/By the lake.png",
		"file:///pics/By%20the%20lake.png": "/pics/By the lake.png",
		"file://localhost/pics/lake.png":   "/pics/lake.png",
		"~/lake.png":                       filepath.Join(home, "lake.png"),

		"":                                       "",
		"lake.png":                               "",
		"look at /pics/lake.png":                 "",
		"/pics/notes.txt":                        "",
		"/pics/lake.png\n/pics/tree.png":         "",
		"'/pics/a.png' '/pics/b.png'":            "",
		"'/pics/lake.png":                        "",
		`/pics/lake.png\`:                        "",
		"file://elsewhere/pics/lake.png":         "",
		"https://p4p.example/lake.png":           "",
		"/" + strings.Repeat("x", 5000) + ".png": "",
	} {
		got, ok := droppedPath(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is taken for %q, %v", text, got, ok)
		}
	}
}

// album is the path of a file in the tests' album.
func album(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", "album", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestADroppedPictureIsAttachedAndTakenOff(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("n").types("Look:").paste("'"+album(t, "Holidays/By the lake.png")+"' ").sees("Describe the picture", "By the lake.png is attached")
	p.press("esc").sees("Look:", "▣ By the lake.png, 8×8", "not described: ctrl+o says what it shows")
	p.press("ctrl+o").types("Water").press("enter").sees("▣ By the lake.png", "Water")
	p.press("ctrl+x").sees("The picture is taken off").doesNotSee("▣").press("ctrl+x").sees("There is no picture to take off.")
	p.press("ctrl+s").did("make Look:")
}

func TestAPastedPathThatIsNoPictureStaysText(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("n").paste("/no/such/place/lake.png").sees("/no/such/place/lake.png", "▢ no picture").doesNotSee("Cannot open")
	p = sit(t, lively(), 80, 24)
	p.press("n").paste(album(t, "broken.gif")).sees("broken.gif", "The file is text, not a picture")
}

func TestTheAttachedPictureComesBackWithTheDraft(t *testing.T) {
	f := lively()
	p := sit(t, f, 80, 24)
	p.press("n").types("Look:").press("ctrl+o").types("sun").press("enter").types("Orange over navy").press("enter", "esc").sees("The draft is kept")
	if f.draftPicture == nil || f.draftPicture.Alt != "Orange over navy" || f.draftFile != "sunset.png" {
		t.Fatalf("kept is %+v, %q", f.draftPicture, f.draftFile)
	}
	p = sit(t, f, 80, 24) // the next start
	p.press("n").sees("Look:", "▀", "▣ sunset.png, 96×48", "Orange over navy").press("ctrl+s").did("make Look:")
	if f.draftPicture != nil {
		t.Error("it is still kept, and would go with the next post")
	}
	sit(t, f, 80, 24).press("n").sees("▢ no picture")
}

func TestWhatIsTakenOffDoesNotComeBackLate(t *testing.T) {
	f := lively()
	p := sit(t, f, 80, 24)
	p.press("n").press("ctrl+o").types("sun").press("enter", "esc")
	c := p.app.layers[1].screen.(*compose)
	late := attachmentReadMsg{gen: c.gen, picture: f.draftPicture, file: f.draftFile}
	p.press("ctrl+x").send(late).doesNotSee("▣")
	if f.draftPicture != nil {
		t.Error("it is still kept")
	}
	f.draftPicture = &client.Picture{}
	p.fake.err = errors.New("disk full")
	p.press("ctrl+o").types("sun").press("enter").sees("disk full").press("esc").sees("▣ sunset.png")
}

func TestAPictureIsChosenFromTheFolders(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("n", "ctrl+o").sees("in testdata/album/", "Holidays/", "broken.gif", "sunset.png", "tree.jpg").doesNotSee("notes.txt", ".hidden.png", ".private")
	p.types(".").sees(".private/", ".hidden.png").doesNotSee("tree.jpg").press("backspace")
	p.types("holi").press("enter").sees("in testdata/album/Holidays/", "By the lake.png").press("ctrl+o").sees("album/", "tree.jpg")
	p.types("nothing like it").sees("No folder and no picture here has that in its name.").press("enter").sees("New post", "Cannot open")
	p.press("ctrl+o").clicks("tree.jpg").sees("tree.jpg is attached")
}

func TestAFolderThatCannotBeReadSaysSo(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("n", "ctrl+o").types("/no/such/folder/").sees("There is no such folder").press("enter").sees("Type the path of a picture, or go to another folder.")
	p.press("esc").sees("New post")
}

func TestAFolderWithThousandsOfPicturesIsListedInPart(t *testing.T) {
	dir := t.TempDir()
	for i := range maxEntries + 1 {
		if err := os.WriteFile(filepath.Join(dir, "p"+thousands(i)+".png"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := sit(t, lively(), 80, 24)
	p.press("n", "ctrl+o").types(dir+"/").sees("Only the first 5,000 names here are listed").press("pgdown", "pgdown").sees("┃")
}
