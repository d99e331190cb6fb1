package wire

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"p4p/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client is a client of a server that answers with h.
func client(t *testing.T, h http.Handler) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return clientOf(t, s.URL, nil)
}

func clientOf(t *testing.T, url string, pin *protocol.Pin) *Client {
	t.Helper()
	c, err := New(url, pin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func wantCode(t *testing.T, err error, want protocol.Code) {
	t.Helper()
	if got := protocol.CodeOf(err); got != want {
		t.Errorf("code %q (%v), want %q", got, err, want)
	}
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestAnAddressIsCheckedBeforeAnythingIsSent(t *testing.T) {
	for url, want := range map[string]protocol.Code{
		"http://p4p.example":        protocol.CodeInsecureLink,
		"ftp://p4p.example":         protocol.CodeBadLink,
		"https://me@p4p.example":    protocol.CodeBadLink,
		"https://p4p.example/a/b":   protocol.CodeBadLink,
		"https://p4p.example?a=b#c": protocol.CodeBadLink,
	} {
		_, err := New(url, nil)
		wantCode(t, err, want)
	}
}

func TestWhateverAnswersBecomesACode(t *testing.T) {
	long := strings.Repeat("x", maxAnswer+1)
	for name, tt := range map[string]struct {
		h    http.HandlerFunc
		want protocol.Code
	}{
		"a P4P refusal":        {answer(410, `{"error":{"code":"revoked","message":"The invite was taken back."}}`), protocol.CodeRevoked},
		"a code from tomorrow": {answer(400, `{"error":{"code":"too_purple","message":"No."}}`), "too_purple"},
		"a code that is none":  {answer(400, `{"error":{"code":"\u001b[31mred","message":"No."}}`), protocol.CodeInternal},
		"a web server's 404":   {answer(404, "<html>no such page</html>"), protocol.CodeForeignServer},
		"a proxy's 502":        {answer(502, "<html>bad gateway</html>"), protocol.CodeUnavailable},
		"a proxy's 429":        {answer(429, ""), protocol.CodeRateLimited},
		"a page":               {answer(200, "<html>hello</html>"), protocol.CodeForeignServer},
		"another API":          {answer(200, `{"ok":true}`), protocol.CodeForeignServer},
		"an endless answer":    {answer(200, long), protocol.CodeForeignServer},
		"a UUID in upper case": {answer(200, `{"server":"`+strings.ToUpper("aaaaaaaa-aaaa-8aaa-8aaa-aaaaaaaaaaaa")+`"}`), protocol.CodeForeignServer},
		"a redirect to a host": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/v1/info", http.StatusTemporaryRedirect)
		}, protocol.CodeForeignServer},
		"a redirect to itself":  {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/v1/info", http.StatusFound) }, protocol.CodeForeignServer},
		"a line that breaks":    {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, protocol.CodeNoServer},
		"an answer that breaks": {cutShort, protocol.CodeNoServer},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, tt.h).Info(t.Context())
			wantCode(t, err, tt.want)
			if err == nil || strings.ContainsRune(err.Error(), '\x1b') || !strings.HasSuffix(err.Error(), ".") {
				t.Errorf("%q is no sentence for a person", err)
			}
		})
	}
}

func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, `{"server":`)
}

func TestNobodyThereIsServerUnreachable(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	_, err := clientOf(t, s.URL, nil).Info(t.Context())
	wantCode(t, err, protocol.CodeNoServer)
	if !Temporary(err) {
		t.Error("a server that is not there may be there later")
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := client(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	if _, err := c.Info(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want the context's", err)
	}
}

func TestAServersPatienceIsHeardAndBounded(t *testing.T) {
	for after, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "999999": maxRetryAfter, "-3": 0, "soon": 0,
	} {
		c := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(429)
			io.WriteString(w, `{"error":{"code":"rate_limited","message":"Slower."}}`)
		}))
		_, err := c.Info(t.Context())
		wantCode(t, err, protocol.CodeRateLimited)
		if got := RetryAfter(fmt.Errorf("wrapped: %w", err)); got != want {
			t.Errorf("Retry-After %q is heard as %v, want %v", after, got, want)
		}
	}
	if RetryAfter(nil) != 0 || RetryAfter(io.EOF) != 0 {
		t.Error("an error without patience asks for it")
	}
}

func TestNothingTellsWhoAsks(t *testing.T) {
	var asked []*http.Request
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r)
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "you"})
		answer(404, `{"error":{"code":"unknown_friendship","message":"No."}}`)(w, r)
	}))
	f, token := protocol.UUID{1}, protocol.Token{9}
	for range 2 {
		_, err := c.MailboxGet(t.Context(), f, token)
		wantCode(t, err, protocol.CodeUnknownFriendship)
	}
	for _, r := range asked {
		if got := r.Header.Get("User-Agent"); got != userAgent {
			t.Errorf("User-Agent %q", got)
		}
		if got := r.Header.Get("Cookie"); got != "" {
			t.Errorf("a cookie came back: %q", got)
		}
		if got := r.Header.Get("Authorization"); got != token.Authorization() {
			t.Errorf("Authorization %q", got)
		}
		if strings.Contains(r.URL.String(), token.Authorization()[4:]) {
			t.Errorf("the token is in the URL %s", r.URL)
		}
	}
}

