package tui

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"p4p/client"
)

// corpus is what strangers might write to drive a terminal, or to be somebody else.
func corpus() []string {
	all := slices.Clone(hostileTexts)
	for _, introducer := range []string{"\x1b[", "\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\u009b", "\u009d", "\u0090", "\u009f", "\x9b", "\x9d", "\x90", "\x9f", "\x98", "\x9e"} {
		for _, end := range []string{"", "\a", "\x1b\\", "\u009c", "\x9c", "\r", "\n"} { // "" never ends
			all = append(all, introducer+"0;owned"+end+" and on", introducer+"52;c;cm0gLXJm"+end+" and on")
		}
	}
	for _, csi := range []string{
		"?1049h", "?25l", "?1000h", "?1006h", "?2004l", "?2026h", "?1004h", "?7l", "?6h", "4h", "20h", // modes
		"2J", "3J", "H", "99;99H", "5A", "10L", "10M", "5;10r", "s", "u", "!p", "6n", "c", ">c", "14t", "21t", "8;5;5t", // screen, region, reports, window
		"3g", "5m", "7;8m", "38;2;0;0;0;48;2;0;0;0m", "5 q", "1000b", "1$p", "?1$p", // tab stops, colours, cursor, repetition
	} {
		all = append(all, "\x1b["+csi+"after", "\u009b"+csi+"after", "\x9b"+csi+"after")
	}
	for _, osc := range []string{"0;t", "1;i", "2;t", "4;1;#000000", "7;file:///", "8;;http://evil.example/", "8;id=x;file:///etc/passwd", "9;n", "10;#000000", "11;#fff", "12;#fff", "50;x", "52;c;?", "104", "133;A", "777;notify;a;b", "1337;File=:AAAA", "99;;hi"} {
		all = append(all, "\x1b]"+osc+"\aafter", "\x1b]"+osc+"\x1b\\after", "\u009d"+osc+"\u009cafter")
	}
	all = append(
		all,
		"\x1bc reset", "\x1b7\x1b8\x1bD\x1bE\x1bM\x1bH", "\x1b(0lqqk\x1b(B", "\x0e\x0f shift", "\x1b#8", "\x1b%G\x1b%@", "\x1bn\x1bo\x1b|\x1b}\x1b~", "\x05\x06\x07\x08\x7f\x18\x1a",
		"lone\rCR over it", "a\vb\fc\u0085d\u2028e\u2029f", "nul\x00nul",
		"\u202a\u202b\u202d\u202e\u2066\u2067\u2068never closed", "\u200e\u200f\u061c", "\ufeff\u2060\u00ad\u034f\u180e\ufff9\ufffa\ufffb", "\U000e0041\U000e0042\U000e007f tags",
		strings.Repeat("\u200d", 4000), strings.Repeat("👩\u200d", 1000), "👩"+strings.Repeat("\u200d👩", 1200), strings.Repeat("🏳️‍🌈", 300),
		"a"+strings.Repeat("\u0301", 4000), strings.Repeat("o\u0302\u0303\u0323\u0331", 400), strings.Repeat("\u20dd", 900), "\u0301first", strings.Repeat("\ufe0f", 2000), strings.Repeat("\ufe0e1", 500),
		strings.Repeat("w", 4000), strings.Repeat("漢", 1333), strings.Repeat("https://evil.example/", 190), "https://evil.example/"+strings.Repeat("x", 3900), strings.Repeat("\t", 4000), strings.Repeat("\n", 4000),
		"★ Alice · now\n  It is me", "✓ Alice", "◆ you · now", "▐▌ anonymous 3f9a · 1m", "┃ ★ Alice", "● online", " P4P  everyone  friends", "────────────\n ★ Alice", "★\u00a0Alice", "⭐ Alice", "   ★ Alice", "\u3000★ Alice",
		strings.Repeat("\U0010ffff", 200), "\U0001f1e6"+strings.Repeat("\U0001f1e7", 501), strings.Repeat("ﷺ", 500), strings.Repeat("꧅", 300), "ᄀ"+strings.Repeat("ᅡ", 800),
	)
	return all
}

