package protocol

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const (
	linkF      = "01837f64-4057-8650-972f-eae1b4479ad4"
	linkSecret = "U6T2PJ5HU6T2PJ5HU6T2PJ5HU4"
	linkPin    = "AEBAGBAFAYDQQCIKBMGA2DQPCA"
)

func TestALinkIsReadInEveryFormInWhichItTravels(t *testing.T) {
	for in, server := range map[string]string{
		"https://p4p.example/f/" + linkF + "#" + linkSecret:                                       "https://p4p.example",
		"  https://p4p.example/f/" + linkF + "#" + linkSecret + "\n":                              "https://p4p.example",
		"HTTPS://P4P.EXAMPLE/F/" + strings.ToUpper(linkF) + "#" + linkSecret:                      "https://p4p.example",
		"https://p4p.example:8443/f/" + linkF + "#" + strings.ToLower(linkSecret):                 "https://p4p.example:8443",
		"http://127.0.0.1:4747/f/" + linkF + "#" + linkSecret:                                     "http://127.0.0.1:4747",
		"http://[::1]:4747/f/" + linkF + "#" + linkSecret:                                         "http://[::1]:4747",
		"http://localhost/f/" + linkF + "#" + linkSecret:                                          "http://localhost",
		"p4p://p4p.example/f/" + linkF + "#" + linkSecret:                                         "https://p4p.example",
		"p4p://127.0.0.1:4747/f/" + linkF + "#" + linkSecret:                                      "http://127.0.0.1:4747",
		"p4p://127.0.0.1:4747/f/" + linkF + "#" + linkSecret + "." + linkPin:                      "https://127.0.0.1:4747",
		"https://192.168.1.7:4747/f/" + linkF + "#" + linkSecret + "." + linkPin:                  "https://192.168.1.7:4747",
		"HTTPS://192.168.1.7:4747/F/" + strings.ToUpper(linkF) + "#" + linkSecret + "." + linkPin: "https://192.168.1.7:4747",
	} {
		l, err := ParseLink(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if l.Server != server || l.Friendship.String() != linkF || l.Secret.Base32() != linkSecret || (l.Pin != nil) != strings.Contains(in, ".AEBAG") {
			t.Errorf("%q was read as %+v", in, l)
		}
		for _, form := range []string{l.URL(), l.QR(), l.App()} {
			again, err := ParseLink(form)
			if err != nil || !cmp.Equal(l, again) {
				t.Errorf("%q is not read back: %v", form, err)
			}
		}
	}
}

type refusedLink struct {
	name, link string
	want       Code
	says       string
}

func refusedLinks() []refusedLink {
	f, s := "/f/"+linkF, "#"+linkSecret
	return []refusedLink{
		{"nothing", "", CodeBadLink, "no link"},
		{"a sentence around it", "look: https://p4p.example" + f + s, CodeBadLink, "paste the link alone"},
		{"two links", "https://p4p.example" + f + s + " https://p4p.example" + f + s, CodeBadLink, "paste the link alone"},
		{"a word", "hello", CodeBadLink, "not a link"},
		{"another scheme", "ftp://p4p.example" + f + s, CodeBadLink, "not with ftp"},
		{"javascript", "javascript:alert(1)", CodeBadLink, "not a link"},
		{"http on the network", "http://p4p.example" + f + s, CodeInsecureLink, "https://"},
		{"http on a name below localhost", "http://bank.localhost" + f + s, CodeInsecureLink, "https://"},
		{"http on a private address", "http://192.168.1.7" + f + s, CodeInsecureLink, "https://"},
		{"http with a pin", "http://127.0.0.1:4747" + f + s + "." + linkPin, CodeBadLink, "fingerprint"},
		{"a user name", "https://p4p.example@evil.example" + f + s, CodeBadLink, "user name"},
		{"percent signs", "https://p4p.example/%66/" + linkF + s, CodeBadLink, "%"},
		{"a query", "https://p4p.example" + f + "?utm_source=sms" + s, CodeBadLink, "?"},
		{"a path behind it", "https://p4p.example" + f + "/x" + s, CodeBadLink, "/f/"},
		{"another path", "https://p4p.example/x/" + linkF + s, CodeNotAnInvite, "not a friend invite"},
		{"the bare server", "https://p4p.example", CodeNotAnInvite, "not a friend invite"},
		{"a post", "https://p4p.example/p/" + linkF, CodeNotAnInvite, "link to a post"},
		{"a move", "p4p://move/abc", CodeNotAnInvite, "is your friend"},
		{"no fragment", "https://p4p.example" + f, CodeLinkIncomplete, "behind # is missing"},
		{"an empty fragment", "https://p4p.example" + f + "#", CodeLinkIncomplete, "behind # is missing"},
		{"a fragment cut off", "https://p4p.example" + f + s[:20], CodeLinkIncomplete, "cut off"},
		{"a UUID cut off", "https://p4p.example" + f[:20], CodeLinkIncomplete, "cut off"},
		{"a secret too long", "https://p4p.example" + f + s + "A", CodeBadLink, "damaged"},
		{"a secret with spare bits", "https://p4p.example" + f + s[:26] + "5", CodeBadLink, "damaged"},
		{"a secret with a digit that base32 lacks", "https://p4p.example" + f + "#1" + linkSecret[1:], CodeBadLink, "damaged"},
		{"a damaged pin", "https://p4p.example" + f + s + ".AEBA", CodeBadLink, "fingerprint"},
		{"two pins", "https://p4p.example" + f + s + "." + linkPin + "." + linkPin, CodeBadLink, "fingerprint"},
		{"a host with a space sign", "https://p4p_example" + f + s, CodeBadLink, "host"},
		{"no host", "https://" + f + s, CodeBadLink, "host"},
		{"a port of 0", "https://p4p.example:0" + f + s, CodeBadLink, "host"},
		{"a port of 65536", "https://p4p.example:65536" + f + s, CodeBadLink, "host"},
		{"a port with a leading zero", "https://p4p.example:0443" + f + s, CodeBadLink, "host"},
		{"a host in other letters", "https://р4р.example" + f + s, CodeBadLink, "character"},
		{"an IPv6 address not in its one form", "https://[0:0:0:0:0:0:0:1]" + f + s, CodeBadLink, "host"},
		{"five megabytes", strings.Repeat("x", 5<<20), CodeBadLink, "too long"},
	}
}

func TestARefusedLinkSaysWhatIsWrongWithIt(t *testing.T) {
	for _, tt := range refusedLinks() {
		_, err := ParseLink(tt.link)
		if CodeOf(err) != tt.want || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %q %v, want %q … %q", tt.name, CodeOf(err), err, tt.want, tt.says)
		}
	}
}

