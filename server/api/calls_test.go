package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"p4p/protocol"
	"p4p/server/web"
)

func TestInfoTellsWhoTheServerIs(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.PublicURL = "https://p4p.example" }})
	r.postAll(signed(t, 1, "hello"))
	a := r.call("GET", "/v1/info", "")
	var got protocol.Info
	if err := protocol.DecodeStrict([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	want := protocol.Info{
		Server: r.store.server, Epoch: r.store.epoch, Seq: 1, PublicURL: "https://p4p.example",
		Limits: protocol.CurrentLimits(), Version: "test",
	}
	if got != want {
		t.Errorf("got %+v", got)
	}
}

func TestEveryRefusalHasTheOneShape(t *testing.T) {
	r := start(t, setup{})
	id := protocol.RecordUUID("x").String()
	for _, c := range []struct {
		method, path string
		code         protocol.Code
	}{
		{"GET", "/v2/info", protocol.CodeNotFound},
		{"GET", "/v1/info/", protocol.CodeNotFound},
		{"GET", "/v1//info", protocol.CodeNotFound},
		{"GET", "/v1/../v1/info", protocol.CodeNotFound},
		{"GET", "/v1/records/../info", protocol.CodeNotFound},
		{"GET", "/F/", protocol.CodeNotFound},
		{"GET", "/f/" + id + "/more", protocol.CodeNotFound},
		{"GET", "/metrics/", protocol.CodeNotFound},
		{"POST", "/v1/info", protocol.CodeMethodNotAllowed},
		{"OPTIONS", "/v1/info", protocol.CodeMethodNotAllowed},
		{"BREW", "/v1/records", protocol.CodeMethodNotAllowed},
		{"POST", "/f/" + id, protocol.CodeMethodNotAllowed},
		{"DELETE", "/v1/records/" + id, protocol.CodeMethodNotAllowed},
		{"PATCH", "/v1/friendships/" + id, protocol.CodeMethodNotAllowed},
		{"GET", "/v1/records/xyz", protocol.CodeBadRequest},
		{"GET", "/v1/records/" + strings.ToUpper(id), protocol.CodeBadRequest},
		{"GET", "/v1/records/%7B" + id + "%7D", protocol.CodeBadRequest},
		{"GET", "/v1/records/" + id, protocol.CodeUnknownRecord},
		{"GET", "/v1/records/" + id + "?x=1", protocol.CodeBadRequest},
		{"GET", "/v1/blobs/abc", protocol.CodeBadRequest},
		{"GET", "/v1/blobs/" + strings.Repeat("A", 43), protocol.CodeUnknownBlob},
		{"GET", "/v1/friendships/xyz", protocol.CodeBadRequest},
		{"GET", "/v1/friendships/" + id, protocol.CodeBadRequest}, // no token
	} {
		a := r.call(c.method, c.path, "")
		if a.code() != c.code || a.status != c.code.Status() || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %d %s %s, want %s", c.method, c.path, a.status, a.header.Get("Content-Type"), a.body, c.code)
		}
		if (c.code == protocol.CodeMethodNotAllowed) != (a.header.Get("Allow") != "") {
			t.Errorf("%s %s: Allow is %q", c.method, c.path, a.header.Get("Allow"))
		}
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	r := start(t, setup{})
	for _, path := range []string{"/", "/v1/info", "/nothing", "/healthz", "/metrics", "/f/" + r.store.server.String()} {
		h := r.call("GET", path, "").header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || !strings.HasPrefix(h.Get("Cache-Control"), "no-") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestEachRecordOfABatchIsTakenOrRefusedOnItsOwnInOrder(t *testing.T) {
	r := start(t, setup{})
	good, other := signed(t, 1, "good"), signed(t, 2, "also good")
	foreign := signed(t, 1, "elsewhere", func(p *protocol.Payload) { p.Server = protocol.RecordUUID("another server") })
	early := signed(t, 1, "tomorrow", func(p *protocol.Payload) { p.CreatedAt = noon.Add(6 * time.Minute) })
	forged := good
	forged.JWS = other.JWS[:strings.LastIndexByte(other.JWS, '.')] + good.JWS[strings.LastIndexByte(good.JWS, '.'):]
	report, err := protocol.Sign(device(1), protocol.KindReport, protocol.Payload{Server: r.store.server, CreatedAt: noon, Target: other.ID})
	if err != nil {
		t.Fatal(err)
	}
	results := r.post(good, forged, foreign, early, other, protocol.Record{JWS: "x"},
		protocol.Record{JWS: strings.Repeat("x", protocol.MaxRecord+1)}, report, good)
	want := []struct {
		id   protocol.UUID
		seq  uint64
		code protocol.Code
	}{
		{good.ID, 1, ""},
		{protocol.UUID{}, 0, protocol.CodeBadSignature},
		{foreign.ID, 0, protocol.CodeWrongServer},
		{early.ID, 0, protocol.CodeClockAhead},
		{other.ID, 2, ""},
		{protocol.UUID{}, 0, protocol.CodeBadRecord},
		{protocol.UUID{}, 0, protocol.CodeTooLarge},
		{report.ID, 0, protocol.CodeUnknownTarget},
		{good.ID, 1, ""},
	}
	for i, w := range want {
		g := results[i]
		var code protocol.Code
		if g.Error != nil {
			code = g.Error.Code
		}
		if g.ID != w.id || g.Seq != w.seq || code != w.code {
			t.Errorf("record %d: got %+v, want %+v", i, g, w)
		}
	}
	if again := r.post(good); again[0].Seq != 1 {
		t.Errorf("a repeated post is at seq %d", again[0].Seq)
	}
}

func TestHostileBodiesAreRefusedAndNothingIsStored(t *testing.T) {
	r := start(t, setup{})
	rec := signed(t, 1, "fine").JWS
	many := strings.TrimSuffix(strings.Repeat(`"`+rec+`",`, protocol.MaxBatch+1), ",")
	for name, c := range map[string]struct {
		body string
		code protocol.Code
	}{
		"nothing":           {``, protocol.CodeBadRequest},
		"cut off":           {`{"records":["` + rec + `"`, protocol.CodeBadRequest},
		"a member twice":    {`{"records":["` + rec + `"],"records":[]}`, protocol.CodeBadRequest},
		"another spelling":  {`{"Records":["` + rec + `"]}`, protocol.CodeBadRequest},
		"an unknown member": {`{"records":["` + rec + `"],"more":1}`, protocol.CodeBadRequest},
		"something behind":  {`{"records":["` + rec + `"]}x`, protocol.CodeBadRequest},
		"a second value":    {`{"records":["` + rec + `"]}{}`, protocol.CodeBadRequest},
		"another type":      {`{"records":"` + rec + `"}`, protocol.CodeBadRequest},
		"an array":          {`["` + rec + `"]`, protocol.CodeBadRequest},
		"not UTF-8":         {"{\"records\":[\"\xff\"]}", protocol.CodeBadRequest},
		"no records":        {`{"records":[]}`, protocol.CodeBadRequest},
		"null":              {`null`, protocol.CodeBadRequest},
		"too many records":  {`{"records":[` + many + `]}`, protocol.CodeTooLarge},
		"deep nesting":      {strings.Repeat(`{"records":[`, 40_000), protocol.CodeBadRequest},
		"ten megabytes":     {`{"records":["` + strings.Repeat("x", 10<<20) + `"]}`, protocol.CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			if a := r.call("POST", "/v1/records", c.body); a.code() != c.code || a.status != c.code.Status() {
				t.Errorf("got %d %s, want %s", a.status, a.body, c.code)
			}
		})
	}
	t.Run("ten megabytes of unknown length", func(t *testing.T) {
		a := r.call("POST", "/v1/records", strings.Repeat("x", 10<<20), func(q *http.Request) { q.ContentLength = -1 })
		if a.code() != protocol.CodeTooLarge {
			t.Errorf("got %d %s", a.status, a.body)
		}
	})
	if r.store.Head() != 0 {
		t.Error("something was stored")
	}
}

func TestPagesAreReadNewestFirst(t *testing.T) {
	r := start(t, setup{})
	recs := posts(t, 7, "text")
	r.postAll(recs...)
	var seqs []uint64
	path := "/v1/records?limit=3"
	for range 10 {
		var p protocol.RecordsPage
		a := r.call("GET", path, "")
		if err := protocol.DecodeStrict([]byte(a.body), &p); err != nil || p.Epoch != r.store.epoch {
			t.Fatalf("%v: %s", err, a.body)
		}
		for _, e := range p.Events {
			seqs = append(seqs, e.Seq)
		}
		if p.Before == nil {
			break
		}
		path = fmt.Sprintf("/v1/records?limit=3&before=%d", *p.Before)
	}
	if fmt.Sprint(seqs) != "[7 6 5 4 3 2 1]" {
		t.Errorf("got %v", seqs)
	}
	if a := r.call("GET", "/v1/records?kind=deletion", ""); !strings.Contains(a.body, `"events":[]`) {
		t.Errorf("an empty page is %s", a.body)
	}
	var v protocol.RecordView
	a := r.call("GET", "/v1/records/"+recs[2].ID.String(), "")
	if err := protocol.DecodeStrict([]byte(a.body), &v); err != nil || v.Event.JWS != recs[2].JWS || v.Comments != 7 {
		t.Errorf("%v: %s", err, a.body)
	}
}

func TestAQueryIsReadStrictly(t *testing.T) {
	r := start(t, setup{})
	id := r.store.server.String()
	for query, code := range map[string]protocol.Code{
		"limit=200&before=5&kind=post&author=" + id + "&target=" + id + "&q=foo+AND": "",
		"q=%22":                         "",
		"q=" + strings.Repeat("x", 200): "",
		"limit=0":                       protocol.CodeBadRequest,
		"limit=201":                     protocol.CodeBadRequest,
		"limit=+5":                      protocol.CodeBadRequest,
		"limit=05":                      protocol.CodeBadRequest,
		"limit=5&limit=6":               protocol.CodeBadRequest,
		"limit=":                        protocol.CodeBadRequest,
		"before=0":                      protocol.CodeBadRequest,
		"before=-1":                     protocol.CodeBadRequest,
		"before=9007199254740992":       protocol.CodeBadRequest,
		"kind=report":                   protocol.CodeBadRequest,
		"kind=Post":                     protocol.CodeBadRequest,
		"author=" + strings.ToUpper(id): protocol.CodeBadRequest,
		"target=x":                      protocol.CodeBadRequest,
		"offset=3":                      protocol.CodeBadRequest,
		"q=%zz":                         protocol.CodeBadRequest,
		"q=a;b=c":                       protocol.CodeBadRequest,
		"q=%ff":                         protocol.CodeBadText,
		"q=e%CC%81":                     protocol.CodeBadText,
		"q=" + strings.Repeat("x", 201): protocol.CodeTooLarge,
	} {
		a := r.call("GET", "/v1/records?"+query, "")
		if code == "" && a.status != 200 || code != "" && (a.code() != code || a.status != code.Status()) {
			t.Errorf("%s: got %d %s, want %q", query, a.status, a.body, code)
		}
	}
}

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAPictureIsTakenOnlyUnderItsOwnHash(t *testing.T) {
	r := start(t, setup{})
	pic := string(picture(t))
	path := func(b string) string { return "/v1/blobs/" + protocol.BlobOf([]byte(b)).String() }
	for range 2 { // present or not, the answer is the same
		if a := r.call("PUT", path(pic), pic); a.status != 204 || a.body != "" {
			t.Fatalf("got %d %s", a.status, a.body)
		}
	}
	a := r.call("GET", path(pic), "")
	want := map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "no-store",
	}
	for k, v := range want {
		if a.header.Get(k) != v {
			t.Errorf("%s is %q, want %q", k, a.header.Get(k), v)
		}
	}
	if a.status != 200 || a.body != pic {
		t.Errorf("got %d with %d bytes", a.status, len(a.body))
	}
	if a := r.call("HEAD", path(pic), ""); a.status != 200 || a.body != "" || a.header.Get("Content-Length") != fmt.Sprint(len(pic)) {
		t.Errorf("HEAD: %d %v", a.status, a.header)
	}
	html := "<script>alert(1)</script>"
	big := strings.Repeat("x", 30<<20)
	for name, c := range map[string]struct {
		path, body string
		code       protocol.Code
	}{
		"another hash":      {path("else"), pic, protocol.CodeBadRequest},
		"no picture":        {path(html), html, protocol.CodeBadPicture},
		"nothing":           {path(""), "", protocol.CodeBadPicture},
		"cut off":           {path(pic[:40]), pic[:40], protocol.CodeBadPicture},
		"something behind":  {path(pic + "x"), pic + "x", protocol.CodeBadPicture},
		"30 MB":             {path(big), big, protocol.CodeTooLarge},
		"not an address":    {"/v1/blobs/" + strings.Repeat("B", 43), pic, protocol.CodeBadRequest},
		"a shorter address": {"/v1/blobs/AAAA", pic, protocol.CodeBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			if a := r.call("PUT", c.path, c.body); a.code() != c.code || a.status != c.code.Status() {
				t.Errorf("got %d %s, want %s", a.status, a.body, c.code)
			}
		})
	}
}

