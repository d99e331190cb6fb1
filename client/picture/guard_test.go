package picture

import (
	"image"
	"io"
	"strings"
	"testing"

	"p4p/protocol"
)

func TestADecoderThatPanicsIsAnError(t *testing.T) {
	k := kind{name: "PNG", decode: func(io.Reader) (image.Image, error) { panic("index out of range") }}
	m, err := k.decodeSized(strings.NewReader("x"), 1, 1)
	if m != nil || protocol.CodeOf(err) != protocol.CodeBadPicture {
		t.Fatalf("got %v, %v", m, err)
	}
	if e, ok := err.(*protocol.Error); !ok || !strings.Contains(e.Cause.Error(), "index out of range") {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestADecoderThatMakesAnotherSizeThanTheHeaderIsNotBelieved(t *testing.T) {
	k := kind{name: "PNG", decode: func(io.Reader) (image.Image, error) { return image.NewGray(image.Rect(0, 0, 9, 9)), nil }}
	if m, err := k.decodeSized(strings.NewReader("x"), 9, 8); m != nil || protocol.CodeOf(err) != protocol.CodeBadPicture {
		t.Fatalf("got %v, %v", m, err)
	}
}