func TestAPastedLinkIsRecognisedHoweverDamaged(t *testing.T) {
	for s, want := range map[string]bool{
		"https://p4p.example/f/" + linkF: true,
		" p4p://x ":                      true,
		"HTTP://127.0.0.1:4747/F/x":      true,
		"https://p4p.example/p/" + linkF: false,
		"https://example.com/":           false,
		"hello":                          false,
		"see https://p4p.example/f/" + linkF + " please": false,
	} {
		if got := LooksLikeLink(s); got != want {
			t.Errorf("LooksLikeLink(%q) = %v", s, got)
		}
	}
}

func TestAnyInviteComesBackFromItsLink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Link{
			Server:     rapid.SampledFrom([]string{"https://p4p.example", "https://10.0.0.1:4747", "http://127.0.0.1:1", "https://[fe80::1]:2"}).Draw(t, "server"),
			Friendship: UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "f")),
			Secret:     Secret(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "s")),
		}
		if rapid.Bool().Draw(t, "pinned") && strings.HasPrefix(l.Server, "https") {
			p := Pin(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "pin"))
			l.Pin = &p
		}
		for _, form := range []string{l.URL(), l.QR()} {
			got, err := ParseLink(form)
			if err != nil || !cmp.Equal(got, l) {
				t.Fatalf("%s: %v", form, err)
			}
		}
	})
}

func TestAServersAddressIsReadAsPeopleTypeIt(t *testing.T) {
	for in, want := range map[string]string{
		"p4p.example":             "https://p4p.example",
		"P4P.example:8443/":       "https://p4p.example:8443",
		"https://p4p.example/":    "https://p4p.example",
		"127.0.0.1:4747":          "http://127.0.0.1:4747",
		"https://127.0.0.1:4747":  "https://127.0.0.1:4747",
		" http://localhost:4747 ": "http://localhost:4747",
	} {
		if got, err := ParseServerURL(in); err != nil || got != want {
			t.Errorf("%q = %q, %v; want %q", in, got, err, want)
		}
	}
	for in, code := range map[string]Code{
		"":                      CodeBadLink,
		"http://p4p.example":    CodeInsecureLink,
		"p4p.example/path":      CodeBadLink,
		"ftp://p4p.example":     CodeBadLink,
		"a b":                   CodeBadLink,
		"https://u@p4p.example": CodeBadLink,
	} {
		if _, err := ParseServerURL(in); CodeOf(err) != code {
			t.Errorf("%q: %v, want %s", in, err, code)
		}
	}
}

func FuzzParseLink(f *testing.F) {
	for _, l := range refusedLinks() {
		if len(l.link) < 1000 {
			f.Add(l.link)
		}
	}
	f.Add("https://p4p.example/f/" + linkF + "#" + linkSecret + "." + linkPin)
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLink(s)
		if err != nil {
			return
		}
		again, err := ParseLink(l.URL())
		if err != nil || !cmp.Equal(l, again) {
			t.Fatalf("%q was taken, but its link is not: %v", s, err)
		}
	})
}

func TestAServersAddressMayHaveItsPin(t *testing.T) {
	pin := Pin{1, 2, 3}
	p := pin.Base32()
	for _, tt := range []struct {
		in, url string
		pin     bool
		code    Code
	}{
		{"https://192.168.1.5:4747#" + p, "https://192.168.1.5:4747", true, ""},
		{" HTTPS://192.168.1.5:4747/#" + strings.ToLower(p) + "\n", "https://192.168.1.5:4747", true, ""},
		{"192.168.1.5:4747#" + p, "https://192.168.1.5:4747", true, ""},
		{"127.0.0.1:4747#" + p, "https://127.0.0.1:4747", true, ""},
		{"127.0.0.1:4747", "http://127.0.0.1:4747", false, ""},
		{"p4p.example", "https://p4p.example", false, ""},
		{"https://p4p.example#", "", false, CodeBadLink},
		{"https://p4p.example#" + p[1:], "", false, CodeBadLink},
		{"https://p4p.example#" + p + "A", "", false, CodeBadLink},
		{"https://p4p.example#" + p + "#" + p, "", false, CodeBadLink},
		{"http://127.0.0.1:4747#" + p, "", false, CodeBadLink},
		{"http://p4p.example#" + p, "", false, CodeInsecureLink},
		{"#" + p, "", false, CodeBadLink},
	} {
		url, got, err := ParseServer(tt.in)
		if CodeOf(err) != tt.code || url != tt.url || (got != nil) != tt.pin || got != nil && *got != pin {
			t.Errorf("%q: %q, %v, %v", tt.in, url, got, err)
		}
	}
}
