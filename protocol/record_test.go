package protocol

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	testServer = MustParseUUID("51515151-5151-4151-9151-515151515151")
	testTime   = time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)
	testTarget = MustParseUUID("0190163d-8694-839b-aea4-0f5c3b9a5b6c")
)

func testPayload(text string) Payload {
	return Payload{Server: testServer, Nonce: Nonce{1, 2, 3}, CreatedAt: testTime, Text: text}
}

func mustSign(t testing.TB, kind Kind, p Payload) Record {
	t.Helper()
	r, err := Sign(Root{1}.DeviceKey(0), kind, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// forge signs any header and payload bytes, as a hostile client can.
func forge(k DeviceKey, header, payload string) string {
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	return input + "." + b64.EncodeToString(k.sign([]byte(input)))
}

func TestWhatOneDeviceSignsAnotherReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{KindPost, KindComment, KindDeletion, KindReport}).Draw(t, "kind")
		p := Payload{
			Server:    UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "server")),
			Nonce:     Nonce(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "nonce")),
			CreatedAt: Cut(time.Unix(rapid.Int64Range(0, 1<<36).Draw(t, "time"), 0)),
		}
		if kind != KindPost {
			p.Target = testTarget
		}
		if kind != KindDeletion {
			p.Text = NormalizeText("x" + rapid.StringN(0, 100, 400).Draw(t, "text"))
		}
		if kind == KindPost && rapid.Bool().Draw(t, "image") {
			p.Image = &Image{Blob: BlobID{7}, Width: rapid.IntRange(1, 2048).Draw(t, "w"), Height: 9, Alt: NormalizeText(rapid.StringN(0, 20, 80).Draw(t, "alt"))}
		}
		root := Root(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "root"))
		signed, err := Sign(root.DeviceKey(0), kind, p)
		if err != nil {
			t.Fatal(err)
		}
		read, err := ParseRecord(signed.JWS)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(signed, read); d != "" {
			t.Fatal(d)
		}
	})
}

