package plain

import "testing"

const (
	ordinary   = "We walked the whole coast on Sunday; the light was worth the wet feet. Übermorgen wieder? 👍"
	devanagari = "नमस्ते दुनिया, आज मौसम बहुत अच्छा है और हम समुद्र के किनारे गए थे।"
)

func TestOrdinaryTextIsNotCopied(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Block(ordinary); Line(ordinary) }); n != 0 {
		t.Errorf("cleaning ordinary text allocates %v times, want none", n)
	}
}

func BenchmarkBlockOrdinary(b *testing.B)   { benchmark(b, ordinary) }
func BenchmarkBlockDevanagari(b *testing.B) { benchmark(b, devanagari) }
func BenchmarkBlockHostile(b *testing.B)    { benchmark(b, "\x1b[31m"+ordinary+"\x1b]0;x\a\u202e") }

func BenchmarkWrap(b *testing.B) {
	text := Block(ordinary + " " + ordinary + " " + devanagari)
	b.ReportAllocs()
	for b.Loop() {
		text.Wrap(40)
	}
}

func benchmark(b *testing.B, s string) {
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Block(s)
	}
}