func TestMailboxCallsAnswerTheMailbox(t *testing.T) {
	r := start(t, setup{})
	f := newCouple(r, 1)
	v := ok(t, f.invite(time.Hour), 201)
	if v.State != protocol.MailboxOpen || v.ExpiresAt == nil || v.Slots[0] == nil || v.Slots[1] != nil {
		t.Errorf("got %+v", v)
	}
	ok(t, f.invite(time.Hour), 200)
	if v = ok(t, f.call("GET", &f.link, nil), 200); v.N[0] == nil || *v.N[0] != 1 {
		t.Errorf("got %+v", v)
	}
	ok(t, f.accept(), 200)
	ok(t, f.accept(), 200) // a retry
	if a := f.call("GET", &f.link, nil); a.code() != protocol.CodeAlreadyAccepted {
		t.Errorf("the link still opens it: %d %s", a.status, a.body)
	}
	if v = ok(t, f.call("GET", &f.a, nil), 200); v.E == nil || *v.E != f.exchange || v.ExpiresAt != nil {
		t.Errorf("got %+v", v)
	}
	stranger := protocol.Token{66}
	for _, a := range []answer{
		f.call("GET", &stranger, nil),
		f.call("DELETE", &f.link, protocol.MailboxDelete{N: 2, Slot: f.slot}),
	} {
		if a.code() != protocol.CodeUnknownFriendship {
			t.Errorf("got %d %s", a.status, a.body)
		}
	}
}

