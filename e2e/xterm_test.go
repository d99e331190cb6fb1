package e2e

import (
	"bufio"
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The colours of the posted picture's quarters: red, blue, green and yellow.
var quarters = [4]color.RGBA{{230, 30, 30, 255}, {30, 60, 230, 255}, {30, 200, 60, 255}, {240, 210, 40, 255}}

// TestAPostedPictureIsSeenInAGraphicalTerminal looks at the pixels of an xterm that
// shows sixel, on a display without a screen.
func TestAPostedPictureIsSeenInAGraphicalTerminal(t *testing.T) {
	needPrograms(t, "Xvfb", "xterm", "import")
	dir := t.TempDir()
	m := image.NewRGBA(image.Rect(0, 0, 320, 200))
	for y := range 200 {
		for x := range 320 {
			m.SetRGBA(x, y, quarters[x/160+2*(y/100)])
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	file, home := filepath.Join(dir, "quarters.png"), filepath.Join(dir, "home")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, home, "post", "Four colours", "--image", file, "--alt", "Red, blue, green and yellow")
	display := openDisplay(t)
	begin(t, append(os.Environ(), "DISPLAY="+display, "P4P_HOME="+home, "P4P_SERVER=", "NO_COLOR=", "TMUX=", "STY=", "TERM_PROGRAM=", "LC_TERMINAL="),
		"xterm", "-ti", "vt340", "-geometry", "100x40+0+0", "-bg", "black", "-fg", "white", "-e", "p4p")
	var seen [4]image.Rectangle
	eventually(t, "the picture in a screenshot", func() bool {
		seen = findQuarters(photographDisplay(t, display))
		return seen[0].Dx() > 50 && seen[3].Dx() > 50
	})
	red, blue, green, yellow := seen[0], seen[1], seen[2], seen[3]
	const row = 10 // pixels, at least, of a row of text: header, name and text stand above
	if red.Min.Y < 3*row || red.Max.X > blue.Min.X+2 || red.Max.Y > green.Min.Y+2 || blue.Max.Y > yellow.Min.Y+2 || green.Max.X > yellow.Min.X+2 {
		t.Errorf("the quarters are at %v", seen)
	}
}

func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("P4P_CI") == "1" {
				t.Fatalf("%s is missing: apt install xvfb xterm imagemagick", name)
			}
			t.Skipf("%s is missing (xvfb, xterm and imagemagick in Debian)", name)
		}
	}
}

// begin starts a program that is killed at the end of the test.
func begin(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = env
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// openDisplay runs an X server on a display that it chooses itself.
func openDisplay(t *testing.T) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // so that it takes its lock file away
		_ = cmd.Wait()
	})
	_ = w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb has no display: %v", err)
	}
	return ":" + strings.TrimSpace(number)
}

func photographDisplay(t *testing.T, display string) image.Image {
	t.Helper()
	cmd := exec.Command("import", "-window", "root", "png:-")
	cmd.Env = append(os.Environ(), "DISPLAY="+display)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("no screenshot: %v", err)
	}
	m, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// findQuarters is where each of the colours is, give or take what percents lose.
func findQuarters(m image.Image) (out [4]image.Rectangle) {
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 4 }
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			c := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)
			for i, q := range quarters {
				if near(c.R, q.R) && near(c.G, q.G) && near(c.B, q.B) {
					out[i] = out[i].Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
	}
	return out
}
