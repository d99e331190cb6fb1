package protocol

import (
	"bytes"
	"strings"
	"testing"
)

func TestABodyWithAnyOtherSpellingIsRefused(t *testing.T) {
	good := `{"n":1,"slot":"AQID"}`
	var m MailboxPut
	if err := DecodeStrict([]byte(good), &m); err != nil || !bytes.Equal(m.Slot, []byte{1, 2, 3}) {
		t.Fatalf("%s: %v", good, err)
	}
	for name, body := range map[string]string{
		"nothing":                  ``,
		"cut off":                  good[:10],
		"a second value":           good + `{}`,
		"bytes behind it":          good + "x",
		"an unknown member":        `{"n":1,"name":"Bob","slot":"AQID"}`,
		"a duplicate member":       `{"n":1,"n":2,"slot":"AQID"}`,
		"a member in upper case":   `{"N":1,"slot":"AQID"}`,
		"a member with a long s":   `{"n":1,"ſlot":"AQID"}`,
		"both spellings of a name": `{"n":1,"slot":"AQID","ſlot":"AQID"}`,
		"a member with a Kelvin":   `{"n":1,"slot":"AQID","\u212a":1}`,
		"a flood of values":        `{"n":1,"slot":[` + strings.Repeat(`"",`, 500_000) + `""]}`,
		"a string for a number":    `{"n":"1","slot":"AQID"}`,
		"a negative number":        `{"n":-1,"slot":"AQID"}`,
		"a fraction":               `{"n":1.5,"slot":"AQID"}`,
		"padded base64":            `{"n":1,"slot":"AQ=="}`,
		"spare bits":               `{"n":1,"slot":"AR"}`,
		"a newline in base64":      `{"n":1,"slot":"AQ\nID"}`,
		"invalid UTF-8":            "{\"n\":1,\"slot\":\"\xff\"}",
		"an array":                 `[]`,
		"ten thousand levels":      strings.Repeat(`[`, 10_000),
		"a duplicate deep inside":  `{"e":{"a":1,"a":2}}`,
	} {
		var m MailboxPut
		if err := DecodeStrict([]byte(body), &m); CodeOf(err) != CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAHeaderWithAnyOtherSpellingIsRefused(t *testing.T) {
	token := Token{1, 2, 3}
	if got, err := ParseAuthorization(token.Authorization()); err != nil || got != token {
		t.Fatalf("a token does not come back: %v", err)
	}
	a := token.Authorization()
	for _, h := range []string{"", "P4P", "P4P ", "p4p " + a[4:], "Bearer " + a[4:], a + "A", a + " ", a[:len(a)-1], "P4P  " + a[4:]} {
		if _, err := ParseAuthorization(h); CodeOf(err) != CodeBadRequest {
			t.Errorf("%q: %v", h, err)
		}
	}
}

func FuzzDecodeStrict(f *testing.F) {
	f.Add([]byte(`{"n":1,"slot":"AQID"}`))
	f.Add([]byte(`{"watch":[{"friendship":"51515151-5151-4151-9151-515151515151","token":"AA"}]}`))
	f.Fuzz(func(_ *testing.T, b []byte) {
		var put MailboxPut
		var frame ClientFrame
		_ = DecodeStrict(b, &put)
		_ = DecodeStrict(b, &frame)
	})
}