func TestHostileMailboxCallsAreRefused(t *testing.T) {
	r := start(t, setup{})
	f := newCouple(r, 1)
	ok(t, f.invite(time.Hour), 201)
	path, auth := "/v1/friendships/"+f.f.String(), header("Authorization", f.a.Authorization())
	slot := toJSON(t, f.slot)
	for name, c := range map[string]struct {
		method, path, body string
		change             []func(*http.Request)
		code               protocol.Code
	}{
		"no token":                {"GET", path, "", nil, protocol.CodeBadRequest},
		"another scheme":          {"GET", path, "", []func(*http.Request){header("Authorization", "Bearer x")}, protocol.CodeBadRequest},
		"a token with spare bits": {"GET", path, "", []func(*http.Request){header("Authorization", "P4P "+strings.Repeat("A", 42)+"B")}, protocol.CodeBadRequest},
		"two tokens": {"GET", path, "", []func(*http.Request){func(q *http.Request) {
			q.Header["Authorization"] = []string{f.a.Authorization(), f.b.Authorization()}
		}}, protocol.CodeBadRequest},
		"a token in the address": {"GET", path + "?token=x", "", []func(*http.Request){auth}, protocol.CodeBadRequest},
		"a PUT of nothing":       {"PUT", path, "", []func(*http.Request){auth}, protocol.CodeBadRequest},
		"a number twice":         {"PUT", path, `{"n":2,"n":3,"slot":` + slot + `}`, []func(*http.Request){auth}, protocol.CodeBadRequest},
		"a negative number":      {"PUT", path, `{"n":-2,"slot":` + slot + `}`, []func(*http.Request){auth}, protocol.CodeBadRequest},
		"a short slot":           {"PUT", path, `{"n":2,"slot":"AAAA"}`, []func(*http.Request){auth}, protocol.CodeBadRequest},
		"something behind it":    {"DELETE", path, `{}x`, []func(*http.Request){auth}, protocol.CodeBadRequest},
		"too large":              {"PUT", path, strings.Repeat("x", maxMailboxBody+1), []func(*http.Request){auth}, protocol.CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			if a := r.call(c.method, c.path, c.body, c.change...); a.code() != c.code || a.status != c.code.Status() {
				t.Errorf("got %d %s, want %s", a.status, a.body, c.code)
			}
		})
	}
}

