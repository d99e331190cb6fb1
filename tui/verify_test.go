package tui

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"p4p/client"
	"p4p/protocol"
	"p4p/qr"
)

const aNumber = "12345 67890 11111 22222 33333 44444"

// A phone that scans the screen reads the number from it, wherever there is room.
func TestTheSafetyNumberIsReadFromTheScreen(t *testing.T) {
	for _, size := range []struct {
		w, h  int
		large bool
	}{{80, 24, false}, {120, 40, true}, {40, 40, false}, {200, 60, true}} {
		p := sit(t, lively(), size.w, size.h)
		p.press("f", "s").sees(strings.Fields(aNumber)...)
		got, err := qr.Decode(bytes.NewReader(p.photo()))
		if err != nil || got != protocol.SafetyQR(aNumber) {
			t.Errorf("%dx%d: %q, %v\n%s", size.w, size.h, got, err, p.text())
		}
		if code, _ := qr.Encode(protocol.SafetyQR(aNumber)); (blocks(p) > blocksOf(code)) != size.large {
			t.Errorf("%dx%d: large is %v\n%s", size.w, size.h, !size.large, p.text())
		}
	}
	sit(t, lively(), 40, 12).press("f", "s").sees(strings.Fields(aNumber)...).sees("For its code the window needs", "columns", "p saves it", "y the same")
}

// photo is the screen as a camera sees it: two pixels a half cell.
func (p *person) photo() []byte {
	e := p.screen()
	defer e.Close()
	const cw, ch = 4, 8
	m := image.NewGray(image.Rect(0, 0, p.app.width*cw, p.app.height*ch))
	for y := range p.app.height {
		for x := range p.app.width {
			c := e.CellAt(x, y)
			upper, lower := byte(0), byte(0)
			if c != nil {
				upper, lower = grey(c.Style.Bg), grey(c.Style.Bg)
				if c.Content == "▀" {
					upper = grey(c.Style.Fg)
				}
			}
			for py := range ch {
				for px := range cw {
					v := upper
					if py >= ch/2 {
						v = lower
					}
					m.SetGray(x*cw+px, y*ch+py, color.Gray{Y: v})
				}
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func grey(c color.Color) byte {
	if c == nil {
		return 0
	}
	return color.GrayModel.Convert(c).(color.Gray).Y
}

// blocks is how many cells of the screen are white, as a code's are.
func blocks(p *person) (n int) {
	e := p.screen()
	defer e.Close()
	for y := range p.app.height {
		for x := range p.app.width {
			if c := e.CellAt(x, y); c != nil && c.Style.Bg != nil && grey(c.Style.Bg) > 250 {
				n++
			}
		}
	}
	return n
}

func blocksOf(c qr.Code) int {
	cols, rows := c.Size()
	return cols * rows
}

func TestANumberThatWasReadOutOrSentIsCompared(t *testing.T) {
	for name, give := range map[string]func(p *person){
		"typed":               func(p *person) { p.press("enter").types("123456789011111 222223333344444").press("enter") },
		"pasted here":         func(p *person) { p.paste(aNumber).press("enter") },
		"pasted with words":   func(p *person) { p.paste("Mine is " + aNumber + ", yours?").press("enter") },
		"scanned elsewhere":   func(p *person) { p.paste(protocol.SafetyQR(aNumber)).press("enter") },
		"pasted in the field": func(p *person) { p.press("enter").paste(" " + aNumber + "\n").press("enter") },
	} {
		p := sit(t, lively(), 80, 24)
		p.press("f", "s")
		give(p)
		if last := p.fake.calls[len(p.fake.calls)-1]; strings.ReplaceAll(last, " ", "") != "verify"+strings.ReplaceAll(aNumber, " ", "") {
			t.Errorf("%s: %q", name, last)
		}
		p.sees("Alice is verified: the two numbers are the same.")
	}
}

func TestANumberThatDiffersStaysInItsField(t *testing.T) {
	f := lively()
	p := sit(t, f, 120, 40)
	f.err = protocol.Errorf(protocol.CodeSafetyMismatch, "The safety numbers differ: Alice was not marked as verified.")
	p.press("f", "s").paste("99999 67890 11111 22222 33333 44444").press("enter")
	p.sees("› 99999 67890", "The safety numbers differ", "esc").doesNotSee("is verified")
}

func TestAPictureOfTheOtherSidesCodeIsRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		code, err := qr.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := code.PNG(&b, 8); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	p := sit(t, lively(), 120, 40)
	p.press("f", "s", "i", "enter").sees("Type the path of a picture")
	p.types(filepath.Join(dir, "nowhere.png")).press("enter").sees("Cannot open the picture", "no such file").did()
	p.press("esc", "i").types(write("invite.png", aLink(false).QR())).press("enter").sees("holds no safety number").did()
	p.press("esc", "i").types(write("number.png", protocol.SafetyQR(aNumber))).press("enter").did("verify " + aNumber).sees("Alice is verified")
}

func TestTwoNumbersAtOnceAreNotChosenFrom(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("f", "s").paste(aNumber + " or 99999 67890 11111 22222 33333 44444?").sees("or 99999").did()
}

func TestAnInvitesCodeIsAsLargeAsTheWindowAllows(t *testing.T) {
	code, err := qr.Encode(aLink(false).QR())
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []struct {
		w, h  int
		large bool
	}{{80, 24, false}, {200, 60, true}, {100, 70, true}} {
		p := sit(t, lively(), size.w, size.h)
		p.press("i").types("Bob").press("enter")
		got, err := qr.Decode(bytes.NewReader(p.photo()))
		if err != nil || got != aLink(false).QR() || (blocks(p) > blocksOf(code)) != size.large {
			t.Errorf("%dx%d: %q, %v\n%s", size.w, size.h, got, err, p.text())
		}
	}
}

func TestOnesOwnCodeIsSavedForTheFriendToRead(t *testing.T) {
	p := sit(t, lively(), 40, 12)
	p.press("f", "s", "p").sees("Saved as")
	files, err := filepath.Glob(filepath.Join(p.app.saveDir, "p4p-safety-*.png"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if number, err := safetyFrom(files[0]); number != aNumber || err != nil {
		t.Errorf("%q, %v", number, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestAnInviteThatIsPastedBesideANumberIsStillAnInvite(t *testing.T) {
	sit(t, lively(), 80, 24).press("f", "s").paste(aLink(false).URL()).sees("Accept an invite").did()
}

// The banner about an acceptance names a key that is not the answer to another question.
func TestABannerNeverNamesAKeyThatMeansSomethingElse(t *testing.T) {
	f := lively()
	f.friends = append(f.friends, client.Friendship{Name: "Bob", Friendship: id(601), State: client.StateAccepted, Inviter: true})
	p := sit(t, f, 80, 24)
	p.sees("Press y: someone accepted")
	p.press("f").selects("Alice").press("d").sees("Press ctrl+y: someone accepted", "Remove Alice?")
	p.press("ctrl+y").sees("Is this Bob?").did()
	p.press("esc", "esc", "s").sees("Press ctrl+y: someone accepted", aNumber)
}