// JOSE is the other side's point of view: a library that knows nothing of P4P.
func TestARecordIsAnOrdinaryJWSToAnIndependentLibrary(t *testing.T) {
	r := mustSign(t, KindPost, testPayload("Grüße, 世界 <&> \u2028 \"\\"))
	o, err := jose.ParseSignedCompact(r.JWS, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	key := o.Signatures[0].Protected.JSONWebKey
	payload, err := o.Verify(key)
	if err != nil {
		t.Fatal(err)
	}
	if got := PublicKey(key.Key.(ed25519.PublicKey)); got != r.Author {
		t.Errorf("the library reads another key")
	}
	print, err := key.Thumbprint(5) // crypto.SHA256
	if err != nil || [32]byte(print) != r.Author.Thumbprint() {
		t.Errorf("the library computes another RFC 7638 thumbprint")
	}
	var w struct{ Text string }
	if err := json.Unmarshal(payload, &w); err != nil || w.Text != r.Text {
		t.Errorf("the library reads another text: %q", w.Text)
	}
}

// RFC 8037, appendix A.3, prints the thumbprint of this key.
func TestThumbprintIsThatOfRFC8037(t *testing.T) {
	b, _ := decode64("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
	k, err := ParsePublicKey(b)
	if err != nil {
		t.Fatal(err)
	}
	print := k.Thumbprint()
	if got := b64.EncodeToString(print[:]); got != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" {
		t.Errorf("thumbprint = %s", got)
	}
}

func TestStringsAreSpelledAsJSONStringifyDoes(t *testing.T) {
	in := "a\"\\/\b\f\n\r\t\x00\x1f\x7f\u2028<&>é世😀"
	want := `"a\"\\/\b\f\n\r\t\u0000\u001f` + "\x7f\u2028<&>é世😀\""
	if got := string(appendJSONString(nil, in)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

type refusedRecord struct {
	name, jws string
	want      Code
}

// refusedRecords is everything wrong with a record that the record itself shows.
func refusedRecords(t testing.TB) []refusedRecord {
	t.Helper()
	key := Root{1}.DeviceKey(0)
	good := mustSign(t, KindPost, testPayload("hello"))
	part := strings.Split(good.JWS, ".")
	h := recordHeader(KindPost, key.Public)
	pay := string(good.encode(KindPost))
	post := func(old, with string) string {
		if !strings.Contains(pay, old) {
			t.Fatalf("the payload has no %q", old)
		}
		return forge(key, h, strings.Replace(pay, old, with, 1))
	}
	head := func(old, with string) string {
		if !strings.Contains(h, old) {
			t.Fatalf("the header has no %q", old)
		}
		return forge(key, strings.Replace(h, old, with, 1), pay)
	}
	x := b64.EncodeToString(key.Public[:])
	other := Root{2}.DeviceKey(0)
	small := strings.Repeat("A", 43)
	order8, _ := hex.DecodeString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
	p := Image{Blob: BlobID{1}, Width: 9000, Height: 10}
	picture := testPayload("x")
	picture.Image = &p
	tooWide := forge(key, h, string(picture.encode(KindPost)))
	comment := testPayload("x")
	deletion := testPayload("")
	deletion.Target = testTarget
	last := part[0][:len(part[0])-1]
	return []refusedRecord{
		{"nothing", "", CodeBadRecord},
		{"two parts", part[0] + "." + part[1], CodeBadRecord},
		{"four parts", good.JWS + ".AAAA", CodeBadRecord},
		{"a trailing newline", good.JWS + "\n", CodeBadRecord},
		{"a newline inside", part[0] + "." + part[1][:8] + "\n" + part[1][8:] + "." + part[2], CodeBadRecord},
		{"padding", part[0] + "." + part[1] + "=." + part[2], CodeBadRecord},
		{"standard base64", strings.ReplaceAll(part[0], "-", "+") + "+." + part[1] + "." + part[2], CodeBadRecord},
		{"more than 48 KiB", part[0] + "." + strings.Repeat("A", MaxRecord) + "." + part[2], CodeTooLarge},
		{"a forged signature", part[0] + "." + part[1] + "." + b64.EncodeToString(other.sign([]byte(part[0]+"."+part[1]))), CodeBadSignature},
		{"a signature of the wrong length", part[0] + "." + part[1] + "." + part[2][:84], CodeBadSignature},
		{"no signature", part[0] + "." + part[1] + ".", CodeBadSignature},
		{"another's key in the header", forge(key, recordHeader(KindPost, other.Public), pay), CodeBadSignature},
		{"another kind than was signed", b64.EncodeToString([]byte(recordHeader(KindReport, key.Public))) + "." + part[1] + "." + part[2], CodeBadSignature},
		{"algorithm none", head(`"EdDSA"`, `"none"`), CodeBadRecord},
		{"an unknown kind", head("p4p-post", "p4p-like"), CodeUnknownKind},
		{"a kind in upper case", head("p4p-post", "p4p-POST"), CodeUnknownKind},
		{"header members in another order", `{"typ":"p4p-post+jws"` + last, CodeBadRecord},
		{"a header with white space", head(`{"alg":`, `{ "alg":`), CodeBadRecord},
		{"a header with one member more", head(`"jwk"`, `"kid":"1","jwk"`), CodeBadRecord},
		{"a key of 31 bytes", head(x, x[:41]), CodeBadRecord},
		{"a key with spare bits", head(x, x[:42]+"B"), CodeBadRecord},
		{"a key of order 4", head(x, small), CodeBadKey},
		{"a key of order 8", head(x, b64.EncodeToString(order8)), CodeBadKey},
		{"a key that is not canonical", head(x, b64.EncodeToString(append([]byte{0xee}, append(repeatByte(0xff, 30), 0x7f)...))), CodeBadKey},
		{"a key that is no point", head(x, b64.EncodeToString(append([]byte{2}, make([]byte, 31)...))), CodeBadKey},
		{"an unknown member", post(`,"text"`, `,"name":"Bob","text"`), CodeBadRecord},
		{"a duplicate member", post(`,"text"`, `,"text":"other","text"`), CodeBadRecord},
		{"a member in upper case", post(`"text"`, `"TEXT"`), CodeBadRecord},
		{"a missing member", post(`,"text":"hello"`, ``), CodeBadRecord},
		{"white space", post(`,"text"`, `, "text"`), CodeBadRecord},
		{"bytes behind the payload", post(`"hello"}`, `"hello"} `), CodeBadRecord},
		{"a text that is no string", post(`"hello"`, `5`), CodeBadRecord},
		{"an escape that was not needed", post(`"hello"`, `"hell\u006f"`), CodeBadRecord},
		{"an escaped slash", post(`"hello"`, `"hel\/lo"`), CodeBadRecord},
		{"a lone surrogate", post(`"hello"`, `"\ud800"`), CodeBadRecord},
		{"invalid UTF-8", post(`hello`, "hel\xfflo"), CodeBadText},
		{"an overlong encoding", post(`hello`, "hel\xc0\xaflo"), CodeBadText},
		{"text that is not NFC", post(`hello`, "e\u0301"), CodeBadText},
		{"an empty post", post(`hello`, ``), CodeEmptyText},
		{"a post of spaces", post(`hello`, ` \n\t`), CodeEmptyText},
		{"4,001 bytes", post(`hello`, strings.Repeat("x", MaxText+1)), CodeTooLarge},
		{"a time with seconds", post(`09:30:00Z`, `09:30:01Z`), CodeBadRecord},
		{"a time with an offset", post(`09:30:00Z`, `09:30:00+00:00`), CodeBadRecord},
		{"a time that does not exist", post(`2026-11-25`, `2026-02-30`), CodeBadRecord},
		{"a nonce of 15 bytes", post(b64.EncodeToString(good.Nonce[:]), b64.EncodeToString(good.Nonce[:15])), CodeBadRecord},
		{"a server in upper case", post(`"51515151-5151-4151-9151-515151515151"`, `"{51515151-5151-4151-9151-515151515151}"`), CodeBadRecord},
		{"a post with a target", forge(key, h, strings.Replace(pay, `,"text"`, `,"target":"`+testTarget.String()+`","text"`, 1)), CodeBadRecord},
		{"a comment without a target", forge(key, recordHeader(KindComment, key.Public), string(comment.encode(KindComment))), CodeBadRecord},
		{"a deletion with a text", forge(key, recordHeader(KindDeletion, key.Public), strings.Replace(string(deletion.encode(KindDeletion)), `"}`, `","text":"x"}`, 1)), CodeBadRecord},
		{"a comment with a picture", forge(key, recordHeader(KindComment, key.Public), string(mustPicture(testTarget).encode(KindComment))), CodeBadRecord},
		{"a picture of 9,000 pixels", tooWide, CodeBadRecord},
		{"a picture of negative width", forge(key, h, strings.Replace(string(picture.encode(KindPost)), `"width":9000`, `"width":-5`, 1)), CodeBadRecord},
		{"a picture whose width is a fraction", forge(key, h, strings.Replace(string(picture.encode(KindPost)), `"width":9000`, `"width":9e2`, 1)), CodeBadRecord},
	}
}

func mustPicture(target UUID) Payload {
	p := testPayload("x")
	p.Target = target
	p.Image = &Image{Width: 1, Height: 1}
	return p
}

func repeatByte(b byte, n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}

func TestARecordWithAnyFaultIsRefusedWithItsCode(t *testing.T) {
	for _, tt := range refusedRecords(t) {
		if _, err := ParseRecord(tt.jws); CodeOf(err) != tt.want {
			t.Errorf("%s: code %q, want %q (%v)", tt.name, CodeOf(err), tt.want, err)
		}
	}
}

func TestAFlippedBitAnywhereIsRefused(t *testing.T) {
	good := mustSign(t, KindPost, testPayload("hello"))
	for i := range len(good.JWS) {
		for bit := range 8 {
			b := []byte(good.JWS)
			b[i] ^= 1 << bit
			if _, err := ParseRecord(string(b)); err == nil {
				t.Fatalf("byte %d, bit %d: taken", i, bit)
			}
		}
	}
}

func TestARecordOfAnotherServerOrFromTheFutureIsRefused(t *testing.T) {
	r := mustSign(t, KindPost, testPayload("hello"))
	tests := []struct {
		name   string
		server UUID
		now    time.Time
		want   Code
	}{
		{"its own server, a moment later", testServer, testTime.Add(time.Second), ""},
		{"ten years later", testServer, testTime.AddDate(10, 0, 0), ""},
		{"five minutes ahead", testServer, testTime.Add(-MaxClockAhead), ""},
		{"more than five minutes ahead", testServer, testTime.Add(-MaxClockAhead - time.Second), CodeClockAhead},
		{"another server", testTarget, testTime, CodeWrongServer},
		{"read by a client whose clock is far off", testServer, time.Time{}, ""},
	}
	for _, tt := range tests {
		if got := CodeOf(r.CheckFor(tt.server, tt.now)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAClockThatIsAheadIsToldByHowMuch(t *testing.T) {
	r := mustSign(t, KindPost, testPayload("hello"))
	for ahead, want := range map[time.Duration]string{
		6 * time.Minute:     "6 minutes ahead",
		119 * time.Minute:   "119 minutes ahead",
		30 * time.Hour:      "30 hours ahead",
		40 * 24 * time.Hour: "40 days ahead",
	} {
		if err := r.CheckFor(testServer, testTime.Add(-ahead)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", ahead, err)
		}
	}
}

func TestSigningRefusesWhatNobodyWouldTake(t *testing.T) {
	long := testPayload(strings.Repeat("ä", MaxText/2+1))
	seconds := testPayload("x")
	seconds.CreatedAt = testTime.Add(time.Second)
	for _, tt := range []struct {
		name string
		kind Kind
		p    Payload
		want Code
	}{
		{"empty", KindPost, testPayload(""), CodeEmptyText},
		{"too long", KindPost, long, CodeTooLarge},
		{"invalid UTF-8", KindPost, testPayload("\xff"), CodeBadText},
		{"seconds", KindPost, seconds, CodeBadRecord},
		{"unknown kind", "like", mustPicture(testTarget), CodeBadRecord},
	} {
		if _, err := Sign(Root{1}.DeviceKey(0), tt.kind, tt.p); CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, r := range refusedRecords(f) {
		f.Add(r.jws)
	}
	f.Add(mustSign(f, KindPost, testPayload("hello")).JWS)
	f.Fuzz(func(t *testing.T, jws string) {
		r, err := ParseRecord(jws)
		if err != nil {
			return
		}
		if string(r.encode(r.Kind)) == "" || r.ID != RecordUUID(jws) || r.JWS != jws {
			t.Fatal("a record was taken that does not say itself again")
		}
	})
}

// FuzzPayload holds parsing against encoding without a signature in the way.
func FuzzPayload(f *testing.F) {
	f.Add("post", string(testPayload("hello").encode(KindPost)))
	f.Add("comment", string(mustPicture(testTarget).encode(KindComment)))
	f.Fuzz(func(t *testing.T, kind, raw string) {
		p, err := parsePayload(Kind(kind), []byte(raw))
		if err == nil && string(p.encode(Kind(kind))) != raw {
			t.Fatalf("taken, but written differently: %q", raw)
		}
	})
}

func BenchmarkParseRecord(b *testing.B) {
	jws := mustSign(b, KindPost, testPayload(strings.Repeat("hello ", 40))).JWS
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseRecord(jws); err != nil {
			b.Fatal(err)
		}
	}
}