func TestOpeningALinkInABrowserChangesNothing(t *testing.T) {
	r := start(t, setup{})
	id := r.store.server.String()
	for path, want := range map[string]web.File{
		"/":                          web.Home,
		"/f/" + id:                   web.Invite,
		"/F/" + strings.ToUpper(id):  web.Invite,
		"/f/" + strings.ToUpper(id):  web.Invite,
		"/P/" + strings.ToUpper(id):  web.Post,
		"/p/" + id + "?utm_source=x": web.Post,
	} {
		before := r.store.timesAsked()
		a := r.call("GET", path, "")
		if a.status != 200 || a.body != string(want.Body) || a.header.Get("Content-Type") != "text/html; charset=utf-8" ||
			a.header.Get("Content-Security-Policy") != web.ContentSecurityPolicy || !strings.HasPrefix(a.header.Get("Permissions-Policy"), "camera=(self), microphone=()") {
			t.Errorf("%s: %d %v %s", path, a.status, a.header, a.body)
		}
		if a := r.call("HEAD", path, ""); a.status != 200 || a.body != "" {
			t.Errorf("HEAD %s: %d", path, a.status)
		}
		if r.store.timesAsked() != before {
			t.Errorf("%s asked the store", path)
		}
	}
}

func TestThePagesProgramIsServedAndNothingBesideIt(t *testing.T) {
	r := start(t, setup{})
	a := r.call("GET", "/static/app/main.js", "")
	if a.status != 200 || a.header.Get("Content-Type") != "text/javascript; charset=utf-8" || a.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("the program: %d %v", a.status, a.header)
	}
	again := r.call("GET", "/static/app/main.js", "", func(r *http.Request) { r.Header.Set("If-None-Match", a.header.Get("ETag")) })
	if again.status != http.StatusNotModified || again.body != "" {
		t.Errorf("the program, known already: %d with %d bytes", again.status, len(again.body))
	}
	for _, path := range []string{"/static/index.html", "/static/", "/static/app", "/static/app/none.js"} {
		if a := r.call("GET", path, ""); a.code() != protocol.CodeNotFound {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestAPersonWithABrowserGetsSentences(t *testing.T) {
	r := start(t, setup{})
	browser := header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	for _, path := range []string{"/nothing", "/f/", "/f/01837f64-4057-8650-972f-eae1b4479ad4/", "/a//b", "/static/none.js"} {
		a := r.call("GET", path, "", browser)
		if a.status != 404 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.body, "There is nothing at this address.") {
			t.Errorf("%s: %d %v %s", path, a.status, a.header, a.body)
		}
		if a.header.Get("Content-Security-Policy") != web.ContentSecurityPolicy || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, a.header)
		}
		if a := r.call("HEAD", path, "", browser); a.status != 404 || a.body != "" {
			t.Errorf("HEAD %s: %d %s", path, a.status, a.body)
		}
		if a := r.call("GET", path, ""); a.status != 404 || a.code() != protocol.CodeNotFound {
			t.Errorf("%s for a program: %d %s", path, a.status, a.body)
		}
	}
	if a := r.call("GET", "/", "", browser, asHost("evil.example")); a.status != 403 || !strings.HasPrefix(a.body, "This server does not go by the name") || a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("by another name: %d %v %s", a.status, a.header, a.body)
	}
	if a := r.call("GET", "/v1/nothing", "", browser); a.code() != protocol.CodeNotFound {
		t.Errorf("a call: %d %s", a.status, a.body)
	}
}