func TestResultsBelongToTheRecordsSent(t *testing.T) {
	jws := []string{"a", "b"}
	good := func(r ...protocol.RecordResult) string {
		b, err := json.Marshal(protocol.PostedRecords{Results: r})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	one := protocol.RecordResult{ID: protocol.RecordUUID("a"), Seq: 7}
	refused := protocol.RecordResult{Error: protocol.Errorf(protocol.CodeBadRecord, "No.\x1b[31m")}
	c := client(t, answer(200, good(one, refused)))
	results, err := c.PostRecords(t.Context(), jws)
	if err != nil || results[0] != one || results[1].Error.Code != protocol.CodeBadRecord || strings.ContainsRune(results[1].Error.Message, '\x1b') {
		t.Errorf("results %+v, %v", results, err)
	}
	for name, body := range map[string]string{
		"one too few":    good(one),
		"another record": good(protocol.RecordResult{ID: protocol.RecordUUID("x"), Seq: 7}, refused),
		"neither":        good(protocol.RecordResult{ID: one.ID}, refused),
		"both":           good(protocol.RecordResult{ID: one.ID, Seq: 7, Error: refused.Error}, refused),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, answer(200, body)).PostRecords(t.Context(), jws)
			wantCode(t, err, protocol.CodeForeignServer)
		})
	}
}

func TestAPictureIsTheOneNamed(t *testing.T) {
	picture := []byte("a picture")
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			b, _ := io.ReadAll(r.Body)
			if !bytes.Equal(b, picture) || r.URL.Path != "/v1/blobs/"+protocol.BlobOf(picture).String() {
				t.Errorf("PUT %s of %q", r.URL, b)
			}
			w.WriteHeader(204)
			return
		}
		w.Write(picture)
	}))
	if err := c.PutBlob(t.Context(), picture); err != nil {
		t.Fatal(err)
	}
	b, err := c.GetBlob(t.Context(), protocol.BlobOf(picture))
	if err != nil || !bytes.Equal(b, picture) {
		t.Errorf("%q, %v", b, err)
	}
	_, err = c.GetBlob(t.Context(), protocol.BlobOf([]byte("another")))
	wantCode(t, err, protocol.CodeForeignServer)
	_, err = client(t, answer(200, strings.Repeat("x", protocol.MaxPicture+1))).GetBlob(t.Context(), protocol.BlobID{})
	wantCode(t, err, protocol.CodeForeignServer)
}

func TestAPageAsksForWhatItIsToHold(t *testing.T) {
	var got string
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.String()
		io.WriteString(w, `{"epoch":"aaaaaaaa-aaaa-8aaa-8aaa-aaaaaaaaaaaa","events":[{"seq":3,"kind":"hidden"}],"before":3,"later":"member"}`)
	}))
	id := protocol.MustParseUUID("bbbbbbbb-bbbb-8bbb-8bbb-bbbbbbbbbbbb")
	p, err := c.Records(t.Context(), Page{Before: 5, Limit: 2, Kind: protocol.KindComment, Author: &id, Target: &id, Words: `"foo" & bar`})
	if err != nil || len(p.Events) != 1 || p.Before == nil || *p.Before != 3 {
		t.Errorf("page %+v, %v", p, err)
	}
	want := "/v1/records?author=" + id.String() + "&before=5&kind=comment&limit=2&q=%22foo%22+%26+bar&target=" + id.String()
	if got != want {
		t.Errorf("asked %s\nwant  %s", got, want)
	}
	if _, err := c.Records(t.Context(), Page{}); err != nil || got != "/v1/records" {
		t.Errorf("asked %s, %v", got, err)
	}
}

func TestAPinnedServerIsKnownByItsKeyAlone(t *testing.T) {
	id := protocol.UUID{1}
	info, err := json.Marshal(protocol.Info{Server: id, Epoch: id})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(answer(200, string(info)))
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	spki, err := x509.MarshalPKIXPublicKey(s.Certificate().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	pin := PinOf(spki)
	got, err := clientOf(t, s.URL, &pin).Info(t.Context())
	if err != nil || got.Server != id {
		t.Errorf("%+v, %v", got, err)
	}
	other := pin
	other[0] ^= 1
	_, err = clientOf(t, s.URL, &other).Info(t.Context())
	wantCode(t, err, protocol.CodePinMismatch)
	_, err = clientOf(t, s.URL, &other).Stream(t.Context(), protocol.Cursor{}, nil)
	wantCode(t, err, protocol.CodePinMismatch)
	// Without a pin it would need a certificate that this machine trusts.
	_, err = clientOf(t, s.URL, nil).Info(t.Context())
	wantCode(t, err, protocol.CodeUntrusted)
	_, err = clientOf(t, s.URL, nil).Stream(t.Context(), protocol.Cursor{}, nil)
	wantCode(t, err, protocol.CodeUntrusted)
}