// kinds are what an output does to a terminal beyond printing: each string command by
// its kind and number, each mode, each other sequence by its last letters.
func kinds(output []byte) map[string]bool {
	out := map[string]bool{}
	var state byte
	p := ansi.NewParser()
	for len(output) > 0 {
		seq, _, n, next := ansi.DecodeSequence(output, state, p)
		state, output = next, output[n:]
		cmd := ansi.Cmd(p.Command())
		switch {
		case ansi.HasOscPrefix(seq):
			out[fmt.Sprint("OSC ", p.Command())] = true
		case ansi.HasDcsPrefix(seq), ansi.HasApcPrefix(seq), ansi.HasPmPrefix(seq), ansi.HasSosPrefix(seq):
			out[fmt.Sprintf("string %q", seq)] = true
		case ansi.HasCsiPrefix(seq) && (cmd.Final() == 'h' || cmd.Final() == 'l'):
			out[fmt.Sprintf("mode %q", seq)] = true
		case ansi.HasCsiPrefix(seq):
			out[fmt.Sprintf("CSI %q %q %q", cmd.Prefix(), cmd.Intermediate(), cmd.Final())] = true
		case ansi.HasEscPrefix(seq):
			out[fmt.Sprintf("ESC %q", seq)] = true
		case len(seq) == 1 && (seq[0] < ' ' || seq[0] >= 0x7f) && seq[0] != '\r' && seq[0] != '\n' && seq[0] != '\b' && seq[0] != '\t':
			out[fmt.Sprintf("control %q", seq)] = true
		}
	}
	return out
}

// moves are the sequences with which the renderer moves, erases and colours: which of
// them it needs depends on what stands where.
var moves = func() map[string]bool {
	moves := map[string]bool{`ESC "\x1bM"`: true} // one line up, or a scroll at the top
	for _, final := range []byte("ABCDEFGHIJKLMPSTXZ`abdfmr@") {
		moves[fmt.Sprintf("CSI %q %q %q", byte(0), byte(0), final)] = true
	}
	return moves
}()

// walked is what is left of a terminal after a walk through the whole program.
type walked struct {
	kinds, titles map[string]bool
	on            map[ansi.Mode]bool
	x, y          int
	probe         string // what a shell's next output would look like
	alt, hidden   bool
}

// walk runs the whole program on a feed: every post is gone to, some are opened, seen
// with the server's eye and pasted into a post.
func walk(t *testing.T, f *fake, pasted string) walked {
	t.Helper()
	out := newTerminal(t)
	in, keys := io.Pipe()
	go func() {
		out.await("\U0001f3c1 end of the feed")
		marks := [][2]string{{"?", " Help "}, {"L", " Log "}}
		step := func(i int, press string) { // a mark shows that the keys before it were drawn
			_, _ = keys.Write([]byte(press))
			_, _ = keys.Write([]byte(marks[i%2][0]))
			out.await(marks[i%2][1])
			_, _ = keys.Write([]byte("q"))
		}
		for i := range 40 {
			step(i, strings.Repeat("\x1b[B", 1+len(f.log)/40)) // down
		}
		_, _ = keys.Write([]byte("g"))
		for i := range 10 {
			step(2*i, strings.Repeat("\x1b[B", 5)+"v") // the log would close the eye
			step(2*i+1, "v\r")
			_, _ = keys.Write([]byte("q"))
		}
		_, _ = keys.Write([]byte("n"))
		out.await("New post")
		_, _ = keys.Write([]byte("\x1b[200~" + pasted + "\x1b[201~"))
		out.await("too long to send")
		_, _ = keys.Write([]byte("\x03"))
	}()
	o := withSize(Options{Client: f, Changes: still{f}, In: in, Out: out, Env: []string{"TERM=xterm-256color", "COLORTERM=truecolor"}})
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	w := walked{kinds: kinds(out.bytes.Bytes()), titles: out.titles, on: out.on, alt: out.alt, hidden: out.hidden}
	w.x, w.y = out.e.CursorPosition().X, out.e.CursorPosition().Y
	_, _ = out.e.WriteString("\r\ta\tb\x1b[H\x1b[24;1Hx\r\n\r\n\r\ny\x1b[1;1Hz\x1b[999;999Hq")
	w.probe = out.e.Render()
	return w
}