func TestTroubleInTheStoreIsToldWithoutDetailsAndLoggedWithThem(t *testing.T) {
	r := start(t, setup{})
	r.store.set(func(s *fakeStore) { s.fail = errors.New("disk on fire") })
	for _, a := range []answer{
		r.call("GET", "/v1/records", ""),
		r.call("POST", "/v1/records", toJSON(t, protocol.PostRecords{Records: []string{signed(t, 1, "x").JWS}})),
	} {
		if a.status != 500 || a.code() != protocol.CodeInternal || strings.Contains(a.body, "fire") {
			t.Errorf("got %d %s", a.status, a.body)
		}
	}
	if !strings.Contains(r.log.String(), "disk on fire") {
		t.Error("the log does not say why")
	}
}

func TestACallThatPanicsIsAnsweredAndTheServerGoesOn(t *testing.T) {
	r := start(t, setup{})
	r.route("/panic", methods{"GET": func(http.ResponseWriter, *http.Request) error { panic("a bug") }})
	if a := r.call("GET", "/panic", ""); a.status != 500 || a.code() != protocol.CodeInternal || strings.Contains(a.body, "bug") {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if a := r.call("GET", "/v1/info", ""); a.status != 200 {
		t.Errorf("afterwards: %d", a.status)
	}
}

func TestHealthTurnsWhenTheServerEnds(t *testing.T) {
	r := start(t, setup{})
	if a := r.call("GET", "/healthz", "", asHost("balancer.internal")); a.status != 200 || a.body != "ok\n" {
		t.Errorf("got %d %s", a.status, a.body)
	}
	r.End()
	if a := r.call("GET", "/healthz", ""); a.code() != protocol.CodeUnavailable {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestMetricsAreForTheOperatorOnThisMachineOnly(t *testing.T) {
	r := start(t, setup{})
	author := signed(t, 1, "text")
	r.postAll(author)
	r.call("GET", "/v1/records/"+author.ID.String(), "")
	r.call("BREW", "/v1/secret-path", "")
	r.stream("").hello()
	a := r.call("GET", "/metrics", "")
	for _, want := range []string{
		"p4p_records_total 1", "p4p_commit_records_count 1", "p4p_streams 1", "p4p_ring_bytes ", "p4p_log_seq 1",
		`p4p_requests_total{code="200",method="GET",route="/v1/records/{id}"} 1`,
		`p4p_requests_total{code="404",method="other",route="/"} 1`,
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, not := range []string{author.ID.String(), author.Author.UUID().String(), "secret-path", "BREW", "127.0.0.1"} {
		if strings.Contains(a.body, not) {
			t.Errorf("%q is in the metrics", not)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"through a proxy":     header("X-Forwarded-For", "127.0.0.1"),
		"through another one": header("Forwarded", "for=127.0.0.1"),
		"from a page":         header("Origin", "http://"+r.host),
		"by a public name":    asHost("p4p.example"),
		"by another address":  asHost("192.0.2.1"),
	} {
		if a := r.call("GET", "/metrics", "", change); a.code() != protocol.CodeNotFound {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	remote, _ := http.NewRequest("GET", "http://localhost/metrics", nil)
	remote.RemoteAddr = "192.0.2.1:5555"
	if operatorCall(remote) {
		t.Error("another machine reads the metrics")
	}
}

// FuzzPostRecords: whatever the body, the answer is one of the API's own.
func FuzzPostRecords(f *testing.F) {
	rec := signed(f, 1, "text").JWS
	for _, s := range []string{`{"records":["` + rec + `"]}`, `{"records":["a.b.c",""]}`, `{"records":null}`, `[[[[`, ``} {
		f.Add([]byte(s))
	}
	st, h := newBare(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		w := serveBare(h, "POST", "/v1/records", body)
		checkAnswer(t, w, st)
	})
}

// FuzzMailbox: the same for the mailbox calls, with the token in front of the body.
func FuzzMailbox(f *testing.F) {
	slot := toJSONFor(f, make(protocol.Bytes, 4124))
	f.Add("POST", []byte(`{"link_hash":"`+strings.Repeat("A", 43)+`","owner_hash":"`+strings.Repeat("B", 42)+`A","expires_in":3600,"n":1,"slot":`+slot+`}`))
	f.Add("PUT", []byte(`{"n":2,"slot":`+slot+`}`))
	f.Add("DELETE", []byte(`{}`))
	f.Add("GET", []byte(``))
	st, h := newBare(f)
	f.Fuzz(func(t *testing.T, method string, body []byte) {
		switch method {
		case "GET", "POST", "PUT", "DELETE":
			checkAnswer(t, serveBare(h, method, "/v1/friendships/"+st.server.String(), body), st)
		}
	})
}

func toJSONFor(f *testing.F, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		f.Fatal(err)
	}
	return string(b)
}
