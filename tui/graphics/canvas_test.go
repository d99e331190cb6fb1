package graphics

import (
	"image"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// frames is a canvas on a terminal that notes what it is sent.
type frames struct {
	*Canvas
	t   *testing.T
	out strings.Builder
}

func onTerminal(t *testing.T, m Mode) *frames {
	f := &frames{t: t}
	f.Canvas = NewCanvas(&f.out)
	f.Family = 1
	f.SetMode(m, 0)
	return f
}

// keep makes a picture of 4 x 2 cells ready.
func (f *frames) keep(id int) *Picture {
	f.t.Helper()
	p, err := f.Prepare(photo(32, 32), id, 4, 2, cell)
	if err != nil {
		f.t.Fatal(err)
	}
	f.Keep(p)
	return p
}

// write writes a frame and tells what the terminal got.
func (f *frames) write(s string) string {
	f.t.Helper()
	f.out.Reset()
	if n, err := f.Write([]byte(s)); n != len(s) || err != nil {
		f.t.Fatalf("wrote %d of %d bytes, %v", n, len(s), err)
	}
	return f.out.String()
}

func (f *frames) is(got, want string) {
	f.t.Helper()
	if got != want {
		f.t.Errorf("the terminal got\n%.200q; want\n%.200q", got, want)
	}
}

func painted(p *Picture, x, y int) string {
	return ansi.SaveCursor + ansi.CursorPosition(x+1, y+1) + p.whole + ansi.RestoreCursor
}

func erased(at Placement) string {
	var b strings.Builder
	erase(&b, at)
	return b.String()
}

func TestKittyHoldsAPictureFromTheFirstFrameToTheLast(t *testing.T) {
	f := onTerminal(t, Kitty)
	p := f.keep(16)
	f.is(f.write("a question"), "a question") // before the alternate screen is on
	f.is(f.write(enter+"frame"), enter+p.whole+"frame")
	f.is(f.write("frame"), "frame")
	q := f.keep(17)
	f.Drop(16)
	f.is(f.write(syncBegin+"frame"+syncEnd), syncBegin+deleteKitty(1<<24|16)+q.whole+"frame"+syncEnd)
	f.is(f.write("end"+leave), "end"+deleteKitty(1<<24|17)+leave)
	f.is(f.write("shell"), "shell")
	f.is(f.write(enter+"resumed"), enter+q.whole+"resumed")
}

func TestBehindTmuxPicturesPassThrough(t *testing.T) {
	f := onTerminal(t, Kitty)
	f.Tmux = true
	p := f.keep(16)
	f.is(f.write(enter), enter+throughTmux(p.whole))
	f.is(f.write(leave), throughTmux(deleteKitty(1<<24|16))+leave)
}

func TestASixelIsPaintedOnceAfterItsFrame(t *testing.T) {
	f := onTerminal(t, Sixel)
	p := f.keep(16)
	at := Placement{ID: 16, Cols: 4, Rows: 2, X: 3, Y: 1}
	f.Show([]string{"a", "b", "c", "d"}, []Placement{at})
	f.is(f.write(enter+syncBegin+"frame"+syncEnd), enter+syncBegin+"frame"+painted(p, 3, 1)+syncEnd)
	f.Show([]string{"a", "b", "c", "D"}, []Placement{at})
	f.is(f.write("frame"), "frame") // its rows are as they were
	f.Show([]string{"a", "b", "C", "D"}, []Placement{at})
	f.is(f.write("frame"), "frame"+painted(p, 3, 1)) // one changed, and may have been cleared
}

func TestAPictureThatMovedIsErasedWhereItWas(t *testing.T) {
	f := onTerminal(t, Sixel)
	p := f.keep(16)
	at := Placement{ID: 16, Cols: 4, Rows: 2, X: 3, Y: 1}
	f.Show([]string{"a", "", ""}, []Placement{at})
	f.write(enter)
	moved := at
	moved.Y = 2
	f.Show([]string{"a", "", ""}, []Placement{moved})
	f.is(f.write("frame"), erased(at)+"frame"+painted(p, 3, 2))
	f.Show([]string{"a", "", ""}, nil)
	f.is(f.write("frame"), erased(moved)+"frame")
	f.is(f.write("frame"), "frame")
}

func TestWhatClearsOrScrollsTheScreenHasPicturesPaintedAgain(t *testing.T) {
	at := Placement{ID: 16, Cols: 4, Rows: 2, X: 3, Y: 1}
	rows := []string{"a", "b", "c"}
	for frame, erases := range map[string]bool{"\x1b[2J": false, "\x1b[2;20r\n\x1b[1;24r": true, "\x1b[3S": true, "\x1b[2L": true} {
		f := onTerminal(t, Sixel)
		p := f.keep(16)
		f.Show(rows, []Placement{at})
		f.write(enter)
		f.Show(rows, []Placement{at})
		want := frame + painted(p, 3, 1)
		if erases {
			want = erased(at) + want
		}
		f.is(f.write(frame), want)
	}
}

func TestAFrameOfAnUnknownViewHasPicturesPaintedAgain(t *testing.T) {
	f := onTerminal(t, Sixel)
	p := f.keep(16)
	at := Placement{ID: 16, Cols: 4, Rows: 2}
	f.Show([]string{"a", "b"}, []Placement{at})
	f.write(enter)
	f.is(f.write("more"), "more"+painted(p, 0, 0))
}

func TestOnlyTheVisiblePartOfAPictureIsSent(t *testing.T) {
	f := onTerminal(t, Sixel)
	p := f.keep(16)
	f.Show([]string{""}, []Placement{{ID: 16, Row: 1, Cols: 4, Rows: 1, X: 0, Y: 0}})
	got := f.write(enter)
	_, body, _ := strings.Cut(got, ansi.CursorPosition(1, 1))
	m := decodeSixel(t, strings.TrimSuffix(body, ansi.RestoreCursor))
	if d := distance(m, p.dots.SubImage(image.Rect(0, 16, 32, 32))); d > 1 {
		t.Errorf("the lower half differs by %.2f", d)
	}
}

func TestLeavingErasesWhatWasPainted(t *testing.T) {
	f := onTerminal(t, ITerm)
	f.keep(16)
	at := Placement{ID: 16, Cols: 4, Rows: 2}
	f.Show([]string{"a", "b"}, []Placement{at})
	f.write(enter)
	f.is(f.write(leave), erased(at)+leave)
}