func TestTheCorpusLeavesTheTerminalAsHarmlessPostsDo(t *testing.T) {
	harmless, evil := newFake(), newFake()
	texts := corpus()
	for i := range texts {
		harmless.says(key(10+i), time.Minute, fmt.Sprintf("A post like any other, the %d. of its kind: https://p4p.example/%d", i, i))
		evil.says(key(10+i), time.Minute, texts[i])
		if i%7 == 0 {
			evil.comments(id(i+1), key(11+i), time.Minute, texts[len(texts)-1-i])
			harmless.comments(id(i+1), key(11+i), time.Minute, "indeed")
		}
	}
	evil.labels[alice] = client.Label{Kind: client.Friend, Name: "Al\x1b]0;own\aice\u202e\x9b2J"}
	harmless.labels[alice] = client.Label{Kind: client.Friend, Name: "Alice"}
	for _, f := range []*fake{harmless, evil} {
		f.says(alice, time.Minute, "\U0001f3c1 end of the feed")
	}
	want := walk(t, harmless, strings.Repeat("A paste like any other. ", 200))
	got := walk(t, evil, strings.Join(texts, " ")[:maxPaste-100])
	for k := range got.kinds {
		if !want.kinds[k] && !moves[k] {
			t.Errorf("the terminal was sent %s", k)
		}
	}
	if !want.kinds["OSC 8"] || !want.kinds[`mode "\x1b[?1049h"`] {
		t.Errorf("what the program does send was not noticed: %v", slices.Sorted(maps.Keys(want.kinds)))
	}
	got.kinds, want.kinds = nil, nil
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("it is left as\n%+v\ninstead of\n%+v", got, want)
	}
}

func TestAPlantedSequenceIsNoticed(t *testing.T) {
	got := kinds([]byte("hi\x1b]52;c;AA\a\x1b[?7l\x1bPq\x1b\\\x1b_G\x1b\\\x1b[3g\x07\x1bc"))
	for _, k := range []string{"OSC 52", `mode "\x1b[?7l"`, `string "\x1bPq\x1b\\"`, `string "\x1b_G\x1b\\"`, `CSI '\x00' '\x00' 'g'`, `control "\a"`, `ESC "\x1bc"`} {
		if !got[k] {
			t.Errorf("%s was not noticed among %v", k, slices.Sorted(maps.Keys(got)))
		}
	}
}

// No text of the corpus reaches the columns in which the app's marks stand.
func TestNothingOfTheCorpusStandsInTheGutter(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	for _, text := range corpus() {
		it := *p.fake.says(key(9), time.Minute, text)
		for i, l := range p.app.lay(it, p.app.versionOf(it, shape{width: 80, expanded: true, rows: 5})) {
			if i > 0 && l != "" && !strings.HasPrefix(l, strings.Repeat(" ", gutter-1)) {
				t.Errorf("%q: line %d stands in the gutter: %q", text, i, l)
			}
		}
	}
}

func TestAPasteOfFiveMegabytesIsRefusedWithASentence(t *testing.T) {
	huge := strings.Repeat("https://p4p.example/ and so on. ", 5<<20/32)
	for name, open := range map[string]func(p *person){
		"the feed":   func(*person) {},
		"a post":     func(p *person) { p.press("n").types("kept") },
		"a question": func(p *person) { p.press("i").types("kept") },
		"a comment":  func(p *person) { p.press("j", "c").types("kept") },
		"a link":     func(p *person) { p.press("a").types("kept") },
		"palette":    func(p *person) { p.press(":").types("post") },
	} {
		t.Run(name, func(t *testing.T) {
			p := sit(t, lively(), 80, 24)
			open(p)
			p.paste(huge).sees("That paste has 5,242,880 bytes", "nothing of it was taken")
			if name != "the feed" && name != "palette" {
				p.sees("kept")
			}
		})
	}
}

func TestFiveMegabytesOfPasteComeThroughTheTerminal(t *testing.T) {
	out := newTerminal(t)
	in, keys := io.Pipe()
	f := lively()
	go func() {
		out.await("Who else is out there")
		_, _ = keys.Write([]byte("n"))
		out.await("New post")
		_, _ = keys.Write([]byte("\x1b[200~" + strings.Repeat("a line\x1b]0;own\n", 5<<20/15) + "\x1b[201~"))
		out.await("That paste has 4,5")
		_, _ = keys.Write([]byte("\x03"))
	}()
	if err := runIn(t, Options{Client: f, Changes: still{f}, In: in, Out: out, Env: env}); err != nil {
		t.Fatal(err)
	}
	out.restored(t)
}
