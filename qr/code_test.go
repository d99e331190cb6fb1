package qr

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"

	qrcode "github.com/skip2/go-qrcode"
	"pgregory.net/rapid"
)

// invite draws a link as a QR code carries it: upper case, of that many characters.
func invite(t *rapid.T, length int, pin bool) string {
	const hex, b32, host = "0123456789ABCDEF", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."
	word := func(set string, n int) string {
		return string(rapid.SliceOfN(rapid.SampledFrom([]byte(set)), n, n).Draw(t, "word"))
	}
	tail := "/F/" + strings.Join([]string{word(hex, 8), word(hex, 4), word(hex, 4), word(hex, 4), word(hex, 12)}, "-") + "#" + word(b32, 26)
	if pin {
		tail += "." + word(b32, 26)
	}
	return "HTTPS://" + word(host, length-len("HTTPS://")-len(tail)) + tail
}

const sample = "HTTPS://P4P.EXAMPLE.ORG/F/0F8FAD5B-D9CB-869F-A165-70867728950E#MFRGGZDFMZTWQ2LKNNWG23TPOA"

func TestAnInviteIs45By23CellsAtMedium(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		link := invite(t, rapid.IntRange(89, 95).Draw(t, "length"), false)
		checkSize(t, link, 45, 23, qrcode.Medium)
	})
}

func TestAnInviteWithAPinIs45By23CellsAtLow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		link := invite(t, 121, true)
		checkSize(t, link, 45, 23, qrcode.Low)
		if medium, err := encode(link, qrcode.Medium); err != nil || medium.size != 49 || medium.rows() != 25 {
			t.Fatalf("at Medium the link takes %dx%d cells (%v), want 49x25", medium.size, medium.rows(), err)
		}
	})
}

func checkSize(t *rapid.T, link string, wantCols, wantRows int, level qrcode.RecoveryLevel) {
	code, err := Encode(link)
	if err != nil {
		t.Fatal(err)
	}
	if cols, rows := code.Size(); cols != wantCols || rows != wantRows {
		t.Fatalf("%q takes %dx%d cells, want %dx%d", link, cols, rows, wantCols, wantRows)
	}
	want, err := encode(link, level)
	if err != nil {
		t.Fatal(err)
	}
	for i, dark := range want.dark {
		if code.dark[i] != dark {
			t.Fatalf("%q is not encoded at level %v", link, level)
		}
	}
}

func TestALongTextTakesTheSmallerLevelAndAnEqualOneTheBetter(t *testing.T) {
	for length := 150; length < 2000; length += 131 {
		text := strings.Repeat("A", length)
		code, err := Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		low, _ := encode(text, qrcode.Low)
		if code.size != low.size {
			t.Errorf("%d characters take %d modules, but fit in %d", length, code.size, low.size)
		}
		medium, _ := encode(text, qrcode.Medium)
		if medium.size == low.size && !bytes.Equal(bits(code), bits(medium)) {
			t.Errorf("%d characters are not at level Medium, which is no larger", length)
		}
	}
}

func bits(c Code) []byte {
	b := make([]byte, len(c.dark))
	for i, dark := range c.dark {
		if dark {
			b[i] = 1
		}
	}
	return b
}

func TestWhatNoCodeCanHoldIsRefusedWithASentence(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "empty",
		"HTTPS://BÜCHER.EXAMPLE/":   "ASCII",
		"\xff":                      "ASCII",
		strings.Repeat("a", 3000):   "3000 characters",
		strings.Repeat("#A9", 2000): "6000 characters",
	} {
		if _, err := Encode(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("encoding %.20q gives %v, want an error that speaks of %q", text, err, want)
		}
	}
}

func TestEverySideHasAQuietZoneOfFourModules(t *testing.T) {
	code := mustEncode(t, sample)
	dark := 0
	for y := range code.size {
		for x := range code.size {
			if !code.at(x, y) {
				continue
			}
			dark++
			if min(x, y) < 4 || max(x, y) >= code.size-4 {
				t.Fatalf("the module at (%d, %d) is dark", x, y)
			}
		}
	}
	if !code.at(4, 4) || !code.at(code.size-5, 4) || !code.at(4, code.size-5) || dark < 400 {
		t.Fatal("the corners of the code are not where they belong")
	}
}

func TestPNGIsReadBackAtEverySize(t *testing.T) {
	code := mustEncode(t, sample)
	for _, pixels := range []int{1, 2, 3, 4, 8, 10, MaxPixelsPerModule} {
		picture := pngOf(t, code, pixels)
		if len(picture) > 8000 {
			t.Errorf("the PNG of %d pixels a module has %d bytes", pixels, len(picture))
		}
		if got, err := Decode(bytes.NewReader(picture)); got != sample || err != nil {
			t.Errorf("with %d pixels a module the PNG reads %q, %v", pixels, got, err)
		}
	}
	for _, pixels := range []int{-1, 0, MaxPixelsPerModule + 1} {
		if err := code.PNG(&bytes.Buffer{}, pixels); err == nil {
			t.Errorf("a PNG of %d pixels a module is drawn", pixels)
		}
	}
}

func TestAnyLinkIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		link := invite(t, rapid.IntRange(121, 140).Draw(t, "length"), true)
		code, err := Encode(link)
		if err != nil {
			t.Fatal(err)
		}
		var picture bytes.Buffer
		if err := code.PNG(&picture, 4); err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(&picture); got != link || err != nil {
			t.Fatalf("%q reads %q, %v", link, got, err)
		}
	})
}

func TestSVGDrawsTheSameModulesAsPNG(t *testing.T) {
	code := mustEncode(t, sample)
	var out bytes.Buffer
	if err := code.SVG(&out); err != nil {
		t.Fatal(err)
	}
	var svg struct {
		XMLName xml.Name
		ViewBox string `xml:"viewBox,attr"`
		Width   int    `xml:"width,attr"`
		Paths   []struct {
			Fill string `xml:"fill,attr"`
			D    string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(out.Bytes(), &svg); err != nil {
		t.Fatal(err)
	}
	if svg.XMLName.Space != "http://www.w3.org/2000/svg" || svg.ViewBox != "0 0 45 45" || svg.Width != 360 || len(svg.Paths) != 2 {
		t.Fatalf("the drawing is not a picture of 45 modules: %.200s", &out)
	}
	if svg.Paths[0].Fill != "#fff" || svg.Paths[0].D != "M0 0h45v45h-45z" || svg.Paths[1].Fill != "" {
		t.Fatal("the drawing is not black on a white ground")
	}
	img := image.NewGray(image.Rect(0, 0, code.size, code.size))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	runs := regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(svg.Paths[1].D, -1)
	length := 0
	for _, run := range runs {
		length += len(run[0])
		x, y, n := number(run[1]), number(run[2]), number(run[3])
		for dx := range n {
			img.Set(x+dx, y, color.Black)
		}
	}
	if length != len(svg.Paths[1].D) {
		t.Fatal("the drawing has more than runs of modules")
	}
	drawn, err := png.Decode(bytes.NewReader(pngOf(t, code, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(grayOf(drawn).Pix, img.Pix) {
		t.Fatal("SVG and PNG differ")
	}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("%q is not a number", s))
	}
	return n
}

func mustEncode(t testing.TB, text string) Code {
	t.Helper()
	code, err := Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func pngOf(t testing.TB, code Code, pixels int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := code.PNG(&b, pixels); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
